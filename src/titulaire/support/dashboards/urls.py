"""Addresses of the dashboards of a contract, under `/marches/<code>/tableaux/`."""

from django.urls import path

from titulaire.support.dashboards import views

urlpatterns = [
    path("", views.dashboard_month, name="dashboard_month"),
    path("penalites/", views.penalties_month, name="penalties_month"),
    path("<str:month>/<str:code>/lignes/", views.indicator_rows, name="indicator_rows"),
]
