"""What people fill in to order."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms

from titulaire.ui.fields import DateField, FileField, MoneyField
from titulaire.ui.formats import month_fr
from titulaire.vouchers.orders.reading import FIELDS, LIMITS, OrderFile, read_order_file
from titulaire.vouchers.orders.rules import CalendarMonth, Delivery, same_date_later
from titulaire.vouchers.orders.wording import DELIVERIES

if TYPE_CHECKING:
    PeopleSet = forms.BaseFormSet["PersonForm"]
    MonthSet = forms.BaseFormSet["MonthDatesForm"]
else:
    PeopleSet = MonthSet = forms.BaseFormSet

FORMATS_READ = ".csv,.txt,.xlsx,.ods"


class MonthField(forms.TypedChoiceField):
    """A month among those around a day, as its first day."""

    def __init__(self, *, around: date, before: int = 2, after: int = 4, **kwargs: Any) -> None:
        first = around.replace(day=1)
        months = [same_date_later(first, offset) for offset in range(-before, after + 1)]
        choices = [(f"{month:%Y-%m}", month_fr(month).capitalize()) for month in months]
        if not kwargs.get("required", True):
            choices.insert(0, ("", "Celui écrit dans le fichier"))
        super().__init__(choices=choices, coerce=_month, empty_value=None, **kwargs)


def _month(text: str) -> date:
    year, month = text.split("-")
    return date(int(year), int(month), 1)


class DepositForm(forms.Form):
    """A file to examine."""

    file = FileField(
        label="Fichier de commande",
        accept=FORMATS_READ,
        max_bytes=LIMITS.file_bytes,
        help_text="CSV, XLSX ou ODS, 10 Mo au plus. Aucun numéro de sécurité sociale.",
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["month"] = MonthField(
            around=today,
            label="Mois des titres",
            required=False,
            help_text="Sert aux lignes qui n’indiquent pas leur mois.",
        )


class ConfirmForm(forms.Form):
    """What must be said aloud before an order that leaves rows out, or serves people twice."""

    def __init__(self, *args: Any, refused: int, repeated: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if refused:
            self.fields["accept_partial"] = forms.BooleanField(
                label="Commander sans les lignes refusées. Je les corrigerai dans un autre fichier.",
                error_messages={"required": "Cochez cette case, ou corrigez le fichier puis déposez-le."},
            )
        if repeated:
            self.fields["accept_repeats"] = forms.BooleanField(
                label="Commander aussi pour les personnes déjà servies ce mois-ci.",
                error_messages={"required": "Cochez cette case, ou retirez ces personnes du fichier."},
            )


class MappingForm(forms.Form):
    """Which heading of the file holds which field, and the month of the titles when no column says it."""

    says_optional = False

    def __init__(self, *args: Any, file: OrderFile, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file = file
        headings = [("", "—"), *((heading, heading) for heading in file.headings)]
        for field in FIELDS:
            self.fields[field.code] = forms.ChoiceField(
                label=field.label,
                choices=headings,
                required=False,
                initial=file.mapping.get(field.code, ""),
            )
        self.fields["default_month"] = MonthField(
            around=today, label="Mois des titres, si aucune colonne ne le dit", required=False
        )

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields to look at first: those missing, those every file needs, the month."""
        first = {field.code for field in FIELDS if field.mandatory} | {*self.file.missing_fields, "month"}
        return [self[code] for code in self.fields if code in first or code == "default_month"]

    @property
    def others(self) -> list[forms.BoundField]:
        """The fields that a file may do without."""
        shown = {field.name for field in self.asked}
        return [self[code] for code in self.fields if code not in shown]

    def mapping(self) -> dict[str, str]:
        """Field to heading, for the fields given a column."""
        codes = {field.code for field in FIELDS}
        return {code: heading for code, heading in self.cleaned_data.items() if heading and code in codes}

    def clean(self) -> dict[str, Any]:
        given = list(self.mapping().values())
        for heading in sorted({heading for heading in given if given.count(heading) > 1}):
            self.add_error(None, f"La colonne « {heading} » est choisie pour deux données.")
        return self.cleaned_data


