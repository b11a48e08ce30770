from django.apps import AppConfig


class SimulatorConfig(AppConfig):
    name = "titulaire.support.simulator"
    label = "simulator"
