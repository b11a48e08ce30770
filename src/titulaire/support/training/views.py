"""The pages of training: sessions and attendance, who may produce from when, each adviser's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from titulaire.clauses import clause
from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.contracts.rules import Terms
from titulaire.governance.services import NobodyToInform
from titulaire.identity.access import AccessLine, acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.support.facts.models import Batch
from titulaire.support.incidents.sheets import Fault, SheetRefused
from titulaire.support.indicators.explaining import productive_states
from titulaire.support.training import queries, services
from titulaire.support.training.forms import AttendanceForm, ReasonForm, SessionForm, SheetForm
from titulaire.support.training.models import RateSent, Seat, Session
from titulaire.support.training.reading import COLUMN_OF, COLUMNS, REQUIRED, sessions_of_sheet
from titulaire.support.training.rules import (
    ONE_DAY,
    Clearance,
    Presence,
    Scope,
    SessionState,
    Standing,
)
from titulaire.support.training.wording import FAULTS, OUTCOMES, PRESENCES, RATES, SESSIONS, STANDINGS, STATES
from titulaire.ui.formats import NO_BREAK, NONE, count_fr, date_fr, instant_fr, month_fr, number, rate
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Table

READERS = (
    Role.TRAINER,
    Role.SUPERVISOR,
    Role.PLANNER,
    Role.QUALITY_OFFICER,
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.AUDITOR,
)
ACTIVITIES = {"PHONE": "Téléphone", "FORMS": "Formulaires"}
KEEPERS = (Role.TRAINER, Role.SUPERVISOR)
"""Who plans sessions and writes attendance down, for the contractor."""


def _roles(request: HttpRequest) -> frozenset[Role]:
    return request.roles  # type: ignore[attr-defined]


def _may_enter(request: HttpRequest) -> bool:
    return bool(set(KEEPERS) & _roles(request))


def _actor(request: HttpRequest) -> dict[str, Any]:
    return {"actor": cast(User, request.user).actor, "at": timezone.now()}


def _terms(contract: Contract) -> Terms:
    try:
        return terms_of(contract.code)
    except NoTermsFile as missing:
        raise Http404("no terms") from missing


def _session(contract: Contract, reference: str) -> Session:
    found = queries.sessions_of(contract).filter(reference=reference).select_related("contract").first()
    if found is None:
        raise Http404("no such session")
    return found


def _address(contract: Contract, session: Session, name: str = "training_session") -> str:
    return reverse(name, args=[contract.code, session.reference])


def _days(days: Any) -> str:
    return f"{number(days, 0 if days == int(days) else 1)}{NO_BREAK}j"


def _scope_words(scope: Scope) -> str:
    if scope is Scope.EVERY_MODULE:
        return "Lecture retenue : le module en option est demandé à tous."
    return "Lecture retenue : le module en option n’est pas compté dans la formation initiale."


# Sessions


@clause("S-5.2-formation-initiale")
@reads(*READERS)
def sessions(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The course of the contract, and every session with its length and its participants."""
    terms, today = _terms(contract), timezone.localdate()
    course = queries.course_on(terms, today)
    may_enter = _may_enter(request)
    table = Table(
        request,
        queries.sessions_of(contract),
        name=f"formation-{contract.code}",
        caption="Séances",
        noun="séance",
        order="-starts_on",
        columns=[
            Column(
                "reference",
                "Séance",
                link=lambda one: _address(contract, one),
                sort="reference",
            ),
            Column("module", "Module", sort="module"),
            Column("starts_on", "Du", kind="date", sort="starts_on"),
            Column("ends_on", "Au", kind="date", sort="ends_on"),
            Column("days", "Durée (jours)", kind="number", digits=2, sort="days"),
            Column("seated", "Participants", kind="number", sort="seated"),
            Column(
                "came",
                "Présents",
                kind="number",
                value=lambda one: one.came if one.state == SessionState.HELD else None,
                sort="came",
            ),
            Column("site", "Site", sort="site"),
            Column("content", "Support", shown=False),
            Column("trainer", "Formateur", shown=False),
            Column("place", "Lieu", shown=False),
            Column("state", "État", kind="status", statuses=SESSIONS, sort="state"),
        ],
        filters=[
            Search("reference", "module", "site", "trainer", "seats__adviser", label="Séance ou matricule"),
            Choice("module", "Module", [(name, name) for name in course.every], field="module", every="Tous"),
            Choice("etat", "État", [(one.code, one.label) for one in SESSIONS.values()], field="state"),
            Period("debut", "Début", field="starts_on"),
        ],
        empty="Aucune séance.",
        empty_action=("Prévoir une séance", reverse("training_session_new", args=[contract.code]))
        if may_enter
        else None,
    )
    modules = [(name, _days(days)) for name, days in course.required.items()]
    modules += [(f"{name} (en option)", _days(days)) for name, days in course.optional.items()]
    context = {
        "may_enter": may_enter,
        "modules": modules,
        "scope": _scope_words(queries.scope_on(terms, today)),
    }
    return table.response("training/sessions.html", context)


