"""Addresses of this room, under `/marches/<contract>/reglement/`."""

from django.urls import path

from titulaire.vouchers.settlement.views import balance, credit_notes, ends, reports

urlpatterns = [
    path("", ends.settlement, name="settlement"),
    path("equilibre/", balance.balance, name="balance"),
    path("millesimes/<int:vintage>/", ends.settlement_vintage, name="settlement_vintage"),
    path("millesimes/<int:vintage>/declarer/", ends.settlement_declare, name="settlement_declare"),
    path("millesimes/<int:vintage>/remplacer/", ends.settlement_replace, name="settlement_replace"),
    path("millesimes/<int:vintage>/rembourser/", ends.settlement_refund, name="settlement_refund"),
    path(
        "millesimes/<int:vintage>/relances/<int:days_before>/<slug:channel>/",
        ends.reminder_send,
        name="reminder_send",
    ),
    path(
        "millesimes/<int:vintage>/relances/<int:days_before>/<slug:channel>/fichier/",
        ends.reminder_file,
        name="reminder_file",
    ),
    path("millesimes/<int:vintage>/compte.<slug:extension>", ends.annual_account, name="annual_account"),
    path("millesimes/<int:vintage>/rejets/", ends.rejected, name="rejected"),
    path("comptes/", ends.order_accounts, name="order_accounts"),
    path("comptes/<slug:number>.pdf", ends.order_account, name="order_account"),
    path("cheques/", ends.cheques, name="cheques"),
    path("remboursements/<slug:reference>/cheque/", ends.cheque_new, name="cheque_new"),
    path("remboursements/<slug:reference>/encaissement/", ends.cheque_cash, name="cheque_cash"),
    path("remboursements/<slug:reference>/lettre.pdf", ends.cheque_letter, name="cheque_letter"),
    path("avoirs/", credit_notes.credit_notes, name="credit_notes"),
    path("avoirs/etablir/", credit_notes.credit_note_new, name="credit_note_new"),
    path("avoirs/<slug:number>/", credit_notes.credit_note, name="credit_note"),
    path("avoirs/<slug:number>/signer/", credit_notes.credit_note_sign, name="credit_note_sign"),
    path("avoirs/<slug:number>/facturer/", credit_notes.credit_note_bill, name="credit_note_bill"),
    path("avoirs/<slug:number>/avoir.pdf", credit_notes.credit_note_file, name="credit_note_file"),
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
