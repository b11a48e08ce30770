"""Addresses of this room, under `/marches/<contract>/pilotage/`."""

from django.urls import path

from titulaire.governance.views import contacts, deadlines, meetings, notices, papers

urlpatterns = [
    path("interlocuteurs/", contacts.contacts, name="contacts"),
    path("interlocuteurs/designer/", contacts.contact_new, name="contact_new"),
    path("interlocuteurs/<int:contact>/fin/", contacts.contact_end, name="contact_end"),
    path("informations/", notices.notices, name="notices"),
    path("informations/adresser/", notices.notice_new, name="notice_new"),
    path("informations/<slug:number>/", notices.notice, name="notice"),
    path("informations/<slug:number>/lue/", notices.notice_read, name="notice_read"),
    path("informations/<slug:number>/documents/<int:file>/", notices.notice_file, name="notice_file"),
    path("reunions/", meetings.meetings, name="meetings"),
    path("reunions/prevoir/", meetings.meeting_new, name="meeting_new"),
    path("reunions/demandees/", meetings.meeting_slots, name="meeting_slots"),
    path("reunions/actions/", meetings.meeting_actions, name="meeting_actions"),
    path("reunions/<slug:number>/", meetings.meeting, name="meeting"),
    path("reunions/<slug:number>/modifier/", meetings.meeting_move, name="meeting_move"),
    path("reunions/<slug:number>/annuler/", meetings.meeting_cancel, name="meeting_cancel"),
    path("reunions/<slug:number>/tenue/", meetings.meeting_held, name="meeting_held"),
    path("reunions/<slug:number>/compte-rendu/", meetings.meeting_minutes, name="meeting_minutes"),
    path("reunions/<slug:number>/valider/", meetings.minutes_approve, name="minutes_approve"),
    path("reunions/<slug:number>/remarques/", meetings.minutes_remark, name="minutes_remark"),
    path("reunions/<slug:number>/actions/ajouter/", meetings.meeting_action_new, name="meeting_action_new"),
    path(
        "reunions/<slug:number>/actions/<int:rank>/faite/",
        meetings.meeting_action_done,
        name="meeting_action_done",
    ),
    path("reunions/<slug:number>/clore/", meetings.meeting_close, name="meeting_close"),
    path("reunions/<slug:number>/volumes/", meetings.meeting_volumes, name="meeting_volumes"),
    path("reunions/<slug:number>/document/", meetings.meeting_document, name="meeting_document"),
    path("reunions/<slug:number>/documents/<int:file>/", meetings.meeting_file, name="meeting_file"),
    path("reunions/<slug:number>/v<int:version>.pdf", meetings.minutes_pdf, name="minutes_pdf"),
    path("reunions/<slug:number>/v<int:version>/piece/", meetings.minutes_file, name="minutes_file"),
    path("justificatifs/", papers.papers, name="papers"),
    path("justificatifs/deposer/", papers.paper_keep, name="paper_keep"),
    path("justificatifs/<int:paper>/", papers.paper_file, name="paper_file"),
    path("echeances/", deadlines.deadlines, name="deadlines"),
    path("echeances/mois/", deadlines.deadlines_month, name="deadlines_month"),
    path("echeances/toutes/", deadlines.deadlines_all, name="deadlines_all"),
    path("echeances/agenda/", deadlines.deadlines_feed, name="deadlines_feed"),
    path("echeances/agenda/<int:key>/fermer/", deadlines.deadlines_feed_close, name="deadlines_feed_close"),
    path("echeances/<str:key>/", deadlines.deadline, name="deadline"),
]
