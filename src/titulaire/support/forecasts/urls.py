"""Addresses of the forecasts, under `/marches/<code>/previsions/`."""

from django.urls import path

from titulaire.support.forecasts import views

urlpatterns = [
    path("", views.forecasts, name="forecasts"),
    path("nouvelle/", views.forecast_new, name="forecast_new"),
    path("<int:version>/", views.forecast, name="forecast"),
    path("<int:version>/document/", views.forecast_file, name="forecast_file"),
]
