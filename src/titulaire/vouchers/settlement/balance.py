"""The balance of a contract's register, read in the database.

Each invariant is read in one statement, which sees one instant: a check beside living acts raises no false alarm.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db import connection

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.vouchers.settlement.rules import Ceiling, Offenders, Register, VintageLine, Volume

SAMPLE = 20

_VOLUMES = """
SELECT 'ORDERED', vintage, '', SUM(vouchers), SUM(CAST(ROUND(amount * 100) AS BIGINT))
FROM orders_order WHERE contract_id = %s AND state <> 'CANCELLED' GROUP BY vintage
UNION ALL
SELECT 'TO_ISSUE', vintage, '', SUM(vouchers), SUM(CAST(ROUND(amount * 100) AS BIGINT))
FROM orders_order WHERE contract_id = %s AND state IN ('CONFIRMED', 'ACKNOWLEDGED') GROUP BY vintage
UNION ALL
SELECT 'REPLACING', vintage, '', COUNT(*), SUM(face_value_cents)
FROM issuing_voucher WHERE contract_id = %s AND replaces_id IS NOT NULL GROUP BY vintage
UNION ALL
SELECT 'STATE', vintage, state, COUNT(*), SUM(face_value_cents)
FROM issuing_voucher WHERE contract_id = %s GROUP BY vintage, state
"""

_CEILING = """
SELECT
 COALESCE((SELECT committed_cents FROM orders_consumption WHERE contract_id = %s), 0),
 COALESCE((SELECT SUM(CAST(ROUND(amount * 100) AS BIGINT)) FROM orders_order
           WHERE contract_id = %s AND state <> 'CANCELLED'), 0),
 COALESCE((SELECT SUM(face_value_cents) FROM issuing_voucher
           WHERE contract_id = %s AND replaces_id IS NULL), 0)
"""

# A voucher that was replaced is dead, and what replaces it is of the same contract and the same value.
_TWO_LIVES = """
SELECT old.number FROM issuing_voucher new JOIN issuing_voucher old ON new.replaces_id = old.id
WHERE old.contract_id = %s AND (old.state <> 'REPLACED' OR new.contract_id <> old.contract_id
 OR new.face_value_cents <> old.face_value_cents OR new.serial <= old.serial)
UNION ALL
SELECT number FROM issuing_voucher old WHERE contract_id = %s AND state = 'REPLACED'
 AND NOT EXISTS (SELECT 1 FROM issuing_voucher new WHERE new.replaces_id = old.id)
ORDER BY 1
"""

# A voucher's order is that of its booklet and of the booklet's line; a line issued exactly what it ordered.
_ORPHANS = """
SELECT v.number FROM issuing_voucher v JOIN issuing_booklet b ON b.id = v.booklet_id
JOIN orders_orderline l ON l.id = b.line_id
WHERE v.contract_id = %s
 AND (v.order_id <> b.order_id OR b.order_id <> l.order_id OR b.contract_id <> v.contract_id)
UNION ALL
SELECT o.number FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
LEFT JOIN (
 SELECT b.line_id, COUNT(*) AS made FROM issuing_booklet b JOIN issuing_voucher v ON v.booklet_id = b.id
 WHERE v.contract_id = %s AND v.replaces_id IS NULL GROUP BY b.line_id
) issued ON issued.line_id = l.id
WHERE o.contract_id = %s AND o.state IN ('ISSUED', 'RELEASED') AND l.vouchers <> COALESCE(issued.made, 0)
ORDER BY 1
"""

# Each move leaves the state that the one before reached; the last one reached the state of the row.
_INCOHERENT = """
SELECT DISTINCT number FROM (
 SELECT v.number, v.state, m.from_state, m.to_state,
  LAG(m.to_state) OVER (PARTITION BY m.voucher_id ORDER BY m.id) AS before,
  LEAD(m.id) OVER (PARTITION BY m.voucher_id ORDER BY m.id) AS following
 FROM issuing_vouchermove m JOIN issuing_voucher v ON v.id = m.voucher_id WHERE v.contract_id = %s
) steps
WHERE from_state <> COALESCE(before, 'ISSUED') OR (following IS NULL AND to_state <> state)
UNION ALL
SELECT number FROM issuing_voucher v WHERE contract_id = %s AND state <> 'ISSUED'
 AND NOT EXISTS (SELECT 1 FROM issuing_vouchermove m WHERE m.voucher_id = v.id)
ORDER BY 1
"""


@clause("T-5.1-coherence", "T-5.2-controle")
def register_of(contract: Contract) -> Register:
    """What the register says of a contract now."""
    return Register(
        lines=_lines(contract),
        ceiling=_ceiling(contract),
        two_lives=_offenders(_TWO_LIVES, contract),
        orphans=_offenders(_ORPHANS, contract),
        incoherent=_offenders(_INCOHERENT, contract),
    )


def _lines(contract: Contract) -> tuple[VintageLine, ...]:
    kinds: dict[int, dict[str, Volume]] = defaultdict(dict)
    states: dict[int, dict[str, Volume]] = defaultdict(dict)
    for kind, vintage, state, count, cents in _rows(_VOLUMES, contract):
        (states if kind == "STATE" else kinds)[vintage][state or kind] = Volume(int(count), int(cents))
    return tuple(
        VintageLine(
            vintage,
            ordered=kinds[vintage].get("ORDERED", Volume()),
            to_issue=kinds[vintage].get("TO_ISSUE", Volume()),
            replacing=kinds[vintage].get("REPLACING", Volume()),
            states=states[vintage],
        )
        for vintage in sorted(set(kinds) | set(states))
    )


def _ceiling(contract: Contract) -> Ceiling:
    terms = terms_of(contract.code)
    # The highest of all time: an amendment may lower it, past orders stay under the one they were placed under.
    allowed = max(Decimal(str(value.value)) for value in terms.term("ceiling").values)
    ((committed, ordered, issued),) = _rows(_CEILING, contract)
    return Ceiling(int(allowed * 100), int(committed), int(ordered), int(issued))


def _offenders(sql: str, contract: Contract) -> Offenders:
    found = [str(row[0]) for row in _rows(sql, contract)]
    return Offenders(len(found), tuple(found[:SAMPLE]))


def _rows(sql: str, contract: Contract) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [contract.pk] * sql.count("%s"))
        return cursor.fetchall()
