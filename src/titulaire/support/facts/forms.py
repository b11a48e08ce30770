"""Bringing a file of facts in from a page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from titulaire.ui.fields import FileField

NEW, ROWS, DAYS = "", "ROWS", "DAYS"
LIVE_SOURCE = "direct"
LARGEST_FILE = 64 * 1024 * 1024


class ImportForm(forms.Form):
    """The file, its connector, and, when it corrects, how and why."""

    file = FileField(
        label="Fichier",
        max_bytes=LARGEST_FILE,
        help_text="CSV, Excel ou Parquet, 64 Mo au plus. Le fichier n’est pas conservé, son empreinte l’est.",
    )
    connector = forms.ChoiceField(label="Connecteur", help_text="Comment ce fichier se lit.")
    mode = forms.ChoiceField(
        label="Ce que fait ce fichier",
        choices=[
            (NEW, "Il apporte des faits nouveaux"),
            (ROWS, "Il corrige des lignes déjà importées"),
            (DAYS, "Il remplace des journées entières"),
        ],
        required=False,
    )
    reason = forms.CharField(
        label="Raison de la correction",
        max_length=500,
        required=False,
        help_text="Les deux parties la lisent. Laissez vide si rien n’est corrigé.",
    )
    accept_partial = forms.BooleanField(
        label="Importer les lignes valables même si d’autres sont refusées", required=False
    )

    def __init__(self, *args: Any, connectors: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["connector"].choices = connectors  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("mode") and not said.get("reason", "").strip():
            self.add_error(
                "reason", ValidationError("Dites pourquoi ce fichier corrige ce qui a été importé.")
            )
        if not said.get("mode") and said.get("reason", "").strip():
            self.add_error(
                "mode", ValidationError("Une raison est donnée : dites ce que le fichier corrige.")
            )
        return said


class FactKeyForm(forms.Form):
    """A key for a telephony that sends its facts live."""

    label = forms.CharField(label="Téléphonie ou service qui envoie", max_length=80)
    source = forms.ChoiceField(
        label="Ses fichiers se lisent par",
        help_text="Le connecteur des exports de cette téléphonie : un appel reçu en direct, puis redit par un "
        "fichier, reste un seul appel. Sans fichier, gardez « Aucun ».",
    )

    def __init__(self, *args: Any, connectors: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        none = (LIVE_SOURCE, "Aucun : tout arrive en direct")
        self.fields["source"].choices = [none, *connectors]  # type: ignore[attr-defined]
