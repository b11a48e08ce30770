from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from titulaire.identity.models import Contract
from titulaire.identity.tests.factories import contract as contract_named
from titulaire.penalties.rules import Invoice
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.models import Batch
from titulaire.support.facts.services import Correction, import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.penalties.assessing import Entered

AT = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 6, 20, 9, 0, tzinfo=UTC)
ENTERED = Entered(Invoice(Decimal("100000.00"), Decimal("0.00")))
LOST = dict.fromkeys(("conversation", "garde", "post_appel", "motif", "site", "conseiller"), "")


def answered(name: str, day: int = 4, site: str = "NORD") -> dict[str, str]:
    return row(
        appel=name,
        arrivee=f"{day:02}/05/2026 10:00:00",
        decroche="",
        site=site,
        conseiller=f"AGENT-{name}",
    )


def lost(name: str, day: int = 4) -> dict[str, str]:
    return row(appel=name, arrivee=f"{day:02}/05/2026 14:20:00", issue="Abandonné", decroche="") | LOST


@pytest.fixture
def empty(db: None, tmp_path: Path, settings: Any) -> Contract:
    settings.DATA_DIR = tmp_path / "var"
    return contract_named("mes", "SUPPORT")


Bring = Callable[..., Batch]


@pytest.fixture
def bring(empty: Contract, tmp_path: Path) -> Bring:
    """Import rows of calls, as a correction when a reason is given."""
    count = 0

    def import_it(rows: list[dict[str, str]], why: str = "", at: datetime = AT) -> Batch:
        nonlocal count
        count += 1
        return import_file(
            contract=empty,
            path=acd_csv(tmp_path / f"mai-{count}.csv", rows),
            connector=find_connector("acd-csv"),
            actor="user:test",
            at=at,
            correction=Correction("DAYS", why) if why else None,
        ).batch

    return import_it


@pytest.fixture
def contract(empty: Contract, bring: Bring) -> Contract:
    """May 2026: eight calls answered and two lost, on two sites."""
    rows = [answered(f"A{n}", 4 + n % 2, "NORD" if n < 6 else "SUD") for n in range(8)]
    bring([*rows, lost("L0"), lost("L1")])
    return empty
