"""Each rule refuses its row, names it, and says how to mend it; the row beside it enters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from titulaire.support.facts.services import Imported
from titulaire.support.facts.tests.conftest import HEADINGS, acd_csv, row

Bring = Callable[..., Imported]
pytestmark = pytest.mark.django_db

CASES = [
    ("MISSING_VALUE", "flux", {"flux": ""}),
    ("MISSING_VALUE", "appel", {"appel": ""}),
    ("MISSING_VALUE", "arrivee", {"arrivee": "-"}),
    ("BAD_INSTANT", "arrivee", {"arrivee": "31/02/2026 10:00:00"}),
    ("BAD_INSTANT", "arrivee", {"arrivee": "2026-03-02 10:00:00"}),
    ("BAD_DURATION", "attente", {"attente": "25 s"}),
    ("BAD_DURATION", "attente", {"attente": "0:75:00"}),
    ("BAD_DURATION", "garde", {"garde": "deux"}),
    ("BAD_NUMBER", "segment", {"segment": "1,5"}),
    ("BAD_LEG", "", {"segment": "0"}),
    ("BAD_FLAG", "teletravail", {"teletravail": "peut-être"}),
    ("UNKNOWN_CODE", "origine", {"origine": "Ailleurs"}),
    ("UNKNOWN_CODE", "issue + cause", {"issue": "Dissuadé", "cause": "Lune"}),
    ("BAD_CODE", "groupe", {"groupe": "Groupe été"}),
    ("TOO_LONG", "incident", {"incident": "x" * 201}),
    ("NEGATIVE_DURATION", "post_appel", {"post_appel": "-4"}),
    ("DURATION_TOO_LONG", "post_appel", {"post_appel": "86401"}),
    ("IN_THE_FUTURE", "arrivee", {"arrivee": "03/12/2026 10:00:00", "decroche": ""}),
    ("TOO_OLD", "arrivee", {"arrivee": "02/03/2014 10:00:00"}),
    ("NONEXISTENT_TIME", "arrivee", {"arrivee": "29/03/2026 02:30:00", "decroche": ""}),
    ("ANSWERED_BEFORE_ARRIVAL", "", {"decroche": "02/03/2026 09:59:59"}),
    ("TALK_WITHOUT_ANSWER", "", {"issue": "Abandonné"}),
    ("GROUP_MISSING", "", {"groupe": ""}),
    ("ANSWERED_IN_THE_MENU", "", {"origine": "SVI"}),
    ("RING_EXCEEDS_WAIT", "", {"sonnerie": "26"}),
]


@pytest.mark.parametrize(("rule", "column", "changes"), CASES)
def test_a_row_that_cannot_be_a_fact_is_refused(
    bring: Bring, rule: str, column: str, changes: dict[str, str]
) -> None:
    imported = bring([row(appel="GOOD"), row() | changes], accept_partial=True)
    assert [(item.row, item.rule, item.column) for item in imported.refusals] == [(3, rule, column)]
    assert imported.refusals[0].message and imported.refusals[0].mend
    assert (imported.batch.rows_accepted, imported.batch.refused_by_rule) == (1, {rule: 1})


def test_the_day_after_today_is_not_yet_the_future(bring: Bring) -> None:
    at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert bring([row(arrivee="21/11/2026 09:59:59", decroche="")], at=at).batch.state == "ACCEPTED"
    later = bring([row(appel="B", arrivee="21/11/2026 10:00:01", decroche="")], at=at)
    assert later.refusals[0].rule == "IN_THE_FUTURE"


def test_the_same_call_twice_in_a_file_is_refused_the_second_time(bring: Bring) -> None:
    imported = bring([row(), row(appel="A2"), row()], accept_partial=True)
    assert [(item.row, item.rule) for item in imported.refusals] == [(4, "REPEATED")]


def test_a_refused_row_breaks_every_rule_it_breaks(bring: Bring) -> None:
    imported = bring([row(flux="", attente="?", groupe="é")])
    assert [item.rule for item in imported.refusals] == ["BAD_DURATION", "MISSING_VALUE", "BAD_CODE"]
    assert imported.batch.rows_refused == 1


def test_a_line_with_too_many_columns_keeps_the_numbers_of_the_others(bring: Bring, tmp_path: Path) -> None:
    good = ";".join(row().get(heading, "") for heading in HEADINGS)
    lines = [
        ";".join(HEADINGS),
        good,
        "trop;peu",
        good.replace("A1;", "A2;", 1),
        good + ";en;trop",
        good.replace("A1;", "A3;", 1).replace("Décroché", "Perdu"),
    ]
    path = tmp_path / "broken.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    imported = bring(path=path, accept_partial=True)
    assert [(item.row, item.rule) for item in imported.refusals] == [
        (3, "BROKEN_LINE"),
        (5, "BROKEN_LINE"),
        (6, "UNKNOWN_CODE"),
    ]
    assert (imported.batch.rows_read, imported.batch.rows_accepted) == (5, 2)


def test_a_missing_column_refuses_the_file_and_names_those_it_has(bring: Bring, tmp_path: Path) -> None:
    path = acd_csv(tmp_path / "renamed.csv", [row()])
    path.write_text(path.read_text("utf-8").replace("arrivee;", "date d’appel;", 1), "utf-8")
    refusal = bring(path=path).refusals[0]
    assert (refusal.rule, refusal.column) == ("MISSING_COLUMN", "arrivee")
    assert "« date d’appel »" in refusal.message


def test_the_number_of_a_caller_is_not_shown_in_a_refusal(bring: Bring) -> None:
    imported = bring([row(appelant="0" * 201)])
    assert (imported.refusals[0].rule, imported.refusals[0].value) == ("TOO_LONG", "•••")


def test_refused_rows_come_as_a_file_that_runs_no_formula(bring: Bring) -> None:
    from titulaire.support.facts.queries import refusals_path

    imported = bring([row(groupe="=1+1")])
    text = refusals_path(imported.batch.refusals_file).read_text("utf-8-sig")
    assert text.splitlines()[0].startswith("Ligne;Colonne;Règle;Valeur")
    assert ";'=1+1;" in text
