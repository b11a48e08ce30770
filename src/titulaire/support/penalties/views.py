"""The pages of the exchange on a month's penalties: every month, one version, each act of each side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast
from urllib.parse import quote

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.billing.queries import names_of
from titulaire.clauses import clause
from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.indicators.wording import rounded, written
from titulaire.journal import files
from titulaire.support.facts.queries import months_between
from titulaire.support.penalties import queries, services
from titulaire.support.penalties.assessing import Entered
from titulaire.support.penalties.documents import penalties_pdf
from titulaire.support.penalties.entries import entered_for
from titulaire.support.penalties.forms import DecideForm, ProposeForm, RemarkForm
from titulaire.support.penalties.freezing import FrozenLine, entered_in
from titulaire.support.penalties.models import LineDecision, PenaltyProposal
from titulaire.support.penalties.rules import (
    DecisionRefused,
    ExchangeState,
    Outcome,
    Side,
    changes,
    may_close,
)
from titulaire.support.penalties.wording import (
    BASES,
    EXCHANGES,
    OUTCOMES,
    REFUSALS,
    SETTLED,
    SIDES,
    change_written,
    penalty_status,
    plain,
    refusal,
    trigger_written,
)
from titulaire.ui.formats import NONE, date_fr, money, month_fr, number, rate
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Status, Table

READERS = (Role.SUPERVISOR, Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR)
ONE_DAY = timedelta(days=1)
PARTIES = tuple(queries.SIDES)
TERMINATION = Status("TERMINATION", "résiliation possible", "bad")


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month of the contract and the last version of its exchange, if there is one."""

    month: date
    proposal: PenaltyProposal | None

    @property
    def status(self) -> Status:
        return _standing(self.proposal)

    @property
    def termination(self) -> Status | None:
        """The gravest fact of the month."""
        return TERMINATION if self.proposal and _past_cap(self.proposal) else None


@dataclass(frozen=True, slots=True)
class Judged:
    """A frozen line beside what is decided of it."""

    line: FrozenLine
    decision: LineDecision | None


def _standing(proposal: PenaltyProposal | None) -> Status:
    if proposal is None:
        return EXCHANGES["NONE"]
    if proposal.state == ExchangeState.CLOSED.value and not proposal.decided_due:
        return SETTLED
    return EXCHANGES[proposal.state]


def _past_cap(proposal: PenaltyProposal) -> bool:
    """Does what was decided, or while nothing is, what was proposed, pass the cap?"""
    found = proposal.uncapped if proposal.decided_uncapped is None else proposal.decided_uncapped
    return found > proposal.cap


def _terms(contract: Contract) -> Terms:
    try:
        return terms_of(contract.code)
    except NoTermsFile as unknown:
        raise Http404("no terms") from unknown


def _month(contract: Contract, terms: Terms, text: str) -> date:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        month = date.min
    if month not in months_between(terms.head.starts_on, terms.head.ends_on):
        raise Http404("no such month")
    return month


def _proposal(contract: Contract, month: str, version: int) -> PenaltyProposal:
    first = _month(contract, _terms(contract), month)
    found = queries.proposals_of(contract).filter(month=first, version=version).first()
    if found is None:
        raise Http404("no such version")
    return found


def _side(request: HttpRequest) -> Side | None:
    return queries.side_of(request.roles)  # type: ignore[attr-defined]


def _actor(request: HttpRequest) -> str:
    return cast(User, request.user).actor


def exchange_url(proposal: PenaltyProposal, name: str = "penalty_exchange", *more: object) -> str:
    return reverse(name, args=[proposal.contract.code, f"{proposal.month:%Y-%m}", proposal.version, *more])


# Reading


