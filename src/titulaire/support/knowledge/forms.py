"""What people fill in about knowledge."""

from __future__ import annotations

from django import forms
from django.core.validators import RegexValidator

from titulaire.support.knowledge.wording import KINDS
from titulaire.ui.fields import DateField


class VersionForm(forms.Form):
    """A text, new or changed."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        validators=[
            RegexValidator(r"\A[A-Z0-9][A-Z0-9-]*\Z", "Des capitales, des chiffres et des traits d’union.")
        ],
        help_text="Il ne change jamais. Par exemple SCR-OPPOSITION.",
    )
    kind = forms.ChoiceField(label="Nature", choices=list(KINDS.items()))
    title = forms.CharField(label="Titre", max_length=160)
    text = forms.CharField(label="Texte", widget=forms.Textarea(attrs={"rows": 14}), max_length=40_000)
    source = forms.CharField(
        label="Document d’origine",
        max_length=160,
        required=False,
        help_text="Celui de l’acheteur, s’il y en a un.",
    )


class VouchForm(forms.Form):
    """From when a text holds, and by when it must be read."""

    in_force_on = DateField(label="En vigueur le", help_text="Aujourd’hui ou plus tard.")
    read_by_on = DateField(
        label="À lire avant la fin du",
        required=False,
        help_text="Vide : la lecture n’est pas demandée. Sinon, une échéance s’ouvre.",
    )
