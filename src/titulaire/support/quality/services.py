"""The acts of quality: grids, draws, evaluations, their corrections, feedback, and marks given to the facts."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract, User
from titulaire.journal.services import record
from titulaire.support.facts.live import live_connector
from titulaire.support.facts.queries import stated_now
from titulaire.support.facts.schema import RECORD_TYPES, ItemEvent, ItemKind, Marker, Record
from titulaire.support.facts.services import Correction, import_file
from titulaire.support.quality.models import (
    Adviser,
    Calibration,
    CalibrationAction,
    Draw,
    Evaluation,
    Feedback,
    Publication,
    Sample,
    Scorecard,
)
from titulaire.support.quality.queries import (
    RECORD_OF,
    calibrable,
    candidates_of,
    current_of,
    handled,
    midnight,
    population_of,
    standing_of,
    unmarked_in,
)
from titulaire.support.quality.rules import (
    Answer,
    Criterion,
    drawn,
    mark_of,
    marking_fault,
    population_digest,
    sealing_fault,
    seed_digest,
)

SOURCE = "titulaire-qualite"
"""The source under which our marks stand in the facts."""


class NoCriteria(ValueError):
    """A grid has at least one criterion that weighs something."""


class DrawRefused(ValueError):
    """The draw cannot be sealed or opened; `fault` is a code of `wording.DRAW_FAULTS`."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class NothingToDraw(ValueError):
    """No facts of that kind in the period: bring them in first."""


class UnknownItem(ValueError):
    """No adviser handled such an item that day, in the facts."""


class ItemTaken(ValueError):
    """The item is already to be evaluated; `reference` says where."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class MayBeDrawn(ValueError):
    """A sealed draw covers that day: to pick in it would spoil it. `reference` is the draw's."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class MarkingRefused(ValueError):
    """The side cannot mark the item; `fault` is a code of `wording.MARK_FAULTS`."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class NoScorecard(ValueError):
    """There is no grid for that kind of item."""


class NoReason(ValueError):
    """A correction says why."""


class AlreadyCorrected(ValueError):
    """A later evaluation already replaces this one."""


class NotTheAdvisers(ValueError):
    """An evaluation of the session is not one of that adviser's."""


class AlreadyAcknowledged(ValueError):
    """The adviser has acknowledged that session already."""


def _hold(contract: Contract) -> Contract:
    """One writer at a time on a contract's ranks and samples."""
    return Contract.objects.select_for_update().get(pk=contract.pk)


@clause("S-4.1-controles")
def follow(
    *,
    contract: Contract,
    number: str,
    supervisor: User | None,
    since_on: date,
    until_on: date | None = None,
    actor: str,
    at: datetime,
) -> Adviser:
    """Say who supervises an adviser, and in which time evaluations are owed."""
    with transaction.atomic():
        held = _hold(contract)
        made, _ = Adviser.objects.update_or_create(
            contract=held,
            number=number,
            defaults={
                "supervisor": supervisor,
                "since_on": since_on,
                "until_on": until_on,
            },
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="QUALITY_ADVISER_FOLLOWED",
            target=f"adviser:{number}",
            body={
                "supervisor": supervisor.actor if supervisor else "",
                "since_on": since_on.isoformat(),
                "until_on": until_on.isoformat() if until_on else None,
            },
        )
    return made


# Scorecards


@clause("S-4.1-controles")
def write_scorecard(
    *,
    contract: Contract,
    kind: ItemKind,
    title: str,
    criteria: Sequence[Criterion],
    actor: str,
    at: datetime,
) -> tuple[Scorecard, bool]:
    """Write the next version of a grid; the same again is the same version. Gives whether it is new.

    Raises:
        NoCriteria
    """
    if not any(each.weight for each in criteria):
        raise NoCriteria
    said = [
        {"code": each.code, "label": each.label, "weight": each.weight, "eliminatory": each.eliminatory}
        for each in criteria
    ]
    with transaction.atomic():
        held = _hold(contract)
        last = Scorecard.objects.filter(contract=held, kind=kind.value).order_by("-version").first()
        if last and (last.title, last.criteria) == (title, said):
            return last, False
        made = Scorecard.objects.create(
            contract=held,
            kind=kind.value,
            version=last.version + 1 if last else 1,
            title=title,
            criteria=said,
            made_at=at,
            made_by=actor,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="SCORECARD_WRITTEN",
            target=f"scorecard:{kind.value}-{made.version}",
            body={"title": title, "criteria": said},
        )
    return made, True


