from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "titulaire.portal"
    label = "portal"
