"""What print jobs are made with: paper and its evidence, the letter, the imprint, adverts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.ui.formats import date_fr
from titulaire.ui.tables import Choice, Column, Search, Status, Table
from titulaire.vouchers.answers import (
    OPERATOR,
    READERS,
    actor,
    attachment,
    file_answer,
    names_of,
    operates,
    who,
)
from titulaire.vouchers.issuing import wording
from titulaire.vouchers.issuing.composition import NothingToPrintWith
from titulaire.vouchers.issuing.forms import AdvertForm, ImprintForm, LetterForm, PaperForm
from titulaire.vouchers.issuing.materials import (
    LETTER_TEXTS,
    LetterTooLong,
    PaperKnown,
    PaperRefused,
    end_advert,
    record_paper,
    sample_letter,
    save_advert,
    save_imprint,
    save_letter,
)
from titulaire.vouchers.issuing.models import AdvertPage, Imprint, Letter, PaperBatch
from titulaire.vouchers.issuing.printing.typesetting import TypesettingFailed

VALID = Status("VALID", "Valable", "good")
SOON = Status("SOON", "Expire dans le mois", "warn")
EXPIRED = Status("EXPIRED", "Expiré", "bad")
EVIDENCE_TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg"}


# Paper


@reads(*READERS)
@clause("T-2.4-papier-durable")
def paper_batches(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The batches of paper and what proves that they are what the contract asks."""
    today = timezone.localdate()

    def validity(paper: PaperBatch) -> Status:
        left = (paper.evidence_expires_on - today).days
        return EXPIRED if left < 0 else SOON if left < 31 else VALID

    table = Table(
        request,
        PaperBatch.objects.filter(contract=contract).select_related("contract"),
        caption="Papiers et encres",
        name=f"papiers-{contract.code}",
        noun="lot de papier",
        plural="lots de papier",
        order="-recorded_at",
        columns=[
            Column("reference", "Lot", sort="reference"),
            Column("supplier", "Papetier", sort="supplier"),
            Column("fibre", "Fibres", value=lambda paper: wording.FIBRES[paper.fibre]),
            Column(
                "certified_percent",
                "Part",
                value=lambda paper: f"{paper.certified_percent}\u00a0%",
                sort="certified_percent",
            ),
            Column("label", "Label"),
            Column(
                "bleaching",
                "Blanchiment",
                value=lambda paper: wording.BLEACHINGS[paper.bleaching],
                shown=False,
            ),
            Column("ink", "Encre", value=lambda paper: wording.INKS[paper.ink]),
            Column("ink_justification", "Justification de l’encre", shown=False),
            Column("validity", "Justificatif", value=validity, kind="status"),
            Column("evidence_expires_on", "Jusqu’au", kind="date", sort="evidence_expires_on"),
            Column(
                "evidence_name",
                "Document",
                link=lambda paper: reverse("paper_evidence", args=[contract.code, paper.pk]),
            ),
            Column("evidence_sha256", "SHA-256 du justificatif", shown=False),
            Column("recorded_at", "Enregistré le", kind="date", sort="recorded_at"),
        ],
        filters=[
            Search("reference", "supplier", "label"),
            Choice("fibres", "Fibres", list(wording.FIBRES.items()), field="fibre", every="Toutes"),
        ],
        empty="Aucun papier enregistré : il en faut un, avec son justificatif, pour donner un lot à l’imprimeur.",
        empty_action=("Enregistrer un papier", reverse("paper_new", args=[contract.code]))
        if operates(request)
        else None,
    )
    return table.response(
        "issuing/papers.html", {"heading": "Papiers et encres", "may_act": operates(request)}
    )


