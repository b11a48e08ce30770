from django.apps import AppConfig


class RegimesConfig(AppConfig):
    name = "titulaire.vouchers.regimes"
    label = "regimes"
