"""What a contract says on a given day: terms with dated, cited values, and readings of what is unclear.

    terms.amount("face_value", on=day)          # Decimal("10.00")
    terms.days("delivery_working_days", on=day)  # 10
    terms.reading("refund_basis", on=day)        # "PRO_RATA"

A value applies from its date until the next one; an amendment adds a dated value and never rewrites one.
"""

from __future__ import annotations

import calendar
import itertools
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """The shape of a term's value."""

    AMOUNT = "AMOUNT"
    RATE = "RATE"
    NUMBER = "NUMBER"
    COUNT = "COUNT"
    COUNTS = "COUNTS"
    FLAG = "FLAG"
    TEXT = "TEXT"
    TEXTS = "TEXTS"
    CODE = "CODE"
    CODES = "CODES"
    DATE = "DATE"
    TIME = "TIME"
    ANNUAL_DAY = "ANNUAL_DAY"
    TABLE = "TABLE"


@dataclass(frozen=True, slots=True)
class AnnualDay:
    """A day of the year, some years after a year of reference. `day` None is the last day of the month."""

    month: int
    day: int | None
    years_after: int = 0

    def of(self, year: int) -> date:
        """The date, for a year of reference (often the vintage of a voucher)."""
        year += self.years_after
        return date(year, self.month, self.day or calendar.monthrange(year, self.month)[1])


Table = tuple[tuple[str, Decimal], ...]
Value = Decimal | int | bool | str | date | time | AnnualDay | tuple[str, ...] | tuple[int, ...] | Table


class UnknownTerm(LookupError):
    """No term of that name in this contract."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class UnknownReading(LookupError):
    """No reading of that code in this contract."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NoValueOn(LookupError):
    """The contract says nothing of that term on that day: it was not yet notified."""

    def __init__(self, name: str, on: date) -> None:
        super().__init__(name, on.isoformat())
        self.name, self.on = name, on


class WrongKind(TypeError):
    """The term was asked for as something it is not: a bug of the caller."""

    def __init__(self, name: str, kind: Kind, asked: str) -> None:
        super().__init__(f"{name} is {kind}, not {asked}")
        self.name, self.kind, self.asked = name, kind, asked


class AlreadyDated(ValueError):
    """A value already applies from that very day: another one would rewrite it."""

    def __init__(self, name: str, from_on: date) -> None:
        super().__init__(name, from_on.isoformat())
        self.name, self.from_on = name, from_on


@dataclass(frozen=True, slots=True)
class TermSpec:
    """What the software knows of a term whatever the contract: its name, shape, unit and French label.

    `choices` gives the French words of a CODE or CODES. `contracts` are the kinds of contract
    (VOUCHERS, SUPPORT) whose file must give the term.
    """

    name: str
    label: str
    kind: Kind
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    contracts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A value from a day on, until another (not included), with the place of the text that gives it.

    `amendment` is the number of the amendment that brought it, empty for the contract itself;
    `line` its line in the file, None for an amendment.
    """

    from_on: date
    value: Value
    clause: str
    source: str
    note: str = ""
    amendment: str = ""
    line: int | None = None
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A term of one contract, with the whole history of its values, oldest first."""

    spec: TermSpec
    values: tuple[DatedValue, ...]

    def on(self, day: date) -> DatedValue:
        """The one value that applies on that day.

        Raises:
            NoValueOn: the day stands before the first value.
        """
        place = bisect_right(self.values, day, key=lambda value: value.from_on)
        if place == 0:
            raise NoValueOn(self.spec.name, day)
        return self.values[place - 1]


@dataclass(frozen=True, slots=True)
class Option:
    """One way to read the text: its code, and in French what it says."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Retained:
    """The option retained from a day on, until another (not included).

    `agreement` says in French what decided it; `agreed` whether both parties did.
    """

    from_on: date
    option: str
    agreement: str = ""
    agreed: bool = False
    line: int | None = None
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence of the contract that can be read in several ways, and the way retained, dated.

    `why` says why it is retained, `effect` what the other ways would change, `ask` the question to
    put to the other party.
    """

    code: str
    clause: str
    source: str
    question: str
    options: tuple[Option, ...]
    retained: tuple[Retained, ...]
    why: str
    effect: str
    ask: str

    def on(self, day: date) -> Retained:
        """The option retained on that day.

        Raises:
            NoValueOn: the day stands before the first option retained.
        """
        place = bisect_right(self.retained, day, key=lambda retained: retained.from_on)
        if place == 0:
            raise NoValueOn(self.code, day)
        return self.retained[place - 1]

    def option(self, code: str) -> Option:
        """The option of that code."""
        return next(option for option in self.options if option.code == code)

    def rivals(self, day: date) -> tuple[Option, ...]:
        """The options that are not retained on that day."""
        kept = self.on(day).option
        return tuple(option for option in self.options if option.code != kept)


