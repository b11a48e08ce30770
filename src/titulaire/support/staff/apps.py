from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "titulaire.support.staff"
    label = "staff"
