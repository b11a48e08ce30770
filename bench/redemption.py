# ruff: noqa: E402, S608 - Django is set up before its models are imported; no statement takes anyone's text
"""Vouchers redeemed a second, per size of batch, beside a bare SQL statement of the same effect.

Same database, same run, batches in turn; medians. Two peers, both on the raw driver, both committed:

- the same effect: the very rows that a remittance leaves (state, history, remittance, lines, uses, number, journal),
  by statements that already know every answer: nothing is verified, ruled or hashed;
- the least: `UPDATE … WHERE state … RETURNING` on the register and one `INSERT` of the use.

With `TITULAIRE_DATABASE=postgresql://…` the same runs on PostgreSQL. Sizes may be given (`redemption.py 1000`): a
quicker run, which is shown and not kept.
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
# As in service: under DEBUG the ORM quotes and keeps the text of every statement, which the raw driver never does.
os.environ.setdefault("TITULAIRE_SECRET_KEY", "bench-" + "0" * 50)
os.environ.setdefault("TITULAIRE_KEY_PASSPHRASE", "bench")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titulaire.config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.network.models import Affiliate, Remittance, Use
from titulaire.vouchers.network.rules import Channel, Given
from titulaire.vouchers.network.services import remit
from titulaire.vouchers.network.tests.factories import make_affiliate, make_vouchers

EVERY_SIZE = (1, 10, 100, 1_000, 5_000)
SIZES = tuple(map(int, sys.argv[1:])) or EVERY_SIZE
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


def same_effect(affiliate: Affiliate, rank: int, titles: list[tuple[int, str]], at: str) -> None:
    """The rows of a remittance of these titles, by the raw driver: nobody asks whether they may be used."""
    raw = connection.connection
    postgresql = connection.vendor == "postgresql"
    mark = "%s" if postgresql else "?"
    keys = [key for key, _ in titles]
    given = keys if postgresql else json.dumps(keys)
    numbers = [number for _, number in titles] if postgresql else json.dumps(titles)
    among = f"= ANY({mark})" if postgresql else f"IN (SELECT value FROM json_each({mark}))"
    number, target, contract = f"Z{rank}", f"remittance:Z{rank}", affiliate.contract_id

    def run(sql: str, *values: object) -> list[tuple[object, ...]]:
        cursor = raw.execute(sql.replace("?", mark), values)
        return cursor.fetchall() if cursor.description else []

    if not postgresql:
        run("BEGIN IMMEDIATE")
    run("UPDATE network_ledger SET remittances = remittances + 1 WHERE contract_id = ?", contract)
    run(
        "INSERT INTO issuing_vouchermove (voucher_id, from_state, to_state, at, act, target) "
        f"SELECT id, state, 'USED', ?, 'REMITTED', ? FROM issuing_voucher WHERE id {among} AND state = 'ISSUED'",
        at, target, given,
    )  # fmt: skip
    run(f"UPDATE issuing_voucher SET state = 'USED' WHERE id {among} AND state = 'ISSUED'", given)
    ((key,),) = run(
        "INSERT INTO network_remittance (contract_id, affiliate_id, number, channel, state, fingerprint, repeat, "
        "source_name, source_sha256, received_on, presented_on, letters_required, given, accepted, amount_cents, "
        "recorded_at, recorded_by) VALUES (?, ?, ?, 'FILE', 'RECORDED', ?, 0, '', '', ?, ?, ?, ?, ?, ?, ?, 'bench') "
        "RETURNING id",
        contract, affiliate.pk, number, number, at[:10], at[:10], False, len(keys), len(keys), 1000 * len(keys), at,
    )  # fmt: skip
    rows = (
        "SELECT row_number() OVER (), u.number, u.number, u.id FROM unnest(?::bigint[], ?::text[]) AS u(id, number)"
        if postgresql
        else "SELECT key + 1, json_extract(value, '$[1]'), json_extract(value, '$[1]'), json_extract(value, '$[0]') "
        "FROM json_each(?)"
    )
    run(
        "INSERT INTO network_remittanceline (remittance_id, verdict, note, proof, page, position, given, number, "
        f"voucher_id) SELECT {key}, 'VALID', '', 'NUMBER', 0, r.* FROM ({rows}) r",
        *((keys, numbers) if postgresql else (numbers,)),
    )
    run(
        "INSERT INTO network_use (voucher_id, line_id, remittance_id, affiliate_id, presented_on, accepted_at) "
        "SELECT voucher_id, id, remittance_id, ?, ?, ? FROM network_remittanceline WHERE remittance_id = ?",
        affiliate.pk, at[:10], at, key,
    )  # fmt: skip
    ((entry,),) = run(
        "INSERT INTO journal_entry (contract, seq, at, actor, act, target, digest, prev, hash) "
        "VALUES ('bench', ?, ?, 'bench', 'REMITTED', ?, ?, '', ?) RETURNING id",
        rank, at, target, "0" * 64, f"{rank:064d}",
    )  # fmt: skip
    body = json.dumps({"vouchers": [number for _, number in titles]})
    run("INSERT INTO journal_content (entry_id, salt, body) VALUES (?, '', ?)", entry, body)
    raw.commit() if postgresql else run("COMMIT")


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
    repeats = {size: RUNS if size >= 1_000 else RUNS * 3 for size in SIZES}
    titles(affiliate, 3 * sum(size * repeats[size] for size in SIZES) + 100)
    # The first act of a process pays for what the others find ready.
    remit(
        affiliate=affiliate,
        titles=[Given(free(1)[0][1])],
        channel=Channel.FILE,
        actor="bench",
        at=timezone.now(),
    )
    sizes: dict[str, dict[str, float]] = {}
    rank = 0
    for size in SIZES:
        spent: dict[str, list[tuple[float, float]]] = {"own": [], "same": [], "least": []}
        for _ in range(repeats[size]):
            chosen = free(3 * size)
            rank += 1
            given = [Given(number) for _, number in chosen[:size]]
            again, least = chosen[size : 2 * size], [key for key, _ in chosen[2 * size :]]
            now = timezone.now()
            acts: dict[str, Callable[[], object]] = {
                "own": lambda given=given, now=now: remit(  # type: ignore[misc]
                    affiliate=affiliate, titles=given, channel=Channel.FILE, actor="bench", at=now
                ),
                "same": lambda again=again, rank=rank, now=now: same_effect(  # type: ignore[misc]
                    affiliate, rank, again, f"{now:%Y-%m-%d %H:%M:%S}"
                ),
                "least": lambda least=least: bare(least),  # type: ignore[misc]
            }
            for name, act in acts.items():
                spent[name].append(timed(act))
        wall = {name: statistics.median(one[0] for one in runs) for name, runs in spent.items()}
        cpu = {name: statistics.median(one[1] for one in runs) for name, runs in spent.items()}
        sizes[str(size)] = {
            "titles_per_second": size / wall["own"],
            "same_effect_titles_per_second": size / wall["same"],
            "least_titles_per_second": size / wall["least"],
            "ratio": wall["own"] / wall["same"],
            "cpu_ratio": cpu["own"] / max(cpu["same"], 1e-9),
            "cpu_ratio_to_the_least": cpu["own"] / max(cpu["least"], 1e-9),
        }
    result = {
        "database": connection.vendor,
        "runs": RUNS,
        "python": platform.python_version(),
        "sizes": sizes,
    }
    table = Table(
        "titres par remise", "remises : titres/s", "mêmes lignes, pilote nu : titres/s", "rapport", "rapport CPU",
        "le moins : titres/s", "rapport CPU au moins",
    )  # fmt: skip
    for name, one in sizes.items():
        table.add_row(
            name, f"{one['titles_per_second']:.0f}", f"{one['same_effect_titles_per_second']:.0f}",
            f"{one['ratio']:.1f}", f"{one['cpu_ratio']:.1f}", f"{one['least_titles_per_second']:.0f}",
            f"{one['cpu_ratio_to_the_least']:.1f}",
        )  # fmt: skip
    Console().print(f"{connection.vendor}, médianes de {RUNS} passages au moins")
    Console().print(table)
    used = Remittance.objects.aggregate(used=Sum("accepted"))["used"]
    assert used == Use.objects.count(), "a voucher was used twice or lost"
    if SIZES != EVERY_SIZE:
        return
    RESULTS.parent.mkdir(exist_ok=True)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known[connection.vendor] = result
    RESULTS.write_text(json.dumps(known, indent=2) + "\n")


if __name__ == "__main__":
    main()
