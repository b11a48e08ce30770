"""Addresses of the facts of a contract, under `/marches/<code>/faits/`."""

from django.urls import path

from titulaire.support.facts import receiving, views

urlpatterns = [
    path("", views.batch_list, name="fact_batches"),
    path("importer/", views.batch_import, name="fact_import"),
    path("direct/", receiving.fact_keys, name="fact_keys"),
    path("direct/<int:key>/revoquer/", receiving.fact_key_revoke, name="fact_key_revoke"),
    path("lots/<str:key>/", views.batch_detail, name="fact_batch"),
    path("lots/<str:key>/refus/", views.batch_refusals, name="fact_refusals"),
]
