"""What the documents of a contract say: who may see which, balances, the production that penalties are a share of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

from titulaire.billing.models import Document, DocumentQuerySet, Profile
from titulaire.billing.parties import Parties, Party
from titulaire.billing.rules import Channel, InvoiceLine, production_amount
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role

BILLERS = (Role.VOUCHER_OPERATOR, Role.SUPERVISOR)
"""Who invoices, for the contractor."""


def documents_of(contract: Contract, roles: Collection[Role]) -> DocumentQuerySet:
    """The documents that these roles see, with their balance: a draft is the contractor's own business."""
    found = Document.objects.of(contract).select_related("contract", "corrects").with_balance()
    return found if set(BILLERS) & set(roles) else found.issued()


def document_called(contract: Contract, reference: str, roles: Collection[Role]) -> Document | None:
    """The document with this number, or `brouillon-` and its key."""
    found = documents_of(contract, roles).prefetch_related("lines")
    key = reference.removeprefix("brouillon-")
    if key != reference:
        return found.filter(number="", pk=int(key)).first() if key.isdecimal() and len(key) < 18 else None
    return found.filter(number=reference).first() if reference else None


def profile_of(contract: Contract) -> Profile | None:
    """Who invoices whom on the contract; None while nobody said it."""
    return Profile.objects.filter(contract=contract).first()


def parties_of(profile: Profile) -> Parties:
    """The profile as a document is issued with it."""
    return Parties(
        seller=Party.from_json(profile.seller),
        buyer=Party.from_json(profile.buyer),
        iban=profile.iban,
        bic=profile.bic,
        contract_reference=profile.contract_reference,
        payment_days=profile.payment_days,
        late_interest=profile.late_interest,
    )


def credited_lines(invoice: Document) -> tuple[InvoiceLine, ...]:
    """Every line of the credit notes issued on the invoice."""
    notes = Document.objects.issued().filter(corrects=invoice).prefetch_related("lines")
    return tuple(line for note in notes for line in note.values())


def invoices_of_period(contract: Contract, *, start_on: date, end_on: date) -> DocumentQuerySet:
    """The invoices issued whose whole period lies from `start_on` to `end_on`, not included."""
    return (
        Document.objects.of(contract)
        .invoices()
        .issued()
        .filter(period_start_on__gte=start_on, period_end_on__lte=end_on)
    )


def production_of(
    contract: Contract, *, start_on: date, end_on: date, channel: Channel | None = None
) -> Decimal:
    """What was invoiced of hours and acts over a period, without VAT: the base and the cap of its penalties."""
    found = invoices_of_period(contract, start_on=start_on, end_on=end_on).prefetch_related("lines")
    return production_amount((line for each in found for line in each.values()), channel)


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Who stands behind these actors of the journal, by actor."""
    keys = {actor.removeprefix("user:") for actor in actors if actor.startswith("user:")}
    return {user.actor: str(user) for user in User.objects.filter(key__in=keys)}
