"""Addresses of this room."""

from django.urls import path

from titulaire.vouchers.delivery.views import dispatching, following, sleeves

urlpatterns = [
    path("", following.deliveries, name="deliveries"),
    path("commandes/<slug:number>/expedier/", dispatching.order_dispatch, name="order_dispatch"),
    path("commandes/<slug:number>/carnets.csv", dispatching.order_packing, name="order_packing"),
    path("reemissions/<slug:reference>/expedier/", dispatching.reissue_dispatch, name="reissue_dispatch"),
    path("reemissions/<slug:reference>/carnets.csv", dispatching.reissue_packing, name="reissue_packing"),
    path("expeditions/", dispatching.dispatches, name="dispatches"),
    path("expeditions/<slug:number>/", dispatching.dispatch, name="dispatch"),
    path("expeditions/<slug:number>/preuve/", dispatching.dispatch_proof, name="dispatch_proof"),
    path("plis/", following.parcels, name="parcels"),
    path("plis/<int:parcel>/", following.parcel, name="parcel"),
    path("plis/<int:parcel>/constat/", following.parcel_note, name="parcel_note"),
    path("plis/<int:parcel>/preuve/", following.proof_file, name="proof_file"),
    path("suivi/", following.tracking_import, name="tracking_import"),
    path("suivi/relever/", following.tracking_follow, name="tracking_follow"),
    path("pochettes/", sleeves.sleeve_orders, name="sleeve_orders"),
    path("pochettes/commander/", sleeves.sleeve_new, name="sleeve_new"),
    path("pochettes/<slug:number>/livrer/", sleeves.sleeve_delivered, name="sleeve_delivered"),
]
