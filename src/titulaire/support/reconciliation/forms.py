"""What is compared: the month and how far apart two figures may be."""

from __future__ import annotations

from decimal import Decimal

from django import forms

from titulaire.support.reconciliation.rules import TOLERANCE_PERCENT
from titulaire.ui.fields import DecimalField


class ToleranceForm(forms.Form):
    """The tolerance, in percent of the larger figure."""

    tolerance = DecimalField(
        label="Tolérance (%)", min_value=Decimal(0), max_value=Decimal(100), initial=TOLERANCE_PERCENT
    )
