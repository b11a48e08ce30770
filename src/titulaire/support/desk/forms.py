"""What advisers fill in at the desk."""

from __future__ import annotations

from typing import Any

from django import forms

from titulaire.support.desk.rules import Lists, Outcome, Qualification
from titulaire.support.desk.wording import OUTCOMES
from titulaire.ui.fields import InstantField

NOBODY = "Ni nom, ni numéro de personne."


class SeatForm(forms.Form):
    """By which number the facts know this person."""

    number = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$",
        label="Matricule",
        help_text="Celui que portent les appels, par exemple C014. Jamais un nom.",
    )
    site = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$", label="Site", help_text="Son code, par exemple NORD."
    )


def _numbered(words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Choices that a first key reaches: the keyboard goes to the number."""
    return [("", "—"), *((word, f"{rank} · {word}") for rank, word in enumerate(words, 1))]


class ContactForm(forms.Form):
    """A contact that begins, or began."""

    flow = forms.ChoiceField(label="Canal")
    call_id = forms.CharField(
        label="Identifiant de l’appel",
        max_length=64,
        required=False,
        help_text="Celui du bandeau de téléphonie : il relie cette fiche au fait.",
    )
    pseudonym = forms.CharField(
        label="Pseudonyme de l’appelant",
        max_length=64,
        required=False,
        help_text="Celui de l’outil du dossier, s’il en donne un. " + NOBODY,
    )
    started_at = InstantField(label="Début")

    def __init__(self, *args: Any, lists: Lists, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["flow"].choices = list(lists.flows)  # type: ignore[attr-defined]
        self.fields["flow"].widget.attrs["autofocus"] = True


class QualificationForm(forms.Form):
    """The qualification: no contact is closed without it."""

    contact_type = forms.ChoiceField(label="Typologie")
    reason = forms.ChoiceField(label="Motif")
    scheme = forms.ChoiceField(label="Régime")
    outcome = forms.ChoiceField(label="Issue", choices=[("", "—"), *OUTCOMES.items()])
    note = forms.CharField(label="Note", max_length=500, required=False, help_text=NOBODY)
    because = forms.CharField(label="Pourquoi la changer", max_length=300)

    def __init__(self, *args: Any, lists: Lists, again: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, words in (
            ("contact_type", lists.types),
            ("reason", lists.reasons),
            ("scheme", lists.schemes),
        ):
            self.fields[name].choices = _numbered(words)  # type: ignore[attr-defined]
        self.fields["contact_type"].widget.attrs["autofocus"] = True
        if not again:
            del self.fields["because"]

    def said(self) -> Qualification:
        """The qualification that was filled in."""
        given = self.cleaned_data
        return Qualification(
            given["contact_type"], given["reason"], given["scheme"], Outcome(given["outcome"]), given["note"]
        )
