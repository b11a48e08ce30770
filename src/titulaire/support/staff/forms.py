"""What people fill in about members of staff and their accesses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from titulaire.identity.models import User
from titulaire.support.incidents.sheets import LARGEST_SHEET
from titulaire.support.staff.rules import Application, Channel, Post, Rank
from titulaire.support.staff.services import Doing, NewMember, Proof
from titulaire.support.staff.wording import APPLICATIONS, CHANNELS, POSTS, RANKS
from titulaire.ui.fields import DateField, DecimalField, FileField

LARGEST_PROOF = 10 * 1024 * 1024
HUNDRED = Decimal(100)


class PostingForm(forms.Form):
    """What somebody does from a day on."""

    from_on = DateField(label="À compter du")
    post = forms.ChoiceField(label="Poste", choices=list(POSTS.items()))
    site = forms.CharField(label="Site de rattachement", max_length=40)
    dedication = DecimalField(
        label="Temps dédié au marché (%)",
        min_value=Decimal(1),
        max_value=HUNDRED,
        max_digits=3,
        decimal_places=0,
        initial=100,
    )
    channels = forms.MultipleChoiceField(
        label="Canaux",
        choices=list(CHANNELS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    skills = forms.CharField(
        label="Compétences", required=False, max_length=300, help_text="Séparées par des virgules."
    )
    country = forms.CharField(
        label="Pays de télétravail",
        required=False,
        max_length=2,
        help_text="Deux lettres, FR par exemple ; vide s’il n’y a pas de télétravail.",
    )

    def doing(self) -> Doing:
        """The answers, once valid."""
        said = self.cleaned_data
        skills = dict.fromkeys(one.strip() for one in said["skills"].split(",") if one.strip())
        return Doing(
            said["from_on"],
            Post(said["post"]),
            said["site"].strip(),
            said["dedication"] / HUNDRED,
            tuple(Channel(one) for one in said["channels"]),
            tuple(skills),
            said["country"].strip().upper(),
        )


class MemberForm(PostingForm):
    """Somebody who arrives, and what they do first."""

    number = forms.CharField(label="Matricule", max_length=40, help_text="Celui des faits d’appels.")
    first_name = forms.CharField(label="Prénom", max_length=80)
    last_name = forms.CharField(label="Nom", max_length=80)
    email = forms.EmailField(label="Courriel personnel au travail", max_length=254)
    field_order = ("number", "first_name", "last_name", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_on"].label = "Arrivée le"

    def member(self) -> NewMember:
        """The answers, once valid."""
        said = self.cleaned_data
        number, first_name, last_name, email = (
            said[name].strip() for name in ("number", "first_name", "last_name", "email")
        )
        return NewMember(number, first_name, last_name, email, self.doing())


FIELDS = {
    "matricule": "number",
    "prenom": "first_name",
    "nom": "last_name",
    "courriel": "email",
    "site": "site",
    "temps dedie": "dedication",
    "canaux": "channels",
    "pays": "country",
    "du": "from_on",
}
"""The field of the page for the column of a file."""


class SheetForm(forms.Form):
    """A file of members."""

    file = FileField(label="Fichier", accept=".csv,.xlsx", max_bytes=LARGEST_SHEET)


class DayForm(forms.Form):
    """A day, whose meaning the page tells."""

    def __init__(self, *args: Any, label: str, hint: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"] = DateField(label=label, help_text=hint)


class CheckForm(forms.Form):
    """The safeguards found on a workstation."""

    on = DateField(label="Contrôlé le")

    def __init__(self, *args: Any, safeguards: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["safeguards"] = forms.MultipleChoiceField(
            label="Protections constatées",
            choices=[(one, one) for one in safeguards],
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )


class _Proved(forms.Form):
    """A form with the file that proves what it says."""

    def joined(self) -> Proof | None:
        file = self.cleaned_data.get("proof")
        return Proof(file.name, file.read()) if file else None


def _proof(**options: Any) -> FileField:
    hint = "Capture d’écran ou accusé de l’éditeur, 10 Mo au plus."
    return FileField(label="Preuve", max_bytes=LARGEST_PROOF, help_text=hint, **options)


class AccountForm(_Proved):
    """An account opened."""

    member = forms.CharField(label="Matricule", max_length=40)
    application = forms.ChoiceField(label="Application", choices=list(APPLICATIONS.items()))
    identifier = forms.CharField(
        label="Identifiant", max_length=120, help_text="Celui d’une seule personne, jamais d’un poste."
    )
    proof = _proof(required=False)

    def applied(self) -> Application:
        return Application(self.cleaned_data["application"])


class StepForm(_Proved):
    """Why an account changes. Closing it asks for the proof."""

    reason = forms.CharField(label="Raison", max_length=300)

    def __init__(self, *args: Any, proved: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["proof"] = _proof(required=proved)


class OfficerForm(forms.Form):
    """Who is in charge of security."""

    user = forms.ChoiceField(label="Personne", help_text="Celles qui ont ce rôle sur le marché.")
    rank = forms.ChoiceField(label="Rang", choices=list(RANKS.items()))
    since_on = DateField(label="À compter du")

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].choices = [(str(one.key), str(one)) for one in people]  # type: ignore[attr-defined]

    def ranked(self) -> Rank:
        return Rank(self.cleaned_data["rank"])


class SentForm(forms.Form):
    """To whom a list was sent."""

    sent_to = forms.CharField(label="Envoyée à", max_length=200, help_text="Service et canal convenus.")


class ReceiptForm(forms.Form):
    """How its receipt is known."""

    receipt = forms.CharField(label="Accusé de réception", max_length=200, help_text="Référence et date.")
