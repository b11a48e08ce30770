"""The meetings of the parties: asked, planned, held; their minutes and what they decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.deadlines.calendars import ONE_DAY
from titulaire.governance import queries, services
from titulaire.governance.forms import (
    ActionForm,
    BecauseForm,
    DoneForm,
    HeldForm,
    MeetingFileForm,
    MinutesForm,
    MoveForm,
    PlanForm,
    RemarksForm,
    upload_of,
)
from titulaire.governance.models import Action, Meeting, MeetingFile, Minutes
from titulaire.governance.queries import MinutesLine, SlotLine
from titulaire.governance.rules import Approval, MeetingKind, MeetingState
from titulaire.governance.views import (
    CONTRACTOR,
    READERS,
    actor,
    clause_url,
    form_page,
    kept_file,
    posted,
    roles,
)
from titulaire.governance.wording import (
    ACTION_STATES,
    AGENDAS,
    APPROVALS,
    KIND_CLAUSES,
    KINDS,
    MEETING_STATES,
    SIDES,
    SLOT_STATES,
)
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.ui.formats import date_fr, instant_fr, number
from titulaire.ui.parts import Event, Figure, Tab
from titulaire.ui.tables import Choice, Column, Period, Search, Table

BOTH = (Role.BUYER_MANAGER, *CONTRACTOR)
AHEAD_DAYS = 120
"""How far ahead the form proposes what the contract asks for."""

COMMON = (MeetingKind.LAUNCH, MeetingKind.TECHNICAL, MeetingKind.ON_REQUEST)
KINDS_OF = {
    "VOUCHERS": (MeetingKind.FOLLOW_UP, *COMMON),
    "SUPPORT": (
        MeetingKind.PRODUCTION,
        MeetingKind.STEERING,
        MeetingKind.FORECAST,
        MeetingKind.SECURITY_REVIEW,
        MeetingKind.OPERATIONAL,
        *COMMON,
    ),
}
"""The meetings of each half."""


def meeting_url(contract: Contract, number_: str) -> str:
    return reverse("meeting", args=[contract.code, number_])


def meeting_called(contract: Contract, number_: str) -> Meeting:
    """The contract's meeting with this number; another contract's does not exist."""
    found = queries.meetings_of(contract).filter(number=number_).first()
    if found is None:
        raise Http404("no such meeting")
    return found


def _tabs(contract: Contract, here: str) -> list[Tab]:
    return [
        Tab(label, reverse(name, args=[contract.code]), name == here)
        for name, label in (
            ("meetings", "Réunions"),
            ("meeting_slots", "Ce que le contrat demande"),
            ("meeting_actions", "Plan d’actions"),
        )
    ]


@clause("T-4.3-reunions", "S-3.1-comptes-rendus")
@reads(*READERS)
def meetings(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every meeting, with its minutes."""
    now, today = timezone.now(), timezone.localdate()
    found = list(queries.meetings_of(contract))
    lines = {line.meeting.pk: line for line in queries.minutes_lines(found, at=now)}
    slots = queries.slot_lines(contract, on=today)
    may_plan = bool(set(BOTH) & roles(request))
    table = Table(
        request,
        found,
        name=f"reunions-{contract.code}",
        caption="Réunions",
        noun="réunion",
        order="-planned_at",
        columns=[
            Column("number", "Numéro", link=lambda row: meeting_url(contract, row.number), sort="yes"),
            Column("kind", "Réunion", value=lambda row: KINDS[row.kind], sort="yes"),
            Column("planned_at", "Prévue le", kind="instant", sort="yes"),
            Column("held_at", "Tenue jusqu’au", kind="instant", shown=False),
            Column("state", "État", kind="status", statuses=MEETING_STATES, sort="yes"),
            Column(
                "minutes",
                "Compte rendu",
                kind="status",
                statuses=APPROVALS,
                value=lambda row: lines[row.pk].approval.value if row.pk in lines else None,
            ),
            Column("actions", "Actions", kind="number", value=lambda row: len(row.actions.all())),
            Column("place", "Lieu", shown=False),
        ],
        filters=[
            Search("number", "place", "agenda", label="Numéro, lieu ou ordre du jour"),
            Choice(
                "reunion",
                "Réunion",
                [(kind.value, KINDS[kind.value]) for kind in KINDS_OF[contract.kind]],
                field="kind",
                every="Toutes",
            ),
            Choice(
                "etat", "État", [(code, each.label) for code, each in MEETING_STATES.items()], field="state"
            ),
            Choice(
                "compte-rendu",
                "Compte rendu",
                [(code, each.label) for code, each in APPROVALS.items()],
                narrowed_by=lambda rows, code: [
                    row for row in rows if row.pk in lines and lines[row.pk].approval.value == code
                ],
            ),
            Period("prevue", "Prévue", field="planned_at"),
        ],
        empty="Aucune réunion encore.",
        empty_action=("Prévoir une réunion", reverse("meeting_new", args=[contract.code]))
        if may_plan
        else None,
    )
    return table.response(
        "governance/meetings.html",
        {
            "tabs": _tabs(contract, "meetings"),
            "may_plan": may_plan,
            "figures": _figures(contract, slots, list(lines.values())),
        },
    )


