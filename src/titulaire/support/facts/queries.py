"""Reading facts: which files speak for a period, and whether they are still what was registered."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings

from titulaire.identity.models import Contract
from titulaire.support.facts.models import Batch, FactFile, Manifest
from titulaire.support.facts.schema import Record
from titulaire.support.facts.store import sha256_of


@dataclass(frozen=True, slots=True)
class FileFault:
    """A registered file that is not what it was: MISSING or ALTERED."""

    path: str
    fault: str


@dataclass(frozen=True, slots=True)
class Stated:
    """Which manifest spoke for each record and month: what was known then, whatever came since.

    A month that is not in `versions` had no facts.
    """

    versions: Mapping[tuple[str, date], int]


def stated_now(contract: Contract, *, until: date) -> Stated:
    """The manifests in force of every month before a day."""
    found = Manifest.objects.filter(contract=contract, month__lt=until).in_force()
    return Stated({(one.record, one.month): one.version for one in found})


def manifests_stated(contract: Contract, stated: Stated) -> list[Manifest]:
    """The manifests of a statement, by record and month, with their files and the batch that made each."""
    found = (
        Manifest.objects.filter(contract=contract)
        .select_related("batch")
        .prefetch_related("files")
        .order_by("record", "month")
    )
    return [one for one in found if stated.versions.get((one.record, one.month)) == one.version]


def facts_root() -> Path:
    """Where the files of facts are."""
    return Path(settings.DATA_DIR) / "facts"


def months_between(since: date, until: date) -> list[date]:
    """The first day of each month that has a day in the period, `until` not included."""
    months, month = [], since.replace(day=1)
    while month < until:
        months.append(month)
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return months


def manifests_in_force(
    contract: Contract, record: Record, months: Sequence[date], stated: Stated | None = None
) -> dict[date, Manifest]:
    """The last manifest of each of these months that has one, or the one of a statement."""
    asked = Manifest.objects.filter(contract=contract, record=record.value, month__in=months)
    found = (asked if stated else asked.in_force()).prefetch_related("files")
    return {
        manifest.month: manifest
        for manifest in found
        if stated is None or stated.versions.get((record.value, manifest.month)) == manifest.version
    }


def files_in_force(
    contract: Contract, record: Record, *, since: date, until: date, stated: Stated | None = None
) -> list[Path]:
    """The Parquet files whose rows are in force in a period (`until` not included), in a stable order.

    With a statement, those that were in force when it was made.

    They hold whole months: filter on `day`. Rows need no other filter: what was corrected is not there.
    """
    manifests = manifests_in_force(contract, record, months_between(since, until), stated)
    return [facts_root() / file.path for month in sorted(manifests) for file in manifests[month].files.all()]


def files_of(manifest: Manifest) -> list[Path]:
    """The files of a manifest, in force or past: a month as it was stated."""
    return [facts_root() / file.path for file in manifest.files.all()]


def refusals_path(relative: str) -> Path:
    """Where the refused rows of a batch are, from its `refusals_file`."""
    return facts_root() / relative


def refusals_of(batch: Batch) -> list[dict[str, str]]:
    """The refused rows that were explained: row, column, rule, value, message, mend."""
    path = refusals_path(batch.refusals_file)
    if not batch.refusals_file or not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = ("row", "column", "rule", "value", "message", "mend")
        lines = list(csv.reader(file, delimiter=";"))[1:]
        return [dict(zip(names, line, strict=True)) for line in lines]


def file_faults(contract: Contract) -> Iterator[FileFault | None]:
    """Compare each registered file with its hash: None when it holds, so that a bar can advance."""
    for file in FactFile.objects.filter(contract=contract).iterator():
        yield fault_of(file.path, file.sha256)


def fault_of(relative: str, sha256: str) -> FileFault | None:
    """What is wrong with a file of facts that had this hash, None when it holds."""
    path = facts_root() / relative
    if not path.is_file():
        return FileFault(relative, "MISSING")
    return None if sha256_of(path) == sha256 else FileFault(relative, "ALTERED")
