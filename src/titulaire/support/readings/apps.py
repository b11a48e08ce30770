from django.apps import AppConfig


class ReadingsConfig(AppConfig):
    name = "titulaire.support.readings"
    label = "support_readings"
