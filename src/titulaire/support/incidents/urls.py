"""Addresses of this room, under `/marches/<contract>/incidents/`."""

from django.urls import path

from titulaire.support.incidents import views

urlpatterns = [
    path("", views.incident_list, name="incident_list"),
    path("declarer/", views.incident_new, name="incident_new"),
    path("importer/", views.incident_import, name="incident_import"),
    path("references/", views.incident_references, name="incident_references"),
    path("<slug:reference>/", views.incident_detail, name="incident_detail"),
    path("<slug:reference>/informer/", views.incident_tell, name="incident_tell"),
    path("<slug:reference>/mobiliser/", views.incident_mobilise, name="incident_mobilise"),
    path("<slug:reference>/fin/", views.incident_end, name="incident_end"),
    path("<slug:reference>/resoudre/", views.incident_resolve, name="incident_resolve"),
    path("<slug:reference>/clore/", views.incident_close, name="incident_close"),
    path("<slug:reference>/rouvrir/", views.incident_reopen, name="incident_reopen"),
    path("<slug:reference>/joindre/", views.incident_join, name="incident_join"),
    path("<slug:reference>/documents/<int:document>/", views.incident_document, name="incident_document"),
    path("<slug:reference>/neutraliser/", views.incident_claim, name="incident_claim"),
    path(
        "<slug:reference>/neutralisations/<int:claim>/accepter/",
        views.incident_agree,
        name="incident_agree",
    ),
    path(
        "<slug:reference>/neutralisations/<int:claim>/refuser/",
        views.incident_refuse,
        name="incident_refuse",
    ),
    path(
        "<slug:reference>/neutralisations/<int:claim>/retirer/",
        views.incident_withdraw,
        name="incident_withdraw",
    ),
]
