"""What people fill in during the exchange on a month's penalties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms

from titulaire.penalties.rules import Invoice
from titulaire.support.incidents.rules import Incident
from titulaire.support.indicators.evaluation import after
from titulaire.support.ledger.rules import Order
from titulaire.support.penalties.assessing import TABLE, Entered
from titulaire.support.penalties.freezing import FrozenLine
from titulaire.support.penalties.rules import Outcome
from titulaire.ui.fields import FileField, MoneyField
from titulaire.ui.formats import money

MOST_BYTES = 20 * 1024 * 1024
LINES = tuple(code for code, *_ in TABLE)


def _unique(codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))


class ProposeForm(forms.Form):
    """What the facts do not say of a month. Amounts are without VAT."""

    phone = MoneyField(label="Facture de téléphonie, hors taxes (€)", min_value=Decimal(0))
    forms_amount = MoneyField(
        label="Facture des formulaires, hors taxes (€)", min_value=Decimal(0), required=False
    )
    orders = forms.CharField(
        label="Commandes d’heures productives",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=(
            "Une par ligne : premier jour, dernier jour, heures. Exemple : 2026-03-02 2026-03-13 4200. "
            "Sans elles, la conformité au plan (P1) n’est pas mesurable."
        ),
    )
    incidents = forms.CharField(
        label="Incidents à neutraliser",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=(
            "Un par ligne : référence, début, fin, lignes touchées si elles ne le sont pas toutes. Exemple : "
            "INC-12 2026-03-05T10:00 2026-03-05T11:30 P3 P4."
        ),
    )
    contacts_ordered = forms.IntegerField(
        label="Contacts commandés",
        required=False,
        min_value=0,
        help_text="Pour le régime des 120 % : au-delà, les engagements ne tiennent plus.",
    )
    reason = forms.CharField(
        label="Pourquoi cette nouvelle version ?",
        max_length=300,
        help_text="Par exemple : faits du 12 corrigés par le lot 2026-04-02.",
    )

    def __init__(
        self, *args: Any, month: date, supersedes: bool, known: Entered | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.month, self.known = month, known
        if known is not None:
            # Invoices, accepted orders and agreed incidents are not typed again: they would differ.
            for name in ("phone", "forms_amount", "orders", "incidents"):
                del self.fields[name]
        if not supersedes:
            del self.fields["reason"]

    def clean_orders(self) -> tuple[Order, ...]:
        return tuple(self._read(self.cleaned_data["orders"], self._order, "orders"))

    def clean_incidents(self) -> tuple[Incident, ...]:
        return tuple(self._read(self.cleaned_data["incidents"], self._incident, "incidents"))

    def _read(self, text: str, read: Any, name: str) -> list[Any]:
        found = []
        for place, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    found.append(read(line.replace(";", " ").split()))
                except (ValueError, ArithmeticError) as error:
                    said = str(error) if isinstance(error, _Unreadable) else "illisible"
                    raise forms.ValidationError(f"Ligne {place} : {said}. Voyez l’exemple.") from None
        return found

    def _order(self, words: list[str]) -> Order:
        first, last, hours = words
        since, last_on = date.fromisoformat(first), date.fromisoformat(last)
        found = Order(since, date.fromordinal(last_on.toordinal() + 1), Fraction(hours.replace(",", ".")))
        if found.until <= found.since or found.hours <= 0:
            raise _Unreadable("elle finit avant de commencer, ou sans heures")
        if not self.month <= last_on < after(self.month):
            raise _Unreadable("une commande est jugée dans le mois où elle finit, et celle-ci finit ailleurs")
        return found

    def _incident(self, words: list[str]) -> Incident:
        reference, since, until, *lines = words
        codes = _unique([word.strip(",").upper() for word in lines])
        if set(codes) - set(LINES):
            raise _Unreadable("les lignes vont de P1 à P10")
        found = Incident(reference, datetime.fromisoformat(since), datetime.fromisoformat(until), codes)
        if found.since.tzinfo or found.until.tzinfo or found.until <= found.since:
            raise _Unreadable("l’incident finit avant de commencer, ou porte un fuseau")
        return found

    def entered(self) -> Entered:
        """The answers, once valid."""
        said = self.cleaned_data
        if self.known is not None:
            return replace(self.known, contacts_ordered=said["contacts_ordered"])
        zero = Decimal("0.00")
        return Entered(
            Invoice(said["phone"] or zero, said["forms_amount"] or zero),
            said["orders"],
            said["incidents"],
            said["contacts_ordered"],
        )


class _Unreadable(ValueError):
    """A line of text that says something impossible; its sentence is for people."""


class RemarkForm(forms.Form):
    """What a side says, of the whole or of one line."""

    line = forms.ChoiceField(label="Sur", required=False)
    text = forms.CharField(label="Observation", max_length=4000, widget=forms.Textarea(attrs={"rows": 6}))
    file = FileField(label="Pièce jointe", required=False, max_bytes=MOST_BYTES, max_length=120)

    def __init__(self, *args: Any, lines: Sequence[FrozenLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].choices = [  # type: ignore[attr-defined]
            ("", "Toute la proposition"),
            *((one.code, f"{one.code} – {one.name}") for one in lines),
        ]


class DecideForm(forms.Form):
    """What is decided of one line."""

    outcome = forms.ChoiceField(
        label="Décision",
        choices=[
            (Outcome.KEPT.value, "Maintenir"),
            (Outcome.REDUCED.value, "Réduire"),
            (Outcome.WAIVED.value, "Lever"),
        ],
        widget=forms.RadioSelect,
    )
    amount = MoneyField(
        label="Montant laissé après réduction (€)", required=False, help_text="Pour une réduction seulement."
    )
    reason = forms.CharField(
        label="Motif",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Obligatoire pour réduire ou lever.",
    )

    def __init__(self, *args: Any, line: FrozenLine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[
            "amount"
        ].help_text = f"Pour une réduction seulement, entre 0 € et {money(line.amount)} exclus."
