"""The acts that follow a contact: on the file, to level 2 by a ticket, to level 1+ by a transfer.

Each is one transaction with its journal entry and, where the facts count it, its item fact: told later, once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.journal.services import record
from titulaire.support.desk.models import Contact, FileAct, ItemFact, Ticket, TicketStep, Transfer
from titulaire.support.desk.queries import service_calendar
from titulaire.support.desk.rules import (
    TICKET_NEXT,
    ActKind,
    ActState,
    Identity,
    TicketState,
    execution_fault,
    reference_of,
    told_of_a_person,
    transfer_fault,
    verification_fault,
)
from titulaire.support.facts.schema import ItemEvent, ItemKind

ITEM_KINDS = {
    ActKind.OPPOSITION: ItemKind.OPPOSITION,
    ActKind.CLOSURE: ItemKind.CLOSURE,
    ActKind.UNLINK_DEVICE: ItemKind.DEVICE,
}
TICKET_EVENTS = {
    TicketState.CREATED: ItemEvent.RECEIVED,
    TicketState.SENT: ItemEvent.ESCALATED,
    TicketState.SENT_BACK: ItemEvent.REFUSED,
    TicketState.CLOSED: ItemEvent.ANSWERED,
}


class CaseRefused(ValueError):
    """The act cannot be done; `fault` is a code, `field` the one that bears it, "" for none."""

    def __init__(self, fault: str, field: str = "") -> None:
        super().__init__(fault)
        self.fault, self.field = fault, field


def _held(contact: Contact) -> Contact:
    """The contact, with one writer at a time on its contract's references."""
    Contract.objects.select_for_update().get(pk=contact.contract_id)
    return Contact.objects.select_related("contract").get(pk=contact.pk)


def _next_rank(rows: Any) -> int:
    return int(rows.aggregate(last=Max("rank"))["last"] or 0) + 1


def _check_text(text: str, field: str) -> str:
    if not text.strip():
        raise CaseRefused("NO_REASON", field)
    if fault := told_of_a_person(text):
        raise CaseRefused(fault, field)
    return text.strip()


def _note(row: FileAct | Ticket, kind: ItemKind, event: ItemEvent, at: datetime) -> None:
    contact = row.contact
    ItemFact.objects.create(
        contract=row.contract,
        item_id=row.reference,
        kind=kind.value,
        event=event.value,
        occurred_at=at,
        flow=contact.flow,
        reason=contact.reason,
        adviser=row.adviser,
        site=row.site,
    )


def _record(row: FileAct | Ticket, act: str, actor: str, at: datetime, **body: object) -> None:
    record(
        contract=row.contract.code,
        actor=actor,
        at=at,
        act=act,
        target=f"case:{row.reference}",
        body={"contact": row.contact.reference, **body},
    )


# On the file


@clause("S-2.1.5-dossier")
def ask_file_act(
    *, contact: Contact, kind: ActKind, identity: Identity, adviser: str, site: str, actor: str, at: datetime
) -> FileAct:
    """Note what was asked on a file, and how the asker's identity was checked. Nothing is done yet.

    Raises:
        CaseRefused: the contract does not give this act that day, or the same waits on this contact.
    """
    with transaction.atomic():
        held = _held(contact)
        terms = terms_of(held.contract.code, at=at)
        day = service_calendar(terms, terms.head.notified_on).local_day(at)
        if kind.value not in terms.texts("file_acts", on=day):
            raise CaseRefused("UNLISTED", "kind")
        if held.file_acts.filter(kind=kind.value, state=ActState.ASKED.value).exists():
            raise CaseRefused("ONE_WAITS", "kind")
        rank = _next_rank(FileAct.objects.filter(contract=held.contract))
        made = FileAct.objects.create(
            contract=held.contract,
            contact=held,
            rank=rank,
            reference=reference_of("DO", rank),
            kind=kind.value,
            identity=identity.value,
            adviser=adviser,
            site=site,
            state=ActState.ASKED.value,
            asked_at=at,
            asked_by=actor,
        )
        _note(made, ITEM_KINDS[kind], ItemEvent.RECEIVED, at)
        _record(made, "FILE_ACT_ASKED", actor, at, kind=kind.value, identity=identity.value)
    return made


