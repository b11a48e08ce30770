"""What people fill in about sites, floors and workstations."""

from __future__ import annotations

from typing import Any

from django import forms

from titulaire.support.premises.rules import SiteKind, Workstation
from titulaire.support.premises.services import NewSite
from titulaire.support.premises.wording import KINDS
from titulaire.ui.fields import DateField, FileField

LARGEST_EVIDENCE = 10 * 1024 * 1024
BROWSERS = ("Firefox", "Chrome", "Edge", "Chromium", "Safari")


class SiteForm(forms.Form):
    """A site and its evidence."""

    code = forms.CharField(label="Code", max_length=40, help_text="Celui des faits d’appels.")
    name = forms.CharField(label="Nom et ville", max_length=120)
    kind = forms.ChoiceField(label="Usage", choices=list(KINDS.items()))
    cpam = forms.CharField(label="CPAM la plus proche par le train", max_length=120)
    rail_minutes = forms.IntegerField(label="Temps de train (minutes)", min_value=0, max_value=999)
    opened_on = DateField(label="En service depuis le")
    evidence = FileField(
        label="Preuve du temps de train",
        max_bytes=LARGEST_EVIDENCE,
        help_text="Horaire ou itinéraire, 10 Mo au plus.",
    )

    def site(self) -> NewSite:
        """The answers, once valid."""
        said = self.cleaned_data
        file = said["evidence"]
        return NewSite(
            said["code"].strip(),
            said["name"].strip(),
            SiteKind(said["kind"]),
            said["cpam"].strip(),
            said["rail_minutes"],
            said["opened_on"],
            file.name,
            file.read(),
        )


class CloseForm(forms.Form):
    """From when a site no longer serves."""

    on = DateField(label="Premier jour sans ce site")


class FloorForm(forms.Form):
    """A control of a floor."""

    floor = forms.CharField(label="Plateau ou bureau", max_length=80)
    on = DateField(label="Contrôlé le")
    is_dedicated = forms.BooleanField(label="Dédié au marché", required=False)
    is_controlled = forms.BooleanField(label="Accès strictement contrôlé", required=False)
    control = forms.CharField(
        label="Contrôle d’accès constaté", max_length=300, help_text="Badge, sas, registre…"
    )


class EquipmentForm(forms.Form):
    """A workstation as it was found."""

    number = forms.CharField(label="Matricule", max_length=40)
    on = DateField(label="Contrôlé le")
    ram_gb = forms.IntegerField(label="Mémoire (Go)", min_value=0, max_value=9999)
    cpu_score = forms.IntegerField(label="Score du processeur (CPU Mark)", min_value=0, max_value=999_999)
    width = forms.IntegerField(label="Largeur d’écran (pixels)", min_value=0, max_value=20_000)
    height = forms.IntegerField(label="Hauteur d’écran (pixels)", min_value=0, max_value=20_000)
    browser = forms.ChoiceField(label="Navigateur", choices=[(name, name) for name in BROWSERS])
    version = forms.RegexField(
        r"^\d+(\.\d+)*$", label="Version", max_length=30, help_text="Comme 130 ou 130.0.1."
    )
    phone = forms.RegexField(
        r"^\+?[\d .]{4,19}$", label="Numéro déclaré dans la téléphonie", help_text="Un numéro fixe."
    )
    agreed = forms.CharField(
        label="Accord de la Cnam pour un mobile", required=False, max_length=200, help_text="Sa référence."
    )

    def __init__(self, *args: Any, items: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["items"] = forms.MultipleChoiceField(
            label="Matériel présent",
            choices=[(one, one.capitalize()) for one in items],
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )

    def found(self) -> Workstation:
        """The answers, once valid."""
        said = self.cleaned_data
        return Workstation(
            items=tuple(said["items"]),
            ram_gb=said["ram_gb"],
            cpu_score=said["cpu_score"],
            width=said["width"],
            height=said["height"],
            browser=said["browser"],
            version=said["version"],
            phone=said["phone"],
            agreed=said["agreed"].strip(),
        )
