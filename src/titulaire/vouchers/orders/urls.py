"""Addresses of this room, under `/marches/<contract>/commandes/`."""

from django.urls import path

from titulaire.vouchers.orders.views import adhoc, agreements, consumption, deposit, orders, transmission

urlpatterns = [
    path("", orders.order_list, name="order_list"),
    path("deposer/", deposit.order_upload, name="order_upload"),
    path("deposer/<uuid:token>/", deposit.order_check, name="order_check"),
    path("deposer/<uuid:token>/colonnes/", deposit.order_columns, name="order_columns"),
    path("deposer/<uuid:token>/refus.<slug:extension>", deposit.order_refused, name="order_refused"),
    path("modele.<slug:extension>", deposit.order_template, name="order_template"),
    path("ponctuelle/", adhoc.order_adhoc, name="order_adhoc"),
    path("calendrier/", agreements.order_calendar, name="order_calendar"),
    path("calendrier/<int:year>/proposer/", agreements.order_calendar_propose, name="order_calendar_propose"),
    path(
        "calendrier/<int:year>/<int:version>/approuver/",
        agreements.order_calendar_agree,
        name="order_calendar_agree",
    ),
    path("valeur-faciale/", agreements.face_value, name="face_value"),
    path("valeur-faciale/changer/", agreements.face_value_change, name="face_value_change"),
    path("plafond/", consumption.ceiling, name="ceiling"),
    path("historique/", consumption.order_history, name="order_history"),
    path("historique/lignes.<slug:extension>", consumption.order_history_file, name="order_history_file"),
    path("cles/", transmission.transmission_keys, name="transmission_keys"),
    path("cles/<int:key>/revoquer/", transmission.transmission_key_revoke, name="transmission_key_revoke"),
    path("<slug:number>/", orders.order_detail, name="order_detail"),
    path("<slug:number>/beneficiaires/", orders.order_people, name="order_people"),
    path("<slug:number>/accuser/", orders.order_acknowledge, name="order_acknowledge"),
    path("<slug:number>/annuler/", orders.order_cancel, name="order_cancel"),
    path("<slug:number>/accuse.pdf", orders.order_acknowledgement, name="order_acknowledgement"),
]
