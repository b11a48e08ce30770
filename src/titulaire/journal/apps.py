from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "titulaire.journal"
    label = "journal"
