"""A reason that the contract does not list enters, and the batch says how many rows it is on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.test import Client

from titulaire.cli.facts import command
from titulaire.contracts.queries import terms_as_signed
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.journal.models import Entry
from titulaire.support.facts import checking
from titulaire.support.facts.connectors import SHIPPED
from titulaire.support.facts.rules import Listing, listings
from titulaire.support.facts.services import Imported
from titulaire.support.facts.tests.conftest import acd_csv, row

Bring = Callable[..., Imported]
MONDAY, TUESDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 6)
LISTED = "Accompagnement enrôlement"

LISTS = [
    ({MONDAY: ("A",), TUESDAY: ("A",)}, (Listing(MONDAY, TUESDAY, ("A",)),)),
    (
        {MONDAY: ("A",), TUESDAY: ("A", "B")},
        (Listing(MONDAY, MONDAY, ("A",)), Listing(TUESDAY, TUESDAY, ("A", "B"))),
    ),
    ({MONDAY: None, TUESDAY: ("A",)}, (Listing(TUESDAY, TUESDAY, ("A",)),)),
    (
        {MONDAY: ("A",), TUESDAY: None, FRIDAY: ("A",)},
        (Listing(MONDAY, MONDAY, ("A",)), Listing(FRIDAY, FRIDAY, ("A",))),
    ),
    ({MONDAY: None}, ()),
    ({}, ()),
]


@pytest.mark.parametrize(("listed", "expected"), LISTS)
def test_a_list_is_told_once_for_the_days_it_is_in_force(
    listed: dict[date, tuple[str, ...] | None], expected: tuple[Listing, ...]
) -> None:
    assert listings(listed, lambda day: listed[day]) == expected


@pytest.fixture
def contract(contract: Contract) -> Contract:
    """The contract whose terms list the reasons."""
    contract.code = "mes"
    contract.save()
    return contract


def rows() -> list[dict[str, str]]:
    return [
        row(motif=LISTED),
        row(appel="A2"),
        row(appel="A3"),
        row(appel="A4", motif="Perdu"),
        row(appel="A5", motif=""),
    ]


@pytest.mark.django_db
def test_reasons_outside_the_list_enter_and_are_counted(bring: Bring) -> None:
    batch = bring(rows()).batch
    assert (batch.state, batch.rows_accepted) == ("ACCEPTED", 5)
    batch.refresh_from_db()
    assert batch.unlisted == {"reason": {"CV_ILLISIBLE": 2, "Perdu": 1}}
    assert Entry.objects.get().content.body["unlisted"] == batch.unlisted


@pytest.mark.django_db
def test_every_reason_of_the_contract_is_known(bring: Bring) -> None:
    names = terms_as_signed("mes").texts("contact_reasons", on=MONDAY)
    batch = bring([row(appel=f"A{n}", motif=name) for n, name in enumerate(names)]).batch
    assert (len(names), batch.state, batch.unlisted) == (17, "ACCEPTED", {})


@pytest.mark.django_db
def test_a_day_before_the_contract_and_a_contract_without_terms_list_nothing(
    bring: Bring, contract: Contract
) -> None:
    early = {"arrivee": "02/03/2025 10:00:00", "decroche": "02/03/2025 10:00:25"}
    assert bring([row() | early]).batch.unlisted == {}
    contract.code = "mes-autre"
    contract.save()
    assert bring([row(appel="A2")]).batch.unlisted == {}


@pytest.mark.django_db
def test_a_refused_file_brings_no_warning_and_a_part_of_it_counts_what_entered(
    bring: Bring, tmp_path: Path
) -> None:
    path = acd_csv(tmp_path / "same.csv", [*rows(), row(appel="A6", issue="Perdu")])
    assert bring(path=path).batch.unlisted == {}
    assert bring(path=path, accept_partial=True).batch.unlisted == {"reason": {"CV_ILLISIBLE": 2, "Perdu": 1}}


@pytest.mark.django_db
def test_rare_reasons_are_counted_together(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MOST_UNLISTED", 2)
    brought = [row(appel="A0", motif="Souvent"), row(appel="A1", motif="Souvent")]
    brought += [row(appel=f"B{n}", motif=f"Motif {n}") for n in range(4)]
    assert bring(brought).batch.unlisted == {"reason": {"Souvent": 2, "Motif 0": 1, "": 3}}


@pytest.mark.django_db
def test_the_page_of_the_batch_tells_them(bring: Bring, contract: Contract) -> None:
    client = Client()
    client.force_login(person(Role.SUPERVISOR, on=contract))
    listed = bring([row(appel="B1", motif=LISTED)]).batch
    warned = bring(rows()).batch
    page = client.get(f"/marches/mes/faits/lots/{warned.key}/").content.decode()
    assert "Motifs hors de la liste du marché" in page and "CV_ILLISIBLE" in page and "(I10)" in page
    page = client.get(f"/marches/mes/faits/lots/{listed.key}/").content.decode()
    assert "Motifs hors de la liste du marché" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("as_json", [True, False])
def test_the_terminal_tells_them(contract: Contract, tmp_path: Path, as_json: bool) -> None:
    path = acd_csv(tmp_path / "calls.csv", rows())
    connector = str(SHIPPED / "acd-csv.toml")
    said = ["import", str(path), "--connector", connector, "--contract", "mes"]
    result = CliRunner().invoke(command, [*said, "--json"] if as_json else said)
    assert result.exit_code == 0, result.output
    if as_json:
        assert json.loads(result.output)["unlisted"] == {"reason": {"CV_ILLISIBLE": 2, "Perdu": 1}}
    else:
        assert "Motifs hors de la liste" in result.output and "CV_ILLISIBLE" in result.output
