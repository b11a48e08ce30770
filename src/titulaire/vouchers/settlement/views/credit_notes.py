"""Credit notes: the list, each one with its statement, and the signatures."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from titulaire.billing.rules import DocumentRefused
from titulaire.billing.services import KeyReused
from titulaire.billing.wording import document_fault
from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.ui.formats import instant_fr, money
from titulaire.ui.formats import number as figure
from titulaire.ui.tables import Choice, Column, Period, Search, Status, Table
from titulaire.vouchers.complaints.queries import complaints_of
from titulaire.vouchers.complaints.views import complaint_url
from titulaire.vouchers.orders.queries import actor_names
from titulaire.vouchers.settlement import queries, services
from titulaire.vouchers.settlement.forms import BillForm, CreditNoteForm
from titulaire.vouchers.settlement.letters import credit_note_pdf
from titulaire.vouchers.settlement.models import CreditNote
from titulaire.vouchers.settlement.rules import BILLED_AS, CannotBill, NotBillable
from titulaire.vouchers.settlement.views import READERS
from titulaire.vouchers.settlement.wording import BILLINGS, CAUSES, billing_fault

SIDES = {Role.BUYER_MANAGER: "BUYER", Role.VOUCHER_OPERATOR: "CONTRACTOR"}
STANDINGS = {
    "SETTLED": Status("SETTLED", "Signé des deux parties", "good"),
    "HALF": Status("HALF", "Une signature attendue", "warn"),
    "ISSUED": Status("ISSUED", "À signer", "info"),
}


def standing(note: CreditNote) -> str:
    """The code, in `STANDINGS`, of a credit note."""
    signed = [note.buyer_agreed_at, note.contractor_agreed_at]
    return "SETTLED" if all(signed) else "HALF" if any(signed) else "ISSUED"


def billing_of(note: CreditNote) -> str:
    """The code, in `BILLINGS`, of where a credit note stands with the invoices."""
    if note.cause not in BILLED_AS:
        return "NONE"
    return "BILLED" if note.document_id else "TO_BILL"


def _numbered(contract: Contract, number: str) -> CreditNote:
    found = queries.credit_notes_of(contract).filter(number=number).first()
    if found is None:
        raise Http404("no such credit note")
    return found


@clause("T-2.1.2-avoirs")
@reads(*READERS)
def credit_notes(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every credit note."""
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    may_issue = Role.VOUCHER_OPERATOR in roles
    table = Table(
        request,
        queries.credit_notes_of(contract),
        name=f"avoirs-{contract.code}",
        caption="Avoirs",
        noun="avoir",
        order="-number",
        columns=[
            Column("number", "Numéro", sort="number",
                   link=lambda row: reverse("credit_note", args=[contract.code, row.number])),
            Column("issued_at", "Établi le", kind="instant", sort="issued_at"),
            Column("cause", "Cause", value=lambda row: CAUSES[row.cause], sort="cause"),
            Column("cause_reference", "Référence"),
            Column("label", "Libellé"),
            Column("amount", "Montant", kind="money", sort="amount"),
            Column("standing", "État", value=standing, kind="status", statuses=STANDINGS),
            Column("billing", "Facturation", value=billing_of, kind="status", statuses=BILLINGS),
            Column("document", "Avoir sur facture", value="document.number", link=_document_url, shown=False),
        ],
        filters=[
            Search("number", "label", "cause_reference"),
            Choice("cause", "Cause", list(CAUSES.items()), every="Toutes"),
            Period("etabli", "Établi", field="issued_at", instants=True),
        ],
        empty="Aucun avoir.",
        empty_action=("Établir un avoir", reverse("credit_note_new", args=[contract.code])) if may_issue else None,
    )  # fmt: skip
    return table.response("settlement/credit_notes.html", {"may_issue": may_issue})


def _document_url(note: CreditNote) -> str | None:
    return reverse("invoice", args=[note.contract.code, note.document.number]) if note.document else None


def _billed(note: CreditNote) -> list[tuple[str, str]]:
    """The credit note of the invoices that pays it, and the invoice that it corrects."""
    if note.document is None or note.document.corrects is None:
        return []
    corrected = note.document.corrects
    return [
        (
            "Sur facture",
            format_html(
                '<a href="{}">avoir {}</a>, sur la facture <a href="{}">{}</a>',
                _document_url(note),
                note.document.number,
                reverse("invoice", args=[note.contract.code, corrected.number]),
                corrected.number,
            ),
        )
    ]


def _complaints(contract: Contract, note: CreditNote) -> list[tuple[str, str]]:
    """The complaints that this credit note answers: its cause, or those whose answer names it."""
    answered = Q(credit_note=note.number)
    if note.cause == "COMPLAINT":
        answered |= Q(number=note.cause_reference)
    links = format_html_join(
        ", ",
        '<a href="{}">{}</a>',
        ((complaint_url(each), each.number) for each in complaints_of(contract).filter(answered)),
    )
    return [("Réclamations", links)] if links else []


