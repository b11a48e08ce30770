"""Addresses of this room, under `/marches/<contract>/reglement/`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
