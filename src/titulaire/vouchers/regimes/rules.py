"""What each regime of social-aid vouchers says, what the contract says, and where they differ.

A regime is a `Profile`: dated facts and the mentions it wants printed. A contract answers with `Overrides`:
one `Decision` per subject on which it departs from a regime, chooses between two, or must be asked about.
A *vintage* M is the year printed on a voucher; every date of a voucher's life is told from it.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from titulaire.clauses import clause
from titulaire.contracts.rules import AnnualDay

CONTRACT = "CONTRACT"
UNION = "UNION"
OWN_CHOICE = "OWN_CHOICE"


class Certainty(StrEnum):
    """How sure we are of a fact: the text itself was read, someone reports it, or nobody checked it."""

    PRIMARY = "PRIMARY"
    SECONDARY = "SECONDARY"
    UNVERIFIED = "UNVERIFIED"


class State(StrEnum):
    """Whether both parties have agreed on what is applied."""

    OPEN = "OPEN"
    AGREED = "AGREED"


class Side(StrEnum):
    """Where on the voucher a mention must stand."""

    ANY = "ANY"
    FRONT = "FRONT"
    BACK = "BACK"
    BOTH = "BOTH"


class AffixedBy(StrEnum):
    """Who puts the mention on the voucher; for the merchant, the printer leaves a zone."""

    ISSUER = "ISSUER"
    MERCHANT = "MERCHANT"


class Subject(StrEnum):
    """What a regime or a contract takes a position on, in the order of a voucher's life."""

    GOVERNING_REGIME = "GOVERNING_REGIME"
    DISTRIBUTOR = "DISTRIBUTOR"
    ISSUER_AUTHORISATION = "ISSUER_AUTHORISATION"
    SUPPORT = "SUPPORT"
    GOODS = "GOODS"
    EXCLUDED_GOODS = "EXCLUDED_GOODS"
    AREA = "AREA"
    CASH_CHANGE = "CASH_CHANGE"
    MENTIONS = "MENTIONS"
    PRINTED_YEAR = "PRINTED_YEAR"
    PRINTED_VALIDITY = "PRINTED_VALIDITY"
    ORDER_SWITCH = "ORDER_SWITCH"
    FIRST_USE = "FIRST_USE"
    LAST_USE = "LAST_USE"
    PRESENTATION_CUTOFF = "PRESENTATION_CUTOFF"
    PRESENTATION_PROOF = "PRESENTATION_PROOF"
    UNDISTRIBUTED_RETURN = "UNDISTRIBUTED_RETURN"
    REPLACEMENT = "REPLACEMENT"
    LOST_BY_BEARER = "LOST_BY_BEARER"
    REFUND_DATE = "REFUND_DATE"
    REFUND_AMOUNT = "REFUND_AMOUNT"
    REFUND_BASE = "REFUND_BASE"
    REFUND_MEANS = "REFUND_MEANS"
    REFUND_LEVY = "REFUND_LEVY"
    FUNDS = "FUNDS"
    ANNUAL_ACCOUNT = "ANNUAL_ACCOUNT"
    STATEMENTS = "STATEMENTS"
    RETENTION = "RETENTION"


# What the issuer must have done by a date: done on the working day before when the date is not worked.
# The other dates are limits that bind others (last use, cut-off): they never move.
ISSUER_DUTIES = frozenset({Subject.REPLACEMENT, Subject.REFUND_DATE, Subject.ANNUAL_ACCOUNT})

IsWorkingDay = Callable[[date], bool]


def monday_to_friday(day: date) -> bool:
    """The week alone, without holidays: a contract's calendar knows better."""
    return day.weekday() < 5


@dataclass(frozen=True, slots=True)
class Fact:
    """What a regime says on a subject from a date, until the next fact on that subject.

    `position` is a stable code: two regimes with the same position agree.
    """

    subject: Subject
    since: date
    position: str
    text: str
    provision: str
    certainty: Certainty
    date: AnnualDay | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """That a regime, or the contract, asks for a mention, and where."""

    asked_by: str
    provision: str
    certainty: Certainty
    side: Side
    since: date