# Draws and picks


@clause("S-4.1-controles")
def seal_draw(
    *,
    contract: Contract,
    kind: ItemKind,
    since_on: date,
    until_on: date,
    per_adviser: int,
    actor: str,
    at: datetime,
    seed: str = "",
) -> Draw:
    """Seal a seed before a period is over (`until_on` not included); its digest is in the journal from now on.

    Raises:
        DrawRefused
    """
    fault = sealing_fault(since=since_on, until=until_on, closes_at=midnight(until_on), at=at)
    if fault:
        raise DrawRefused(fault)
    seed = seed or secrets.token_hex(32)
    with transaction.atomic():
        held = _hold(contract)
        draws = Draw.objects.filter(contract=held)
        if draws.filter(kind=kind.value, since_on__lt=until_on, until_on__gt=since_on).exists():
            raise DrawRefused("OVERLAPS")
        made = Draw.objects.create(
            contract=held,
            rank=(draws.aggregate(last=Max("rank"))["last"] or 0) + 1,
            kind=kind.value,
            since_on=since_on,
            until_on=until_on,
            per_adviser=per_adviser,
            seed=seed,
            seed_sha256=seed_digest(seed),
            sealed_at=at,
            sealed_by=actor,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="QUALITY_DRAW_SEALED",
            target=f"draw:{made.reference}",
            body={
                "kind": kind.value,
                "since_on": since_on.isoformat(),
                "until_on": until_on.isoformat(),
                "per_adviser": per_adviser,
                "seed_sha256": made.seed_sha256,
            },
        )
    return made


@clause("S-4.1-controles")
def open_draw(*, draw: Draw, actor: str, at: datetime) -> list[Sample]:
    """Open a sealed draw once its period is over: show the seed, and take the items that it draws.

    Raises:
        DrawRefused: its period is not over, or it is open already.
        NothingToDraw
    """
    if draw.opened_at is not None:
        raise DrawRefused("ALREADY_OPENED")
    if at < midnight(draw.until_on):
        raise DrawRefused("NOT_CLOSED")
    stated = stated_now(draw.contract, until=draw.until_on)
    # Facts are read before the transaction; what they stated is kept, so that the draw can be made again.
    found = population_of(draw, stated)
    if not found:
        raise NothingToDraw(draw.reference)
    population = candidates_of(found)
    taken = {each.item for each in drawn(population, seed=draw.seed, per_adviser=draw.per_adviser)}
    record_name = RECORD_OF[ItemKind(draw.kind)].value
    with transaction.atomic():
        held = _hold(draw.contract)
        opened = Draw.objects.filter(pk=draw.pk, opened_at__isnull=True).update(
            opened_at=at,
            opened_by=actor,
            population=len(population),
            population_sha256=population_digest(population),
            stated=[
                [name, month.isoformat(), version]
                for (name, month), version in sorted(stated.versions.items())
                if name == record_name
            ],
        )
        if not opened:
            raise DrawRefused("ALREADY_OPENED")
        draw.refresh_from_db()
        rank = Sample.objects.filter(contract=held).aggregate(last=Max("rank"))["last"] or 0
        made = Sample.objects.bulk_create(
            Sample(
                contract=held,
                rank=rank + place,
                kind=draw.kind,
                item=each.item,
                adviser=each.adviser,
                reason=each.reason,
                site=each.site,
                day=each.day,
                draw=draw,
                chosen_at=at,
                chosen_by=actor,
            )
            for place, each in enumerate((each for each in found if each.item in taken), 1)
        )
        _follow_all(held, {each.adviser for each in found}, draw.since_on)
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="QUALITY_DRAW_OPENED",
            target=f"draw:{draw.reference}",
            body={
                "seed": draw.seed,
                "population": len(population),
                "population_sha256": draw.population_sha256,
                "items": sorted(taken),
            },
        )
    return made


