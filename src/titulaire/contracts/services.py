"""Recording what the parties sign after the contract: amendments, agreed readings. Nothing is ever rewritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.levels import is_level, schedule
from titulaire.contracts.loading import literal, value_written
from titulaire.contracts.models import AmendedValue, Amendment, LevelChange, LevelValue, ReadingChange
from titulaire.contracts.queries import calendar_of, notice_rule, terms_of
from titulaire.contracts.rules import AlreadyDated, DatedValue, Retained, Terms, UnknownReading, Value
from titulaire.identity.models import Contract
from titulaire.journal.services import record


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value that an amendment adds; `value` in the form the rules use."""

    term: str
    from_on: date
    value: Value
    note: str = ""


class NumberTaken(ValueError):
    """The contract already has an amendment of that number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Retroactive(ValueError):
    """A value or reading would apply before the day it was agreed: it would rewrite the past."""

    def __init__(self, name: str, from_on: date, agreed_on: date) -> None:
        super().__init__(name, from_on.isoformat(), agreed_on.isoformat())
        self.name, self.from_on, self.agreed_on = name, from_on, agreed_on


class SignedLater(ValueError):
    """The signature is dated after the moment of the record, or before the contract's notification."""

    def __init__(self, signed_on: date) -> None:
        super().__init__(signed_on.isoformat())
        self.signed_on = signed_on


class UnknownOption(LookupError):
    """The reading has no such option."""

    def __init__(self, reading: str, option: str) -> None:
        super().__init__(reading, option)
        self.reading, self.option = reading, option


class AmendsNothing(ValueError):
    """An amendment is recorded with the values it adds: this one adds none."""


@clause("S-3.3.2-evolution")
def record_amendment(
    *,
    contract: Contract,
    number: int,
    title: str,
    signed_on: date,
    document_name: str,
    document_sha256: str,
    values: Sequence[NewValue],
    actor: str,
    at: datetime,
) -> Amendment:
    """Record a signed amendment and the dated values it adds.

    Raises:
        AmendsNothing: no value is given.
        NumberTaken: an amendment of that number is already recorded.
        SignedLater: it is signed after `at`, or before the contract was notified.
        Retroactive: a value applies before the signature.
        UnknownTerm, NotAValue: a value is of a term that the contract has not, or of another kind.
        AlreadyDated: a value begins on the day of another one.
    """
    if not values:
        raise AmendsNothing
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        terms = terms_of(held.code)
        _signed_in_time(signed_on, terms.head.notified_on, at)
        if Amendment.objects.filter(contract=held, number=number).exists():
            raise NumberTaken(number)
        added = [_checked(terms, value, signed_on) for value in values]
        terms.amended(values=added)
        amendment = Amendment.objects.create(
            contract=held,
            number=number,
            title=title,
            signed_on=signed_on,
            document_name=document_name,
            document_sha256=document_sha256,
            recorded_at=at,
            recorded_by=actor,
        )
        AmendedValue.objects.bulk_create(
            AmendedValue(
                amendment=amendment,
                contract=held,
                term=term,
                from_on=value.from_on,
                value=literal(value.value),
                clause=value.clause,
                note=value.note,
            )
            for term, value in added
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="AMENDMENT_RECORDED",
            target=f"amendment:{number}",
            body={
                "title": title,
                "signed_on": signed_on.isoformat(),
                "document_sha256": document_sha256,
                "values": [
                    {"term": term, "from": value.from_on.isoformat(), "value": literal(value.value)}
                    for term, value in added
                ],
            },
        )
    return amendment


