from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "titulaire.vouchers.network"
    label = "network"
