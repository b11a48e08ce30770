from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from titulaire.identity.models import Contract, Organisation
from titulaire.support.dashboards.tests.opening import AT
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row


@pytest.fixture
def empty(db: None, tmp_path: Path, settings: Any) -> Contract:
    settings.DATA_DIR = tmp_path / "var"
    party, _ = Organisation.objects.get_or_create(code="test-party", defaults={"name": "Partie"})
    return Contract.objects.create(
        code="mes", title="Support", kind="SUPPORT", buyer=party, contractor=party, opened_at=AT
    )


@pytest.fixture
def contract(empty: Contract, tmp_path: Path) -> Contract:
    """May 2026: eight calls answered and two lost, one left out, on two sites."""
    nothing = dict.fromkeys(("conversation", "garde", "post_appel", "motif", "site", "conseiller"), "")
    answered = [
        row(
            appel=f"A{n}",
            arrivee=f"{4 + n % 2:02}/05/2026 10:00:00",
            decroche="",
            site="NORD" if n < 6 else "SUD",
            conseiller=f"AGENT-{n}",
        )
        for n in range(8)
    ]
    lost = [
        row(appel=f"L{n}", arrivee="04/05/2026 14:20:00", issue="Abandonné", decroche="") | nothing
        for n in range(2)
    ]
    import_file(
        contract=empty,
        path=acd_csv(tmp_path / "mai.csv", answered + lost),
        connector=find_connector("acd-csv"),
        actor="user:test",
        at=AT,
    )
    return empty