def _follow_all(contract: Contract, numbers: set[str], since_on: date) -> None:
    """Whoever worked is owed evaluations, from the first day of the month in which he or she was first seen."""
    known = set(Adviser.objects.filter(contract=contract).values_list("number", flat=True))
    Adviser.objects.bulk_create(
        Adviser(contract=contract, number=number, since_on=since_on.replace(day=1))
        for number in sorted(numbers - known)
    )


@clause("S-4.1-controles")
def pick(
    *, contract: Contract, kind: ItemKind, item: str, day: date, because: str, actor: str, at: datetime
) -> Sample:
    """Choose an item to evaluate, saying why. It is not a sample: its mark stays out of the indicators.

    Raises:
        NoReason, UnknownItem, ItemTaken, MayBeDrawn
    """
    if not because.strip():
        raise NoReason
    found = handled(contract, kind, since=day, until=date.fromordinal(day.toordinal() + 1), item=item)
    if not found:
        raise UnknownItem(item)
    (one,) = found
    with transaction.atomic():
        held = _hold(contract)
        samples = Sample.objects.filter(contract=held)
        known = samples.filter(kind=kind.value, item=item).first()
        if known:
            raise ItemTaken(known.reference)
        draws = Draw.objects.filter(contract=held, kind=kind.value, opened_at__isnull=True)
        sealed = draws.filter(since_on__lte=one.day, until_on__gt=one.day).first()
        if sealed:
            raise MayBeDrawn(sealed.reference)
        made = Sample.objects.create(
            contract=held,
            rank=(samples.aggregate(last=Max("rank"))["last"] or 0) + 1,
            kind=kind.value,
            item=item,
            adviser=one.adviser,
            reason=one.reason,
            site=one.site,
            day=one.day,
            because=because.strip(),
            chosen_at=at,
            chosen_by=actor,
        )
        _follow_all(held, {one.adviser}, one.day)
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="QUALITY_ITEM_PICKED",
            target=f"sample:{made.reference}",
            body={"kind": kind.value, "item": item, "because": made.because},
        )
    return made


# Evaluations


@clause("S-4.1-controles")
def evaluate(
    *,
    sample: Sample,
    side: Marker,
    scorecard: Scorecard,
    answers: Mapping[str, Answer],
    comment: str = "",
    actor: str,
    at: datetime,
) -> Evaluation:
    """Mark an item for one side, with the grid of its kind.

    Raises:
        MarkingRefused: it has its mark, was given up, or is not that side's to mark.
        NoScorecard, AnswersMissing, NothingApplies
    """
    _fits(scorecard, sample)
    mark = mark_of(scorecard.lines, answers)
    with transaction.atomic():
        held = Sample.objects.select_for_update().select_related("contract").get(pk=sample.pk)
        fault = marking_fault(standing_of(held), side)
        if fault:
            raise MarkingRefused(fault)
        made = Evaluation.objects.create(
            sample=held,
            side=side.value,
            scorecard=scorecard,
            answers={code: answer.value for code, answer in answers.items()},
            missed=list(mark.missed),
            comment=comment.strip(),
            mark=mark.hundredths,
            marked_at=at,
            made_at=at,
            made_by=actor,
        )
        _recorded(made, "QUALITY_MARKED", actor, at)
    return made


