"""The pages of complaints: to open, follow, solve, judge; and the corrective actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from titulaire.clauses import clause
from titulaire.deadlines.clocks import State
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.ui.formats import count_fr, date_fr, instant_fr, number, rate
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Table
from titulaire.vouchers.complaints import queries, services
from titulaire.vouchers.complaints.forms import (
    ActionForm,
    AnswerForm,
    AssignForm,
    ComplaintForm,
    DeliveredForm,
    DoneForm,
    RateForm,
    ReopenForm,
)
from titulaire.vouchers.complaints.models import Complaint, CorrectiveAction
from titulaire.vouchers.complaints.queries import Followed
from titulaire.vouchers.complaints.rules import NEXT, Channel, ComplaintState, StepKind, Typology
from titulaire.vouchers.complaints.wording import CHANNELS, DELAYS, MARKS, STATES, STEPS, TYPOLOGIES
from titulaire.vouchers.orders.queries import actor_names

READERS = (Role.BUYER_MANAGER, Role.BUYER_READER, Role.VOUCHER_OPERATOR, Role.AUDITOR)
OPENERS = (Role.BUYER_MANAGER, Role.VOUCHER_OPERATOR)


def delay_code(row: Followed) -> str:
    """The code, in `DELAYS`, of how the delay stands."""
    if row.state is State.MET:
        return "MET_IN_TIME" if row.on_time else "MET_LATE"
    return row.state.value


def complaint_numbered(contract: Contract, number: str) -> Complaint:
    """The contract's complaint with this number; another contract's does not exist."""
    found = queries.complaints_of(contract).filter(number=number).first()
    if found is None:
        raise Http404("no such complaint")
    return found


def complaint_url(complaint: Complaint) -> str:
    return reverse("complaint_detail", args=[complaint.contract.code, complaint.number])


@clause("T-2.1.2-reclamations", "T-3.3-tracabilite")
@reads(*READERS)
def complaint_list(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every complaint, with its delay."""
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    rows = queries.followed(contract, queries.complaints_of(contract), at=timezone.now())
    may_open = bool(set(OPENERS) & roles)
    table = Table(
        request,
        rows,
        name=f"reclamations-{contract.code}",
        caption="Réclamations",
        noun="réclamation",
        order="-number",
        columns=[
            Column(
                "number",
                "Numéro",
                value="complaint.number",
                link=lambda row: complaint_url(row.complaint),
                sort="number",
            ),
            Column("received_at", "Reçue le", value="complaint.received_at", kind="instant", sort="yes"),
            Column("channel", "Par", value=lambda row: CHANNELS[row.complaint.channel], shown=False),
            Column("typology", "Nature", value=lambda row: TYPOLOGIES[row.complaint.typology], sort="yes"),
            Column(
                "order",
                "Commande",
                value=lambda row: row.complaint.order and row.complaint.order.number,
                shown=False,
            ),
            Column(
                "owner", "Responsable", value=lambda row: row.complaint.owner and str(row.complaint.owner)
            ),
            Column("due_on", "À résoudre le", kind="date", sort="yes"),
            Column("delay", "Délai", value=delay_code, kind="status", statuses=DELAYS, sort="yes"),
            Column("state", "État", value="complaint.state", kind="status", statuses=STATES, shown=False),
            Column("working_days", "Jours ouvrés", kind="number", sort="yes"),
            Column("satisfaction", "Avis", value="complaint.satisfaction", kind="number", shown=False),
        ],
        filters=[
            Search("complaint.number", "complaint.description", label="Numéro ou description"),
            Choice("nature", "Nature", list(TYPOLOGIES.items()), field="complaint.typology", every="Toutes"),
            Choice("etat", "État", [(c, s.label) for c, s in STATES.items()], field="complaint.state"),
            Choice(
                "delai",
                "Délai",
                [(c, s.label) for c, s in DELAYS.items()],
                narrowed_by=lambda found, code: [row for row in found if delay_code(row) == code],
            ),
            Period("recue", "Reçue", field="complaint.received_at"),
        ],
        empty="Aucune réclamation.",
        empty_action=("Ouvrir une réclamation", reverse("complaint_new", args=[contract.code]))
        if may_open
        else None,
    )
    return table.response("complaints/list.html", {"may_open": may_open, "figures": _figures(rows)})


