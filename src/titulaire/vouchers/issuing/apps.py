from django.apps import AppConfig


class IssuingConfig(AppConfig):
    name = "titulaire.vouchers.issuing"
    label = "issuing"
