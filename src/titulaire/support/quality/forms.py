"""What people fill in about quality."""

from __future__ import annotations

from typing import Any

from django import forms

from titulaire.identity.models import Contract, Membership, User
from titulaire.identity.roles import Role
from titulaire.support.quality.models import Evaluation, Sample
from titulaire.support.quality.rules import Answer, Criterion
from titulaire.support.quality.wording import ANSWERS, KINDS
from titulaire.ui.fields import DateField

NOBODY = "Ne nommez personne."
ELIMINATORY = "éliminatoire"


def _long(label: str, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 4}), **options)


class ScorecardForm(forms.Form):
    """The next version of a grid."""

    kind = forms.ChoiceField(label="Nature", choices=list(KINDS.items()))
    title = forms.CharField(label="Titre", max_length=120)
    criteria = forms.CharField(
        label="Critères",
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Un par ligne : libellé ; poids. Ajoutez « ; éliminatoire » si un Non annule la note.",
    )

    def clean_criteria(self) -> tuple[Criterion, ...]:
        found = []
        lines = [line for line in self.cleaned_data["criteria"].splitlines() if line.strip()]
        for rank, line in enumerate(lines, 1):
            label, *rest = [part.strip() for part in line.split(";")]
            weight = rest[0] if rest else ""
            flag = rest[1].lower() if len(rest) > 1 else ""
            if not label or not weight.isdecimal() or len(rest) > 2 or flag not in {"", ELIMINATORY}:
                raise forms.ValidationError(
                    f"Ligne {rank} : écrivez « libellé ; poids » ou « libellé ; poids ; éliminatoire »."
                )
            found.append(Criterion(f"C{rank}", label[:200], int(weight), flag == ELIMINATORY))
        if not any(each.weight for each in found):
            raise forms.ValidationError("Un critère au moins a un poids.")
        return tuple(found)


class SealForm(forms.Form):
    """A draw to seal."""

    kind = forms.ChoiceField(label="Nature", choices=list(KINDS.items()))
    since_on = DateField(label="Du")
    until_on = DateField(label="Au", help_text="Dernier jour compris.")
    per_adviser = forms.IntegerField(label="Éléments par conseiller", min_value=1, max_value=50)


class PickForm(forms.Form):
    """An item to choose by hand."""

    kind = forms.ChoiceField(label="Nature", choices=list(KINDS.items()))
    item = forms.CharField(label="Identifiant", max_length=120, help_text="Celui des faits.")
    day = DateField(label="Jour", help_text="Celui où un conseiller l’a traité.")
    because = forms.CharField(label="Pourquoi celui-ci", max_length=300, help_text=NOBODY)


class MarkForm(forms.Form):
    """One answer per criterion of a grid."""

    comment = _long("Commentaire", required=False, help_text=NOBODY)

    def __init__(
        self, *args: Any, criteria: tuple[Criterion, ...], correcting: bool = False, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.criteria = criteria
        for each in criteria:
            told = f"Poids {each.weight}" + (" ; un Non annule la note." if each.eliminatory else "")
            self.fields[each.code] = forms.ChoiceField(
                label=each.label, choices=list(ANSWERS.items()), widget=forms.RadioSelect, help_text=told
            )
        if correcting:
            self.fields["because"] = forms.CharField(label="Motif de la correction", max_length=300)
        self.order_fields([each.code for each in criteria])

    @property
    def answers(self) -> dict[str, Answer]:
        """What was said of each criterion; once valid."""
        return {each.code: Answer(self.cleaned_data[each.code]) for each in self.criteria}


class _People(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj)


def _holders(contract: Contract, role: Role) -> Any:
    held = Membership.objects.filter(contract=contract, role=role.value).values_list("user", flat=True)
    return User.objects.filter(pk__in=held)


class FollowForm(forms.Form):
    """Who supervises an adviser, and since when evaluations are owed."""

    number = forms.CharField(label="Matricule", max_length=40, help_text="Celui des faits.")
    since_on = DateField(label="Suivi depuis le")
    until_on = DateField(label="Jusqu’au", required=False, help_text="Ce jour n’est plus compté.")

    def __init__(self, *args: Any, contract: Contract, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["supervisor"] = _People(
            label="Superviseur", queryset=_holders(contract, Role.SUPERVISOR), required=False
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = given.get("since_on"), given.get("until_on")
        if since and until and until <= since:
            self.add_error("until_on", "La fin doit suivre le début.")
        return given


class ShareForm(forms.Form):
    """A session held with an adviser."""

    held_on = DateField(label="Tenue le")
    summary = _long("Ce qui a été dit", help_text="Le conseiller le lit.")

    def __init__(self, *args: Any, evaluations: list[Evaluation], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["evaluations"] = forms.TypedMultipleChoiceField(
            label="Évaluations partagées",
            coerce=int,
            choices=[
                (each.pk, f"{each.sample.reference}, {KINDS[each.sample.kind].lower()} {each.sample.item}")
                for each in evaluations
            ],
            widget=forms.CheckboxSelectMultiple,
        )


class AcknowledgeForm(forms.Form):
    """What the adviser has to say of a session."""

    words = _long("Vos observations", required=False)


class CalibrationForm(forms.Form):
    """A session to open, on items that nobody has marked."""

    title = forms.CharField(label="Objet", max_length=120)

    def __init__(self, *args: Any, samples: list[Sample], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["samples"] = forms.TypedMultipleChoiceField(
            label="Éléments à noter par les deux parties",
            coerce=int,
            choices=[
                (each.pk, f"{each.reference}, {KINDS[each.kind].lower()} {each.item}") for each in samples
            ],
            widget=forms.CheckboxSelectMultiple,
        )


class RevealForm(forms.Form):
    """What is concluded of a session."""

    conclusion = _long("Conclusion", help_text=NOBODY)


class ActionForm(forms.Form):
    """An action decided."""

    what = forms.CharField(label="Action", max_length=300, help_text=NOBODY)
    due_on = DateField(label="À faire avant le")


class OutcomeForm(forms.Form):
    """An action done."""

    outcome = forms.CharField(label="Effet constaté", max_length=300)
