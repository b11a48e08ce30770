"""The pages of what follows a contact: interventions on files, tickets of level 2, transfers to level 1+."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.support.desk import casework, queries
from titulaire.support.desk.forms import (
    AnswerForm,
    BecauseForm,
    ExecuteForm,
    FileActForm,
    SendForm,
    TicketForm,
    TransferForm,
)
from titulaire.support.desk.models import FileAct, Ticket
from titulaire.support.desk.rules import TICKET_NEXT, ActKind, ActState, Identity, TicketState, age_class
from titulaire.support.desk.views import READERS, TAKERS, _actor, _called, _roles, _seat, contact_url, own
from titulaire.support.desk.wording import ACT_STATES, AGES, FAULTS, IDENTITIES, KINDS, TICKET_STATES
from titulaire.ui.formats import instant_fr, number
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Table

CASES = (*READERS, Role.ADVISER)


def act_url(act: FileAct) -> str:
    return reverse("desk_file_act", args=[act.contract.code, act.reference])


def ticket_url(ticket: Ticket) -> str:
    return reverse("desk_ticket", args=[ticket.contract.code, ticket.reference])


def _acts(request: HttpRequest, contract: Contract) -> Any:
    return own(request, contract, queries.file_acts_of(contract), "asked_at")


def _tickets(request: HttpRequest, contract: Contract) -> Any:
    return own(request, contract, queries.tickets_of(contract), "created_at")


def _one(found: Any, reference: str) -> Any:
    row = found.filter(reference=reference).first()
    if row is None:
        raise Http404("no such case")
    return row


def _form(
    request: HttpRequest,
    form: forms.Form,
    perform: Callable[..., Any],
    *,
    heading: str,
    label: str,
    done: str,
    back: str,
    lead: str = "",
    facts: list[tuple[str, str]] | None = None,
    **given: Any,
) -> HttpResponse:
    """One act: its form, the act itself, the sentence that says it is done."""
    if request.method == "POST" and form.is_valid():
        try:
            perform(**given, **form.cleaned_data, **_actor(request))
        except casework.CaseRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, FAULTS[refused.fault])
        else:
            messages.success(request, done)
            return redirect(back)
    context = {
        "form": form,
        "heading": heading,
        "lead": lead,
        "facts": facts or [],
        "action_label": label,
        "cancel_url": back,
    }
    return render(request, "desk/act.html", context, status=422 if form.errors else 200)


def _sent(request: HttpRequest) -> Any:
    """What was sent, None before: an act without a field is still sent."""
    return request.POST if request.method == "POST" else None


def _sitting(request: HttpRequest, contract: Contract) -> tuple[str, str]:
    """The number and site of who acts; who has none yet acts on nothing."""
    seat = _seat(request, contract)
    if seat is None:
        raise Http404("a supervisor gives the number first")
    return seat.number, seat.site


# From a contact


@clause("S-2.1.5-dossier")
@acts(Role.ADVISER)
def desk_ask(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Ask for an intervention on the file."""
    found = _called(request, contract, reference)

    def ask(*, kind: str, identity: str, **trace: Any) -> None:
        adviser, site = _sitting(request, contract)
        casework.ask_file_act(
            contact=found,
            kind=ActKind(kind),
            identity=Identity(identity),
            adviser=adviser,
            site=site,
            **trace,
        )

    return _form(
        request, FileActForm(_sent(request)), ask, heading=f"Intervention sur dossier, {reference}",
        label="Noter la demande", done="Demande notée : exécutez-la dans l’outil, puis confirmez-la ici.",
        back=contact_url(found), lead="L’acte se fait dans l’outil du dossier ; ici, sa preuve.",
    )  # fmt: skip


