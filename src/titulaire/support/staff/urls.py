"""Addresses of this room, under `/marches/<contract>/personnel/`."""

from django.urls import path

from titulaire.support.staff import views

urlpatterns = [
    path("", views.staff, name="staff"),
    path("ajouter/", views.staff_new, name="staff_new"),
    path("importer/", views.staff_import, name="staff_import"),
    path("collaborateurs/<str:number>/", views.staff_member, name="staff_member"),
    path("collaborateurs/<str:number>/identite/", views.staff_identity, name="staff_identity"),
    path("collaborateurs/<str:number>/affecter/", views.staff_post, name="staff_post"),
    path("collaborateurs/<str:number>/controler/", views.staff_check, name="staff_check"),
    path("collaborateurs/<str:number>/absence/", views.staff_away, name="staff_away"),
    path("collaborateurs/<str:number>/retour/", views.staff_back, name="staff_back"),
    path("collaborateurs/<str:number>/depart/", views.staff_leave, name="staff_leave"),
    path("comptes/", views.staff_accounts, name="staff_accounts"),
    path("comptes/ouvrir/", views.staff_account_open, name="staff_account_open"),
    path("comptes/<int:account>/", views.staff_account, name="staff_account"),
    path("comptes/<int:account>/preuves/<int:step>/", views.staff_proof, name="staff_proof"),
    path("comptes/<int:account>/<slug:act>/", views.staff_account_change, name="staff_account_change"),
    path("acces-a-retirer/", views.staff_removals, name="staff_removals"),
    path("utilisateurs/", views.staff_lists, name="staff_lists"),
    path("utilisateurs/etablir/", views.staff_list_make, name="staff_list_make"),
    path("utilisateurs/<int:version>/", views.staff_list_file, name="staff_list_file"),
    path("utilisateurs/<int:version>/envoyer/", views.staff_list_send, name="staff_list_send"),
    path("utilisateurs/<int:version>/accuser/", views.staff_list_receive, name="staff_list_receive"),
    path("securite/", views.staff_officers, name="staff_officers"),
    path("securite/designer/", views.staff_officer_name, name="staff_officer_name"),
    path("securite/<int:mandate>/terminer/", views.staff_officer_end, name="staff_officer_end"),
]