@clause("T-2.1.2-avoirs")
@reads(*READERS)
def credit_note(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """One credit note and its statement."""
    note = _numbered(contract, number)
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    names = actor_names([note.issued_by, note.buyer_agreed_by, note.contractor_agreed_by])

    def signed(side: str) -> str:
        at, by = getattr(note, f"{side}_agreed_at"), getattr(note, f"{side}_agreed_by")
        return f"signé le {instant_fr(at)} par {names.get(by, by)}" if at else "signature attendue"

    return render(
        request,
        "settlement/credit_note.html",
        {
            "note": note,
            "standing": STANDINGS[standing(note)],
            "billing": BILLINGS[billing_of(note)],
            "facts": [
                ("Montant", money(note.amount)),
                ("Libellé", note.label),
                ("Cause", f"{CAUSES[note.cause]}, {note.cause_reference}"),
                ("Titres", figure(note.vouchers)),
                (
                    "Établi",
                    f"le {instant_fr(note.issued_at)} par {names.get(note.issued_by, note.issued_by)}",
                ),
                *_complaints(contract, note),
                *_billed(note),
                (contract.buyer.name, signed("buyer")),
                (contract.contractor.name, signed("contractor")),
            ],
            "may_bill": Role.VOUCHER_OPERATOR in roles and billing_of(note) == "TO_BILL",
            "may_sign": any(
                role in roles and getattr(note, f"{side.lower()}_agreed_at") is None
                for role, side in SIDES.items()
            ),
        },
    )


@clause("T-2.1.2-avoirs")
@reads(*READERS)
def credit_note_file(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The credit note as a PDF."""
    response = HttpResponse(credit_note_pdf(_numbered(contract, number)), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="avoir-{number}.pdf"'
    return response


@clause("T-2.1.2-avoirs")
@acts(Role.VOUCHER_OPERATOR)
def credit_note_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Issue a credit note."""
    form = CreditNoteForm(
        request.POST or None, contract=contract, initial={"cause_reference": request.GET.get("sur", "")}
    )
    if request.method == "POST" and form.is_valid():
        note = services.issue_credit_note(
            contract=contract, actor=cast(User, request.user).actor, at=timezone.now(), **form.cleaned_data
        )
        messages.success(request, f"Avoir {note.number} établi : chaque partie en signe le constat.")
        return redirect("credit_note", contract=contract.code, number=note.number)
    return render(
        request,
        "settlement/form.html",
        {
            "form": form,
            "heading": "Établir un avoir",
            "lead": "Il prend le numéro suivant et ne s’efface pas.",
            "action_label": "Établir l’avoir",
            "cancel_url": reverse("credit_notes", args=[contract.code]),
        },
    )


@clause("T-2.1.2-avoirs")
@acts(Role.VOUCHER_OPERATOR)
def credit_note_bill(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Take a credit note off the invoice that it corrects."""
    note = _numbered(contract, number)
    page = reverse("credit_note", args=[contract.code, number])
    if note.document is not None:
        messages.info(request, f"L’avoir {number} est déjà sur facture : {note.document.number}.")
        return redirect(page)
    if note.cause not in BILLED_AS:
        messages.error(request, billing_fault(NotBillable(number, note.cause)))
        return redirect(page)
    form = BillForm(request.POST or None, note=note)
    if request.method == "POST" and form.is_valid():
        invoice, place = form.chosen
        try:
            done = services.bill_credit_note(
                note=note,
                invoice=invoice,
                place=place,
                actor=cast(User, request.user).actor,
                at=timezone.now(),
            )
        except CannotBill as fault:
            form.add_error("line", billing_fault(fault))
        except DocumentRefused as fault:
            form.add_error("line", document_fault(fault.fault, fault.left))
        except KeyReused as fault:
            form.add_error(None, f"L’avoir {number} est déjà sur facture : {fault.reference}.")
        else:
            messages.success(
                request, f"Avoir {done.document.number} émis sur la facture {invoice.number}, pour {number}."
            )
            return redirect(page)
    return render(request, "settlement/bill.html", {"form": form, "note": note})


@clause("T-2.1.2-avoirs")
@acts(Role.BUYER_MANAGER, Role.VOUCHER_OPERATOR)
def credit_note_sign(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Sign the statement for one's own side."""
    note = _numbered(contract, number)
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    page = reverse("credit_note", args=[contract.code, number])
    side = next(
        (
            side
            for role, side in SIDES.items()
            if role in roles and getattr(note, f"{side.lower()}_agreed_at") is None
        ),
        "",
    )
    if request.method == "POST":
        if not side:
            messages.info(request, "Votre partie a déjà signé ce constat.")
            return redirect(page)
        try:
            services.agree_credit_note(
                note=note, side=side, actor=cast(User, request.user).actor, at=timezone.now()
            )
        except services.AlreadyAgreed:
            messages.info(request, "Votre partie a déjà signé ce constat.")
        else:
            messages.success(request, f"Constat de l’avoir {number} signé.")
        return redirect(page)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"Signer le constat de l’avoir {number}",
            "grave": True,
            "consequences": [
                "Votre partie reconnaît la cause et le montant ; la date de la signature est portée."
            ],
            "facts": [("Montant", money(note.amount)), ("Libellé", note.label)],
            "action_label": "Signer",
            "cancel_url": page,
        },
    )
