from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "titulaire.governance"
    label = "governance"
