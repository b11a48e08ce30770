"""Pages of the frozen months: the list, an issue, its files, its figures down to their rows, the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.indicators.rules import State, Unit
from titulaire.indicators.wording import GRADES, UNITS, written
from titulaire.journal import files
from titulaire.penalties.rules import State as Penalty
from titulaire.seals.queries import public_pem
from titulaire.support.dashboards.queries import months_open, months_with_facts
from titulaire.support.dashboards.wording import COLUMNS, TABLES, TONES, cell_written
from titulaire.support.facts.queries import stated_now
from titulaire.support.indicators.evaluation import after
from titulaire.support.indicators.explaining import Listing, NothingToOpen, explain
from titulaire.support.months import services
from titulaire.support.months.forms import AnswerForm, FreezeForm
from titulaire.support.months.models import MonthIssue
from titulaire.support.months.pack import as_pdf, as_xlsx, trend_of
from titulaire.support.months.queries import (
    NoSuchIssue,
    document_bytes,
    document_of,
    issue_of,
    issues_of,
    silence_ends_at,
    standing_of,
    verify,
)
from titulaire.support.months.rules import Verdict, value_of
from titulaire.support.months.stating import stated_in
from titulaire.support.months.wording import (
    CUTS,
    STANDINGS,
    STATE_LABELS,
    change_written,
    exact,
    key_written,
    target_of,
    value_written,
)
from titulaire.support.penalties.entries import entered_for
from titulaire.support.penalties.wording import PENALTY_STATES, plain
from titulaire.ui.exports import XLSX_TYPE
from titulaire.ui.formats import instant_fr, money, month_fr
from titulaire.ui.parts import Event, Figure, Tab
from titulaire.ui.tables import Column, Status, Table

READERS = (
    *(Role.SUPERVISOR, Role.PLANNER, Role.QUALITY_OFFICER),
    *(Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR),
)
SHOWN = 50
TO_FREEZE = Status("TO_FREEZE", "à arrêter", "warn")


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month of the list: its last issue, if any."""

    month: date
    issue: MonthIssue | None
    status: Status
    newer_facts: bool


def _terms(contract: Contract) -> Terms:
    try:
        return terms_of(contract.code)
    except NoTermsFile as unknown:
        raise Http404("no terms") from unknown


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as unreadable:
        raise Http404("no such month") from unreadable


def _issue(contract: Contract, month: str, number: int) -> MonthIssue:
    _terms(contract)
    try:
        return issue_of(contract, _month(month), number)
    except NoSuchIssue as unknown:
        raise Http404("no such issue") from unknown


def _document(issue: MonthIssue) -> dict[str, Any]:
    try:
        return document_of(issue)
    except (files.FileLost, files.FileAltered) as fault:
        raise Http404("the kept document is gone or altered: verify this issue") from fault


