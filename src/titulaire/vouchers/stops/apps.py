from django.apps import AppConfig


class StopsConfig(AppConfig):
    name = "titulaire.vouchers.stops"
    label = "stops"
