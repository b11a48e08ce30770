"""Forecasts: their file, their versions, their pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client

from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract as a_contract
from titulaire.identity.tests.factories import person
from titulaire.journal.models import Entry
from titulaire.support.forecasts.models import Forecast
from titulaire.support.forecasts.queries import volumes_between
from titulaire.support.forecasts.rules import Channel, Volume, gap_rate, in_force, read_volumes
from titulaire.support.forecasts.services import state_forecast
from titulaire.ui.cells import Refused, table_of_file, table_of_text
from titulaire.ui.exports import xlsx_bytes

AT = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
MAY_4, MAY_5 = date(2026, 5, 4), date(2026, 5, 5)
FILE = "jour;canal;flux;volume\n04/05/2026;téléphone;3422;6 400\n2026-05-05;;3422;6100\n05/05/2026;Formulaires;;300\n"
PAGE = "/marches/mes/previsions/"


def test_a_file_is_read_with_its_usual_words() -> None:
    assert read_volumes(table_of_text(FILE)) == [
        Volume(MAY_4, Channel.PHONE, "3422", 6400),
        Volume(MAY_5, Channel.PHONE, "3422", 6100),
        Volume(MAY_5, Channel.FORMS, "", 300),
    ]


def test_a_workbook_says_the_same_as_text() -> None:
    content = xlsx_bytes(["Jour", "Canal", "Flux", "Volume"], [(MAY_4, "Téléphone", "3422", 6400)])
    assert read_volumes(table_of_file(content)) == [Volume(MAY_4, Channel.PHONE, "3422", 6400)]


@pytest.mark.parametrize(
    ("text", "row", "rule"),
    [
        ("jour;volume\n", 0, "EMPTY"),
        ("date;volume\n04/05/2026;3\n", 1, "MISSING"),
        ("jour;volume\n31/02/2026;3\n", 2, "NOT_A_DAY"),
        ("jour;volume\n04/05/26;3\n", 2, "NOT_A_DAY"),
        ("jour;volume\n04/05/2026;3,5\n", 2, "NOT_A_COUNT"),
        ("jour;volume\n04/05/2026;-3\n", 2, "NOT_A_COUNT"),
        ("jour;volume\n04/05/2026;1000001\n", 2, "TOO_MUCH"),
        ("jour;volume\n04/05/2026;3\n04/05/2026;4\n", 3, "TWICE"),
        ("jour;canal;volume\n04/05/2026;pigeon;3\n", 2, "UNKNOWN"),
        ("jour;flux;volume\n04/05/2026;;3\n04/05/2026;3422;4\n", 0, "MIXED"),
    ],
)
def test_a_wrong_table_is_refused_at_its_row(text: str, row: int, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        read_volumes(table_of_text(text))
    assert (refused.value.row, refused.value.rule) == (row, rule)


@pytest.mark.parametrize("content", [b"PK\x03\x04 no workbook", b'"jour;volume\n04/05', b""])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        read_volumes(table_of_file(content))


def test_the_last_version_replaces_a_day_and_channel_whole() -> None:
    first = [
        Volume(MAY_4, Channel.PHONE, "A", 10),
        Volume(MAY_4, Channel.PHONE, "B", 5),
        Volume(MAY_5, Channel.PHONE, "A", 7),
    ]
    second = [Volume(MAY_4, Channel.PHONE, "", 12)]
    found = in_force([*((1, one) for one in first), *((2, one) for one in second)])
    assert found == {(MAY_4, Channel.PHONE, ""): 12, (MAY_5, Channel.PHONE, "A"): 7}


@pytest.mark.parametrize(
    ("received", "forecast", "gap"),
    [(110, 100, "0.1000"), (90, 100, "-0.1000"), (1, 3, "-0.6667"), (5, None, None), (5, 0, None)],
)
def test_the_gap_is_a_share_of_the_forecast(received: int, forecast: int | None, gap: str | None) -> None:
    assert gap_rate(received, forecast) == (None if gap is None else Decimal(gap))


@pytest.fixture
def mes(db: None, tmp_path: Path, settings: object) -> Contract:
    settings.DATA_DIR = tmp_path / "var"  # type: ignore[attr-defined]
    return a_contract("mes", "SUPPORT")


def stated(mes: Contract, *volumes: Volume, content: bytes = b"a") -> Forecast:
    return state_forecast(
        contract=mes,
        volumes=volumes,
        source="Comité",
        content=content,
        file_name="a.csv",
        actor="user:test",
        at=AT,
    )


@pytest.mark.clause("S-3.3.1-tableaux-de-bord")
def test_each_statement_is_a_version_and_none_is_lost(mes: Contract) -> None:
    one = stated(mes, Volume(MAY_4, Channel.PHONE, "", 10), content=b"a")
    same = stated(mes, Volume(MAY_4, Channel.PHONE, "", 10), content=b"a")
    two = stated(mes, Volume(MAY_4, Channel.PHONE, "", 12), content=b"b")
    assert (one.version, same.version, two.version) == (1, 1, 2)
    assert volumes_between(mes, MAY_4, MAY_5) == {(MAY_4, Channel.PHONE, ""): 12}
    assert Entry.objects.filter(act="FORECAST_STATED").count() == 2
    back = stated(mes, Volume(MAY_4, Channel.PHONE, "", 10), content=b"a")
    assert back.version == 3, "going back to an earlier document is a new statement"


def signed(mes: Contract, role: Role) -> Client:
    client = Client()
    client.force_login(person(role, on=mes))
    return client


def test_lines_are_pasted_and_the_document_is_kept(mes: Contract) -> None:
    client = signed(mes, Role.PLANNER)
    answer = client.post(f"{PAGE}nouvelle/", {"source": "Comité du 1er mai", "lines": FILE}, follow=True)
    shown = answer.content.decode().replace("\u202f", " ")
    assert "version 1" in shown and "6 400" in shown and "Comité du 1er mai" in shown
    assert "Comité du 1er mai" in client.get(PAGE).content.decode()
    assert client.get(f"{PAGE}1/document/").content.decode() == FILE.strip()
    assert client.get(f"{PAGE}2/").status_code == 404


@pytest.mark.parametrize(
    ("lines", "said"),
    [("", "l’un des deux"), ("jour;volume\nhier;3\n", "Ligne 2 : « hier » n’est pas une date")],
)
def test_a_refused_table_says_where_and_records_nothing(mes: Contract, lines: str, said: str) -> None:
    answer = signed(mes, Role.PLANNER).post(f"{PAGE}nouvelle/", {"source": "x", "lines": lines})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Forecast.objects.exists()


def test_a_reader_states_nothing(mes: Contract) -> None:
    client = signed(mes, Role.BUYER_READER)
    assert client.get(PAGE).status_code == 200
    assert client.post(f"{PAGE}nouvelle/", {"source": "x", "lines": FILE}).status_code == 403
