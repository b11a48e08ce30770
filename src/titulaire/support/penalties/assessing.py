"""The penalties of section 9, P1 to P10: from a month's facts, terms and invoices to a proposal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.indicators.rules import Indicator, Measured, Result, judge
from titulaire.penalties.rules import (
    Invoice,
    Line,
    Measure,
    Neutralisation,
    NoIncidentReference,
    Statement,
    Volume,
    Worse,
    assess,
    end_of_grace,
    is_suspended,
    total,
)
from titulaire.support.facts.queries import Stated
from titulaire.support.incidents.rules import Incident
from titulaire.support.indicators import formulas
from titulaire.support.indicators.catalogue import indicators, production_plan
from titulaire.support.indicators.evaluation import (
    HOLD,
    HOUR_MS,
    after,
    full_day_ms,
    grade_of,
    known_to,
    measures_of,
    options_on,
    rivals_on,
    target_on,
)
from titulaire.support.indicators.gathering import Gathered
from titulaire.support.ledger.rules import Order

QUARTER = timedelta(minutes=15)
ONE_DAY = timedelta(days=1)

TABLE = (
    # Code, stem of its terms, indicator, what it is called, the worse side, the activity that starts it.
    ("P1", "plan", "PLAN", "Conformité au plan de marche", Worse.BELOW, "PHONE"),
    ("P2", "accessibility", "I3", "Taux d’accessibilité", Worse.BELOW, "PHONE"),
    ("P3", "answer_rate", "I1", "Taux de décroché", Worse.BELOW, "PHONE"),
    ("P4", "average_wait", "I2", "Durée moyenne d’attente", Worse.ABOVE, "PHONE"),
    ("P5", "handling_time", "I7", "Durée moyenne de traitement", Worse.ABOVE, "PHONE"),
    ("P6", "phone_quality", "I11", "Qualité téléphonie", Worse.BELOW, "PHONE"),
    ("P7", "ticket_quality", "I12", "Qualité tickets", Worse.BELOW, "PHONE"),
    ("P8", "forms_rate", "I13", "Formulaires traités", Worse.BELOW, "FORMS"),
    ("P9", "forms_per_day", "I14", "Formulaires par conseiller et par jour", Worse.BELOW, "FORMS"),
    ("P10", "forms_quality", "I18", "Qualité formulaires", Worse.BELOW, "FORMS"),
)
OWN_READINGS = (
    *("forms_penalty_base", "trigger_edge", "forms_gap", "forms_gap_effect", "grace_months"),
    *("plan_period", "volume_120"),
)
"""Readings that change a penalty without changing its indicator."""
KINDS = {
    "PRODUCED_OR_RECEIVED": ("PRODUCED", "RECEIVED"),
    "PRODUCED": ("PRODUCED",),
    "RECEIVED": ("RECEIVED",),
}
TO_THE_INDICATOR = {indicator: code for code, _, indicator, *_ in TABLE}
NEUTRALISED_BY_TIME = frozenset({"I1", "I2", "I3", "I7"})
"""Measures of telephony that an incident can take a piece of time from."""


@dataclass(frozen=True, slots=True)
class Entered:
    """What people enter for a month: invoices, orders, incidents, and the contacts that were ordered."""

    invoice: Invoice
    orders: tuple[Order, ...] = ()
    incidents: tuple[Incident, ...] = ()
    contacts_ordered: int | None = None


@dataclass(frozen=True)
class MonthFacts:
    """Everything measured that penalties need, so that any reading is applied without reading facts again."""

    month: date
    measured: Mapping[str, int]
    gathered: Gathered
    orders: tuple[tuple[Order, Mapping[str, int]], ...] = ()
    set_aside: Mapping[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    """Measures of the quarter-hours of each incident, by line and reference."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What another option of a reading would change, in euros: positive, more to pay."""

    reading: str
    option: str
    sentence: str
    uncapped: Decimal
    proposed: Decimal
    difference: Decimal


@dataclass(frozen=True)
class Proposal:
    """A month's penalties under the retained readings, the figures behind them, and the effect of each rival."""

    month: date
    statement: Statement
    results: tuple[Result, ...]
    effects: tuple[Effect, ...]
    terms: Terms


