"""What people fill in about contacts, notices, meetings and papers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from titulaire.governance.models import Contact, Evidence
from titulaire.governance.rules import Change, EvidenceKind, MeetingKind, Slot
from titulaire.governance.services import Person, Upload
from titulaire.governance.wording import CHANGES, KINDS, MATTERS, PAPERS, SIDES
from titulaire.identity.models import User
from titulaire.ui.fields import DateField, FileField, InstantField
from titulaire.ui.formats import date_fr

DOCUMENTS = ".pdf,.docx,.odt,.xlsx,.ods,.pptx,.odp,.csv,.png,.jpg,.jpeg"
MOST_BYTES = 10 * 1024 * 1024
PHONE = re.compile(r"^\+?[0-9][0-9 .()-]{4,28}$")


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def upload_of(file: Any) -> Upload | None:
    """The file that a form received, with its name alone and no path."""
    if not file:
        return None
    return Upload(str(file.name).replace("\\", "/").rsplit("/", 1)[-1][:200], file.read())


class ContactForm(forms.Form):
    """A contact, from a day on."""

    matter = forms.ChoiceField(label="Domaine", choices=[("", "—"), *MATTERS.items()])
    name = forms.CharField(label="Prénom et nom", max_length=120)
    post = forms.CharField(label="Fonction", max_length=120, required=False)
    phone = forms.CharField(label="Téléphone", max_length=30)
    email = forms.EmailField(label="Courriel")
    since = DateField(label="À partir du")
    replaces = forms.ModelChoiceField(
        label="Remplace",
        queryset=Contact.objects.none(),
        required=False,
        empty_label="Personne",
        help_text="La personne remplacée cesse ce jour-là de répondre pour ce domaine.",
    )

    def __init__(self, *args: Any, in_force: Sequence[Contact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["replaces"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = Contact.objects.filter(pk__in=[contact.pk for contact in in_force])
        field.label_from_instance = lambda obj: f"{obj.name} ({MATTERS[obj.matter]})"  # type: ignore[method-assign]

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"].strip()
        if not PHONE.match(phone):
            raise forms.ValidationError("Écrivez un numéro comme 05 53 00 00 00 ou +33 5 53 00 00 00.")
        return phone

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        replaced = given.get("replaces")
        if replaced and given.get("matter") and replaced.matter != given["matter"]:
            self.add_error("replaces", "Cette personne répond pour un autre domaine.")
        if replaced and given.get("since") and given["since"] <= replaced.since:
            self.add_error(
                "since", f"Après le {date_fr(replaced.since)}, premier jour de la personne remplacée."
            )
        return given


class EndForm(forms.Form):
    """From which day a contact no longer answers."""

    on = DateField(label="Ne répond plus à partir du")


class NoticeForm(forms.Form):
    """What to tell the buyer."""

    change = forms.ChoiceField(label="Ce qui change", choices=[("", "—"), *CHANGES.items()])
    title = forms.CharField(label="Objet", max_length=200)
    text = forms.CharField(
        label="Information",
        widget=_area(8),
        help_text="Ce qui change, depuis quand, ce que l’acheteur doit faire.",
    )
    effective_on = DateField(label="Prend effet le", required=False)
    document = FileField(label="Document joint", accept=DOCUMENTS, max_bytes=MOST_BYTES, required=False)
    second_document = FileField(
        label="Autre document joint", accept=DOCUMENTS, max_bytes=MOST_BYTES, required=False
    )
    recipients = forms.ModelMultipleChoiceField(
        label="Destinataires", queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = [user.pk for user in people]
        field = self.fields["recipients"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101 - declared above
        field.queryset = User.objects.filter(pk__in=keys)
        field.initial = keys

    def given(self) -> dict[str, Any]:
        """What `send_notice` takes."""
        found = self.cleaned_data
        files = [upload_of(found["document"]), upload_of(found["second_document"])]
        return {
            "change": Change(found["change"]),
            "title": found["title"],
            "text": found["text"],
            "effective_on": found["effective_on"],
            "recipients": list(found["recipients"]),
            "documents": [file for file in files if file],
        }


class PlanForm(forms.Form):
    """A meeting to call."""

    kind = forms.ChoiceField(label="Réunion", choices=[])
    planned_at = InstantField(label="Le")
    place = forms.CharField(label="Lieu ou lien de visioconférence", max_length=200)
    agenda = forms.CharField(label="Ordre du jour", widget=_area(8), help_text="Un point par ligne.")
    slot = forms.ChoiceField(
        label="Pour l’échéance",
        required=False,
        help_text="Celle que le contrat demande ; « trouvée d’après la date » convient presque toujours.",
    )

    AUTOMATIC, NONE = "", "-"

    def __init__(self, *args: Any, kinds: Sequence[MeetingKind], free: Sequence[Slot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices("kind", [("", "—"), *((kind.value, KINDS[kind.value]) for kind in kinds)])
        self._choices(
            "slot",
            [
                (self.AUTOMATIC, "trouvée d’après la date"),
                (self.NONE, "aucune : réunion supplémentaire"),
                *(
                    (slot.key, f"{KINDS[slot.kind.value]}, au plus tard le {date_fr(slot.due_on)}")
                    for slot in free
                ),
            ],
        )

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices

    def given(self) -> dict[str, Any]:
        """What `plan_meeting` takes."""
        found = dict(self.cleaned_data)
        slot = found.pop("slot")
        kind = MeetingKind(found.pop("kind"))
        return {**found, "kind": kind, "slot": "" if slot == self.NONE else slot or None}


class MoveForm(forms.Form):
    """When, where and about what a meeting is."""

    planned_at = InstantField(label="Le")
    place = forms.CharField(label="Lieu ou lien de visioconférence", max_length=200)
    agenda = forms.CharField(label="Ordre du jour", widget=_area(8), help_text="Un point par ligne.")


class BecauseForm(forms.Form):
    """Why a meeting is called off."""

    because = forms.CharField(label="Motif", max_length=300)


class HeldForm(forms.Form):
    """When a meeting ended and who was there."""

    held_at = InstantField(
        label="Terminée le", help_text="Le délai du compte rendu, s’il y en a un, part de cet instant."
    )
    buyers = forms.CharField(
        label="Présents pour l’acheteur", widget=_area(3), help_text="Une personne par ligne : nom, fonction."
    )
    contractors = forms.CharField(
        label="Présents pour le titulaire",
        widget=_area(3),
        help_text="Une personne par ligne : nom, fonction.",
    )
    excused_buyers = forms.CharField(label="Excusés pour l’acheteur", widget=_area(2), required=False)
    excused_contractors = forms.CharField(label="Excusés pour le titulaire", widget=_area(2), required=False)

    def given(self) -> dict[str, Any]:
        """What `hold_meeting` takes."""
        found = self.cleaned_data
        people = [
            person
            for name, side, present in (
                ("buyers", "BUYER", True),
                ("contractors", "CONTRACTOR", True),
                ("excused_buyers", "BUYER", False),
                ("excused_contractors", "CONTRACTOR", False),
            )
            for person in people_of(found[name], side, present=present)
        ]
        return {"held_at": found["held_at"], "people": people}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name in ("buyers", "contractors", "excused_buyers", "excused_contractors"):
            if any(
                len(each.name) > 120 or len(each.post) > 120 for each in people_of(given.get(name, ""), "")
            ):
                self.add_error(name, "Un nom et une fonction ont 120 caractères au plus.")
        return given


def people_of(text: str, side: str, *, present: bool = True) -> list[Person]:
    """The people of a text, one per line: a name, then a post after a comma."""
    found = []
    for line in text.splitlines():
        name, _, post = line.partition(",")
        if name.strip():
            found.append(Person(side, name.strip(), post.strip(), present))
    return found


class MinutesForm(forms.Form):
    """The minutes of a meeting: frozen when sent."""

    text = forms.CharField(
        label="Compte rendu",
        widget=_area(14),
        help_text="Une fois remis, ce texte ne change plus ; une remarque conduit à une nouvelle version.",
    )
    document = FileField(label="Document joint", accept=DOCUMENTS, max_bytes=MOST_BYTES, required=False)


class RemarksForm(forms.Form):
    """What the buyer asks to change in minutes."""

    remarks = forms.CharField(label="Remarques", widget=_area(6))


class MeetingFileForm(forms.Form):
    """A document of a meeting."""

    document = FileField(label="Document", accept=DOCUMENTS, max_bytes=MOST_BYTES)


class ActionForm(forms.Form):
    """Something that a meeting decided."""

    what = forms.CharField(label="Action", max_length=300)
    side = forms.ChoiceField(label="À la charge de", choices=list(SIDES.items()), initial="CONTRACTOR")
    owner = forms.CharField(label="Responsable", max_length=120)
    due_on = DateField(label="Pour le")


class DoneForm(forms.Form):
    """When an action was done."""

    done_on = DateField(label="Faite le")
    outcome = forms.CharField(label="Résultat", max_length=300, required=False)

    def clean_done_on(self) -> date:
        day: date = self.cleaned_data["done_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("Cette date est à venir : revenez quand l’action sera faite.")
        return day


class PaperForm(forms.Form):
    """A paper with its file."""

    kind = forms.ChoiceField(label="Nature", choices=[("", "—"), *PAPERS.items()])
    title = forms.CharField(label="Intitulé", max_length=200)
    issuer = forms.CharField(label="Délivrée par", max_length=120, required=False)
    issued_on = DateField(label="Délivrée le")
    last_on = DateField(
        label="Valable jusqu’au",
        required=False,
        help_text="Inclus. Vide : six mois pour la vigilance, un an pour l’attestation fiscale, sinon sans fin.",
    )
    document = FileField(label="Fichier", accept=".pdf,.png,.jpg,.jpeg", max_bytes=MOST_BYTES)
    replaces = forms.ModelChoiceField(
        label="Renouvelle", queryset=Evidence.objects.none(), required=False, empty_label="Aucune pièce"
    )

    def __init__(self, *args: Any, renewable: Sequence[Evidence], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["replaces"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = Evidence.objects.filter(pk__in=[each.pk for each in renewable])
        field.label_from_instance = lambda obj: f"{obj.title}, délivrée le {date_fr(obj.issued_on)}"  # type: ignore[method-assign]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        issued, last, replaced = given.get("issued_on"), given.get("last_on"), given.get("replaces")
        if issued and issued > timezone.localdate():
            self.add_error("issued_on", "Cette date est à venir.")
        if issued and last and last < issued:
            self.add_error("last_on", "La pièce finirait avant d’être délivrée.")
        if replaced and given.get("kind") and replaced.kind != given["kind"]:
            self.add_error("replaces", "Cette pièce est d’une autre nature.")
        return given

    def given(self) -> dict[str, Any]:
        """What `keep_evidence` takes."""
        found = dict(self.cleaned_data)
        return {
            **found,
            "kind": EvidenceKind(found["kind"]),
            "document": upload_of(found["document"]),
        }


class FeedForm(forms.Form):
    """A calendar to open."""

    label = forms.CharField(
        label="Nom de l’agenda", max_length=80, help_text="Par exemple : agenda du service."
    )
