"""Addresses under `/marches/<code>/facturation/`."""

from django.urls import path

from titulaire.billing import views

urlpatterns = [
    path("", views.invoices, name="invoices"),
    path("nouvelle/", views.invoice_new, name="invoice_new"),
    path("coordonnees/", views.billing_profile, name="billing_profile"),
    path("<str:reference>/", views.invoice, name="invoice"),
    path("<str:reference>/emettre/", views.invoice_issue, name="invoice_issue"),
    path("<str:reference>/abandonner/", views.invoice_discard, name="invoice_discard"),
    path("<str:reference>/avoir/", views.invoice_credit, name="invoice_credit"),
    path("<str:reference>/paiement/", views.invoice_pay, name="invoice_pay"),
    path("<str:reference>/document.<str:extension>", views.invoice_file, name="invoice_file"),
]
