"""What people fill in to invoice."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.validators import RegexValidator

from titulaire.billing import wording
from titulaire.billing.models import Profile
from titulaire.billing.parties import Parties, Party, compact
from titulaire.billing.queries import parties_of
from titulaire.billing.rules import (
    NORMAL_RATE,
    USAGES,
    VAT_RATES,
    Cause,
    Exemption,
    InvoiceLine,
    Item,
    LineRefused,
    Means,
    items_of,
)
from titulaire.ui.fields import DateField, DecimalField, MoneyField

if TYPE_CHECKING:
    LineSet = forms.BaseFormSet["LineForm"]
else:
    LineSet = forms.BaseFormSet

MOST_LINES = 60
USUAL = ""
"""The choice of VAT that follows the item: the normal rate, or none for what bears none."""


def _request_key() -> forms.CharField:
    """A key of its own for each form shown. Those with a colon belong to the acts of other rooms."""
    own = RegexValidator(r"^[\w-]+$", "Rechargez la page, puis recommencez.")
    return forms.CharField(
        widget=forms.HiddenInput, max_length=80, initial=lambda: uuid.uuid4().hex, validators=[own]
    )


class InvoiceForm(forms.Form):
    """The period and the references of a new invoice."""

    start_on = DateField(label="Du")
    last_on = DateField(label="Au (inclus)")
    order_reference = forms.CharField(label="Commande", max_length=50, required=False)
    engagement_number = forms.CharField(label="Numéro d’engagement", max_length=50, required=False)
    service_code = forms.CharField(label="Code service", max_length=50, required=False)
    request_key = _request_key()

    def clean(self) -> dict[str, Any]:
        start_on, last_on = self.cleaned_data.get("start_on"), self.cleaned_data.get("last_on")
        if start_on and last_on and last_on < start_on:
            self.add_error("last_on", "La période finit avant de commencer.")
        return self.cleaned_data

    @property
    def end_on(self) -> date:
        """The first day after the period."""
        return cast(date, self.cleaned_data["last_on"]) + timedelta(days=1)


class LineForm(forms.Form):
    """One line. Left blank, it counts for nothing."""

    says_optional = False
    quantity = DecimalField(label="Quantité", max_digits=14, decimal_places=4, required=False)
    unit_price = DecimalField(
        label="Prix unitaire HT", max_digits=14, decimal_places=4, min_value=Decimal(0), required=False
    )
    label = forms.CharField(label="Désignation", max_length=200, required=False)
    source = forms.CharField(label="Origine de la quantité", max_length=300, required=False)
    vat = forms.ChoiceField(
        label="TVA",
        required=False,
        choices=[
            (USUAL, "Celle de la prestation"),
            *((str(each), wording.vat_words(each)) for each in VAT_RATES),
            (Exemption.EXEMPT.value, "Exonérée"),
        ],
    )
    clause = forms.CharField(label="Clause", max_length=40, required=False)

    def __init__(
        self, *args: Any, half: str, known_clauses: frozenset[str], may_skip: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((item.value, wording.ITEMS[item]) for item in items_of(half))]
        self.fields = {
            "item": forms.ChoiceField(label="Prestation", choices=choices, required=False),
            **self.fields,
        }
        self.known_clauses = known_clauses
        self.may_skip = may_skip

    @property
    def is_filled(self) -> bool:
        """Whether anything was written; where lines are given to be reduced, whether a quantity was left."""
        if self.may_skip and not self.cleaned_data.get("quantity"):
            return False
        return any(value not in (None, "") for value in self.cleaned_data.values())

    def clean_clause(self) -> str:
        reference: str = self.cleaned_data["clause"]
        if reference and reference not in self.known_clauses:
            raise forms.ValidationError(f"Le marché n’a pas de clause « {reference} ».")
        return reference

    def clean(self) -> dict[str, Any]:
        if self.errors or not self.is_filled:
            return self.cleaned_data
        for name, sentence in (
            ("item", "Choisissez une prestation."),
            ("quantity", "Écrivez une quantité."),
            ("unit_price", "Écrivez un prix."),
        ):
            if self.cleaned_data.get(name) in (None, ""):
                self.add_error(name, sentence)
        if not self.errors:
            try:
                self.cleaned_data["line"] = self._line()
            except LineRefused as refused:
                self.add_error(None, wording.LINE_FAULTS[refused.fault])
        return self.cleaned_data

    def _line(self) -> InvoiceLine:
        told = self.cleaned_data
        item = Item(told["item"])
        usage, vat = USAGES[item], told["vat"]
        exemption = usage.exemption if vat == USUAL else Exemption.EXEMPT if vat == Exemption.EXEMPT else None
        return InvoiceLine(
            item=item,
            label=told["label"] or wording.ITEMS[item],
            quantity=told["quantity"],
            unit=usage.unit,
            unit_price=told["unit_price"],
            vat_rate=Decimal(0) if exemption else NORMAL_RATE if vat == USUAL else Decimal(vat),
            exemption=exemption,
            clause=told["clause"] or usage.clause,
            source=told["source"],
        )


class BaseLines(LineSet):
    """The lines of a document: at least one is filled."""

    def clean(self) -> None:
        if not any(self.errors) and not self.values():
            raise forms.ValidationError(wording.document_fault("NO_LINE"))

    def values(self) -> list[InvoiceLine]:
        """The lines that were filled, in order."""
        found = (form.cleaned_data.get("line") for form in self.forms if form.is_valid())
        return [line for line in found if line is not None]


LinesForms = forms.formset_factory(LineForm, formset=BaseLines, extra=0, min_num=1, max_num=MOST_LINES)


def as_initial(lines: Sequence[InvoiceLine]) -> list[dict[str, Any]]:
    """Lines as the form shows them first, to be corrected."""
    return [
        {
            "item": line.item.value,
            "label": line.label,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "vat": Exemption.EXEMPT.value
            if line.exemption is Exemption.EXEMPT
            else USUAL
            if line.exemption
            else str(line.vat_rate),
            "clause": line.clause,
            "source": line.source,
        }
        for line in lines
    ]


class CreditForm(forms.Form):
    """Why an invoice is taken back."""

    cause = forms.ChoiceField(
        label="Cause", choices=[("", "—"), *((str(each), words) for each, words in wording.CAUSES.items())]
    )
    reason = forms.CharField(
        label="Motif", max_length=300, help_text="Par exemple : relevé contradictoire du 2 octobre."
    )
    request_key = _request_key()

    @property
    def cause_given(self) -> Cause:
        return Cause(self.cleaned_data["cause"])


class PaymentForm(forms.Form):
    """What was received."""

    amount = MoneyField(label="Montant reçu", min_value=Decimal("0.01"))
    paid_on = DateField(label="Date")
    means = forms.ChoiceField(
        label="Moyen", choices=[(str(each), words) for each, words in wording.MEANS.items()]
    )
    reference = forms.CharField(
        label="Référence",
        max_length=80,
        required=False,
        help_text="Celle du virement, ou le numéro du chèque.",
    )
    request_key = _request_key()

    @property
    def means_given(self) -> Means:
        return Means(self.cleaned_data["means"])


SIDES = (("seller", "Titulaire"), ("buyer", "Acheteur"))


class ProfileForm(forms.Form):
    """Who invoices whom, where to pay, and what the buyer asks to read on an invoice."""

    def __init__(self, *args: Any, profile: Profile | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": _shown(profile), **kwargs})
        for side, _ in SIDES:
            for name, field in _party_fields(side).items():
                self.fields[f"{side}_{name}"] = field
        for name, label, length, needed, hint in (
            ("iban", "IBAN", 42, True, ""),
            ("bic", "BIC", 11, False, ""),
            ("contract_reference", "Numéro du marché", 50, False, ""),
            ("engagement_number", "Numéro d’engagement", 50, False, "Demandé par Chorus Pro."),
            ("service_code", "Code service", 50, False, "Demandé par Chorus Pro."),
            ("late_interest", "Pénalités de retard", 300, True, ""),
            (
                "series",
                "Série",
                6,
                False,
                "Lettres écrites avant le numéro, si l’entreprise a plusieurs marchés.",
            ),
        ):
            self.fields[name] = forms.CharField(
                label=label, max_length=length, required=needed, help_text=hint
            )
        self.fields["payment_days"] = forms.IntegerField(
            label="Délai de paiement, en jours", min_value=1, max_value=60
        )

    def clean_series(self) -> str:
        series: str = self.cleaned_data["series"].strip().upper()
        if series and not series.isalnum():
            raise forms.ValidationError("Des lettres et des chiffres seulement.")
        return series

    def side(self, side: str) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(f"{side}_")]

    @property
    def sides(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        return [(side, title, self.side(side)) for side, title in SIDES]

    @property
    def others(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if not name.startswith(("seller_", "buyer_"))]

    def parties(self) -> Parties:
        told = self.cleaned_data
        return Parties(
            seller=_party(told, "seller"),
            buyer=_party(told, "buyer"),
            iban=compact(told["iban"]),
            bic=compact(told["bic"]),
            contract_reference=told["contract_reference"],
            payment_days=told["payment_days"],
            late_interest=told["late_interest"],
        )

    def refuse(self, faults: dict[str, str]) -> None:
        """Write beside each field what is wrong with it."""
        for name, fault in faults.items():
            self.add_error(name, PROFILE_FAULTS[fault])


PROFILE_FAULTS = {
    "MISSING": "Ce renseignement est obligatoire sur une facture.",
    "INVALID": "Ce numéro ne passe pas son contrôle : vérifiez chaque chiffre.",
    "SERIES_TAKEN": "Un autre marché de la même entreprise emploie déjà cette série.",
}


def _party_fields(side: str) -> dict[str, forms.Field]:
    return {
        "name": forms.CharField(label="Raison sociale", max_length=150),
        "legal_form": forms.CharField(label="Forme et capital", max_length=150, required=False),
        "siret": forms.CharField(label="SIRET", max_length=20),
        "vat_id": forms.CharField(label="Numéro de TVA", max_length=20, required=side == "seller"),
        "street": forms.CharField(
            label="Adresse",
            widget=forms.Textarea(attrs={"rows": 2}),
            max_length=250,
            help_text="Trois lignes au plus.",
        ),
        "postcode": forms.CharField(label="Code postal", max_length=10),
        "city": forms.CharField(label="Commune", max_length=80),
    }


def _party(told: dict[str, Any], side: str) -> Party:
    street = tuple(line.strip() for line in told[f"{side}_street"].splitlines() if line.strip())
    return Party(
        name=told[f"{side}_name"],
        legal_form=told[f"{side}_legal_form"],
        siret=compact(told[f"{side}_siret"]),
        vat_id=compact(told[f"{side}_vat_id"]),
        street=street[:3],
        postcode=told[f"{side}_postcode"],
        city=told[f"{side}_city"],
    )


def _shown(profile: Profile | None) -> dict[str, Any]:
    if profile is None:
        return {"payment_days": 30, "late_interest": wording.LATE_INTEREST}
    parties = parties_of(profile)
    shown: dict[str, Any] = {
        name: getattr(profile, name)
        for name in (
            "iban", "bic", "contract_reference", "engagement_number", "service_code", "late_interest", "series",
            "payment_days",
        )
    }  # fmt: skip
    for side in ("seller", "buyer"):
        party: Party = getattr(parties, side)
        shown |= {f"{side}_{name}": value for name, value in party.as_json().items()}
        shown[f"{side}_street"] = "\n".join(party.street)
    return shown