@acts(OPERATOR)
@clause("T-2.4-papier-durable")
def paper_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Record a batch of paper with its evidence."""
    form = PaperForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        answers = dict(form.cleaned_data)
        evidence = answers.pop("evidence")
        try:
            paper = record_paper(
                contract=contract,
                evidence=evidence.read(),
                evidence_name=evidence.name[-255:],
                actor=actor(request),
                at=timezone.now(),
                **answers,
            )
        except PaperRefused as refused:
            form.refused(refused.rule)
        except PaperKnown:
            form.add_error(
                "reference", "Ce lot est déjà enregistré : vérifiez sa référence, ou servez-vous de lui."
            )
        else:
            messages.success(request, f"Papier {paper.reference} enregistré avec son justificatif.")
            return redirect("paper_batches", contract=contract.code)
    return render(request, "issuing/paper_new.html", {"heading": "Enregistrer un papier", "form": form})


@reads(*READERS)
def paper_evidence(request: HttpRequest, contract: Contract, paper: int) -> HttpResponse:
    """What proves a batch of paper."""
    found = get_object_or_404(PaperBatch, contract=contract, pk=paper)
    extension = found.evidence_name.rpartition(".")[2].lower()
    kind = EVIDENCE_TYPES.get(extension, "application/octet-stream")
    name = f"justificatif-{found.pk}.{extension if extension in EVIDENCE_TYPES else 'bin'}"
    return file_answer(request, contract, found.evidence_sha256, name, kind)


# Letter


@reads(*READERS)
@clause("T-2.6-domicile", "T-2.4-publicite")
def letters(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The letter in force and its history, the imprint, the adverts."""
    names = names_of(contract)
    history = list(Letter.objects.filter(contract=contract))
    today = timezone.localdate()
    imprint = Imprint.objects.filter(contract=contract).first()
    may_write = operates(request) or Role.BUYER_MANAGER in getattr(request, "roles", frozenset())
    context = {
        "heading": "Courrier et publicité",
        "letter": history[0] if history else None,
        "history": [
            (letter, wording.WRITERS[letter.written_by], who(names, letter.saved_by))
            for letter in history[1:]
        ],
        "written_by": wording.WRITERS[history[0].written_by] if history else "",
        "imprint": imprint,
        "imprint_facts": [
            (str(field.label), getattr(imprint, name)) for name, field in ImprintForm().fields.items()
        ]
        if imprint
        else [],
        "adverts": [
            (
                page,
                _advert_status(page.since <= today, page.until is not None and page.until <= today),
                wording.SIDES[page.side],
            )
            for page in AdvertPage.objects.filter(contract=contract).order_by("-since", "pk")
        ],
        "may_act": operates(request),
        "may_write": may_write,
    }
    return render(request, "issuing/letters.html", context)


def _advert_status(started: bool, ended: bool) -> Status:
    if ended:
        return Status("ENDED", "Retirée", "calm")
    return Status("PRINTED", "Imprimée", "good") if started else Status("COMING", "À venir", "info")


@reads(*READERS)
def letter_version(request: HttpRequest, contract: Contract, version: int) -> HttpResponse:
    """A version of the letter, in its own words."""
    letter = get_object_or_404(Letter, contract=contract, version=version)
    context = {
        "heading": f"Courrier, version {version}",
        "letter": letter,
        "written_by": wording.WRITERS[letter.written_by],
        "by": who(names_of(contract), letter.saved_by),
    }
    return render(request, "issuing/letter_version.html", context)


@reads(*READERS)
def letter_preview(request: HttpRequest, contract: Contract, version: int) -> HttpResponse:
    """A version of the letter as an invented beneficiary would get it."""
    letter = get_object_or_404(Letter, contract=contract, version=version)
    texts = {name: getattr(letter, name) for name in LETTER_TEXTS}
    try:
        content = sample_letter(contract=contract, texts=texts, on=timezone.localdate())
    except (NothingToPrintWith, LetterTooLong, TypesettingFailed) as fault:
        raise Http404("no picture of this letter") from fault
    return attachment(content, f"courrier-{version}.pdf", "application/pdf", inline=True)


