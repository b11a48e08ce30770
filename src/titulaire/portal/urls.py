"""Addresses of the front door."""

from django.urls import path

from titulaire.identity.views import people
from titulaire.portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("plan-du-site/", views.site_map, name="site_map"),
    path("accessibilite/", views.accessibility, name="accessibility"),
    path("mentions-legales/", views.legal_notice, name="legal_notice"),
    path("donnees-personnelles/", views.personal_data, name="personal_data"),
    path("marches/<slug:contract>/", views.contract_home, name="contract_home"),
    path("marches/<slug:contract>/journal/", views.journal, name="journal"),
    path("marches/<slug:contract>/equipe/", people, name="people"),
]
