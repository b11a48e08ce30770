"""The balance of the register: each vintage, each invariant."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from titulaire.clauses import clause
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.ui.tables import Column, Status, Table
from titulaire.vouchers.issuing.models import VOUCHER_STATE_LABELS, VoucherState
from titulaire.vouchers.settlement.balance import register_of
from titulaire.vouchers.settlement.documents import euros
from titulaire.vouchers.settlement.rules import ENDS, VintageLine, Volume, breaches
from titulaire.vouchers.settlement.views import READERS
from titulaire.vouchers.settlement.wording import INVARIANTS, breach_sentence

HOLDS, BROKEN = Status("HOLDS", "Tenu", "good"), Status("BROKEN", "Rompu", "bad")


def _volumes(line: VintageLine) -> list[tuple[str, str, Volume]]:
    """Where the vouchers of a vintage are: code, label, volume; in the order of a voucher's life."""
    return [
        ("TO_ISSUE", "À émettre", line.to_issue),
        ("CIRCULATION", "En circulation", line.in_circulation),
        *((state, VOUCHER_STATE_LABELS[VoucherState(state)], line.of(state)) for state in ENDS),
    ]


@clause("T-5.1-coherence", "T-5.2-controle", "T-3.3-tracabilite")
@reads(*READERS)
def balance(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every voucher found again, and what would say otherwise."""
    register = register_of(contract)
    broken = breaches(register)
    rows = [
        (line.vintage, label, volume, code)
        for line in register.lines
        for code, label, volume in [
            ("ORDERED", "Commandés", line.ordered),
            ("REPLACING", "Reçus en remplacement", line.replacing),
            *_volumes(line),
        ]
        if volume.count
    ]
    register_url = reverse("vouchers", args=[contract.code])
    table = Table(
        request,
        rows,
        name=f"equilibre-{contract.code}",
        caption="Titres par millésime et par état",
        noun="ligne",
        page_size=100,
        columns=[
            Column("vintage", "Millésime", value=lambda row: str(row[0])),
            Column(
                "what",
                "Titres",
                value=lambda row: row[1],
                link=lambda row: (
                    f"{register_url}?etat={row[3]}&millesime={row[0]}" if row[3] in ENDS else None
                ),
            ),
            Column("count", "Nombre", value=lambda row: row[2].count, kind="number"),
            Column("value", "Valeur", value=lambda row: euros(row[2].cents), kind="money"),
        ],
        empty="Aucun titre commandé.",
    )
    checks = [
        {
            "sentence": sentence,
            "status": BROKEN if any(breach.invariant is invariant for breach in broken) else HOLDS,
            "faults": [breach_sentence(breach) for breach in broken if breach.invariant is invariant],
        }
        for invariant, sentence in INVARIANTS.items()
    ]
    return table.response("settlement/balance.html", {"checks": checks, "holds": not broken})
