"""Addresses of this room, under `/marches/<contract>/reclamations/`."""

from django.urls import path

from titulaire.vouchers.complaints import views

urlpatterns = [
    path("", views.complaint_list, name="complaint_list"),
    path("ouvrir/", views.complaint_new, name="complaint_new"),
    path("actions/", views.corrective_actions, name="corrective_actions"),
    path("actions/decider/", views.corrective_action_new, name="corrective_action_new"),
    path("actions/<int:action>/faite/", views.corrective_action_done, name="corrective_action_done"),
    path("<slug:number>/", views.complaint_detail, name="complaint_detail"),
    path("<slug:number>/confier/", views.complaint_assign, name="complaint_assign"),
    path("<slug:number>/resoudre/", views.complaint_answer, name="complaint_answer"),
    path("<slug:number>/livraison/", views.complaint_delivered, name="complaint_delivered"),
    path("<slug:number>/clore/", views.complaint_close, name="complaint_close"),
    path("<slug:number>/rouvrir/", views.complaint_reopen, name="complaint_reopen"),
    path("<slug:number>/avis/", views.complaint_rate, name="complaint_rate"),
]
