"""Addresses of this room, under `/marches/<contract>/lieux/`."""

from django.urls import path

from titulaire.support.premises import views

urlpatterns = [
    path("", views.sites, name="sites"),
    path("ajouter/", views.site_new, name="site_new"),
    path("sites/<str:code>/preuve/", views.site_evidence, name="site_evidence"),
    path("sites/<str:code>/controler/", views.floor_check, name="floor_check"),
    path("sites/<str:code>/fermer/", views.site_close, name="site_close"),
    path("plateaux/", views.floors, name="floors"),
    path("travail/", views.workplaces, name="workplaces"),
    path("materiel/", views.equipment, name="equipment"),
    path("materiel/controler/", views.equipment_check, name="equipment_check"),
]
