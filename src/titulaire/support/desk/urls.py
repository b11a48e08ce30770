"""Addresses of this room, under `/marches/<contract>/bureau/`."""

from django.urls import path

from titulaire.support.desk import views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("matricule/", views.desk_seat, name="desk_seat"),
    path("contacts/", views.desk_contacts, name="desk_contacts"),
    path("contacts/<slug:reference>/", views.desk_contact, name="desk_contact"),
    path("contacts/<slug:reference>/qualifier/", views.desk_qualify, name="desk_qualify"),
    path("joindre-aux-faits/", views.desk_tell, name="desk_tell"),
    path("a-qualifier/", views.desk_waiting, name="desk_waiting"),
]
