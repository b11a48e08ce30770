"""The acts of a dysfunction's life, and the agreement to set its time aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.support.incidents.models import Claim, Dysfunction, Evidence, Step
from titulaire.support.incidents.rules import (
    NEXT,
    ClaimState,
    Side,
    State,
    StepKind,
    claim_fault,
    reference_of,
)


class DysfunctionStands(Exception):
    """The dysfunction is in a state from which this step is not taken; `state` says which."""

    def __init__(self, reference: str, state: str) -> None:
        super().__init__(reference, state)
        self.reference, self.state = reference, state


class ImpossibleInstant(ValueError):
    """The fact would have happened in the future, or out of the dysfunction's order."""

    def __init__(self, given: datetime) -> None:
        super().__init__(given.isoformat())
        self.given = given


class StillRunning(Exception):
    """It cannot be solved before it has ended."""


class ReferenceTaken(ValueError):
    """Another dysfunction of the contract already bears this outside reference."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class ClaimRefused(ValueError):
    """The claim cannot be made; `fault` is a code: see `claim_fault`, and ONE_AWAITS."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class ClaimAnswered(Exception):
    """The claim has its answer already; `state` says which."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class NoReason(ValueError):
    """A refusal says why."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is said of a dysfunction when it is declared."""

    what: str
    side: Side
    since_at: datetime
    until_at: datetime | None = None
    interrupts: bool = False
    description: str = ""
    flows: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    tools: str = ""
    other_reference: str = ""
    buyer_told_at: datetime | None = None
    source_row: int | None = None


@clause("S-3.2-incidents", "S-10.1.3-support")
def declare(*, contract: Contract, said: Declaration, actor: str, at: datetime) -> Dysfunction:
    """Write a dysfunction in the register, under the next reference.

    Raises:
        ImpossibleInstant: it would begin, end or be told after now, or end before it begins.
        ReferenceTaken
    """
    with transaction.atomic():
        return _declare(contract, said, actor=actor, at=at)


def declare_all(
    *, contract: Contract, said: Sequence[Declaration], source_sha256: str, actor: str, at: datetime
) -> tuple[list[Dysfunction], bool]:
    """Declare the rows of a file, all or none. Gives them, and whether the file had been read before.

    Raises:
        ImpossibleInstant, ReferenceTaken
    """
    with transaction.atomic():
        _hold(contract)
        known = list(Dysfunction.objects.of(contract).filter(source_sha256=source_sha256).order_by("rank"))
        if known:
            return known, True
        return [
            _declare(contract, each, actor=actor, at=at, source_sha256=source_sha256) for each in said
        ], False


def _hold(contract: Contract) -> Contract:
    """One writer at a time on a contract's references."""
    return Contract.objects.select_for_update().get(pk=contract.pk)


def _declare(
    contract: Contract, said: Declaration, *, actor: str, at: datetime, source_sha256: str = ""
) -> Dysfunction:
    for instant in (said.since_at, said.until_at, said.buyer_told_at):
        if instant is not None and instant > at:
            raise ImpossibleInstant(instant)
    if said.until_at is not None and said.until_at < said.since_at:
        raise ImpossibleInstant(said.until_at)
    held = _hold(contract)
    if (
        said.other_reference
        and Dysfunction.objects.of(held).filter(other_reference=said.other_reference).exists()
    ):
        raise ReferenceTaken(said.other_reference)
    rank = (Dysfunction.objects.of(held).aggregate(last=Max("rank"))["last"] or 0) + 1
    made = Dysfunction.objects.create(
        contract=held,
        rank=rank,
        reference=reference_of(rank),
        other_reference=said.other_reference,
        what=said.what,
        description=said.description,
        side=said.side.value,
        interrupts=said.interrupts,
        since_at=said.since_at,
        until_at=said.until_at,
        flows=list(said.flows),
        sites=list(said.sites),
        tools=said.tools,
        declared_at=at,
        declared_by=actor,
        buyer_told_at=said.buyer_told_at,
        state=State.OPEN.value,
        source_sha256=source_sha256,
        source_row=said.source_row if source_sha256 else None,
    )
    steps = [(StepKind.DECLARED, at)]
    if said.buyer_told_at is not None:
        steps.append((StepKind.BUYER_TOLD, said.buyer_told_at))
    if said.until_at is not None:
        steps.append((StepKind.ENDED, said.until_at))
    Step.objects.bulk_create(
        Step(dysfunction=made, kind=kind.value, at=when, actor=actor) for kind, when in steps
    )
    record(
        contract=held.code,
        actor=actor,
        at=at,
        act="INCIDENT_DECLARED",
        target=f"incident:{made.reference}",
        body={
            "side": said.side.value,
            "interrupts": said.interrupts,
            "since_at": said.since_at.isoformat(),
            "until_at": said.until_at.isoformat() if said.until_at else None,
            "other_reference": said.other_reference,
            "source": source_sha256,
        },
    )
    return made


