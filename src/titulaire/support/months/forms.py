"""What people enter when they freeze a month or answer it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from titulaire.support.dashboards.forms import InvoiceForm
from titulaire.support.months.rules import Verdict
from titulaire.support.penalties.assessing import Entered


class FreezeForm(InvoiceForm):
    """The month's invoices when they are not in the software; else those issued, or what the issue before said."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, months=[], **kwargs)
        del self.fields["mois"]
        self.fields["telephonie"].required = False
        self.fields["telephonie"].help_text = (
            "Sans elle : les factures émises, les commandes et les incidents convenus du mois ; "
            "à défaut, ce que disait l’édition précédente."
        )

    def given(self, month: date) -> Entered | None:
        """The answers, once valid; None without an invoice."""
        return self.entered(month) if self.cleaned_data["telephonie"] is not None else None


class AnswerForm(forms.Form):
    """The buyer's answer to an issue."""

    verdict = forms.ChoiceField(
        label="Réponse",
        choices=[(Verdict.APPROVED.value, "Approuver"), (Verdict.CONTESTED.value, "Contester")],
        widget=forms.RadioSelect,
    )
    remarks = forms.CharField(
        label="Remarques",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Obligatoires pour contester.",
    )
    contested = forms.MultipleChoiceField(
        label="Chiffres contestés", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, figures: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contested"].choices = figures  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("verdict") == Verdict.CONTESTED.value and not given.get("remarks", "").strip():
            self.add_error("remarks", "Écrivez ce qui est contesté, et pourquoi.")
        return given
