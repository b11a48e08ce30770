"""The yearly reports: their clock, their figures down to each voucher and complaint, their files."""

from __future__ import annotations

from datetime import date
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.ui.exports import CSV_TYPE, XLSX_TYPE
from titulaire.ui.formats import date_fr, instant_fr
from titulaire.ui.parts import Event
from titulaire.ui.tables import Column, Status, Table
from titulaire.vouchers.complaints.queries import actions_of, complaints_of, followed
from titulaire.vouchers.complaints.views import complaint_url, delay_code
from titulaire.vouchers.complaints.wording import DELAYS, TYPOLOGIES
from titulaire.vouchers.issuing.models import VOUCHER_STATE_LABELS, VoucherState
from titulaire.vouchers.issuing.queries import vouchers_of
from titulaire.vouchers.settlement import report as reports
from titulaire.vouchers.settlement import services
from titulaire.vouchers.settlement.models import YearlyReport
from titulaire.vouchers.settlement.rules import ReportPeriod
from titulaire.vouchers.settlement.views import READERS
from titulaire.vouchers.settlement.wording import figure_label

STANDINGS = {
    "RUNNING": Status("RUNNING", "Année en cours", "calm"),
    "TO_FREEZE": Status("TO_FREEZE", "À remettre", "warn"),
    "LATE": Status("LATE", "En retard", "bad"),
    "FROZEN": Status("FROZEN", "Remis à temps", "good"),
    "FROZEN_LATE": Status("FROZEN_LATE", "Remis en retard", "warn"),
}


def _period(contract: Contract, year: int) -> ReportPeriod:
    try:
        return reports.period_of(contract, year, on=timezone.localdate())
    except reports.NoSuchYear:
        raise Http404("no such year") from None


def standing(period: ReportPeriod, first: YearlyReport | None, *, on: date) -> str:
    """The code, in `STANDINGS`, of a year's report: its first issue is the one that had to be in time."""
    if first is not None:
        return "FROZEN" if timezone.localdate(first.frozen_at) <= period.due_on else "FROZEN_LATE"
    if on < period.end_on:
        return "RUNNING"
    return "LATE" if on > period.due_on else "TO_FREEZE"


