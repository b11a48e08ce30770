from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "titulaire.vouchers.network"
    label = "network"

    def ready(self) -> None:
        from titulaire.vouchers.network.queries import places_of_use
        from titulaire.vouchers.stops.queries import tells_places

        tells_places(places_of_use)