@clause("S-2.1.5-tickets-n2")
@acts(Role.ADVISER)
def desk_ticket_new(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Open a ticket for level 2."""
    found = _called(request, contract, reference)

    def create(**given: Any) -> None:
        adviser, site = _sitting(request, contract)
        casework.create_ticket(contact=found, adviser=adviser, site=site, **given)

    return _form(
        request, TicketForm(_sent(request)), create, heading=f"Ticket de niveau 2, {reference}",
        label="Ouvrir le ticket", done="Ticket ouvert : transmettez-le, puis notez la référence du niveau 2.",
        back=contact_url(found),
    )  # fmt: skip


@clause("S-2.1.5-transfert-n1plus")
@acts(Role.ADVISER)
def desk_transfer(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Note a call sent to level 1+."""
    found = _called(request, contract, reference)
    sites = terms_of(contract.code).texts("n1plus_sites", on=timezone.localdate())

    def send(**given: Any) -> None:
        casework.transfer_contact(contact=found, adviser=_sitting(request, contract)[0], **given)

    return _form(
        request, TransferForm(_sent(request), sites=sites), send, heading=f"Transfert au niveau 1+, {reference}",
        label="Noter le transfert", done="Transfert noté.", back=contact_url(found),
        lead="Seulement quand l’identification demande un outil de l’autre partie. Rien ne déborde de soi-même.",
    )  # fmt: skip


# Interventions


@clause("S-2.1.5-dossier")
@reads(*CASES)
def desk_file_acts(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What was asked on files, and what became of it."""
    found = _acts(request, contract)
    table = Table(
        request,
        found,
        name=f"interventions-{contract.code}",
        caption="Interventions sur dossier",
        noun="intervention",
        order="-asked_at",
        columns=[
            Column("reference", "Référence", link=act_url, sort="rank"),
            Column("asked_at", "Demandée le", kind="instant", sort="asked_at"),
            Column("kind", "Demande", value=lambda one: KINDS[one.kind], sort="kind"),
            Column(
                "identity", "Identité vérifiée", value=lambda one: IDENTITIES[one.identity], sort="identity"
            ),
            Column("adviser", "Conseiller", sort="adviser"),
            Column("site", "Site", sort="site"),
            Column(
                "contact",
                "Contact",
                value=lambda one: one.contact.reference,
                link=lambda one: contact_url(one.contact),
            ),
            Column("ended_at", "Exécutée ou refusée le", kind="instant", sort="ended_at", shown=False),
            Column("refusal", "Motif du refus", shown=False),
            Column("verified_at", "Vérifiée le", kind="instant", sort="verified_at", shown=False),
            Column("state", "État", kind="status", statuses=ACT_STATES, sort="state"),
        ],
        filters=[
            Search("reference", "contact__reference", label="Référence"),
            Choice("demande", "Demande", list(KINDS.items()), field="kind", every="Toutes"),
            Choice("etat", "État", [(code, one.label) for code, one in ACT_STATES.items()], field="state"),
            Period("demandee", "Demandée", field="asked_at", instants=True),
        ],
        empty="Aucune intervention demandée : elles partent d’un contact.",
    )
    figures = [
        Figure(
            "À exécuter", number(found.filter(state=ActState.ASKED.value).count()), clause="S-2.1.5-dossier"
        ),
        Figure(
            "À vérifier",
            number(found.filter(state=ActState.EXECUTED.value).count()),
            note="par une autre personne",
        ),
    ]
    return table.response(
        "desk/cases.html",
        {
            "heading": "Interventions sur dossier",
            "lead": "Exécutées dans l’outil du dossier, confirmées deux fois, vérifiées par une autre personne.",
            "figures": figures,
            "cited": "S-2.1.5-dossier",
        },
    )


def _act_facts(act: FileAct) -> list[tuple[str, str]]:
    facts = [
        ("Demande", KINDS[act.kind]),
        ("Identité vérifiée", IDENTITIES[act.identity]),
        ("Contact", act.contact.reference),
        ("Conseiller", f"{act.adviser}, {act.site}"),
        ("Motif du refus", act.refusal),
    ]
    return [(label, value) for label, value in facts if value]


@clause("S-2.1.5-dossier")
@reads(*CASES)
def desk_file_act(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """One intervention: what was asked, how the identity was checked, who did what."""
    act = cast(FileAct, _one(_acts(request, contract), reference))
    events = [Event(act.asked_at, "Demande", KINDS[act.kind], "info", act.adviser)]
    if act.ended_at:
        refused = act.state == ActState.REFUSED.value
        title = "Refus" if refused else "Exécution, deux fois confirmée"
        events.append(Event(act.ended_at, title, act.refusal, "bad" if refused else "good"))
    if act.verified_at:
        events.append(Event(act.verified_at, "Vérification par une autre personne", "", "good"))
    address = [contract.code, reference]
    possible = []
    if act.state == ActState.ASKED.value and set(TAKERS) & _roles(request):
        if act.identity != Identity.NOT_PROVEN.value:
            possible.append(("Confirmer l’exécution", reverse("desk_execute", args=address)))
        possible.append(("Refuser", reverse("desk_refuse", args=address)))
    mine = act.ended_by == _actor(request)["actor"]
    if act.state == ActState.EXECUTED.value and Role.SUPERVISOR in _roles(request) and not mine:
        possible.append(("Vérifier", reverse("desk_verify", args=address)))
    context = {
        "heading": f"Intervention {reference}",
        "list_url": reverse("desk_file_acts", args=[contract.code]),
        "list_label": "Interventions sur dossier",
        "here": reference,
        "state": ACT_STATES[act.state],
        "facts": _act_facts(act),
        "contact_url": contact_url(act.contact),
        "events": events,
        "possible": possible,
    }
    return render(request, "desk/case.html", context)


@clause("S-2.1.5-dossier")
@acts(*TAKERS)
def desk_execute(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Confirm, a second time, that it was done."""
    act = _one(_acts(request, contract), reference)
    return _form(
        request, ExecuteForm(_sent(request)), casework.execute_file_act, heading=f"Confirmer {reference}",
        label="Confirmer l’exécution", done=f"{reference} : exécutée, à vérifier par une autre personne.",
        back=act_url(act),
        facts=_act_facts(act), act=act,
    )  # fmt: skip


@clause("S-2.1.5-dossier")
@acts(*TAKERS)
def desk_refuse(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Refuse an intervention, saying why."""
    act = _one(_acts(request, contract), reference)
    return _form(
        request, BecauseForm(_sent(request)), casework.refuse_file_act, heading=f"Refuser {reference}",
        label="Refuser la demande", done=f"{reference} : refusée.", back=act_url(act),
        facts=_act_facts(act), act=act,
    )  # fmt: skip


@clause("S-2.1.5-dossier")
@acts(Role.SUPERVISOR)
def desk_verify(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Verify what another person executed."""
    act = _one(_acts(request, contract), reference)
    return _form(
        request, forms.Form(_sent(request)), casework.verify_file_act, heading=f"Vérifier {reference}",
        label="Le dossier est comme demandé", done=f"{reference} : vérifiée.", back=act_url(act),
        facts=_act_facts(act), act=act,
    )  # fmt: skip


# Tickets


def _days(ticket: Ticket) -> int:
    return ((ticket.closed_at or timezone.now()) - ticket.created_at).days


@clause("S-2.1.5-tickets-n2")
@reads(*CASES)
def desk_tickets(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The tickets of level 2, by age: the contract gives no delay, so that none is called late."""
    found = _tickets(request, contract)
    rows = list(found)

    def age_of(one: Ticket) -> str:
        return "" if one.closed_at else AGES[age_class(_days(one))]

    waiting = [one for one in rows if not one.closed_at]
    table = Table(
        request,
        rows,
        name=f"tickets-n2-{contract.code}",
        caption="Tickets de niveau 2",
        noun="ticket",
        order="created_at",
        columns=[
            Column("reference", "Référence", link=ticket_url, sort="oui"),
            Column("created_at", "Ouvert le", kind="instant", sort="oui"),
            Column("what", "Objet"),
            Column("other_reference", "Référence du niveau 2", sort="oui"),
            Column("adviser", "Conseiller", sort="oui"),
            Column("site", "Site", sort="oui"),
            Column("days", "Jours", value=_days, kind="number", sort="oui"),
            Column("age", "Âge", value=age_of),
            Column("closed_at", "Clos le", kind="instant", sort="oui", shown=False),
            Column("state", "État", kind="status", statuses=TICKET_STATES, sort="oui"),
        ],
        filters=[
            Search("reference", "other_reference", "what", label="Référence ou objet"),
            Choice("etat", "État", [(code, one.label) for code, one in TICKET_STATES.items()], field="state"),
            Choice(
                "age",
                "Âge",
                list(AGES.items()),
                narrowed_by=lambda some, code: [
                    one for one in some if not one.closed_at and age_class(_days(one)) == code
                ],
            ),
            Period("ouvert", "Ouvert", field="created_at", instants=True),
        ],
        empty="Aucun ticket : ils partent d’un contact.",
    )
    figures = [
        Figure("En cours", number(len(waiting)), clause="S-2.1.5-tickets-n2"),
        *(
            Figure(label.capitalize(), number(sum(age_class(_days(one)) == code for one in waiting)))
            for code, label in AGES.items()
        ),
    ]
    return table.response(
        "desk/cases.html",
        {
            "heading": "Tickets de niveau 2",
            "lead": "Suivis jusqu’à leur fin. Le marché ne donne pas de délai : l’âge est dit, nul n’est en retard.",
            "figures": figures,
            "cited": "S-2.1.5-tickets-n2",
        },
    )


TICKET_WORDS = {
    TicketState.CREATED.value: ("Ticket ouvert", "info"),
    TicketState.SENT.value: ("Transmis au niveau 2", "info"),
    TicketState.SENT_BACK.value: ("Rendu par le niveau 2", "bad"),
    TicketState.CLOSED.value: ("Clos", "good"),
}


@clause("S-2.1.5-tickets-n2")
@reads(*CASES)
def desk_ticket(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """One ticket, from its contact to its end."""
    ticket = cast(Ticket, _one(_tickets(request, contract), reference))
    state = TicketState(ticket.state)
    address = [contract.code, reference]
    acting = bool(set(TAKERS) & _roles(request))
    possible = [
        (label, reverse(name, args=address))
        for to, name, label in (
            (TicketState.SENT, "desk_ticket_send", "Noter la transmission"),
            (TicketState.CLOSED, "desk_ticket_close", "Clore"),
            (TicketState.SENT_BACK, "desk_ticket_back", "Noter le retour"),
        )
        if acting and state in TICKET_NEXT[to]
    ]
    facts = [
        ("Objet", ticket.what),
        ("Référence du niveau 2", ticket.other_reference or "pas encore"),
        ("Contact", ticket.contact.reference),
        ("Conseiller", f"{ticket.adviser}, {ticket.site}"),
        ("Ouvert", instant_fr(ticket.created_at)),
    ]
    context = {
        "heading": f"Ticket {reference}",
        "list_url": reverse("desk_tickets", args=[contract.code]),
        "list_label": "Tickets de niveau 2",
        "here": reference,
        "state": TICKET_STATES[ticket.state],
        "facts": facts,
        "contact_url": contact_url(ticket.contact),
        "events": [
            Event(step.at, TICKET_WORDS[step.state][0], step.text, TICKET_WORDS[step.state][1])
            for step in ticket.steps.all()
        ],
        "possible": possible,
    }
    return render(request, "desk/case.html", context)


@clause("S-2.1.5-tickets-n2")
@acts(*TAKERS)
def desk_ticket_send(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Note that level 2 has it."""
    ticket = _one(_tickets(request, contract), reference)
    return _form(
        request, SendForm(_sent(request)), casework.send_ticket, heading=f"Transmission de {reference}",
        label="Noter la transmission", done=f"{reference} : transmis.", back=ticket_url(ticket),
        lead=ticket.what, ticket=ticket,
    )  # fmt: skip


@clause("S-2.1.5-tickets-n2")
@acts(*TAKERS)
def desk_ticket_back(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Note that level 2 sent it back."""
    ticket = _one(_tickets(request, contract), reference)
    return _form(
        request, BecauseForm(_sent(request)), casework.note_sent_back, heading=f"Retour de {reference}",
        label="Noter le retour", done=f"{reference} : rendu.", back=ticket_url(ticket),
        lead=ticket.what, ticket=ticket,
    )  # fmt: skip


@clause("S-2.1.5-tickets-n2")
@acts(*TAKERS)
def desk_ticket_close(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Close a ticket with what level 2 said."""
    ticket = _one(_tickets(request, contract), reference)
    return _form(
        request, AnswerForm(_sent(request)), casework.close_ticket, heading=f"Clore {reference}",
        label="Clore le ticket", done=f"{reference} : clos.", back=ticket_url(ticket),
        lead=ticket.what, ticket=ticket,
    )  # fmt: skip


# Transfers


@clause("S-2.1.5-transfert-n1plus")
@reads(*CASES)
def desk_transfers(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The calls sent to level 1+, each with the reason that its identification gave."""
    found = own(request, contract, queries.transfers_of(contract), "at")
    sites = terms_of(contract.code).texts("n1plus_sites", on=timezone.localdate())
    table = Table(
        request,
        found,
        name=f"transferts-{contract.code}",
        caption="Transferts au niveau 1+",
        noun="transfert",
        order="-at",
        columns=[
            Column("at", "Le", kind="instant", sort="at"),
            Column(
                "contact",
                "Contact",
                value=lambda one: one.contact.reference,
                link=lambda one: contact_url(one.contact),
            ),
            Column("reason", "Motif", value=lambda one: one.contact.reason, sort="contact__reason"),
            Column("to_site", "Plateau", sort="to_site"),
            Column("because", "Pourquoi l’identification l’exige"),
            Column("adviser", "Conseiller", sort="adviser"),
        ],
        filters=[
            Search("contact__reference", "because", label="Contact ou raison"),
            Choice("plateau", "Plateau", [(site, site) for site in sites], field="to_site"),
            Period("le", "Transfert", field="at", instants=True),
        ],
        empty="Aucun transfert : ils partent d’un contact.",
    )
    return table.response(
        "desk/cases.html",
        {
            "heading": "Transferts au niveau 1+",
            "lead": "Seulement quand l’identification l’exige, et dit pourquoi. Aucun débordement automatique.",
            "figures": [],
            "cited": "S-2.1.5-transfert-n1plus",
        },
    )
