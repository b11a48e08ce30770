"""Addresses of presence, under `/marches/<code>/presence/`."""

from django.urls import path

from titulaire.support.presence import views

urlpatterns = [
    path("", views.presence, name="presence"),
    path("annoncer/", views.presence_plan, name="presence_plan"),
    path("<str:on>/compter/", views.presence_count, name="presence_count"),
    path("<str:on>/<str:site>/expliquer/", views.presence_explain, name="presence_explain"),
]
