"""Freezing a month, and answering it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.seals.services import seal
from titulaire.support.facts.queries import stated_now
from titulaire.support.indicators.evaluation import after
from titulaire.support.months.models import MonthAnswer, MonthIssue
from titulaire.support.months.queries import causes_of, document_of, issues_of
from titulaire.support.months.rules import Verdict, canonical, changes, says_the_same
from titulaire.support.months.stating import read_entered, software, state
from titulaire.support.penalties.assessing import Entered


class MonthNotOver(ValueError):
    """The month has not ended: its figures are not all there."""

    def __init__(self, month: date) -> None:
        super().__init__(f"{month:%Y-%m}")
        self.month = month


class NotAMonthOfTheContract(ValueError):
    """The month has no day of the contract."""

    def __init__(self, month: date) -> None:
        super().__init__(f"{month:%Y-%m}")
        self.month = month


class NoFacts(ValueError):
    """No fact was imported for the month: there is nothing to state."""

    def __init__(self, month: date) -> None:
        super().__init__(f"{month:%Y-%m}")
        self.month = month


class NothingChanged(ValueError):
    """The last issue says the same."""

    def __init__(self, issue: MonthIssue) -> None:
        super().__init__(str(issue))
        self.issue = issue


class FrozenMeanwhile(RuntimeError):
    """Someone froze the month while this issue was being computed."""

    def __init__(self, month: date) -> None:
        super().__init__(f"{month:%Y-%m}")
        self.month = month


class AlreadyApproved(ValueError):
    """The buyer approved this issue: only a new one can be answered."""

    def __init__(self, issue: MonthIssue) -> None:
        super().__init__(str(issue))
        self.issue = issue


class Replaced(ValueError):
    """A later issue stands in the place of this one: it is the one to answer."""

    def __init__(self, issue: MonthIssue) -> None:
        super().__init__(str(issue))
        self.issue = issue


class NoRemarks(ValueError):
    """A contest says what is contested."""


@clause("S-3.3.1-tableaux-de-bord", "S-9-penalites")
def freeze_month(
    *, contract: Contract, month: date, actor: str, at: datetime, entered: Entered | None = None
) -> MonthIssue:
    """State a month as its next issue, sealed; a correction says which figures it changes and because of what.

    `entered` is what people enter for penalties; without it, what the last issue had, or no penalties at all.
    The figures are computed before the transaction opens, from manifests that nothing can change.

    Raises:
        NotAMonthOfTheContract, MonthNotOver, NoFacts: there is nothing to state.
        NothingChanged: the last issue says the same.
        FrozenMeanwhile: another issue was made at the same time; try again.
    """
    month = month.replace(day=1)
    terms = terms_of(contract.code, at=at)
    if not terms.head.notified_on < after(month) or month >= terms.head.ends_on:
        raise NotAMonthOfTheContract(month)
    if timezone.localdate(at) < after(month):
        raise MonthNotOver(month)
    stated = stated_now(contract, until=after(month))
    if not any(one == month for _, one in stated.versions):
        raise NoFacts(month)
    last = issues_of(contract, month).first()
    before = document_of(last) if last else None
    if entered is None and before is not None:
        entered = read_entered(before["entered"])
    document = state(contract, month, terms=terms, stated=stated, entered=entered)
    if last is not None and before is not None and says_the_same(before, document):
        raise NothingChanged(last)
    document |= {
        "issue": last.number + 1 if last else 1,
        "previous": last.document_sha256 if last else None,
        "frozen_at": at.isoformat(),
        "frozen_by": actor,
        "software": software(),
        "corrects": _corrects(contract, before, document) if before else None,
    }
    return _issue(contract, month, last, document, actor, at)


def _corrects(contract: Contract, before: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    return {
        "figures": [asdict(one) for one in changes(before, document)],
        "causes": [
            {**asdict(one), "imported_at": one.imported_at.isoformat()}
            for one in causes_of(contract, before, document)
        ],
    }


def _issue(
    contract: Contract,
    month: date,
    last: MonthIssue | None,
    document: dict[str, Any],
    actor: str,
    at: datetime,
) -> MonthIssue:
    content = canonical(document)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        if issues_of(held, month).first() != last:
            raise FrozenMeanwhile(month)
        sha256 = files.keep(content, contract=held.code)
        made = seal(content, contract=held.code, actor=actor, at=at)
        entry = record(
            contract=held.code,
            actor=actor,
            at=at,
            act="MONTH_FROZEN",
            target=f"month:{month:%Y-%m}/{document['issue']}",
            body={"document_sha256": sha256, "key": made.key, "signature": made.signature},
        )
        return MonthIssue.objects.create(
            contract=held,
            month=month,
            number=document["issue"],
            document_sha256=sha256,
            key=made.key,
            signature=made.signature,
            entry_hash=entry.hash,
            frozen_at=at,
            frozen_by=actor,
        )


@clause("S-3.3.1-tableaux-de-bord")
def answer_month(
    *,
    issue: MonthIssue,
    verdict: Verdict,
    actor: str,
    at: datetime,
    remarks: str = "",
    contested: Collection[str] = (),
) -> MonthAnswer:
    """Record that the buyer approves or contests the last issue of a month.

    What was contested may be approved later; what was approved is settled until a new issue.

    Raises:
        Replaced: a later issue exists.
        AlreadyApproved: it is settled.
        NoRemarks: a contest gives no remark.
    """
    if verdict is Verdict.CONTESTED and not remarks.strip():
        raise NoRemarks
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=issue.contract_id)
        if issues_of(held, issue.month).first() != issue:
            raise Replaced(issue)
        if issue.answers.filter(verdict=Verdict.APPROVED.value).exists():
            raise AlreadyApproved(issue)
        answer = MonthAnswer.objects.create(
            issue=issue,
            verdict=verdict.value,
            remarks=remarks.strip(),
            contested=sorted(contested) if verdict is Verdict.CONTESTED else [],
            answered_at=at,
            answered_by=actor,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="MONTH_APPROVED" if verdict is Verdict.APPROVED else "MONTH_CONTESTED",
            target=f"month:{issue.month:%Y-%m}/{issue.number}",
            body={
                "document_sha256": issue.document_sha256,
                "remarks": answer.remarks,
                "contested": list(answer.contested),
            },
        )
    return answer
