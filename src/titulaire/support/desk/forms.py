"""What advisers fill in at the desk."""

from __future__ import annotations

from typing import Any

from django import forms

from titulaire.support.desk.rules import Lists, Outcome, Qualification
from titulaire.support.desk.wording import IDENTITIES, KINDS, OUTCOMES
from titulaire.ui.fields import InstantField

NOBODY = "Ni nom, ni numéro de personne."


class SeatForm(forms.Form):
    """Where this person works."""

    site = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$",
        label="Site",
        help_text="Son code dans les appels, par exemple NORD.",
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


class FileActForm(forms.Form):
    """What is asked on a file."""

    kind = forms.ChoiceField(label="Demande", choices=[("", "—"), *KINDS.items()])
    identity = forms.ChoiceField(
        label="Identité vérifiée",
        choices=[("", "—"), *IDENTITIES.items()],
        help_text="Comment, jamais avec quelles données.",
    )


class ExecuteForm(forms.Form):
    """The second confirmation."""

    again = forms.CharField(
        label="Recopiez la référence", max_length=12, help_text="Une fois l’acte fait dans l’outil."
    )


class BecauseForm(forms.Form):
    """A reason."""

    because = forms.CharField(label="Motif", max_length=300, help_text=NOBODY)


class TicketForm(forms.Form):
    """A case for level 2."""

    what = forms.CharField(label="Ce qui est à traiter", max_length=300, help_text=NOBODY)


class SendForm(forms.Form):
    """That level 2 has it."""

    other_reference = forms.CharField(label="Référence du niveau 2", max_length=40)


class AnswerForm(forms.Form):
    """What level 2 said."""

    answer = forms.CharField(label="Réponse du niveau 2", max_length=300, help_text=NOBODY)


class TransferForm(forms.Form):
    """Where a call goes, and why."""

    to_site = forms.ChoiceField(label="Plateau de niveau 1+")
    because = forms.CharField(
        label="Pourquoi l’identification l’exige",
        max_length=300,
        help_text=f"Quel outil de l’autre partie il faut. {NOBODY}",
    )

    def __init__(self, *args: Any, sites: tuple[str, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["to_site"].choices = [("", "—"), *((site, site) for site in sites)]  # type: ignore[attr-defined]