@clause("S-9-penalites", "S-9-plafond", "S-9-delai", "S-9-120")
def propose(
    contract: Contract,
    month: date,
    entered: Entered,
    *,
    terms: Terms | None = None,
    stated: Stated | None = None,
) -> Proposal:
    """What the contractor owes for a month, under the readings and terms of its first day.

    `stated`: from the facts of that statement, not those in force.

    Raises:
        NoIncidentReference: something would be set aside without an incident.
    """
    terms = terms or terms_of(contract.code)
    facts = month_facts(contract, month.replace(day=1), entered, terms, stated=stated)
    return proposal_of(facts, entered, terms)


def proposal_of(facts: MonthFacts, entered: Entered, terms: Terms) -> Proposal:
    """The proposal from what was measured. Pure."""
    statement = statement_of(facts, entered, terms)
    return Proposal(
        facts.month,
        statement,
        tuple(results_of(facts, terms)),
        tuple(_effects(facts, entered, terms, statement)),
        terms,
    )


def month_facts(
    contract: Contract, month: date, entered: Entered, terms: Terms, *, stated: Stated | None = None
) -> MonthFacts:
    """Measure a month, each order that ends in it, and each incident."""
    until = after(month)
    whole = measures_of(contract, month, until, terms=terms, stated=stated)
    orders = tuple(
        (order, measures_of(contract, order.since, order.until, terms=terms, stated=stated).found.get((), {}))
        for order in entered.orders
        if month <= order.until - ONE_DAY < until
    )
    aside = _set_aside(contract, entered, month, terms, stated)
    return MonthFacts(month, whole.found.get((), {}), whole, orders, aside)


def _set_aside(
    contract: Contract, entered: Entered, month: date, terms: Terms, stated: Stated | None
) -> dict[tuple[str, str], dict[str, int]]:
    """The measures that each incident takes from each line; two never take the same quarter-hour of a flow."""
    aside: dict[tuple[str, str], dict[str, int]] = {}
    taken: set[tuple[str, date, int, str | None]] = set()
    by_flow = any(incident.flows for incident in entered.incidents)
    for incident in entered.incidents:
        for line in incident.lines or tuple(TO_THE_INDICATOR[code] for code in sorted(NEUTRALISED_BY_TIME)):
            if not incident.reference.strip():
                raise NoIncidentReference(line)
            aside.setdefault((line, incident.reference), {})
        for (day, quarter, flow), measured in _spoilt(
            contract, incident, month, terms, stated, by_flow=by_flow
        ):
            for (line, reference), found in aside.items():
                if reference == incident.reference and (line, day, quarter, flow) not in taken:
                    taken.add((line, day, quarter, flow))
                    for name, value in measured.items():
                        found[name] = found.get(name, 0) + value
    return aside


def _spoilt(
    contract: Contract, incident: Incident, month: date, terms: Terms, stated: Stated | None, *, by_flow: bool
) -> Iterator[tuple[tuple[date, int, str | None], Mapping[str, int]]]:
    """The measures of each quarter-hour that an incident touches, within the month; of each flow apart if asked."""
    since, until = max(incident.since.date(), month), min(incident.until.date(), after(month) - ONE_DAY)
    if since > until:
        return
    cuts = ("day", "quarter", "flow") if by_flow else ("day", "quarter")
    cells = measures_of(contract, since, until + ONE_DAY, by=cuts, terms=terms, stated=stated).found
    for (day, quarter, *flows), measured in cells.items():
        flow = flows[0] if flows else None
        starts = datetime.combine(day, time()) + quarter * QUARTER
        touched = not incident.flows or flow in incident.flows
        if touched and starts < incident.until and starts + QUARTER > incident.since:
            yield (day, quarter, flow), measured


def lines_on(terms: Terms, day: date, options: Mapping[str, str] | None = None) -> tuple[Line, ...]:
    """The lines of the table as they read on a day."""
    return tuple(_lines(terms, day, options or {}))


def _lines(terms: Terms, day: date, options: Mapping[str, str]) -> Iterator[Line]:
    chosen = _chosen(terms, day, options)
    agreed = terms.count("penalty_grace_months", on=day)
    most = terms.count("penalty_grace_months_max", on=day)
    grace = most if chosen["grace_months"] == "MAXIMUM" else min(agreed, most)
    started = {"PHONE": terms.day("call_taking_starts_on", on=day), "FORMS": forms_start_on(terms)}
    for code, stem, indicator, name, worse, activity in TABLE:
        base = terms.text(f"penalty_{stem}_base", on=day)
        if activity == "FORMS" and chosen["forms_penalty_base"] == "ACTIVITY_CONCERNED":
            base = "FORMS"
        starts_on = started[activity]
        waits = terms.flag(f"penalty_{stem}_waits", on=day)
        yield Line(
            code=code,
            name=name,
            clause=terms.dated(f"penalty_{stem}_trigger", on=day).clause,
            indicator=indicator,
            worse=worse,
            trigger=Fraction(str(terms.value(f"penalty_{stem}_trigger", on=day))),
            rate=terms.rate(f"penalty_{stem}_rate", on=day),
            base=base,
            starts_on=starts_on,
            in_force_from=end_of_grace(starts_on, grace) if starts_on and waits else starts_on,
        )


