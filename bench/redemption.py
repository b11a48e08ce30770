# ruff: noqa: E402, S608 - Django is set up before its models are imported; no statement takes anyone's text
"""Vouchers redeemed a second, per size of batch, beside a bare SQL statement of the same effect.

Same database, same run, batches in turn; medians. The bare statement is `UPDATE … WHERE state … RETURNING` on the
register plus one `INSERT` of the use, committed: nothing is verified, explained, numbered or journalled. With
`TITULAIRE_DATABASE=postgresql://…` the same runs on PostgreSQL.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
os.environ["TITULAIRE_DATA_DIR"] = tempfile.mkdtemp(prefix="redemption-")
os.environ.setdefault("TITULAIRE_DEBUG", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titulaire.config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.network.models import Affiliate, Remittance, Use
from titulaire.vouchers.network.rules import Channel, Given
from titulaire.vouchers.network.services import remit
from titulaire.vouchers.network.tests.factories import make_affiliate, make_vouchers

SIZES = (1, 10, 100, 1_000, 5_000)
RUNS = 5
RESULTS = Path(__file__).parent / "results" / "redemption.json"


def titles(affiliate: Affiliate, count: int) -> None:
    """More vouchers, copied from signed ones by one statement: the register does not verify signatures."""
    first = Voucher.objects.order_by("-serial").first()
    assert first
    with connection.cursor() as cursor:
        fields = [field.column for field in Voucher._meta.concrete_fields if field.column != "id"]
        values = ", ".join(
            {
                "serial": "s.n + v.serial",
                "number": "substr(v.number, 1, 5) || substr('00000000' || (s.n + v.serial), -8) || '00'"
                if connection.vendor == "sqlite"
                else "substr(v.number, 1, 5) || lpad((s.n + v.serial)::text, 8, '0') || '00'",
            }.get(column, f"v.{column}")
            for column in fields
        )
        series = (
            f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s) s"
            if connection.vendor == "sqlite"
            else f"generate_series(1, {count}) AS s(n)"
        )
        cursor.execute(
            f"INSERT INTO issuing_voucher ({', '.join(fields)}) SELECT {values} "
            f"FROM issuing_voucher v, {series} WHERE v.id = %s",
            [first.pk],
        )
    # The check digits, in Python: two bytes of each number.
    fresh = list(Voucher.objects.filter(number__endswith="00", serial__gt=first.serial).only("pk", "number"))
    for voucher in fresh:
        body = voucher.number[:13]
        voucher.number = f"{body}{98 - int(body) * 100 % 97:02d}"
    Voucher.objects.bulk_update(fresh, ["number"], batch_size=300)


def free(count: int) -> list[tuple[int, str]]:
    found = Voucher.objects.filter(state="ISSUED").order_by("serial").values_list("pk", "number")
    return list(found[:count])


def bare(keys: list[int]) -> None:
    """The least that uses these vouchers once and keeps a trace of it."""
    among = "= ANY(%s)" if connection.vendor == "postgresql" else "IN (SELECT value FROM json_each(%s))"
    given = keys if connection.vendor == "postgresql" else json.dumps(keys)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE issuing_voucher SET state = 'USED' WHERE id {among} AND state = 'ISSUED' RETURNING id",
            [given],
        )
        moved = [row[0] for row in cursor.fetchall()]
        listed = moved if connection.vendor == "postgresql" else json.dumps(moved)
        source = "unnest(%s) AS u(value)" if connection.vendor == "postgresql" else "json_each(%s)"
        cursor.execute(f"INSERT INTO bare_use (voucher_id) SELECT value FROM {source}", [listed])


def timed(act: Callable[[], object]) -> tuple[float, float]:
    wall, work = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - work


def main() -> None:
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_use (voucher_id bigint PRIMARY KEY)")
    affiliate = make_affiliate()
    make_vouchers(25)
    Voucher.objects.update(valid_from_on="2020-01-01", last_valid_on="2099-01-31", vintage=2030)
    titles(affiliate, 2 * RUNS * sum(SIZES) + 100)
    result: dict[str, object] = {
        "database": connection.vendor,
        "runs": RUNS,
        "python": platform.python_version(),
        "sizes": {},
    }
    table = Table(
        "titres par remise", "remises : titres/s", "instruction nue : titres/s", "rapport", "rapport CPU"
    )
    for size in SIZES:
        own: list[tuple[float, float]] = []
        other: list[tuple[float, float]] = []
        repeats = RUNS if size >= 1_000 else RUNS * 3
        for _ in range(repeats):
            chosen = free(2 * size)
            given = [Given(number) for _, number in chosen[:size]]
            own.append(
                timed(
                    lambda given=given: remit(  # type: ignore[misc]
                        affiliate=affiliate,
                        titles=given,
                        channel=Channel.FILE,
                        actor="bench",
                        at=timezone.now(),
                    )
                )
            )
            keys = [key for key, _ in chosen[size:]]
            other.append(timed(lambda keys=keys: bare(keys)))  # type: ignore[misc]
            if Voucher.objects.filter(state="ISSUED").count() < 2 * size:
                break
        wall, cpu = (statistics.median(one[place] for one in own) for place in (0, 1))
        bare_wall, bare_cpu = (statistics.median(one[place] for one in other) for place in (0, 1))
        one = {
            "titles_per_second": size / wall,
            "bare_titles_per_second": size / bare_wall,
            "ratio": wall / bare_wall,
            "cpu_ratio": cpu / max(bare_cpu, 1e-9),
        }
        result["sizes"][str(size)] = one  # type: ignore[index]
        table.add_row(
            str(size),
            f"{one['titles_per_second']:.0f}",
            f"{one['bare_titles_per_second']:.0f}",
            f"{one['ratio']:.1f}",
            f"{one['cpu_ratio']:.1f}",
        )
    Console().print(f"{connection.vendor}, médianes de {RUNS} passages au moins")
    Console().print(table)
    used = sum(Remittance.objects.values_list("accepted", flat=True))
    assert used == Use.objects.count(), "a voucher was used twice or lost"
    RESULTS.parent.mkdir(exist_ok=True)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known[connection.vendor] = result
    RESULTS.write_text(json.dumps(known, indent=2) + "\n")


if __name__ == "__main__":
    main()
