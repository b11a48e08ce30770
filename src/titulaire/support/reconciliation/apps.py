from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    name = "titulaire.support.reconciliation"
    label = "reconciliation"
