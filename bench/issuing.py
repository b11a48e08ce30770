"""Vouchers issued a second: our statements beside the other ways to write the same rows.

    python bench/issuing.py [--full]                                   SQLite
    tools/throwaway_postgresql.sh python bench/issuing.py [--full]     PostgreSQL

Every way writes the same rows into the same table, with its constraints and indexes, in a transaction that is
committed; the ways take turns, and the medians are compared. The whole act (`issue_order`) is timed with its
signatures, and with ready-made codes in their place: what signing costs stands apart.
Written to bench/results/issuing-<database>.json.
"""

# The settings are chosen before Django is imported.
# ruff: noqa: E402

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from unittest.mock import patch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "src"))
SCRATCH = tempfile.TemporaryDirectory()
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "titulaire.config.settings",
    "TITULAIRE_TESTING": "1",
    "TITULAIRE_DATA_DIR": SCRATCH.name,
}

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from rich.console import Console
from rich.table import Table

from titulaire.vouchers.issuing import statements
from titulaire.vouchers.issuing.codes import Signer
from titulaire.vouchers.issuing.models import Voucher, VoucherState
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.issuing.services import issue_order, make_key, open_series
from titulaire.vouchers.issuing.statements import BOOKLET_COLUMNS, VOUCHER_COLUMNS, insert_vouchers
from titulaire.vouchers.orders.models import Order, OrderLine
from titulaire.vouchers.orders.services import acknowledge_order
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract, make_order

ISSUED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=2)
PER_BOOKLET = 20
CODE = "AEDA" + "MZXW6YTB" * 15  # as long as a signed code, 124 characters

Row = tuple[object, ...]
Way = Callable[[Sequence[Row], dict[str, object]], object]


def ours(rows: Sequence[Row], shared: dict[str, object]) -> None:
    insert_vouchers(rows, shared=shared)


def bulk_create(rows: Sequence[Row], shared: dict[str, object]) -> None:
    own = statements.varying(shared)
    Voucher.objects.bulk_create(Voucher(**dict(zip(own, row, strict=True)), **shared) for row in rows)


def executemany(rows: Sequence[Row], shared: dict[str, object]) -> None:
    columns = (*statements.varying(shared), *shared)
    marks = ", ".join(["%s"] * len(columns))
    fixed = tuple(shared.values())
    if connection.vendor == "sqlite":
        fixed = tuple(str(value) if isinstance(value, date) else value for value in fixed)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO issuing_voucher ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
            [(*row, *fixed) for row in rows],  # type: ignore[arg-type]  # what columns hold
        )


def copy(rows: Sequence[Row], shared: dict[str, object]) -> None:
    columns = (*statements.varying(shared), *shared)
    fixed = tuple(shared.values())
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY issuing_voucher ({', '.join(columns)}) FROM STDIN") as target,
    ):
        for row in rows:
            target.write_row((*row, *fixed))


