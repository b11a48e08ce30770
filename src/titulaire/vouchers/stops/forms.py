"""What people of this room write: what to stop, why, and that they are sure."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils import timezone

from titulaire.ui.fields import DateField
from titulaire.ui.formats import count_fr
from titulaire.vouchers.issuing.rules import InvalidNumber, Number
from titulaire.vouchers.stops import wording
from titulaire.vouchers.stops.rules import Designation, EmptyRange, Selection, StopReason

NOT_TOMORROW = "Cette date est dans l’avenir : écrivez la date du jour ou une date passée."


class SelectionForm(forms.Form):
    """Vouchers, by whatever names them."""

    designation = forms.ChoiceField(label="Désigner", choices=list(wording.DESIGNATIONS.items()))
    first = forms.CharField(
        label="Numéro, carnet, commande ou référence",
        max_length=60,
        help_text="Pour une suite de titres : le premier numéro. Les espaces ne comptent pas.",
    )
    last = forms.CharField(
        label="Dernier numéro",
        max_length=60,
        required=False,
        help_text="Pour une suite de titres seulement, ce titre compris.",
    )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        designation, first = answers.get("designation"), answers.get("first")
        if designation and first:
            try:
                self.selection = Selection(Designation(designation), first, answers.get("last") or "")
            except InvalidNumber as wrong:
                field = "first" if wrong.text.strip() == first.strip() else "last"
                missing = not wrong.text.strip()
                self.add_error(
                    field,
                    "Écrivez le dernier numéro de la suite."
                    if missing
                    else "Ce numéro est mal recopié : ses deux derniers chiffres le contrôlent. "
                    "Relisez les 15 chiffres du titre.",
                )
            except EmptyRange:
                self.add_error("last", "Le dernier numéro vient avant le premier, ou d’une autre série.")
        return answers


class StopForm(SelectionForm):
    """A stop, before its dry run. `request_key` makes two presses one stop."""

    reason = forms.ChoiceField(label="Motif", choices=[("", "Choisir un motif"), *wording.REASONS.items()])
    declared_by = forms.CharField(
        label="Déclaré par",
        max_length=120,
        help_text="Le service ou la fonction, par exemple « accueil d’Agen ». N’écrivez pas le nom du bénéficiaire.",
    )
    declared_on = DateField(label="Déclaré le")
    police_reference = forms.CharField(
        label="Numéro de la plainte",
        max_length=60,
        required=False,
        help_text="En cas de vol, s’il est connu : il sera demandé pour rechercher le lieu d’utilisation.",
    )
    note = forms.CharField(
        label="Précision", max_length=300, required=False, help_text="N’écrivez le nom de personne."
    )
    request_key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def clean_declared_on(self) -> Any:
        day = self.cleaned_data["declared_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(NOT_TOMORROW)
        return day

    @property
    def reason_code(self) -> StopReason:
        """The reason, once the form is valid."""
        return StopReason(self.cleaned_data["reason"])


class SureForm(forms.Form):
    """The second confirmation of a stop: the number of vouchers, typed, and a word given."""

    says_optional = False
    count = forms.IntegerField(
        label="Nombre de titres à opposer",
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "Recopiez le nombre de titres pour confirmer."},
    )
    sure = forms.BooleanField(
        label="Je confirme que ces titres doivent être refusés dès maintenant",
        error_messages={"required": "Cochez cette case pour confirmer."},
    )

    def __init__(self, stoppable: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stoppable = stoppable
        self.fields["count"].help_text = f"Recopiez : {stoppable}"

    def clean_count(self) -> int:
        count: int = self.cleaned_data["count"]
        if count != self.stoppable:
            raise forms.ValidationError(
                f"{count_fr(self.stoppable, 'titre')} : recopiez ce nombre, ou abandonnez."
            )
        return count


class SomeNumbers(forms.CharField):
    """Numbers, one a line; nothing means all."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            max_length=20000,
            widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return [str(Number.parse(part)) for part in re.split(r"[\n,;]+", text) if part.strip()] or None
        except InvalidNumber as wrong:
            raise forms.ValidationError(
                f"« {wrong.text.strip()} » n’est pas un numéro de titre : un numéro par ligne, 15 chiffres."
            ) from wrong


class LiftForm(forms.Form):
    """Why a stop ends."""

    reason = forms.CharField(
        label="Motif de la mainlevée",
        max_length=300,
        help_text="Par exemple : carnet retrouvé par le service. N’écrivez le nom de personne.",
    )
    numbers = SomeNumbers(
        label="Titres à libérer", help_text="Un numéro par ligne. Vide : tous les titres de l’opposition."
    )


class ReissueForm(forms.Form):
    """When new vouchers were asked for."""

    asked_on = DateField(
        label="Demandée le", help_text="Date de la réclamation : le délai part du lendemain, à 0 h."
    )
    numbers = SomeNumbers(
        label="Titres à remplacer", help_text="Un numéro par ligne. Vide : tous ceux qui restent opposés."
    )

    def clean_asked_on(self) -> Any:
        day = self.cleaned_data["asked_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(NOT_TOMORROW)
        return day


class SearchForm(SelectionForm):
    """A search of a place of use. The police report is what allows it."""

    police_reference = forms.CharField(
        label="Numéro de la plainte",
        max_length=60,
        error_messages={
            "required": "Sans plainte, la recherche n’est pas possible : elle dit où quelqu’un a fait ses courses."
        },
    )
    police_on = DateField(label="Plainte déposée le")
    asked_for = forms.CharField(
        label="Demandée par",
        max_length=120,
        help_text="Le service qui la demande, par exemple « service juridique ».",
    )
    request_key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["designation"].choices = [  # type: ignore[attr-defined]
            (code, label)
            for code, label in wording.DESIGNATIONS.items()
            if code not in {Designation.ORDER.value}
        ]
        self.fields["first"].label = "Numéro, carnet ou référence"

    def clean_police_on(self) -> Any:
        day = self.cleaned_data["police_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(NOT_TOMORROW)
        return day


class SinceForm(forms.Form):
    """The version of the stop list that a reader already has."""

    depuis = forms.IntegerField(
        label="Version que vous avez déjà",
        required=False,
        min_value=0,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text="Les fichiers ne contiendront que ce qui a changé depuis.",
    )

    def __init__(self, newest: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.newest = newest

    def clean_depuis(self) -> int | None:
        version: int | None = self.cleaned_data["depuis"]
        if version is not None and version > self.newest:
            raise forms.ValidationError(f"La liste n’en est qu’à la version {self.newest}.")
        return version


class DismissForm(forms.Form):
    """Why a report of loss is not followed."""

    because = forms.CharField(
        label="Pourquoi l’écarter",
        max_length=300,
        help_text="Par exemple : aucun carnet de ce numéro. N’écrivez le nom de personne.",
    )
