from django.apps import AppConfig


class MonthsConfig(AppConfig):
    name = "titulaire.support.months"
    label = "months"
