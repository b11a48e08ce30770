"""A delimited text in any encoding and separator that French software writes."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from titulaire.vouchers.orders.reading.limits import Limits
from titulaire.vouchers.orders.reading.rules import FileRefused

SEPARATORS = (";", "\t", ",", "|")
HEAD_LINES = 60

_MARKS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
# In this order: on a tie the first wins, and Windows wrote most of the files there are.
_SINGLE_BYTE = (
    ("cp1252", "Windows-1252"),
    ("iso8859-15", "ISO-8859-15"),
    ("mac-roman", "Mac"),
    ("cp850", "DOS"),
)
_FRENCH = frozenset("éèêëàâäùûüîïôöçœæÿñÉÈÊËÀÂÄÙÛÜÎÏÔÖÇŒÆŸÑ")
_FOREIGN = re.compile(r"(?<=(.))([^\x00-\x7f])(?=(.))", re.DOTALL)
_SIGNS = frozenset("°’‘“”«»€…–—\u00a0²·ºª")


def decode(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding. Bytes without meaning become U+FFFD, which refuses their row.

    Raises:
        FileRefused: FORMAT_UNKNOWN when this is no text.
    """
    text, name = _decode(data)
    if text.count("\x00") > len(text) // 50 or _controls(text) > len(text) // 20:
        raise FileRefused("FORMAT_UNKNOWN", "Le fichier n’est ni un classeur .xlsx ou .ods, ni un texte CSV.")
    return text, name


def _decode(data: bytes) -> tuple[str, str]:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode("utf-8-sig" if name == "UTF-8" else "utf-16", "replace"), name
    head = data[:4096]
    if head.count(0) * 3 > len(head):  # ASCII letters in UTF-16 without a mark: one byte of two is zero
        even_zeros = head[::2].count(0)
        return data.decode(
            "utf-16-be" if even_zeros * 2 > head.count(0) else "utf-16-le", "replace"
        ), "UTF-16"
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        pass
    if _is_damaged_utf8(data):
        return data.decode("utf-8", "replace"), "UTF-8"
    return max(
        ((data.decode(codec, "replace"), name) for codec, name in _SINGLE_BYTE),
        key=lambda found: _french(found[0]),
    )


def _is_damaged_utf8(data: bytes) -> bool:
    """Several good UTF-8 letters and few bad bytes: a damaged UTF-8 file rather than a single-byte one."""
    good = len(re.findall(rb"[\xc3-\xc5][\x80-\xbf]|\xe2\x80[\x80-\xbf]", data))
    return good >= 3 and data.decode("utf-8", "replace").count("\ufffd") * 4 < good


def _french(text: str) -> int:
    """How French the letters beyond ASCII look: those of the language count for, the others against."""
    score = 0
    for match in islice(_FOREIGN.finditer(text), 5_000):
        before, letter, after = match.groups()
        if letter in _FRENCH:
            # A capital in the middle of small letters is the sign of a wrong table.
            score += (
                -2 if letter.isupper() and (before.islower() or (after.islower() and before.isalpha())) else 3
            )
        elif letter in _SIGNS:
            score += 1
        else:
            score -= 3
    return score


def _controls(text: str) -> int:
    return len(re.findall(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text))


def head_rows(text: str, separator: str) -> list[list[str]]:
    """The first rows, leniently read: enough to recognise the headings."""
    lines = islice(io.StringIO(text, newline=""), HEAD_LINES)
    found: list[list[str]] = []
    with contextlib.suppress(csv.Error):
        found.extend(csv.reader((line[:20_000] for line in lines), delimiter=separator))
    return found


def declared_separator(text: str) -> str:
    """The separator of Excel's own first line `sep=;`, or nothing."""
    match = re.match(r"\s*\"?sep=([;,|\t])\"?[\r\n]", text[:16], re.IGNORECASE)
    return match.group(1) if match else ""


def rows(text: str, separator: str, limits: Limits) -> list[list[str]]:
    """Every row, strictly read: a quote that swallows the rows below must never pass for one cell.

    Raises:
        FileRefused: QUOTES_BROKEN with the line, TOO_MANY_ROWS or TOO_MANY_COLUMNS.
    """
    reader = csv.reader(_lines(text, separator, limits), delimiter=separator, strict=True)
    found: list[list[str]] = []
    try:
        for row in reader:
            found.append(row)
            if len(found) > limits.rows + HEAD_LINES:
                raise FileRefused("TOO_MANY_ROWS", f"Le fichier compte plus de {limits.rows} lignes.")
    except csv.Error:
        raise FileRefused(
            "QUOTES_BROKEN",
            f"Les guillemets sont mal fermés dans la ligne {len(found) + 1} du fichier, ou plus bas.",
        ) from None
    return found


def _lines(text: str, separator: str, limits: Limits) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        if line.count(separator) > 4 * limits.columns:
            raise FileRefused("TOO_MANY_COLUMNS", f"Le fichier compte plus de {limits.columns} colonnes.")
        yield line
