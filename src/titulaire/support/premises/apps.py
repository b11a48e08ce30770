from django.apps import AppConfig


class PremisesConfig(AppConfig):
    name = "titulaire.support.premises"
    label = "premises"
