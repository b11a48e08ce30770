"""Addresses of the exchange on penalties, under `/marches/<code>/penalites/`."""

from django.urls import path

from titulaire.support.penalties import views

urlpatterns = [
    path("", views.penalty_exchanges, name="penalty_exchanges"),
    path("<str:month>/proposer/", views.penalty_propose, name="penalty_propose"),
    path("<str:month>/v<int:version>/", views.penalty_exchange, name="penalty_exchange"),
    path("<str:month>/v<int:version>/document.pdf", views.penalty_pdf, name="penalty_pdf"),
    path("<str:month>/v<int:version>/observer/", views.penalty_remark, name="penalty_remark"),
    path(
        "<str:month>/v<int:version>/fin-des-observations/",
        views.penalty_remarks_end,
        name="penalty_remarks_end",
    ),
    path("<str:month>/v<int:version>/decider/<str:line>/", views.penalty_decide, name="penalty_decide"),
    path("<str:month>/v<int:version>/clore/", views.penalty_close, name="penalty_close"),
    path("<str:month>/v<int:version>/avoir/", views.penalty_credit, name="penalty_credit"),
    path("<str:month>/v<int:version>/pieces/<int:remark>/", views.penalty_document, name="penalty_document"),
]
