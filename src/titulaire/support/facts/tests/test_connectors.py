"""A mapping file is read whole, every mistake with its line; the shipped ones read what they say they read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from titulaire.support.facts.connectors import (
    InvalidConnector,
    UnknownConnector,
    find_connector,
    load_connector,
)
from titulaire.support.facts.connectors.mapping import parse_connector
from titulaire.support.facts.schema import Record
from titulaire.support.facts.services import Imported

Bring = Callable[..., Imported]
Stored = Callable[..., list[dict[str, object]]]

GOOD = """name = "test"
record = "LEGS"

[source]
format = "csv"
zone = "Europe/Paris"

[fields]
call_id = "id"
arrived_at = { column = "at", format = "%Y-%m-%d %H:%M:%S" }
flow = { constant = "3422" }
call_group = "queue"
origin = { constant = "INBOUND" }
outcome = { column = "end", codes = { "ok" = "ANSWERED", "left" = "ABANDONED" } }
"""

MISTAKES = [
    ('zone = "Europe/Paris"', 'zonne = "Europe/Paris"', 6, "clé inconnue « zonne »"),
    ('zone = "Europe/Paris"', 'zone = "Europe/Pariss"', 6, "fuseau horaire inconnu"),
    ('format = "csv"', 'format = "ods"', 5, "n’est pas l’un de csv"),
    ('call_id = "id"', 'call_idd = "id"', 9, "clé inconnue « call_idd »"),
    ('call_id = "id"', "", 8, "« call_id » (Appel) manque"),
    ('{ constant = "INBOUND" }', '{ constant = "INWARD" }', 13, "n’est pas l’un de INBOUND"),
    ('"left" = "ABANDONED"', '"left" = "GONE"', 14, "« GONE » n’est pas l’un de"),
    ('flow = { constant = "3422" }', 'flow = { constant = "3422", column = "f" }', 11, "un seul des quatre"),
    ('format = "%Y-%m-%d %H:%M:%S"', 'format = "AAAA-MM-JJ"', 10, "écrivez par exemple"),
    ('column = "at", format', 'column = "at", fromat', 10, "clé inconnue « fromat »"),
    (
        'call_group = "queue"',
        'wait = { between = ["arrived_at", "answered_at"] }',
        12,
        "n’est pas un instant",
    ),
    ('record = "LEGS"', 'record = "CALLS"', 2, "n’est pas l’un de LEGS"),
    ('name = "test"', 'name = "Mon ACD"', 1, "lettres minuscules"),
    ('name = "test"', 'name = "test', 1, "TOML illisible"),
]


@pytest.mark.parametrize(("text", "instead", "line", "message"), MISTAKES)
def test_a_mistake_in_a_mapping_is_given_with_its_line(
    tmp_path: Path, text: str, instead: str, line: int, message: str
) -> None:
    assert text in GOOD
    path = tmp_path / "test.toml"
    path.write_text(GOOD.replace(text, instead, 1), "utf-8")
    with pytest.raises(InvalidConnector) as caught:
        load_connector(path)
    assert any(mistake.line == line and message in mistake.message for mistake in caught.value.mistakes)
    assert f"{path}:{line}: " in str(caught.value)


def test_all_the_mistakes_come_together() -> None:
    text = GOOD.replace('"csv"', '"ods"').replace("INBOUND", "INWARD").replace("zone", "zonne")
    with pytest.raises(InvalidConnector) as caught:
        parse_connector(text)
    assert [mistake.line for mistake in caught.value.mistakes] == [5, 6, 13]


def test_an_unknown_connector_tells_which_exist(tmp_path: Path) -> None:
    with pytest.raises(UnknownConnector) as caught:
        find_connector("nothing")
    assert "acd-csv" in caught.value.known
    (tmp_path / "mine.toml").write_text(GOOD.replace('"test"', '"mine"', 1), "utf-8")
    assert find_connector("mine", own_directory=tmp_path).name == "mine"


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_file_is_read_in_its_encoding(bring: Bring, stored: Stored, tmp_path: Path, encoding: str) -> None:
    mapping = GOOD.replace('format = "csv"', f'format = "csv"\nencoding = "{encoding}"').replace(
        "end", "état"
    )
    mapping = mapping.replace('column = "état"', 'column = "état"').replace('"ok"', '"décroché"')
    path = tmp_path / "e.csv"
    path.write_bytes("id;at;queue;état\n1;2026-03-02 10:00:00;G;décroché\n".encode(encoding))
    imported = bring(path=path, connector=mapping)
    assert imported.refusals == ()
    assert stored()[0]["outcome"] == "ANSWERED"


@pytest.mark.django_db
def test_a_workbook_is_read_with_its_own_dates_and_times(
    bring: Bring, stored: Stored, tmp_path: Path
) -> None:
    path = tmp_path / "calls.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Appels")
        instant = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
        length = book.add_format({"num_format": "[h]:mm:ss"})
        sheet.write_row(0, 0, ["id", "at", "queue", "end", "w"])
        sheet.write_number(1, 0, 17)
        sheet.write_datetime(1, 1, datetime(2026, 3, 2, 10, 0, 0), instant)
        sheet.write_string(1, 2, "G")
        sheet.write_string(1, 3, "ok")
        sheet.write_number(1, 4, 25 / 86400, length)
    mapping = GOOD.replace('"csv"', '"xlsx"\nsheet = "Appels"').replace("%Y-%m-%d %H:%M:%S", "iso")
    imported = bring(path=path, connector=mapping + 'wait = "w"\n')
    assert imported.refusals == ()
    fact = stored()[0]
    assert (fact["call_id"], fact["arrived_at"], fact["wait_ms"]) == (
        "17",
        datetime(2026, 3, 2, 9, 0),
        25_000,
    )


@pytest.mark.django_db
def test_a_parquet_with_instants_is_read(bring: Bring, stored: Stored, tmp_path: Path) -> None:
    path = tmp_path / "calls.parquet"
    at = pa.array([datetime(2026, 3, 2, 9, 0)], pa.timestamp("us", tz="UTC"))
    columns = {"id": pa.array(["1"]), "at": at, "queue": pa.array(["G"]), "end": pa.array(["left"])}
    pq.write_table(pa.table(columns), path)
    mapping = GOOD.replace('"csv"', '"parquet"').replace("%Y-%m-%d %H:%M:%S", "iso_offset")
    assert bring(path=path, connector=mapping).refusals == ()
    assert stored()[0]["arrived_at"] == datetime(2026, 3, 2, 9, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"PK\x03\x04 not a workbook", b"\x00\x01\x02"])
@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_a_file_of_another_kind_is_refused(bring: Bring, tmp_path: Path, kind: str, content: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    assert (
        bring(path=path, connector=GOOD.replace('"csv"', f'"{kind}"')).refusals[0].rule == "UNREADABLE_FILE"
    )


@pytest.mark.django_db
def test_durations_are_read_in_their_unit(bring: Bring, stored: Stored, tmp_path: Path) -> None:
    mapping = GOOD.replace('"csv"', '"csv"\ndecimal = ","') + (
        'wait = { column = "w", unit = "ms" }\n'
        'talk = { column = "t", unit = "minutes" }\n'
        'hold = { column = "h", unit = "milliseconds" }\n'
        'wrapup = { column = "p", never = ["0:00:00"] }\n'
    )
    path = tmp_path / "u.csv"
    path.write_text("id;at;queue;end;w;t;h;p\n1;2026-03-02 10:00:00;G;ok;2:05;4,16;1500;0:00:00\n", "utf-8")
    assert bring(path=path, connector=mapping).refusals == ()
    fact = stored()[0]
    assert [fact[f"{name}_ms"] for name in ("wait", "talk", "hold", "wrapup")] == [125_000, 249_600, 1_500, 0]


@pytest.mark.django_db
@pytest.mark.clause("S-10.1-statistiques")
def test_each_cell_of_a_report_is_a_fact_with_its_place(bring: Bring, stored: Stored, tmp_path: Path) -> None:
    connector = find_connector("odigo-xlsx")
    path = tmp_path / "stats.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Statistiques")
        sheet.write(0, 0, "Statistiques quotidiennes")
        sheet.write_row(3, 0, ["Date", "Flux", "Groupe", *(m.heading for m in connector.measures)])
        sheet.write_row(
            4, 0, ["02/03/2026", "3422", "MES_N1", 1040, *[1000] * 11, "125:30:00", "1:00:00", "0:00:00"]
        )
        sheet.write_row(5, 0, ["02/03/2026", "3422", "Total", *[9] * 12, "0:00:01", "0:00:01", "0:00:01"])
    imported = bring(path=path, connector=connector)
    assert imported.refusals == ()
    facts = {fact["measure"]: fact for fact in stored(Record.AGGREGATES)}
    assert len(facts) == 15
    wait = facts["WAIT_MS"]
    assert (wait["value"], wait["day"], wait["call_group"]) == (451_800_000, date(2026, 3, 2), "MES_N1")
    assert (wait["sheet"], wait["cell"], facts["PRESENTED"]["cell"]) == ("Statistiques", "P5", "D5")


QUEUE_LOG = """\
1772442000|c1|NONE|NONE|QUEUESTART|
1772442000|c1|MES|NONE|ENTERQUEUE||0199000001|1
1772442012|c1|MES|C007|RINGNOANSWER|5000
1772442020|c1|MES|C001|CONNECT|20|x.1|4
1772442220|c1|MES|C001|COMPLETECALLER|20|200|1
1772442030|c2|MES|NONE|ENTERQUEUE||0199000002|1
1772442090|c2|MES|NONE|ABANDON|1|1|60
1772442100|c3|MES|NONE|ENTERQUEUE||0199000003|1
1772442220|c3|MES|NONE|EXITWITHTIMEOUT|1|1|120
1772442221|c3|MES_B|NONE|ENTERQUEUE||0199000003|1
1772442231|c3|MES_B|C002|CONNECT|10|x.2|3
1772442331|c3|MES_B|C002|COMPLETEAGENT|10|100|1
"""


@pytest.mark.django_db
def test_the_events_of_a_queue_log_become_legs(bring: Bring, stored: Stored, tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_text(QUEUE_LOG)
    imported = bring(path=path, connector=find_connector("asterisk-queue-log"))
    assert imported.refusals == ()
    told = [
        (
            f["source_key"],
            f["call_group"],
            f["origin"],
            f["outcome"],
            f["wait_ms"],
            f["talk_ms"],
            f["adviser"],
        )
        for f in stored()
    ]
    assert told == [
        ("c1/1", "MES", "INBOUND", "ANSWERED", 20_000, 200_000, "C001"),
        ("c2/1", "MES", "INBOUND", "ABANDONED", 60_000, 0, None),
        ("c3/1", "MES", "INBOUND", "TIMED_OUT", 120_000, 0, None),
        ("c3/2", "MES_B", "TRANSFER", "ANSWERED", 10_000, 100_000, "C002"),
    ]
    assert stored()[0]["arrived_at"] == datetime(2026, 3, 2, 9, 0)


@pytest.mark.django_db
def test_a_file_of_json_objects_is_read_line_by_line(bring: Bring, stored: Stored, tmp_path: Path) -> None:
    path = tmp_path / "calls.ndjson"
    path.write_text(
        '{"id": 17, "at": "2026-03-02 10:00:00", "queue": "G", "end": "ok", "other": {"a": 1}}\n'
        '{"id": 18, "at": "2026-03-02 10:00:00", "queue": "G", "end": "lost"}\n',
        "utf-8",
    )
    imported = bring(path=path, connector=GOOD.replace('"csv"', '"json"'), accept_partial=True)
    assert [(refusal.row, refusal.column, refusal.rule) for refusal in imported.refusals] == [
        (2, "end", "UNKNOWN_CODE")
    ]
    assert [fact["call_id"] for fact in stored()] == ["17"]
    path.write_text('{"id": 1}\n', "utf-8")
    assert bring(path=path, connector=GOOD.replace('"csv"', '"json"')).refusals[0].rule == "MISSING_COLUMN"
    path.write_text("id;at\n", "utf-8")
    assert bring(path=path, connector=GOOD.replace('"csv"', '"json"')).refusals[0].rule == "UNREADABLE_FILE"


@pytest.mark.django_db
def test_a_report_may_come_in_any_format(bring: Bring, stored: Stored, tmp_path: Path) -> None:
    mapping = (
        'name = "rapport"\nrecord = "AGGREGATES"\n[source]\nformat = "csv"\n[source.skip]\n"g" = ["Total"]\n'
        '[fields]\nstarts_at = { column = "jour", format = "%d/%m/%Y" }\nperiod = { constant = "DAY" }\n'
        'call_group = "g"\n[measures]\n"pris" = "ANSWERED"\n"attente" = "WAIT_MS"\n'
    )
    path = tmp_path / "r.csv"
    path.write_text("jour;g;pris;attente\n02/03/2026;A;5;0:01:00\n03/03/2026;Total;9;0:00:00\n", "utf-8")
    assert bring(path=path, connector=mapping).refusals == ()
    assert [(f["measure"], f["value"], f["sheet"], f["cell"]) for f in stored(Record.AGGREGATES)] == [
        ("ANSWERED", 5, None, "C2"),
        ("WAIT_MS", 60_000, None, "D2"),
    ]
    path.write_text('{"jour": "04/03/2026", "g": "A", "pris": 7, "attente": "0:00:10"}\n', "utf-8")
    assert bring(path=path, connector=mapping.replace('"csv"', '"json"')).refusals == ()
    table = pa.table({"jour": ["05/03/2026"], "g": ["A"], "pris": [8], "attente": ["0:00:10"]})
    pq.write_table(table, path)
    assert bring(path=path, connector=mapping.replace('"csv"', '"parquet"')).refusals == ()
    assert sorted(f["value"] for f in stored(Record.AGGREGATES)) == [5, 7, 8, 10_000, 10_000, 60_000]