class AdhocForm(forms.Form):
    """An order outside the monthly file: its month, its reason, its booklets without name."""

    booklets = forms.IntegerField(
        label="Carnets sans nom",
        min_value=0,
        max_value=1000,
        required=False,
        help_text="Livrés à l’acheteur.",
    )
    titles = forms.IntegerField(label="Titres par carnet sans nom", min_value=1, required=False)
    reason = forms.CharField(
        label="Motif",
        max_length=300,
        required=False,
        help_text="Par exemple : dossiers arrivés après le fichier.",
    )
    request_key = forms.CharField(widget=forms.HiddenInput, max_length=64, initial=lambda: uuid.uuid4().hex)

    def __init__(self, *args: Any, today: date, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        month = MonthField(around=today, label="Mois des titres", initial=f"{today:%Y-%m}")
        self.fields = {"month": month, **self.fields}
        titles = self.fields["titles"]
        titles.help_text = f"De 1 à {most}."
        titles.max_value = most  # type: ignore[attr-defined]
        titles.validators.append(forms.IntegerField(max_value=most).validators[0])

    def clean(self) -> dict[str, Any]:
        booklets, titles = self.cleaned_data.get("booklets"), self.cleaned_data.get("titles")
        if booklets and not titles and "titles" not in self.errors:
            self.add_error("titles", "Indiquez le nombre de titres de chaque carnet.")
        if titles and not booklets and "booklets" not in self.errors:
            self.add_error("booklets", "Indiquez le nombre de carnets.")
        return self.cleaned_data


class PersonForm(forms.Form):
    """One named person of an ad-hoc order. Left blank, it counts for nothing."""

    reference = forms.CharField(label="Référence", max_length=40, required=False)
    civility = forms.ChoiceField(
        label="Civilité",
        choices=[("", "—"), ("Mme", "Mme"), ("M.", "M."), ("M. et Mme", "M. et Mme")],
        required=False,
    )
    last_name = forms.CharField(label="Nom", max_length=80, required=False)
    first_name = forms.CharField(label="Prénom", max_length=80, required=False)
    complement_1 = forms.CharField(label="Complément d’adresse", max_length=100, required=False)
    address_1 = forms.CharField(label="Numéro et voie", max_length=100, required=False)
    postal_code = forms.CharField(label="Code postal", max_length=10, required=False)
    city = forms.CharField(label="Commune", max_length=60, required=False)
    vouchers = forms.CharField(
        label="Nombre de titres",
        max_length=6,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    delivery = forms.ChoiceField(
        label="Livraison", choices=list(DELIVERIES.items()), initial=Delivery.HOME.value, required=False
    )
    says_optional = False

    @property
    def is_filled(self) -> bool:
        """Whether anything was written."""
        return any(value for code, value in self.cleaned_data.items() if code != "delivery")


class BasePeople(PeopleSet):
    """The people of an ad-hoc order, read by the very rules of the monthly file."""

    month: date | None = None
    read: OrderFile | None = None

    def clean(self) -> None:
        filled = [form for form in self.forms if form.is_valid() and form.is_filled]
        if self.month is None or not filled:
            return
        self.read = read_order_file(_as_csv(filled), "commande ponctuelle", default_month=self.month)
        by_label = {field.label: field.code for field in FIELDS}
        for refusal in self.read.refusals:
            place = refusal.row - 2
            code = by_label.get(refusal.column, "")
            text = f"{_bare(refusal.message)} {refusal.mend}"
            if 0 <= place < len(filled):
                filled[place].add_error(code if code in filled[place].fields else None, text)
            else:
                raise forms.ValidationError(text)


def _as_csv(people: Iterable[PersonForm]) -> bytes:
    """The people as a file with the headings of the model."""
    labels = {field.code: field.label for field in FIELDS}
    codes = list(PersonForm.base_fields)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow([labels[code] for code in codes])
    for person in people:
        writer.writerow([" ".join(str(person.cleaned_data[code]).split()) for code in codes])
    return out.getvalue().encode("utf-8-sig")


def _bare(message: str) -> str:
    """The sentence without the cell, which only a file has."""
    return message.split(" : ", 1)[-1]


MOST_LINES = 200
PeopleForms = forms.formset_factory(PersonForm, formset=BasePeople, extra=0, min_num=1, max_num=MOST_LINES)


class AcknowledgeForm(forms.Form):
    """The date that the acknowledgement bears."""

    acknowledged_on = DateField(
        label="Date de l’accusé de réception",
        help_text="Les dix jours ouvrés de livraison partent le lendemain.",
    )


class CancelForm(forms.Form):
    """Why an order is cancelled, and that it is meant."""

    because = forms.CharField(label="Motif de l’annulation", max_length=300)
    meant = forms.BooleanField(
        label="J’annule cette commande : rien ne sera fabriqué.",
        error_messages={"required": "Cochez cette case pour annuler."},
    )


class FaceValueForm(forms.Form):
    """A new face value, with its notice."""

    value = MoneyField(label="Nouvelle valeur faciale (€)", min_value=0, max_digits=8)
    requested_on = DateField(label="Demandée le", help_text="Le jour où le titulaire en est avisé.")
    effective_on = DateField(label="Prend effet le", help_text="Au moins un mois plus tard.")
    reason = forms.CharField(
        label="Accord",
        max_length=300,
        required=False,
        help_text="L’accord conventionnel qui motive le changement.",
    )


class MonthDatesForm(forms.Form):
    """The dates of one month of the calendar."""

    order_by_on = DateField(label="Commander jusqu’au")
    delivery_on = DateField(label="Livraison prévue le")
    vintage_ready_on = DateField(label="Nouveau millésime dès le", required=False)


class BaseMonths(MonthSet):
    """The twelve months of a year."""

    def months(self, year: int) -> Sequence[CalendarMonth]:
        """What was filled in, month by month."""
        return [
            CalendarMonth(
                date(year, number, 1),
                form.cleaned_data["order_by_on"],
                form.cleaned_data["delivery_on"],
                form.cleaned_data["vintage_ready_on"],
            )
            for number, form in enumerate(self.forms, start=1)
        ]


MonthsForms = forms.formset_factory(
    MonthDatesForm, formset=BaseMonths, extra=0, min_num=12, max_num=12, validate_min=True, validate_max=True
)


class TokenForm(forms.Form):
    """A key for the buyer's software."""

    label = forms.CharField(label="Logiciel ou service qui transmet", max_length=80)


class HistoryForm(forms.Form):
    """The months whose lines are taken out."""

    since = DateField(label="Du mois de")
    until = DateField(label="Au mois de")