def change_reading(
    *,
    contract: Contract,
    reading: str,
    option: str,
    from_on: date,
    buyer_agreed_on: date,
    contractor_agreed_on: date,
    document_name: str,
    document_sha256: str,
    actor: str,
    at: datetime,
) -> ReadingChange:
    """Record that both parties agreed to read a sentence another way, from a day on.

    Raises:
        UnknownReading, UnknownOption: the contract has no such reading, or the reading no such option.
        SignedLater: a party agreed after `at`, or before the contract was notified.
        Retroactive: the option would apply before both had agreed.
        AlreadyDated: an option already begins on that day.
    """
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        terms = terms_of(held.code)
        if reading not in terms.readings:
            raise UnknownReading(reading)
        if option not in {one.code for one in terms.readings[reading].options}:
            raise UnknownOption(reading, option)
        for agreed_on in (buyer_agreed_on, contractor_agreed_on):
            _signed_in_time(agreed_on, terms.head.notified_on, at)
            if from_on < agreed_on:
                raise Retroactive(reading, from_on, agreed_on)
        terms.amended(options=[(reading, Retained(from_on, option))])
        change = ReadingChange.objects.create(
            contract=held,
            reading=reading,
            option=option,
            from_on=from_on,
            buyer_agreed_on=buyer_agreed_on,
            contractor_agreed_on=contractor_agreed_on,
            document_name=document_name,
            document_sha256=document_sha256,
            recorded_at=at,
            recorded_by=actor,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="READING_CHANGED",
            target=f"reading:{reading}",
            body={
                "option": option,
                "from": from_on.isoformat(),
                "buyer_agreed_on": buyer_agreed_on.isoformat(),
                "contractor_agreed_on": contractor_agreed_on.isoformat(),
                "document_sha256": document_sha256,
            },
        )
    return change


class TooLateToAnswer(ValueError):
    """Silence has already accepted the change."""

    def __init__(self, change: LevelChange) -> None:
        super().__init__(change.number)
        self.change = change


class AlreadyAnswered(ValueError):
    """The change has its answer."""

    def __init__(self, change: LevelChange) -> None:
        super().__init__(change.number)
        self.change = change


class RefusedWithoutReasons(ValueError):
    """A refusal says why."""


class ChangesNothing(ValueError):
    """A notice gives new values, or says what else changes: this one does neither."""


class NotALevel(ValueError):
    """The term is no service level: it changes by amendment."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NotifiedLater(ValueError):
    """The notice is dated after the moment of the record, or before the contract's notification."""

    def __init__(self, notified_at: datetime) -> None:
        super().__init__(notified_at.isoformat())
        self.notified_at = notified_at


@clause("S-9-modification", "S-3.3.2-evolution")
def notify_level_change(
    *,
    contract: Contract,
    title: str,
    values: Mapping[str, Value],
    notified_at: datetime,
    actor: str,
    at: datetime,
    definition: str = "",
    asked_from_on: date | None = None,
    document_name: str = "",
    document_sha256: str = "",
) -> LevelChange:
    """Record that the buyer notified a change of service levels: new values by term, or a definition.

    Its dates follow from `notified_at`, when the notice reached the contractor.

    Raises:
        ChangesNothing: no value and no definition.
        NotifiedLater: the notice is later than `at`, or earlier than the contract.
        UnknownTerm, NotALevel, NotAValue: a value is of no service level, or of another kind.
        AlreadyDated: the contract, or a change that is not refused, has a value from that very day.
    """
    if not values and not definition.strip():
        raise ChangesNothing
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        terms = terms_of(held.code, at=at)
        notified_on = timezone.localdate(notified_at)
        if notified_at > at or notified_on < terms.head.notified_on:
            raise NotifiedLater(notified_at)
        rule = notice_rule(terms, on=notified_on)
        dates = schedule(notified_at, asked_from_on, rule, calendar_of(terms, on=notified_on))
        added = [
            _checked(terms, NewValue(name, dates.from_on, value), notified_on)
            for name, value in values.items()
        ]
        _levels_alone(held, terms, added, notified_on)
        last = LevelChange.objects.filter(contract=held).order_by("-number").first()
        change = LevelChange.objects.create(
            contract=held,
            number=last.number + 1 if last else 1,
            title=title,
            definition=definition.strip(),
            notified_at=notified_at,
            notified_by=actor,
            document_name=document_name,
            document_sha256=document_sha256,
            asked_from_on=asked_from_on,
            from_on=dates.from_on,
            answer_ends_at=dates.answer_ends_at,
        )
        LevelValue.objects.bulk_create(
            LevelValue(change=change, term=term, value=literal(value.value), clause=value.clause)
            for term, value in added
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="LEVEL_CHANGE_NOTIFIED",
            target=f"level-change:{change.number}",
            body={
                "title": title,
                "definition": change.definition,
                "notified_at": notified_at.isoformat(),
                "document_sha256": document_sha256,
                "from": dates.from_on.isoformat(),
                "answer_ends_at": dates.answer_ends_at.isoformat(),
                "values": {term: literal(value.value) for term, value in added},
            },
        )
    return change


