"""Opening a source file in the engine, as text, line by line, whatever its format: the relation `raw`."""

from __future__ import annotations

import codecs
import csv
import io
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import zip_longest
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from titulaire.support.facts.connectors.mapping import Connector, Events
from titulaire.support.facts.intake import ROW, literal, quoted

LARGEST_WORKBOOK = 512 * 1024 * 1024
MOST_BROKEN_LINES = 10_000
ENGINE_ENCODINGS = {"utf-8", "utf8", "utf-8-sig", "utf_8", "ascii"}


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that is no row: too many or too few fields, a quote without end."""

    row: int
    text: str


class UnreadableSource(ValueError):
    """The file as a whole cannot be read: a stable `rule`, and in French why and how to mend."""

    def __init__(self, rule: str, message: str, mend: str, *, row: int = 0, column: str = "") -> None:
        super().__init__(rule)
        self.rule, self.message, self.mend, self.row, self.column = rule, message, mend, row, column


def open_raw(
    con: duckdb.DuckDBPyConnection, path: Path, connector: Connector, *, scratch: Path
) -> tuple[BrokenLine, ...]:
    """Make the relation `raw`: one row per line, every mapped column as text, and the line's number.

    Raises:
        UnreadableSource: the file is empty, of another format, or lacks a mapped column.
    """
    if path.stat().st_size == 0:
        raise UnreadableSource(
            "EMPTY_FILE",
            "Le fichier est vide : pas même une ligne d’en-tête.",
            "Refaites l’export. Une journée sans appel donne un fichier avec son seul en-tête.",
        )
    broken: tuple[BrokenLine, ...] = ()
    match connector.source.format:
        case "csv":
            broken = _open_csv(con, path, connector, scratch)
        case "xlsx":
            _open_workbook(con, path, connector)
        case "json":
            _open_json(con, path, connector)
        case _:
            _open_parquet(con, path, connector)
    if connector.events:
        _fold_events(con, connector.events)
    _skip(con, connector)
    return broken


def may_be_padded(path: Path, connector: Connector) -> bool:
    """Whether a cell may begin or end with a space of any kind: when none does, none has to be looked for.

    Read in the bytes, far faster than in the cells; in doubt, yes.
    """
    source = connector.source
    if source.format == "xlsx":
        return False
    marks = f"{source.delimiter}{source.quote}\r\n".encode()
    if source.format != "csv" or source.encoding.lower() not in ENGINE_ENCODINGS or not marks.isascii():
        return True
    if " " in marks.decode():
        return True
    marked = _among(marks)
    # Every space that is not ASCII has its first byte in one of these, and its last in the other.
    opens = _among(b" \xc2\xe1\xe2\xe3")
    closes = _among(b" \x9f\xa0\xaf" + bytes(range(0x80, 0x8B)))
    left = b"\n"
    with path.open("rb") as file:
        for block in iter(partial(file.read, 1 << 22), b""):
            seen = np.frombuffer(left + block.removeprefix(codecs.BOM_UTF8), np.uint8)
            places = np.flatnonzero((seen[1:] == ord(" ")) | (seen[1:] > 127)) + 1
            if (marked[seen[places - 1]] & opens[seen[places]]).any():
                return True
            ends = places[closes[seen[places]]]
            if marked[seen[ends[ends + 1 < len(seen)] + 1]].any():
                return True
            if len(seen) > 1 and marked[seen[1]] and closes[seen[0]]:
                return True
            left = seen[-1:].tobytes()
    return bool(closes[left[0]])


def _among(kept: bytes) -> npt.NDArray[np.bool_]:
    """For each byte, whether it is one of these."""
    table = np.zeros(256, np.bool_)
    table[list(kept)] = True
    return table


def _checked(connector: Connector, found: Sequence[str], row: int) -> None:
    """Refuse a file that lacks a column, naming the columns that it has."""
    wanted = _from_file(connector)
    for heading in wanted:
        if heading not in found:
            names = ", ".join(f"« {name} »" for name in found[:30])
            raise UnreadableSource(
                "MISSING_COLUMN",
                f"La colonne « {heading} » manque. Le fichier a : {names}.",
                "Vérifiez la ligne d’en-tête, la feuille et le séparateur déclarés, ou le nom de la colonne.",
                row=row,
                column=heading,
            )


def _from_file(connector: Connector) -> tuple[str, ...]:
    """The columns that the file itself must have."""
    if not connector.events:
        return connector.headings
    events = connector.events
    return tuple(dict.fromkeys([*events.key, events.name, *(derived.take for derived in events.derived)]))


def _open_csv(
    con: duckdb.DuckDBPyConnection, path: Path, connector: Connector, scratch: Path
) -> tuple[BrokenLine, ...]:
    source = connector.source
    path = _in_utf8(path, source.encoding, scratch)
    headings = [*source.columns] if source.columns else _csv_headings(path, connector)
    _checked(connector, headings, source.heading_row)
    names = _unique(headings)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    padding = "null_padding = true" if connector.events else "store_rejects = true"
    reader = (
        f"read_csv({literal(str(path))}, auto_detect = false, delim = {literal(source.delimiter)}, "
        f"quote = {literal(source.quote)}, escape = {literal(source.quote)}, "
        f"header = {source.heading_row > 0}, "
        f"skip = {max(source.heading_row - 1, 0)}, max_line_size = 1048576, {padding}, "
        f"columns = {{{columns}}})"
    )
    kept = ", ".join(quoted(name) for name in _from_file(connector))
    first = source.heading_row
    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE lines AS SELECT {kept} FROM {reader}")
        con.execute(f"CREATE OR REPLACE TEMP VIEW raw AS SELECT rowid + {first + 1} AS {ROW}, * FROM lines")
        found = [] if connector.events else _rejects(con)
    except duckdb.Error as error:
        raise UnreadableSource(
            "UNREADABLE_FILE",
            f"Le fichier ne se lit pas comme un CSV : {str(error).splitlines()[0]}",
            "Vérifiez le séparateur, les guillemets et l’encodage déclarés dans le connecteur.",
        ) from error
    if found:
        _renumber(con, [line.row for line in found], first)
    if connector.measures:
        _unpivot(con, connector, "", {heading: headings.index(heading) for heading in connector.headings})
    return tuple(found)


def _rejects(con: duckdb.DuckDBPyConnection) -> list[BrokenLine]:
    rows = con.execute(
        "SELECT line, any_value(csv_line) FROM reject_errors GROUP BY line ORDER BY line"
    ).fetchall()
    if rows:
        con.execute("DELETE FROM reject_errors; DELETE FROM reject_scans")
    if len(rows) > MOST_BROKEN_LINES:
        raise UnreadableSource(
            "UNREADABLE_FILE",
            f"{len(rows)} lignes n’ont pas le bon nombre de colonnes.",
            "Vérifiez le séparateur et les guillemets déclarés dans le connecteur.",
        )
    return [BrokenLine(int(line), (text or "").strip()[:500]) for line, text in rows]


def _renumber(con: duckdb.DuckDBPyConnection, broken: list[int], first: int) -> None:
    """Give back to each row its line in the file: broken lines were skipped, and counted by nobody."""
    steps = [(0, 0)] + [(line - first - index, index + 1) for index, line in enumerate(broken)]
    con.execute("CREATE OR REPLACE TEMP TABLE steps (from_row BIGINT, shift BIGINT)")
    con.executemany("INSERT INTO steps VALUES (?, ?)", steps)
    _become(
        con,
        f"SELECT * REPLACE ({ROW} + (SELECT max(shift) FROM steps WHERE from_row <= {ROW} - {first}) AS {ROW}) "
        "FROM raw",
    )


def _become(con: duckdb.DuckDBPyConnection, select: str) -> None:
    """Put a query's rows in the place of `raw`."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE become AS {select}")
    con.execute("DROP VIEW IF EXISTS raw") if _is_view(con) else con.execute("DROP TABLE raw")
    con.execute("ALTER TABLE become RENAME TO raw")


