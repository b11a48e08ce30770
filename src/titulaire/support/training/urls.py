"""Addresses of this room, under `/marches/<contract>/formation/`."""

from django.urls import path

from titulaire.support.training import views

urlpatterns = [
    path("", views.sessions, name="training_sessions"),
    path("seances/prevoir/", views.session_new, name="training_session_new"),
    path("seances/importer/", views.session_import, name="training_import"),
    path("seances/<str:reference>/", views.session_page, name="training_session"),
    path("seances/<str:reference>/presence/", views.session_hold, name="training_session_hold"),
    path("seances/<str:reference>/annuler/", views.session_cancel, name="training_session_cancel"),
    path("seances/<str:reference>/feuille/", views.session_sheet, name="training_sheet"),
    path("mes-formations/", views.my_training, name="my_training"),
    path("mes-formations/<str:reference>/signer/", views.my_signature, name="my_signature"),
    path("taux/", views.rates, name="training_rates"),
    path("taux/<str:month>/transmettre/", views.rate_send, name="training_rate_send"),
    path("habilitations/", views.clearance_list, name="clearances"),
    path("habilitations/<str:adviser>/", views.clearance, name="clearance"),
]
