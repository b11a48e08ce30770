from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "titulaire.support.dashboards"
    label = "dashboards"