@clause("S-3.3.1-tableaux-de-bord", "S-3.1-comite-pilotage")
@reads(*READERS)
def months(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every month that has ended and has facts: frozen or not, where its last issue stands."""
    terms, now = _terms(contract), timezone.now()
    last: dict[date, MonthIssue] = {}
    for issue in issues_of(contract):
        last.setdefault(issue.month, issue)
    inside = set(months_open(contract, terms))
    over = [
        month
        for month in {*months_with_facts(contract), *last}
        if month in inside and after(month) <= timezone.localdate(now)
    ]

    def row(month: date) -> MonthRow:
        issue = last.get(month)
        if issue is None:
            return MonthRow(month, None, TO_FREEZE, False)
        stands = standing_of(issue, terms=terms, is_last=True, at=now)
        return MonthRow(month, issue, STANDINGS[stands.value], _newer(contract, issue))

    rows = [row(month) for month in sorted(over, reverse=True)]
    table = Table(
        request,
        rows,
        caption="Mois arrêtés",
        name=f"mois-{contract.code}",
        noun="mois",
        plural="mois",
        columns=[
            Column(
                "month", "Mois", value=lambda one: month_fr(one.month), link=lambda one: _open(contract, one)
            ),
            Column("status", "État", kind="status"),
            Column("issue", "Édition", value=lambda one: str(one.issue.number) if one.issue else ""),
            Column(
                "frozen_at",
                "Arrêtée le",
                kind="instant",
                value=lambda one: one.issue.frozen_at if one.issue else None,
            ),
            Column("newer", "Faits depuis", value=lambda one: "oui" if one.newer_facts else ""),
            Column(
                "sha256",
                "Empreinte",
                value=lambda one: one.issue.document_sha256 if one.issue else "",
                html=lambda one: f"{one.issue.document_sha256[:12]}…" if one.issue else "",
            ),
        ],
        empty="Aucun mois terminé n’a de faits : importez-en d’abord.",
        empty_action=("Importer un fichier", reverse("fact_import", args=[contract.code])),
    )
    is_contractor = Role.SUPERVISOR in request.roles  # type: ignore[attr-defined]
    return table.response(
        "months/list.html",
        {
            "heading": "Mois arrêtés",
            "to_freeze": [(f"{one.month:%Y-%m}", month_fr(one.month)) for one in rows if one.issue is None]
            if is_contractor
            else [],
        },
    )


def _open(contract: Contract, row: MonthRow) -> str:
    if row.issue is None:
        return f"{reverse('dashboard_month', args=[contract.code])}?mois={row.month:%Y-%m}"
    return _address(row.issue)


def _address(issue: MonthIssue, view: str = "month_issue", *more: str) -> str:
    return reverse(view, args=[issue.contract.code, f"{issue.month:%Y-%m}", issue.number, *more])


def _newer(contract: Contract, issue: MonthIssue, document: Mapping[str, Any] | None = None) -> bool:
    """Did facts of the month change since the issue?"""
    if document is None:
        try:
            document = document_of(issue)
        except (files.FileLost, files.FileAltered):
            return False
    then, now = stated_in(document).versions, stated_now(contract, until=after(issue.month)).versions
    return any(now[key] != then.get(key) for key in now if key[1] == issue.month)


@clause("S-3.3.1-tableaux-de-bord", "S-9-penalites")
@reads(*READERS)
def month_issue(request: HttpRequest, contract: Contract, month: str, number: int) -> HttpResponse:
    """An issue as it was stated: figures, cuts, penalties, what it corrects, seal, answers."""
    issue, now = _issue(contract, month, number), timezone.now()
    terms = _terms(contract)
    document = _document(issue)
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    editions = list(issues_of(contract, issue.month))
    is_last = editions[0] == issue
    stands = standing_of(issue, terms=terms, is_last=is_last, at=now)
    par = request.GET.get("par", "")
    par = par if par in CUTS else "site"
    figures, cut = _figures(request, issue, document), _cut(request, issue, document, par)
    penalties = _penalties(request, issue, document) if document["penalties"] else None
    corrections = _corrections(request, issue, document) if document["corrects"] else None
    for one in (figures, cut, penalties, corrections):
        if one is not None and one.export:
            return one.export_response()
    here = f"{issue.month:%Y-%m}-{issue.number}"
    context = {
        "heading": f"{month_fr(issue.month).capitalize()}, édition {issue.number}",
        "issue": issue,
        "month": f"{issue.month:%Y-%m}",
        "state": STANDINGS[stands.value],
        "is_last": is_last,
        "last": editions[0],
        "newer": is_last and _newer(contract, issue, document),
        "document": document,
        "key_figures": [_key_figure(issue, code, document) for code in ("I1", "I2", "I3", "I7")],
        "table": figures,
        "cut": cut,
        "tabs": [Tab(f"Par {label}", f"?par={code}#decoupage", code == par) for code, label in CUTS.items()],
        "penalties": penalties,
        "sums": _sums(document),
        "corrections": corrections,
        "causes": document["corrects"]["causes"] if document["corrects"] else [],
        "events": _events(editions),
        "seal": [
            ("Empreinte du document (SHA-256)", issue.document_sha256),
            ("Clé de signature (Ed25519)", issue.key),
            ("Signature", issue.signature),
            ("Entrée du journal", issue.entry_hash),
            ("Logiciel", document["software"]["version"]),
        ],
        "silence_ends_at": silence_ends_at(issue, terms),
        "checked": verify(issue) if "verifier" in request.GET else None,
        "may_freeze": Role.SUPERVISOR in roles and is_last,
        "may_answer": Role.BUYER_MANAGER in roles and is_last and stands.value != "APPROVED",
        "name": here,
    }
    return render(request, "months/issue.html", context)


def _key_figure(issue: MonthIssue, code: str, document: Mapping[str, Any]) -> Figure:
    one = document["indicators"][code]
    status = _status(one)
    return Figure(
        one["name"],
        value_written(one),
        note=f"objectif {target_of(one)}",
        status=(status.code, status.label, status.tone),
        trend=trend_of(issue, code),
    )


def _status(one: Mapping[str, Any]) -> Status:
    return Status(one["state"], STATE_LABELS[one["state"]], TONES[State(one["state"])])


def _figures(request: HttpRequest, issue: MonthIssue, document: Mapping[str, Any]) -> Table:
    rows = [{"code": code, **one} for code, one in sorted(document["indicators"].items(), key=_rank)]

    def opened(one: Mapping[str, Any]) -> str | None:
        return _address(issue, "month_rows", one["code"]) if one["grade"] == "A" else None

    return Table(
        request,
        rows,
        caption=f"Indicateurs de {month_fr(issue.month)}, édition {issue.number}",
        name=f"mois-{issue.month:%Y-%m}-{issue.number}-indicateurs",
        noun="indicateur",
        page_size=100,
        columns=[
            Column("month", "Mois", value=lambda one: issue.month, kind="date", shown=False),
            Column("code", "Code", value=lambda one: one["code"]),
            Column("name", "Indicateur", value=lambda one: one["name"], link=opened),
            Column(
                "value",
                "Valeur",
                kind="number",
                value=lambda one: plain(exact(one["value"]), Unit(one["unit"])),
                html=value_written,
            ),
            Column("unit", "Unité", value=lambda one: UNITS[Unit(one["unit"])], shown=False),
            Column("numerator", "Numérateur", value=lambda one: one["numerator"], kind="number", shown=False),
            Column(
                "denominator",
                "Dénominateur",
                value=lambda one: one["denominator"],
                kind="number",
                shown=False,
            ),
            Column("target", "Objectif", value=target_of),
            Column(
                "trigger",
                "Seuil",
                value=lambda one: written(exact(one["trigger"]), Unit(one["unit"])) if one["trigger"] else "",
            ),
            Column("state", "État", kind="status", value=_status),
            Column("grade", "Preuve", value=lambda one: GRADES.get(one["grade"], "") if one["grade"] else ""),
            Column("clause", "Clause", value=lambda one: one["clause"], shown=False),
        ],
    )


def _rank(pair: tuple[str, Any]) -> tuple[str, int]:
    code = pair[0]
    digits = code.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return code[: len(code) - len(digits)], int(digits or 0)


def _cut(request: HttpRequest, issue: MonthIssue, document: Mapping[str, Any], par: str) -> Table:
    places = document["cuts"][par]
    codes = sorted(
        {code for results in places.values() for code in results}, key=lambda code: _rank((code, 0))
    )

    def column(code: str) -> Column:
        one = document["indicators"][code]
        unit = Unit(one["unit"])
        return Column(
            code,
            f"{one['name']} ({UNITS[unit]})" if UNITS[unit] else one["name"],
            kind="number",
            digits=None if unit is Unit.COUNT else 2,
            value=lambda pair: plain(_side(document, code, pair[1].get(code)), unit),
        )

    return Table(
        request,
        sorted(places.items()),
        caption=f"{month_fr(issue.month).capitalize()} par {CUTS[par]}",
        name=f"mois-{issue.month:%Y-%m}-{issue.number}-par-{CUTS[par]}",
        noun=CUTS[par],
        plural="flux" if par == "flow" else "",
        prefix="coupe",
        columns=[
            Column("month", "Mois", value=lambda pair: issue.month, kind="date", shown=False),
            Column("key", CUTS[par].capitalize(), value=lambda pair: key_written(par, pair[0])),
            *(column(code) for code in codes),
        ],
        empty="Rien à découper ainsi.",
    )


def _side(document: Mapping[str, Any], code: str, sides: Mapping[str, Any] | None) -> Any:
    return exact(value_of(document, code, sides)) if sides else None


def _penalties(request: HttpRequest, issue: MonthIssue, document: Mapping[str, Any]) -> Table:
    units = {code: Unit(one["unit"]) for code, one in document["indicators"].items()}

    def status(line: Mapping[str, Any]) -> Status:
        label, tone = PENALTY_STATES[Penalty(line["state"])]
        return Status(line["state"], label, tone)

    def measured(line: Mapping[str, Any]) -> str:
        return written(exact(line["value"]), units[line["indicator"]], exact(line["trigger"]))

    return Table(
        request,
        document["penalties"]["lines"],
        caption=f"Pénalités de {month_fr(issue.month)}, édition {issue.number}",
        name=f"mois-{issue.month:%Y-%m}-{issue.number}-penalites",
        noun="ligne",
        prefix="penalites",
        columns=[
            Column("code", "Ligne", value=lambda line: line["code"]),
            Column("name", "Objet", value=lambda line: line["name"]),
            Column("value", "Mesure", value=measured),
            Column(
                "trigger",
                "Seuil",
                value=lambda line: written(exact(line["trigger"]), units[line["indicator"]]),
            ),
            Column("state", "État", kind="status", value=status),
            Column("base", "Assiette", kind="money", value=lambda line: Decimal(line["base"])),
            Column("rate", "Taux", kind="rate", value=lambda line: Decimal(line["rate"])),
            Column("amount", "Pénalité", kind="money", value=lambda line: Decimal(line["amount"])),
            Column("incidents", "Incidents", value=lambda line: ", ".join(line["incidents"])),
            Column("clause", "Clause", value=lambda line: line["clause"], shown=False),
        ],
    )


def _sums(document: Mapping[str, Any]) -> list[Figure]:
    penalties = document["penalties"]
    if penalties is None:
        return []
    return [
        Figure("Somme avant plafond", money(Decimal(penalties["uncapped"]))),
        Figure("Plafond", money(Decimal(penalties["cap"]))),
        Figure("Pénalités proposées", money(Decimal(penalties["proposed"]))),
    ]


def _corrections(request: HttpRequest, issue: MonthIssue, document: Mapping[str, Any]) -> Table:
    rows = [change_written(document, one) for one in document["corrects"]["figures"]]
    return Table(
        request,
        rows,
        caption=f"Ce que l’édition {issue.number} corrige",
        name=f"mois-{issue.month:%Y-%m}-{issue.number}-corrections",
        noun="chiffre",
        prefix="corrections",
        columns=[
            Column("figure", "Chiffre", value=lambda row: row[0]),
            Column("before", f"Édition {issue.number - 1}", value=lambda row: row[1]),
            Column("after", f"Édition {issue.number}", value=lambda row: row[2]),
        ],
    )


def _events(editions: list[MonthIssue]) -> list[Event]:
    found: list[tuple[datetime, Event]] = []
    for issue in editions:
        found.append(
            (
                issue.frozen_at,
                Event(
                    issue.frozen_at,
                    f"Édition {issue.number} arrêtée",
                    "première édition" if issue.number == 1 else "correction",
                    "info",
                    link=_address(issue),
                ),
            )
        )
        for one in issue.answers.all():
            approved = one.verdict == Verdict.APPROVED.value
            words = f"Édition {issue.number} {'approuvée' if approved else 'contestée'} par l’acheteur"
            said = f"{one.remarks} ({', '.join(one.contested)})" if one.contested else one.remarks
            found.append(
                (one.answered_at, Event(one.answered_at, words, said, "good" if approved else "bad"))
            )
    return [event for _, event in sorted(found, key=lambda pair: pair[0], reverse=True)]


@clause("S-3.3.1-tableaux-de-bord")
@reads(*READERS)
def month_rows(request: HttpRequest, contract: Contract, month: str, number: int, code: str) -> HttpResponse:
    """The facts behind a figure as they were when the issue was made. Advisers are for their supervisor."""
    issue = _issue(contract, month, number)
    document = _document(issue)
    left = request.GET.get("vue") == "ecartes"
    asked = request.GET.get("page", "1")
    place = max(1, int(asked)) if asked.isdecimal() and len(asked) < 8 else 1
    try:
        opened = explain(
            contract,
            code,
            since=issue.month,
            until=after(issue.month),
            terms=terms_of(contract.code, at=issue.frozen_at),
            limit=SHOWN,
            offset=(place - 1) * SHOWN,
            stated=stated_in(document),
        )
    except NothingToOpen as nothing:
        raise Http404("nothing to open") from nothing
    totals = [sum(n for _, n in one.left_out) if left else one.counted for one in opened.listings]
    page = Paginator(range(max(totals, default=0)), SHOWN).get_page(place)
    names_advisers = Role.SUPERVISOR in request.roles  # type: ignore[attr-defined]
    return render(
        request,
        "months/rows.html",
        {
            "heading": f"{code} – {opened.indicator.name}",
            "issue": issue,
            "month": month,
            "value": value_written(document["indicators"][code]) if code in document["indicators"] else "",
            "tabs": [
                Tab("Faits comptés", "?", not left, sum(one.counted for one in opened.listings)),
                Tab(
                    "Faits écartés",
                    "?vue=ecartes",
                    left,
                    sum(n for one in opened.listings for _, n in one.left_out),
                ),
            ],
            "left": left,
            "listings": [_listing(one, left, names_advisers) for one in opened.listings],
            "page": page,
            "names_advisers": names_advisers,
        },
    )


def _listing(one: Listing, left: bool, names_advisers: bool) -> dict[str, Any]:
    rows = one.left_out_rows if left else one.rows
    names = [name for name in (rows[0] if rows else ()) if name != "adviser" or names_advisers]
    return {
        "table": one.table,
        "title": TABLES[one.table],
        "reasons": one.left_out,
        "headings": [COLUMNS.get(name, name) for name in names],
        "rows": [[cell_written(name, row) for name in names] for row in rows],
    }


@clause("S-3.1-comite-pilotage", "S-10.1-statistiques")
@reads(*READERS)
def month_file(
    request: HttpRequest, contract: Contract, month: str, number: int, extension: str
) -> HttpResponse:
    """An issue as files: the document, its signature and its key; the pack of the steering committee."""
    issue = _issue(contract, month, number)
    document = _document(issue)
    match extension:
        case "json":
            body, kind = document_bytes(issue), "application/json"
        case "sig":
            body, kind = bytes.fromhex(issue.signature), "application/octet-stream"
        case "pem":
            body, kind = public_pem(issue.key, contract=contract.code), "application/x-pem-file"
        case "pdf":
            body, kind = as_pdf(issue, document), "application/pdf"
        case "xlsx":
            body, kind = as_xlsx(issue, document), XLSX_TYPE
        case _:
            raise Http404("no such file")
    response = HttpResponse(body, content_type=kind)
    response["Content-Disposition"] = (
        f'attachment; filename="mois-{contract.code}-{month}-{number}.{extension}"'
    )
    return response


@clause("S-3.3.1-tableaux-de-bord")
@acts(Role.SUPERVISOR)
def month_freeze(request: HttpRequest, contract: Contract, month: str) -> HttpResponse:
    """Freeze a month."""
    terms, first = _terms(contract), _month(month)
    if first not in months_open(contract, terms):
        raise Http404("no such month")
    form = FreezeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            issue = services.freeze_month(
                contract=contract,
                month=first,
                entered=form.given(first) or entered_for(contract, first, terms),
                actor=_actor(request),
                at=timezone.now(),
            )
        except services.MonthNotOver:
            form.add_error(None, f"{month_fr(first).capitalize()} n’est pas fini.")
        except services.NoFacts:
            form.add_error(None, f"Aucun fait n’est importé pour {month_fr(first)}.")
        except services.NothingChanged as same:
            form.add_error(None, f"L’édition {same.issue.number} dit déjà la même chose.")
        except services.FrozenMeanwhile:
            form.add_error(None, "Le mois vient d’être arrêté par quelqu’un d’autre : recommencez.")
        else:
            messages.success(
                request, f"Édition {issue.number} arrêtée et signée le {instant_fr(issue.frozen_at)}."
            )
            return redirect(_address(issue))
    return render(
        request,
        "months/freeze.html",
        {"heading": f"Arrêter {month_fr(first)}", "form": form, "month": first},
        status=422 if form.is_bound else 200,
    )


@clause("S-3.3.1-tableaux-de-bord")
@acts(Role.BUYER_MANAGER)
def month_answer(request: HttpRequest, contract: Contract, month: str, number: int) -> HttpResponse:
    """Approve or contest an issue."""
    issue = _issue(contract, month, number)
    document = _document(issue)
    codes = [*sorted(document["indicators"].items(), key=_rank)]
    figures = [(code, f"{code} – {one['name']}") for code, one in codes]
    figures += [
        (line["code"], f"{line['code']} – {line['name']} (pénalité)")
        for line in (document["penalties"] or {"lines": []})["lines"]
    ]
    form = AnswerForm(request.POST or None, figures=figures)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.answer_month(
                issue=issue,
                verdict=Verdict(given["verdict"]),
                remarks=given["remarks"],
                contested=given["contested"],
                actor=_actor(request),
                at=timezone.now(),
            )
        except services.Replaced:
            form.add_error(None, "Une édition plus récente existe : répondez à celle-là.")
        except services.AlreadyApproved:
            form.add_error(None, "Cette édition est déjà approuvée.")
        else:
            messages.success(request, "La réponse est enregistrée et datée.")
            return redirect(_address(issue))
    return render(
        request,
        "months/answer.html",
        {
            "heading": f"Répondre à l’édition {issue.number}",
            "issue": issue,
            "month": month,
            "form": form,
        },
        status=422 if form.is_bound else 200,
    )


def _actor(request: HttpRequest) -> str:
    assert isinstance(request.user, User)  # noqa: S101 - the access line let a person in
    return request.user.actor