def _is_view(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(con.execute("SELECT 1 FROM duckdb_views() WHERE view_name = 'raw'").fetchall())


def _in_utf8(path: Path, encoding: str, scratch: Path) -> Path:
    """The file itself, or its copy in UTF-8 when it is written in another encoding."""
    if encoding.lower() in ENGINE_ENCODINGS:
        return path
    copy = scratch / "source.csv"
    try:
        with (
            path.open(encoding=encoding, newline="") as old,
            copy.open("w", encoding="utf-8", newline="") as new,
        ):
            shutil.copyfileobj(old, new, 1 << 20)
    except UnicodeError as error:
        raise UnreadableSource(
            "WRONG_ENCODING",
            f"Le fichier n’est pas en {encoding}.",
            "Corrigez « encoding » dans le connecteur (utf-8, cp1252…).",
        ) from error
    return copy


def _csv_headings(path: Path, connector: Connector) -> list[str]:
    source = connector.source
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [file.readline(1 << 20) for _ in range(source.heading_row)]
    except UnicodeError as error:
        raise UnreadableSource(
            "WRONG_ENCODING", "Le fichier n’est pas en UTF-8.", "Corrigez « encoding » dans le connecteur."
        ) from error
    reader = csv.reader(io.StringIO(lines[-1]), delimiter=source.delimiter, quotechar=source.quote or None)
    return [heading.strip() for heading in next(reader, [])]


def _unique(headings: Sequence[str]) -> list[str]:
    """Names for the engine, which takes no name twice, capitals or not: the first one keeps its name."""
    seen: set[str] = set()
    names = []
    for place, heading in enumerate(headings, 1):
        name = heading if heading and heading.casefold() not in seen else f"{heading}#{place}"
        seen.add(name.casefold())
        names.append(name)
    return names


def _open_workbook(con: duckdb.DuckDBPyConnection, path: Path, connector: Connector) -> None:
    source = connector.source
    rows, sheet = _sheet(path, source.sheet)
    first = source.heading_row
    if source.columns:
        headings = list(source.columns)
    elif len(rows) < first:
        headings = []
    else:
        headings = [_cell_text(cell) for cell in rows[first - 1]]
    _checked(connector, headings, first)
    places = {heading: index for index, heading in reversed(list(enumerate(headings)))}
    kept = [(number, row) for number, row in enumerate(rows[first:], first + 1) if any(c != "" for c in row)]
    columns: dict[str, pa.Array] = {ROW: pa.array([number for number, _ in kept], pa.int64())}
    cells = list(zip_longest(*(row for _, row in kept), fillvalue=""))
    for heading in _from_file(connector):
        at = places[heading]
        texts = _cell_texts(cells[at]) if at < len(cells) else [""] * len(kept)
        columns[heading] = pa.array(texts, pa.string())
    con.register("workbook", pa.table(columns))
    con.execute("CREATE OR REPLACE TEMP VIEW raw AS SELECT * FROM workbook")
    if connector.measures:
        _unpivot(con, connector, sheet, places)


def _sheet(path: Path, name: str) -> tuple[Sequence[Sequence[object]], str]:
    """The cells of a sheet, by name or the first one."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_WORKBOOK:
                raise UnreadableSource(
                    "FILE_TOO_BIG",
                    "Le classeur dépasse 512 Mo une fois ouvert.",
                    "Exportez en CSV, ou par mois.",
                )
        workbook = CalamineWorkbook.from_path(str(path))
        if name and name not in workbook.sheet_names:
            names = ", ".join(f"« {known} »" for known in workbook.sheet_names)
            raise UnreadableSource(
                "MISSING_SHEET",
                f"La feuille « {name} » manque. Le classeur a : {names}.",
                "Corrigez « sheet » dans le connecteur.",
            )
        name = name or workbook.sheet_names[0]
        return workbook.get_sheet_by_name(name).to_python(skip_empty_area=False), name
    except (CalamineError, zipfile.BadZipFile, IndexError) as error:
        raise UnreadableSource(
            "UNREADABLE_FILE",
            "Le fichier n’est pas un classeur XLSX.",
            "Vérifiez « format » dans le connecteur.",
        ) from error


def _cell_texts(cells: Sequence[object]) -> list[str]:
    """The cells of a column as text, in one go where they already are."""
    return [cell.strip() if isinstance(cell, str) else _cell_text(cell) for cell in cells]


def _cell_text(cell: object) -> str:
    """A cell as text that a connector reads: ISO dates, H:MM:SS for times, plain numbers."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            seconds = int(cell.total_seconds())
            rest = f".{cell.microseconds:06d}" if cell.microseconds else ""
            return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{rest}"
        case _:
            return str(cell).strip()


def _unpivot(
    con: duckdb.DuckDBPyConnection, connector: Connector, sheet: str, places: dict[str, int]
) -> None:
    """One row per measured cell, with the sheet and the cell it stands in, where the format has some."""
    where = literal(sheet) if sheet else "NULL::VARCHAR"
    labels = [
        heading for heading in connector.headings if heading not in {m.heading for m in connector.measures}
    ]
    kept = "".join(f", {quoted(label)}" for label in labels)
    parts = [
        f"SELECT {ROW}{kept}, {literal(measure.measure)} AS __measure, {literal(measure.unit)} AS __unit, "
        f"{quoted(measure.heading)} AS __value, {where} AS __sheet, {_cell_of(places, measure.heading)} AS __cell "
        "FROM raw"
        for measure in connector.measures
    ]
    _become(con, " UNION ALL ".join(parts))


def _cell_of(places: dict[str, int], heading: str) -> str:
    return f"{literal(_letters(places[heading]))} || {ROW}" if places else "NULL::VARCHAR"


def _letters(place: int) -> str:
    """The letters of a column, from 0: A, B… Z, AA."""
    place, letters = place + 1, ""
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _open_parquet(con: duckdb.DuckDBPyConnection, path: Path, connector: Connector) -> None:
    reader = f"read_parquet({literal(str(path))})"
    con.execute("SET TimeZone = 'UTC'")
    try:
        found = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()]
    except duckdb.Error as error:
        raise UnreadableSource(
            "UNREADABLE_FILE", "Le fichier n’est pas un Parquet.", "Vérifiez « format » dans le connecteur."
        ) from error
    _checked(connector, found, 0)
    kept = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in _from_file(connector))
    # Read where it is: a column of few values is then read, trimmed and tested once a value and not once a row.
    reader = f"read_parquet({literal(str(path))}, file_row_number = true)"
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW raw AS SELECT file_row_number + 1 AS {ROW}, {kept} FROM {reader}"
    )
    if connector.measures:
        _unpivot(con, connector, "", {})


