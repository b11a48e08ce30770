"""Addresses of this room."""

from django.urls import path

from titulaire.vouchers.regimes import views

urlpatterns = [
    path("", views.regimes, name="regimes"),
    path("textes/<slug:regime>/", views.regime_facts, name="regime_facts"),
    path("mentions/", views.mentions, name="regime_mentions"),
    path("conflits/", views.conflict_register, name="regime_conflicts"),
    path("conflits/<slug:subject>/", views.conflict, name="regime_conflict"),
]
