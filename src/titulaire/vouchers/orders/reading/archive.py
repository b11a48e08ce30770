"""The directory of a zipped workbook, checked before anything opens it.

A spreadsheet library trusts its archive. Here nothing is trusted: names, counts, places, declared sizes; then
every entry is inflated once, by chunks, so that the sizes are known and not declared. The Python of some
servers has no overlap check of its own, hence ours.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from typing import NoReturn

from titulaire.vouchers.orders.reading.limits import Limits
from titulaire.vouchers.orders.reading.rules import FileRefused

_ENTRY_MARK = b"PK\x01\x02"
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_CHUNK = 1 << 18
_RATIO_FROM = 5_000_000
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_ARCHIVES = re.compile(
    r"\.(zip|gz|tgz|bz2|xz|7z|rar|tar|jar|zst|lz4|xls[xmb]?|od[st]|doc[xm]?|ppt[xm]?)$", re.I
)
_UNSAFE_NAME = re.compile(r"^[/\\]|^[A-Za-z]:|\\|(^|/)\.\.(/|$)|[\x00-\x1f]")
# A workbook never declares a document type; entity expansion starts with one. Both in UTF-8 and in UTF-16.
_DECLARATIONS = tuple(
    mark.encode(encoding)
    for mark in ("<!DOCTYPE", "<!ENTITY")
    for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)
_OVERLAP = max(map(len, _DECLARATIONS)) - 1


def _unsafe(what: str) -> NoReturn:
    raise FileRefused("ARCHIVE_UNSAFE", f"Le classeur n’a pas été ouvert : {what}.")


def _broken(what: str) -> NoReturn:
    raise FileRefused("ARCHIVE_BROKEN", f"Le classeur est abîmé ou incomplet : {what}.")


def _too_large(what: str) -> NoReturn:
    raise FileRefused("ARCHIVE_TOO_LARGE", f"Le classeur n’a pas été ouvert : {what}.")


def check_archive(data: bytes, limits: Limits) -> frozenset[str]:
    """Names of the entries of an archive that is safe to open.

    Raises:
        FileRefused: with ARCHIVE_BROKEN, ARCHIVE_UNSAFE or ARCHIVE_TOO_LARGE.
    """
    # Counted in the bytes: the directory's own count may lie, and listing 200 000 entries is already costly.
    if data.count(_ENTRY_MARK) > limits.archive_entries:
        _too_large("il contient trop d’éléments")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OverflowError, struct.error, NotImplementedError, EOFError):
        _broken("sa table des matières est illisible")
    with archive:
        entries = archive.infolist()
    if not entries:
        _broken("il est vide")
    _check_names(entries)
    _check_declared_sizes(entries, limits)
    spans = _check_places(data, entries)
    total = 0
    for entry, (start, end) in zip(entries, spans, strict=True):
        total += _inflate(data[start:end], entry, limits.archive_bytes - total)
    return frozenset(entry.filename for entry in entries)


def _check_names(entries: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        if _UNSAFE_NAME.search(name) or _UNSAFE_NAME.search(entry.filename):
            _unsafe("un élément porte un chemin interdit")
        if name.casefold() in seen:
            _unsafe("deux éléments portent le même nom")
        seen.add(name.casefold())
        if entry.flag_bits & _ENCRYPTED:
            _unsafe("il est chiffré ou protégé par un mot de passe")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            _unsafe("il emploie une compression inhabituelle")
        mode = entry.external_attr >> 16
        if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            _unsafe("il contient un lien ou un fichier spécial")
        if _ARCHIVES.search(name):
            _unsafe("il contient un autre document ou une autre archive")


def _check_declared_sizes(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > limits.archive_bytes:
        _too_large("il dépasserait la taille permise une fois décompressé")
    for entry in entries:
        if entry.file_size > _RATIO_FROM and entry.file_size > limits.archive_ratio * max(
            entry.compress_size, 1
        ):
            _too_large("son taux de compression est anormal")


def _check_places(data: bytes, entries: list[zipfile.ZipInfo]) -> list[tuple[int, int]]:
    """Where the compressed bytes of each entry lie; no two entries may share a byte."""
    spans = []
    for entry in entries:
        start = entry.header_offset
        if not 0 <= start <= len(data) - _LOCAL_HEADER.size:
            _broken("un élément est hors du fichier")
        header = _LOCAL_HEADER.unpack_from(data, start)
        mark, flags, name_length, extra_length = header[0], header[2], header[9], header[10]
        if mark != b"PK\x03\x04":
            _broken("l’en-tête d’un élément manque")
        if flags & _ENCRYPTED:
            _unsafe("il est chiffré ou protégé par un mot de passe")
        name_at = start + _LOCAL_HEADER.size
        name = data[name_at : name_at + name_length]
        if name != entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437", "replace"):
            _unsafe("sa table des matières ne correspond pas à son contenu")
        body = name_at + name_length + extra_length
        end = body + entry.compress_size
        if end > len(data):
            _broken("il est tronqué")
        spans.append((start, body, end))
    last = 0
    for start, _, end in sorted(spans):
        if start < last:
            _unsafe("des éléments se chevauchent")
        last = end
    return [(body, end) for _, body, end in spans]


def _inflate(compressed: bytes, entry: zipfile.ZipInfo, room: int) -> int:
    """Real size of an entry, in bytes, after checking its sum and that it declares no document type."""
    size, sum_of, tail = 0, 0, b""
    for chunk in _chunks(compressed, entry.compress_type, room):
        size += len(chunk)
        if size > room or size > entry.file_size:
            _too_large("il dépasserait la taille permise une fois décompressé")
        sum_of = zlib.crc32(chunk, sum_of)
        seen = tail + chunk
        if any(mark in seen for mark in _DECLARATIONS):
            _unsafe("il contient une déclaration d’entités")
        tail = seen[-_OVERLAP:]
    if size != entry.file_size or sum_of != entry.CRC:
        _broken("un élément ne correspond pas à sa somme de contrôle")
    return size


def _chunks(compressed: bytes, method: int, room: int):  # type: ignore[no-untyped-def]
    if method == zipfile.ZIP_STORED:
        yield compressed
        return
    inflater = zlib.decompressobj(-15)
    try:
        pending = compressed
        while pending and not inflater.eof:
            yield inflater.decompress(pending, _CHUNK)
            pending = inflater.unconsumed_tail
        while not inflater.eof:
            rest = inflater.decompress(b"", _CHUNK)
            if not rest:
                _broken("il est tronqué")
            yield rest
    except zlib.error:
        _broken("un élément ne se décompresse pas")
