from django.apps import AppConfig


class PresenceConfig(AppConfig):
    name = "titulaire.support.presence"
    label = "presence"