def _act_held(act: FileAct) -> FileAct:
    return (
        FileAct.objects.select_for_update(of=("self",)).select_related("contract", "contact").get(pk=act.pk)
    )


@clause("S-2.1.5-dossier")
def execute_file_act(*, act: FileAct, again: str, actor: str, at: datetime) -> FileAct:
    """Say that it was done in the file's own tool. `again`: its reference, copied: the second confirmation.

    Raises:
        CaseRefused: it does not wait, the asker is not known, or the reference was not copied.
    """
    with transaction.atomic():
        held = _act_held(act)
        fault = execution_fault(
            state=ActState(held.state),
            identity=Identity(held.identity),
            again=again,
            reference=held.reference,
        )
        if fault:
            raise CaseRefused(fault, "again" if fault == "NOT_CONFIRMED" else "")
        held.state, held.ended_at, held.ended_by = ActState.EXECUTED.value, at, actor
        held.save()
        _note(held, ITEM_KINDS[ActKind(held.kind)], ItemEvent.EXECUTED, at)
        _record(held, "FILE_ACT_EXECUTED", actor, at, kind=held.kind)
    return held


@clause("S-2.1.5-dossier")
def refuse_file_act(*, act: FileAct, because: str, actor: str, at: datetime) -> FileAct:
    """Say that it will not be done, and why.

    Raises:
        CaseRefused: it does not wait, or no reason, or one that tells of a person.
    """
    said = _check_text(because, "because")
    with transaction.atomic():
        held = _act_held(act)
        if held.state != ActState.ASKED.value:
            raise CaseRefused("NOT_WAITING")
        held.state, held.ended_at, held.ended_by, held.refusal = ActState.REFUSED.value, at, actor, said
        held.save()
        _note(held, ITEM_KINDS[ActKind(held.kind)], ItemEvent.REFUSED, at)
        _record(held, "FILE_ACT_REFUSED", actor, at, kind=held.kind, because=said)
    return held


@clause("S-2.1.5-dossier")
def verify_file_act(*, act: FileAct, actor: str, at: datetime) -> FileAct:
    """Another person looked at the file: it is as it was asked.

    Raises:
        CaseRefused: nothing was executed, or by this very person.
    """
    with transaction.atomic():
        held = _act_held(act)
        fault = verification_fault(state=ActState(held.state), executed_by=held.ended_by, actor=actor)
        if fault:
            raise CaseRefused(fault)
        held.state, held.verified_at, held.verified_by = ActState.VERIFIED.value, at, actor
        held.save()
        _record(held, "FILE_ACT_VERIFIED", actor, at, kind=held.kind)
    return held


# To level 2


@clause("S-2.1.5-tickets-n2")
def create_ticket(
    *, contact: Contact, what: str, adviser: str, site: str, actor: str, at: datetime
) -> Ticket:
    """Open a ticket for level 2 from a contact.

    Raises:
        CaseRefused: no description, or one that tells of a person.
    """
    said = _check_text(what, "what")
    with transaction.atomic():
        held = _held(contact)
        rank = _next_rank(Ticket.objects.filter(contract=held.contract))
        made = Ticket.objects.create(
            contract=held.contract,
            contact=held,
            rank=rank,
            reference=reference_of("N2", rank),
            what=said,
            adviser=adviser,
            site=site,
            state=TicketState.CREATED.value,
            created_at=at,
        )
        _step(made, TicketState.CREATED, said, actor, at)
    return made


