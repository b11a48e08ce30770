"""Reading issues: their documents, where they stand, whether they still hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.contracts.rules import Terms
from titulaire.deadlines.days import add_working_days
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.seals.queries import is_sealed
from titulaire.support.facts.models import Batch, Manifest
from titulaire.support.facts.queries import fault_of
from titulaire.support.months.models import MonthIssue
from titulaire.support.months.rules import (
    Answer,
    Difference,
    Standing,
    Verdict,
    canonical,
    compare,
    standing,
)
from titulaire.support.months.stating import read_entered, software, state, stated_in

SILENCE = "month_silence_days"
"""The term that says when silence approves a month; 0 where the contract gives silence no effect."""


class NoSuchIssue(LookupError):
    """The month has no issue of that number, or none at all."""

    def __init__(self, month: date, number: int | None) -> None:
        super().__init__(f"{month:%Y-%m}", number)
        self.month, self.number = month, number


@dataclass(frozen=True, slots=True)
class Cause:
    """A batch that one issue uses and the one before did not: what a correction comes from."""

    batch: str
    file_name: str
    record: str
    reason: str
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found. `notes` say what changed without changing any figure."""

    issue: MonthIssue
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Is the issue what was signed, and does it come out the same again?"""
        return not self.differences


def issues_of(contract: Contract, month: date | None = None) -> QuerySet[MonthIssue]:
    """The issues of a contract, or of one of its months, latest first, with their answers."""
    found = MonthIssue.objects.filter(contract=contract).prefetch_related("answers")
    return found if month is None else found.filter(month=month)


def issue_of(contract: Contract, month: date, number: int | None = None) -> MonthIssue:
    """An issue of a month, the last when no number is given.

    Raises:
        NoSuchIssue: there is none.
    """
    asked = issues_of(contract, month)
    found = (asked if number is None else asked.filter(number=number)).first()
    if found is None:
        raise NoSuchIssue(month, number)
    return found


def document_bytes(issue: MonthIssue) -> bytes:
    """The sealed bytes of an issue.

    Raises:
        FileLost, FileAltered: the kept file is gone, or no longer what was sealed.
    """
    return files.read(issue.document_sha256, contract=issue.contract.code)


def document_of(issue: MonthIssue) -> dict[str, Any]:
    """What an issue states; same refusals as `document_bytes`."""
    found: dict[str, Any] = json.loads(document_bytes(issue))
    return found


def silence_ends_at(issue: MonthIssue, terms: Terms) -> datetime | None:
    """The instant from which silence approves an issue; None when the contract does not say so."""
    day = max(timezone.localdate(issue.frozen_at), terms.head.notified_on)
    days = terms.days(SILENCE, on=day)
    if not days:
        return None
    calendar = calendar_of(terms, on=day)
    return calendar.end_of(add_working_days(calendar.local_day(issue.frozen_at), days, calendar))


def standing_of(issue: MonthIssue, *, terms: Terms, is_last: bool, at: datetime) -> Standing:
    """Where an issue stands at an instant."""
    answers = [Answer(Verdict(one.verdict), one.answered_at) for one in issue.answers.all()]
    return standing(answers, silence_ends_at=silence_ends_at(issue, terms), is_last=is_last, at=at)


def causes_of(contract: Contract, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Cause, ...]:
    """The batches that made the manifests of the second document since those of the first."""
    old, new = stated_in(before).versions, stated_in(after).versions
    keys = set()
    for record, month in new:
        later = Manifest.objects.filter(
            contract=contract,
            record=record,
            month=month,
            version__gt=old.get((record, month), 0),
            version__lte=new[record, month],
        )
        keys |= set(later.values_list("batch__key", flat=True))
    batches = Batch.objects.filter(contract=contract, key__in=keys).order_by("imported_at", "pk")
    return tuple(Cause(one.key, one.file_name, one.record, one.reason, one.imported_at) for one in batches)


@clause("S-3.3.1-tableaux-de-bord")
def verify(issue: MonthIssue) -> Verification:
    """Check the seal of an issue, then make it again from the files of its manifests and compare every figure.

    Facts that came later, terms recorded later and sums kept since are not looked at.
    """
    contract = issue.contract
    try:
        sealed = document_bytes(issue)
    except (files.FileLost, files.FileAltered) as fault:
        lost = Difference("document", issue.document_sha256, type(fault).__name__)
        return Verification(issue, (lost,), ())
    document = json.loads(sealed)
    found = [*_seal_faults(issue, sealed), *_fact_faults(document)]
    notes: tuple[str, ...] = ()
    if not found:
        again = state(
            contract,
            issue.month,
            terms=terms_of(contract.code, at=issue.frozen_at),
            stated=stated_in(document),
            entered=read_entered(document["entered"]),
        )
        parts = ("indicators", "cuts", "penalties", "terms", "facts")
        again = json.loads(canonical(again))
        for part in parts:
            found += compare(document[part], again[part], part)
        if document["software"] != software():
            notes = (f"logiciel {document['software']['version']} alors, {software()['version']} maintenant",)
    return Verification(issue, tuple(found), notes)


def _seal_faults(issue: MonthIssue, sealed: bytes) -> Iterator[Difference]:
    code = issue.contract.code
    if not is_sealed(sealed, key=issue.key, signature=issue.signature, contract=code):
        yield Difference("signature", issue.signature[:16], f"ne correspond pas à la clé {issue.key}")
    entry = Entry.objects.filter(contract=code, hash=issue.entry_hash).select_related("content").first()
    told = entry.content.body.get("document_sha256", "") if entry else ""
    if told != issue.document_sha256:
        yield Difference("journal", issue.document_sha256, told or "aucune entrée")


def _fact_faults(document: Mapping[str, Any]) -> Iterator[Difference]:
    for manifest in document["facts"]:
        for path, sha256 in manifest["files"].items():
            if fault := fault_of(path, sha256):
                yield Difference(f"facts.{path}", sha256, fault.fault)
