"""What people fill in at the end of a vintage."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django import forms

from titulaire.billing.models import Document, Line
from titulaire.billing.wording import vat_words
from titulaire.identity.models import Contract
from titulaire.ui.fields import DateField, MoneyField
from titulaire.ui.formats import date_fr, money
from titulaire.vouchers.complaints.queries import UnknownReference, complaints_of
from titulaire.vouchers.settlement.models import CreditNote
from titulaire.vouchers.settlement.queries import invoices_to_correct, keys_named, lines_to_take_back
from titulaire.vouchers.settlement.wording import CAUSES, HOLDINGS


class DeclareForm(forms.Form):
    """What the buyer holds or lost."""

    holding = forms.ChoiceField(label="Ces titres sont", choices=list(HOLDINGS.items()))
    references = forms.CharField(
        label="Titres ou carnets",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Numéros de titres ou références de carnets, séparés par des virgules ou des lignes.",
    )

    def __init__(self, *args: Any, contract: Contract, vintage: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract, self.vintage = contract, vintage

    def clean_references(self) -> list[int]:
        try:
            return keys_named(self.contract, self.vintage, self.cleaned_data["references"])
        except UnknownReference as unknown:
            raise forms.ValidationError(
                f"« {unknown.text} » n’est ni un titre ni un carnet du millésime {self.vintage} de ce marché."
            ) from None


class ChequeForm(forms.Form):
    """The cheque that pays a refund."""

    number = forms.CharField(label="Numéro du chèque", max_length=20)
    bank = forms.CharField(label="Banque", max_length=80)
    drawn_on = DateField(label="Tiré le")


class CashForm(forms.Form):
    """When the cheque was cashed."""

    cashed_on = DateField(label="Encaissé le")


class CreditNoteForm(forms.Form):
    """A credit note and its cause."""

    cause = forms.ChoiceField(label="Cause", choices=list(CAUSES.items()))
    cause_reference = forms.CharField(
        label="Référence de la cause",
        max_length=40,
        help_text="Numéro de la réclamation, du remboursement, de la commande ou de la facture.",
    )
    label = forms.CharField(label="Libellé", max_length=300)
    vouchers = forms.IntegerField(label="Titres concernés", min_value=0, initial=0)
    amount = MoneyField(label="Montant (€)", min_value=Decimal("0.01"))

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        number = asked.get("cause_reference", "")
        known = complaints_of(self.contract).filter(number=number)
        if asked.get("cause") == "COMPLAINT" and number and not known.exists():
            self.add_error("cause_reference", f"Aucune réclamation « {number} » sur ce marché.")
        corrected = invoices_to_correct(self.contract).filter(number=number)
        if asked.get("cause") == "INVOICE" and number and not corrected.exists():
            self.add_error("cause_reference", f"Aucune facture émise « {number} » sur ce marché.")
        return asked


class BillForm(forms.Form):
    """The line of an invoice that a credit note is taken off."""

    line = forms.ChoiceField(
        label="Ligne reprise",
        help_text="L’avoir en garde la TVA ; son total est le montant constaté, au centime.",
    )

    def __init__(self, *args: Any, note: CreditNote, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = lines_to_take_back(note)
        self.offered = {
            f"{invoice.number}:{line.place}": (invoice, line.place)
            for invoice, lines in found
            for line in lines
        }
        choices = [
            (
                f"{invoice.number}, émise le {date_fr(invoice.issued_on)}",
                [(f"{invoice.number}:{line.place}", _line_words(line)) for line in lines],
            )
            for invoice, lines in found
        ]
        cast(forms.ChoiceField, self.fields["line"]).choices = [("", "—"), *choices]

    @property
    def chosen(self) -> tuple[Document, int]:
        """The invoice and the rank of its line."""
        return self.offered[self.cleaned_data["line"]]


def _line_words(line: Line) -> str:
    source = f" ({line.source})" if line.source else ""
    return f"{line.label}{source} : {money(line.net)} HT, {vat_words(line.vat_rate)}"
