"""Affiliates, and vouchers ready to be used. Every shop is invented."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from stdnum import luhn

from titulaire.identity.models import Contract
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.issuing.services import issue_order
from titulaire.vouchers.issuing.tests.test_issue import LATER, acknowledged
from titulaire.vouchers.network.affiliation import Commitment, Establishment, request_affiliation, review
from titulaire.vouchers.network.models import Affiliate
from titulaire.vouchers.network.rules import Activity, AffiliateState
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract

AT = LATER + timedelta(days=30)
"""A month after the issue: 2026-11-04, eleven o'clock."""
TODAY = date(2026, 11, 4)
IBAN = "FR7630006000011234567890189"
COMMITMENT = Commitment("engagement.pdf", b"%PDF-1.4 engagement", date(2026, 10, 1), "Lucienne Garbaye")


def siret(rank: int = 1) -> str:
    """A well-formed number of an establishment that does not exist."""
    siren = f"9{rank:07d}"
    body = siren + luhn.calc_check_digit(siren) + "0001"
    return body + luhn.calc_check_digit(body)


def establishment(rank: int = 1, **changes: object) -> Establishment:
    facts: dict[str, object] = {
        "siret": siret(rank),
        "name": f"Épicerie des Tilleuls {rank}",
        "street": f"{rank} place du Marché",
        "postcode": "47000",
        "town": "Agen",
        "activity": Activity.GROCERY,
        "email": f"commerce{rank}@demo.example",
        "iban": IBAN,
    }
    return Establishment(**(facts | changes))  # type: ignore[arg-type]


def make_affiliate(
    contract: Contract | None = None, rank: int = 1, *, accepted: bool = True, **changes: object
) -> Affiliate:
    affiliate = request_affiliation(
        contract=contract or make_contract(),
        establishment=establishment(rank, **changes),
        commitment=COMMITMENT,
        actor=ACTOR,
        at=AT - timedelta(days=20),
    )
    if accepted:
        affiliate = review(
            affiliate=affiliate,
            outcome=AffiliateState.ACCEPTED,
            actor=ACTOR,
            at=AT - timedelta(days=19),
        )
    return affiliate


def make_vouchers(count: int = 10, contract: Contract | None = None) -> list[Voucher]:
    """Vouchers of the vintage 2026, issued on 2026-10-05, valid until 31 January 2027."""
    order = acknowledged(contract, lines=max(1, count // 25), vouchers=min(count, 25))
    issue_order(order=order, actor=ACTOR, at=LATER)
    return list(Voucher.objects.filter(order=order).order_by("serial").select_related("contract"))


def instant(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
