"""What a person writes to notify a change of service level, or to answer one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from titulaire.contracts.forms import DOCUMENTS, HEAVIEST, DocumentForm, ValueForm
from titulaire.contracts.levels import is_level
from titulaire.contracts.rules import Terms
from titulaire.ui.fields import DateField, FileField, InstantField

VALUES_PER_CHANGE = 5


class NoticeForm(DocumentForm):
    """The notice; its values are in a `LevelFormSet`. `received_at` is asked from the contractor alone."""

    title = forms.CharField(label="Objet", max_length=200)
    asked_from_on = DateField(
        label="Mois souhaité (un jour de ce mois)",
        required=False,
        help_text="Sans date, la modification s’applique dès que le contrat le permet.",
    )
    received_at = InstantField(label="Notification reçue le")
    definition = forms.CharField(
        label="Définition modifiée",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Un indicateur, un périmètre ou une maille qui change sans changer de valeur.",
    )
    document = FileField(label="Document", accept=DOCUMENTS, max_bytes=HEAVIEST, required=False)

    field_order = ("title", "received_at", "asked_from_on", "definition", "document")

    def __init__(self, *args: Any, is_buyer: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_buyer:
            # The act of the buyer is the notice itself: it is dated by the clock.
            del self.fields["received_at"]

    @property
    def has_document(self) -> bool:
        """Was a file handed in?"""
        return bool(self.cleaned_data.get("document"))


class LevelForm(ValueForm):
    """One new value of a service level; it begins when the change does."""

    def __init__(self, *args: Any, terms: Terms, on: date, **kwargs: Any) -> None:
        super().__init__(*args, terms=terms, **kwargs)
        del self.fields["from_on"], self.fields["note"]
        field = self.fields["term"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared by the parent
        levels = [(name, one.spec.label) for name, one in terms.terms.items() if is_level(name, terms, on=on)]
        field.label = "Niveau de service"
        field.choices = [("", "Choisir…"), *sorted(levels, key=lambda choice: choice[1])]


LevelFormSet = forms.formset_factory(
    LevelForm, extra=VALUES_PER_CHANGE, max_num=VALUES_PER_CHANGE, validate_max=True
)


class LevelAnswerForm(forms.Form):
    """The contractor's answer."""

    answer = forms.ChoiceField(
        label="Réponse", choices=[("oui", "Accepter"), ("non", "Refuser")], widget=forms.RadioSelect
    )
    reasons = forms.CharField(
        label="Motifs",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Obligatoires pour refuser.",
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("answer") == "non" and not given.get("reasons", "").strip():
            self.add_error("reasons", "Écrivez pourquoi la modification est refusée.")
        return given


def today_or_later(day: date) -> date:
    """Today, or a day that is to come."""
    return max(timezone.localdate(), day)
