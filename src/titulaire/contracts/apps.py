from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "titulaire.contracts"
    label = "contracts"
