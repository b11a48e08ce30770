"""Addresses of this room that need no account."""

from django.urls import path

from titulaire.vouchers.issuing.views import keys

urlpatterns = [path("cles.json", keys.public_keys, name="public_keys")]