def forms_start_on(terms: Terms) -> date | None:
    """The day the optional part begins, None while it does not."""
    return next((one.from_on for one in terms.term("forms_active").values if one.value is True), None)


def _chosen(terms: Terms, day: date, options: Mapping[str, str]) -> dict[str, str]:
    """The retained options of a day, but for those given."""
    return {code: options.get(code) or terms.reading(code, on=day) for code in terms.readings}


def _day(terms: Terms, month: date) -> date:
    return max(month, terms.head.notified_on)


def _rows(terms: Terms, day: date) -> dict[str, Indicator]:
    found = {one.code: one for one in (*indicators(full_day_ms(terms, day)), production_plan())}
    return {code: found[code] for code in TO_THE_INDICATOR}


def results_of(facts: MonthFacts, terms: Terms) -> Iterator[Result]:
    """The indicators behind the lines, with their rivals. The plan is that of the orders, over their own days."""
    day = _day(terms, facts.month)
    together, told = _over_orders(facts)
    for one in _rows(terms, day).values():
        is_plan = one.code == "PLAN"
        yield judge(
            one,
            together if is_plan else facts.measured,
            options=options_on(terms, one, day),
            rivals=rivals_on(terms, one, day, unsplit=facts.gathered.unsplit),
            target=target_on(terms, one.target, day),
            trigger=_line(terms, day, one.code).trigger,
            grade=grade_of(one, facts.gathered, has_orders=bool(facts.orders)),
            known=told if is_plan else known_to(one, facts.gathered),
        )


def _over_orders(facts: MonthFacts) -> tuple[dict[str, int], frozenset[str]]:
    """The orders together: what was measured over their days beside their hours, and what every one of them tells.

    Hours are never set beside those of other days: a month has days that none of its orders covers.
    """
    together = {"ordered_ms": int(sum((order.hours for order, _ in facts.orders), Fraction(0)) * HOUR_MS)}
    told = [set(measured) for _, measured in facts.orders]
    for _, measured in facts.orders:
        for name, value in measured.items():
            together[name] = together.get(name, 0) + value
    return together, frozenset({"ordered_ms", *(set.intersection(*told) if told else ())})


def _line(terms: Terms, day: date, indicator: str) -> Line:
    return next(line for line in lines_on(terms, day) if line.indicator == indicator)


def statement_of(
    facts: MonthFacts, entered: Entered, terms: Terms, options: Mapping[str, str] | None = None
) -> Statement:
    """The month's penalties under the retained readings, but for the options given. Pure."""
    day = _day(terms, facts.month)
    chosen = _chosen(terms, day, options or {})
    rows = _rows(terms, day)
    suspended = is_suspended(
        _volumes(facts, entered, chosen),
        kinds=KINDS[chosen["volume_120"]],
        rate=terms.rate("penalty_volume_rate", on=day),
    )
    assessed = [
        assess(
            line,
            _measure(rows[line.indicator], facts, terms, day, chosen),
            since=facts.month,
            until=after(facts.month),
            invoice=entered.invoice,
            suspended=suspended,
            edge_counts=chosen["trigger_edge"] == "EQUAL_OR_WORSE",
            neutralised=_neutralised(line, rows[line.indicator], facts, chosen),
        )
        for line in lines_on(terms, day, chosen)
    ]
    return total(assessed, invoice=entered.invoice, cap_rate=terms.rate("penalty_cap_rate", on=day))


