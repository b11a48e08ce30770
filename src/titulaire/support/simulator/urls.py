"""Addresses of the simulator, under `/marches/<code>/simulateur/`."""

from django.urls import path

from titulaire.support.simulator import views

urlpatterns = [path("", views.simulator, name="simulator")]
