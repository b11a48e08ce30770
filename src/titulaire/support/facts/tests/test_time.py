"""Days of 23 and 25 hours, midnight, and states cut at every quarter-hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from titulaire.support.facts.connectors import SHIPPED, find_connector
from titulaire.support.facts.connectors.mapping import parse_connector
from titulaire.support.facts.schema import Record
from titulaire.support.facts.services import Imported
from titulaire.support.facts.tests.conftest import row
from titulaire.support.facts.zones import offsets_of

Bring = Callable[..., Imported]
Stored = Callable[..., list[dict[str, object]]]
ACD = (SHIPPED / "acd-csv.toml").read_text("utf-8")
PARIS = ZoneInfo("Europe/Paris")

ZONES = ["Europe/Paris", "America/Cayenne", "Indian/Reunion", "America/New_York", "UTC"]


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2016, 1, 1), datetime(2031, 12, 31)).map(lambda at: at.replace(microsecond=0)),
)
def test_offsets_are_those_of_the_zone_in_both_directions(zone: str, at: datetime) -> None:
    offsets, where = offsets_of(zone, 2015, 2032), ZoneInfo(zone)
    civil = at.replace(tzinfo=UTC).astimezone(where).replace(tzinfo=None)
    utc, local = f"TIMESTAMP '{at}'", f"TIMESTAMP '{civil}'"
    found = duckdb.execute(
        f"SELECT {offsets.to_civil_sql(utc)}, {offsets.to_utc_sql(local)}, "
        f"{offsets.to_utc_sql(local, later=True)}, {offsets.in_gap_sql(local)}"
    ).fetchall()
    folds = [civil.replace(tzinfo=where, fold=fold).astimezone(UTC).replace(tzinfo=None) for fold in (0, 1)]
    assert found == [(civil, folds[0], folds[1], False)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ambiguous", "expected"),
    [("earlier", datetime(2026, 10, 25, 0, 30)), ("later", datetime(2026, 10, 25, 1, 30))],
)
def test_an_hour_that_exists_twice_is_read_as_declared(
    bring: Bring, stored: Stored, ambiguous: str, expected: datetime
) -> None:
    connector = ACD.replace("[source]", f'[source]\nambiguous = "{ambiguous}"', 1)
    bring([row(arrivee="25/10/2026 02:30:00", decroche="")], connector=connector)
    fact = stored()[0]
    assert (fact["arrived_at"], fact["day"], fact["quarter"]) == (expected, date(2026, 10, 25), 10)


@pytest.mark.django_db
def test_an_hour_that_exists_twice_can_be_refused(bring: Bring) -> None:
    connector = ACD.replace("[source]", '[source]\nambiguous = "refuse"', 1)
    imported = bring([row(arrivee="25/10/2026 02:30:00", decroche="")], connector=connector)
    assert imported.refusals[0].rule == "AMBIGUOUS_TIME"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "day", "quarter", "utc"),
    [
        ("UTC", date(2026, 7, 1), 2, datetime(2026, 6, 30, 22, 30)),
        ("Indian/Reunion", date(2026, 6, 30), 82, datetime(2026, 6, 30, 18, 30)),
    ],
)
def test_a_source_in_another_zone_is_counted_on_the_contracts_day(
    bring: Bring, stored: Stored, zone: str, day: date, quarter: int, utc: datetime
) -> None:
    connector = ACD.replace("Europe/Paris", zone)
    bring([row(arrivee="30/06/2026 22:30:00", decroche="")], connector=connector)
    fact = stored()[0]
    assert (fact["arrived_at"], fact["day"], fact["quarter"]) == (utc, day, quarter)


CLOCKED = """
name = "horloge"
record = "LEGS"
[source]
format = "csv"
[fields]
call_id = "id"
arrived_at = { columns = ["date", "arrivee"], format = "%Y-%m-%d %H:%M:%S" }
answered_at = { columns = ["date", "decroche"], format = "%Y-%m-%d %H:%M:%S", after = "arrived_at" }
ended_at = { columns = ["date", "fin"], format = "%Y-%m-%d %H:%M:%S", after = "arrived_at" }
wrapped_up_at = { columns = ["date", "fin_post"], format = "%Y-%m-%d %H:%M:%S", after = "arrived_at" }
flow = { constant = "3422" }
call_group = { constant = "MES" }
origin = { constant = "INBOUND" }
outcome = { constant = "ANSWERED" }
wait = { between = ["arrived_at", ["answered_at", "ended_at"]] }
talk = { between = ["answered_at", "ended_at"] }
wrapup = { between = ["ended_at", "wrapped_up_at"] }
"""


@pytest.mark.django_db
def test_a_wrap_up_past_midnight_stays_whole_on_its_call(
    bring: Bring, stored: Stored, tmp_path: object
) -> None:
    path = tmp_path / "clock.csv"  # type: ignore[operator]
    path.write_text(
        "id;date;arrivee;decroche;fin;fin_post\n1;2026-03-31;23:50:00;23:50:20;23:59:30;00:01:10\n"
    )
    assert bring(path=path, connector=CLOCKED).batch.state == "ACCEPTED"
    fact = stored()[0]
    assert (fact["day"], fact["wait_ms"], fact["talk_ms"], fact["wrapup_ms"]) == (
        date(2026, 3, 31),
        20_000,
        550_000,
        100_000,
    )


def states_csv(path: object, rows: list[tuple[str, int, str]]) -> object:
    lines = ["conseiller;session;debut;duree;etat;activite;raison;groupe;site;teletravail"]
    lines += [f"C1;S;{start};{seconds};{state};Téléphone;;G;NORD;non" for start, seconds, state in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")  # type: ignore[attr-defined]
    return path


@pytest.mark.django_db
def test_states_are_cut_at_quarter_hours_and_nothing_is_lost(
    bring: Bring, stored: Stored, tmp_path: object
) -> None:
    path = states_csv(tmp_path / "s.csv", [("02/03/2026 08:50:00", 2400, "Pause")])  # type: ignore[operator]
    bring(path=path, connector=find_connector("etats-csv"))
    pieces = [(p["quarter"], p["duration_ms"], p["piece"]) for p in stored(Record.STATES, order="piece")]
    assert pieces == [(35, 600_000, 1), (36, 900_000, 2), (37, 900_000, 3)]


@pytest.mark.django_db
def test_a_state_over_the_end_of_a_month_is_in_both_months(
    bring: Bring, stored: Stored, tmp_path: object
) -> None:
    path = states_csv(tmp_path / "s.csv", [("31/03/2026 23:45:00", 1800, "Pause")])  # type: ignore[operator]
    bring(path=path, connector=find_connector("etats-csv"))
    pieces = [(p["day"], p["quarter"], p["duration_ms"]) for p in stored(Record.STATES, order="started_at")]
    assert pieces == [(date(2026, 3, 31), 95, 900_000), (date(2026, 4, 1), 0, 900_000)]


@pytest.mark.django_db
def test_states_that_overlap_are_refused(bring: Bring, tmp_path: object) -> None:
    rows = [("02/03/2026 09:00:00", 600, "Pause"), ("02/03/2026 09:09:59", 60, "Pause")]
    path = states_csv(tmp_path / "s.csv", rows)  # type: ignore[operator]
    imported = bring(path=path, connector=find_connector("etats-csv"))
    assert [(item.row, item.rule) for item in imported.refusals] == [(3, "OVERLAP")]


@pytest.mark.django_db
def test_a_day_of_25_hours_keeps_all_its_seconds(bring: Bring, stored: Stored, tmp_path: object) -> None:
    path = states_csv(tmp_path / "s.csv", [("25/10/2026 00:00:00", 25 * 3600 - 3600, "Pause")])  # type: ignore[operator]
    bring(path=path, connector=find_connector("etats-csv"))
    pieces = stored(Record.STATES, order="started_at")
    assert sum(int(str(p["duration_ms"])) for p in pieces) == 24 * 3600 * 1000
    assert pieces[-1]["quarter"] == 91 and {p["day"] for p in pieces} == {date(2026, 10, 25)}
    assert timedelta(hours=25) == datetime(2026, 10, 26, tzinfo=PARIS).astimezone(UTC) - datetime(
        2026, 10, 25, tzinfo=PARIS
    ).astimezone(UTC)


def test_the_shipped_connectors_are_read() -> None:
    for path in SHIPPED.glob("*.toml"):
        assert parse_connector(path.read_text("utf-8")).name == path.stem


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("written", "text", "expected"),
    [
        ("iso_offset", "2026-03-02T10:00:00+01:00", datetime(2026, 3, 2, 9, 0)),
        ("iso_offset", "2026-03-02 10:00:00.250+0100", datetime(2026, 3, 2, 9, 0, 0, 250_000)),
        ("iso_offset", "2026-03-01T23:30:00-05", datetime(2026, 3, 2, 4, 30)),
        ("iso_offset", "2026-03-02T10:00:00Z", datetime(2026, 3, 2, 10, 0)),
        ("iso_offset", "2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30)),
        ("iso_offset", "2026-03-02T10:00:00", None),
        ("iso_offset", "2026-03-02", None),
        ("iso", "2026-03-02T10:00:00", datetime(2026, 3, 2, 9, 0)),
        ("iso", "2026-03-02", datetime(2026, 3, 1, 23, 0)),
        # Read in the zone of the file, this would be an hour wrong, in silence.
        ("iso", "2026-03-02T10:00:00Z", None),
        ("iso", "2026-03-02T10:00:00+01:00", None),
    ],
)
def test_an_iso_instant_is_read_with_its_offset_or_not_at_all(
    bring: Bring, stored: Stored, written: str, text: str, expected: datetime | None
) -> None:
    connector = ACD.replace('"%d/%m/%Y %H:%M:%S"', f'"{written}"')
    imported = bring([row(arrivee=text, decroche="", qualifie_le="")], connector=connector)
    assert [fact["arrived_at"] for fact in stored()] == ([expected] if expected else [])
    assert {refusal.rule for refusal in imported.refusals} == (set() if expected else {"BAD_INSTANT"})
