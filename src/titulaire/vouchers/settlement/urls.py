"""Addresses of this room, under `/marches/<contract>/reglement/`."""

from django.urls import path

from titulaire.vouchers.settlement.views import balance, reports

urlpatterns = [
    path("equilibre/", balance.balance, name="balance"),
    path("rapports/", reports.yearly_reports, name="yearly_reports"),
    path("rapports/<int:year>/", reports.yearly_report, name="yearly_report"),
    path("rapports/<int:year>/figer/", reports.yearly_report_freeze, name="yearly_report_freeze"),
    path(
        "rapports/<int:year>/chiffres/<slug:figure>/",
        reports.yearly_report_figure,
        name="yearly_report_figure",
    ),
    path(
        "rapports/<int:year>/<int:issue>.<slug:extension>",
        reports.yearly_report_file,
        name="yearly_report_file",
    ),
]
