"""What a month's penalties need besides its facts, and subscribing to a dashboard."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.db.models import QuerySet

from titulaire.identity.models import User
from titulaire.penalties.rules import Invoice
from titulaire.support.dashboards.wording import CUTS
from titulaire.support.indicators.evaluation import after
from titulaire.support.ledger.rules import Order
from titulaire.support.penalties.assessing import Entered
from titulaire.ui.fields import DateField, DecimalField, MoneyField


class InvoiceForm(forms.Form):
    """The month's invoices, VAT excluded, and the hours that were ordered."""

    mois = forms.ChoiceField(label="Mois")
    telephonie = MoneyField(label="Facture de téléphonie, hors taxes (€)", min_value=Decimal(0))
    formulaires = MoneyField(
        label="Facture des formulaires, hors taxes (€)", min_value=Decimal(0), required=False
    )
    heures = DecimalField(
        label="Heures productives commandées",
        min_value=Decimal(0),
        max_digits=9,
        decimal_places=2,
        required=False,
        help_text="Sans elles, la conformité au plan (P1) n’est pas mesurable.",
    )

    def __init__(self, *args: Any, months: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mois"].choices = months  # type: ignore[attr-defined]

    def entered(self, month: Any) -> Entered:
        """The answers, once valid, for the month of this first day."""
        said = self.cleaned_data
        hours = said["heures"]
        orders = (Order(month, after(month), Fraction(hours)),) if hours else ()
        zero = Decimal("0.00")
        return Entered(Invoice(said["telephonie"] or zero, said["formulaires"] or zero), orders)


class SubscriptionForm(forms.Form):
    """What to receive, how often, and who receives it."""

    grain = forms.ChoiceField(
        label="Fréquence",
        choices=[("DAY", "Chaque jour"), ("WEEK", "Chaque semaine"), ("MONTH", "Chaque mois")],
    )
    cuts = forms.MultipleChoiceField(
        label="Découpages du classeur",
        choices=[(code, name) for code, (_, name) in CUTS.items()],
        initial=list(CUTS),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    user = forms.ModelChoiceField(
        label="Destinataire",
        queryset=User.objects.none(),
        help_text="Une personne qui a le droit de lire ces tableaux.",
    )

    def __init__(self, *args: Any, readers: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = readers  # type: ignore[attr-defined]


class AdviserNumberForm(forms.Form):
    """Whose number a number is, from when."""

    user = forms.ModelChoiceField(
        label="Conseiller",
        queryset=User.objects.none(),
        help_text="Les personnes qui tiennent le rôle de conseiller.",
    )
    number = forms.CharField(
        label="Numéro dans la téléphonie",
        max_length=40,
        help_text="Tel que les faits l’écrivent, par exemple C042.",
    )
    since = DateField(
        label="Depuis le", help_text="Ce jour-là compris. Ses chiffres d’avant ne lui sont pas montrés."
    )

    def __init__(self, *args: Any, advisers: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = advisers  # type: ignore[attr-defined]


class AdviserNumberEndForm(forms.Form):
    """When a number ceases to be somebody's."""

    until = DateField(label="Jusqu’au, ce jour non compris")
