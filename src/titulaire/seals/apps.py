from django.apps import AppConfig


class SealsConfig(AppConfig):
    name = "titulaire.seals"
    label = "seals"
