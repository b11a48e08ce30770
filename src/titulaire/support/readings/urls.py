"""Addresses of the readings of a support contract, under `/marches/<code>/lectures/`."""

from django.urls import path

from titulaire.support.readings import views

urlpatterns = [
    path("", views.reading_effects, name="reading_effects"),
    path("pieces/<slug:sha256>/", views.reading_file, name="reading_file"),
    path("<slug:code>/", views.reading_effect, name="reading_effect"),
    path("<slug:code>/poser/", views.reading_ask, name="reading_ask"),
    path("<slug:code>/reponse/", views.reading_answer, name="reading_answer"),
    path("<slug:code>/lettre/<slug:extension>/", views.reading_letter, name="reading_letter"),
]
