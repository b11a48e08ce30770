"""What a person writes when the buyer answers."""

from __future__ import annotations

from typing import Any

from django import forms

from titulaire.contracts.rules import Reading
from titulaire.ui.fields import DateField, FileField

DOCUMENTS = ".pdf,.eml,.asice,.p7m,.zip"
HEAVIEST = 25 * 1024 * 1024


class AnswerForm(forms.Form):
    """The buyer's answer to a question."""

    answered_on = DateField(label="Réponse datée du")
    answer = forms.CharField(
        label="Ce que dit la réponse", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    option = forms.ChoiceField(label="Lecture choisie", required=False, widget=forms.RadioSelect)
    document = FileField(label="Document", accept=DOCUMENTS, max_bytes=HEAVIEST, required=False)

    def __init__(self, *args: Any, reading: Reading, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["option"].choices = [  # type: ignore[attr-defined]
            *((one.code, one.sentence) for one in reading.options),
            ("", "Aucune de ces lectures"),
        ]
