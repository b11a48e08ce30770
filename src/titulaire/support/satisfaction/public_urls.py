"""The address of a survey, which its own secret opens, once."""

from django.urls import path

from titulaire.support.satisfaction import public

urlpatterns = [
    path("<str:token>/", public.survey, name="survey"),
    path("<str:token>/refus/", public.survey_refusal, name="survey_refusal"),
]
