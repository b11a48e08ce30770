"""Thirty archives made to harm who opens them, each under the 10 MB that an upload may weigh."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

from titulaire.vouchers.orders.reading.tests.samples import (
    ROW,
    ods_bytes,
    reworked,
    unzipped,
    xlsx_bytes,
    zip_bytes,
)

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
_TAIL = "</sheetData></worksheet>"


def good() -> bytes:
    return xlsx_bytes([ROW])


def with_sheet(inner: str) -> bytes:
    return reworked(good(), **{SHEET: (_HEAD + inner + _TAIL).encode()})


def with_entry(
    name: str, content: bytes, *, mode: int = 0, flags: int = 0, method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    out = io.BytesIO(good())
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo("neutral.xml" if "\\" in name else name)
        info.filename = name
        info.external_attr = mode << 16
        info.compress_type = method
        archive.writestr(info, content)
    return out.getvalue()


def patched(
    data: bytes, offset: int, value: bytes, *, mark: bytes = b"PK\x01\x02", last: bool = False
) -> bytes:
    """The archive with some bytes of a directory entry (or of what starts with `mark`) replaced."""
    at = (data.rfind(mark) if last else data.find(mark)) + offset
    return data[:at] + value + data[at + len(value) :]


def overlapping() -> bytes:
    """Two names of the directory lead to the same bytes."""
    data = with_entry("a.xml", b"x" * 1000)
    first = struct.unpack_from("<I", data, data.find(b"PK\x01\x02") + 42)[0]
    return patched(data, 42, struct.pack("<I", first), last=True)


def quoted_overlap() -> bytes:
    """One entry, stored, holds the header and the bytes of the next: each byte is counted twice, all sums agree."""

    def header(mark: bytes, name: bytes, content: bytes, at: int | None = None) -> bytes:
        sizes = (zlib.crc32(content), len(content), len(content), len(name))
        if at is None:
            return struct.pack("<4s5H3I2H", mark, 20, 0, 0, 0, 33, *sizes, 0) + name
        return struct.pack("<4s6H3I5H2I", mark, 20, 20, 0, 0, 0, 33, *sizes, 0, 0, 0, 0, 0, at) + name

    inner = bytes(1_000_000)
    outer = header(b"PK\x03\x04", b"b.xml", inner) + inner
    local = header(b"PK\x03\x04", b"a.xml", outer)
    directory = header(b"PK\x01\x02", b"a.xml", outer, 0) + header(b"PK\x01\x02", b"b.xml", inner, len(local))
    body = local + outer
    return body + directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), len(body), 0)


def quine_overlap() -> bytes:
    """A full-overlap bomb: hundreds of directory entries over one kernel of 10 MB of zeros."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = kernel.compress(bytes(10_000_000)) + kernel.flush()
    crc = zlib.crc32(bytes(10_000_000))
    local = (
        struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 33, crc, len(body), 10_000_000, 5, 0) + b"a.xml"
    )
    entry = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, crc, len(body), 10_000_000, 5, 0, 0, 0, 0, 0, 0
    )
    directory = b"".join(entry + f"{number:05d}".encode() for number in range(400))
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 400, 400, len(directory), len(local) + len(body), 0)
    return local + body + directory + end


def lying_size() -> bytes:
    """The directory declares 100 bytes; 50 MB come out."""
    data = with_entry("z.xml", bytes(50_000_000))
    data = patched(data, 24, struct.pack("<I", 100), last=True)
    return patched(data, 22, struct.pack("<I", 100), mark=b"PK\x03\x04", last=True)


def many_entries(count: int) -> bytes:
    return zip_bytes({f"{number}.xml": b"" for number in range(count)}, zipfile.ZIP_STORED)


def billion_laughs() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "' + f"&l{n - 1};" * 10 + '">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{levels}]>'.encode()


def entities(encoding: str) -> bytes:
    text = (
        billion_laughs().decode()
        + _HEAD.split("?>")[1]
        + '<row r="1"><c r="A1" t="str"><v>&l9;</v></c></row>'
        + _TAIL
    )
    return reworked(good(), **{SHEET: text.encode(encoding)})


def nested() -> bytes:
    inner = zip_bytes({"a.bin": bytes(5_000_000)})
    for depth in range(4):
        inner = zip_bytes({f"{depth}-{copy}.zip": inner for copy in range(8)})
    return inner


def varied(cell: str, count: int) -> str:
    """Cells whose values differ, so that the ratio stays ordinary and only the opening can find them out."""
    return "".join(cell.format(crc=zlib.crc32(b"%d" % number)) for number in range(count))


