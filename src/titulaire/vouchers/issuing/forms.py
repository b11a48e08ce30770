"""What people of this room write: paper, letter, imprint, adverts, releases, reprints, keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms

from titulaire.ui.fields import DateField, FileField
from titulaire.ui.formats import date_fr, list_fr
from titulaire.vouchers.issuing import wording
from titulaire.vouchers.issuing.materials import check_letter
from titulaire.vouchers.issuing.models import PaperBatch
from titulaire.vouchers.issuing.printing.spec import UnknownPlaceholder

LONG = forms.Textarea(attrs={"rows": 12})
MEGABYTE = 1024 * 1024


class ReleaseForm(forms.Form):
    """Which paper a print job goes on."""

    paper = forms.ChoiceField(
        label="Papier",
        help_text="Seuls les papiers dont le justificatif est valable aujourd’hui sont proposés.",
        error_messages={"required": "Choisissez le papier sur lequel ce lot sera imprimé."},
    )

    def __init__(self, papers: Collection[PaperBatch], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.papers = {str(paper.pk): paper for paper in papers}
        self.fields["paper"].choices = [  # type: ignore[attr-defined]
            ("", "Choisir un papier"),
            *(
                (
                    key,
                    f"{paper.reference} – {paper.label}, valable jusqu’au {date_fr(paper.evidence_expires_on)}",
                )
                for key, paper in self.papers.items()
            ),
        ]

    @property
    def chosen(self) -> PaperBatch:
        """The paper, once the form is valid."""
        return self.papers[self.cleaned_data["paper"]]


class ReturnForm(forms.Form):
    """What the printer says it made."""

    file = FileField(
        label="Retour de l’imprimeur",
        accept=".csv",
        max_bytes=5 * MEGABYTE,
        help_text="Le bordereau complété, au format CSV : colonnes carnet, premier titre, dernier titre, titres ; "
        "une colonne « état » peut dire « gâché ».",
    )


class ReprintForm(forms.Form):
    """Why one booklet is printed again. `rank` makes two presses one reprint."""

    rank = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=999)
    reason = forms.ChoiceField(
        label="Motif", choices=[("", "Choisir un motif"), *wording.REPRINT_REASONS.items()]
    )
    note = forms.CharField(
        label="Précision",
        max_length=300,
        required=False,
        help_text="Ce que l’imprimeur a constaté. N’écrivez le nom de personne.",
    )


class PaperForm(forms.Form):
    """A batch of paper and its evidence."""

    reference = forms.CharField(
        label="Référence du lot", max_length=60, help_text="Celle du bon de livraison."
    )
    supplier = forms.CharField(label="Papetier", max_length=120)
    fibre = forms.ChoiceField(label="Fibres", choices=list(wording.FIBRES.items()))
    label = forms.CharField(
        label="Label ou certificat", max_length=60, help_text="Par exemple : Ange bleu, FSC Recyclé, PEFC."
    )
    certified_percent = forms.IntegerField(
        label="Part recyclée ou certifiée, en %",
        min_value=0,
        max_value=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    iso_14001 = forms.BooleanField(
        label="Usine certifiée ISO 14001", error_messages={"required": wording.PAPER_FAULTS["ISO_14001"][1]}
    )
    bleaching = forms.ChoiceField(label="Blanchiment", choices=list(wording.BLEACHINGS.items()))
    ink = forms.ChoiceField(label="Encre", choices=list(wording.INKS.items()))
    ink_justification = forms.CharField(
        label="Justification de l’encre",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Seulement si l’encre n’est pas végétale.",
    )
    evidence = FileField(
        label="Justificatif",
        accept=".pdf,.png,.jpg,.jpeg",
        max_bytes=10 * MEGABYTE,
        help_text="Le certificat du papetier, en PDF ou en image.",
        allow_empty_file=True,
    )
    evidence_expires_on = DateField(label="Justificatif valable jusqu’au", help_text="Ce jour compris.")

    def refused(self, rule: str) -> None:
        """Say which answer is not what the contract asks."""
        field, sentence = wording.PAPER_FAULTS[rule]
        self.add_error(field, sentence)


class LetterForm(forms.Form):
    """The letter that goes with a booklet sent home."""

    place = forms.CharField(label="Lieu", max_length=80, help_text="Avant la date : « Agen, le … ».")
    subject = forms.CharField(label="Objet", max_length=160)
    body = forms.CharField(
        label="Texte", widget=LONG, max_length=6000, help_text="Une ligne vide sépare deux paragraphes."
    )
    closing = forms.CharField(label="Formule de politesse", max_length=300)
    signature = forms.CharField(label="Signature", max_length=160)
    footer = forms.CharField(
        label="Pied de page",
        max_length=300,
        required=False,
        help_text="Par exemple, ce que la personne peut demander de ses données.",
    )

    def clean(self) -> dict[str, Any]:
        texts = {name: str(text) for name, text in (super().clean() or {}).items()}
        for name, text in texts.items():
            try:
                check_letter({name: text})
            except UnknownPlaceholder as refused:
                known = list_fr([f"{{{known}}}" for known in refused.known])
                self.add_error(
                    name, f"« {{{refused.name}}} » n’est pas connu. Écrivez l’un de ceux-ci : {known}."
                )
        return texts

    @property
    def texts(self) -> dict[str, str]:
        """The texts as they are kept, with the line ends of a file."""
        return {name: str(text).replace("\r\n", "\n") for name, text in self.cleaned_data.items()}


class ImprintForm(forms.Form):
    """What every voucher says of its parties."""

    title = forms.CharField(label="Nom du titre", max_length=80)
    goods = forms.CharField(label="Ce que le titre paie", max_length=200)
    authority_name = forms.CharField(label="Organisme qui accorde les titres", max_length=80)
    authority_address = forms.CharField(label="Adresse de l’organisme", max_length=200)
    issuer_name = forms.CharField(label="Émetteur", max_length=80)
    issuer_address = forms.CharField(label="Adresse de l’émetteur", max_length=200)
    payee_name = forms.CharField(
        label="Présentation au paiement", max_length=80, help_text="À qui le commerçant envoie les titres."
    )
    payee_address = forms.CharField(label="Adresse de présentation", max_length=200)
    cover_note = forms.CharField(label="Note de couverture", max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("authority_address", "issuer_address", "payee_address"):
            self.fields[name].help_text = "Une virgule sépare deux lignes : 12 rue des Exemples, 75000 PARIS."


class AdvertForm(forms.Form):
    """A page of advantages or advertising."""

    title = forms.CharField(label="Titre", max_length=120)
    body = forms.CharField(
        label="Texte",
        max_length=1200,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Une ligne vide sépare deux paragraphes.",
    )
    address = forms.URLField(
        label="Adresse internet",
        required=False,
        assume_scheme="https",
        max_length=200,
        help_text="Imprimée en clair et en code QR.",
        error_messages={"invalid": "Écrivez une adresse complète, comme https://exemple.fr/avantages."},
    )
    side = forms.ChoiceField(label="Place", choices=list(wording.SIDES.items()))
    since = DateField(label="Imprimée à partir du")
    until = DateField(label="Jusqu’au, non compris", required=False, help_text="Vide : sans fin prévue.")

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        since, until = answers.get("since"), answers.get("until")
        if since and until and until <= since:
            self.add_error("until", "La fin vient après le début : écrivez une date plus tardive, ou rien.")
        return answers


class KeyForm(forms.Form):
    """A new signing key for a vintage. `replaces` holds, per vintage, the key that the person saw in force."""

    replaces = forms.CharField(widget=forms.HiddenInput)
    vintage = forms.TypedChoiceField(label="Millésime", coerce=int)
    because = forms.CharField(
        label="Pourquoi une nouvelle clé",
        max_length=300,
        help_text="Par exemple : changement annuel, poste volé, départ d’un exploitant.",
    )

    def __init__(
        self, vintages: Sequence[int], in_force: Mapping[int, int], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vintage"].choices = [  # type: ignore[attr-defined]
            (
                vintage,
                f"{vintage} (remplace la clé n° {in_force[vintage]})"
                if vintage in in_force
                else str(vintage),
            )
            for vintage in vintages
        ]
        self.fields["replaces"].initial = (
            ",".join(f"{vintage}:{key}" for vintage, key in in_force.items()) or "-"
        )

    def seen(self, vintage: int) -> int:
        """The id of the key that was in force when the form was shown, 0 for none."""
        pairs = [part.split(":") for part in self.cleaned_data["replaces"].split(",") if ":" in part]
        found = [key for year, key in pairs if year == str(vintage) and key.isdecimal()]
        return int(found[0]) if found else 0


class CheckForm(forms.Form):
    """A code or a number that someone holds out."""

    says_optional = False
    code = forms.CharField(
        label="Code ou numéro",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
        help_text="Le texte lu dans le carré du titre, ou son numéro à 15 chiffres, avec ou sans espaces.",
        error_messages={"required": "Collez un code, ou saisissez un numéro."},
    )
