"""What makes the checks fast changes none of their answers."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from titulaire.support.facts.checking import check_rows
from titulaire.support.facts.connectors import Connector, find_connector
from titulaire.support.facts.connectors.mapping import parse_connector
from titulaire.support.facts.intake import compile_intake
from titulaire.support.facts.schema import Record
from titulaire.support.facts.sources import may_be_padded, open_raw
from titulaire.support.facts.store import engine
from titulaire.support.facts.storing import stored_rows
from titulaire.support.facts.tests.conftest import AT, HEADINGS, acd_csv, row

PARIS = "Europe/Paris"
ODD = ["", "-", " ", "\u00a0", "x", "é", "12", "-4", "1 200", "86401", "A B", "A_1.b:+-", "x" * 41, "x" * 201]
ODD += ["0:00:00", "0:03:10", "25:00:00", "0:75:00", "oui", "NON", "Entrant", "SVI", "INBOUND", "Décroché"]
ODD += ["Abandonné", "Dissuadé", "Lune", "02/03/2026 10:00:00", "29/03/2026 02:30:00", "02/03/2014 10:00:00"]
ODD += ["25/10/2026 02:30:00", "03/12/2027 10:00:00", "31/02/2026 10:00:00", " oui ", "0", "1", "1000", "1,5"]

calls = st.dictionaries(st.sampled_from(HEADINGS), st.sampled_from(ODD), max_size=5)


@settings(max_examples=30, deadline=None)
@given(st.lists(calls, min_size=1, max_size=30))
def test_a_row_is_accepted_when_no_rule_refuses_it_and_only_then(
    tmp_path_factory: pytest.TempPathFactory, told: list[dict[str, str]]
) -> None:
    directory = tmp_path_factory.mktemp("fold")
    path = acd_csv(directory / "r.csv", [row(appel=f"A{place}") | cells for place, cells in enumerate(told)])
    connector = find_connector("acd-csv")
    with engine(directory) as (con, scratch):
        open_raw(con, path, connector, scratch=scratch)
        for padded in {True, may_be_padded(path, connector)}:
            intake = compile_intake(connector, civil_zone=PARIS, received_at=AT, padded=padded)
            apart = " OR ".join(f"coalesce({rule.condition}, false)" for rule in intake.rules)
            found = con.execute(
                f"SELECT {intake.accepted} AS folded, NOT ({apart}) AS apart FROM ({intake.reading})"
            ).fetchall()
            assert len(found) == len(told) and all(folded == apart for folded, apart in found)


SPACES = " \u00a0\u1680\u2000\u2005\u200a\u202f\u205f\u3000"
cells = st.text(st.sampled_from(f"aé’àÉ«{SPACES}"), max_size=4)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=3), st.sampled_from(["", '"']), st.booleans())
@example([("a", "b\u3000")], "", False)
@example([("\u2003a", "b")], '"', True)
def test_a_file_that_needs_no_trimming_has_no_cell_to_trim(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[str, str]], quote: str, ended: bool
) -> None:
    lines = [";".join(f"{quote}{cell}{quote}" for cell in line) for line in told]
    path = tmp_path_factory.mktemp("pad") / "p.csv"
    path.write_text("\ufeffid;end\n" + "\n".join(lines) + ("\n" if ended else ""), "utf-8")
    trimmed = duckdb.execute(
        "SELECT trim(c) FROM (SELECT unnest(?) AS c)", [[c for line in told for c in line]]
    )
    untouched = [value for (value,) in trimmed.fetchall()] == [cell for line in told for cell in line]
    assert may_be_padded(path, find_connector("acd-csv")) or untouched


def test_a_plain_file_is_not_trimmed_and_a_space_over_two_blocks_is_seen(tmp_path: Path) -> None:
    connector = find_connector("acd-csv")
    assert not may_be_padded(acd_csv(tmp_path / "plain.csv", [row()]), connector)
    for tail in (b"a ;b\n", b"a; b\n", "a\u00a0;b\n".encode()):
        for shift in range(4):
            path = tmp_path / f"{len(tail)}-{shift}.csv"
            path.write_bytes(b"x" * ((1 << 22) - shift) + tail)
            assert may_be_padded(path, connector), (tail, shift)


def test_only_a_workbook_or_a_csv_in_utf8_may_go_untrimmed(tmp_path: Path) -> None:
    path = acd_csv(tmp_path / "plain.csv", [row()])
    text = Path(find_connector("acd-csv").path).read_text("utf-8")
    said = {
        'format = "csv"': False,
        'format = "xlsx"': False,
        'format = "parquet"': True,
        'format = "json"': True,
        'format = "csv"\nencoding = "cp1252"': True,
    }
    without = text.replace('encoding = "utf-8"\n', "")
    for source, expected in said.items():
        connector: Connector = parse_connector(without.replace('format = "csv"', source))
        assert may_be_padded(path, connector) is expected, source


def test_what_is_stored_of_a_file_without_widened_calls_is_the_same(tmp_path: Path) -> None:
    connector = find_connector("acd-csv")
    rows = [row(appel=f"A{n}", groupe_conseiller="MES_N1" if n % 2 else "") for n in range(9)]
    path = acd_csv(tmp_path / "r.csv", rows)
    with engine(tmp_path) as (con, scratch):
        broken = open_raw(con, path, connector, scratch=scratch)
        intake = compile_intake(connector, civil_zone=PARIS, received_at=AT)
        checked = check_rows(con, intake, connector, broken)
        assert not checked.has_widened
        both = [
            con.execute(
                stored_rows(
                    Record.LEGS,
                    checked.months[0],
                    source="s",
                    batch="b",
                    caller_key=b"k" * 32,
                    civil_zone=PARIS,
                    has_widened=widened,
                )
            ).fetchall()
            for widened in (True, False)
        ]
    assert both[0] == both[1] and len(both[0]) == 9