def _figures(contract: Contract, slots: list[SlotLine], lines: list[MinutesLine]) -> list[Figure]:
    today = timezone.localdate()
    due = [line for line in slots if line.slot.due_on < today or line.held_on]
    late = [line for line in slots if line.state(today) == "LATE"]
    ahead = next((line for line in slots if line.state(today) in {"OPEN", "PLANNED"}), None)
    actions = queries.actions_of(contract).filter(done_on__isnull=True)
    return [
        Figure(
            "Prochaine échéance",
            date_fr(ahead.slot.due_on) if ahead else "—",
            note=KINDS[ahead.slot.kind.value] if ahead else "",
            link=reverse("meeting_slots", args=[contract.code]),
        ),
        Figure(
            "Réunions demandées non tenues",
            number(len(late)),
            note=f"sur {len(due)} échues",
            link=f"{reverse('meeting_slots', args=[contract.code])}?etat=LATE",
        ),
        Figure("Comptes rendus à rédiger", number(sum(line.approval is Approval.NONE for line in lines))),
        Figure(
            "Actions ouvertes",
            number(actions.count()),
            note=f"dont {actions.filter(due_on__lt=today).count()} en retard",
            link=reverse("meeting_actions", args=[contract.code]),
        ),
    ]


@clause("T-4.3-reunions", "S-3.1-comite-production", "S-3.1-comite-pilotage", "S-3.1-comite-previsions")
@reads(*READERS)
def meeting_slots(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What the contract asks for, meeting by meeting, and what was held of it."""
    today = timezone.localdate()
    rows = queries.slot_lines(contract, on=today)
    asked = [kind for kind in MeetingKind if any(row.slot.kind is kind for row in rows)]
    table = Table(
        request,
        rows,
        name=f"reunions-demandees-{contract.code}",
        caption="Réunions que le contrat demande",
        noun="réunion demandée",
        plural="réunions demandées",
        columns=[
            Column("due_on", "Au plus tard le", value="slot.due_on", kind="date", sort="yes"),
            Column("kind", "Réunion", value=lambda row: KINDS[row.slot.kind.value], sort="yes"),
            Column(
                "period",
                "Pour la période",
                value=lambda row: f"{date_fr(row.slot.start_on)} – {date_fr(row.slot.end_on - ONE_DAY)}",
            ),
            Column(
                "meeting",
                "Réunion",
                value=lambda row: row.meeting.number if row.meeting else None,
                link=lambda row: meeting_url(contract, row.meeting.number) if row.meeting else None,
            ),
            Column("held_on", "Tenue le", kind="date", sort="yes"),
            Column(
                "state",
                "État",
                kind="status",
                statuses=SLOT_STATES,
                value=lambda row: row.state(today),
                sort="yes",
            ),
            Column(
                "clause", "Clause", value=lambda row: KIND_CLAUSES[contract.kind].get(row.slot.kind.value, "")
            ),
        ],
        filters=[
            Choice(
                "reunion",
                "Réunion",
                [(kind.value, KINDS[kind.value]) for kind in asked],
                field="slot.kind",
                every="Toutes",
            ),
            Choice(
                "etat",
                "État",
                [(code, each.label) for code, each in SLOT_STATES.items()],
                narrowed_by=lambda found, code: [row for row in found if row.state(today) == code],
            ),
            Period("echeance", "Au plus tard", field="slot.due_on"),
        ],
        empty="Ce marché n’a pas de stipulation sur ses réunions.",
    )
    return table.response("governance/slots.html", {"tabs": _tabs(contract, "meeting_slots")})


def _action_state(action: Action) -> str:
    if action.done_on is not None:
        return "DONE"
    return "LATE" if action.due_on < timezone.localdate() else "OPEN"


@clause("T-4.3-reunions")
@reads(*READERS)
def meeting_actions(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Everything that meetings decided."""
    table = Table(
        request,
        list(queries.actions_of(contract)),
        name=f"actions-{contract.code}",
        caption="Plan d’actions",
        noun="action",
        order="due_on",
        columns=[
            Column("what", "Action", sort="yes"),
            Column("owner", "Responsable", value=lambda row: f"{row.owner}, {SIDES[row.side].lower()}"),
            Column("due_on", "Pour le", kind="date", sort="yes"),
            Column("done_on", "Faite le", kind="date", sort="yes"),
            Column("state", "État", kind="status", statuses=ACTION_STATES, value=_action_state, sort="yes"),
            Column(
                "meeting",
                "Décidée par",
                value="meeting.number",
                link=lambda row: meeting_url(contract, row.meeting.number),
                sort="yes",
            ),
            Column("outcome", "Résultat", shown=False),
        ],
        filters=[
            Search("what", "owner", "outcome", label="Action, responsable ou résultat"),
            Choice("qui", "À la charge de", list(SIDES.items()), field="side"),
            Choice(
                "etat",
                "État",
                [(code, each.label) for code, each in ACTION_STATES.items()],
                narrowed_by=lambda found, code: [row for row in found if _action_state(row) == code],
            ),
            Period("pour", "Pour", field="due_on"),
        ],
        empty="Aucune action décidée.",
    )
    return table.response("governance/actions.html", {"tabs": _tabs(contract, "meeting_actions")})


@clause("T-4.3-reunions")
@acts(*BOTH)
def meeting_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Call a meeting."""
    today = timezone.localdate()
    kinds = KINDS_OF[contract.kind]
    lines = queries.slot_lines(contract, on=today)
    free = [
        line.slot
        for line in lines
        if line.meeting is None
        and line.slot.due_on <= today + AHEAD_DAYS * ONE_DAY
        and line.slot.kind in kinds
    ]
    asked = request.GET.get("reunion", "")
    kind = asked if asked in {each.value for each in kinds} else ""
    form = PlanForm(
        posted(request),
        kinds=kinds,
        free=sorted(free, key=lambda slot: slot.due_on, reverse=True),
        initial={"kind": kind, "agenda": AGENDAS.get(kind, "")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            meeting = services.plan_meeting(
                contract=contract, actor=actor(request), at=timezone.now(), **form.given()
            )
        except services.SlotTaken as taken:
            form.add_error("slot", f"La réunion {taken.number} y répond déjà.")
        except services.UnknownSlot:
            form.add_error("slot", "Cette échéance est celle d’une autre sorte de réunion.")
        else:
            messages.success(request, f"Réunion {meeting.number} prévue le {instant_fr(meeting.planned_at)}.")
            return redirect(meeting_url(contract, meeting.number))
    return render(
        request,
        "governance/meeting_new.html",
        {
            "form": form,
            "kinds": [(each.value, KINDS[each.value]) for each in kinds if each.value in AGENDAS],
            "chosen": kind,
            "cancel_url": reverse("meetings", args=[contract.code]),
        },
    )


@clause("T-4.3-reunions", "S-3.1-comptes-rendus")
@reads(*READERS)
def meeting(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """One meeting: its agenda, who was there, its minutes and their delays, its actions."""
    found = meeting_called(contract, number)
    line = next(iter(queries.minutes_lines([found], at=timezone.now())), None)
    slot = next(
        (
            each.slot
            for each in queries.slot_lines(contract, on=timezone.localdate())
            if found.slot and each.slot.key == found.slot
        ),
        None,
    )
    facts: list[tuple[str, Any]] = [
        ("Prévue le", instant_fr(found.planned_at)),
        ("Tenue jusqu’au", instant_fr(found.held_at) if found.held_at else ""),
        ("Lieu", found.place),
        (
            "Demandée par le contrat",
            f"au plus tard le {date_fr(slot.due_on)}" if slot else "non : réunion en plus",
        ),
        ("Annulée", found.cancelled_because),
    ]
    asked = KIND_CLAUSES[contract.kind].get(found.kind, "")
    return render(
        request,
        "governance/meeting.html",
        {
            "meeting": found,
            "kind": KINDS[found.kind],
            "state": MEETING_STATES[found.state],
            "facts": [(label, value) for label, value in facts if value],
            "people": [(SIDES[each.side], each) for each in found.attendances.all()],
            "files": found.files.all(),
            "volumes": MeetingFile.VOLUMES,
            "line": line,
            "approval": APPROVALS[line.approval.value] if line else None,
            "delays": _delays(line) if line else [],
            "versions": list(found.minutes.all()),
            "actions": [
                (action, ACTION_STATES[_action_state(action)], SIDES[action.side])
                for action in found.actions.all()
            ],
            "events": _events(found, line),
            "possible": _possible(found, line, roles(request)),
            "may_finish": bool(set(BOTH) & roles(request)),
            "clause": asked,
            "clause_url": clause_url(contract, asked),
        },
    )


def _delays(line: MinutesLine) -> list[tuple[str, str]]:
    found = []
    if line.writing is not None:
        found.append(("Compte rendu à remettre avant le", instant_fr(line.writing.due_at)))
    if line.silence is not None:
        found.append(("Sans remarque, validé par le silence le", instant_fr(line.silence.due_at)))
    return found


def _events(found: Meeting, line: MinutesLine | None) -> list[Event]:
    versions: list[Minutes] = list(found.minutes.all())
    actors = [found.called_by, *(each.sent_by for each in versions), *(each.approved_by for each in versions)]
    names = queries.names_of(
        [*actors, *(each.remarks_by for each in versions), *(f.sent_by for f in found.files.all())]
    )
    events = [
        Event(
            found.called_at,
            "Prévue",
            f"pour le {instant_fr(found.planned_at)}",
            "info",
            names.get(found.called_by, ""),
        )
    ]
    events += [
        Event(
            each.sent_at,
            "Volumes envoyés" if each.purpose == MeetingFile.VOLUMES else "Document déposé",
            each.name,
            "info",
            names.get(each.sent_by, ""),
        )
        for each in found.files.all()
    ]
    if found.held_at:
        events.append(Event(found.held_at, "Tenue", "", "good"))
    for each in versions:
        events.append(
            Event(
                each.sent_at,
                f"Compte rendu remis, version {each.version}",
                "",
                "info",
                names.get(each.sent_by, ""),
            )
        )
        if each.remarks_at:
            events.append(
                Event(
                    each.remarks_at,
                    "Remarques de l’acheteur",
                    each.remarks,
                    "warn",
                    names.get(each.remarks_by, ""),
                )
            )
        if each.approved_at:
            events.append(
                Event(each.approved_at, "Compte rendu validé", "", "good", names.get(each.approved_by, ""))
            )
    if line and line.deemed_at:
        events.append(Event(line.deemed_at, "Réputé validé", "sans remarque dans le délai", "good"))
    if found.closed_at:
        events.append(Event(found.closed_at, "Close", "", "calm"))
    return sorted(events, key=lambda event: event.at or found.called_at)


def _possible(found: Meeting, line: MinutesLine | None, held: frozenset[Role]) -> list[tuple[str, str]]:
    """What the person can do now: a label and an address."""
    contractor, buyer = bool(set(CONTRACTOR) & held), Role.BUYER_MANAGER in held
    approval = line.approval if line else None
    planned, was_held = found.state == MeetingState.PLANNED, found.state == MeetingState.HELD
    can = [
        ("meeting_held", "Enregistrer la tenue", planned and (contractor or buyer)),
        (
            "meeting_minutes",
            "Remettre le compte rendu",
            was_held and contractor and approval in {Approval.NONE, Approval.REMARKS},
        ),
        ("minutes_approve", "Valider le compte rendu", was_held and buyer and approval is Approval.AWAITED),
        ("minutes_remark", "Faire des remarques", was_held and buyer and approval is Approval.AWAITED),
        ("meeting_action_new", "Ajouter une action", was_held and (contractor or buyer)),
        (
            "meeting_close",
            "Clore",
            was_held and (contractor or buyer) and approval in {Approval.APPROVED, Approval.DEEMED},
        ),
        ("meeting_volumes", "Envoyer les volumes", planned and buyer and found.kind == MeetingKind.FORECAST),
        ("meeting_document", "Joindre un document", (planned or was_held) and contractor),
        ("meeting_move", "Modifier", planned and (contractor or buyer)),
        ("meeting_cancel", "Annuler", planned and (contractor or buyer)),
    ]
    return [
        (label, reverse(name, args=[found.contract.code, found.number]))
        for name, label, possible in can
        if possible
    ]


def _refused(refused: Exception) -> str:
    """The sentence for an act that came too late."""
    match refused:
        case services.MeetingStands():
            state = MEETING_STATES[refused.state].label.lower()
            return f"La réunion {refused.number} est « {state} » : rien n’a changé."
        case services.AlreadyAnswered():
            label = APPROVALS[refused.approval.value].label.lower()
            return f"Le compte rendu est « {label} » : rien n’a changé."
        case services.MinutesAwaited():
            return "Le compte rendu n’est pas encore validé : rien n’a changé."
    raise refused


TOO_LATE = (services.MeetingStands, services.AlreadyAnswered, services.MinutesAwaited)
Doing = Callable[[Meeting, dict[str, Any]], object]


def _by(request: HttpRequest, act: Callable[..., object]) -> Doing:
    """An act as `_act` calls it: what the form gives, done now by the person at the screen."""
    return lambda row, given: act(meeting=row, actor=actor(request), at=timezone.now(), **given)


def _act(
    request: HttpRequest,
    contract: Contract,
    number: str,
    *,
    heading: str,
    label: str,
    done: str,
    doing: Doing,
    form: forms.Form,
    lead: str = "",
) -> HttpResponse:
    """One act on a meeting: its form, the act, the sentence that says it is done."""
    found = meeting_called(contract, number)
    page = meeting_url(contract, number)
    if request.method == "POST" and form.is_valid():
        try:
            doing(found, form.cleaned_data)
        except TOO_LATE as refused:
            messages.error(request, _refused(refused))
            return redirect(page)
        except services.NobodyPresent:
            form.add_error(
                None, "Une réunion se tient à deux : nommez une personne présente de chaque partie."
            )
        except services.ImpossibleInstant:
            name = "due_on" if "due_on" in form.fields else "held_at"
            form.add_error(name, "Cette date ne se peut pas : à venir, ou avant la réunion.")
        else:
            messages.success(request, done)
            return redirect(page)
    return form_page(
        request,
        form,
        heading=f"{heading} {number}",
        label=label,
        back=(f"Réunion {number}", page),
        lead=lead or KINDS[found.kind],
    )


@acts(*BOTH)
def meeting_move(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Change a planned meeting."""
    found = meeting_called(contract, number)
    form = MoveForm(
        posted(request),
        initial={"planned_at": found.planned_at, "place": found.place, "agenda": found.agenda},
    )
    return _act(
        request,
        contract,
        number,
        heading="Modifier la réunion",
        label="Enregistrer",
        done="Réunion modifiée.",
        doing=_by(request, services.move_meeting),
        form=form,
    )


@acts(*BOTH)
def meeting_cancel(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Call off a planned meeting."""
    return _act(
        request,
        contract,
        number,
        heading="Annuler la réunion",
        label="Annuler la réunion",
        done="Réunion annulée.",
        doing=_by(request, services.cancel_meeting),
        form=BecauseForm(posted(request)),
        lead="L’échéance du contrat, s’il y en a une, reste à tenir.",
    )


@clause("T-4.3-reunions")
@acts(*BOTH)
def meeting_held(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Say that a meeting was held, and by whom."""
    form = HeldForm(posted(request), initial={"held_at": timezone.now()})
    return _act(
        request,
        contract,
        number,
        heading="Tenue de la réunion",
        label="Enregistrer la tenue",
        done="Tenue de la réunion enregistrée.",
        doing=lambda row, _: services.hold_meeting(
            meeting=row, actor=actor(request), at=timezone.now(), **form.given()
        ),
        form=form,
    )


@clause("T-4.3-reunions", "S-3.1-comptes-rendus")
@acts(*CONTRACTOR)
def meeting_minutes(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Freeze and give the minutes, or their next version."""
    found = meeting_called(contract, number)
    last = found.minutes.last()
    form = MinutesForm(
        posted(request),
        request.FILES or None,
        initial={"text": last.text if last else "\n\n".join(found.agenda.splitlines())},
    )
    return _act(
        request,
        contract,
        number,
        heading="Compte rendu de la réunion",
        label="Remettre le compte rendu",
        done="Compte rendu remis.",
        doing=lambda row, given: services.send_minutes(
            meeting=row,
            text=given["text"],
            document=upload_of(given["document"]),
            actor=actor(request),
            at=timezone.now(),
        ),
        form=form,
        lead=f"Remarques à reprendre : {last.remarks}" if last and last.remarks else "",
    )


@clause("S-3.1-comptes-rendus", "T-4.3-reunions")
@acts(Role.BUYER_MANAGER)
def minutes_approve(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Approve the minutes."""
    return _act(
        request,
        contract,
        number,
        heading="Valider le compte rendu",
        label="Valider",
        done="Compte rendu validé.",
        doing=_by(request, services.approve_minutes),
        form=forms.Form(posted(request)),
    )


@clause("S-3.1-comptes-rendus")
@acts(Role.BUYER_MANAGER)
def minutes_remark(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Remark on the minutes."""
    return _act(
        request,
        contract,
        number,
        heading="Remarques sur le compte rendu",
        label="Envoyer les remarques",
        done="Remarques envoyées : le silence ne vaut plus validation de cette version.",
        doing=_by(request, services.remark_on_minutes),
        form=RemarksForm(posted(request)),
    )


@clause("T-4.3-reunions")
@acts(*BOTH)
def meeting_action_new(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Add to the action plan."""
    return _act(
        request,
        contract,
        number,
        heading="Action décidée par la réunion",
        label="Ajouter l’action",
        done="Action ajoutée.",
        doing=_by(request, services.decide_action),
        form=ActionForm(posted(request)),
    )


@clause("T-4.3-reunions")
@acts(*BOTH)
def meeting_action_done(request: HttpRequest, contract: Contract, number: str, rank: int) -> HttpResponse:
    """Say that an action was done."""
    action = queries.actions_of(contract).filter(meeting__number=number, rank=rank).first()
    if action is None:
        raise Http404("no such action")
    form = DoneForm(posted(request), initial={"done_on": timezone.localdate()})
    page = meeting_url(contract, number)
    if request.method == "POST" and form.is_valid():
        try:
            services.complete_action(
                action=action, actor=actor(request), at=timezone.now(), **form.cleaned_data
            )
        except services.AlreadyDone:
            messages.error(request, "Cette action était déjà faite : rien n’a changé.")
        else:
            messages.success(request, "Action faite.")
        return redirect(page)
    return form_page(
        request,
        form,
        heading="Action faite",
        label="Enregistrer",
        back=(f"Réunion {number}", page),
        lead=action.what,
    )


@clause("T-4.3-reunions")
@acts(*BOTH)
def meeting_close(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Put a meeting away."""
    return _act(
        request,
        contract,
        number,
        heading="Clore la réunion",
        label="Clore",
        done="Réunion close.",
        doing=_by(request, services.close_meeting),
        form=forms.Form(posted(request)),
        lead="Les actions décidées suivent leur cours.",
    )


@clause("S-3.1-comite-previsions")
@acts(Role.BUYER_MANAGER)
def meeting_volumes(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The buyer sends the volumes that a forecast committee works on."""
    return _document(request, contract, number, MeetingFile.VOLUMES, "Volumes prévisionnels pour la réunion")


@acts(*CONTRACTOR)
def meeting_document(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The contractor adds the document that the meeting works on."""
    return _document(request, contract, number, MeetingFile.SUPPORT, "Document pour la réunion")


def _document(
    request: HttpRequest, contract: Contract, number: str, purpose: str, heading: str
) -> HttpResponse:
    def doing(row: Meeting, given: dict[str, Any]) -> object:
        document = upload_of(given["document"])
        assert document is not None  # noqa: S101 - the field is required
        return services.add_meeting_file(
            meeting=row, purpose=purpose, document=document, actor=actor(request), at=timezone.now()
        )

    form = MeetingFileForm(posted(request), request.FILES or None)
    return _act(
        request,
        contract,
        number,
        heading=heading,
        label="Envoyer",
        done="Document envoyé.",
        doing=doing,
        form=form,
    )


@reads(*READERS)
def meeting_file(request: HttpRequest, contract: Contract, number: str, file: int) -> HttpResponse:
    """A document of a meeting, as it was kept."""
    found = MeetingFile.objects.filter(meeting=meeting_called(contract, number), pk=file).first()
    if found is None:
        raise Http404("no such file")
    return kept_file(request, contract, found.sha256, found.name)


def _version(contract: Contract, number: str, version: int) -> Minutes:
    found = Minutes.objects.filter(meeting=meeting_called(contract, number), version=version).first()
    if found is None:
        raise Http404("no such minutes")
    return found


@reads(*READERS)
def minutes_pdf(request: HttpRequest, contract: Contract, number: str, version: int) -> HttpResponse:
    """A version of the minutes, as frozen."""
    found = _version(contract, number, version)
    return kept_file(request, contract, found.pdf_sha256, f"compte-rendu-{number}-v{version}.pdf")


@reads(*READERS)
def minutes_file(request: HttpRequest, contract: Contract, number: str, version: int) -> HttpResponse:
    """The document that goes with a version of the minutes."""
    found = _version(contract, number, version)
    return kept_file(request, contract, found.file_sha256, found.file_name)
