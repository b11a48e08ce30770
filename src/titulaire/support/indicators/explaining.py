"""A figure opened down to its facts: each row behind the numerator and the denominator, and each one left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.indicators.engine import Backend, arrow_of, narrow
from titulaire.indicators.rules import Indicator, Sides, Sum
from titulaire.support.facts.queries import Stated
from titulaire.support.indicators import counting, tables
from titulaire.support.indicators.catalogue import indicators, production_plan
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.evaluation import options_on, question_of
from titulaire.support.indicators.kept import full_day_ms, reading

FIRST = 100
"""Rows given when nobody asks for another number."""

_LINEAGE = ("source", "source_row", "batch")
SHOWN: Mapping[str, tuple[str, ...]] = {
    "legs": (
        *("call_id", "leg", "arrived_at", "flow", "call_group", "origin", "outcome", "wait_ms", "talk_ms"),
        *("hold_ms", "wrapup_ms", "reason", "qualified_by", "qualified_at", "site", "adviser", "incident"),
        *_LINEAGE,
    ),
    "states": ("adviser", "started_at", "duration_ms", "state", "activity", "site", "call_group", *_LINEAGE),
    "forms": ("item_id", "event", "occurred_at", "exclusion", "reason", "site", "adviser", *_LINEAGE),
    "marks": (
        *("item_id", "kind", "occurred_at", "marked_by", "mark", "sampling", "buyer", "contractor", "site"),
        *("adviser", *_LINEAGE),
    ),
    "form_days": ("day", "adviser", "site", "forms_ms", "other_ms", "answered", "full"),
}
ORDER = {
    "legs": ("arrived_at", "source_key"),
    "states": ("started_at", "adviser"),
    "forms": ("occurred_at", "source_key"),
    "marks": ("occurred_at", "source_key"),
    "form_days": ("day", "adviser"),
}

ASIDE: Mapping[str, Callable[[ir.Table], Any]] = {
    "ivr_only": lambda legs: legs.origin == "IVR_ONLY",
    "widened": lambda legs: legs.origin == "WIDENED",
    "dissuaded_telecom": counting.dissuaded_telecom,
    "dissuaded_closure": counting.dissuaded_closure,
    "overflowed_out": counting.overflowed_out,
    "recovered_in_transfer": counting.recovered_in_transfer,
    "widened_out": counting.widened_out,
    "not_presented": lambda legs: ~counting.presented(legs),
    "out_of_hours": lambda legs: ~legs.in_hours,
    "holiday": lambda legs: legs.on_holiday,
    "other_origin": lambda legs: legs.origin != "INBOUND",
    "not_answered": lambda legs: ~counting.answered(legs),
    "internal": lambda legs: legs.internal,
    "other_activity": lambda states: ~states.on_phone,
    "not_a_call": lambda marks: marks.kind != "CALL",
    "not_a_ticket": lambda marks: marks.kind != "N2_TICKET",
    "not_a_form": lambda marks: marks.kind != "FORM",
    "one_mark": lambda marks: ~marks.both,
    "no_own_mark": lambda marks: marks.marked_by != "CONTRACTOR",
    "picked": lambda marks: ~marks.drawn,
    "again": lambda forms: ~forms.first,
    "not_first_answer": lambda forms: (forms.event != "ANSWERED") | ~forms.first,
}
OTHERWISE = "sans effet sur ce chiffre"


class NothingToOpen(LookupError):
    """No indicator of that code, or one that is declared and has no facts to show."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of one table behind a figure.

    `counted` rows bring `numerator` and `denominator`, and `rows` shows the first ones with what each brings.
    `left_out` counts the others by reason, and `left_out_rows` shows the first ones with `why`.
    """

    table: str
    counted: int
    numerator: int
    denominator: int
    rows: tuple[Mapping[str, Any], ...]
    left_out: tuple[tuple[str, int], ...]
    left_out_rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """An indicator, the formula retained, and the rows behind it."""

    indicator: Indicator
    sides: Sides
    options: Mapping[str, str]
    listings: tuple[Listing, ...]


@clause("S-3.3.1-tableaux-de-bord")
def explain(
    contract: Contract,
    code: str,
    *,
    since: date,
    until: date,
    where: Mapping[str, Any] | None = None,
    terms: Terms | None = None,
    limit: int | None = FIRST,
    offset: int = 0,
    stated: Stated | None = None,
) -> Explanation:
    """The exact facts behind an indicator over a period, under the readings of its first day.

    What the rows of the listings bring adds up to the figure's two sides. `limit` None: every row. `stated`: as
    they were then.

    Raises:
        NothingToOpen: no such indicator, or nothing but declarations behind it.
        NothingAsked: the period is empty or a cut is unknown.
    """
    terms = terms or terms_of(contract.code)
    day = max(since, terms.head.notified_on)
    known = {one.code: one for one in (*indicators(full_day_ms(terms, day)), production_plan())}
    if code not in known:
        raise NothingToOpen(code)
    indicator = known[code]
    options = options_on(terms, indicator, day)
    sides = indicator.sides(options)
    names = [name for name in sides.names if name in MEASURES]
    if not names:
        raise NothingToOpen(code)
    question = question_of(since, until, where=where)
    listings = []
    with reading(contract, terms, question, stated) as read:
        for name in dict.fromkeys(MEASURES[one].table for one in names):
            if not read.facts.has(name):
                continue
            table = read.facts.table(name)
            asked = table.filter(table.day < question.until) if indicator.stock else question.inside(table)
            asked = narrow(asked, question.where, tables.COLUMNS)
            if indicator.stock:
                asked = _still_open(asked)
            listings.append(_listing(read.backend, name, asked, indicator, sides, limit, offset))
    return Explanation(indicator, sides, options, tuple(listings))


def _still_open(forms: ir.Table) -> ir.Table:
    """The event that opened each form still open: what came and went shows nothing."""
    last = forms.opened.sum().over(group_by=[forms.item_id])
    rank = ibis.row_number().over(group_by=[forms.item_id], order_by=[forms.occurred_at.desc()])
    moved = forms.filter(forms.opened != 0).mutate(level=last, rank=rank)
    return moved.filter(moved.level == 1, moved.opened == 1, moved["rank"] == 0)


def _brought(table: ir.Table, name: str, side: Sum | None) -> Any:
    """What each row of a table brings to a side."""
    found: Any = ibis.literal(0, type="int64")
    for measure, times in (side or Sum()).parts:
        if measure in MEASURES and MEASURES[measure].table == name:
            found = found + times * MEASURES[measure].share(table)
    return found


def _listing(
    backend: Backend,
    name: str,
    table: ir.Table,
    indicator: Indicator,
    sides: Sides,
    limit: int | None,
    offset: int,
) -> Listing:
    table = table.mutate(
        numerator=_brought(table, name, sides.numerator), denominator=_brought(table, name, sides.denominator)
    )
    reasons = [(ASIDE[code](table).fill_null(False), why) for code, why in indicator.aside]
    why = ibis.cases(*reasons, else_=OTHERWISE) if reasons else ibis.literal(OTHERWISE)
    table = table.mutate(why=why, counted=(table.numerator != 0) | (table.denominator != 0))
    counted, out = table.filter(table.counted), table.filter(~table.counted)
    totals = counted.aggregate(
        rows=counted.count(),
        numerator=counted.numerator.sum().fill_null(0).cast("int64"),
        denominator=counted.denominator.sum().fill_null(0).cast("int64"),
    )
    total = arrow_of(backend, totals).to_pylist()[0]
    left = arrow_of(backend, out.group_by("why").aggregate(rows=out.count())).to_pylist()
    return Listing(
        table=name,
        counted=total["rows"],
        numerator=total["numerator"],
        denominator=total["denominator"],
        rows=_shown(backend, name, counted, ("numerator", "denominator"), limit, offset),
        left_out=tuple(sorted((one["why"], one["rows"]) for one in left)),
        left_out_rows=_shown(backend, name, out, ("why",), limit, offset),
    )


def _shown(
    backend: Backend, name: str, table: ir.Table, more: tuple[str, ...], limit: int | None, offset: int
) -> tuple[Mapping[str, Any], ...]:
    ordered = table.order_by(list(ORDER[name])).select(*SHOWN[name], *more)
    return tuple(arrow_of(backend, ordered.limit(limit, offset=offset)).to_pylist())


@clause("S-3.3.2-formation")
def productive_states(
    contract: Contract, adviser: str, day: date, *, terms: Terms | None = None, limit: int | None = FIRST
) -> tuple[Mapping[str, Any], ...]:
    """The states of an adviser on a day that are work on an activity, in their order, each with its source."""
    terms = terms or terms_of(contract.code)
    question = question_of(day, date.fromordinal(day.toordinal() + 1), where={"adviser": adviser})
    with reading(contract, terms, question) as read:
        if not read.facts.has("states"):
            return ()
        states = narrow(question.inside(read.facts.table("states")), question.where, tables.COLUMNS)
        ordered = states.filter(states.productive).order_by(list(ORDER["states"]))
        return tuple(arrow_of(read.backend, ordered.select(*SHOWN["states"]).limit(limit)).to_pylist())
