"""Addresses of this room, under `/marches/<contract>/bureau/`."""

from django.urls import path

from titulaire.support.desk import case_pages, views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("site/", views.desk_seat, name="desk_seat"),
    path("contacts/", views.desk_contacts, name="desk_contacts"),
    path("contacts/<slug:reference>/", views.desk_contact, name="desk_contact"),
    path("contacts/<slug:reference>/qualifier/", views.desk_qualify, name="desk_qualify"),
    path("contacts/<slug:reference>/intervention/", case_pages.desk_ask, name="desk_ask"),
    path("contacts/<slug:reference>/ticket/", case_pages.desk_ticket_new, name="desk_ticket_new"),
    path("contacts/<slug:reference>/transfert/", case_pages.desk_transfer, name="desk_transfer"),
    path("interventions/", case_pages.desk_file_acts, name="desk_file_acts"),
    path("interventions/<slug:reference>/", case_pages.desk_file_act, name="desk_file_act"),
    path("interventions/<slug:reference>/executer/", case_pages.desk_execute, name="desk_execute"),
    path("interventions/<slug:reference>/refuser/", case_pages.desk_refuse, name="desk_refuse"),
    path("interventions/<slug:reference>/verifier/", case_pages.desk_verify, name="desk_verify"),
    path("tickets/", case_pages.desk_tickets, name="desk_tickets"),
    path("tickets/<slug:reference>/", case_pages.desk_ticket, name="desk_ticket"),
    path("tickets/<slug:reference>/transmettre/", case_pages.desk_ticket_send, name="desk_ticket_send"),
    path("tickets/<slug:reference>/retour/", case_pages.desk_ticket_back, name="desk_ticket_back"),
    path("tickets/<slug:reference>/clore/", case_pages.desk_ticket_close, name="desk_ticket_close"),
    path("transferts/", case_pages.desk_transfers, name="desk_transfers"),
    path("joindre-aux-faits/", views.desk_tell, name="desk_tell"),
    path("a-qualifier/", views.desk_waiting, name="desk_waiting"),
]