@clause("S-4.1-controles")
def correct(
    *,
    evaluation: Evaluation,
    answers: Mapping[str, Answer],
    because: str,
    comment: str = "",
    actor: str,
    at: datetime,
) -> Evaluation:
    """Replace a wrong evaluation by a new one that says why; the wrong one stays readable.

    Raises:
        NoReason, AlreadyCorrected, AnswersMissing, NothingApplies
    """
    if not because.strip():
        raise NoReason
    mark = mark_of(evaluation.scorecard.lines, answers)
    with transaction.atomic():
        held = Sample.objects.select_for_update().select_related("contract").get(pk=evaluation.sample_id)
        if current_of(held, Marker(evaluation.side)) != evaluation:
            raise AlreadyCorrected
        made = Evaluation.objects.create(
            sample=held,
            side=evaluation.side,
            scorecard=evaluation.scorecard,
            answers={code: answer.value for code, answer in answers.items()},
            missed=list(mark.missed),
            comment=comment.strip(),
            mark=mark.hundredths,
            marked_at=evaluation.marked_at,
            made_at=at,
            made_by=actor,
            replaces=evaluation,
            because=because.strip(),
        )
        _recorded(made, "QUALITY_MARK_CORRECTED", actor, at)
    return made


def _fits(scorecard: Scorecard, sample: Sample) -> None:
    if (scorecard.contract_id, scorecard.kind) != (sample.contract_id, sample.kind):
        raise NoScorecard(sample.kind)


def _recorded(made: Evaluation, act: str, actor: str, at: datetime) -> None:
    # Both sides read the journal: it seals the mark without telling it, while it is to be hidden from one.
    told = [made.mark, made.answers, made.comment, made.marked_at.isoformat()]
    record(
        contract=made.sample.contract.code,
        actor=actor,
        at=at,
        act=act,
        target=f"sample:{made.sample.reference}",
        body={
            "side": made.side,
            "seal": sha256(json.dumps(told, sort_keys=True).encode()).hexdigest(),
            "scorecard": made.scorecard.version,
            "because": made.because,
        },
    )


@clause("S-4.1-controles")
def waive(*, sample: Sample, side: Marker, actor: str, at: datetime) -> Sample:
    """Say that a side will not mark an item: it may then read the other's mark, and never mark it.

    Raises:
        MarkingRefused
    """
    with transaction.atomic():
        held = Sample.objects.select_for_update().select_related("contract").get(pk=sample.pk)
        fault = marking_fault(standing_of(held), side)
        if fault:
            raise MarkingRefused(fault)
        if side is Marker.BUYER:
            held.buyer_waived_at = at
        else:
            held.contractor_waived_at = at
        held.save(update_fields=["buyer_waived_at", "contractor_waived_at"])
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="QUALITY_WAIVED",
            target=f"sample:{held.reference}",
            body={"side": side.value},
        )
    return held


# Feedback


@clause("S-4.1-controles")
def share(
    *,
    contract: Contract,
    adviser: str,
    held_on: date,
    evaluations: Sequence[Evaluation],
    summary: str,
    actor: str,
    at: datetime,
) -> Feedback:
    """Write down the session in which an adviser was told his or her evaluations.

    Raises:
        NotTheAdvisers: one is somebody else's, the buyer's, or there is none.
        ImpossibleDay
    """
    if held_on > timezone.localdate(at):
        raise ImpossibleDay(held_on)
    theirs = [
        each.sample.adviser == adviser
        and each.sample.contract_id == contract.pk
        and each.side == Marker.CONTRACTOR.value
        for each in evaluations
    ]
    if not theirs or not all(theirs):
        raise NotTheAdvisers(adviser)
    with transaction.atomic():
        made = Feedback.objects.create(
            contract=contract,
            adviser=adviser,
            held_on=held_on,
            summary=summary.strip(),
            written_at=at,
            written_by=actor,
        )
        made.evaluations.set(evaluations)
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="QUALITY_SHARED",
            target=f"adviser:{adviser}",
            body={
                "held_on": held_on.isoformat(),
                "items": [each.sample.reference for each in evaluations],
            },
        )
    return made


class ImpossibleDay(ValueError):
    """The session would be held in the future."""


