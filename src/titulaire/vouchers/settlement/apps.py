from django.apps import AppConfig


class SettlementConfig(AppConfig):
    name = "titulaire.vouchers.settlement"
    label = "settlement"