@clause("S-9-penalites", "S-9-plafond")
@reads(*READERS)
def penalty_exchanges(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every month of the service until the last one that is over, and where its exchange stands."""
    terms = _terms(contract)
    this_month = timezone.localdate().replace(day=1)
    last = {one.month: one for one in queries.proposals_of(contract).latest_of_each_month()}
    months = [
        month
        for month in months_between(terms.head.starts_on, min(this_month, terms.head.ends_on))
        if month < this_month
    ]
    rows = [MonthRow(month, last.get(month)) for month in sorted({*months, *last}, reverse=True)]
    side = _side(request)

    def link(row: MonthRow) -> str | None:
        if row.proposal:
            return exchange_url(row.proposal)
        if side is queries.proposer(terms, row.month):
            return reverse("penalty_propose", args=[contract.code, f"{row.month:%Y-%m}"])
        return None

    table = Table(
        request,
        rows,
        name=f"penalites-{contract.code}",
        caption="Mois du marché",
        noun="mois",
        plural="mois",
        columns=[
            Column("month", "Mois", kind="date", html=lambda row: month_fr(row.month), link=link, sort="oui"),
            Column("status", "État", kind="status"),
            Column("termination", "Fait grave", kind="status"),
            Column("version", "Version", kind="number", value="proposal.version", shown=False),
            Column("uncapped", "Avant plafond", kind="money", value="proposal.uncapped", sort="oui"),
            Column("cap", "Plafond", kind="money", value="proposal.cap", shown=False),
            Column("proposed", "Proposé", kind="money", value="proposal.proposed", sort="oui"),
            Column("due", "Décidé", kind="money", value="proposal.decided_due", sort="oui"),
            Column("credit", "Avoir", value="proposal.credit_note.number"),
            Column(
                "remarks", "Observations jusqu’au", kind="date", value="proposal.remarks_due_on", shown=False
            ),
        ],
        filters=[
            Choice(
                "etat",
                "État",
                [(one.code, one.label) for one in (*EXCHANGES.values(), SETTLED) if one.code != "SUPERSEDED"],
                narrowed_by=lambda found, code: [row for row in found if row.status.code == code],
            )
        ],
        empty="Aucun mois n’est encore achevé.",
    )
    going = [row.proposal for row in rows if row.proposal and row.proposal.state == ExchangeState.OPEN.value]
    grave = [row.month for row in rows if row.termination]
    return table.response(
        "penalties/list.html",
        {
            "heading": "Échanges contradictoires sur les pénalités",
            "figures": [
                Figure("Échanges ouverts", str(len(going))),
                Figure("Mois sans proposition", str(sum(row.proposal is None for row in rows))),
                Figure(
                    "Mois au-delà du plafond",
                    str(len(grave)),
                    note="l’acheteur peut résilier" if grave else "",
                    clause="S-9-plafond",
                ),
            ],
        },
    )


@clause("S-9-penalites", "S-9-plafond", "S-9-delai", "S-9-120")
@reads(*READERS)
def penalty_exchange(request: HttpRequest, contract: Contract, month: str, version: int) -> HttpResponse:
    """One version: its frozen lines, what each side said and decided, and what can be done now."""
    proposal = _proposal(contract, month, version)
    versions = list(queries.proposals_of(contract).filter(month=proposal.month).order_by("version"))
    before = next((one for one in reversed(versions) if one.version < version), None)
    decisions = {one.line: one for one in proposal.decisions.all()}
    judged = [Judged(line, decisions.get(line.code)) for line in proposal.lines()]
    lines = _lines(request, proposal, judged)
    differences = _differences(request, before, proposal) if before else None
    for table in (lines, differences):
        if table and table.export:
            return table.export_response()
    remarks = list(proposal.remarks.all())
    names = names_of([one.actor for one in remarks])
    context = {
        "heading": f"Pénalités de {month_fr(proposal.month)}",
        "proposal": proposal,
        "standing": _standing(proposal),
        "past_cap": _past_cap(proposal),
        "table": lines,
        "differences": differences,
        "before": before,
        "versions": [(one, exchange_url(one), _standing(one)) for one in versions],
        "figures": _figures(proposal),
        "facts": _facts(proposal),
        "events": _events(proposal),
        "remarks": [
            {
                "remark": one,
                "side": SIDES[Side(one.side)],
                "who": names.get(one.actor, ""),
                "url": exchange_url(proposal, "penalty_document", one.pk) if one.file_sha256 else "",
            }
            for one in remarks
        ],
        "actions": _actions(request, proposal, judged),
        "pdf_url": exchange_url(proposal, "penalty_pdf"),
    }
    return render(request, "penalties/exchange.html", context)


def _lines(request: HttpRequest, proposal: PenaltyProposal, judged: list[Judged]) -> Table:
    decides = _side(request) is Side.BUYER and proposal.state == ExchangeState.OPEN.value
    return Table(
        request,
        judged,
        caption=f"Lignes de la proposition {proposal.reference}",
        name=f"penalites-{proposal.reference}",
        columns=[
            Column("code", "Ligne", value="line.code"),
            Column("name", "Objet", value="line.name"),
            Column(
                "value",
                "Mesure",
                kind="number",
                value=lambda one: plain(one.line.value, one.line.unit),
                html=lambda one: written(one.line.value, one.line.unit, one.line.trigger),
            ),
            Column(
                "measured",
                "Mesure avant incidents",
                kind="number",
                value=lambda one: plain(one.line.measured, one.line.unit),
                shown=False,
            ),
            Column("exact", "Mesure exacte", value=lambda one: str(one.line.value or ""), shown=False),
            Column("trigger", "Seuil", value=lambda one: trigger_written(one.line, one.line.unit)),
            Column("status", "État", kind="status", value=lambda one: penalty_status(one.line)),
            Column("in_force_from", "Due à partir du", kind="date", value="line.in_force_from", shown=False),
            Column("grade", "Preuve", value="line.grade", shown=False),
            Column("base_name", "Facture", value=lambda one: BASES[one.line.base_code], shown=False),
            Column("base", "Assiette", kind="money", value="line.base", shown=False),
            Column("rate", "Taux", kind="rate", value="line.rate"),
            Column("amount", "Proposé", kind="money", value="line.amount"),
            Column("incidents", "Incidents", value=lambda one: ", ".join(one.line.incidents), shown=False),
            Column(
                "outcome",
                "Décision",
                kind="status",
                value=lambda one: one.decision and OUTCOMES[one.decision.outcome],
                link=lambda one: (
                    exchange_url(proposal, "penalty_decide", one.line.code)
                    if decides and one.line.amount and one.decision
                    else None
                ),
            ),
            Column("decided", "Décidé", kind="money", value="decision.amount"),
            Column("reason", "Motif", value="decision.reason", shown=False),
            Column("clause", "Clause", value="line.clause", shown=False),
        ],
    )


def _differences(request: HttpRequest, before: PenaltyProposal, after: PenaltyProposal) -> Table:
    units = {line.code: line.unit for line in (*before.lines(), *after.lines())}
    rows = [change_written(one, units) for one in changes(before.frozen, after.frozen)]
    return Table(
        request,
        rows,
        caption=f"Ce qui change depuis la version {before.version}",
        name=f"changements-{after.reference}",
        noun="changement",
        prefix="changements",
        page_size=100,
        columns=[
            Column("line", "Ligne", value=lambda row: row[0]),
            Column("what", "Quoi", value=lambda row: row[1]),
            Column("before", f"Version {before.version}", value=lambda row: row[2]),
            Column("after", f"Version {after.version}", value=lambda row: row[3]),
        ],
    )


def _figures(proposal: PenaltyProposal) -> list[Figure]:
    share = rate(Decimal(proposal.frozen["terms"]["penalty_cap_rate"]["value"]), 0)
    found = [
        Figure("Somme avant plafond", money(proposal.uncapped)),
        Figure("Plafond", money(proposal.cap), note=f"{share} des factures du mois", clause="S-9-plafond"),
        Figure("Proposé", money(proposal.proposed)),
    ]
    if proposal.decided_due is not None:
        note = "ramené au plafond" if (proposal.decided_uncapped or 0) > proposal.decided_due else ""
        found.append(Figure("Décidé", money(proposal.decided_due), note=note))
    return found


def _facts(proposal: PenaltyProposal) -> list[tuple[str, Any]]:
    entered = proposal.frozen["entered"]
    orders = [
        f"{_hours(one['hours'])} h du {_short(one['since'])} au {_last(one['until'])}"
        for one in entered["orders"]
    ]
    incidents = [f"{one['reference']} {one['lines']}".strip() for one in entered["incidents"]]
    grace = proposal.frozen["terms"]["penalty_grace_months"]["value"]
    regime = rate(Decimal(proposal.frozen["terms"]["penalty_volume_rate"]["value"]), 0)
    return [
        ("Facture de téléphonie", money(Decimal(entered["phone"]))),
        ("Facture des formulaires", money(Decimal(entered["forms"]))),
        ("Heures commandées", " ; ".join(orders) or NONE),
        ("Contacts commandés", entered["contacts_ordered"] or NONE),
        ("Incidents neutralisés", " ; ".join(incidents) or "aucun"),
        ("Délai avant les pénalités différées", f"{grace} mois"),
        ("Régime", f"jusqu’à {regime} du volume commandé"),
        ("Lectures et stipulations", f"{len(proposal.frozen['readings'])} lectures, figées à cette version"),
        ("Faits", ", ".join(proposal.frozen["facts"]) or "aucun"),
        ("Empreinte", f"{proposal.digest[:16]}… {'intacte' if proposal.is_intact else 'ALTÉRÉE'}"),
    ]


def _hours(text: str) -> str:
    hours = rounded(Fraction(text), 2)
    return number(hours.quantize(Decimal(1)) if hours == int(hours) else hours.normalize())


def _short(text: str) -> str:
    return f"{date.fromisoformat(text):%d/%m/%Y}"


def _last(until: str) -> str:
    return f"{date.fromordinal(date.fromisoformat(until).toordinal() - 1):%d/%m/%Y}"


def _events(proposal: PenaltyProposal) -> list[Event]:
    names = names_of([proposal.proposed_by, proposal.closed_by])
    side = SIDES[Side(proposal.side)]
    events = [
        Event(
            proposal.proposed_at,
            f"Version {proposal.version} proposée",
            proposal.reason or f"par {side[0].lower()}{side[1:]}",
            actor=names.get(proposal.proposed_by, ""),
        )
    ]
    if proposal.remarks_ended_at:
        events.append(Event(proposal.remarks_ended_at, "Fin des observations", "dite par le titulaire"))
    else:
        events.append(Event(proposal.remarks_due_on, "Dernier jour des observations", tone="calm"))
    if proposal.closed_at:
        events.append(
            Event(
                proposal.closed_at,
                "Décision",
                money(proposal.decided_due),
                "warn",
                names.get(proposal.closed_by, ""),
            )
        )
    note = proposal.credit_note
    if note:
        link = reverse("invoice", args=[proposal.contract.code, note.reference])
        events.append(Event(note.issued_at, f"Avoir {note.number}", money(note.gross), "good", link=link))
    return events


def _actions(request: HttpRequest, proposal: PenaltyProposal, judged: list[Judged]) -> list[tuple[str, str]]:
    """What this person may do now: words and address, the most awaited first."""
    side, state = _side(request), proposal.state
    found: list[tuple[str, str]] = []
    if side is None or state == ExchangeState.SUPERSEDED.value:
        return found
    if state == ExchangeState.OPEN.value:
        undecided = [one.line for one in judged if one.line.amount and not one.decision]
        ended = proposal.remarks_ended_at is not None
        if side is Side.BUYER:
            found += [
                (f"Décider {one.code}", exchange_url(proposal, "penalty_decide", one.code))
                for one in undecided
            ]
            over = may_close(
                remarks_due_on=proposal.remarks_due_on, remarks_ended=ended, on=timezone.localdate()
            )
            if not undecided and over:
                found.append(("Clore l’échange", exchange_url(proposal, "penalty_close")))
        found.append(("Faire une observation", exchange_url(proposal, "penalty_remark")))
        if side is Side.CONTRACTOR and not ended:
            found.append(("Ne plus observer", exchange_url(proposal, "penalty_remarks_end")))
    if state == ExchangeState.CLOSED.value and side is Side.CONTRACTOR and proposal.decided_due:
        found.append(("Émettre l’avoir", exchange_url(proposal, "penalty_credit")))
    if side.value == proposal.side:
        again = reverse("penalty_propose", args=[proposal.contract.code, f"{proposal.month:%Y-%m}"])
        found.append(("Nouvelle version", again))
    return found


@clause("S-9-penalites", "S-9-plafond")
@reads(*READERS)
def penalty_pdf(request: HttpRequest, contract: Contract, month: str, version: int) -> HttpResponse:
    """The proposal, the remarks and the decision as one PDF."""
    proposal = _proposal(contract, month, version)
    response = HttpResponse(penalties_pdf(proposal), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="penalites-{proposal.reference}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@reads(*READERS)
def penalty_document(
    request: HttpRequest, contract: Contract, month: str, version: int, remark: int
) -> HttpResponse:
    """The document of a remark, as it was handed in."""
    proposal = _proposal(contract, month, version)
    found = proposal.remarks.filter(pk=remark).exclude(file_sha256="").first()
    if found is None:
        raise Http404("no such document")
    # Never shown by the browser: its content is the other party's.
    response = HttpResponse(
        files.read(found.file_sha256, contract=contract.code), content_type="application/octet-stream"
    )
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.file_name)}"
    response["Cache-Control"] = "private, no-store"
    return response


# Acting


@clause("S-9-penalites", "S-9-plafond")
@acts(*PARTIES)
def penalty_propose(request: HttpRequest, contract: Contract, month: str) -> HttpResponse:
    """Propose a month's penalties, or a new version of them, from its facts and what is entered."""
    terms = _terms(contract)
    first = _month(contract, terms, month)
    last = queries.current_of(contract, first)
    known = entered_for(contract, first, terms)
    form = ProposeForm(
        request.POST or None, month=first, supersedes=last is not None, known=known, initial=_initial(last)
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.propose_penalties(
                contract=contract,
                month=first,
                entered=form.entered(),
                side=_side(request) or Side.CONTRACTOR,
                actor=_actor(request),
                at=timezone.now(),
                reason=form.cleaned_data.get("reason", ""),
            )
        except REFUSALS as refused:
            form.add_error(None, refusal(refused))
        else:
            messages.success(request, f"Version {made.version} proposée.")
            return redirect(exchange_url(made))
    return _page(
        request,
        contract,
        form,
        heading=f"Proposer les pénalités de {month_fr(first)}",
        action="Figer et proposer",
        back=exchange_url(last) if last else reverse("penalty_exchanges", args=[contract.code]),
        facts=_known_facts(known),
        lead=(
            "Les mesures viennent des faits importés ; tout ce qui fait le montant est figé : mesures, stipulations, "
            "lectures, incidents."
        ),
    )


def _initial(last: PenaltyProposal | None) -> dict[str, Any]:
    """What the last version entered."""
    if last is None:
        return {}
    said = entered_in(last.frozen)
    return {
        "phone": said.invoice.phone,
        "forms_amount": said.invoice.forms,
        "orders": "\n".join(
            f"{one.since} {one.until - ONE_DAY} {_plain_hours(one.hours)}" for one in said.orders
        ),
        "incidents": "\n".join(
            f"{one.reference} {one.since.isoformat()} {one.until.isoformat()} {' '.join(one.lines)}".strip()
            for one in said.incidents
        ),
        "contacts_ordered": said.contacts_ordered,
    }


def _plain_hours(hours: Fraction) -> str:
    """Hours as they were typed; a fraction that has no decimals stays one."""
    found = rounded(hours, 6)
    return str(found.normalize()) if Fraction(found) == hours else str(hours)


def _known_facts(known: Entered | None) -> list[tuple[str, str]]:
    """What the other rooms say of the month, that nobody types again."""
    if known is None:
        return []
    hours = sum((one.hours for one in known.orders), Fraction(0))
    return [
        ("Facture de téléphonie", money(known.invoice.phone)),
        ("Facture des formulaires", money(known.invoice.forms)),
        ("Commandes qui finissent dans le mois", f"{len(known.orders)}, {_hours(str(hours))} h"),
        (
            "Incidents reconnus par les deux parties",
            ", ".join(one.reference for one in known.incidents) or "aucun",
        ),
    ]


@clause("S-9-penalites")
@acts(*PARTIES)
def penalty_remark(request: HttpRequest, contract: Contract, month: str, version: int) -> HttpResponse:
    """Say something of the proposal, with a document."""
    proposal = _proposal(contract, month, version)
    form = RemarkForm(
        request.POST or None,
        request.FILES or None,
        lines=proposal.lines(),
        initial={"line": request.GET.get("ligne", "")},
    )

    def act() -> str:
        said = form.cleaned_data
        file = said["file"]
        made = services.remark(
            proposal=proposal,
            side=_side(request) or Side.CONTRACTOR,
            text=said["text"],
            line=said["line"],
            file_name=file.name[-120:] if file else "",
            content=file.read() if file else b"",
            actor=_actor(request),
            at=timezone.now(),
        )
        return "Observation enregistrée, hors délai." if made.late else "Observation enregistrée."

    return _act(
        request,
        proposal,
        form,
        act,
        heading="Faire une observation",
        action="Enregistrer l’observation",
        lead=f"Les observations sont à temps jusqu’au {date_fr(proposal.remarks_due_on)} inclus.",
    )


@acts(Role.SUPERVISOR)
def penalty_remarks_end(request: HttpRequest, contract: Contract, month: str, version: int) -> HttpResponse:
    """The contractor says it has no more remarks."""
    proposal = _proposal(contract, month, version)

    def act() -> str:
        services.end_remarks(
            proposal=proposal, side=Side.CONTRACTOR, actor=_actor(request), at=timezone.now()
        )
        return "L’acheteur peut clore sans attendre."

    return _confirm(
        request,
        proposal,
        act,
        heading="Ne plus observer",
        action="Renoncer au reste du délai",
        consequences=["L’acheteur peut décider et clore avant la fin du délai d’observation."],
    )


@clause("S-9-penalites")
@acts(Role.BUYER_MANAGER)
def penalty_decide(
    request: HttpRequest, contract: Contract, month: str, version: int, line: str
) -> HttpResponse:
    """Keep, reduce or waive one line."""
    proposal = _proposal(contract, month, version)
    found = next((one for one in proposal.lines() if one.code == line and one.amount > 0), None)
    if found is None:
        raise Http404("nothing to decide")
    given = proposal.decisions.filter(line=line).first()
    initial = {"outcome": given.outcome, "reason": given.reason} if given else {}
    if given and given.outcome == Outcome.REDUCED.value:
        initial["amount"] = given.amount  # type: ignore[assignment]
    form = DecideForm(request.POST or None, line=found, initial=initial)

    def act() -> str:
        said = form.cleaned_data
        services.decide_line(
            proposal=proposal,
            line=line,
            outcome=Outcome(said["outcome"]),
            amount=said["amount"],
            reason=said["reason"],
            side=Side.BUYER,
            actor=_actor(request),
            at=timezone.now(),
        )
        return f"Décision enregistrée sur {line}."

    remarks = [(one, SIDES[Side(one.side)]) for one in proposal.remarks.filter(line__in=["", line])]
    return _act(
        request,
        proposal,
        form,
        act,
        heading=f"Décider {found.code} – {found.name}",
        action="Enregistrer la décision",
        lead=f"Proposé : {money(found.amount)}. La décision peut changer jusqu’à la clôture.",
        remarks=remarks,
    )


@clause("S-9-penalites", "S-9-plafond")
@acts(Role.BUYER_MANAGER)
def penalty_close(request: HttpRequest, contract: Contract, month: str, version: int) -> HttpResponse:
    """Make the decisions final."""
    proposal = _proposal(contract, month, version)
    facts: list[tuple[str, str]] = []
    consequences = ["Les décisions ne changent plus.", "Le titulaire émet l’avoir sur la facture du mois."]
    try:
        found = proposal.decided_so_far()
    except DecisionRefused:
        pass
    else:
        facts = [
            ("Somme décidée", money(found.uncapped)),
            ("Plafond", money(found.cap)),
            ("À déduire", money(found.due)),
        ]
        if found.termination_possible:
            consequences.append("La somme décidée passe le plafond : vous pourrez résilier le marché.")

    def act() -> str:
        services.close_exchange(proposal=proposal, side=Side.BUYER, actor=_actor(request), at=timezone.now())
        return "Échange clos."

    return _confirm(
        request,
        proposal,
        act,
        heading="Clore l’échange",
        action="Clore l’échange",
        consequences=consequences,
        facts=facts,
    )


@clause("S-9-penalites", "S-9-plafond")
@acts(Role.SUPERVISOR)
def penalty_credit(request: HttpRequest, contract: Contract, month: str, version: int) -> HttpResponse:
    """Issue the credit note on the month's invoice."""
    proposal = _proposal(contract, month, version)
    billed = queries.billed_of(contract, proposal.month)
    given_back = queries.credited_of(contract, proposal.month)
    facts = [
        ("Décidé", money(proposal.decided_due)),
        (
            "Facture corrigée",
            billed.invoice.number if billed.invoice else "aucune facture émise pour ce mois",
        ),
    ]
    if given_back:
        facts.append(("Déjà rendu par les avoirs du mois", money(given_back)))

    def act() -> str:
        made = services.credit_penalties(
            proposal=proposal, side=Side.CONTRACTOR, actor=_actor(request), at=timezone.now()
        )
        assert made.credit_note  # noqa: S101 - a credited exchange has its credit note
        return f"Avoir {made.credit_note.number} émis."

    return _confirm(
        request,
        proposal,
        act,
        heading="Émettre l’avoir de pénalités",
        action="Émettre l’avoir",
        consequences=[
            "L’avoir est numéroté et ne changera plus.",
            "Il vient en déduction de la facture du mois.",
        ],
        facts=facts,
    )


def _act(
    request: HttpRequest,
    proposal: PenaltyProposal,
    form: django_forms.Form,
    act: Callable[[], str],
    *,
    heading: str,
    action: str,
    lead: str = "",
    remarks: list[Any] | None = None,
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            said = act()
        except REFUSALS as refused:
            form.add_error(None, refusal(refused))
        else:
            messages.success(request, said)
            return redirect(exchange_url(proposal))
    return _page(
        request,
        proposal.contract,
        form,
        heading=heading,
        action=action,
        lead=lead,
        back=exchange_url(proposal),
        remarks=remarks,
    )


def _page(
    request: HttpRequest,
    contract: Contract,
    form: django_forms.Form,
    *,
    heading: str,
    action: str,
    back: str,
    lead: str = "",
    remarks: list[Any] | None = None,
    facts: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "heading": heading,
        "lead": lead,
        "action_label": action,
        "cancel_url": back,
        "remarks": remarks or [],
        "facts": facts or [],
    }
    return render(request, "penalties/form.html", context, status=422 if form.errors else 200)


def _confirm(
    request: HttpRequest,
    proposal: PenaltyProposal,
    act: Callable[[], str],
    *,
    heading: str,
    action: str,
    consequences: list[str],
    facts: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    if request.method == "POST":
        try:
            messages.success(request, act())
        except REFUSALS as refused:
            messages.error(request, refusal(refused))
        return redirect(exchange_url(proposal))
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"{heading} de {month_fr(proposal.month)}",
            "consequences": consequences,
            "facts": facts or [],
            "action_label": action,
            "cancel_url": exchange_url(proposal),
            "grave": True,
        },
    )