def _measure(
    indicator: Indicator, facts: MonthFacts, terms: Terms, day: date, chosen: Mapping[str, str]
) -> Measure:
    """What one line judges: the indicator under these options, or the worst order for the plan."""
    if indicator.code == "PLAN":
        return _plan(indicator, facts, chosen)
    sides, known = indicator.sides(chosen), known_to(indicator, facts.gathered)
    if known is not None and not set(sides.names) <= known:
        return Measure(0, 0)
    if facts.gathered.unsplit and HOLD in indicator.readings and chosen[HOLD] == "EXCLUDED":
        return Measure(0, 0)
    value = sides.of(facts.measured)
    disputed = breach = False
    if indicator.code == "I18" and _too_far_apart(facts, terms, day, chosen):
        breach = chosen["forms_gap_effect"] == "TRIGGER"
        disputed = not breach
    return Measure(
        value.numerator,
        value.denominator or 0,
        value.factor,
        target=target_on(terms, indicator.target, day),
        blocked=bool(known is None and indicator.identity and indicator.identity.gap(facts.measured)),
        disputed=disputed,
        breach=breach,
    )


def _plan(indicator: Indicator, facts: MonthFacts, chosen: Mapping[str, str]) -> Measure:
    """By order, the worst of those that end in the month; or the month, all its orders together.

    An order over days whose hours no fact tells is not measured: unknown hours are not hours unworked.
    """
    sides = indicator.sides(chosen)
    told = [
        {**measured, "ordered_ms": int(order.hours * HOUR_MS)}
        for order, measured in facts.orders
        if set(sides.names) <= {*measured, "ordered_ms"}
    ]
    values = [sides.of(measured) for measured in told]
    measures = [Measure(value.numerator, value.denominator or 0) for value in values]
    if chosen["plan_period"] == "MONTH_ONLY" or not measures:
        if len(measures) < len(facts.orders):
            return Measure(0, 0)
        return Measure(sum(one.numerator for one in measures), sum(one.denominator for one in measures))
    return min(measures, key=lambda one: one.value if one.value is not None else Fraction(10**9))


def _too_far_apart(facts: MonthFacts, terms: Terms, day: date, chosen: Mapping[str, str]) -> bool:
    """Do the marks of the two sides differ by more than the contract allows?"""
    if chosen["forms_gap"] == "EACH_ITEM":
        return facts.measured.get("forms_apart", 0) > 0
    gap = formulas.gap_of_means(Measured()).of(facts.measured).exact
    most = target_on(terms, "forms_quality_gap_max", day)
    return gap is not None and most is not None and abs(gap) > most


def _neutralised(
    line: Line, indicator: Indicator, facts: MonthFacts, chosen: Mapping[str, str]
) -> Iterator[Neutralisation]:
    if indicator.code not in NEUTRALISED_BY_TIME:
        return
    for (code, reference), measured in facts.set_aside.items():
        if code == line.code:
            value = indicator.sides(chosen).of(measured)
            yield Neutralisation(code, reference, value.numerator, value.denominator or 0)


def _volumes(facts: MonthFacts, entered: Entered, chosen: Mapping[str, str]) -> Iterator[Volume]:
    """What was produced and received beside what was ordered, where it is known.

    Contacts are compared over the month when they are given for it, else over the days of each order.
    """
    plan = _plan(production_plan(), facts, {**chosen, "plan_period": "MONTH_ONLY"})
    if plan.denominator > 0:
        yield Volume("PRODUCED", Fraction(plan.numerator), Fraction(plan.denominator))
    if entered.contacts_ordered is not None:
        yield Volume("RECEIVED", _received(facts.measured), Fraction(entered.contacts_ordered))
        return
    told = [(order.contacts, measured) for order, measured in facts.orders if order.contacts is not None]
    ordered = sum(contacts for contacts, _ in told)
    if ordered:
        received = sum((_received(measured) for _, measured in told), Fraction(0))
        yield Volume("RECEIVED", received, Fraction(ordered))


def _received(measured: Mapping[str, int]) -> Fraction:
    """Calls and forms that came in."""
    return Fraction(measured.get("received_inbound", 0) + measured.get("forms_received", 0))


def _effects(facts: MonthFacts, entered: Entered, terms: Terms, retained: Statement) -> Iterator[Effect]:
    """One statement per option that is not retained: what it would change, alone."""
    day = _day(terms, facts.month)
    codes = [code for row in _rows(terms, day).values() for code in row.readings]
    for code in dict.fromkeys((*codes, *OWN_READINGS)):
        for option in terms.readings[code].rivals(day):
            other = statement_of(facts, entered, terms, {code: option.code})
            yield Effect(
                code,
                option.code,
                option.sentence,
                other.uncapped,
                other.proposed,
                other.proposed - retained.proposed,
            )
