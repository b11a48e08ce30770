"""What a person writes to record an amendment or another reading."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms

from titulaire.contracts.loading import NotAValue
from titulaire.contracts.rules import Reading, Terms
from titulaire.contracts.services import NewValue
from titulaire.contracts.wording import HOW_TO_TYPE, typed
from titulaire.ui.fields import DateField, FileField

DOCUMENTS = ".pdf,.asice,.p7m,.zip"
HEAVIEST = 25 * 1024 * 1024
VALUES_PER_AMENDMENT = 5


class DocumentForm(forms.Form):
    """A form with the signed document, which is kept as its name and its SHA-256."""

    document = FileField(
        label="Document signé",
        accept=DOCUMENTS,
        max_bytes=HEAVIEST,
        help_text="PDF ou conteneur signé, 25 Mo au plus. Son empreinte SHA-256 est inscrite au journal.",
    )

    @property
    def document_name(self) -> str:
        """The name of the file handed in."""
        return str(self.cleaned_data["document"].name)[:200]

    @property
    def document_sha256(self) -> str:
        """The SHA-256 of the file handed in, in hexadecimal."""
        digest = hashlib.sha256()
        for chunk in self.cleaned_data["document"].chunks():
            digest.update(chunk)
        return digest.hexdigest()


class AmendmentForm(DocumentForm):
    """The amendment itself; its values are in a `ValueFormSet`."""

    number = forms.IntegerField(label="Numéro de l’avenant", min_value=1, max_value=999)
    title = forms.CharField(label="Objet", max_length=200)
    signed_on = DateField(label="Signé le")

    field_order = ("number", "title", "signed_on", "document")


class ValueForm(forms.Form):
    """One value that the amendment adds."""

    term = forms.ChoiceField(label="Terme")
    from_on = DateField(label="À partir du", help_text="Pas avant la signature.")
    value = forms.CharField(label="Nouvelle valeur", max_length=2000)
    note = forms.CharField(label="Remarque", max_length=300, required=False)

    def __init__(self, *args: Any, terms: Terms, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.terms = terms
        choices = [(term.spec.name, term.spec.label) for term in terms.terms.values()]
        field = self.fields["term"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", "Choisir…"), *sorted(choices, key=lambda choice: choice[1])]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("term") and given.get("value"):
            spec = self.terms.term(given["term"]).spec
            try:
                given["typed"] = typed(spec, given["value"])
            except NotAValue:
                words = HOW_TO_TYPE[spec.kind]
                choices = ", ".join(label for _, label in spec.choices)
                hint = f"\u00a0: {choices}" if choices else ""
                self.add_error(
                    "value", f"« {given['value']} » ne convient pas. Pour ce terme, écrivez {words}{hint}."
                )
        return given

    def new_value(self) -> NewValue:
        """The value, as the act takes it."""
        given = self.cleaned_data
        return NewValue(given["term"], given["from_on"], given["typed"], given["note"])


ValueFormSet = forms.formset_factory(
    ValueForm, extra=VALUES_PER_AMENDMENT, max_num=VALUES_PER_AMENDMENT, validate_max=True
)


def new_values(values: forms.BaseFormSet[ValueForm]) -> list[NewValue]:
    """The values of the lines that were filled; the others are ignored."""
    return [form.new_value() for form in values.forms if form.has_changed()]


class ReadingForm(DocumentForm):
    """Another option of a reading, agreed by both parties."""

    option = forms.ChoiceField(label="Lecture convenue", widget=forms.RadioSelect)
    from_on = DateField(label="À partir du", help_text="Pas avant l’accord de la seconde partie.")
    buyer_agreed_on = DateField(label="Accord de l’acheteur le")
    contractor_agreed_on = DateField(label="Accord du Titulaire le")

    field_order = ("option", "from_on", "buyer_agreed_on", "contractor_agreed_on", "document")

    def __init__(self, *args: Any, reading: Reading, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["option"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(option.code, option.sentence) for option in reading.options]
