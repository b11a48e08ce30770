"""Addresses of this room."""

from django.urls import path

from titulaire.vouchers.stops.views import lists, losses, reissues, searches, stops

urlpatterns = [
    path("", stops.stops, name="stops"),
    path("nouvelle/", stops.stop_new, name="stop_new"),
    path("liste/", lists.stop_list, name="stop_list"),
    path("liste.json", lists.stop_list_json, name="stop_list_json"),
    path("liste.csv", lists.stop_list_csv, name="stop_list_csv"),
    path("recherches/", searches.use_searches, name="use_searches"),
    path("recherches/nouvelle/", searches.use_search_new, name="use_search_new"),
    path("recherches/<slug:number>/", searches.use_search, name="use_search"),
    path("recherches/<slug:number>/reponse.pdf", searches.use_search_pdf, name="use_search_pdf"),
    path(
        "recherches/<slug:number>/signature.json", searches.use_search_signature, name="use_search_signature"
    ),
    path("signalements/", losses.loss_reports, name="loss_reports"),
    path("signalements/<slug:number>/", losses.loss_report, name="loss_report"),
    path("reemissions/", reissues.claims, name="claims"),
    path("reemissions/<slug:reference>/", reissues.reissue, name="reissue"),
    path("reemissions/<slug:reference>/imprimer/", reissues.reissue_print, name="reissue_print"),
    path("reemissions/<slug:reference>/presse.pdf", reissues.reissue_press, name="reissue_press"),
    path("<slug:number>/", stops.stop, name="stop"),
    path("<slug:number>/lever/", stops.stop_lift, name="stop_lift"),
    path("<slug:number>/reemettre/", stops.stop_reissue, name="stop_reissue"),
]
