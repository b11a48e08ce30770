"""The dates of invoices: when each is to be paid, and when it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from django.urls import reverse

from titulaire.billing.models import Document, DocumentQuerySet
from titulaire.deadlines.dues import Due, Who
from titulaire.identity.models import Contract
from titulaire.ui.formats import date_fr, money

ROOM = "Facturation"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """The last day to pay each invoice. One that a credit note took back was settled the day of the note."""
    found: DocumentQuerySet = (
        Document.objects.of(contract)
        .invoices()
        .issued()
        .filter(due_on__gte=since, due_on__lt=until)
        .with_balance()
        .prefetch_related("payments", "credit_notes")
    )
    for invoice in found:
        assert invoice.due_on is not None  # noqa: S101 - an issued invoice has its date
        left: Decimal = invoice.left  # type: ignore[attr-defined] # `with_balance` gives it
        ends = [payment.paid_on for payment in invoice.payments.all()]
        ends += [note.issued_on for note in invoice.credit_notes.all() if note.issued_on is not None]
        yield Due(
            key=invoice.number,
            label=f"Payer la facture {invoice.number}",
            who=Who.BUYER,
            due_on=invoice.due_on,
            done_on=max(ends) if ends and left <= 0 else None,
            url=reverse("invoice", args=[contract.code, invoice.reference]),
            facts=(
                ("Émise le", date_fr(invoice.issued_on)),
                ("Montant", money(invoice.gross)),
                ("Reste dû", money(left)),
            ),
        )
