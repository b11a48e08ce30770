from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "titulaire.support.quality"
    label = "quality"
