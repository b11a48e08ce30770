from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "titulaire.support.ledger"
    label = "ledger"
