from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "titulaire.vouchers.orders"
    label = "orders"