@clause("T-4.4-reporting")
@reads(*READERS)
def yearly_reports(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Each year of the contract, its due day, its issues."""
    today = timezone.localdate()
    issues: dict[int, list[YearlyReport]] = {}
    for report in YearlyReport.objects.filter(contract=contract).order_by("issue"):
        issues.setdefault(report.year, []).append(report)
    table = Table(
        request,
        reports.years_of(contract, on=today),
        name=f"rapports-annuels-{contract.code}",
        caption="Rapports annuels",
        noun="année",
        columns=[
            Column(
                "year",
                "Année",
                value=lambda row: str(row.year),
                link=lambda row: reverse("yearly_report", args=[contract.code, row.year]),
            ),
            Column("start_on", "Du", kind="date"),
            Column("end_on", "Au (exclu)", kind="date"),
            Column("due_on", "À remettre le", kind="date"),
            Column(
                "standing",
                "État",
                kind="status",
                statuses=STANDINGS,
                value=lambda row: standing(row, next(iter(issues.get(row.year, [])), None), on=today),
            ),
            Column("issues", "Éditions", kind="number", value=lambda row: len(issues.get(row.year, []))),
        ],
        empty="Le marché n’a pas commencé.",
    )
    return table.response("settlement/reports.html")


@clause("T-4.4-reporting", "T-5.2-controle")
@reads(*READERS)
def yearly_report(request: HttpRequest, contract: Contract, year: int) -> HttpResponse:
    """A year's figures, each of which opens; its issues and what each one corrected."""
    period, now = _period(contract, year), timezone.now()
    today = timezone.localdate(now)
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    live = reports.gather(contract, period, at=now)
    issues = list(YearlyReport.objects.filter(contract=contract, year=year))
    last = issues[0] if issues else None
    values = last.values if last else live.values
    table = Table(
        request,
        reports.rows_of(values),
        name=f"rapport-{contract.code}-{year}",
        caption=f"Chiffres de {year}",
        noun="chiffre",
        columns=[
            Column(
                "label",
                "Chiffre",
                value=lambda row: row[0],
                link=lambda row: reverse("yearly_report_figure", args=[contract.code, year, row[1]]),
            ),
            Column("count", "Nombre", value=lambda row: row[2], kind="number"),
            Column("solved", "Résolues", value=lambda row: row[4], kind="number"),
            Column("mean", "Jours ouvrés en moyenne", value=lambda row: row[5], kind="number", digits=1),
            Column("most", "Au plus", value=lambda row: row[6], kind="number"),
            Column("on_time", "Dans le délai", value=lambda row: row[7], kind="number"),
        ],
        notes=reports.notes_of(contract, period, last),
    )
    changed = reports.changes_since(last, live) if last else ()
    stale = last is not None and reports.is_stale(last, live)
    over = today >= period.end_on
    return table.response(
        "settlement/report.html",
        {
            "period": period,
            "last": last,
            "stale": stale,
            "changed": [figure_label(change.figure) for change in changed],
            "standing": STANDINGS[standing(period, issues[-1] if issues else None, on=today)],
            "values": values,
            "events": [_event(issue, contract) for issue in reversed(issues)],
            "seal": reports.notes_of(contract, period, last)[3:],
            "may_freeze": Role.VOUCHER_OPERATOR in roles and over and (last is None or stale),
        },
    )


def _event(report: YearlyReport, contract: Contract) -> Event:
    changes = [
        f"{figure_label(change['figure'])} : {change['before'] or 0} devient {change['after'] or 0}"
        for change in report.differences
    ]
    return Event(
        report.frozen_at,
        f"Édition {report.issue}",
        " ; ".join(changes) or ("première édition" if report.issue == 1 else "délais de résolution corrigés"),
        "good",
        link=reverse("yearly_report_file", args=[contract.code, report.year, report.issue, "pdf"]),
    )


@clause("T-4.4-reporting", "T-5.2-controle")
@reads(*READERS)
def yearly_report_figure(request: HttpRequest, contract: Contract, year: int, figure: str) -> HttpResponse:
    """What is behind a figure: vouchers, complaints or actions, as frozen if the year is."""
    period, now = _period(contract, year), timezone.now()
    last = reports.latest_issue(contract, year)
    sources = reports.sources_of(last) if last else reports.gather(contract, period, at=now).sources
    if figure not in sources:
        raise Http404("no such figure")
    numbers = list(sources[figure])
    name = f"rapport-{contract.code}-{year}-{figure.lower()}"
    kind, _, _ = figure.partition("-")
    if kind == "COMPLAINTS":
        table = Table(
            request,
            followed(contract, complaints_of(contract).filter(number__in=numbers), at=now),
            name=name,
            caption=figure_label(figure),
            noun="réclamation",
            columns=[
                Column(
                    "number",
                    "Numéro",
                    value="complaint.number",
                    link=lambda row: complaint_url(row.complaint),
                ),
                Column("received_at", "Reçue le", value="complaint.received_at", kind="instant"),
                Column("typology", "Nature", value=lambda row: TYPOLOGIES[row.complaint.typology]),
                Column("delay", "Délai", value=delay_code, kind="status", statuses=DELAYS),
                Column("working_days", "Jours ouvrés", kind="number"),
            ],
        )
    elif kind == "ACTIONS":
        table = Table(
            request,
            actions_of(contract).filter(pk__in=[int(one) for one in numbers]),
            name=name,
            caption=figure_label(figure),
            noun="action",
            columns=[
                Column("incident", "Incident"),
                Column("action", "Action corrective"),
                Column("decided_on", "Décidée le", kind="date"),
                Column("done_on", "Faite le", kind="date"),
            ],
        )
    else:
        table = Table(
            request,
            vouchers_of(contract).filter(number__in=numbers),
            name=name,
            caption=figure_label(figure),
            noun="titre",
            order="number",
            columns=[
                Column("number", "Numéro", html=lambda row: row.grouped, sort="number"),
                Column("vintage", "Millésime", value=lambda row: str(row.vintage)),
                Column("face_value", "Valeur", kind="money"),
                Column("booklet", "Carnet", value="booklet.reference", sort="booklet__reference"),
                Column("order", "Commande", value="order.number", sort="order__number"),
                Column("issued_at", "Émis le", kind="instant", sort="issued_at"),
                Column("state", "État", value=lambda row: VOUCHER_STATE_LABELS[VoucherState(row.state)]),
            ],
        )
    return table.response(
        "settlement/report_figure.html", {"period": period, "figure": figure_label(figure), "last": last}
    )


@clause("T-4.4-reporting")
@reads(*READERS)
def yearly_report_file(
    request: HttpRequest, contract: Contract, year: int, issue: int, extension: str
) -> HttpResponse:
    """An issue as a file: PDF, workbook, CSV, or the list behind its figures."""
    period = _period(contract, year)
    found = YearlyReport.objects.filter(contract=contract, year=year, issue=issue).first()
    if found is None:
        raise Http404("no such issue")
    name = f"rapport-{contract.code}-{year}-edition-{issue}"
    match extension:
        case "pdf":
            body, kind = reports.as_pdf(contract, period, found.values, found), "application/pdf"
        case "xlsx":
            body, kind = reports.as_xlsx(contract, period, found.values, found), XLSX_TYPE
        case "csv":
            body, kind = reports.as_csv(found.values), CSV_TYPE
        case "sources":
            body, kind, extension = reports.sources_csv(reports.sources_of(found)), CSV_TYPE, "csv"
            name += "-listes"
        case _:
            raise Http404("no such file")
    response = HttpResponse(body, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}.{extension}"'
    return response


@clause("T-4.4-reporting")
@acts(Role.VOUCHER_OPERATOR)
def yearly_report_freeze(request: HttpRequest, contract: Contract, year: int) -> HttpResponse:
    """Freeze a year's report."""
    period = _period(contract, year)
    page = reverse("yearly_report", args=[contract.code, year])
    if request.method == "POST":
        try:
            report = services.freeze_report(
                contract=contract, year=year, actor=cast(User, request.user).actor, at=timezone.now()
            )
        except services.YearNotOver:
            messages.error(request, f"L’année du marché finit le {date_fr(period.end_on)} : rien n’est figé.")
        except services.NothingChanged as same:
            messages.info(request, f"L’édition {same.report.issue} dit déjà la même chose.")
        else:
            messages.success(request, f"Édition {report.issue} figée le {instant_fr(report.frozen_at)}.")
        return redirect(page)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"Figer le rapport annuel {year}",
            "consequences": [
                "Les valeurs et les listes de titres et de réclamations sont conservées telles quelles.",
                "Le journal scelle leurs empreintes ; une correction fera une autre édition, avec ses écarts.",
            ],
            "facts": [
                ("Période", f"du {date_fr(period.start_on)} au {date_fr(period.end_on)} exclu"),
                ("À remettre le", date_fr(period.due_on)),
            ],
            "action_label": "Figer l’édition",
            "cancel_url": page,
            "grave": True,
        },
    )
