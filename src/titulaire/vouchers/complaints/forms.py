"""What people fill in about complaints."""

from __future__ import annotations

from typing import Any

from django import forms

from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.ui.fields import DateField, InstantField
from titulaire.vouchers.complaints.queries import (
    About,
    UnknownReference,
    credit_notes_known,
    read_references,
    reissues_known,
)
from titulaire.vouchers.complaints.wording import CHANNELS, MARKS, TYPOLOGIES

NOBODY = "Ne nommez personne : une référence ou un numéro suffit."


class ComplaintForm(forms.Form):
    """A new complaint."""

    channel = forms.ChoiceField(label="Reçue par", choices=list(CHANNELS.items()))
    typology = forms.ChoiceField(label="Nature", choices=[("", "—"), *TYPOLOGIES.items()])
    received_at = InstantField(
        label="Reçue le", help_text="Le délai part le lendemain, même si la saisie est plus tardive."
    )
    references = forms.CharField(
        label="Commande, carnet ou titres concernés",
        required=False,
        help_text="Numéros séparés par des virgules.",
    )
    description = forms.CharField(
        label="Description", widget=forms.Textarea(attrs={"rows": 5}), help_text=NOBODY
    )

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract

    def clean_references(self) -> About:
        try:
            return read_references(self.contract, self.cleaned_data["references"])
        except UnknownReference as unknown:
            raise forms.ValidationError(
                f"« {unknown.text} » n’est ni un titre, ni un carnet, ni une commande de ce marché."
            ) from None


class AnswerForm(forms.Form):
    """The solution given."""

    answer = forms.CharField(
        label="Solution apportée", widget=forms.Textarea(attrs={"rows": 5}), help_text=NOBODY
    )
    reissue = forms.ChoiceField(
        label="Réémission liée", required=False, help_text="Elle se demande d’abord depuis une opposition."
    )
    credit_note = forms.ChoiceField(label="Avoir lié", required=False, help_text="Il s’établit d’abord.")
    awaits_vouchers = forms.BooleanField(label="Des titres de remplacement restent à livrer.", required=False)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, known in (("reissue", reissues_known), ("credit_note", credit_notes_known)):
            field: Any = self.fields[name]
            field.choices = [("", "Aucun"), *((number, number) for number in known(contract))]


class AssignForm(forms.Form):
    """Who takes the complaint in hand."""

    owner = forms.ModelChoiceField(label="Responsable", queryset=User.objects.none())

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        owner.queryset = User.objects.filter(
            memberships__contract=contract, memberships__role=Role.VOUCHER_OPERATOR.value, is_active=True
        ).distinct()


class DeliveredForm(forms.Form):
    """When the promised vouchers arrived."""

    delivered_at = InstantField(label="Titres livrés le")


class ReopenForm(forms.Form):
    """Why the solution did not hold."""

    because = forms.CharField(
        label="Pourquoi la rouvrir", widget=forms.Textarea(attrs={"rows": 3}), help_text=NOBODY
    )


class RateForm(forms.Form):
    """The buyer's mark."""

    mark = forms.TypedChoiceField(label="Votre avis", choices=list(MARKS.items()), coerce=int, initial=4)
    note = forms.CharField(label="Précision", max_length=500, required=False)


class ActionForm(forms.Form):
    """What an incident leads to change."""

    incident = forms.CharField(label="Incident", max_length=300)
    cause = forms.CharField(label="Cause", max_length=500)
    action = forms.CharField(label="Action corrective", max_length=500)
    complaint = forms.CharField(label="Réclamation d’origine", max_length=12, required=False)
    decided_on = DateField(label="Décidée le")
    due_on = DateField(label="À terminer le")

    def clean(self) -> dict[str, Any]:
        decided, due = self.cleaned_data.get("decided_on"), self.cleaned_data.get("due_on")
        if decided and due and due < decided:
            self.add_error("due_on", "La fin ne peut précéder la décision.")
        return self.cleaned_data


class DoneForm(forms.Form):
    """When the action was done."""

    done_on = DateField(label="Faite le")