@clause("S-3.2-incidents")
def tell_buyer(
    *, dysfunction: Dysfunction, told_at: datetime, how: str, actor: str, at: datetime
) -> Dysfunction:
    """Say when and how the buyer was told. Told again, the first instant stays.

    Raises:
        ImpossibleInstant: in the future, or before it began.
        DysfunctionStands: it is closed.
    """
    if not dysfunction.since_at <= told_at <= at:
        raise ImpossibleInstant(told_at)
    changes = {} if dysfunction.buyer_told_at else {"buyer_told_at": told_at}
    return _step(dysfunction, StepKind.BUYER_TOLD, actor, at, changes, text=how, happened_at=told_at)


@clause("S-10.1.3-support")
def mobilise(
    *, dysfunction: Dysfunction, done_at: datetime, what: str, actor: str, at: datetime
) -> Dysfunction:
    """Note who was mobilised and what they did.

    Raises:
        ImpossibleInstant: in the future, or before it began.
        DysfunctionStands: it is solved already.
    """
    if not dysfunction.since_at <= done_at <= at:
        raise ImpossibleInstant(done_at)
    return _step(dysfunction, StepKind.MOBILISED, actor, at, {}, text=what, happened_at=done_at)


@clause("S-3.3.2-continuite")
def note_end(*, dysfunction: Dysfunction, ended_at: datetime, actor: str, at: datetime) -> Dysfunction:
    """Say when it stopped hurting. Said again while it is not solved, the later word holds.

    Raises:
        ImpossibleInstant: in the future, before it began, or before time that was agreed to be set aside.
        DysfunctionStands: it is solved already.
    """
    if not dysfunction.since_at <= ended_at <= at:
        raise ImpossibleInstant(ended_at)
    agreed = dysfunction.claims.filter(state=ClaimState.AGREED.value, until_at__gt=ended_at)
    if agreed.exists():
        raise ImpossibleInstant(ended_at)
    told = {"ended_at": ended_at.isoformat()}
    return _step(
        dysfunction, StepKind.ENDED, actor, at, {"until_at": ended_at}, told=told, happened_at=ended_at
    )


@clause("S-10.1.3-support")
def resolve(*, dysfunction: Dysfunction, resolution: str, actor: str, at: datetime) -> Dysfunction:
    """Say how it was solved, to the end.

    Raises:
        StillRunning: say first when it ended.
        DysfunctionStands: it is solved already.
    """
    changes = {"state": State.RESOLVED.value, "resolution": resolution, "resolved_at": at}
    return _step(dysfunction, StepKind.RESOLVED, actor, at, changes, text=resolution, needs_end=True)


def close(*, dysfunction: Dysfunction, actor: str, at: datetime) -> Dysfunction:
    """Put away a dysfunction that is solved.

    Raises:
        DysfunctionStands: it is not solved, or is closed already.
    """
    return _step(dysfunction, StepKind.CLOSED, actor, at, {"state": State.CLOSED.value, "closed_at": at})


def reopen(*, dysfunction: Dysfunction, because: str, actor: str, at: datetime) -> Dysfunction:
    """It is not solved after all.

    Raises:
        DysfunctionStands: it is open.
    """
    changes = {"state": State.OPEN.value, "closed_at": None}
    return _step(dysfunction, StepKind.REOPENED, actor, at, changes, text=because)


def join_document(
    *, dysfunction: Dysfunction, name: str, content: bytes, actor: str, at: datetime
) -> Evidence:
    """Join a document. The same bytes twice are joined once."""
    code = dysfunction.contract.code
    sha256 = files.keep(content, contract=code)
    with transaction.atomic():
        Dysfunction.objects.select_for_update().get(pk=dysfunction.pk)
        known = dysfunction.documents.filter(sha256=sha256).first()
        if known is not None:
            return known
        made = Evidence.objects.create(
            dysfunction=dysfunction,
            name=name[:200],
            sha256=sha256,
            bytes=len(content),
            joined_at=at,
            joined_by=actor,
        )
        _trace(dysfunction, StepKind.DOCUMENTED, actor, at, made.name, {"name": made.name, "sha256": sha256})
    return made


