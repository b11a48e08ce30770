"""Addresses of this room, under `/marches/<contract>/satisfaction/`."""

from django.urls import path

from titulaire.support.satisfaction import views

urlpatterns = [
    path("", views.satisfaction, name="satisfaction"),
    path("reponses/", views.survey_replies, name="survey_replies"),
    path("reponses/<int:reply>/effacer/", views.survey_erase, name="survey_erase"),
    path("envois/", views.survey_waves, name="survey_waves"),
    path("envois/appels/", views.survey_from_facts, name="survey_from_facts"),
    path("envois/fichier/", views.survey_from_file, name="survey_from_file"),
    path("envois/<int:rank>/liens/", views.survey_links, name="survey_links"),
    path("envois/refus/", views.survey_opt_out, name="survey_opt_out"),
    path("questionnaires/", views.questionnaires, name="questionnaires"),
    path("questionnaires/publier/", views.questionnaire_new, name="questionnaire_new"),
    path("questionnaires/plan/", views.survey_plan, name="survey_plan"),
]
