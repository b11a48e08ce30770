"""Addresses of this room, under `/marches/<contract>/qualite/`."""

from django.urls import path

from titulaire.support.quality import views

urlpatterns = [
    path("", views.quality_items, name="quality_items"),
    path("choisir/", views.quality_pick, name="quality_pick"),
    path("verser/", views.quality_publish, name="quality_publish"),
    path("tirages/", views.quality_draws, name="quality_draws"),
    path("tirages/sceller/", views.quality_seal, name="quality_seal"),
    path("tirages/<slug:reference>/", views.quality_draw, name="quality_draw"),
    path("tirages/<slug:reference>/ouvrir/", views.quality_open, name="quality_open"),
    path("tirages/<slug:reference>/population/", views.quality_population, name="quality_population"),
    path("grilles/", views.quality_scorecards, name="quality_scorecards"),
    path("grilles/ecrire/", views.quality_scorecard_new, name="quality_scorecard_new"),
    path("calibrages/", views.quality_calibrations, name="quality_calibrations"),
    path("calibrages/ouvrir/", views.quality_calibration_new, name="quality_calibration_new"),
    path("calibrages/<slug:reference>/", views.quality_calibration, name="quality_calibration"),
    path("calibrages/<slug:reference>/reveler/", views.quality_reveal, name="quality_reveal"),
    path("calibrages/<slug:reference>/decider/", views.quality_action_new, name="quality_action_new"),
    path("actions/<int:action>/", views.quality_action_done, name="quality_action_done"),
    path("dues/", views.quality_owed, name="quality_owed"),
    path("conseillers/", views.quality_follow, name="quality_follow"),
    path("conseillers/<str:adviser>/session/", views.quality_share, name="quality_share"),
    path("miennes/", views.quality_mine, name="quality_mine"),
    path("miennes/<int:session>/", views.quality_acknowledge, name="quality_acknowledge"),
    path("elements/<slug:reference>/", views.quality_item, name="quality_item"),
    path("elements/<slug:reference>/noter/", views.quality_mark, name="quality_mark"),
    path("elements/<slug:reference>/corriger/", views.quality_correct, name="quality_correct"),
    path("elements/<slug:reference>/renoncer/", views.quality_waive, name="quality_waive"),
]
