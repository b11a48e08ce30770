"""Whatever a source says of a call, the store says the same; whatever it says wrong, nothing enters."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from titulaire.support.facts.checking import check_rows
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.intake import compile_intake
from titulaire.support.facts.pseudonyms import new_key, normal_sql, plain_sql, pseudonym, pseudonym_sql
from titulaire.support.facts.schema import Origin, Outcome, Record
from titulaire.support.facts.services import Imported
from titulaire.support.facts.sources import open_raw
from titulaire.support.facts.store import engine
from titulaire.support.facts.storing import stored_rows
from titulaire.support.facts.tests.conftest import AT, acd_csv, row

PARIS = ZoneInfo("Europe/Paris")
OUTCOMES = {
    "Décroché": "ANSWERED",
    "Abandonné": "ABANDONED",
    "Débordé": "OVERFLOWED_OUT",
    "Expiré": "TIMED_OUT",
}
ORIGINS = {"Entrant": "INBOUND", "Transfert": "TRANSFER", "Débordement": "OVERFLOW"}

calls = st.fixed_dictionaries(
    {
        "at": st.datetimes(datetime(2025, 11, 9), datetime(2026, 10, 31)).map(
            lambda at: at.replace(microsecond=0)
        ),
        "origin": st.sampled_from(sorted(ORIGINS)),
        "outcome": st.sampled_from(sorted(OUTCOMES)),
        "wait": st.integers(0, 86_399),
        "talk": st.integers(1, 86_399),
        "wrapup": st.integers(0, 3_000),
        "group": st.sampled_from(["A", "B"]),
        "answering": st.sampled_from(["", "A", "B"]),
    }
)


def hms(seconds: int) -> str:
    return str(timedelta(seconds=seconds))


def export(place: int, call: dict[str, object]) -> dict[str, str]:
    at = call["at"]
    assert isinstance(at, datetime)
    civil = at.replace(tzinfo=UTC).astimezone(PARIS)
    answered = call["outcome"] == "Décroché"
    return {
        "appel": f"C{place}",
        "arrivee": f"{civil:%d/%m/%Y %H:%M:%S}",
        "flux": "3422",
        "groupe": str(call["group"]),
        "groupe_conseiller": str(call["answering"]) if answered else "",
        "origine": str(call["origin"]),
        "issue": str(call["outcome"]),
        "attente": hms(int(str(call["wait"]))),
        "conversation": hms(int(str(call["talk"]))) if answered else "0:00:00",
        "post_appel": str(call["wrapup"]) if answered else "",
    }


@settings(max_examples=40, deadline=None)
@given(st.lists(calls, min_size=1, max_size=12))
def test_a_call_comes_back_as_it_was_told(
    tmp_path_factory: pytest.TempPathFactory, told: list[dict[str, object]]
) -> None:
    directory = tmp_path_factory.mktemp("round")
    connector = find_connector("acd-csv")
    path = acd_csv(directory / "r.csv", [export(place, call) for place, call in enumerate(told)])
    found: dict[str, dict[str, object]] = {}
    with engine(directory) as (con, scratch):
        broken = open_raw(con, path, connector, scratch=scratch)
        checked = check_rows(
            con, compile_intake(connector, civil_zone="Europe/Paris", received_at=AT), connector, broken
        )
        assert checked.refusals == []
        for month in checked.months:
            select = stored_rows(
                Record.LEGS, month, source="s", batch="b", caller_key=None, civil_zone="Europe/Paris"
            )
            result = con.execute(select)
            names = [column[0] for column in result.description]
            found |= {
                line[names.index("source_key")]: dict(zip(names, line, strict=True))
                for line in result.fetchall()
            }
    for place, call in enumerate(told):
        at = call["at"]
        assert isinstance(at, datetime)
        leg = found[f"C{place}/1"]
        civil = at.replace(tzinfo=UTC).astimezone(PARIS)
        again = civil.replace(fold=0).astimezone(UTC).replace(tzinfo=None)
        widened = call["outcome"] == "Décroché" and call["answering"] not in ("", call["group"])
        assert (leg["arrived_at"], leg["day"]) == (again, civil.date())
        assert leg["quarter"] == civil.hour * 4 + civil.minute // 15
        assert leg["origin"] == ORIGINS[str(call["origin"])]
        assert leg["outcome"] == ("WIDENED_OUT" if widened else OUTCOMES[str(call["outcome"])])
        assert leg["wait_ms"] == int(str(call["wait"])) * 1000
        handled = found[f"C{place}/1/E"] if widened else leg
        expected = int(str(call["talk"])) * 1000 if call["outcome"] == "Décroché" else 0
        assert handled["talk_ms"] == expected
        assert handled["call_group"] == (call["answering"] if widened else call["group"])
    assert len(found) == len(told) + sum(leg["origin"] == Origin.WIDENED for leg in found.values())
    assert all(leg["outcome"] in set(Outcome) for leg in found.values())


@given(st.from_regex(r"(\+|00|0)?[0-9 .-]{4,14}", fullmatch=True))
def test_a_pseudonym_is_the_same_in_the_engine_and_in_python(number: str) -> None:
    key = new_key()
    text = number.replace("'", "")
    plain = f"SELECT {plain_sql('c')} AS p FROM (SELECT '{text}' AS c)"
    query = f"SELECT {pseudonym_sql(key, 'n')} FROM (SELECT {normal_sql('p')} AS n FROM ({plain}))"
    assert duckdb.execute(query).fetchall() == [(pseudonym(key, text),)]


@pytest.mark.django_db
def test_a_hundred_thousand_rows_enter_in_seconds(bring: Callable[..., Imported], tmp_path: Path) -> None:
    rows = [
        row(appel=f"C{n}", arrivee=f"{n % 27 + 1:02d}/03/2026 1{n % 7}:{n % 60:02d}:00", decroche="")
        for n in range(100_000)
    ]
    path = acd_csv(tmp_path / "many.csv", rows)
    started = time.perf_counter()
    imported = bring(path=path)
    assert imported.batch.rows_accepted == 100_000
    assert time.perf_counter() - started < 60
