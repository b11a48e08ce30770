from django.apps import AppConfig


class ForecastsConfig(AppConfig):
    name = "titulaire.support.forecasts"
    label = "forecasts"
