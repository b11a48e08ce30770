"""What people fill in about satisfaction: those asked, and those who ask."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from titulaire.support.incidents.sheets import LARGEST_SHEET
from titulaire.support.satisfaction.models import Asked
from titulaire.support.satisfaction.rules import SCALES, YES_NO, Measure, Question, Scale
from titulaire.support.satisfaction.services import LONGEST_COMMENT
from titulaire.support.satisfaction.wording import CUTS, MEASURES, ends, scale_words
from titulaire.ui.fields import DateField, FileField
from titulaire.ui.formats import month_fr


def _scale_code(scale: Scale) -> str:
    return f"{scale.least}-{scale.most}-{'H' if scale.high_is_good else 'L'}"


class SurveyForm(forms.Form):
    """The questions of a version, one choice each, for who was invited."""

    def __init__(self, asked: list[Asked], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for one in asked:
            self.fields[one.measure] = forms.TypedChoiceField(
                label=one.wording,
                choices=_marks(one),
                coerce=int,
                empty_value=None,
                required=one.measure == Measure.CSAT,
                widget=forms.RadioSelect,
                error_messages={
                    "required": "Choisissez une note.",
                    "invalid_choice": "Choisissez l’une des notes.",
                },
            )
        self.fields["comment"] = forms.CharField(
            label="Un commentaire ?",
            required=False,
            max_length=LONGEST_COMMENT,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text="N’écrivez ni nom, ni numéro, ni information de santé : nous n’en avons pas besoin.",
        )

    @property
    def marks(self) -> dict[Measure, int]:
        """What was answered, questions left out."""
        found = self.cleaned_data
        return {one: found[one] for one in Measure if found.get(one) is not None}


def _marks(one: Asked) -> list[tuple[int, str]]:
    if one.scale == YES_NO:
        return [(1, "Oui"), (0, "Non")]
    low, high = ends(Measure(one.measure), one.scale)
    said = {one.least: f"{one.least} : {low}", one.most: f"{one.most} : {high}"}
    return [(value, said.get(value, str(value))) for value in range(one.least, one.most + 1)]


class MonthForm(forms.Form):
    """Which month, opened by what."""

    says_optional = False

    par = forms.ChoiceField(label="Par", choices=list(CUTS.items()), required=False)

    def __init__(self, months: list[date], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(f"{one:%Y-%m}", month_fr(one).capitalize()) for one in months]
        self.fields = {"mois": forms.ChoiceField(label="Mois", choices=choices, required=False)} | self.fields


class PublishForm(forms.Form):
    """The next version of the questionnaire."""

    def __init__(self, current: list[Question], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        asked = {one.measure: one for one in current}
        for measure in Measure:
            now = asked.get(measure)
            self.fields[f"wording_{measure}"] = forms.CharField(
                label=MEASURES[measure],
                max_length=200,
                required=False,
                initial=now.wording if now else "",
                help_text="" if len(SCALES[measure]) > 1 else f"Réponse : {scale_words(SCALES[measure][0])}.",
            )
            if len(SCALES[measure]) > 1:
                self.fields[f"scale_{measure}"] = forms.ChoiceField(
                    label=f"Échelle : {MEASURES[measure]}",
                    choices=[(_scale_code(one), scale_words(one)) for one in SCALES[measure]],
                    initial=_scale_code(now.scale) if now else None,
                )
        self.fields["because"] = forms.CharField(
            label="Pourquoi ce changement", max_length=300, required=False
        )

    @property
    def questions(self) -> list[Question]:
        """What is asked: a measure without words is not."""
        found = []
        for measure in Measure:
            wording = self.cleaned_data[f"wording_{measure}"]
            code = self.cleaned_data.get(f"scale_{measure}")
            scale = next((one for one in SCALES[measure] if _scale_code(one) == code), SCALES[measure][0])
            if wording:
                found.append(Question(measure, wording, scale))
        return found


class PlanForm(forms.Form):
    """Which share of contacts is asked, and how many a day."""

    from_on = DateField(label="À partir du")
    percent = forms.DecimalField(
        label="Part des contacts, en %", min_value=0, max_value=100, decimal_places=2, max_digits=5,
        help_text="100 : chaque contact.",
    )  # fmt: skip
    daily_quota = forms.IntegerField(
        label="Au plus, par jour",
        min_value=0,
        max_value=1_000_000,
        required=False,
        help_text="Vide : sans limite.",
    )


class FactsForm(forms.Form):
    """The days whose answered calls are followed by a survey."""

    since = DateField(label="Appels du")
    last = DateField(label="Au", help_text="Ce jour compris.")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("since") and found.get("last") and found["last"] < found["since"]:
            self.add_error("last", "La fin précède le début.")
        return found


class ContactsForm(forms.Form):
    """A file of contacts."""

    file = FileField(
        label="Fichier",
        accept=".csv,.xlsx",
        max_bytes=LARGEST_SHEET,
        help_text="CSV ou Excel. Le destinataire est aussitôt remplacé par une empreinte, et oublié.",
    )


class RefusalForm(forms.Form):
    """Somebody who asks not to be asked."""

    address = forms.CharField(
        label="Téléphone ou adresse électronique",
        max_length=254,
        help_text="Remplacé par une empreinte : il n’est gardé nulle part.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
