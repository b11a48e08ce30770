"""What people fill in about the network."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from titulaire.identity.models import User
from titulaire.ui.fields import DateField, FileField
from titulaire.vouchers.network import files, scans
from titulaire.vouchers.network.affiliation import InvalidIban, InvalidSiret, compact_iban, compact_siret
from titulaire.vouchers.network.models import Affiliate, Remittance
from titulaire.vouchers.network.rules import MOST_TITLES, Activity, Given, may_join
from titulaire.vouchers.network.wording import ACTIVITIES, LIST_REFUSALS
from titulaire.vouchers.stops.losses import NotNamed, designated

ACCEPTED_FILES = ",".join((*files.LISTED, *files.SCANNED))


class SiretField(forms.CharField):
    """Fourteen digits that check."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return compact_siret(text) if text else text
        except InvalidSiret:
            raise forms.ValidationError(
                "Ce numéro n’est pas un SIRET : 14 chiffres, dont le dernier contrôle les autres."
            ) from None


class IbanField(forms.CharField):
    """An account whose check digits agree."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return compact_iban(text) if text else text
        except InvalidIban:
            raise forms.ValidationError(
                "Cet IBAN n’est pas juste : recopiez-le depuis le relevé d’identité bancaire."
            ) from None


class AffiliationForm(forms.Form):
    """A request of affiliation with its signed commitment."""

    siret = SiretField(label="SIRET", max_length=20, help_text="De l’établissement, pas du siège.")
    name = forms.CharField(label="Nom ou enseigne", max_length=120)
    activity = forms.ChoiceField(
        label="Activité principale",
        choices=[("", "Choisissez"), *((code, label) for code, label in ACTIVITIES.items())],
        help_text="Les commerces d’alcool ou d’hygiène ne peuvent pas être affiliés.",
    )
    street = forms.CharField(label="Adresse", max_length=120)
    postcode = forms.RegexField(
        r"^\d{5}$",
        label="Code postal",
        error_messages={"invalid": "Écrivez les cinq chiffres du code postal."},
    )
    town = forms.CharField(label="Commune", max_length=60)
    email = forms.EmailField(label="Adresse électronique", help_text="Comme nom@exemple.fr.")
    iban = IbanField(label="IBAN", max_length=42, help_text="Le compte sur lequel les titres sont payés.")
    commitment = FileField(
        label="Engagement signé",
        accept=".pdf,.jpg,.jpeg,.png",
        max_bytes=10 * 1024 * 1024,
        help_text="N’accepter aucun titre pour de l’alcool ou de l’hygiène. PDF ou image, 10 Mo au plus.",
    )
    signed_by = forms.CharField(label="Signé par", max_length=120)
    signed_on = DateField(label="Signé le")

    def clean_activity(self) -> Activity:
        activity = Activity(self.cleaned_data["activity"])
        if not may_join(activity):
            raise forms.ValidationError(
                f"« {ACTIVITIES[activity]} » : cette activité est exclue du réseau par le marché (alcool, hygiène "
                "ou hors alimentation)."
            )
        return activity


class ReasonForm(forms.Form):
    """Why an affiliation is refused or suspended."""

    reason = forms.CharField(
        label="Motif",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Le commerce le lira.",
    )


class AccountForm(forms.Form):
    """Another account for an affiliate."""

    iban = IbanField(label="Nouvel IBAN", max_length=42)


class LinkForm(forms.Form):
    """The person who will act for an affiliate."""

    email = forms.EmailField(
        label="Adresse électronique de la personne", help_text="Comme nom@exemple.fr. Elle a déjà un compte."
    )

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        self.person = User.objects.filter(email__iexact=email, is_active=True).first()
        if self.person is None:
            raise forms.ValidationError(
                f"Personne n’a de compte à l’adresse « {email} » : ouvrez-le d’abord."
            )
        return str(email)


class RemitForm(forms.Form):
    """Vouchers to send in: typed, in a list, or scanned."""

    affiliate = forms.ModelChoiceField(
        label="Commerce", queryset=Affiliate.objects.none(), empty_label="Choisissez"
    )
    titles = forms.CharField(
        label="Titres saisis",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text="Un titre par ligne : le numéro suivi de ses six lettres, ou le code lu par une douchette.",
    )
    file = FileField(
        label="Ou un fichier",
        required=False,
        accept=ACCEPTED_FILES,
        max_bytes=scans.MOST_BYTES,
        help_text="Une liste CSV, ou les titres numérisés : PDF, TIFF, PNG, JPEG (500 pages au plus).",
    )
    declared = forms.IntegerField(
        label="Nombre de titres numérisés",
        required=False,
        min_value=1,
        max_value=MOST_TITLES,
        help_text="S’il est connu : la lecture d’une page s’arrête quand tous y sont.",
    )

    def __init__(self, *args: Any, affiliates: Any, today: date, paper: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["affiliate"].queryset = affiliates  # type: ignore[attr-defined]
        if len(affiliates) == 1:
            self.fields["affiliate"].initial = affiliates[0]
        if paper:
            self.fields[
                "titles"
            ].help_text = "Un titre par ligne : le numéro (six lettres facultatives) ou le code."
            self.fields["received_on"] = DateField(label="Reçu le", initial=today, required=False)
            self.fields["postmarked_on"] = DateField(
                label="Cachet de la poste",
                required=False,
                help_text="Il fait foi pour la date limite de remise.",
            )

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        received, postmark = asked.get("received_on") or self.today, asked.get("postmarked_on")
        if received > self.today:
            self.add_error("received_on", "Cette date est à venir.")
        if postmark and postmark > received:
            self.add_error(
                "postmarked_on", "Le cachet de la poste ne peut pas être postérieur à la réception."
            )
        if not self.errors and not asked.get("titles", "").strip() and not asked.get("file"):
            raise forms.ValidationError("Saisissez des titres, ou choisissez un fichier.")
        if asked.get("titles", "").strip() and asked.get("file"):
            raise forms.ValidationError("Saisissez des titres ou choisissez un fichier, pas les deux.")
        return asked

    def given(self) -> list[Given]:
        """The vouchers typed, or those of the list; nothing for a scan. Adds an error when the list is unreadable."""
        file = self.cleaned_data.get("file")
        if not file:
            return [Given(line.strip()) for line in self.cleaned_data["titles"].splitlines() if line.strip()]
        if files.is_scan(file.name):
            return []
        try:
            return files.read_list(file.read())
        except files.ListRefused as refused:
            self.add_error("file", LIST_REFUSALS[refused.reason].format(row=refused.row))
            return []


class ClaimForm(forms.Form):
    """The decision on a late claim: pay with the buyer's agreement, or refuse with a reason."""

    outcome = forms.ChoiceField(label="Décision", widget=forms.RadioSelect)
    agreement = FileField(
        label="Accord écrit de l’acheteur",
        required=False,
        accept=".pdf,.jpg,.jpeg,.png,.eml",
        max_bytes=10 * 1024 * 1024,
        help_text="Pour payer. 10 Mo au plus.",
    )
    agreed_by = forms.CharField(label="Accord donné par", max_length=120, required=False)
    agreed_on = DateField(label="Accord du", required=False)
    reason = forms.CharField(
        label="Motif du refus",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Pour refuser. Le commerce le lira.",
    )

    def __init__(self, *args: Any, today: date, payable: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        pay = [("PAID", "Payer à titre exceptionnel, avec l’accord de l’acheteur")] if payable else []
        self.fields["outcome"].choices = [*pay, ("REFUSED", "Refuser")]  # type: ignore[attr-defined]
        if not payable:
            self.fields["outcome"].initial = "REFUSED"
            for name in ("agreement", "agreed_by", "agreed_on"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        if asked.get("outcome") == "PAID":
            for name, missing in (
                ("agreement", "Joignez l’accord écrit de l’acheteur."),
                ("agreed_by", "Nommez qui a donné l’accord, chez l’acheteur."),
                ("agreed_on", "Donnez la date de l’accord."),
            ):
                if not asked.get(name) and name not in self.errors:
                    self.add_error(name, missing)
            if asked.get("agreed_on") and asked["agreed_on"] > self.today:
                self.add_error("agreed_on", "Cette date est à venir.")
        elif asked.get("outcome") == "REFUSED" and not asked.get("reason"):
            self.add_error("reason", "Dites pourquoi : le commerce le lira.")
        return asked


class PayForm(forms.Form):
    """When the bank should pay."""

    execution_on = DateField(label="Date d’exécution du virement")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_execution_on(self) -> date:
        day: date = self.cleaned_data["execution_on"]
        if day < self.today:
            raise forms.ValidationError("La banque n’exécute rien à une date passée.")
        return day


class PayingAccountForm(forms.Form):
    """The account that pays."""

    name = forms.CharField(label="Titulaire du compte", max_length=70)
    iban = IbanField(label="IBAN", max_length=42)
    bic = forms.RegexField(
        r"^[A-Za-z]{6}[A-Za-z0-9]{2}([A-Za-z0-9]{3})?$",
        label="BIC",
        required=False,
        error_messages={"invalid": "Un BIC a 8 ou 11 caractères."},
    )


class DestructionForm(forms.Form):
    """Paid paper, counted and destroyed."""

    remittances = forms.ModelMultipleChoiceField(
        label="Remises dont le papier est détruit",
        queryset=Remittance.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    counted = forms.IntegerField(label="Titres comptés sur la table", min_value=1)
    destroyed_on = DateField(label="Détruits le")
    means = forms.CharField(label="Moyen de destruction", max_length=120, initial="broyage en coupe croisée")
    signed_by = forms.CharField(label="Signataire", max_length=120)
    witnessed_by = forms.CharField(label="Témoin", max_length=120)

    def __init__(self, *args: Any, remittances: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["remittances"].queryset = remittances  # type: ignore[attr-defined]
        self.fields["remittances"].label_from_instance = lambda one: (  # type: ignore[attr-defined]
            f"{one.number}, {one.affiliate.name}, {one.accepted} titres"
        )

    def clean_destroyed_on(self) -> date:
        day: date = self.cleaned_data["destroyed_on"]
        if day > self.today:
            raise forms.ValidationError("Cette date est à venir.")
        return day


class CheckForm(forms.Form):
    """A voucher that someone holds."""

    c = forms.CharField(
        label="Numéro ou code du titre",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Le numéro imprimé suivi des six lettres, ou le code carré lu par une douchette.",
    )


class PlaceForm(forms.Form):
    """Where to look for an affiliate."""

    lieu = forms.CharField(
        label="Commune ou code postal", max_length=60, required=False, help_text="Par exemple Agen, ou 47."
    )
    activite = forms.ChoiceField(
        label="Commerce",
        required=False,
        choices=[
            ("", "Tous"),
            *((code, label) for code, label in ACTIVITIES.items() if may_join(Activity(code))),
        ],
    )


class LossForm(forms.Form):
    """What a bearer lost, told without an account."""

    named = forms.CharField(
        label="Numéro du carnet ou d’un titre",
        max_length=40,
        help_text="Celui du carnet est sur sa couverture et sur le courrier, comme 2026-0014-0015.",
    )
    reason = forms.ChoiceField(
        label="Que s’est-il passé ?",
        choices=[("", "Choisir"), ("LOST", "Je l’ai perdu"), ("STOLEN", "On me l’a volé")],
    )
    lost_on = DateField(label="Quand ?")

    def clean_named(self) -> str:
        try:
            return designated(self.cleaned_data["named"])[1]
        except NotNamed:
            raise forms.ValidationError(
                "Ce n’est ni un numéro de carnet (comme 2026-0014-0015), ni les 15 chiffres d’un titre : relisez-le."
            ) from None

    def clean_lost_on(self) -> Any:
        day = self.cleaned_data["lost_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("Cette date est dans l’avenir.")
        return day
