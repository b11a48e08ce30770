"""What the exchanges on penalties say: by month, what was already credited, the facts of a month."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from titulaire.billing.models import Document
from titulaire.billing.queries import invoices_of_period, production_of
from titulaire.billing.rules import Channel, production_amount
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.support.facts.models import Manifest
from titulaire.support.indicators.evaluation import after
from titulaire.support.penalties.models import PenaltyProposal, PenaltyProposalQuerySet
from titulaire.support.penalties.rules import ExchangeState, Side

SIDES = {Role.SUPERVISOR: Side.CONTRACTOR, Role.BUYER_MANAGER: Side.BUYER}
"""Who speaks for each party in the exchange."""
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Billed:
    """What was invoiced of a month's production, without VAT, and the invoice that a credit note corrects."""

    phone: Decimal
    forms: Decimal
    invoice: Document | None


def side_of(roles: Collection[Role]) -> Side | None:
    """The party that someone speaks for."""
    return next((side for role, side in SIDES.items() if role in roles), None)


def proposer(terms: Terms, month: date) -> Side:
    """The party that presents the month's proposal, under the reading retained."""
    return Side(terms.reading("penalty_proposer", on=max(month, terms.head.notified_on)))


def proposals_of(contract: Contract) -> PenaltyProposalQuerySet:
    """Every version of a contract, latest month and version first."""
    return PenaltyProposal.objects.of(contract).select_related("contract", "credit_note")


def current_of(contract: Contract, month: date) -> PenaltyProposal | None:
    """The last version of a month."""
    return proposals_of(contract).filter(month=month).order_by("-version").first()


def credited_of(contract: Contract, month: date) -> Decimal:
    """What the credit notes of a month's exchanges already gave back."""
    done = proposals_of(contract).filter(month=month, state=ExchangeState.CREDITED.value)
    found: Decimal | None = done.aggregate(total=Sum("credit_note__gross"))["total"]
    return ZERO if found is None else found.quantize(ZERO)


def billed_of(contract: Contract, month: date) -> Billed:
    """The invoices issued on a month's production; a credit note corrects the largest of them."""
    until = after(month)
    invoices = invoices_of_period(contract, start_on=month, end_on=until).prefetch_related("lines")
    largest = max(invoices, key=lambda one: (production_amount(one.values()), -one.pk), default=None)
    if largest is not None and production_amount(largest.values()) <= 0:
        largest = None
    phone, forms = (
        production_of(contract, start_on=month, end_on=until, channel=channel)
        for channel in (Channel.PHONE, Channel.FORMS)
    )
    return Billed(phone, forms, largest)


def facts_of(contract: Contract, month: date) -> dict[str, str]:
    """The digest of the facts in force of a month, by kind of record."""
    found = Manifest.objects.filter(contract=contract, month=month).in_force()
    return {manifest.record: f"v{manifest.version} {manifest.digest}" for manifest in found}
