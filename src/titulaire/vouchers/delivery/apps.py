from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "titulaire.vouchers.delivery"
    label = "delivery"
