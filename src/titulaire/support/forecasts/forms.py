"""Handing in expected volumes."""

from __future__ import annotations

from django import forms

from titulaire.support.forecasts.rules import Volume, read_volumes
from titulaire.ui.table_form import TableForm


class ForecastForm(TableForm):
    """A table of volumes and where it comes from."""

    source = forms.CharField(
        label="D’où viennent ces volumes",
        max_length=200,
        help_text="Par exemple : comité de prévisions du 4 mai 2026.",
    )
    field_order = ["source", "file", "lines"]

    def read(self, table: list[list[str]]) -> list[Volume]:
        return read_volumes(table)
