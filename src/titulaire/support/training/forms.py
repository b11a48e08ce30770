"""What people fill in about training."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms

from titulaire.support.incidents.sheets import LARGEST_SHEET
from titulaire.support.training.models import Seat
from titulaire.support.training.rules import Outcome, Presence
from titulaire.support.training.services import Mark, NewSession, Sheet
from titulaire.ui.fields import DateField, DecimalField, FileField

LARGEST_PAPER = 10 * 1024 * 1024
CAME = (
    ("", "À dire"),
    ("PRESENT", "Présent"),
    ("PRESENT PASSED", "Présent, acquis"),
    ("PRESENT FAILED", "Présent, non acquis"),
    ("ABSENT", "Absent"),
)


def _text(label: str, longest: int, *, required: bool = True, help_text: str = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=longest, required=required, help_text=help_text)


class SessionForm(forms.Form):
    """A session to plan, with who is expected."""

    module = forms.ChoiceField(label="Module")
    content = _text("Version du support", 60, help_text="Celui que l’acheteur fournit, par exemple « v2.1 ».")
    starts_on = DateField(label="Premier jour")
    ends_on = DateField(label="Dernier jour", help_text="Jour compris.")
    days = DecimalField(
        label="Durée (jours)",
        min_value=Decimal("0.01"),
        max_digits=4,
        decimal_places=2,
        help_text="Un module peut se suivre en plusieurs séances : leurs durées s’ajoutent.",
    )
    trainer = _text("Matricule du formateur", 40)
    site = _text("Site", 40, required=False)
    place = _text("Lieu", 120, required=False, help_text="Salle, ou « à distance ».")
    advisers = forms.CharField(
        label="Participants",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Leurs matricules, séparés par des espaces, des virgules ou des retours à la ligne.",
    )

    def __init__(self, *args: Any, modules: Mapping[str, Decimal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["module"].choices = [(name, name) for name in modules]  # type: ignore[attr-defined]

    def clean_advisers(self) -> list[str]:
        found = list(dict.fromkeys(re.split(r"[\s,;]+", self.cleaned_data["advisers"].strip())))
        if any(len(each) > 40 for each in found):
            raise forms.ValidationError("Un matricule a 40 caractères au plus.")
        return found

    def session(self) -> NewSession:
        """The answers, once valid."""
        return NewSession(**{name: self.cleaned_data[name] for name in self.fields if name != "advisers"})


class AttendanceForm(forms.Form):
    """Who came: one answer per participant, and the signed sheet."""

    def __init__(self, *args: Any, seats: Iterable[Seat], again: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seats = list(seats)
        for seat in self.seats:
            known = {
                Presence.EXPECTED.value: "",
                Presence.ABSENT.value: "ABSENT",
                Presence.PRESENT.value: f"PRESENT {seat.outcome}".strip(),
            }
            self.fields[f"seat-{seat.pk}"] = forms.ChoiceField(
                label=seat.adviser,
                choices=CAME,
                initial=known[seat.presence],
                help_text="A signé à l’écran." if seat.signed_at else "",
            )
        self.fields["sheet"] = FileField(
            label="Feuille de présence signée",
            required=False,
            max_bytes=LARGEST_PAPER,
            help_text="Inutile si tous les présents ont signé à l’écran ; 10 Mo au plus.",
        )
        if again:
            self.fields["reason"] = _text("Raison de la correction", 300)

    def marks(self) -> dict[str, Mark]:
        """What is said of each participant, once valid."""
        found = {}
        for seat in self.seats:
            presence, _, outcome = self.cleaned_data[f"seat-{seat.pk}"].partition(" ")
            found[seat.adviser] = Mark(presence == "PRESENT", Outcome(outcome))
        return found

    def sheet(self) -> Sheet | None:
        """The sheet joined, once valid."""
        file = self.cleaned_data.get("sheet")
        return Sheet(file.name, file.read()) if file else None


class SheetForm(forms.Form):
    """A file of attendance."""

    file = FileField(
        label="Fichier",
        accept=".csv,.xlsx",
        max_bytes=LARGEST_SHEET,
        help_text="CSV ou Excel. Toutes les lignes entrent, ou aucune. Le fichier est gardé comme preuve.",
    )


class ReasonForm(forms.Form):
    """Why something is undone."""

    reason = forms.CharField(label="Pourquoi", max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
