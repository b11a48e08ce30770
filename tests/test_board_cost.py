"""The board of a support contract after a year of mornings: its cost does not grow with them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from titulaire.governance.board import board, whole_life
from titulaire.identity.models import Contract
from titulaire.identity.tests.factories import contract as contract_named
from titulaire.support.ledger.models import WorkOrder
from titulaire.support.presence.models import GapExplanation, MorningCount, PlannedStaff, StaffPlan

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TRACE = {"explained_by": "user:test", "explained_at": AT}
MOST_QUERIES = 40


def lived(weeks: int) -> Contract:
    """A support contract whose mornings all had a gap on three sites, half of them explained, and an order a week."""
    mes = contract_named("mes", "SUPPORT")
    days, counts, why, orders = [], [], [], []
    for rank in range(weeks):
        week = date(2026, 11, 16) - rank * timedelta(days=7)
        plan = StaffPlan.objects.create(
            contract=mes, week=week, version=1, file_sha256="0" * 64, file_name="s.csv", sent_by="user:test",
            sent_at=datetime(week.year, week.month, week.day, 9, tzinfo=UTC) - timedelta(days=5),
        )  # fmt: skip
        orders.append(
            WorkOrder(
                contract=mes, reference=f"C{rank}", version=1, is_last=True, unit="UO1", since_on=week,
                until_on=week + timedelta(days=7), quantity=Decimal(100), ordered_on=week - timedelta(days=14),
                entered_at=AT, entered_by="user:test",
            )
        )  # fmt: skip
        for day in (week + timedelta(days=each) for each in range(5)):
            for site in ("NORD", "SUD", "OUEST"):
                days.append(
                    PlannedStaff(
                        plan=plan, on=day, site=site, heads=20, hours=140, training_hours=0, internal_hours=0
                    )
                )
                counts.append(
                    MorningCount(
                        contract=mes,
                        on=day,
                        site=site,
                        present=15,
                        origin="FACTS",
                        counted_by="system:x",
                        counted_at=AT,
                    )
                )
                if rank % 2:
                    why.append(
                        GapExplanation(
                            contract=mes,
                            on=day,
                            site=site,
                            planned=20,
                            present=15,
                            cause="OTHER",
                            text="Essai",
                            **TRACE,
                        )
                    )
    for rows in (days, counts, why, orders):
        type(rows[0]).objects.bulk_create(rows)
    return mes


def queries(mes: Contract) -> int:
    since, until = whole_life(mes, AT.date())
    with CaptureQueriesContext(connection) as asked:
        board(mes, since=since, until=until, at=AT)
    return len(asked)


@pytest.mark.parametrize("weeks", [2, 26])
def test_the_board_asks_the_database_no_more_for_half_a_year_than_for_two_weeks(weeks: int) -> None:
    mes = lived(weeks)
    # The first reading fills what is held for ever, such as the terms' file.
    queries(mes)
    assert queries(mes) <= MOST_QUERIES