@dataclass(frozen=True, slots=True)
class Mention:
    """A text or a zone on the voucher; `rank` is the reading order, `required_by` who asks for it."""

    code: str
    label: str
    template: str
    affixed_by: AffixedBy
    rank: int
    required_by: tuple[Requirement, ...]

    @property
    def side(self) -> Side:
        """The side that satisfies everyone who asks."""
        sides = {requirement.side for requirement in self.required_by} - {Side.ANY}
        if not sides:
            return Side.ANY
        return sides.pop() if len(sides) == 1 else Side.BOTH

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The values that the template wants, in reading order."""
        return tuple(name for _, name, _, _ in string.Formatter().parse(self.template) if name)

    def text(self, values: Mapping[str, str]) -> str:
        """The words to print.

        Raises:
            MissingValue: a placeholder has no value, or an empty one: a mention is never printed half.
        """
        for name in self.placeholders:
            if not values.get(name, "").strip():
                raise MissingValue(self.code, name)
        return self.template.format_map(values)


class MissingValue(ValueError):
    """A mention cannot be printed: one of its values is missing."""

    def __init__(self, mention: str, placeholder: str) -> None:
        super().__init__(mention, placeholder)
        self.mention = mention
        self.placeholder = placeholder


@dataclass(frozen=True, slots=True)
class Profile:
    """A regime: `version` and `fingerprint` say which text of ours was in use."""

    code: str
    name: str
    summary: str
    version: str
    fingerprint: str
    facts: tuple[Fact, ...]
    mentions: tuple[Mention, ...]

    @property
    def slug(self) -> str:
        """The code in an address."""
        return self.code.lower().replace("_", "-")

    def fact(self, subject: Subject, *, on: date) -> Fact | None:
        """What the regime says that day; None when it is silent."""
        spoken = [fact for fact in self.facts if fact.subject == subject and fact.since <= on]
        return max(spoken, key=lambda fact: fact.since, default=None)

    def mentions_on(self, day: date) -> tuple[Mention, ...]:
        """The mentions asked for that day."""
        return _in_force(self.mentions, day)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the contract says on a subject, what is applied, why, and what the client is asked.

    `contract_text` None: the contract is silent. `applied_from` names the contract, a regime, their union or
    a choice of our own; for the last two `own_text` (and `own_date`) say what is applied.
    """

    subject: Subject
    since: date
    clauses: tuple[str, ...]
    contract_text: str | None
    contract_date: AnnualDay | None
    applied_from: str
    own_text: str | None
    own_date: AnnualDay | None
    why: str
    consequence: str
    question: str
    state: State
    agreed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Overrides:
    """A contract's answer to the regimes: those compared, those whose mentions are printed, its decisions."""

    contract: str
    version: str
    fingerprint: str
    regimes: tuple[str, ...]
    mention_regimes: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    mentions: tuple[Mention, ...]
    decisions: tuple[Decision, ...]

    @property
    def first_vintage(self) -> int:
        """The first vintage whose 1 January the decisions cover."""
        first = min(decision.since for decision in self.decisions)
        return first.year if (first.month, first.day) == (1, 1) else first.year + 1

    def decision(self, subject: Subject, *, on: date) -> Decision | None:
        """The decision in force that day."""
        taken = [
            decision for decision in self.decisions if decision.subject == subject and decision.since <= on
        ]
        return max(taken, key=lambda decision: decision.since, default=None)


@dataclass(frozen=True, slots=True)
class Milestone:
    """A date of a vintage's life; `planned_on` is the working day by which the issuer must have acted."""

    subject: Subject
    due_on: date
    planned_on: date
    provision: str
    certainty: Certainty | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The dates of one vintage under one regime, or under the contract."""

    owner: str
    vintage: int
    milestones: tuple[Milestone, ...]

    def milestone(self, subject: Subject) -> Milestone | None:
        """The milestone of that subject; None when its owner sets no date."""
        return next((stone for stone in self.milestones if stone.subject == subject), None)

    def due_on(self, subject: Subject) -> date | None:
        """The date of that subject; None when its owner sets no date."""
        stone = self.milestone(subject)
        return stone.due_on if stone else None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A line of the register. `applied` None: nobody decided yet, so nothing may rely on this subject."""

    subject: Subject
    regimes: tuple[tuple[str, Fact | None], ...]
    contract: str | None
    clauses: tuple[str, ...]
    applied_from: str | None
    applied: str | None
    applied_date: AnnualDay | None
    why: str
    consequence: str
    question: str
    state: State
    agreed_on: date | None


def planned_on(due_on: date, *, is_working_day: IsWorkingDay = monday_to_friday) -> date:
    """The last working day not after the date: a duty "at the latest" on a Saturday is done on Friday."""
    day = due_on
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def timeline(profile: Profile, vintage: int, *, is_working_day: IsWorkingDay = monday_to_friday) -> Timeline:
    """The dates that a regime gives to a vintage: for each, the fact in force on the date it gives."""
    found = {}
    for fact in sorted(profile.facts, key=lambda fact: fact.since):
        due_on = fact.date.of(vintage) if fact.date else None
        if due_on and profile.fact(fact.subject, on=due_on) is fact:
            found[fact.subject] = _milestone(
                fact.subject, due_on, fact.provision, fact.certainty, is_working_day
            )
    return Timeline(profile.code, vintage, _in_order(found.values()))


@clause("T-2.1.3-millesime")
def contract_timeline(
    profiles: Iterable[Profile],
    overrides: Overrides,
    vintage: int,
    *,
    is_working_day: IsWorkingDay = monday_to_friday,
) -> Timeline:
    """The dates applied to a vintage under the contract: the decisions in force on 1 January of M."""
    stones = (
        _milestone(
            conflict.subject,
            conflict.applied_date.of(vintage),
            ", ".join(conflict.clauses),
            None,
            is_working_day,
        )
        for conflict in conflicts(profiles, overrides, on=date(vintage, 1, 1))
        if conflict.applied_date
    )
    return Timeline(CONTRACT, vintage, _in_order(stones))


