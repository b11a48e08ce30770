"""Run as a script, alone in its process: opens a workbook with calamine and prints its sheets as JSON.

A workbook of a few kilobytes can ask calamine for hundreds of gigabytes (two cells in opposite corners make a
dense table), and Rust answers a failed allocation by ending the process: no Python code could catch that in a
web worker. So the limits are set here, on this process, before a byte is read. Only the standard library and
calamine are imported: the process starts in about 30 ms.

Arguments: the folder of calamine, then the limits as JSON. Standard input: the workbook.
"""

from __future__ import annotations

import json
import sys

_HEAD = 60


def _text(value: object) -> str:
    """What the cell shows: 5.0 is "5", a date is its ISO form, a truth value is as in French."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        return repr(value)
    if value is None:
        return ""
    iso = getattr(value, "isoformat", None)
    if iso is None:
        return str(value)
    return str(iso()).removesuffix("T00:00:00")


def _sheet(sheet, limits: dict[str, int]) -> tuple[dict[str, object], int]:  # type: ignore[no-untyped-def]
    if sheet.end is None or not sheet.height:
        return {"name": sheet.name, "rows": [], "excess": ""}, 0
    rows, columns = sheet.end[0] + 1, sheet.end[1] + 1
    excess = ""
    if columns > limits["columns"]:
        excess = "TOO_MANY_COLUMNS"
    elif rows > limits["rows"] + _HEAD or rows * columns > limits["cells"]:
        excess = "TOO_MANY_ROWS"
    if excess and (columns > 20_000 or sheet.start[0] > _HEAD):
        return {"name": sheet.name, "rows": [], "excess": excess}, 0
    read = sheet.to_python(skip_empty_area=False, nrows=_HEAD if excess else None)
    kept = [[_text(cell) for cell in row[: limits["columns"] + 1]] for row in read]
    characters = sum(len(cell) for row in kept for cell in row)
    return {"name": sheet.name, "rows": kept, "excess": excess}, characters


def main() -> None:
    import resource

    limits = json.loads(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"], limits["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 1))
    sys.path.append(sys.argv[1])
    import io

    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        sheets: list[dict[str, object]] = []
        room = limits["text_characters"]
        for meta in book.sheets_metadata[: limits["sheets"]]:
            if meta.typ != SheetTypeEnum.WorkSheet or meta.visible != SheetVisibleEnum.Visible:
                continue
            sheet, characters = _sheet(book.get_sheet_by_name(meta.name), limits)
            room -= characters
            if room < 0:
                raise MemoryError
            sheets.append(sheet)
        answer: dict[str, object] = {"sheets": sheets}
    except MemoryError:
        answer = {"refused": "ARCHIVE_TOO_LARGE"}
    except (CalamineError, OSError, ValueError, UnicodeError):
        answer = {"refused": "WORKBOOK_UNREADABLE"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
