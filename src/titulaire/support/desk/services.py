"""The acts of the desk: sit, take a contact, qualify it. Its qualification closes it, and nothing else does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction
from django.db.models import Max

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.journal.services import record
from titulaire.support.desk.models import Contact, Given, ItemFact, Seat
from titulaire.support.desk.queries import legs_of_calls, lists_on, open_at, service_calendar
from titulaire.support.desk.rules import (
    ContactState,
    Qualification,
    caller_fault,
    qualification_faults,
    reference_of,
)
from titulaire.support.desk.telling import answered_leg, says_already, told_again
from titulaire.support.facts.live import Message, live_connector
from titulaire.support.facts.models import Batch
from titulaire.support.facts.schema import Record
from titulaire.support.facts.services import Correction, import_file

MOST_TOLD = 5_000
SOURCE = "bureau"


class ContactRefused(ValueError):
    """The contact cannot be kept so: `faults` by field, codes."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(", ".join(f"{name}: {code}" for name, code in faults.items()))
        self.faults = faults


class CallKnown(ValueError):
    """This call has its contact already: `reference`."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class NoReason(ValueError):
    """A qualification that replaces another says why."""


def take_seat(*, contract: Contract, site: str, actor: str, at: datetime) -> Seat:
    """Say at which site this person works. Said again, the last word holds; contacts keep that of their time."""
    with transaction.atomic():
        _hold(contract)
        known = Seat.objects.filter(contract=contract, actor=actor).first()
        if known and known.site == site:
            return known
        seat, _ = Seat.objects.update_or_create(
            contract=contract, actor=actor, defaults={"site": site, "taken_at": at}
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="DESK_SEAT_TAKEN",
            target=f"seat:{seat.pk}",
            body={"site": site, "before": known.site if known else None},
        )
    return seat


@clause("S-2.1.2-canaux", "S-2.1.5-horaires")
def open_contact(
    *,
    contract: Contract,
    flow: str,
    started_at: datetime,
    adviser: str,
    site: str,
    actor: str,
    at: datetime,
    call_id: str = "",
    pseudonym: str = "",
) -> Contact:
    """Take a contact: from now on it waits for its qualification.

    Raises:
        ContactRefused: a flow that the contract does not have that day, a start to come, or a caller's own number.
        CallKnown: that call was taken already.
    """
    terms = terms_of(contract.code, at=at)
    day = service_calendar(terms, terms.head.notified_on).local_day(started_at)
    faults = {"call_id": caller_fault(call_id), "pseudonym": caller_fault(pseudonym)}
    if day < terms.head.notified_on:
        faults["started_at"] = "BEFORE"
    elif flow not in dict(lists_on(terms, day).flows):
        faults["flow"] = "UNLISTED"
    if started_at > at:
        faults["started_at"] = "FUTURE"
    if told := {name: code for name, code in faults.items() if code}:
        raise ContactRefused(told)
    with transaction.atomic():
        held = _hold(contract)
        known = Contact.objects.of(held).filter(call_id=call_id).first() if call_id else None
        if known is not None:
            raise CallKnown(known.reference)
        rank = (Contact.objects.of(held).aggregate(last=Max("rank"))["last"] or 0) + 1
        made = Contact.objects.create(
            contract=held,
            rank=rank,
            reference=reference_of("CT", rank),
            flow=flow,
            call_id=call_id,
            pseudonym=pseudonym,
            adviser=adviser,
            site=site,
            started_at=started_at,
            opened_by=actor,
            opened_at=at,
            outside_hours=not open_at(terms, started_at),
            state=ContactState.OPEN.value,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="CONTACT_OPENED",
            target=f"contact:{made.reference}",
            body={
                "flow": flow,
                "adviser": adviser,
                "site": site,
                "started_at": started_at.isoformat(),
                "outside_hours": made.outside_hours,
            },
        )
    return made


def _hold(contract: Contract) -> Contract:
    """One writer at a time on a contract's references."""
    return Contract.objects.select_for_update().get(pk=contract.pk)


@clause("S-2.1.7-motifs", "S-2.1.5-typologies", "S-2.1.5-regimes")
def qualify_contact(
    *, contact: Contact, said: Qualification, actor: str, at: datetime, because: str = ""
) -> Contact:
    """Qualify a contact by the words of the contract on its day: this closes it.

    Given again, it says why, and the earlier one stays readable; the instant of the first holds for the delay.

    Raises:
        ContactRefused: a word that is not listed that day, or a person's number in the note.
        NoReason: it replaces another and does not say why.
    """
    with transaction.atomic():
        held = Contact.objects.select_for_update(of=("self",)).select_related("contract").get(pk=contact.pk)
        terms = terms_of(held.contract.code, at=at)
        day = service_calendar(terms, terms.head.notified_on).local_day(held.started_at)
        lists = lists_on(terms, day)
        if faults := qualification_faults(said, lists):
            raise ContactRefused(faults)
        before = held.reason
        words = (said.contact_type, said.reason, said.scheme, said.outcome.value, said.note)
        if words == (held.contact_type, held.reason, held.scheme, held.outcome, held.note):
            return held
        if held.state == ContactState.CLOSED.value and not because.strip():
            raise NoReason
        held.contact_type, held.reason, held.scheme, held.outcome, held.note = words
        held.list_since, held.list_version = lists.since, lists.version
        held.state = ContactState.CLOSED.value
        held.qualified_at = held.qualified_at or at
        held.to_tell = bool(held.call_id)
        held.save()
        Given.objects.create(
            contact=held,
            at=at,
            actor=actor,
            contact_type=said.contact_type,
            reason=said.reason,
            scheme=said.scheme,
            outcome=said.outcome.value,
            list_version=lists.version,
            because=because.strip(),
        )
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="CONTACT_REQUALIFIED" if before else "CONTACT_QUALIFIED",
            target=f"contact:{held.reference}",
            body={
                "type": said.contact_type,
                "reason": said.reason,
                "scheme": said.scheme,
                "outcome": said.outcome.value,
                "list": lists.version,
                "before": before,
                "because": because.strip(),
            },
        )
    return held


