from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "titulaire.jobs"
    label = "jobs"
