"""What people fill in about the month's production, its orders and its prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from titulaire.support.incidents.sheets import LARGEST_SHEET
from titulaire.support.ledger.rules import HOURS, ONE_DAY, Ordered, OrderKind, Produced, WorkUnit
from titulaire.support.ledger.services import Paper
from titulaire.support.ledger.wording import KINDS, UNITS
from titulaire.ui.fields import DateField, DecimalField, FileField

LARGEST_PAPER = 10 * 1024 * 1024
WHY = "Laissez vide pour une première saisie ; sinon dites pourquoi elle change. Les deux parties le lisent."


def _unit() -> forms.ChoiceField:
    return forms.ChoiceField(label="Unité", choices=list(UNITS.items()))


def _reason() -> forms.CharField:
    return forms.CharField(label="Raison de la correction", max_length=300, required=False, help_text=WHY)


def _paper() -> FileField:
    return FileField(
        label="Document",
        required=False,
        max_bytes=LARGEST_PAPER,
        help_text="Celui où cela est écrit, 10 Mo au plus.",
    )


class _Days(forms.Form):
    """Days, both included, and a quantity of one unit."""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        since, last = said.get("since_on"), said.get("last_on")
        if since and last and last < since:
            self.add_error("last_on", "La fin ne peut précéder le début.")
        quantity, unit = said.get("quantity"), said.get("unit")
        if quantity is not None and unit and WorkUnit(unit) not in HOURS and quantity != int(quantity):
            self.add_error("quantity", "Les actes se comptent en entiers.")
        return said

    def paper(self) -> Paper | None:
        """The document joined, once valid."""
        file = self.cleaned_data.get("document")
        return Paper(file.name, file.read()) if file else None


class EntryForm(_Days):
    """A quantity produced."""

    unit = _unit()
    since_on = DateField(label="Du")
    last_on = DateField(label="Au", help_text="Jour compris.")
    quantity = DecimalField(
        label="Quantité", min_value=Decimal(0), max_digits=12, decimal_places=2, help_text="Heures ou actes."
    )
    site = forms.CharField(label="Site", max_length=40, required=False, help_text="Vide : tous.")
    reason = _reason()

    def produced(self) -> Produced:
        """The answers, once valid."""
        said = self.cleaned_data
        return Produced(
            WorkUnit(said["unit"]),
            said["since_on"],
            said["last_on"] + ONE_DAY,
            said["quantity"],
            said["site"].strip(),
        )


class SheetForm(forms.Form):
    """A file of quantities."""

    file = FileField(
        label="Fichier",
        accept=".csv,.xlsx",
        max_bytes=LARGEST_SHEET,
        help_text="CSV ou Excel. Toutes les lignes entrent, ou aucune.",
    )
    reason = _reason()


class OrderForm(_Days):
    """An order of hours or acts."""

    reference = forms.CharField(label="Référence de la commande", max_length=30)
    kind = forms.ChoiceField(
        label="Nature",
        choices=list(KINDS.items()),
        initial=OrderKind.FIRM.value,
        help_text="Une commande indicative annonce ce qui sera commandé : elle n’engage personne.",
    )
    unit = _unit()
    since_on = DateField(label="Du")
    last_on = DateField(label="Au", help_text="Jour compris : dix jours ouvrés d’ordinaire.")
    quantity = DecimalField(
        label="Quantité commandée", min_value=Decimal("0.01"), max_digits=12, decimal_places=2
    )
    contacts = forms.IntegerField(
        label="Contacts prévus",
        min_value=0,
        required=False,
        help_text="Appels et formulaires attendus : la limite des 120 % se juge aussi sur eux.",
    )
    ordered_on = DateField(label="Reçue le")
    document = _paper()
    reason = _reason()

    def ordered(self) -> Ordered:
        """The answers, once valid."""
        said = self.cleaned_data
        return Ordered(
            WorkUnit(said["unit"]),
            said["since_on"],
            said["last_on"] + ONE_DAY,
            said["quantity"],
            said["contacts"],
        )


class AnswerForm(forms.Form):
    """What the contractor answers to an order."""

    accepted = forms.TypedChoiceField(
        label="Réponse",
        choices=[("True", "Valider la commande"), ("False", "Refuser la commande")],
        coerce=lambda said: said == "True",
        widget=forms.RadioSelect,
    )
    answered_on = DateField(label="Répondu le")
    reason = forms.CharField(
        label="Raison d’un refus",
        max_length=300,
        required=False,
        help_text="Ce qui manque pour la tenir : effectif, formation, délai. Les deux parties la lisent.",
    )
    document = _paper()

    def paper(self) -> Paper | None:
        """The document joined, once valid."""
        file = self.cleaned_data.get("document")
        return Paper(file.name, file.read()) if file else None


class PriceForm(_Days):
    """The price of a unit."""

    unit = _unit()
    from_on = DateField(label="À compter du")
    amount = DecimalField(
        label="Prix unitaire, hors taxes (€)", min_value=Decimal("0.0001"), max_digits=14, decimal_places=4
    )
    source = forms.CharField(
        label="Écrit dans", max_length=200, help_text="Par exemple : annexe financière, ligne UO1."
    )
    document = _paper()
    reason = _reason()


class CloseForm(forms.Form):
    """The closing of a month."""

    explanation = forms.CharField(
        label="Explication de l’écart avec les heures mesurées",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, gap: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["explanation"].required = gap


class ReasonForm(forms.Form):
    """Why something is undone."""

    reason = forms.CharField(label="Pourquoi", max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


def month_of(text: str) -> date | None:
    """The first day of a month written `2026-05`."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
