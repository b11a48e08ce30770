"""Addresses of the frozen months of a support contract, under `/marches/<code>/mois/`."""

from django.urls import path

from titulaire.support.months import views

urlpatterns = [
    path("", views.months, name="months"),
    path("<slug:month>/arreter/", views.month_freeze, name="month_freeze"),
    path("<slug:month>/<int:number>/", views.month_issue, name="month_issue"),
    path("<slug:month>/<int:number>/repondre/", views.month_answer, name="month_answer"),
    path("<slug:month>/<int:number>/fichier/<slug:extension>/", views.month_file, name="month_file"),
    path("<slug:month>/<int:number>/<slug:code>/lignes/", views.month_rows, name="month_rows"),
]
