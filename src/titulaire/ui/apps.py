from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "titulaire.ui"
    label = "ui"
