from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "titulaire.identity"
    label = "identity"
