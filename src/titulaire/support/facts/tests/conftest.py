from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from titulaire.identity.models import Contract, Organisation
from titulaire.support.facts.connectors import Connector, find_connector
from titulaire.support.facts.connectors.mapping import parse_connector
from titulaire.support.facts.queries import files_in_force
from titulaire.support.facts.schema import Record
from titulaire.support.facts.services import Correction, Imported, import_file
from titulaire.support.facts.store import parquet

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HEADINGS = [
    "appel",
    "segment",
    "arrivee",
    "decroche",
    "qualifie_le",
    "flux",
    "groupe",
    "groupe_conseiller",
    "origine",
    "fermeture_exceptionnelle",
    "incident",
    "svi",
    "attente",
    "sonnerie",
    "conversation",
    "garde",
    "post_appel",
    "transfert_vers",
    "transfert_resultat",
    "motif",
    "qualifie_par",
    "site",
    "conseiller",
    "teletravail",
    "interne",
    "appelant",
    "issue",
    "cause",
]
ANSWERED = {
    "appel": "A1",
    "segment": "1",
    "arrivee": "02/03/2026 10:00:00",
    "decroche": "02/03/2026 10:00:25",
    "flux": "3422",
    "groupe": "MES_N1",
    "origine": "Entrant",
    "attente": "0:00:25",
    "sonnerie": "5",
    "conversation": "0:03:10",
    "garde": "20",
    "post_appel": "40",
    "motif": "CV_ILLISIBLE",
    "qualifie_par": "Conseiller",
    "site": "NORD",
    "conseiller": "C001",
    "teletravail": "non",
    "interne": "non",
    "appelant": "01 23 45 67 89",
    "issue": "Décroché",
}


def row(**changes: str) -> dict[str, str]:
    """An answered call, with some cells changed."""
    return ANSWERED | changes


def acd_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    lines = [
        ";".join(HEADINGS),
        *(";".join(cells.get(heading, "") for heading in HEADINGS) for cells in rows),
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture
def contract(db: None, tmp_path: Path, settings: object) -> Contract:
    settings.DATA_DIR = tmp_path / "var"  # type: ignore[attr-defined]
    party, _ = Organisation.objects.get_or_create(code="test-party", defaults={"name": "Partie"})
    return Contract.objects.create(
        code="mes-test", title="Support", kind="SUPPORT", buyer=party, contractor=party, opened_at=AT
    )


@pytest.fixture
def acd() -> Connector:
    return find_connector("acd-csv")


@pytest.fixture
def bring(contract: Contract, acd: Connector, tmp_path: Path) -> Callable[..., Imported]:
    """Import rows of the ACD export, or a file through another connector."""
    count = 0

    def import_it(
        rows: list[dict[str, str]] | None = None,
        *,
        path: Path | None = None,
        connector: Connector | str | None = None,
        accept_partial: bool = False,
        correction: Correction | None = None,
        at: datetime = AT,
    ) -> Imported:
        nonlocal count
        count += 1
        if path is None:
            path = acd_csv(tmp_path / f"export-{count}.csv", rows or [])
        if isinstance(connector, str):
            connector = parse_connector(connector)
        return import_file(
            contract=contract,
            path=path,
            connector=connector or acd,
            actor="user:test",
            at=at,
            accept_partial=accept_partial,
            correction=correction,
        )

    return import_it


@pytest.fixture
def stored(contract: Contract) -> Callable[..., list[dict[str, object]]]:
    """The facts in force of a record, as dictionaries, in a stable order."""

    def read(record: Record = Record.LEGS, *, order: str = "source_key") -> list[dict[str, object]]:
        files = files_in_force(contract, record, since=date(2015, 1, 1), until=date(2030, 1, 1))
        if not files:
            return []
        result = duckdb.sql(f"SELECT * FROM {parquet(files)} ORDER BY {order}")
        return [dict(zip(result.columns, values, strict=True)) for values in result.fetchall()]

    return read
