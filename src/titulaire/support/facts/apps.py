from django.apps import AppConfig


class FactsConfig(AppConfig):
    name = "titulaire.support.facts"
    label = "facts"
