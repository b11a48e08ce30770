"""What people fill in about incidents."""

from __future__ import annotations

from typing import Any

from django import forms

from titulaire.support.incidents.sheets import LARGEST_SHEET
from titulaire.support.incidents.wording import LINES, SIDES
from titulaire.ui.fields import FileField, InstantField

NOBODY = "Ne nommez personne."


def _long(label: str, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 4}), **options)


def _several(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


class DeclareForm(forms.Form):
    """A new incident."""

    what = forms.CharField(
        label="Constat", max_length=200, help_text="En une phrase : ce qui ne marche pas, où."
    )
    side = forms.ChoiceField(label="Origine", choices=[("", "—"), *SIDES.items()])
    since_at = InstantField(label="Début")
    until_at = InstantField(label="Fin", required=False, help_text="Laissez vide s’il dure encore.")
    interrupts = forms.BooleanField(
        label="Le service est interrompu",
        required=False,
        help_text="Une horloge suit alors la durée maximale d’interruption.",
    )
    flows = forms.CharField(
        label="Flux touchés", required=False, max_length=200, help_text="Séparés par des virgules."
    )
    sites = forms.CharField(
        label="Sites touchés", required=False, max_length=200, help_text="Séparés par des virgules."
    )
    tools = forms.CharField(label="Outils touchés", required=False, max_length=200)
    other_reference = forms.CharField(
        label="Référence externe",
        required=False,
        max_length=40,
        help_text="Le numéro de l’autre partie, s’il y en a un : les faits peuvent le porter.",
    )
    buyer_told_at = InstantField(label="Acheteur informé le", required=False)
    description = _long("Description", required=False, help_text=NOBODY)

    def clean_flows(self) -> tuple[str, ...]:
        return _several(self.cleaned_data["flows"])

    def clean_sites(self) -> tuple[str, ...]:
        return _several(self.cleaned_data["sites"])


class ImportForm(forms.Form):
    """Several incidents from a file."""

    file = FileField(
        label="Fichier",
        accept=".csv,.xlsx",
        max_bytes=LARGEST_SHEET,
        help_text="CSV ou Excel. Toutes les lignes entrent, ou aucune.",
    )


class ToldForm(forms.Form):
    """When and how the buyer was told."""

    told_at = InstantField(label="Acheteur informé le")
    how = forms.CharField(label="Par quel moyen", max_length=300)


class MobiliseForm(forms.Form):
    """Who was mobilised and what they did."""

    done_at = InstantField(label="Le")
    what = _long("Équipes mobilisées et actions", help_text=NOBODY)


class EndForm(forms.Form):
    """When it stopped hurting."""

    ended_at = InstantField(label="Fin constatée le")


class ResolveForm(forms.Form):
    """How it was solved."""

    resolution = _long("Cause et résolution", help_text=NOBODY)


class ReopenForm(forms.Form):
    """Why it is not solved after all."""

    because = _long("Pourquoi le rouvrir", help_text=NOBODY)


class DocumentForm(forms.Form):
    """A document to join."""

    file = FileField(label="Document", max_bytes=10 * 1024 * 1024, help_text="10 Mo au plus.")


class ClaimForm(forms.Form):
    """What to set aside, and why."""

    since_at = InstantField(label="Du")
    until_at = InstantField(
        label="Au", help_text="Les quarts d’heure touchés sont ôtés en entier de la mesure."
    )
    lines = forms.MultipleChoiceField(
        label="Lignes",
        choices=list(LINES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Aucune cochée : toutes celles de la téléphonie.",
    )
    flows = forms.CharField(
        label="Flux", required=False, max_length=200, help_text="Vide : tous. Séparés par des virgules."
    )
    because = _long("Pourquoi neutraliser", help_text=NOBODY)

    def clean_lines(self) -> tuple[str, ...]:
        return tuple(self.cleaned_data["lines"])

    def clean_flows(self) -> tuple[str, ...]:
        return _several(self.cleaned_data["flows"])


class AgreeForm(forms.Form):
    """The buyer's agreement."""

    note = forms.CharField(label="Observation", max_length=500, required=False)


class RefuseForm(forms.Form):
    """The buyer's refusal."""

    because = _long("Motif du refus", help_text="Le Titulaire le lit.")


class WithdrawForm(forms.Form):
    """The contractor gives up."""

    because = forms.CharField(label="Pourquoi", max_length=500, required=False)
