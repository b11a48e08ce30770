"""Recording what the parties sign after the contract: amendments, agreed readings. Nothing is ever rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.loading import literal, value_written
from titulaire.contracts.models import AmendedValue, Amendment, ReadingChange
from titulaire.contracts.queries import terms_of
from titulaire.contracts.rules import DatedValue, Retained, Terms, UnknownReading, Value
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
