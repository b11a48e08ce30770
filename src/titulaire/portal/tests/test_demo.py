"""The demonstration lives through the product's own acts, and its books balance."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from titulaire.billing.models import Document
from titulaire.deadlines.dues import DueState
from titulaire.governance.board import board, whole_life
from titulaire.identity.models import Contract
from titulaire.journal.queries import verify
from titulaire.portal.demo import centre
from titulaire.portal.demo.centre import inhabit
from titulaire.portal.demo.governance import govern
from titulaire.portal.demo.history import History, instant, open_doors, write_samples
from titulaire.support.facts.models import Batch
from titulaire.support.incidents.models import Claim, Dysfunction
from titulaire.support.indicators.gathering import GRAINS
from titulaire.support.ledger.models import Ledger
from titulaire.support.months.models import MonthAnswer, MonthIssue
from titulaire.support.penalties.models import PenaltyProposal
from titulaire.support.presence.models import GapExplanation, MorningCount
from titulaire.support.readings.models import ReadingQuestion
from titulaire.support.reconciliation.queries import reconcile
from titulaire.vouchers.complaints.models import Complaint
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.settlement.balance import register_of
from titulaire.vouchers.settlement.rules import breaches
from titulaire.vouchers.stops.models import Lift, Stop


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_three_months_of_the_demonstration_balance_and_can_be_lived_twice(tmp_path: Path) -> None:
    now = instant(date(2025, 4, 20), 9)
    for _ in range(2):
        open_doors(now)
        History(now, lambda what, done, of: None).live()
        assert Order.objects.exclude(state="CANCELLED").count() == 8
    states = set(Voucher.objects.values_list("state", flat=True))
    assert {"PAID", "DELIVERED", "ISSUED", "REPLACED"} <= states
    assert Complaint.objects.count() >= 5 and Stop.objects.exists() and Lift.objects.exists()
    assert Document.objects.filter(number__gt="").count() == 3
    assert breaches(register_of(Contract.objects.get(code="cpam47"))) == ()
    assert verify().holds
    right, wrong = write_samples(tmp_path, now)
    assert right.exists() and wrong.exists()


def counts() -> list[int]:
    kinds = (
        *(Batch, Claim, Dysfunction, Document, GapExplanation, Ledger, MonthAnswer, MonthIssue, MorningCount),
        *(PenaltyProposal, ReadingQuestion),
    )
    return [kind.objects.count() for kind in kinds]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_support_centre_lives_through_both_parties_acts_and_can_be_lived_twice(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path / "var"
    monkeypatch.setattr(centre, "FINISHED_MONTHS", 2)
    now = instant(date(2026, 9, 15), 9)
    open_doors(now)
    inhabit(now, silent)
    lived = counts()
    inhabit(now, silent)
    assert counts() == lived
    assert not Batch.objects.exclude(state="ACCEPTED").exists()
    told = MonthIssue.objects.filter(month__gte=date(2026, 7, 1))
    assert sorted(told.values_list("month", "number")) == [
        (date(2026, 7, 1), 1),
        (date(2026, 8, 1), 1),
        (date(2026, 8, 1), 2),
    ]
    july, august = PenaltyProposal.objects.order_by("month")
    assert (july.state, august.state) == ("CREDITED", "OPEN")
    assert july.credit_note is not None and july.decided_due is not None
    assert july.credit_note.totals().net == july.decided_due > 0
    assert set(Claim.objects.values_list("state", flat=True)) == {"AGREED"}
    assert Dysfunction.objects.filter(state="OPEN").count() == 1
    assert GapExplanation.objects.exists() and ReadingQuestion.objects.count() == 1
    found = reconcile(Contract.objects.get(code="mes"), date(2026, 8, 1))
    assert 0 < len(found.discrepancies) < len(found.compared) / 20 and not found.untold
    assert verify().holds
    contract = Contract.objects.get(code="mes")
    govern(now)
    since, until = whole_life(contract, now.date())
    late = [
        one.key for one in board(contract, since=since, until=until, at=now) if one.state is DueState.LATE
    ]
    assert 2 <= len(late) <= 12, late
    made = [one.name for one in (tmp_path / "var" / "rollups" / "mes").iterdir()]
    assert {f"{one.table}-{one.name}" for one in GRAINS} <= set(made)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_of_the_centre_before_calls_are_taken(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "var"
    now = instant(date(2025, 11, 8), 9)
    open_doors(now)
    inhabit(now, silent)
    assert not Batch.objects.exists()


def silent(what: str, done: int, of: int) -> None:
    """Nobody watches."""
