"""Addresses that anyone may open, under `/titres/`."""

from django.urls import path

from titulaire.vouchers.network.views import public

urlpatterns = [
    path("verifier/", public.voucher_check, name="public_check"),
    path("verifier/etat/", public.voucher_state, name="public_check_state"),
    path("verifier/oppositions.json", public.public_stop_lists, name="public_stop_lists"),
    path("verifier/manifest.json", public.check_manifest, name="check_manifest"),
    path("verifier/service.js", public.check_worker, name="check_worker"),
    path("commerces/", public.affiliate_search, name="affiliate_search"),
    path("avantages/", public.advantages, name="advantages"),
    path("avantages/<slug:code>/", public.advantages, name="advantages_of"),
    path("avantages/<slug:code>/perte/", public.loss, name="loss"),
]
