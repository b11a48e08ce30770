from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "titulaire.support.incidents"
    label = "incidents"
