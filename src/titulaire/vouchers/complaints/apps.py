from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "titulaire.vouchers.complaints"
    label = "complaints"