@dataclass(frozen=True, slots=True)
class Head:
    """The parties and the lifetime. `ends_on` is the first day after the last possible one.

    The contract binds from `notified_on`; its service runs from `starts_on`. `firm_until_on` is the first
    day that depends on a renewal. `assumption` says what the text left open and this file had to choose.
    """

    code: str
    kind: str
    title: str
    buyer: str
    contractor: str
    notified_on: date
    starts_on: date
    ends_on: date
    firm_until_on: date
    assumption: str = ""


@dataclass(frozen=True)
class Terms:
    """All the terms and readings of one contract, its amendments included."""

    head: Head
    terms: Mapping[str, Term]
    readings: Mapping[str, Reading]

    def term(self, name: str) -> Term:
        """The term with its history.

        Raises:
            UnknownTerm: this contract has no such term.
        """
        if name not in self.terms:
            raise UnknownTerm(name)
        return self.terms[name]

    def dated(self, name: str, *, on: date) -> DatedValue:
        """The value that applies on a day, with its clause and source.

        Raises:
            UnknownTerm: this contract has no such term.
            NoValueOn: the day stands before the notification.
        """
        return self.term(name).on(on)

    def value(self, name: str, *, on: date) -> Value:
        """The value that applies on a day; same refusals as `dated`."""
        return self.dated(name, on=on).value

    def amount(self, name: str, *, on: date) -> Decimal:
        """Euros; same refusals as `dated`, and WrongKind."""
        value = self._as(name, on, "an amount", Kind.AMOUNT)
        assert isinstance(value, Decimal)  # noqa: S101 - the loading made it so
        return value

    def rate(self, name: str, *, on: date) -> Decimal:
        """A share of one (0.90 is 90 %, 1.20 is 120 %); same refusals as `dated`, and WrongKind."""
        value = self._as(name, on, "a rate", Kind.RATE)
        assert isinstance(value, Decimal)  # noqa: S101
        return value

    def number(self, name: str, *, on: date) -> Decimal:
        """A decimal number in the unit of the term; same refusals as `dated`, and WrongKind."""
        value = self._as(name, on, "a number", Kind.NUMBER)
        assert isinstance(value, Decimal)  # noqa: S101
        return value

    def count(self, name: str, *, on: date) -> int:
        """A whole number in the unit of the term; same refusals as `dated`, and WrongKind."""
        value = self._as(name, on, "a count", Kind.COUNT)
        assert isinstance(value, int)  # noqa: S101
        return value

    def days(self, name: str, *, on: date) -> int:
        """A number of days, working or calendar as the unit says; same refusals as `count`."""
        if self.term(name).spec.unit not in {"WORKING_DAYS", "CALENDAR_DAYS"}:
            raise WrongKind(name, self.term(name).spec.kind, "a number of days")
        return self.count(name, on=on)

    def flag(self, name: str, *, on: date) -> bool:
        """Yes or no; same refusals as `dated`, and WrongKind."""
        return self._as(name, on, "a flag", Kind.FLAG) is True

    def text(self, name: str, *, on: date) -> str:
        """A French text, or a code in capitals; same refusals as `dated`, and WrongKind."""
        value = self._as(name, on, "a text", Kind.TEXT, Kind.CODE)
        assert isinstance(value, str)  # noqa: S101
        return value

    def texts(self, name: str, *, on: date) -> tuple[str, ...]:
        """Several texts or codes, in the order of the contract; same refusals as `dated`, and WrongKind."""
        value = self._as(name, on, "texts", Kind.TEXTS, Kind.CODES)
        assert isinstance(value, tuple)  # noqa: S101
        return tuple(str(item) for item in value)

    def counts(self, name: str, *, on: date) -> tuple[int, ...]:
        """Several whole numbers; same refusals as `dated`, and WrongKind."""
        value = self._as(name, on, "counts", Kind.COUNTS)
        assert isinstance(value, tuple)  # noqa: S101
        return tuple(item for item in value if isinstance(item, int))

    def day(self, name: str, *, on: date) -> date:
        """A date; same refusals as `dated`, and WrongKind."""
        value = self._as(name, on, "a date", Kind.DATE)
        assert isinstance(value, date)  # noqa: S101
        return value

    def time(self, name: str, *, on: date) -> time:
        """A time of day; same refusals as `dated`, and WrongKind."""
        value = self._as(name, on, "a time of day", Kind.TIME)
        assert isinstance(value, time)  # noqa: S101
        return value

    def annual_day(self, name: str, *, on: date) -> AnnualDay:
        """A day of the year to be set in a year: `.of(vintage)`; same refusals as `dated`, and WrongKind."""
        value = self._as(name, on, "a day of the year", Kind.ANNUAL_DAY)
        assert isinstance(value, AnnualDay)  # noqa: S101
        return value

    def table(self, name: str, *, on: date) -> dict[str, Decimal]:
        """Numbers by label, in the order of the contract; same refusals as `dated`, and WrongKind."""
        value = self._as(name, on, "a table", Kind.TABLE)
        assert isinstance(value, tuple)  # noqa: S101
        return dict(row for row in value if isinstance(row, tuple))

    def reading(self, code: str, *, on: date) -> str:
        """The code of the option retained on that day.

        Raises:
            UnknownReading: this contract has no such reading.
            NoValueOn: the day stands before the notification.
        """
        if code not in self.readings:
            raise UnknownReading(code)
        return self.readings[code].on(on).option

    def amended(
        self, values: Iterable[tuple[str, DatedValue]] = (), options: Iterable[tuple[str, Retained]] = ()
    ) -> Terms:
        """The same terms with values and options added by amendments and agreements.

        Raises:
            UnknownTerm, UnknownReading: an addition names what this contract has not.
            AlreadyDated: an addition starts on the day of a value that is already there.
        """
        terms, readings = dict(self.terms), dict(self.readings)
        for name, value in values:
            term = self._amendable(terms, name)
            terms[name] = replace(term, values=in_order(name, (*term.values, value)))
        for code, retained in options:
            if code not in readings:
                raise UnknownReading(code)
            reading = readings[code]
            readings[code] = replace(reading, retained=options_in_order(code, (*reading.retained, retained)))
        return Terms(self.head, terms, readings)

    @staticmethod
    def _amendable(terms: Mapping[str, Term], name: str) -> Term:
        if name not in terms:
            raise UnknownTerm(name)
        return terms[name]

    def _as(self, name: str, on: date, asked: str, *kinds: Kind) -> Value:
        term = self.term(name)
        if term.spec.kind not in kinds:
            raise WrongKind(name, term.spec.kind, asked)
        return term.on(on).value


def in_order(name: str, values: Iterable[DatedValue]) -> tuple[DatedValue, ...]:
    """Values by date, each ending where the next begins.

    Raises:
        AlreadyDated: two values begin on the same day.
    """
    ordered = sorted(values, key=lambda value: value.from_on)
    _one_per_day(name, [value.from_on for value in ordered])
    ends = [value.from_on for value in ordered[1:]]
    return tuple(replace(value, until_on=end) for value, end in zip(ordered, [*ends, None], strict=True))


def options_in_order(code: str, retained: Iterable[Retained]) -> tuple[Retained, ...]:
    """Retained options by date, each ending where the next begins.

    Raises:
        AlreadyDated: two begin on the same day.
    """
    ordered = sorted(retained, key=lambda one: one.from_on)
    _one_per_day(code, [one.from_on for one in ordered])
    ends = [one.from_on for one in ordered[1:]]
    return tuple(replace(one, until_on=end) for one, end in zip(ordered, [*ends, None], strict=True))


def _one_per_day(name: str, days: list[date]) -> None:
    for earlier, later in itertools.pairwise(days):
        if earlier == later:
            raise AlreadyDated(name, later)
