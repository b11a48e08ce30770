from django.apps import AppConfig


class SatisfactionConfig(AppConfig):
    name = "titulaire.support.satisfaction"
    label = "satisfaction"