def _figures(rows: list[Followed]) -> list[Figure]:
    solved = [row for row in rows if row.working_days is not None]
    judged = [row for row in rows if row.on_time is not None]
    marks = [row.complaint.satisfaction for row in rows if row.complaint.satisfaction]
    in_time = sum(row.on_time is True for row in judged)
    return [
        Figure("À résoudre", number(len(rows) - len(solved))),
        Figure(
            "Résolues dans le délai",
            rate(in_time / len(judged)) if judged else "—",
            note=f"{in_time} sur {len(judged)}" if judged else "aucune n’est encore résolue",
            clause="T-2.1.2-reclamations",
        ),
        Figure(
            "Jours ouvrés en moyenne",
            number(sum(row.working_days or 0 for row in solved) / len(solved), 1) if solved else "—",
        ),
        Figure(
            "Satisfaction",
            f"{number(sum(marks) / len(marks), 1)} sur 5" if marks else "—",
            note=count_fr(len(marks), "avis", "avis"),
        ),
    ]


@clause("T-2.1.2-reclamations")
@reads(*READERS)
def complaint_detail(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """One complaint: its facts, its life, what can be done."""
    complaint = complaint_numbered(contract, number)
    row = queries.followed(contract, [complaint], at=timezone.now())[0]
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    state = ComplaintState(complaint.state)
    possible = [
        (label, reverse(name, args=[contract.code, number]))
        for kind, name, label, who in ACTIONS
        if state in NEXT[kind] and who & roles
    ]
    return render(
        request,
        "complaints/detail.html",
        {
            "complaint": complaint,
            "state": STATES[complaint.state],
            "delay": DELAYS[delay_code(row)],
            "typology": TYPOLOGIES[complaint.typology],
            "facts": _facts(complaint, row),
            "events": _events(complaint, row),
            "possible": possible,
            "vouchers": complaint.vouchers.order_by("serial"),
            "corrective_actions": complaint.corrective_actions.all(),
        },
    )


def _link(complaint: Complaint, name: str, number: str) -> str:
    """A link to what this number names in its own room."""
    if not number:
        return ""
    return format_html('<a href="{}">{}</a>', reverse(name, args=[complaint.contract.code, number]), number)


def _facts(complaint: Complaint, row: Followed) -> list[tuple[str, str]]:
    facts = [
        ("Reçue", f"{instant_fr(complaint.received_at)}, {CHANNELS[complaint.channel].lower()}"),
        ("À résoudre au plus tard", date_fr(row.due_on)),
        ("Commande", complaint.order.number if complaint.order else ""),
        ("Carnet", complaint.booklet.reference if complaint.booklet else ""),
        ("Responsable", str(complaint.owner) if complaint.owner else "à désigner"),
        ("Opposition", _link(complaint, "stop", queries.stop_of(complaint))),
        ("Réémission", _link(complaint, "reissue", complaint.reissue)),
        ("Avoir", _link(complaint, "credit_note", complaint.credit_note)),
        (
            "Résolue en",
            count_fr(row.working_days, "jour ouvré", "jours ouvrés") if row.working_days is not None else "",
        ),
        ("Avis de l’acheteur", MARKS[complaint.satisfaction] if complaint.satisfaction else ""),
    ]
    return [(label, value) for label, value in facts if value]


def _events(complaint: Complaint, row: Followed) -> list[Event]:
    steps = list(complaint.steps.all())
    names = actor_names([step.actor for step in steps])
    events = [
        Event(step.at, STEPS[step.kind][0], step.text, STEPS[step.kind][1], names.get(step.actor, ""))
        for step in steps
    ]
    if row.working_days is None:
        events.append(Event(row.due_on, "Solution attendue", "au plus tard", "calm"))
    return events


@clause("T-2.1.2-reclamations")
@acts(*OPENERS)
def complaint_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Open a complaint."""
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    channel = Channel.PORTAL if Role.BUYER_MANAGER in roles else Channel.PHONE
    form = ComplaintForm(
        request.POST or None,
        contract=contract,
        initial={
            "channel": channel.value,
            "received_at": timezone.now(),
            "references": request.GET.get("sur", ""),
        },
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            complaint = services.open_complaint(
                contract=contract,
                channel=Channel(given["channel"]),
                typology=Typology(given["typology"]),
                description=given["description"],
                received_at=given["received_at"],
                about=given["references"],
                actor=cast(User, request.user).actor,
                at=timezone.now(),
            )
        except services.ImpossibleInstant:
            form.add_error("received_at", "Une réclamation ne se reçoit pas dans l’avenir.")
        else:
            messages.success(request, f"Réclamation {complaint.number} ouverte.")
            return redirect(complaint_url(complaint))
    return render(
        request,
        "complaints/form.html",
        {
            "form": form,
            "heading": "Ouvrir une réclamation",
            "action_label": "Ouvrir la réclamation",
            "cancel_url": reverse("complaint_list", args=[contract.code]),
        },
    )


Act = Callable[..., Complaint]


def _act(
    request: HttpRequest,
    contract: Contract,
    number: str,
    *,
    heading: str,
    label: str,
    done: str,
    act: Act,
    form_class: type[forms.Form] | None = None,
    form_options: dict[str, Any] | None = None,
) -> HttpResponse:
    """One act on a complaint: its form, the act itself, the sentence that says it is done."""
    complaint = complaint_numbered(contract, number)
    form = form_class(request.POST or None, **(form_options or {})) if form_class else None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            act(
                complaint=complaint,
                actor=cast(User, request.user).actor,
                at=timezone.now(),
                **(form.cleaned_data if form else {}),
            )
        except services.ComplaintStands as refused:
            messages.error(
                request,
                f"La réclamation {number} est « {STATES[refused.state].label.lower()} » : rien n’a changé.",
            )
        except services.ImpossibleInstant:
            assert form  # noqa: S101 - only a form gives an instant
            form.add_error("delivered_at", "Ni avant la réclamation, ni dans l’avenir.")
            return _act_page(request, complaint, form, heading, label)
        else:
            messages.success(request, f"Réclamation {number} {done}.")
        return redirect(complaint_url(complaint))
    return _act_page(request, complaint, form, heading, label)


def _act_page(
    request: HttpRequest, complaint: Complaint, form: forms.Form | None, heading: str, label: str
) -> HttpResponse:
    return render(
        request,
        "complaints/form.html",
        {
            "form": form or forms.Form(),
            "complaint": complaint,
            "heading": f"{heading} {complaint.number}",
            "lead": complaint.description,
            "action_label": label,
            "cancel_url": complaint_url(complaint),
        },
    )


@acts(Role.VOUCHER_OPERATOR)
def complaint_assign(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Say who solves it."""
    return _act(
        request, contract, number, heading="Confier la réclamation", label="Confier", done="confiée",
        act=services.assign_complaint, form_class=AssignForm, form_options={"contract": contract},
    )  # fmt: skip


@clause("T-2.1.2-reclamations")
@acts(Role.VOUCHER_OPERATOR)
def complaint_answer(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Give the solution."""
    return _act(
        request, contract, number, heading="Résoudre la réclamation", label="Enregistrer la solution",
        done="résolue", act=services.answer_complaint, form_class=AnswerForm, form_options={"contract": contract},
    )  # fmt: skip


@acts(Role.VOUCHER_OPERATOR)
def complaint_delivered(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Say when the promised vouchers arrived."""
    return _act(
        request, contract, number, heading="Titres livrés pour la réclamation", label="Enregistrer la livraison",
        done="complétée", act=services.note_delivery, form_class=DeliveredForm,
        form_options={"initial": {"delivered_at": timezone.now()}},
    )  # fmt: skip


@acts(*OPENERS)
def complaint_close(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Put it away."""
    return _act(
        request, contract, number, heading="Clore la réclamation", label="Clore", done="close",
        act=services.close_complaint,
    )  # fmt: skip


@acts(Role.BUYER_MANAGER)
def complaint_reopen(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The solution did not hold."""
    return _act(
        request, contract, number, heading="Rouvrir la réclamation", label="Rouvrir", done="rouverte",
        act=services.reopen_complaint, form_class=ReopenForm,
    )  # fmt: skip


@acts(Role.BUYER_MANAGER)
def complaint_rate(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The buyer's mark on the solution."""
    return _act(
        request, contract, number, heading="Votre avis sur la réclamation", label="Donner mon avis",
        done="notée", act=services.rate_complaint, form_class=RateForm,
    )  # fmt: skip


_OPERATOR, _MANAGER = frozenset({Role.VOUCHER_OPERATOR}), frozenset({Role.BUYER_MANAGER})
ACTIONS: tuple[tuple[StepKind, str, str, frozenset[Role]], ...] = (
    (StepKind.ANSWERED, "complaint_answer", "Apporter la solution", _OPERATOR),
    (StepKind.ASSIGNED, "complaint_assign", "Confier à", _OPERATOR),
    (StepKind.DELIVERED, "complaint_delivered", "Noter la livraison", _OPERATOR),
    (StepKind.RATED, "complaint_rate", "Donner mon avis", _MANAGER),
    (StepKind.CLOSED, "complaint_close", "Clore", frozenset(OPENERS)),
    (StepKind.REOPENED, "complaint_reopen", "Rouvrir", _MANAGER),
)


# Corrective actions


@clause("T-5.1-coherence")
@reads(*READERS)
def corrective_actions(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What incidents led to change."""
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    may_decide = Role.VOUCHER_OPERATOR in roles
    table = Table(
        request,
        queries.actions_of(contract),
        name=f"actions-correctives-{contract.code}",
        caption="Actions correctives",
        noun="action",
        order="-decided_on",
        columns=[
            Column("incident", "Incident"),
            Column("cause", "Cause"),
            Column("action", "Action corrective"),
            Column(
                "complaint",
                "Réclamation",
                value="complaint.number",
                link=lambda row: complaint_url(row.complaint) if row.complaint else None,
            ),
            Column("decided_on", "Décidée le", kind="date", sort="decided_on"),
            Column("due_on", "À terminer le", kind="date", sort="due_on"),
            Column("done_on", "Faite le", kind="date", sort="done_on"),
            *(
                [
                    Column(
                        "act",
                        "Acte",
                        value=lambda row: "" if row.done_on else "Noter comme faite",
                        link=lambda row: (
                            None
                            if row.done_on
                            else reverse("corrective_action_done", args=[contract.code, row.pk])
                        ),
                        exported=False,
                    )
                ]
                if may_decide
                else []
            ),
        ],
        filters=[Search("incident", "cause", "action"), Period("decidee", "Décidée", field="decided_on")],
        empty="Aucune action corrective.",
    )
    return table.response("complaints/actions.html", {"may_decide": may_decide})


@clause("T-5.1-coherence")
@acts(Role.VOUCHER_OPERATOR)
def corrective_action_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Decide a corrective action."""
    form = ActionForm(
        request.POST or None,
        initial={"decided_on": timezone.localdate(), "complaint": request.GET.get("sur", "")},
    )
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        wanted = given.pop("complaint")
        origin = queries.complaints_of(contract).filter(number=wanted).first() if wanted else None
        if wanted and origin is None:
            form.add_error("complaint", f"Aucune réclamation « {wanted} » sur ce marché.")
        else:
            services.decide_action(
                contract=contract,
                complaint=origin,
                actor=cast(User, request.user).actor,
                at=timezone.now(),
                **given,
            )
            messages.success(request, "Action corrective enregistrée.")
            return redirect("corrective_actions", contract=contract.code)
    return render(
        request,
        "complaints/form.html",
        {
            "form": form,
            "heading": "Décider une action corrective",
            "action_label": "Enregistrer",
            "cancel_url": reverse("corrective_actions", args=[contract.code]),
        },
    )


@acts(Role.VOUCHER_OPERATOR)
def corrective_action_done(request: HttpRequest, contract: Contract, action: int) -> HttpResponse:
    """Say that a corrective action is done."""
    found = CorrectiveAction.objects.filter(contract=contract, pk=action).first()
    if found is None:
        raise Http404("no such action")
    form = DoneForm(request.POST or None, initial={"done_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["done_on"] < found.decided_on:
            form.add_error("done_on", "L’action ne peut être faite avant d’être décidée.")
        else:
            try:
                services.complete_action(
                    action=found,
                    done_on=form.cleaned_data["done_on"],
                    actor=cast(User, request.user).actor,
                    at=timezone.now(),
                )
            except services.AlreadyDone:
                messages.error(request, "Cette action était déjà notée comme faite.")
            else:
                messages.success(request, "Action notée comme faite.")
            return redirect("corrective_actions", contract=contract.code)
    return render(
        request,
        "complaints/form.html",
        {
            "form": form,
            "heading": "Noter une action comme faite",
            "lead": found.action,
            "action_label": "Enregistrer",
            "cancel_url": reverse("corrective_actions", args=[contract.code]),
        },
    )
