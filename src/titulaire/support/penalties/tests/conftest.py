"""May 2026 on the support contract: eight calls answered, two lost, and its invoice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from titulaire.billing.models import Document
from titulaire.billing.rules import Item, charge
from titulaire.billing.services import draft_invoice, issue_invoice, save_profile
from titulaire.billing.tests.factories import parties
from titulaire.contracts.services import NewValue, record_amendment
from titulaire.identity.models import Contract
from titulaire.identity.tests.factories import contract as made_contract
from titulaire.penalties.rules import Invoice
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.penalties.assessing import Entered
from titulaire.support.penalties.models import PenaltyProposal
from titulaire.support.penalties.rules import Outcome, Side
from titulaire.support.penalties.services import (
    close_exchange,
    decide_line,
    end_remarks,
    propose_penalties,
)

ACTOR = "user:00000000-0000-4000-8000-000000000007"
AT = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
LAST_DAY = date(2026, 6, 25)
MAY = date(2026, 5, 1)
PHONE, FORMS = Decimal("100000.00"), Decimal("20000.00")
ENTERED = Entered(Invoice(PHONE, FORMS))


def calls(
    folder: Path, on: Contract, name: str, *, answered: int, lost: int, day: str = "04/05/2026"
) -> None:
    """Bring a day of calls."""
    nothing = dict.fromkeys(("conversation", "garde", "post_appel", "motif", "site", "conseiller"), "")
    taken = [row(appel=f"{name}A{n}", arrivee=f"{day} 10:00:00", decroche="") for n in range(answered)]
    left = [
        row(appel=f"{name}L{n}", arrivee=f"{day} 14:20:00", issue="Abandonné", decroche="") | nothing
        for n in range(lost)
    ]
    import_file(
        contract=on,
        path=acd_csv(folder / f"{name}.csv", taken + left),
        connector=find_connector("acd-csv"),
        actor="user:test",
        at=AT,
    )


@pytest.fixture
def support(db: None, tmp_path: Path, settings: Any) -> Contract:
    """May's calls: 80 % answered, a penalty of 2 000 €."""
    settings.DATA_DIR = tmp_path / "var"
    made = made_contract("mes", "SUPPORT")
    calls(tmp_path, made, "mai", answered=8, lost=2)
    return made


@pytest.fixture
def billed(support: Contract) -> Document:
    """May's invoice, issued."""
    return invoice(support)


def invoice(on: Contract, hours: Decimal = PHONE / 100) -> Document:
    """An invoice of May: hours of telephony at 100 €, and 20 000 € of forms."""
    save_profile(contract=on, parties=parties(), actor=ACTOR, at=AT)
    drafted = draft_invoice(
        contract=on,
        start_on=MAY,
        end_on=date(2026, 6, 1),
        lines=[
            charge(Item.UO1, "Heures productives, appels", hours, Decimal(100)),
            charge(Item.UO4, "Formulaires traités", Decimal(10_000), Decimal(2)),
        ],
        request_key=f"mai-{hours}",
        actor=ACTOR,
        at=AT,
    )
    return issue_invoice(document=drafted.document, actor=ACTOR, at=AT).document


def amend(on: Contract, term: str, value: Any, since: date = date(2026, 1, 1)) -> None:
    """Change a term by an amendment."""
    record_amendment(
        contract=on,
        number=1,
        title="Essai",
        signed_on=date(2025, 12, 1),
        document_name="avenant.pdf",
        document_sha256="0" * 64,
        values=[NewValue(term, since, value)],
        actor=ACTOR,
        at=AT,
    )


@pytest.fixture
def proposed(support: Contract) -> PenaltyProposal:
    """The first version of May."""
    return proposal_of(support)


def proposal_of(on: Contract, **changes: Any) -> PenaltyProposal:
    given = {"contract": on, "month": MAY, "entered": ENTERED, "side": Side.CONTRACTOR}
    return propose_penalties(**{**given, "actor": ACTOR, "at": AT, **changes})


def decide(
    proposal: PenaltyProposal,
    line: str = "P3",
    outcome: Outcome = Outcome.KEPT,
    amount: Decimal | None = None,
    reason: str = "",
    **changes: Any,
) -> None:
    given: dict[str, Any] = {"side": Side.BUYER, "actor": ACTOR, "at": AT, **changes}
    decide_line(proposal=proposal, line=line, outcome=outcome, amount=amount, reason=reason, **given)


@pytest.fixture
def closed(proposed: PenaltyProposal) -> PenaltyProposal:
    """P3 kept, the exchange closed."""
    return close(proposed)


def close(proposal: PenaltyProposal, *lines: str) -> PenaltyProposal:
    """Keep lines, give up the rest of the time for remarks, close."""
    for line in lines or ("P3",):
        decide(proposal, line)
    end_remarks(proposal=proposal, side=Side.CONTRACTOR, actor=ACTOR, at=AT)
    return close_exchange(proposal=proposal, side=Side.BUYER, actor=ACTOR, at=AT)