def huge_shared_string() -> bytes:
    """One text of 32 000 letters, shown by 90 000 cells: 2.9 GB once read."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'<sst xmlns="{space}"><si><t>{"x" * 32_000}</t></si></sst>'
    shown = '<c t="s"><v>0</v></c>' * 90
    cells = "".join(f'<row r="{row}">{shown}</row>' for row in range(1, 1001))
    return reworked(good(), **{STRINGS: text.encode(), SHEET: (_HEAD + cells + _TAIL).encode()})


def corners() -> bytes:
    """Two cells in opposite corners: a dense table of 17 billion cells."""
    return with_sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )


def million_columns() -> bytes:
    return with_sheet('<row r="1">' + "<c><v>1</v></c>" * 1_000_000 + "</row>")


def million_rows() -> bytes:
    return with_sheet('<row><c t="str"><v>Nom</v></c></row>' * 1_000_000)


def ods_repeat(rows: int, columns: int) -> bytes:
    data = unzipped(ods_bytes([ROW]))
    content = data["content.xml"].decode()
    content = content.replace(
        "<table:table-row>", f'<table:table-row table:number-rows-repeated="{rows}">', 1
    )
    content = content.replace(
        "<table:table-cell ", f'<table:table-cell table:number-columns-repeated="{columns}" ', 1
    )
    return zip_bytes({**data, "content.xml": content.encode()})


def truncated_stream() -> bytes:
    """The deflated bytes of an entry stop before their end, the directory is whole."""
    data = good()
    at = data.find(b"PK\x03\x04") + 30 + 60
    return data[:at] + b"\xff" * 40 + data[at + 40 :]


BOMBS: dict[str, Callable[[], bytes]] = {
    "ratio of one entry": lambda: with_entry("xl/z.xml", bytes(55_000_000)),
    "total of many entries": lambda: zip_bytes(
        {**unzipped(good()), **{f"{n}.xml": bytes(4_900_000) for n in range(20)}}
    ),
    "stored but too large once added": lambda: zip_bytes(
        {**unzipped(good()), **{f"{n}.xml": b"ab" * 2_400_000 for n in range(15)}}
    ),
    "declared size that lies": lying_size,
    "overlapping entries": overlapping,
    "quoted overlap": quoted_overlap,
    "full overlap, 400 names on one kernel": quine_overlap,
    "nested archives": nested,
    "an archive inside a workbook": lambda: with_entry(
        "xl/embeddings/a.zip", zip_bytes({"a": bytes(1_000_000)})
    ),
    "60 000 entries": lambda: many_entries(60_000),
    "501 entries": lambda: many_entries(501),
    "name that climbs": lambda: with_entry("../../etc/cron.d/x", b"x"),
    "absolute name": lambda: with_entry("/etc/passwd", b"x"),
    "name with a drive": lambda: with_entry("C:/windows/x", b"x"),
    "name with backslashes": lambda: patched(with_entry("..xx..xx.xml", b"x"), 46, b"..\\x..\\x", last=True),
    "symbolic link": lambda: with_entry("xl/link.xml", b"/etc/passwd", mode=stat.S_IFLNK | 0o777),
    "device": lambda: with_entry("xl/dev.xml", b"", mode=stat.S_IFCHR | 0o666),
    "same name twice": lambda: with_entry("XL/Workbook.xml", b"<x/>"),
    "encrypted entry": lambda: patched(good(), 8, b"\x01\x00"),
    "unusual compression": lambda: with_entry("xl/b.xml", b"x" * 9999, method=zipfile.ZIP_BZIP2),
    "entity expansion": lambda: entities("utf-8"),
    "entity expansion in UTF-16": lambda: entities("utf-16"),
    "cells in opposite corners": corners,
    "a million columns": million_columns,
    "a million rows": million_rows,
    "columns beyond the limit at an ordinary ratio": lambda: with_sheet(
        '<row r="1">' + varied("<c><v>{crc}</v></c>", 300_000) + "</row>"
    ),
    "rows beyond the limit at an ordinary ratio": lambda: with_sheet(
        varied("<row><c><v>{crc}</v></c></row>", 300_000)
    ),
    "huge shared string": huge_shared_string,
    "open document, repeated columns": lambda: ods_repeat(1, 1_000_000_000),
    "open document, repeated rows": lambda: ods_repeat(1_000_000_000, 16_000),
    "broken central directory": lambda: patched(good(), 0, b"PK\x00\x00"),
    "directory beyond the file": lambda: patched(
        good(), 16, b"\xff\xff\xff\x7f", mark=b"PK\x05\x06", last=True
    ),
    "local name that differs": lambda: patched(good(), 30, b"Z", mark=b"PK\x03\x04"),
    "truncated archive": lambda: good()[: len(good()) * 2 // 3],
    "stream that stops": truncated_stream,
    "zip64 sizes": lambda: patched(good(), 20, b"\xff" * 8),
}


@cache
def bomb(name: str) -> bytes:
    """A bomb, made once."""
    return BOMBS[name]()