@clause("T-2.1.3-millesime", "T-2.4-novembre")
def vintage_ordered(profiles: Iterable[Profile], overrides: Overrides, *, on: date) -> int:
    """The vintage that an order of that day carries: the next year's as soon as the contract switches to it."""
    following = contract_timeline(profiles, overrides, on.year + 1).due_on(Subject.ORDER_SWITCH)
    return on.year + 1 if following and following <= on else on.year


def _milestone(
    subject: Subject, due_on: date, provision: str, certainty: Certainty | None, is_working_day: IsWorkingDay
) -> Milestone:
    planned = planned_on(due_on, is_working_day=is_working_day) if subject in ISSUER_DUTIES else due_on
    return Milestone(subject, due_on, planned, provision, certainty)


def _in_order(stones: Iterable[Milestone]) -> tuple[Milestone, ...]:
    order = list(Subject)
    return tuple(sorted(stones, key=lambda stone: (stone.due_on, order.index(stone.subject))))


def _in_force(mentions: Iterable[Mention], day: date) -> tuple[Mention, ...]:
    asked = (
        replace(mention, required_by=tuple(asker for asker in mention.required_by if asker.since <= day))
        for mention in mentions
    )
    return tuple(mention for mention in asked if mention.required_by)


def union_of_mentions(profiles: Iterable[Profile], *, on: date) -> tuple[Mention, ...]:
    """Every mention that one of the regimes at least asks for that day, in reading order, with who asks."""
    return _merge(mention for profile in profiles for mention in profile.mentions_on(on))


@clause("T-2.4-mentions")
def mentions_to_print(profiles: Iterable[Profile], overrides: Overrides, *, on: date) -> tuple[Mention, ...]:
    """The union of the regimes that the contract retains for mentions, with the contract's own.

    The contract's words for a value (the goods, say) replace the placeholder.
    """
    retained = [profile for profile in profiles if profile.code in overrides.mention_regimes]
    asked = [*union_of_mentions(retained, on=on), *_in_force(overrides.mentions, on)]
    return tuple(_fill(mention, dict(overrides.values)) for mention in _merge(asked))


def _merge(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    merged: dict[str, Mention] = {}
    for mention in mentions:
        known = merged.get(mention.code)
        asked = (known.required_by if known else ()) + mention.required_by
        merged[mention.code] = replace(mention, required_by=asked)
    return tuple(sorted(merged.values(), key=lambda mention: mention.rank))


def _fill(mention: Mention, values: Mapping[str, str]) -> Mention:
    kept = {name: values.get(name, f"{{{name}}}") for name in mention.placeholders}
    return replace(mention, template=mention.template.format_map(kept))


def conflicts(profiles: Iterable[Profile], overrides: Overrides, *, on: date) -> tuple[Conflict, ...]:
    """The register: every subject on which the regimes or the contract differ that day, or that was decided.

    A difference that nobody decided appears as OPEN with nothing applied: it is never passed over.
    """
    compared = [profile for profile in profiles if profile.code in overrides.regimes]
    lines = []
    for subject in Subject:
        facts = tuple((profile.code, profile.fact(subject, on=on)) for profile in compared)
        decision = overrides.decision(subject, on=on)
        positions = {fact.position for _, fact in facts if fact}
        if decision:
            lines.append(_decided(subject, facts, decision))
        elif len(positions) > 1:
            lines.append(Conflict(subject, facts, None, (), None, None, None, "", "", "", State.OPEN, None))
    return tuple(lines)


@clause("T-3.2-information")
def changes(profiles: Iterable[Profile], *, since: date, until: date) -> tuple[tuple[str, Fact], ...]:
    """What the law changes in a period (its end not included): each fact that replaces an earlier one."""
    found = [
        (profile.code, fact)
        for profile in profiles
        for fact in profile.facts
        if since <= fact.since < until and profile.fact(fact.subject, on=fact.since - timedelta(days=1))
    ]
    return tuple(sorted(found, key=lambda change: (change[1].since, change[0])))


def _decided(subject: Subject, facts: tuple[tuple[str, Fact | None], ...], decision: Decision) -> Conflict:
    applied, applied_date = decision.own_text, decision.own_date
    if decision.applied_from == CONTRACT:
        applied, applied_date = decision.contract_text, decision.contract_date
    elif (fact := dict(facts).get(decision.applied_from)) is not None:
        applied, applied_date = fact.text, fact.date
    elif decision.applied_from not in {UNION, OWN_CHOICE}:
        raise NothingToApply(subject, decision.applied_from)
    return Conflict(
        subject=subject,
        regimes=facts,
        contract=decision.contract_text,
        clauses=decision.clauses,
        applied_from=decision.applied_from,
        applied=applied,
        applied_date=applied_date,
        why=decision.why,
        consequence=decision.consequence,
        question=decision.question,
        state=decision.state,
        agreed_on=decision.agreed_on,
    )


class NothingToApply(ValueError):
    """A decision follows a regime that says nothing on the subject."""

    def __init__(self, subject: Subject, applied_from: str) -> None:
        super().__init__(subject.value, applied_from)
        self.subject = subject
        self.applied_from = applied_from