@acts(OPERATOR, Role.BUYER_MANAGER)
@clause("T-2.6-domicile")
def letter_edit(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Write the letter, look at it filled, save it: the buyer's when the buyer writes it."""
    last = Letter.objects.filter(contract=contract).first()
    initial = {name: getattr(last, name) for name in LETTER_TEXTS} if last else {}
    form = LetterForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        sample = _sample(contract, form)
        if sample is not None and "preview" in request.POST:
            return attachment(sample, "courrier-apercu.pdf", "application/pdf", inline=True)
        if not form.errors and "preview" not in request.POST:
            letter = save_letter(
                contract=contract,
                written_by="ISSUER" if operates(request) else "BUYER",
                texts=form.texts,
                actor=actor(request),
                at=timezone.now(),
            )
            same = last is not None and letter.pk == last.pk
            said = (
                "inchangé : rien à enregistrer"
                if same
                else "enregistré ; les impressions déjà faites gardent le leur"
            )
            messages.success(request, f"Courrier {said} (version {letter.version}).")
            return redirect("letters", contract=contract.code)
    context = {
        "heading": "Modifier le courrier" if last else "Écrire le courrier",
        "form": form,
        "placeholders": wording.PLACEHOLDER_MEANINGS.items(),
        "as_buyer": not operates(request),
    }
    return render(request, "issuing/letter_edit.html", context)


def _sample(contract: Contract, form: LetterForm) -> bytes | None:
    """The letter filled, or None with the reason told in the form; a contract without imprint shows nothing."""
    try:
        return sample_letter(contract=contract, texts=form.texts, on=timezone.localdate())
    except LetterTooLong as long:
        form.add_error(
            "body",
            f"Rempli, le courrier prend {long.pages} pages : raccourcissez-le pour qu’il tienne sur une.",
        )
    except TypesettingFailed as failed:
        form.add_error("body", f"Le courrier ne se compose pas : {' ; '.join(failed.messages)}")
    except NothingToPrintWith:
        if "preview" in form.data:
            form.add_error(
                None,
                "Saisissez d’abord les noms et adresses imprimés : le courrier porte ceux de l’organisme.",
            )
    return None


# Imprint and adverts


@acts(OPERATOR)
@clause("T-2.4-mentions")
def imprint_edit(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What every voucher says of its parties: a new version, for the prints to come."""
    last = Imprint.objects.filter(contract=contract).first()
    initial = {name: getattr(last, name) for name in ImprintForm.base_fields} if last else {}
    form = ImprintForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        imprint = save_imprint(
            contract=contract, actor=actor(request), at=timezone.now(), **form.cleaned_data
        )
        messages.success(request, f"Noms et adresses imprimés : version {imprint.version}.")
        return redirect("letters", contract=contract.code)
    return _form_page(request, contract, "Noms et adresses imprimés", form)


@acts(OPERATOR)
@clause("T-2.4-publicite", "T-1.1-avantages")
def advert_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Add a page of advantages or advertising."""
    form = AdvertForm(request.POST or None, initial={"since": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        save_advert(contract=contract, actor=actor(request), at=timezone.now(), **form.cleaned_data)
        messages.success(request, f"Page « {form.cleaned_data['title']} » ajoutée.")
        return redirect("letters", contract=contract.code)
    return _form_page(request, contract, "Ajouter une page au carnet", form)


def _form_page(request: HttpRequest, contract: Contract, heading: str, form: Form) -> HttpResponse:
    context: dict[str, Any] = {"heading": heading, "form": form}
    return render(request, "issuing/material_form.html", context)


@acts(OPERATOR)
def advert_end(request: HttpRequest, contract: Contract, advert: int) -> HttpResponse:
    """Stop printing a page, from today on."""
    page = get_object_or_404(AdvertPage, contract=contract, pk=advert)
    if request.method == "POST":
        end_advert(page=page, on=timezone.localdate(), actor=actor(request), at=timezone.now())
        messages.success(request, f"La page « {page.title} » ne sera plus imprimée.")
        return redirect("letters", contract=contract.code)
    context = {
        "heading": f"Retirer la page « {page.title} »",
        "consequences": [
            "Les carnets fabriqués à partir d’aujourd’hui ne la portent plus.",
            "Les carnets déjà imprimés ne changent pas.",
        ],
        "facts": [("Place", wording.SIDES[page.side]), ("Imprimée depuis le", date_fr(page.since))],
        "breadcrumb": [
            ("Courrier et publicité", reverse("letters", args=[contract.code])),
            ("Retirer une page", None),
        ],
        "action_label": "Retirer cette page",
        "cancel_url": reverse("letters", args=[contract.code]),
    }
    return render(request, "ui/confirm.html", context)
