"""The acts of a complaint's life, each with its step and its entry in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract, User
from titulaire.journal.services import record
from titulaire.vouchers.complaints.models import Complaint, ComplaintStep, CorrectiveAction
from titulaire.vouchers.complaints.queries import (
    About,
    UnknownReference,
    credit_notes_known,
    reissues_known,
)
from titulaire.vouchers.complaints.rules import (
    NEXT,
    Channel,
    ComplaintState,
    StepKind,
    Typology,
    complaint_number,
)


class ComplaintStands(Exception):
    """The complaint is in a state from which this step is not taken; `state` says which."""

    def __init__(self, number: str, state: str) -> None:
        super().__init__(number, state)
        self.number, self.state = number, state


class ImpossibleInstant(ValueError):
    """The fact would have happened in the future, or before the complaint."""

    def __init__(self, given: datetime) -> None:
        super().__init__(given.isoformat())
        self.given = given


class AlreadyDone(ValueError):
    """The corrective action is already done."""


@clause("T-2.1.2-reclamations")
def open_complaint(
    *,
    contract: Contract,
    channel: Channel,
    typology: Typology,
    description: str,
    received_at: datetime,
    actor: str,
    at: datetime,
    about: About | None = None,
    owner: User | None = None,
) -> Complaint:
    """Open a numbered complaint: its delay runs from when it was received.

    Raises:
        ImpossibleInstant: it would have been received after now.
    """
    if received_at > at:
        raise ImpossibleInstant(received_at)
    about = about or About()
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        year = timezone.localdate(received_at).year
        last = Complaint.objects.filter(contract=held, year=year).aggregate(last=Max("rank"))["last"]
        rank = (last or 0) + 1
        complaint = Complaint.objects.create(
            contract=held,
            year=year,
            rank=rank,
            number=complaint_number(year, rank),
            channel=channel.value,
            typology=typology.value,
            description=description,
            order=about.order,
            booklet=about.booklet,
            received_at=received_at,
            recorded_at=at,
            recorded_by=actor,
            owner=owner,
            state=ComplaintState.OPEN.value,
        )
        complaint.vouchers.set(about.vouchers)
        ComplaintStep.objects.create(
            complaint=complaint, kind=StepKind.OPENED.value, at=received_at, actor=actor
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="COMPLAINT_OPENED",
            target=f"complaint:{complaint.number}",
            body={
                "channel": channel.value,
                "typology": typology.value,
                "received_at": received_at.isoformat(),
                "order": about.order.number if about.order else None,
                "booklet": about.booklet.reference if about.booklet else None,
                "vouchers": len(about.vouchers),
            },
        )
    return complaint


def assign_complaint(*, complaint: Complaint, owner: User, actor: str, at: datetime) -> Complaint:
    """Give a complaint to the person who will solve it.

    Raises:
        ComplaintStands: it is closed.
    """
    return _step(
        complaint, StepKind.ASSIGNED, actor, at, {"owner": owner}, text="", told={"owner": owner.actor}
    )


@clause("T-2.1.2-reclamations")
def answer_complaint(
    *,
    complaint: Complaint,
    answer: str,
    actor: str,
    at: datetime,
    awaits_vouchers: bool = False,
    reissue: str = "",
    credit_note: str = "",
) -> Complaint:
    """Give the solution. `awaits_vouchers`: it promises vouchers that are still to be delivered.

    Raises:
        ComplaintStands: it has its answer already.
        UnknownReference: the contract has no such reissue or credit note.
    """
    if reissue and reissue not in reissues_known(complaint.contract):
        raise UnknownReference(reissue)
    if credit_note and credit_note not in credit_notes_known(complaint.contract):
        raise UnknownReference(credit_note)
    changes = {
        "state": ComplaintState.ANSWERED.value,
        "answer": answer,
        "reissue": reissue,
        "credit_note": credit_note,
    }
    told = {"reissue": reissue, "credit_note": credit_note, "awaits_vouchers": awaits_vouchers}
    return _step(
        complaint, StepKind.ANSWERED, actor, at, changes, text=answer, told=told, awaits=awaits_vouchers
    )


def note_delivery(*, complaint: Complaint, delivered_at: datetime, actor: str, at: datetime) -> Complaint:
    """Say when the vouchers that the answer promised were delivered.

    Raises:
        ImpossibleInstant: after now, or before the complaint was received.
        ComplaintStands: it has no answer yet.
    """
    if not complaint.received_at <= delivered_at <= at:
        raise ImpossibleInstant(delivered_at)
    told = {"delivered_at": delivered_at.isoformat()}
    return _step(complaint, StepKind.DELIVERED, actor, at, {}, text="", told=told, happened_at=delivered_at)


def close_complaint(*, complaint: Complaint, actor: str, at: datetime) -> Complaint:
    """Put away a complaint that has its answer.

    Raises:
        ComplaintStands: it has no answer, or is closed already.
    """
    return _step(complaint, StepKind.CLOSED, actor, at, {"state": ComplaintState.CLOSED.value}, text="")


def reopen_complaint(*, complaint: Complaint, because: str, actor: str, at: datetime) -> Complaint:
    """The solution did not hold: a new round starts, with a delay of its own.

    Raises:
        ComplaintStands: it is open already.
    """
    return _step(complaint, StepKind.REOPENED, actor, at, {"state": ComplaintState.OPEN.value}, text=because)


def rate_complaint(*, complaint: Complaint, mark: int, note: str, actor: str, at: datetime) -> Complaint:
    """The buyer's mark, from 1 to 5, on the solution. A later mark takes the place of the one before.

    Raises:
        ValueError: the mark is not one of these.
        ComplaintStands: there is no solution to judge.
    """
    if not 1 <= mark <= 5:
        raise ValueError(mark)
    changes = {"satisfaction": mark, "satisfaction_note": note}
    return _step(complaint, StepKind.RATED, actor, at, changes, text=note, told={"mark": mark})


def _step(
    complaint: Complaint,
    kind: StepKind,
    actor: str,
    at: datetime,
    changes: Mapping[str, object],
    *,
    text: str,
    told: Mapping[str, object] | None = None,
    awaits: bool = False,
    happened_at: datetime | None = None,
) -> Complaint:
    """Change the complaint if it still stands where this step may start, with its trace."""
    with transaction.atomic():
        held = (
            Complaint.objects.select_for_update(of=("self",)).select_related("contract").get(pk=complaint.pk)
        )
        if ComplaintState(held.state) not in NEXT[kind]:
            raise ComplaintStands(held.number, held.state)
        for name, value in changes.items():
            setattr(held, name, value)
        if changes:
            held.save(update_fields=[*changes])
        ComplaintStep.objects.create(
            complaint=held,
            kind=kind.value,
            at=happened_at or at,
            actor=actor,
            text=text,
            awaits_vouchers=awaits,
        )
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act=f"COMPLAINT_{kind.value}",
            target=f"complaint:{held.number}",
            body=told,
        )
    return held


@clause("T-5.1-coherence")
def decide_action(
    *,
    contract: Contract,
    incident: str,
    cause: str,
    action: str,
    decided_on: date,
    due_on: date,
    actor: str,
    at: datetime,
    complaint: Complaint | None = None,
) -> CorrectiveAction:
    """Record what an incident leads to change."""
    with transaction.atomic():
        made = CorrectiveAction.objects.create(
            contract=contract,
            complaint=complaint,
            incident=incident,
            cause=cause,
            action=action,
            decided_on=decided_on,
            due_on=due_on,
            recorded_at=at,
            recorded_by=actor,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="ACTION_DECIDED",
            target=f"action:{made.pk}",
            body={
                "complaint": complaint.number if complaint else None,
                "decided_on": decided_on.isoformat(),
                "due_on": due_on.isoformat(),
            },
        )
    return made


def complete_action(*, action: CorrectiveAction, done_on: date, actor: str, at: datetime) -> CorrectiveAction:
    """Say that a corrective action is done.

    Raises:
        AlreadyDone: it was done before.
    """
    with transaction.atomic():
        held = (
            CorrectiveAction.objects.select_for_update(of=("self",))
            .select_related("contract")
            .get(pk=action.pk)
        )
        if held.done_on is not None:
            raise AlreadyDone(held.pk)
        held.done_on = done_on
        held.save(update_fields=["done_on"])
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="ACTION_DONE",
            target=f"action:{held.pk}",
            body={"done_on": done_on.isoformat()},
        )
    return held
