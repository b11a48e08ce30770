"""What people ask of the simulator. Everything is in the address: a simulation is a link to send."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from titulaire.penalties.rules import Invoice
from titulaire.support.penalties.assessing import Entered
from titulaire.support.simulator.rules import Change
from titulaire.ui.fields import DecimalField, MoneyField, RangedField


class SimulateForm(forms.Form):
    """A month and what would be different."""

    mois = forms.ChoiceField(label="Mois")
    conseillers = RangedField(
        label="Conseillers de plus ou de moins",
        least=-15,
        most=15,
        required=False,
        min_value=Decimal(-200),
        max_value=Decimal(200),
        help_text="À leur poste, dans chaque quart d’heure ouvert.",
    )
    traitement = RangedField(
        label="Secondes par appel",
        least=-120,
        most=120,
        step=5,
        required=False,
        min_value=Decimal(-600),
        max_value=Decimal(1800),
        help_text="De traitement, de plus ou de moins.",
    )
    appels = RangedField(
        label="Appels, en %",
        least=-50,
        most=50,
        required=False,
        min_value=Decimal(-90),
        max_value=Decimal(200),
        help_text="De plus ou de moins, aux mêmes heures.",
    )
    patience = DecimalField(
        label="Patience moyenne (secondes)",
        required=False,
        min_value=Decimal(1),
        max_value=Decimal(7200),
        help_text="Sans elle, celle que le mois montre.",
    )
    telephonie = MoneyField(
        label="Facture de téléphonie, hors taxes (€)",
        required=False,
        min_value=Decimal(0),
        help_text="Sans elle, celle de la proposition de pénalités ou des factures émises.",
    )
    effectif = DecimalField(
        label="Conseillers à leur poste",
        required=False,
        min_value=Decimal(1),
        max_value=Decimal(2000),
        help_text="Seulement si aucun état des conseillers n’est importé pour le mois.",
    )

    MOVED = ("conseillers", "traitement", "appels")

    def __init__(self, *args: Any, months: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mois"].choices = months  # type: ignore[attr-defined]

    @property
    def moved(self) -> list[forms.BoundField]:
        """The fields that have a slider."""
        return [self[name] for name in self.MOVED]

    @property
    def supposed(self) -> list[forms.BoundField]:
        """What is known of the month unless said otherwise."""
        return [self[name] for name in self.fields if name not in {"mois", *self.MOVED}]

    @property
    def supposes(self) -> bool:
        """Is anything of it said, or wrong?"""
        return any(field.errors or field.value() for field in self.supposed)

    @property
    def change(self) -> Change:
        """The change, once valid."""
        said = self.cleaned_data
        patience = said["patience"]
        return Change(
            advisers=float(said["conseillers"] or 0),
            handling_seconds=float(said["traitement"] or 0),
            calls_rate=float(said["appels"] or 0) / 100,
            patience_seconds=float(patience) if patience else None,
        )

    @property
    def staff(self) -> float | None:
        """Advisers at post, where no fact tells them."""
        found = self.cleaned_data["effectif"]
        return float(found) if found else None

    def entered(self, usual: Entered) -> Entered:
        """What is entered of the month: the invoice asked, the rest as usual."""
        phone = self.cleaned_data["telephonie"]
        if phone is None:
            return usual
        invoice = Invoice(phone, usual.invoice.forms)
        return Entered(invoice, usual.orders, usual.incidents, usual.contacts_ordered)