@clause("S-4.1-controles")
def acknowledge(*, feedback: Feedback, words: str, actor: str, at: datetime) -> Feedback:
    """The adviser says that the session was held, and what he or she has to say of it.

    Raises:
        AlreadyAcknowledged
    """
    with transaction.atomic():
        changed = Feedback.objects.filter(pk=feedback.pk, acknowledged_at__isnull=True).update(
            acknowledged_at=at, words=words.strip()
        )
        if not changed:
            raise AlreadyAcknowledged
        feedback.refresh_from_db()
        record(
            contract=feedback.contract.code,
            actor=actor,
            at=at,
            act="QUALITY_ACKNOWLEDGED",
            target=f"adviser:{feedback.adviser}",
            body={"held_on": feedback.held_on.isoformat()},
        )
    return feedback


# Marks into the facts


@clause("S-4.1-controles", "S-3.3.2-formulaires-qualite")
def publish_marks(*, contract: Contract, actor: str, at: datetime) -> list[Publication]:
    """Give the facts every settled mark that they do not have, through the same door as any source, once.

    What is hidden from a side stays out: the indicators would tell it. A corrected mark corrects its fact.

    Raises:
        MarksRefused: the facts refused them; they stay to be sent.
    """
    _gather(contract, actor, at)
    waiting = Publication.objects.filter(contract=contract, batch="").select_related("contract")
    return [_bring(each, at) for each in waiting]


class MarksRefused(RuntimeError):
    """The facts refused our own marks, with their reasons by rule: a bug, or a month that may not change."""

    def __init__(self, reasons: Mapping[str, int]) -> None:
        super().__init__(dict(reasons))
        self.reasons = reasons


def _gather(contract: Contract, actor: str, at: datetime) -> None:
    with transaction.atomic():
        held = _hold(contract)
        waiting = Evaluation.objects.filter(
            sample__contract=held, publication__isnull=True, replaced_by__isnull=True
        ).select_related("sample", "replaces")
        ready = [
            each
            for each in waiting.prefetch_related("sample__evaluations", "sample__calibrations")
            if _is_settled(each.sample)
        ]
        fresh = [each for each in ready if not _was_published(each)]
        corrected = [each for each in ready if _was_published(each)]
        for corrects, batch in ((False, fresh), (True, corrected)):
            if not batch:
                continue
            reason = " ; ".join(f"{each.sample.reference} : {each.because}" for each in batch if corrects)
            made = Publication.objects.create(
                contract=held, corrects=corrects, reason=reason[:500], made_at=at, made_by=actor
            )
            Evaluation.objects.filter(pk__in=[each.pk for each in batch]).update(publication=made)
            record(
                contract=held.code,
                actor=actor,
                at=at,
                act="QUALITY_MARKS_PUBLISHED",
                target=f"publication:{made.pk}",
                body={"marks": len(batch), "corrects": corrects},
            )


def _is_settled(sample: Sample) -> bool:
    return standing_of(sample).settled


def _was_published(evaluation: Evaluation) -> bool:
    before = evaluation.replaces
    while before is not None:
        if before.publication_id is not None:
            return True
        before = before.replaces
    return False


def _bring(publication: Publication, at: datetime) -> Publication:
    names = [field.name for field in RECORD_TYPES[Record.ITEMS].fields]
    evaluations = publication.evaluations.select_related("sample").order_by("pk")
    lines = [
        json.dumps({name: fact.get(name) for name in names}, separators=(",", ":"))
        for fact in map(_fact, evaluations)
    ]
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / f"notes-{publication.pk}.json"
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        imported = import_file(
            contract=publication.contract,
            path=path,
            connector=live_connector(Record.ITEMS, SOURCE),
            actor=publication.made_by,
            at=at,
            correction=Correction("ROWS", publication.reason) if publication.corrects else None,
        )
    if imported.batch.state != "ACCEPTED":
        raise MarksRefused(imported.batch.refused_by_rule)
    publication.batch = imported.batch.key
    publication.save(update_fields=["batch"])
    return publication


def _fact(evaluation: Evaluation) -> dict[str, object]:
    sample = evaluation.sample
    return {
        "item_id": sample.item,
        "kind": sample.kind,
        "event": ItemEvent.MARKED.value,
        "occurred_at": evaluation.marked_at.isoformat(),
        "reason": sample.reason or None,
        "site": sample.site or None,
        "adviser": sample.adviser,
        "mark": evaluation.mark,
        "marked_by": evaluation.side,
        "sampling": sample.sampling.value,
    }