class Bench:
    """A contract with its series, and the wells that rows and orders are drawn from."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.contract = make_contract()
        open_series(contract=self.contract, issuer=47, actor=ACTOR, at=AT)
        make_key(contract=self.contract, vintage=2026, actor=ACTOR, at=AT)
        self.keys = count()

    def order(self) -> Order:
        """An acknowledged order of so many vouchers, a booklet per line.

        The contract's ceiling would refuse it: a small one is placed, then made large here.
        """
        order = make_order(self.contract, lines=1, vouchers=PER_BOOKLET, key=f"bench-{next(self.keys)}")
        order = acknowledge_order(order=order, actor=ACTOR, at=AT)
        [line] = OrderLine.objects.filter(order=order).values()
        del line["id"], line["position"]
        OrderLine.objects.bulk_create(
            OrderLine(**line, position=position) for position in range(2, self.size // PER_BOOKLET + 1)
        )
        Order.objects.filter(pk=order.pk).update(
            vouchers=self.size, booklets=self.size // PER_BOOKLET, amount=self.size * order.face_value
        )
        return Order.objects.get(pk=order.pk)

    def rows(self, order: Order) -> tuple[list[Row], dict[str, object]]:
        """Booklets written, and the voucher rows that go into them: only these are timed."""
        line = order.lines.first()
        assert line is not None
        taken = statements.take_serials(self.contract.pk, self.size)
        assert taken is not None
        first, sizes = taken[1], self.size // PER_BOOKLET
        booklets: list[Row] = [
            (self.contract.pk, order.pk, line.pk, rank, f"{order.number}-{rank}", PER_BOOKLET,
             first + (rank - 1) * PER_BOOKLET)
            for rank in range(1, sizes + 1)
        ]  # fmt: skip
        assert len(booklets[0]) == len(BOOKLET_COLUMNS)
        keys = statements.insert_booklets(booklets)
        rows: list[Row] = [
            (
                keys[first + at - at % PER_BOOKLET],
                str(Number(2026, 47, first + at)),
                first + at,
                CODE,
                "ABC234",
            )
            for at in range(self.size)
        ]
        shared: dict[str, object] = {
            "contract_id": self.contract.pk,
            "order_id": order.pk,
            "vintage": 2026,
            "face_value_cents": 1000,
            "valid_from_on": date(2026, 3, 2),
            "last_valid_on": date(2027, 1, 31),
            "state": VoucherState.ISSUED.value,
            "issued_at": ISSUED_AT,
        }
        assert {*statements.varying(shared), *shared} == set(VOUCHER_COLUMNS)
        return rows, shared

    def clear(self) -> None:
        """Each measure starts from the same empty tables."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM issuing_voucher")
            cursor.execute("DELETE FROM issuing_booklet")
            cursor.execute("VACUUM" if connection.vendor == "sqlite" else "VACUUM issuing_voucher")

    def written(self, way: Way) -> float:
        """Seconds to write the vouchers of one order."""
        rows, shared = self.rows(self.order())
        start = time.perf_counter()
        with transaction.atomic():
            way(rows, shared)
        seconds = time.perf_counter() - start
        assert Voucher.objects.count() == self.size
        self.clear()
        return seconds

    def issued(self, *, signed: bool) -> float:
        """Seconds of the whole act: lock, serials, booklets, vouchers, print job, journal."""
        order = self.order()
        start = time.perf_counter()
        if signed:
            issue_order(order=order, actor=ACTOR, at=LATER)
        else:
            with patch.object(Signer, "sign", lambda signer, content: CODE):
                issue_order(order=order, actor=ACTOR, at=LATER)
        seconds = time.perf_counter() - start
        assert Voucher.objects.count() == self.size
        self.clear()
        return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--full", action="store_true", help="100,000 vouchers instead of 10,000")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    size = 100_000 if asked.full else 10_000
    if connection.vendor == "sqlite":  # as in production: a commit reaches the disk
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
    call_command("migrate", verbosity=0)
    bench = Bench(size)
    ways: dict[str, Way] = {
        "our statement": ours,
        "bulk_create": bulk_create,
        "cursor.executemany": executemany,
    }
    if connection.vendor == "postgresql":
        ways["COPY"] = copy
    measures: dict[str, Callable[[], float]] = {
        **{name: partial(bench.written, way) for name, way in ways.items()},
        "the whole act, codes ready-made": partial(bench.issued, signed=False),
        "the whole act, signed": partial(bench.issued, signed=True),
    }
    seconds: dict[str, list[float]] = {name: [] for name in measures}
    for turn in range(asked.runs + 1):
        first = turn % len(measures)  # none always follows the same other
        for name, measure in [*measures.items()][first:] + [*measures.items()][:first]:
            found = measure()
            if turn:  # the first turn warms everything up
                seconds[name].append(found)
    tell(size, asked.runs, {name: statistics.median(found) for name, found in seconds.items()})


def tell(size: int, runs: int, medians: dict[str, float]) -> None:
    """The table, and the file of results."""
    database = connection.vendor
    mine = medians["our statement"]
    shown = Table(title=f"{size:,} vouchers on {database}, medians of {runs} runs")
    for title in ("", "s", "vouchers/s", "× our statement"):
        shown.add_column(title, justify="right" if title else "left")
    for name, found in medians.items():
        shown.add_row(name, f"{found:.3f}", f"{size / found:,.0f}", f"{found / mine:.2f}")
    Console().print(shown)
    path = HERE / "results" / f"issuing-{database}.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    kept[str(size)] = {
        "runs": runs,
        "python": platform.python_version(),
        "results": {
            name: {
                "seconds": round(found, 4),
                "vouchers_per_second": round(size / found),
                "times_ours": round(found / mine, 2),
            }
            for name, found in medians.items()
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
