from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "titulaire.support.training"
    label = "training"
