"""The terms of a contract: its file, then its amendments and agreed readings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from pathlib import Path

from django.db.models import QuerySet
from django.utils import timezone

from titulaire.clauses.register import register
from titulaire.contracts.catalogue import CATALOGUE
from titulaire.contracts.levels import NoticeRule
from titulaire.contracts.loading import load, value_written
from titulaire.contracts.models import AmendedValue, Amendment, LevelChange, LevelValue, ReadingChange
from titulaire.contracts.rules import DatedValue, Retained, Terms
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.holidays import Territory
from titulaire.identity.models import Contract

FILES = Path(__file__).with_name("terms")


class NoTermsFile(LookupError):
    """No terms file for that contract."""

    def __init__(self, contract_code: str) -> None:
        super().__init__(contract_code)
        self.contract_code = contract_code


def codes_with_terms() -> tuple[str, ...]:
    """The codes of the contracts that have a terms file."""
    return tuple(sorted(file.stem for file in FILES.glob("*.toml")))


@cache
def terms_as_signed(contract_code: str) -> Terms:
    """The terms of the contract's file alone, without amendments.

    Raises:
        NoTermsFile: there is no such file.
        TermsRefused: the file does not say exactly one thing on every day.
    """
    if contract_code not in codes_with_terms():
        raise NoTermsFile(contract_code)
    file = FILES / f"{contract_code}.toml"
    return load(file.read_text(encoding="utf-8"), file=file.name, clauses=register())


_HELD: ContextVar[dict[tuple[str, datetime | None], Terms] | None] = ContextVar("terms held", default=None)


@contextmanager
def terms_held() -> Iterator[None]:
    """Read the terms of a contract once, whatever asks for them within: for what reads and writes nothing."""
    if _HELD.get() is not None:
        yield
        return
    token = _HELD.set({})
    try:
        yield
    finally:
        _HELD.reset(token)


def terms_of(contract_code: str, *, at: datetime | None = None) -> Terms:
    """The terms with the amendments, agreed readings and level changes in effect by the instant `at`.

    None: all so far. Where an amendment and a level change speak of one term from one day, the amendment prevails.

    Raises:
        NoTermsFile, TermsRefused: as `terms_as_signed`.
    """
    held = _HELD.get()
    if held is None:
        return _read(contract_code, at)
    if (contract_code, at) not in held:
        held[contract_code, at] = _read(contract_code, at)
    return held[contract_code, at]


def _read(contract_code: str, at: datetime | None) -> Terms:
    values = AmendedValue.objects.filter(contract__code=contract_code).select_related("amendment")
    changes = ReadingChange.objects.filter(contract__code=contract_code)
    levels = LevelChange.objects.filter(contract__code=contract_code).in_effect(at=at or timezone.now())
    if at is not None:
        values = values.filter(amendment__recorded_at__lte=at)
        changes = changes.filter(recorded_at__lte=at)
    signed = [(row.term, _dated(row)) for row in values]
    taken = {(term, value.from_on) for term, value in signed}
    notified = [
        (row.term, _notified(row))
        for row in LevelValue.objects.filter(change__in=levels).select_related("change")
        if (row.term, row.change.from_on) not in taken
    ]
    return terms_as_signed(contract_code).amended(
        values=[*signed, *notified],
        options=[(row.reading, _retained(row)) for row in changes],
    )


def amendments_of(contract: Contract) -> QuerySet[Amendment]:
    """The amendments of a contract with their values, latest first."""
    return Amendment.objects.filter(contract=contract).prefetch_related("values").order_by("-number")


def _dated(row: AmendedValue) -> DatedValue:
    return DatedValue(
        from_on=row.from_on,
        value=value_written(CATALOGUE[row.term], row.value),
        clause=row.clause,
        source=f"Avenant n° {row.amendment.number}",
        note=row.note,
        amendment=str(row.amendment.number),
    )


def _notified(row: LevelValue) -> DatedValue:
    return DatedValue(
        from_on=row.change.from_on,
        value=value_written(CATALOGUE[row.term], row.value),
        clause=row.clause,
        source=f"Modification de niveau de service n° {row.change.number}",
        note=row.change.title,
    )


def level_changes_of(contract: Contract) -> QuerySet[LevelChange]:
    """The level changes of a contract with their values, latest first."""
    return LevelChange.objects.filter(contract=contract).prefetch_related("values").order_by("-number")


def notice_rule(terms: Terms, *, on: date) -> NoticeRule:
    """How a change of service level is notified and answered, as the contract reads on a day.

    Raises:
        UnknownTerm: this contract has no such change.
    """
    return NoticeRule(
        terms.count("change_notice_day", on=on),
        terms.count("change_answer_day", on=on),
        terms.reading("change_effect", on=on),
        terms.reading("change_days_off", on=on),
    )


def calendar_of(terms: Terms, *, on: date | None = None) -> Calendar:
    """The working days of a contract, as it reads on a day; without one, as it was notified."""
    return Calendar(Territory(terms.text("holiday_territory", on=on or terms.head.notified_on)))


def _retained(row: ReadingChange) -> Retained:
    agreed_on = max(row.buyer_agreed_on, row.contractor_agreed_on)
    words = f"Accord des deux parties du {agreed_on:%d/%m/%Y}"
    return Retained(row.from_on, row.option, agreement=words, agreed=True)
