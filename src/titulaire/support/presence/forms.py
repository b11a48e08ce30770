"""Announcing a week, counting a morning, explaining a gap."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from titulaire.support.presence.rules import MOST_HEADS, Cause, PlannedDay, monday_of, read_plan
from titulaire.support.presence.wording import CAUSES
from titulaire.ui.fields import DateField
from titulaire.ui.table_form import TableForm


class PlanForm(TableForm):
    """A table of staff for one week."""

    week = DateField(label="Semaine", help_text="Un jour quelconque de la semaine annoncée.")
    field_order = ["week", "file", "lines"]

    def clean_week(self) -> date:
        """The Monday of the day chosen."""
        return monday_of(self.cleaned_data["week"])

    def read(self, table: list[list[str]]) -> list[PlannedDay]:
        return read_plan(table, self.cleaned_data["week"])


class CountForm(forms.Form):
    """How many are present, site by site; a site left empty is not counted."""

    def __init__(self, *args: Any, sites: Iterable[tuple[str, int | None]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sites = [site for site, _ in sites]
        for place, (site, planned) in enumerate(sites):
            self.fields[f"site_{place}"] = forms.IntegerField(
                label=f"Présents à {site}",
                min_value=0,
                max_value=MOST_HEADS,
                required=False,
                help_text="" if planned is None else f"Prévus : {planned}.",
            )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and not self.present:
            raise ValidationError("Comptez au moins un site.")
        return said

    @property
    def present(self) -> dict[str, int]:
        """The count of each site that was counted."""
        found = {site: self.cleaned_data.get(f"site_{place}") for place, site in enumerate(self.sites)}
        return {site: count for site, count in found.items() if count is not None}


class ExplanationForm(forms.Form):
    """Why the count is not what was planned."""

    cause = forms.ChoiceField(
        label="Cause principale", choices=[("", ""), *((one.value, label) for one, label in CAUSES.items())]
    )
    text = forms.CharField(
        label="Explication",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Lue par les deux parties : ni nom, ni motif médical.",
    )

    def clean_cause(self) -> Cause:
        """The cause."""
        return Cause(self.cleaned_data["cause"])
