"""A whole job: the press file, the archive and the manifest, made by workers that stay warm."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from titulaire.clauses import clause
from titulaire.vouchers.issuing.printing.art import Medium
from titulaire.vouchers.issuing.printing.manifest import ManifestRow, manifest
from titulaire.vouchers.issuing.printing.press import archive_file, press_file
from titulaire.vouchers.issuing.printing.spec import JobSpec
from titulaire.vouchers.issuing.printing.typesetting import typeset, typeset_face


@dataclass(frozen=True)
class PrintedJob:
    """The files of a job, ready to be proof-read."""

    press: bytes
    archive: bytes
    manifest: tuple[ManifestRow, ...]


class Workshop:
    """Typesetting in processes of their own, kept for the next job.

    Spawned, never forked: Typst hangs in a child forked after it has worked. Without processes
    (`workers=0`) the work is done here, which suits a command and the tests.
    """

    def __init__(self, workers: int = 1) -> None:
        self._pool = (
            ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) if workers else None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    @clause("T-1.1-emission", "T-2.3-papier")
    def print_job(self, job: JobSpec) -> PrintedJob:
        """Make the files of a job. The same spec gives the same bytes, in whatever process.

        Raises:
            TypesettingFailed: a booklet cannot be set; nothing is made.
            UnknownPlaceholder: the letter's template asks for a value that does not exist.
        """
        press = press_file(job, *self._typeset(job, Medium.PRESS))
        archive = archive_file(job, *self._typeset(job, Medium.ARCHIVE))
        return PrintedJob(press, archive, manifest(job, press))

    def _typeset(self, job: JobSpec, medium: Medium) -> tuple[bytes, Iterator[bytes]]:
        """The face of the vouchers, and the booklets as they come."""
        # A worker gets one booklet at a time: what it holds does not grow with the order.
        alone = [(replace(job, booklets=(booklet,)), medium) for booklet in job.booklets]
        if self._pool is None:
            return _typeset_face(alone[0]), map(_typeset_alone, alone)
        face = self._pool.submit(_typeset_face, alone[0])
        booklets = self._pool.map(_typeset_alone, alone, chunksize=4)
        return face.result(), booklets


def _typeset_face(task: tuple[JobSpec, Medium]) -> bytes:
    return typeset_face(*task)


def _typeset_alone(task: tuple[JobSpec, Medium]) -> bytes:
    job, medium = task
    return typeset(job, job.booklets[0], medium)