def _step(
    dysfunction: Dysfunction,
    kind: StepKind,
    actor: str,
    at: datetime,
    changes: Mapping[str, object],
    *,
    text: str = "",
    told: Mapping[str, object] | None = None,
    happened_at: datetime | None = None,
    needs_end: bool = False,
) -> Dysfunction:
    """Change the dysfunction if it still stands where this step may start, with its trace."""
    with transaction.atomic():
        held = _held(dysfunction)
        if State(held.state) not in NEXT[kind]:
            raise DysfunctionStands(held.reference, held.state)
        if needs_end and held.until_at is None:
            raise StillRunning(held.reference)
        for name, value in changes.items():
            setattr(held, name, value)
        if changes:
            held.save(update_fields=[*changes])
        _trace(held, kind, actor, at, text, told, happened_at)
    return held


def _held(dysfunction: Dysfunction) -> Dysfunction:
    return (
        Dysfunction.objects.select_for_update(of=("self",)).select_related("contract").get(pk=dysfunction.pk)
    )


def _trace(
    dysfunction: Dysfunction,
    kind: StepKind,
    actor: str,
    at: datetime,
    text: str = "",
    told: Mapping[str, object] | None = None,
    happened_at: datetime | None = None,
) -> None:
    Step.objects.create(
        dysfunction=dysfunction, kind=kind.value, at=happened_at or at, actor=actor, text=text
    )
    record(
        contract=dysfunction.contract.code,
        actor=actor,
        at=at,
        act=f"INCIDENT_{kind.value}",
        target=f"incident:{dysfunction.reference}",
        body=told,
    )


# What is set aside


@clause("S-9-penalites", "S-3.3.2-accessibilite")
def propose_claim(
    *,
    dysfunction: Dysfunction,
    since_at: datetime,
    until_at: datetime,
    because: str,
    actor: str,
    at: datetime,
    lines: tuple[str, ...] = (),
    flows: tuple[str, ...] = (),
) -> Claim:
    """Ask the buyer to set a piece of the dysfunction's time aside. Nothing is, before it agrees.

    Raises:
        ClaimRefused: the time is not the dysfunction's own, or another claim awaits its answer.
    """
    with transaction.atomic():
        held = _held(dysfunction)
        fault = claim_fault(
            since_at=since_at,
            until_at=until_at,
            lines=lines,
            incident_since_at=held.since_at,
            incident_until_at=held.until_at,
            at=at,
        )
        if not fault and held.claims.filter(state=ClaimState.PROPOSED.value).exists():
            fault = "ONE_AWAITS"
        if fault:
            raise ClaimRefused(fault)
        made = Claim.objects.create(
            dysfunction=held,
            since_at=since_at,
            until_at=until_at,
            lines=list(lines),
            flows=list(flows),
            because=because,
            proposed_at=at,
            proposed_by=actor,
            state=ClaimState.PROPOSED.value,
        )
        _trace(held, StepKind.CLAIM_PROPOSED, actor, at, because, _told(made))
    return made


def _told(claim: Claim) -> dict[str, object]:
    return {
        "claim": claim.pk,
        "since_at": claim.since_at.isoformat(),
        "until_at": claim.until_at.isoformat(),
        "lines": claim.lines,
        "flows": claim.flows,
    }


@clause("S-9-penalites", "S-3.3.2-accessibilite")
def agree_claim(*, claim: Claim, note: str = "", actor: str, at: datetime) -> Claim:
    """The buyer agrees: from now on this time is set aside.

    Raises:
        ClaimAnswered
    """
    return _answer(claim, ClaimState.AGREED, StepKind.CLAIM_AGREED, note, actor, at)


def refuse_claim(*, claim: Claim, because: str, actor: str, at: datetime) -> Claim:
    """The buyer refuses, and says why.

    Raises:
        NoReason, ClaimAnswered
    """
    if not because.strip():
        raise NoReason
    return _answer(claim, ClaimState.REFUSED, StepKind.CLAIM_REFUSED, because, actor, at)


def withdraw_claim(*, claim: Claim, because: str = "", actor: str, at: datetime) -> Claim:
    """The contractor gives up a claim that has no answer yet.

    Raises:
        ClaimAnswered
    """
    return _answer(claim, ClaimState.WITHDRAWN, StepKind.CLAIM_WITHDRAWN, because, actor, at)


def _answer(claim: Claim, state: ClaimState, kind: StepKind, text: str, actor: str, at: datetime) -> Claim:
    with transaction.atomic():
        held = _held(claim.dysfunction)
        changed = Claim.objects.filter(pk=claim.pk, state=ClaimState.PROPOSED.value).update(
            state=state.value, answered_at=at, answered_by=actor, answer=text
        )
        current = Claim.objects.select_related("dysfunction__contract").get(pk=claim.pk)
        if not changed:
            raise ClaimAnswered(current.state)
        _trace(held, kind, actor, at, text, _told(current))
    return current