@clause("S-5.2-formation-initiale")
@reads(*READERS)
def session_page(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """A session: what it taught, and who came."""
    session = _session(contract, reference)
    table = Table(
        request,
        session.seats.all(),
        name=f"presence-{session.reference}",
        caption="Participants",
        noun="participant",
        columns=[
            Column(
                "adviser",
                "Matricule",
                sort="adviser",
                link=lambda one: _clearance_url(request, contract, one.adviser),
            ),
            Column("presence", "Présence", kind="status", statuses=PRESENCES, sort="presence"),
            Column("outcome", "Résultat", value=lambda one: OUTCOMES.get(one.outcome, "")),
            Column("signed_at", "Signé à l’écran", kind="instant", sort="signed_at"),
        ],
        filters=[
            Search("adviser", label="Matricule"),
            Choice(
                "presence",
                "Présence",
                [(one.code, one.label) for one in PRESENCES.values()],
                field="presence",
                every="Toutes",
            ),
        ],
        empty="Aucun participant.",
    )
    actions = []
    if _may_enter(request):
        held = session.state == SessionState.HELD
        if session.state != SessionState.CANCELLED:
            label = "Corriger la présence" if held else "Écrire la présence"
            actions.append((label, _address(contract, session, "training_session_hold")))
        if session.state == SessionState.PLANNED:
            actions.append(("Annuler la séance", _address(contract, session, "training_session_cancel")))
    context = {
        "session": session,
        "state": SESSIONS[session.state],
        "facts": _session_facts(session),
        "actions": actions,
        "sheet_url": _address(contract, session, "training_sheet") if session.sheet_sha256 else "",
    }
    return table.response("training/session.html", context)


def _clearance_url(request: HttpRequest, contract: Contract, adviser: str) -> str | None:
    return reverse("clearance", args=[contract.code, adviser]) if _may_enter(request) else None


def _session_facts(session: Session) -> list[tuple[str, str]]:
    facts = [
        ("Jours", f"du {date_fr(session.starts_on)} au {date_fr(session.ends_on)}"),
        ("Durée", _days(session.days)),
        ("Participants", str(session.seated)),  # type: ignore[attr-defined]
        ("Support", session.content),
        ("Formateur", session.trainer),
        ("Site", session.site or NONE),
        ("Lieu", session.place or NONE),
    ]
    if session.held_at:
        facts.append(("Présence écrite le", instant_fr(session.held_at)))
    if session.reason:
        facts.append(("Raison", session.reason))
    return facts


def _form_page(
    request: HttpRequest, form: forms.Form, heading: str, label: str, cancel_url: str, lead: str = ""
) -> HttpResponse:
    context = {
        "form": form, "heading": heading, "lead": lead, "action_label": label, "cancel_url": cancel_url,
    }  # fmt: skip
    return render(request, "training/form.html", context)


@clause("S-5.2-formation-initiale")
@acts(*KEEPERS)
def session_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Plan a session."""
    course = queries.course_on(_terms(contract), timezone.localdate())
    form = SessionForm(request.POST or None, modules=course.every)
    back = reverse("training_sessions", args=[contract.code])
    if request.method == "POST" and form.is_valid():
        try:
            made = services.plan_session(
                contract=contract,
                new=form.session(),
                advisers=form.cleaned_data["advisers"],
                **_actor(request),
            )
        except services.SessionRefused as refused:
            form.add_error(refused.column, FAULTS[refused.fault])
        else:
            messages.success(request, f"Séance {made.reference} prévue.")
            return redirect(_address(contract, made))
    return _form_page(request, form, "Prévoir une séance", "Prévoir la séance", back)


@clause("S-5.2-formation-initiale")
@acts(*KEEPERS)
def session_import(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Write down the sessions of a file, all or none."""
    form = SheetForm(request.POST or None, request.FILES or None)
    faults: list[Fault] = []
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        content = file.read()
        try:
            made, known = services.import_sessions(
                contract=contract,
                sessions=sessions_of_sheet(content),
                sheet=services.Sheet(file.name, content),
                **_actor(request),
            )
        except SheetRefused as sheet:
            faults = sheet.faults
        except services.SessionsRefused as refused:
            faults = row_faults(refused)
        else:
            said = count_fr(len(made), "séance")
            messages.success(
                request, f"Ce fichier était déjà enregistré ({said})." if known else f"Enregistré : {said}."
            )
            return redirect("training_sessions", contract.code)
    course = queries.course_on(_terms(contract), timezone.localdate())
    context = {
        "form": form,
        "faults": faults,
        "columns": COLUMNS,
        "required": REQUIRED,
        "modules": list(course.every),
    }
    return render(request, "training/import.html", context)


def row_faults(refused: services.SessionsRefused) -> list[Fault]:
    """What is wrong in a file, row by row, in French."""
    return [Fault(one.row, COLUMN_OF[one.column], one.fault, FAULTS[one.fault]) for one in refused.refusals]


@clause("S-5.2-formation-initiale")
@acts(*KEEPERS)
def session_hold(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Write down who came, or correct it."""
    session = _session(contract, reference)
    again = session.state == SessionState.HELD
    form = AttendanceForm(request.POST or None, request.FILES or None, seats=session.seats.all(), again=again)
    back = _address(contract, session)
    if request.method == "POST" and form.is_valid():
        try:
            services.hold_session(
                session=session,
                marks=form.marks(),
                sheet=form.sheet(),
                reason=form.cleaned_data.get("reason", ""),
                **_actor(request),
            )
        except services.SheetMissing as missing:
            form.add_error(
                "sheet",
                f"Joignez la feuille signée : {', '.join(missing.advisers)} n’ont pas signé à l’écran.",
            )
        except services.SessionNotOver as early:
            form.add_error(None, f"La présence s’écrit à partir du dernier jour, le {date_fr(early.on)}.")
        except services.SessionOver:
            form.add_error(None, "Cette séance est annulée.")
        except services.NotSeated:
            form.add_error(None, "Les participants ont changé entre-temps : rouvrez la page.")
        else:
            messages.success(request, "Présence enregistrée.")
            return redirect(back)
    return _form_page(request, form, f"Présence, séance {reference}", "Enregistrer", back, session.module)


@acts(*KEEPERS)
def session_cancel(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Cancel a session that did not take place."""
    session = _session(contract, reference)
    form = ReasonForm(request.POST or None)
    back = _address(contract, session)
    if request.method == "POST" and form.is_valid():
        try:
            services.cancel_session(session=session, reason=form.cleaned_data["reason"], **_actor(request))
        except services.SessionOver:
            form.add_error(None, "La présence est écrite : corrigez-la plutôt.")
        else:
            messages.success(request, "Séance annulée.")
            return redirect(back)
    return _form_page(request, form, f"Annuler la séance {reference}", "Annuler la séance", back)


@reads(Role.TRAINER, Role.SUPERVISOR, Role.AUDITOR, names_people=True)
def session_sheet(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """The attendance sheet. It may bear names: the contractor and the auditor alone open it."""
    session = _session(contract, reference)
    if not session.sheet_sha256:
        raise Http404("no sheet")
    response = HttpResponse(
        files.read(session.sheet_sha256, contract=contract.code), "application/octet-stream"
    )
    response["Content-Disposition"] = content_disposition_header(True, session.sheet_name) or "attachment"
    return response


# Clearance


@clause("S-3.3.2-formation", "S-5.2-formation-initiale")
@reads(*READERS)
def clearance_list(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Each adviser: trained since when, may produce from when, and the first productive day of the facts."""
    terms = _terms(contract)
    until = timezone.localdate() + ONE_DAY
    found = queries.clearances_of(contract, until=until, terms=terms)
    scope = queries.scope_on(terms, until)
    rival = Scope.REQUIRED_MODULES if scope is Scope.EVERY_MODULE else Scope.EVERY_MODULE
    table = Table(
        request,
        list(found),
        name=f"habilitations-{contract.code}",
        caption="Conseillers",
        noun="conseiller",
        order="standing",
        columns=[
            Column(
                "adviser",
                "Matricule",
                sort="oui",
                link=lambda one: _clearance_url(request, contract, one.adviser),
            ),
            Column("modules", "Modules suivis", kind="number", value=lambda one: len(one.ended_on)),
            Column("trained_on", "Formé le", kind="date", sort="oui"),
            Column("may_produce_from", "Autorisé à produire le", kind="date", sort="oui"),
            Column("first_on", "Première production", kind="date", sort="oui"),
            Column(
                "standing",
                "Situation",
                kind="status",
                value=lambda one: one.standing.value,
                statuses=STANDINGS,
                sort="oui",
            ),
        ],
        filters=[
            Search("adviser", label="Matricule"),
            Choice(
                "situation",
                "Situation",
                [(one.code, one.label) for one in STANDINGS.values()],
                narrowed_by=lambda every, code: [
                    one for one in cast(list[Clearance], every) if one.standing == code
                ],
                every="Toutes",
            ),
        ],
        empty="Aucun conseiller n’a suivi de séance, ni produit dans les faits.",
    )
    return table.response(
        "training/clearances.html",
        {"figures": _figures(found, queries.clearances_of(contract, until=until, terms=terms, scope=rival), rival),
         "breaches": _breach_words(found)},
    )  # fmt: skip


def _share(found: tuple[Clearance, ...]) -> str:
    produced = [one for one in found if one.first_on is not None]
    if not produced:
        return NONE
    return rate(sum(one.standing is Standing.CLEARED for one in produced) / len(produced))


def _figures(found: tuple[Clearance, ...], other: tuple[Clearance, ...], rival: Scope) -> list[Figure]:
    produced = sum(one.first_on is not None for one in found)
    trained = sum(one.standing is Standing.CLEARED for one in found if one.first_on is not None)
    words = "avec le module en option" if rival is Scope.EVERY_MODULE else "sans le module en option"
    return [
        Figure("Conseillers qui ont produit", number(produced)),
        Figure("Formés avant de produire", number(trained)),
        Figure(
            "Part formée avant de produire", _share(found), note=f"autre lecture, {words} : {_share(other)}"
        ),
        Figure("En formation", number(sum(one.standing is Standing.IN_TRAINING for one in found))),
    ]


def _breach_words(found: tuple[Clearance, ...]) -> str:
    late = [one.adviser for one in found if one.standing is Standing.BREACH]
    if not late:
        return ""
    shown = ", ".join(late[:8]) + ("…" if len(late) > 8 else "")
    return f"{count_fr(len(late), 'conseiller')} : {shown}"


@clause("S-3.3.2-formation", "S-5.2-formation-initiale")
@reads(*KEEPERS, names_people=True)
def clearance(request: HttpRequest, contract: Contract, adviser: str) -> HttpResponse:
    """An adviser: module by module, session by session, down to the first productive states of the facts.

    What the facts say of one adviser is read by those who train and supervise them, and each reading is recorded.
    """
    terms = _terms(contract)
    until = timezone.localdate() + ONE_DAY
    one = next(
        (
            each
            for each in queries.clearances_of(contract, until=until, terms=terms)
            if each.adviser == adviser
        ),
        None,
    )
    seats = Seat.objects.filter(session__contract=contract, adviser=adviser)
    if one is None:
        if not seats.exists():
            raise Http404("no such adviser")
        one = Clearance(adviser, {}, None, None)
    asked = queries.course_on(terms, until).asked(queries.scope_on(terms, until))
    seat_table = _seats(request, contract, seats.select_related("session"), prefix="seances")
    states = _states(request, contract, one, terms)
    for table in (seat_table, states):
        if table.export:
            return table.export_response()
    context = {
        "one": one,
        "state": STANDINGS[one.standing.value],
        "sentence": _sentence(one),
        "modules": [(f"{name}, {_days(days)}", _ended(one, name)) for name, days in asked.items()],
        "seats": seat_table,
        "states": states,
    }  # fmt: skip
    return render(request, "training/clearance.html", context)


def _ended(one: Clearance, module: str) -> str:
    return f"suivi le {date_fr(one.ended_on[module])}" if module in one.ended_on else "manque"


def _sentence(one: Clearance) -> str:
    start = one.may_produce_from
    words = f"Autorisé à produire le {date_fr(start)}." if start else "Pas encore autorisé à produire."
    return f"{words} Première production le {date_fr(one.first_on)}." if one.first_on else words


def _seats(request: HttpRequest, contract: Contract, seats: Any, *, prefix: str) -> Table:
    return Table(
        request,
        seats.order_by("-session__starts_on"),
        name=f"seances-{contract.code}",
        caption="Séances suivies ou prévues",
        noun="séance",
        prefix=prefix,
        columns=[
            Column(
                "session",
                "Séance",
                value="session.reference",
                link=lambda seat: _seat_link(request, contract, seat),
            ),
            Column("module", "Module", value="session.module", sort="session__module"),
            Column("starts_on", "Du", kind="date", value="session.starts_on", sort="session__starts_on"),
            Column("ends_on", "Au", kind="date", value="session.ends_on"),
            Column("days", "Durée (jours)", kind="number", digits=2, value="session.days"),
            Column("state", "Séance", kind="status", value="session.state", statuses=SESSIONS, shown=False),
            Column("presence", "Présence", kind="status", statuses=PRESENCES, sort="presence"),
            Column("outcome", "Résultat", value=lambda seat: OUTCOMES.get(seat.outcome, "")),
        ],
        empty="Aucune séance.",
    )  # fmt: skip


def _seat_link(request: HttpRequest, contract: Contract, seat: Seat) -> str | None:
    return _address(contract, seat.session) if set(READERS) & _roles(request) else None


def _states(request: HttpRequest, contract: Contract, one: Clearance, terms: Terms) -> Table:
    rows: tuple[Mapping[str, Any], ...] = ()
    if one.first_on is not None:
        rows = productive_states(contract, one.adviser, one.first_on, terms=terms)
    keys = {row["batch"] for row in rows}
    batches = Batch.objects.filter(contract=contract, key__in=keys)
    names = dict(batches.values_list("key", "file_name"))

    def batch_link(row: Mapping[str, Any]) -> str | None:
        address = reverse("fact_batch", args=[contract.code, row["batch"]])
        line: AccessLine = resolve(address).func.access  # type: ignore[attr-defined]
        return address if line.opens(contract, _roles(request)) else None

    return Table(
        request,
        list(rows),
        name=f"premiers-etats-{one.adviser}",
        caption="États productifs du premier jour",
        noun="état",
        prefix="etats",
        columns=[
            Column(
                "started_at", "Début", kind="instant", value=lambda row: row["started_at"].replace(tzinfo=UTC)
            ),
            Column("duration", "Durée (s)", kind="number", value=lambda row: row["duration_ms"] // 1000),
            Column("activity", "Activité", value=lambda row: ACTIVITIES[row["activity"]]),
            Column("state", "État", value=lambda row: STATES.get(row["state"], row["state"])),
            Column("site", "Site", value=lambda row: row["site"]),
            Column("file", "Fichier", value=lambda row: names.get(row["batch"], row["batch"]), link=batch_link),
            Column("source_row", "Ligne", kind="number", value=lambda row: row["source_row"]),
        ],
        empty="Aucun état productif dans les faits.",
    )  # fmt: skip


# Their own


@clause("S-5.2-formation-initiale")
@reads(Role.ADVISER)
def my_training(request: HttpRequest, contract: Contract) -> HttpResponse:
    """An adviser's own sessions, and those to sign."""
    today = timezone.localdate()
    number = queries.number_of(contract, cast(User, request.user), today)
    if number is None:
        return render(request, "training/mine.html", {"number": ""})
    seats = Seat.objects.filter(session__contract=contract, adviser=number).select_related("session")
    table = _seats(request, contract, seats, prefix="miennes")
    if table.export:
        return table.export_response()
    to_sign = seats.filter(
        session__state=SessionState.PLANNED.value,
        session__starts_on__lte=today,
        presence=Presence.EXPECTED.value,
    )
    trained = (queries.trained_of(contract, _terms(contract), today) or {}).get(number)
    sentence = _sentence(Clearance(number, {}, trained, None))
    context = {"number": number, "to_sign": to_sign, "table": table, "sentence": sentence}
    return render(request, "training/mine.html", context)


@clause("S-5.2-formation-initiale")
@acts(Role.ADVISER)
@require_POST
def my_signature(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Sign one's own presence."""
    session = _session(contract, reference)
    number = queries.number_of(contract, cast(User, request.user), timezone.localdate())
    try:
        services.sign_seat(session=session, adviser=number or "", **_actor(request))
    except services.NotSeated as none:
        raise Http404("not expected in it") from none
    except services.SessionOver:
        messages.error(request, "Cette séance n’est plus à signer : voyez le formateur.")
    except services.SessionNotOver as early:
        messages.error(request, f"Cette séance commence le {date_fr(early.on)} : signez à partir de ce jour.")
    else:
        messages.success(request, "Présence signée.")
    return redirect("my_training", contract.code)


# The monthly rate


@dataclass(frozen=True, slots=True)
class MonthTold:
    """A month that is over, and the rate told last; None while none was."""

    month: date
    sent: RateSent | None

    @property
    def state(self) -> str:
        return "SENT" if self.sent else "DUE"


@clause("S-5.2-formation-initiale")
@reads(*READERS)
def rates(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The rate of each month, as it was told to the buyer."""
    terms = _terms(contract)
    sent = {one.month: one for one in reversed(queries.rates_sent(contract))}
    found = [
        MonthTold(month, sent.get(month))
        for month in queries.months_to_tell(contract, terms, on=timezone.localdate())
    ]
    may_send = _may_enter(request)
    notices = bool((set(READERS) - {Role.TRAINER}) & _roles(request))
    table = Table(
        request,
        found,
        name=f"taux-de-formes-{contract.code}",
        caption="Taux transmis",
        noun="mois",
        plural="mois",
        order="-month",
        columns=[
            Column(
                "month",
                "Mois",
                kind="date",
                html=lambda one: month_fr(one.month).capitalize(),
                sort="oui",
                link=lambda one: _send_url(contract, one.month) if may_send else None,
            ),
            Column("trained", "Formés", kind="number", value=lambda one: one.sent and one.sent.trained),
            Column(
                "advisers", "Ont produit", kind="number", value=lambda one: one.sent and one.sent.advisers
            ),
            Column(
                "rate",
                "Taux",
                kind="rate",
                value=lambda one: one.sent and one.sent.trained / one.sent.advisers,
            ),
            Column(
                "notice",
                "Information",
                value=lambda one: one.sent.notice_number if one.sent else "",
                link=lambda one: (
                    reverse("notice", args=[contract.code, one.sent.notice_number])
                    if one.sent and notices
                    else None
                ),
            ),
            Column("sent_at", "Transmis le", kind="instant", value=lambda one: one.sent and one.sent.sent_at),
            Column("state", "État", kind="status", statuses=RATES, sort="oui"),
        ],
        filters=[
            Choice(
                "etat",
                "État",
                [(one.code, one.label) for one in RATES.values()],
                narrowed_by=lambda every, code: [
                    one for one in cast(list[MonthTold], every) if one.state == code
                ],
            )
        ],
        empty="Aucun mois n’est encore fini.",
    )
    due = next((one.month for one in reversed(found) if one.sent is None), None)
    return table.response(
        "training/rates.html", {"send_url": _send_url(contract, due) if due and may_send else "", "due": due}
    )


def _send_url(contract: Contract, month: date) -> str:
    return reverse("training_rate_send", args=[contract.code, f"{month:%Y-%m}"])


@clause("S-5.2-formation-initiale")
@acts(*KEEPERS)
def rate_send(request: HttpRequest, contract: Contract, month: str) -> HttpResponse:
    """Read the rate of a month, then send it."""
    terms = _terms(contract)
    first = next(
        (
            one
            for one in queries.months_to_tell(contract, terms, on=timezone.localdate())
            if f"{one:%Y-%m}" == month
        ),
        None,
    )
    if first is None:
        raise Http404("no such month, or not over")
    back = reverse("training_rates", args=[contract.code])
    form = forms.Form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            sent, known = services.tell_rate(contract=contract, month=first, **_actor(request))
        except services.NothingToTell:
            form.add_error(None, "Il n’y a pas de taux : aucune présence écrite, ou personne n’a produit.")
        except NobodyToInform:
            form.add_error(None, "Personne, chez l’acheteur, n’a de compte pour le recevoir.")
        else:
            words = "Déjà transmis, sans changement" if known else "Taux transmis"
            messages.success(request, f"{words} : information {sent.notice_number}.")
            return redirect(back)
    found = queries.rate_of(contract, first, terms=terms)
    measured = found.value if found.grade is not None and found.value.denominator else None
    context = {
        "form": form,
        "heading": f"Transmettre le taux de {month_fr(first)}",
        "facts": [
            ("Conseillers qui ont produit", number(measured.denominator) if measured else NONE),
            ("Formés avant de produire", number(measured.numerator) if measured else NONE),
            (
                "Taux",
                rate(measured.numerator / measured.denominator)
                if measured and measured.denominator
                else NONE,
            ),
        ],
        "consequences": ["Une information datée et numérotée part aux personnes de l’acheteur."],
        "action_label": "Transmettre le taux",
        "cancel_url": back,
    }
    return render(request, "ui/confirm.html", context)
