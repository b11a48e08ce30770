"""Addresses of this room, under `/marches/<contract>/registre/`."""

from django.urls import path

from titulaire.support.ledger import views

urlpatterns = [
    path("", views.ledger_list, name="ledger_list"),
    path("commandes/", views.work_orders, name="work_orders"),
    path("commandes/saisir/", views.work_order_new, name="work_order_new"),
    path("commandes/<int:order>/", views.work_order, name="work_order"),
    path("commandes/<int:order>/repondre/", views.work_order_answer, name="work_order_answer"),
    path("commandes/<int:order>/annuler/", views.work_order_cancel, name="work_order_cancel"),
    path("prix/", views.unit_prices, name="unit_prices"),
    path("prix/saisir/", views.unit_price_new, name="unit_price_new"),
    path("documents/<slug:sha256>/", views.ledger_paper, name="ledger_paper"),
    path("<str:month>/", views.ledger_month, name="ledger_month"),
    path("<str:month>/saisir/", views.ledger_enter, name="ledger_enter"),
    path("<str:month>/importer/", views.ledger_import, name="ledger_import"),
    path("<str:month>/clore/", views.ledger_close, name="ledger_close"),
    path("<str:month>/rouvrir/", views.ledger_reopen, name="ledger_reopen"),
    path("<str:month>/facturer/", views.ledger_invoice, name="ledger_invoice"),
]
