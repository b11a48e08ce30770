"""What people of this room write: dispatches, tracking files, proofs, sleeves."""

from __future__ import annotations

from typing import Any

from django import forms

from titulaire.ui.fields import FileField, InstantField, MoneyField
from titulaire.vouchers.delivery import wording
from titulaire.vouchers.delivery.rules import ParcelStatus

MEGABYTE = 1024 * 1024


class DispatchForm(forms.Form):
    """Booklets leave: one sealed parcel, or a file that tells the number of each letter."""

    means = forms.ChoiceField(label="Envoi", choices=list(wording.MEANS.items()))
    carrier = forms.CharField(label="Transporteur", max_length=60, initial="La Poste")
    seal = forms.CharField(
        label="Numéro du scellé",
        max_length=40,
        required=False,
        help_text="Pour un seul pli scellé : tous les carnets à livrer chez l’acheteur y sont.",
    )
    file = FileField(
        label="Numéros de suivi",
        accept=".csv",
        max_bytes=5 * MEGABYTE,
        required=False,
        help_text="CSV à deux colonnes, carnet et suivi : téléchargez le modèle, complétez-le, déposez-le ici.",
    )
    postage = MoneyField(
        label="Affranchissement", min_value=0, help_text="Coût total de l’envoi, refacturé à l’acheteur."
    )
    request_key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if "file" in self.errors:
            return answers
        seal, file = answers.get("seal"), answers.get("file")
        if answers.get("means") == "TRACKED_LETTER" and not file:
            self.add_error("file", "Déposez le fichier des numéros de suivi : un carnet par ligne.")
        elif answers.get("means") == "SEALED_PARCEL" and bool(seal) == bool(file):
            self.add_error(
                "seal", "Donnez soit le numéro du scellé, soit un fichier s’il y a plusieurs plis."
            )
        return answers


class TrackingForm(forms.Form):
    """What a carrier says of parcels."""

    file = FileField(
        label="Fichier de suivi du transporteur",
        accept=".csv,.txt",
        max_bytes=20 * MEGABYTE,
        help_text="Colonnes numéro de suivi, date et statut, dans l’ordre que vous voulez. "
        "Déposer deux fois le même fichier ne change rien.",
    )


class ProofForm(forms.Form):
    """A document that passes ownership."""

    kind = forms.ChoiceField(label="Preuve", choices=list(wording.SIGNED_PROOFS.items()))
    signer = forms.CharField(
        label="Signataire", max_length=120, help_text="Fonction et service, par exemple « régie d’Agen »."
    )
    transferred_at = InstantField(label="Signé le")
    file = FileField(
        label="Document signé",
        accept=".pdf,.png,.jpg,.jpeg",
        max_bytes=10 * MEGABYTE,
        help_text="Le bon ou l’accusé, en PDF ou en image. Son empreinte est gardée au journal.",
    )


class NoteForm(forms.Form):
    """What someone learnt of a parcel by another way than the carrier's file."""

    status = forms.ChoiceField(
        label="Constat",
        choices=[
            (code, wording.PARCEL_STATES[code].label)
            for code in (
                ParcelStatus.LOST.value,
                ParcelStatus.RETURNED.value,
                ParcelStatus.TROUBLE.value,
                ParcelStatus.AVAILABLE.value,
                ParcelStatus.IN_TRANSIT.value,
            )
        ],
    )
    said = forms.CharField(label="Précision", max_length=200, help_text="N’écrivez le nom de personne.")
    seen_at = InstantField(label="Constaté le")


class SleevesForm(forms.Form):
    """Sleeves to order."""

    quantity = forms.IntegerField(
        label="Nombre de pochettes",
        min_value=1,
        max_value=100_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    request_key = forms.CharField(max_length=64, widget=forms.HiddenInput)
