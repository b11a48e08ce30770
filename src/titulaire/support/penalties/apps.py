from django.apps import AppConfig


class PenaltiesConfig(AppConfig):
    name = "titulaire.support.penalties"
    label = "penalties"