# Joining the facts


@dataclass(frozen=True, slots=True)
class Told:
    """What became of what was to be told: joined to a fact, waiting for it; `events` of requests and tickets."""

    joined: int
    waiting: int
    refused: int = 0
    events: int = 0


@clause("S-2.1.7-motifs")
def tell_facts(*, contract: Contract, actor: str, at: datetime) -> Told:
    """Join each qualification to the fact of its call, as a correction that says why.

    The fact keeps everything else, its caller's pseudonym included. A call whose fact has not come yet waits. A cut
    between the facts and this register costs nothing: what a fact already says is not told again.
    """
    waiting = list(Contact.objects.of(contract).filter(to_tell=True).order_by("rank")[:MOST_TOLD])
    legs = legs_of_calls(contract, waiting)
    facts: dict[str, list[tuple[Contact, dict[str, Any]]]] = defaultdict(list)
    joined: list[tuple[Contact, str]] = []
    missing = 0
    for contact in waiting:
        of_call = legs.get(contact.call_id, [])
        leg = answered_leg(of_call)
        assert contact.qualified_at is not None  # noqa: S101 - a constraint of the table
        if leg is None:
            missing += 1
        elif says_already(leg, reason=contact.reason, qualified_at=contact.qualified_at):
            joined.append((contact, str(leg["batch"])))
        else:
            fact = told_again(leg, of_call, reason=contact.reason, qualified_at=contact.qualified_at)
            facts[str(leg["source"])].append((contact, fact))
    refused = 0
    for source, told in sorted(facts.items()):
        batch = _correct(
            contract,
            Message("desk", at, Record.LEGS, tuple(fact for _, fact in told)),
            source,
            "Qualification faite au bureau des conseillers.",
            actor=actor,
            at=at,
        )
        if batch.state == "ACCEPTED":
            joined += [(contact, batch.key) for contact, _ in told]
        else:
            refused += len(told)
    if joined:
        with transaction.atomic():
            for contact, key in joined:
                # Qualified again meanwhile: it will be told again.
                Contact.objects.filter(pk=contact.pk, reason=contact.reason).update(
                    to_tell=False, told_batch=key
                )
            record(
                contract=contract.code,
                actor=actor,
                at=at,
                act="DESK_TOLD",
                target="desk:facts",
                body={
                    "joined": len(joined),
                    "waiting": missing,
                    "batches": sorted({key for _, key in joined}),
                },
            )
    items, refused_items = _tell_items(contract, actor=actor, at=at)
    return Told(len(joined), missing, refused + refused_items, items)


def _tell_items(contract: Contract, *, actor: str, at: datetime) -> tuple[int, int]:
    """Tell what happened to requests and tickets, under a source of the desk's own.

    Told as a correction: rows that a cut had left told give way to themselves.
    """
    waiting = list(ItemFact.objects.filter(contract=contract, told_batch="")[:MOST_TOLD])
    if not waiting:
        return 0, 0
    facts = tuple(
        {
            "item_id": one.item_id,
            "kind": one.kind,
            "event": one.event,
            "occurred_at": one.occurred_at.astimezone(UTC).isoformat(),
            "flow": one.flow,
            "reason": one.reason or None,
            "adviser": one.adviser,
            "site": one.site,
        }
        for one in waiting
    )
    message = Message("desk", at, Record.ITEMS, facts)
    batch = _correct(
        contract, message, SOURCE, "Suites tenues au bureau des conseillers.", actor=actor, at=at
    )
    if batch.state != "ACCEPTED":
        return 0, len(waiting)
    with transaction.atomic():
        ItemFact.objects.filter(pk__in=[one.pk for one in waiting]).update(told_batch=batch.key)
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="DESK_TOLD",
            target="desk:items",
            body={"events": len(waiting), "batch": batch.key},
        )
    return len(waiting), 0


def _correct(
    contract: Contract, message: Message, source: str, reason: str, *, actor: str, at: datetime
) -> Batch:
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "bureau.jsonl"
        path.write_bytes(message.lines)
        return import_file(
            contract=contract,
            path=path,
            connector=live_connector(message.record, source),
            actor=actor,
            at=at,
            file_name="Bureau des conseillers",
            correction=Correction("ROWS", reason),
        ).batch
