"""Addresses of this room, under `/marches/<contract>/reglement/`."""

from django.urls import path

from titulaire.vouchers.settlement.views import balance

urlpatterns = [
    path("equilibre/", balance.balance, name="balance"),
]
