"""The engine and the files: Parquet written whole or not at all, named by their content, never changed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from titulaire.support.facts.intake import literal

MEMORY_LIMIT = "240MB"
SMALL_SOURCE_BYTES = 8_000_000
SUFFIX = ".parquet"
# Neither brings anything to what is asked here, where no expression is written twice: one looks for such, the
# other makes a join of every list of more than five codes. Together they took a third of a day's import.
NEEDLESS = "common_subexpressions,in_clause"


@dataclass(frozen=True, slots=True)
class Written:
    """A file in its place. `path` is relative to the facts directory."""

    path: str
    month: date
    sha256: str
    rows: int
    bytes: int


@contextmanager
def engine(root: Path, *, reading: int = 0) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A connection that downloads nothing and spills beside the facts; and its scratch directory.

    `reading`: the bytes of the source, when known: a small one is done before a second thread has begun.
    """
    root.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".scratch-", dir=root) as scratch:
        con = duckdb.connect(
            ":memory:",
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "disabled_optimizers": NEEDLESS,
                **({"threads": 1} if 0 < reading < SMALL_SOURCE_BYTES else {}),
                "memory_limit": MEMORY_LIMIT,
                "temp_directory": f"{scratch}/spill",
            },
        )
        try:
            yield con, Path(scratch)
        finally:
            con.close()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def write_file(
    con: duckdb.DuckDBPyConnection, select: str, *, root: Path, folder: str, month: date, prefix: str
) -> Written | None:
    """Write a query's rows to `<folder>/<year-month>/<prefix>-<hash>.parquet`, or nothing when it has none.

    The bytes are on the disk before the name appears: a cut leaves a stray file, never half a one.
    """
    place = root / folder / f"{month:%Y-%m}"
    place.mkdir(parents=True, exist_ok=True)
    coming = place / f".coming-{prefix}-{os.getpid()}"
    copied = con.execute(
        f"COPY ({select}) TO {literal(str(coming))} (FORMAT parquet, COMPRESSION zstd)"
    ).fetchall()
    rows = int(copied[0][0])
    if not rows:
        coming.unlink()
        return None
    _sync(coming)
    digest, size = sha256_of(coming), coming.stat().st_size
    final = place / f"{prefix}-{digest[:16]}{SUFFIX}"
    coming.rename(final)
    _sync(place)
    return Written(str(final.relative_to(root)), month, digest, rows, size)


def parquet(paths: Sequence[Path], *, file_name: bool = False) -> str:
    """SQL: the rows of some files."""
    listed = ", ".join(literal(str(path)) for path in paths)
    return f"read_parquet([{listed}]{', filename = true' if file_name else ''})"


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