def _step(ticket: Ticket, state: TicketState, text: str, actor: str, at: datetime) -> None:
    TicketStep.objects.create(ticket=ticket, state=state.value, at=at, actor=actor, text=text)
    _note(ticket, ItemKind.N2_TICKET, TICKET_EVENTS[state], at)
    _record(ticket, f"TICKET_{state.value}", actor, at, other=ticket.other_reference)


def _move(
    ticket: Ticket, state: TicketState, text: str, actor: str, at: datetime, other_reference: str = ""
) -> Ticket:
    with transaction.atomic():
        held = (
            Ticket.objects.select_for_update(of=("self",))
            .select_related("contract", "contact")
            .get(pk=ticket.pk)
        )
        if TicketState(held.state) not in TICKET_NEXT[state]:
            raise CaseRefused("WRONG_MOMENT")
        if other_reference:
            others = Ticket.objects.filter(contract=held.contract, other_reference=other_reference)
            if others.exclude(pk=held.pk).exists():
                raise CaseRefused("REFERENCE_TAKEN", "other_reference")
            held.other_reference = other_reference
        held.state = state.value
        held.closed_at = at if state is TicketState.CLOSED else None
        held.save()
        _step(held, state, text, actor, at)
    return held


@clause("S-2.1.5-tickets-n2")
def send_ticket(*, ticket: Ticket, other_reference: str, actor: str, at: datetime, text: str = "") -> Ticket:
    """Say that level 2 has it, under its own reference. Sent again after it came back, it may have another.

    Raises:
        CaseRefused: no reference, one that another ticket bears, or it is not to be sent.
    """
    reference = _check_text(other_reference, "other_reference")
    return _move(ticket, TicketState.SENT, _plain(text), actor, at, reference)


def _plain(text: str) -> str:
    return _check_text(text, "text") if text.strip() else ""


@clause("S-2.1.5-tickets-n2")
def note_sent_back(*, ticket: Ticket, because: str, actor: str, at: datetime) -> Ticket:
    """Level 2 sent it back, with its reason.

    Raises:
        CaseRefused: no reason, or it is not there.
    """
    return _move(ticket, TicketState.SENT_BACK, _check_text(because, "because"), actor, at)


@clause("S-2.1.5-tickets-n2")
def close_ticket(*, ticket: Ticket, answer: str, actor: str, at: datetime) -> Ticket:
    """Level 2 answered: the ticket ends with what it said.

    Raises:
        CaseRefused: no answer, or it is not there.
    """
    return _move(ticket, TicketState.CLOSED, _check_text(answer, "answer"), actor, at)


# To level 1+


@clause("S-2.1.5-transfert-n1plus")
def transfer_contact(
    *,
    contact: Contact,
    to_site: str,
    because: str,
    adviser: str,
    actor: str,
    at: datetime,
    automatic: bool = False,
) -> Transfer:
    """Note a call sent to level 1+, with why its identification needs the other side's tools.

    Raises:
        CaseRefused: a site that the contract does not name, no reason, an automatic overflow, or it was sent already.
    """
    with transaction.atomic():
        held = _held(contact)
        terms = terms_of(held.contract.code, at=at)
        day = service_calendar(terms, terms.head.notified_on).local_day(at)
        fault = transfer_fault(
            because=because,
            site=to_site,
            sites=terms.texts("n1plus_sites", on=day),
            automatic=automatic,
            may_overflow=terms.flag("automatic_overflow", on=day),
        )
        if fault:
            raise CaseRefused(fault, "to_site" if fault == "UNLISTED" else "because")
        said = _check_text(because, "because")
        if Transfer.objects.filter(contact=held).exists():
            raise CaseRefused("ALREADY_SENT")
        made = Transfer.objects.create(
            contract=held.contract,
            contact=held,
            to_site=to_site,
            because=said,
            adviser=adviser,
            at=at,
            actor=actor,
        )
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="CONTACT_TRANSFERRED",
            target=f"contact:{held.reference}",
            body={"to": to_site, "because": said},
        )
    return made