def _levels_alone(
    contract: Contract, terms: Terms, added: Sequence[tuple[str, DatedValue]], on: date
) -> None:
    for name, value in added:
        if not is_level(name, terms, on=on):
            raise NotALevel(name)
        waiting = LevelValue.objects.filter(
            change__contract=contract, change__from_on=value.from_on, term=name
        ).exclude(change__accepted=False)
        if waiting.exists():
            raise AlreadyDated(name, value.from_on)
    terms.amended(values=added)


@clause("S-9-modification")
def answer_level_change(
    *, change: LevelChange, accepted: bool, actor: str, at: datetime, reasons: str = ""
) -> LevelChange:
    """Record the contractor's answer to a notified change, while there is time.

    Raises:
        RefusedWithoutReasons: a refusal gives no reason.
        AlreadyAnswered: it has its answer.
        TooLateToAnswer: silence has accepted it.
    """
    if not accepted and not reasons.strip():
        raise RefusedWithoutReasons
    with transaction.atomic():
        Contract.objects.select_for_update().get(pk=change.contract_id)
        won = LevelChange.objects.filter(pk=change.pk).open_to(at=at)
        if not won.update(
            accepted=accepted, answered_at=at, answered_by=actor, answer_reasons=reasons.strip()
        ):
            change.refresh_from_db()
            raise AlreadyAnswered(change) if change.accepted is not None else TooLateToAnswer(change)
        change.refresh_from_db()
        record(
            contract=change.contract.code,
            actor=actor,
            at=at,
            act="LEVEL_CHANGE_ANSWERED",
            target=f"level-change:{change.number}",
            body={"accepted": accepted, "reasons": change.answer_reasons},
        )
    return change


def note_silences(*, contract: Contract, actor: str, at: datetime) -> int:
    """Tell the journal of the changes that silence has accepted, once each. Their effect does not wait for it."""
    noted = 0
    silent = LevelChange.objects.filter(contract=contract, silence_noted_at__isnull=True)
    for change in silent.filter(accepted__isnull=True).in_effect(at=at):
        with transaction.atomic():
            if not silent.filter(pk=change.pk).update(silence_noted_at=at):
                continue
            noted += 1
            record(
                contract=contract.code,
                actor=actor,
                at=at,
                act="LEVEL_CHANGE_DEEMED",
                target=f"level-change:{change.number}",
                body={"deemed_at": change.answer_ends_at.isoformat(), "from": change.from_on.isoformat()},
            )
    return noted


def _signed_in_time(signed_on: date, notified_on: date, at: datetime) -> None:
    if not notified_on <= signed_on <= timezone.localdate(at):
        raise SignedLater(signed_on)


def _checked(terms: Terms, value: NewValue, signed_on: date) -> tuple[str, DatedValue]:
    term = terms.term(value.term)
    if value.from_on < signed_on:
        raise Retroactive(value.term, value.from_on, signed_on)
    # Written and read back: what the database will give is what was checked.
    checked = value_written(term.spec, literal(value.value))
    cited = term.on(value.from_on).clause
    return value.term, DatedValue(value.from_on, checked, cited, source="", note=value.note)
