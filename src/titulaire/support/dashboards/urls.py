"""Addresses of the dashboards of a contract, under `/marches/<code>/tableaux/`."""

from django.urls import path

from titulaire.support.dashboards import views

urlpatterns = [
    path("", views.dashboard_month, name="dashboard_month"),
    path("classeur/", views.dashboard_workbook, name="dashboard_workbook"),
    path("heures/", views.dashboard_hours, name="dashboard_hours"),
    path("journee/", views.dashboard_intraday, name="dashboard_intraday"),
    path("mes-chiffres/", views.own_figures, name="own_figures"),
    path("conseillers/", views.dashboard_advisers, name="dashboard_advisers"),
    path("conseillers/un/", views.dashboard_adviser, name="dashboard_adviser"),
    path("conseillers/numeros/", views.adviser_numbers, name="adviser_numbers"),
    path("conseillers/numeros/nouveau/", views.adviser_tie, name="adviser_tie"),
    path("conseillers/numeros/<int:number>/fin/", views.adviser_untie, name="adviser_untie"),
    path("penalites/", views.penalties_month, name="penalties_month"),
    path("abonnements/", views.subscriptions, name="subscriptions"),
    path("abonnements/nouveau/", views.subscription_new, name="subscription_new"),
    path("abonnements/<int:number>/fin/", views.subscription_end, name="subscription_end"),
    path("indicateur/<str:code>/", views.indicator_page, name="indicator_page"),
    path("<str:period>/<str:code>/lignes/", views.indicator_rows, name="indicator_rows"),
    path(
        "<str:period>/<str:code>/lignes/conseillers/",
        views.indicator_rows_named,
        name="indicator_rows_named",
    ),
]
