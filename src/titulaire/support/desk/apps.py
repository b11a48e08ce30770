from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "titulaire.support.desk"
    label = "desk"
