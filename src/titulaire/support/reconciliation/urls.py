"""Addresses of the reconciliation of a contract, under `/marches/<code>/rapprochement/`."""

from django.urls import path

from titulaire.support.reconciliation import views

urlpatterns = [
    path("", views.reconciliation_month, name="reconciliation"),
    path("faits/", views.reconciliation_facts, name="reconciliation_facts"),
]