# Calibration


class NotBlind(ValueError):
    """An item has a mark already, was given up, is in another session or is marked by one side alone."""

    def __init__(self, references: Sequence[str]) -> None:
        super().__init__(", ".join(references))
        self.references = tuple(references)


class MarksMissing(ValueError):
    """A session is revealed once both sides have marked every item; `count` marks are awaited."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class AlreadyRevealed(ValueError):
    """The marks of the session are known already."""


class AlreadyDone(ValueError):
    """The action was already said to be done."""


@clause("S-4.1-calibrage")
def open_calibration(
    *, contract: Contract, title: str, samples: Sequence[Sample], actor: str, at: datetime
) -> Calibration:
    """Open a session on items that nobody has marked: their marks are hidden until all are there.

    Raises:
        NotBlind
    """
    with transaction.atomic():
        held = _hold(contract)
        free = {each.pk for each in calibrable(held)}
        seen = [each.reference for each in samples if each.pk not in free]
        if seen or not samples:
            raise NotBlind(seen)
        last = Calibration.objects.filter(contract=held).aggregate(last=Max("rank"))["last"] or 0
        made = Calibration.objects.create(
            contract=held, rank=last + 1, title=title, opened_at=at, opened_by=actor
        )
        made.samples.set(samples)
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="CALIBRATION_OPENED",
            target=f"calibration:{made.reference}",
            body={"items": [each.reference for each in samples]},
        )
    return made


@clause("S-4.1-calibrage")
def reveal(*, calibration: Calibration, conclusion: str, actor: str, at: datetime) -> Calibration:
    """Show both sides all the marks of a session at once, with what is concluded of them.

    Raises:
        AlreadyRevealed, MarksMissing, NoReason: nothing is concluded.
    """
    if not conclusion.strip():
        raise NoReason
    with transaction.atomic():
        held = Calibration.objects.select_for_update().select_related("contract").get(pk=calibration.pk)
        if held.revealed_at is not None:
            raise AlreadyRevealed
        missing = unmarked_in(held)
        if missing:
            raise MarksMissing(missing)
        held.revealed_at, held.conclusion = at, conclusion.strip()
        held.save(update_fields=["revealed_at", "conclusion"])
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="CALIBRATION_REVEALED",
            target=f"calibration:{held.reference}",
            body={"conclusion": held.conclusion},
        )
    return held


@clause("S-4.1-calibrage")
def decide_action(
    *, calibration: Calibration, what: str, due_on: date, actor: str, at: datetime
) -> CalibrationAction:
    """Decide an action of a revealed session, with its date.

    Raises:
        NoReason: the session is not revealed, so nothing can follow from it.
    """
    if calibration.revealed_at is None:
        raise NoReason
    with transaction.atomic():
        made = CalibrationAction.objects.create(
            calibration=calibration, what=what, due_on=due_on, decided_at=at, decided_by=actor
        )
        record(
            contract=calibration.contract.code,
            actor=actor,
            at=at,
            act="CALIBRATION_ACTION_DECIDED",
            target=f"calibration:{calibration.reference}",
            body={"what": what, "due_on": due_on.isoformat()},
        )
    return made


@clause("S-4.1-calibrage")
def finish_action(*, action: CalibrationAction, outcome: str, actor: str, at: datetime) -> CalibrationAction:
    """Say that an action is done, and with what effect.

    Raises:
        AlreadyDone
    """
    with transaction.atomic():
        changed = CalibrationAction.objects.filter(pk=action.pk, done_at__isnull=True).update(
            done_at=at, outcome=outcome.strip()
        )
        if not changed:
            raise AlreadyDone
        action.refresh_from_db()
        record(
            contract=action.calibration.contract.code,
            actor=actor,
            at=at,
            act="CALIBRATION_ACTION_DONE",
            target=f"calibration:{action.calibration.reference}",
            body={"what": action.what, "outcome": action.outcome},
        )
    return action