def _open_json(con: duckdb.DuckDBPyConnection, path: Path, connector: Connector) -> None:
    """One object per line. What a mapped key holds is read as text; a key that no line has is a mistake."""
    reader = f"{literal(str(path))}, format = 'newline_delimited', maximum_object_size = 1048576"
    try:
        con.execute("CREATE OR REPLACE TEMP TABLE keys (name VARCHAR)")
        con.execute(
            f"INSERT INTO keys SELECT DISTINCT unnest(json_keys(json)) FROM read_json_objects({reader})"
        )
        found = [name for (name,) in con.execute("SELECT name FROM keys ORDER BY name").fetchall()]
        _checked(connector, found, 0)
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in _from_file(connector))
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE raw AS SELECT row_number() OVER () AS {ROW}, * "
            f"FROM read_json({reader}, columns = {{{columns}}})"
        )
    except duckdb.Error as error:
        raise UnreadableSource(
            "UNREADABLE_FILE",
            f"Le fichier n’a pas un objet JSON par ligne : {str(error).splitlines()[0]}",
            "Exportez une ligne par fait (NDJSON), en UTF-8.",
        ) from error
    if connector.measures:
        _unpivot(con, connector, "", {})


def _fold_events(con: duckdb.DuckDBPyConnection, events: Events) -> None:
    """One row per start event of a key, with columns taken from the events after it; `number` counts them."""
    keys = ", ".join(quoted(key) for key in events.key)
    name = quoted(events.name)
    taken = "".join(
        f", arg_{'min' if derived.which == 'first' else 'max'}({quoted(derived.take)}, {ROW}) "
        f"FILTER ({name} IN ({_list(derived.on)})) AS {quoted(derived.name)}"
        for derived in events.derived
    )
    _become(
        con,
        f"SELECT min({ROW}) AS {ROW}, {keys}, "
        f"CAST(number AS VARCHAR) AS number{taken} FROM ("
        f"SELECT *, count(*) FILTER ({name} IN ({_list(events.start)})) "
        f"OVER (PARTITION BY {keys} ORDER BY {ROW}) AS number FROM raw"
        f") WHERE number > 0 GROUP BY {keys}, number ORDER BY 1",
    )


def _skip(con: duckdb.DuckDBPyConnection, connector: Connector) -> None:
    """Leave out the rows that the connector says are none, such as the totals of a report."""
    tests = [
        f"trim(coalesce({quoted(column)}, '')) NOT IN ({_list(values)})"
        for column, values in connector.source.skip.items()
    ]
    if tests:
        _become(con, f"SELECT * FROM raw WHERE {' AND '.join(tests)}")


def _list(values: Iterable[str]) -> str:
    return ", ".join(literal(value) for value in values)
