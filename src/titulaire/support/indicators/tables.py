"""The facts made ready to be counted: what the terms say of a row is put beside it. Tables in, tables out.

Each gives a table that has `day`, `quarter` and the columns of the cuts, so that it may be cut in the same way.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from titulaire.support.indicators.frame import Frame, Span

Condition = Any
"""A boolean expression on a table."""

COLUMNS = {"flow": "flow", "reason": "reason", "site": "site", "adviser": "adviser", "group": "call_group"}
CUTS_OF = {
    "legs": frozenset(COLUMNS),
    "states": frozenset({"site", "adviser", "group"}),
    "forms": frozenset(COLUMNS),
    "marks": frozenset(COLUMNS),
    "form_days": frozenset({"site", "adviser"}),
}
"""By what each table may be cut, time apart."""

OPENS = ("RECEIVED", "REOPENED")
CLOSES = ("ANSWERED", "EXECUTED", "REFUSED", "EXCLUDED")


def legs_of(legs: ir.Table, frame: Frame) -> ir.Table:
    """Legs, with: are they in the hours of the contract, on a holiday, qualified with a listed reason, in time?

    `in_time` before the end of the day, `in_turn` before the adviser's next call; what the source does not say
    is taken to be in time.
    """
    on_holiday = legs.day.isin(list(frame.holidays)) if frame.holidays else ibis.literal(False)
    answered_next = legs.answered_at.lead().over(
        group_by=["adviser", "day"], order_by=["answered_at", "source_key"]
    )
    return legs.mutate(
        in_hours=_by_span(legs, frame, lambda span: (span.weekdays, span.opens, span.closes), _open),
        on_holiday=on_holiday,
        listed=_by_span(
            legs, frame, lambda span: span.reasons, lambda table, span: table.reason.isin(list(span.reasons))
        ),
        in_time=legs.qualified_at.isnull()
        | _by_span(legs, frame, lambda span: span.day_ends, _before_the_end_of_the_day),
        in_turn=legs.qualified_at.isnull()
        | legs.adviser.isnull()
        | answered_next.isnull()
        | (legs.qualified_at <= answered_next),
    )


def _by_span(
    table: ir.Table,
    frame: Frame,
    part: Callable[[Span], Any],
    says: Callable[[ir.Table, Span], Condition],
) -> Condition:
    """What the terms of each day say. `part` is what of a span `says` depends on."""
    alike: dict[Any, list[Span]] = {}
    for span in frame.spans:
        alike.setdefault(part(span), []).append(span)
    if not alike:
        return ibis.literal(False)
    *others, usual = sorted(alike.values(), key=len)
    said = says(table, usual[0])
    if not others:
        return said
    return ibis.cases(*((_within(table, spans), says(table, spans[0])) for spans in others), else_=said)


def _within(table: ir.Table, spans: Sequence[Span]) -> Condition:
    days = [(table.day >= span.since) & (table.day < span.until) for span in spans]
    return functools.reduce(operator.or_, days)


def _open(table: ir.Table, span: Span) -> Condition:
    weekday: Any = table.day.day_of_week.index()
    return weekday.isin(list(span.weekdays)) & (table.quarter >= span.opens) & (table.quarter < span.closes)


def _before_the_end_of_the_day(table: ir.Table, span: Span) -> Condition:
    minutes = int(span.day_ends.total_seconds()) // 60
    return table.qualified_at < table.day.cast("timestamp") + ibis.interval(minutes=minutes)


def states_of(states: ir.Table) -> ir.Table:
    """States, with: is this time on an activity, and is it work on it?"""
    on_activity = states.activity.isin(["PHONE", "FORMS"])
    away = states.state.isin(["PAUSE", "TRAINING", "MEETING"])
    return states.mutate(on_phone=states.activity == "PHONE", productive=on_activity & ~away)


def forms_of(items: ir.Table) -> ir.Table:
    """Events of forms, with: is it the first of its kind for the form, and what does it do to the stock?

    The whole history is needed: an answer is the first one or not. `opened` is +1, 0 or -1.
    """
    forms = items.filter(items.kind == "FORM", items.event.isin([*OPENS, *CLOSES]))
    order = [forms.occurred_at, forms.source_key]
    rank = ibis.row_number().over(group_by=[forms.item_id, forms.event], order_by=order)
    is_open = forms.event.isin(OPENS).cast("int64")
    forms = forms.mutate(first=rank == 0, is_open=is_open)
    before = forms.is_open.lag().over(
        group_by=[forms.item_id], order_by=[forms.occurred_at, forms.source_key]
    )
    received_at = forms.occurred_at.min(where=forms.event == "RECEIVED").over(group_by=[forms.item_id])
    return forms.mutate(opened=forms.is_open - before.fill_null(0), received_at=received_at)


def marks_of(items: ir.Table, frame: Frame) -> ir.Table:
    """The first mark that each side gave to an item. `both`: the other side's came before, it is here too.

    A mark given again changes nothing, so that no month depends on a later one: a wrong mark is corrected in
    the facts. `drawn`: this mark was sampled; `both_drawn`: one side sampled it, and neither picked it.
    """
    marked = items.filter(items.event == "MARKED", items.marked_by.notnull())
    order = [marked.occurred_at, marked.source_key]
    by_side = [marked.item_id, marked.kind, marked.marked_by]
    marked = marked.mutate(again=ibis.row_number().over(group_by=by_side, order_by=order))
    marked = marked.filter(marked.again == 0)
    item = ibis.window(
        group_by=[marked.item_id, marked.kind], order_by=[marked.occurred_at, marked.source_key]
    )
    marked = marked.mutate(
        other=marked.mark.lag().over(item),
        drawn=(marked.sampling == "DRAWN").fill_null(False),
        picked=(marked.sampling == "PICKED").fill_null(False),
    )
    item = ibis.window(
        group_by=[marked.item_id, marked.kind], order_by=[marked.occurred_at, marked.source_key]
    )
    before_drawn: Any = marked.drawn.lag().over(item).fill_null(False)
    before_picked: Any = marked.picked.lag().over(item).fill_null(False)
    by_buyer = marked.marked_by == "BUYER"
    apart = (marked.mark - marked.other).abs()
    wide: Any = _by_span(marked, frame, lambda span: span.gap_max, lambda table, span: apart > span.gap_max)
    return marked.mutate(
        both=marked.other.notnull(),
        buyer=by_buyer.ifelse(marked.mark, marked.other),
        contractor=by_buyer.ifelse(marked.other, marked.mark),
        both_marks=marked.mark + marked.other,
        both_drawn=(marked.drawn | before_drawn) & ~(marked.picked | before_picked),
        apart=wide.fill_null(False),
    )


def form_days_of(states: ir.Table, items: ir.Table, day_ms: int) -> ir.Table:
    """One row per adviser and day with work on forms: time, forms answered, and was it a full day of forms?

    `full`: nothing but forms that day, for at least `day_ms`.
    """
    work = states_of(states)
    on_forms = work.productive & (work.activity == "FORMS")
    days = work.group_by(["day", "adviser"]).aggregate(
        site=work.site.max(where=on_forms),
        quarter=work.quarter.min(),
        forms_ms=work.duration_ms.sum(where=on_forms).fill_null(0),
        other_ms=work.duration_ms.sum(where=work.productive & (work.activity != "FORMS")).fill_null(0),
    )
    days = days.filter(days.forms_ms > 0)
    forms = forms_of(items)
    answered = forms.filter(forms.event == "ANSWERED", forms.first, forms.adviser.notnull())
    done = answered.group_by(["day", "adviser"]).aggregate(answered=answered.count())
    done = done.rename(answer_day="day", answer_adviser="adviser")
    joined = days.left_join(done, [days.day == done.answer_day, days.adviser == done.answer_adviser]).drop(
        "answer_day", "answer_adviser"
    )
    full = (joined.other_ms == 0) & (joined.forms_ms >= day_ms)
    return joined.mutate(answered=joined.answered.fill_null(0), full=full)
