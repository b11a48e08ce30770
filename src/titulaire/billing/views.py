"""The pages of invoices: list, one document, new draft, issue, credit, payment, who invoices whom."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from titulaire.billing import forms, queries, services, wording
from titulaire.billing.documents import period_short, period_words
from titulaire.billing.models import Document, DocumentQuerySet, Line
from titulaire.billing.queries import BILLERS
from titulaire.billing.rules import DocumentRefused, LineRefused
from titulaire.clauses import clause
from titulaire.clauses.register import clauses_of
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.ui.formats import date_fr, money
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Status, Table

READERS = (Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR, *BILLERS)
MORE_LINES = 3
FIRST_LINES = 3
TYPES = {"pdf": "application/pdf", "xml": "application/xml"}


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form was filled with; None when it is only asked for."""
    return request.POST if request.method == "POST" else None


def _roles(request: HttpRequest) -> frozenset[Role]:
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    return roles


def _actor(request: HttpRequest) -> str:
    return cast(User, request.user).actor


def _document(request: HttpRequest, contract: Contract, reference: str) -> Document:
    found = queries.document_called(contract, reference, _roles(request))
    if found is None:
        raise Http404("no such document")
    return found


def invoice_url(document: Document) -> str:
    return reverse("invoice", args=[document.contract.code, document.reference])


def _standing(document: Document) -> Status:
    return wording.STANDINGS[document.standing(on=timezone.localdate())]


# Reading


@clause("T-2.1.2-avoirs", "S-7.2-commandes")
@reads(*READERS)
def invoices(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every invoice and credit note of the contract, to filter, sort and take away."""
    today, may_bill = timezone.localdate(), bool(set(BILLERS) & _roles(request))
    shown = [each for each in wording.STANDINGS.values() if may_bill or each.code != "DRAFT"]
    table = Table(
        request,
        queries.documents_of(contract, _roles(request)),
        name=f"factures-{contract.code}",
        caption="Factures et avoirs",
        noun="document",
        order="-issued_on",
        columns=[
            Column("number", "Numéro", value=_name, link=invoice_url, sort="number"),
            Column("kind", "Nature", value=lambda each: wording.KINDS[each.kind], sort="kind"),
            Column("period", "Période", value=period_short, html=_nowrap_period, sort="period_start_on"),
            Column("standing", "État", value=_standing, kind="status"),
            Column("net", "Montant HT", kind="money", shown=False),
            Column("vat", "TVA", kind="money", shown=False),
            Column("gross", "Total TTC", kind="money", sort="gross"),
            Column("outside", "Hors chiffre d’affaires", kind="money", shown=False),
            Column("left", "Reste dû", value=_left, kind="money", sort="left"),
            Column("issued_on", "Émise le", kind="date", sort="issued_on"),
            Column("due_on", "Échéance", value=_due_on, kind="date", sort="due_on"),
            Column("corrects", "Facture corrigée", value="corrects.number", shown=False),
            Column(
                "cause",
                "Cause",
                value=lambda each: wording.CAUSES[each.cause] if each.cause else "",
                shown=False,
            ),
            Column("order_reference", "Commande", shown=False),
            Column("engagement_number", "Numéro d’engagement", shown=False),
        ],
        filters=[
            Search("number", "order_reference", "lines__label", label="Numéro ou désignation"),
            Choice(
                "etat",
                "État",
                [(each.code, each.label) for each in shown],
                narrowed_by=lambda rows, code: cast(DocumentQuerySet, rows).standing(code, on=today),
            ),
            Choice(
                "nature",
                "Nature",
                [(str(k), w) for k, w in wording.KINDS.items()],
                field="kind",
                every="Toutes",
            ),
            Period("emise", "Émise", field="issued_on"),
        ],
        empty="Aucune facture pour le moment.",
        empty_action=("Préparer une facture", reverse("invoice_new", args=[contract.code]))
        if may_bill
        else None,
    )
    if table.asked.get("q"):
        table.rows = cast(DocumentQuerySet, table.rows).distinct()
    profile = queries.profile_of(contract)
    return table.response("billing/list.html", {"may_bill": may_bill, "lacks_profile": profile is None})


def _name(document: Document) -> str:
    return document.number or f"Brouillon {document.pk}"


def _due_on(document: Document) -> Any:
    return document.due_on if document.is_invoice else None


def _nowrap_period(document: Document) -> SafeString:
    return format_html('<span class="nowrap">{}</span>', period_short(document))


def _left(document: Document) -> Any:
    return document.left if document.is_issued and document.is_invoice else None  # type: ignore[attr-defined]


def _origin(contract: Contract, document: Document) -> tuple[str, str] | None:
    """The page that the document was drawn from, by the kind that its key begins with, and the words of its link."""
    kind, _, rest = document.request_key.partition(":")
    named, _, _ = rest.partition(":")
    if kind == "ledger" and named:
        return reverse("ledger_month", args=[contract.code, named]), "Ouvrir le registre du mois"
    if kind == "settlement" and named:
        return reverse("credit_note", args=[contract.code, named]), f"Ouvrir le constat de l’avoir {named}"
    return None


@clause("T-2.1.2-avoirs", "S-7.2-commandes", "S-9-penalites")
@reads(*READERS)
def invoice(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """One document: its lines with their clause and source, its totals by rate, its life."""
    document = _document(request, contract, reference)
    table = Table(
        request,
        document.lines.all(),
        name=f"lignes-{document.reference}",
        caption="Lignes",
        noun="ligne",
        columns=[
            Column("label", "Désignation"),
            Column("item", "Prestation", value=lambda line: wording.ITEMS[line.item], shown=False),
            Column("quantity", "Quantité", value=_quantity),
            Column(
                "unit_price",
                "Prix unitaire HT",
                kind="number",
                html=_price,
                value=lambda line: line.as_value().unit_price,
            ),
            Column("vat_rate", "TVA", value=lambda line: wording.vat_words(line.vat_rate)),
            Column("net", "Montant HT", kind="money"),
            Column("clause", "Clause", link=partial(_clause_url, contract)),
            Column("source", "Origine"),
        ],
    )
    if table.export:
        return table.export_response()
    may_bill, issued = bool(set(BILLERS) & _roles(request)), document.is_issued
    left = _left(document)
    return render(
        request,
        "billing/detail.html",
        {
            "document": document,
            "kind": wording.KINDS[document.kind],
            "name": _name(document),
            "standing": _standing(document),
            "period": period_words(document),
            "table": table,
            "figures": _figures(document),
            "facts": _facts(document),
            "origin": _origin(contract, document),
            "events": _events(document),
            "rates": [
                (
                    each,
                    wording.vat_words(each.rate),
                    [wording.EXEMPTIONS[reason] for reason in each.exemptions],
                )
                for each in document.totals().by_rate
            ],
            "notes": document.credit_notes.issued().order_by("number"),
            "may_issue": may_bill and not issued,
            "may_credit": may_bill and issued and document.is_invoice,
            "may_pay": may_bill and left is not None and left > 0,
        },
    )


def _quantity(line: Line) -> str:
    found = line.as_value()
    return wording.quantity_words(found.quantity, found.unit)


def _price(line: Line) -> str:
    return wording.price_words(line.as_value().unit_price)


def _clause_url(contract: Contract, line: Line) -> str | None:
    return reverse("clause", args=[contract.code, line.clause]) if line.clause else None


def _figures(document: Document) -> list[Figure]:
    found = document.totals()
    figures = [
        Figure("Total hors taxes", money(found.net)),
        Figure("TVA", money(found.vat), note="arrondie une fois par taux"),
        Figure("Total toutes taxes", money(found.gross)),
    ]
    if found.outside:
        figures.append(
            Figure("Prestations", money(found.turnover), note=f"hors {money(found.outside)} sans TVA")
        )
    if document.is_issued and document.is_invoice:
        figures.append(
            Figure("Reste dû", money(_left(document)), note=f"échéance le {date_fr(document.due_on)}")
        )
    return figures


def _facts(document: Document) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = [
        ("Période", period_words(document)),
        ("Commande", document.order_reference),
        ("Numéro d’engagement", document.engagement_number),
        ("Code service", document.service_code),
    ]
    if document.corrects is not None:
        cause = wording.CAUSES[document.cause]
        facts += [
            ("Facture corrigée", document.corrects.number),
            ("Cause", cause),
            ("Motif", document.reason),
        ]
    if document.is_issued:
        facts += [
            ("Émise le", date_fr(document.issued_on)),
            ("Empreinte du PDF", _fingerprint(document.pdf_sha256)),
        ]
    return [(label, value) for label, value in facts if value]


def _fingerprint(sha256: str) -> SafeString:
    """In groups, so that a narrow screen can break it; what is copied has no space."""
    groups = ((sha256[at : at + 8],) for at in range(0, len(sha256), 8))
    return format_html("<code>{}</code>", format_html_join(SafeString("<wbr>"), "{}", groups))


def _events(document: Document) -> list[Event]:
    notes = list(document.credit_notes.issued())
    payments = list(document.payments.all())
    names = queries.names_of(
        [document.drafted_by, document.issued_by, *(each.recorded_by for each in payments)]
        + [each.issued_by for each in notes]
    )
    events = [Event(document.drafted_at, "Préparée", actor=names.get(document.drafted_by, ""))]
    if document.issued_at:
        events.append(
            Event(document.issued_at, "Émise", document.number, actor=names.get(document.issued_by, ""))
        )
    events += [
        Event(
            note.issued_at,
            f"Avoir {note.number}",
            f"{wording.CAUSES[note.cause]} : {money(note.gross)}",
            "warn",
            names.get(note.issued_by, ""),
            invoice_url(note),
        )
        for note in notes
    ]
    events += [
        Event(
            each.recorded_at,
            f"{wording.MEANS[each.means]} de {money(each.amount)}",
            f"reçu le {date_fr(each.paid_on)} {each.reference}".strip(),
            "good",
            names.get(each.recorded_by, ""),
        )
        for each in payments
    ]
    return sorted(events, key=lambda event: cast(Any, event.at))


@reads(*READERS)
def invoice_file(request: HttpRequest, contract: Contract, reference: str, extension: str) -> HttpResponse:
    """The PDF (with the XML inside) or the XML alone, as issued."""
    document = _document(request, contract, reference)
    if extension not in TYPES or not document.is_issued:
        raise Http404("no such file")
    sha256 = document.pdf_sha256 if extension == "pdf" else document.xml_sha256
    response = HttpResponse(files.read(sha256, contract=contract.code), content_type=TYPES[extension])
    response["Content-Disposition"] = f'attachment; filename="{document.number}.{extension}"'
    response["Cache-Control"] = "private, no-store"
    return response


# Acting


def _lines(
    request: HttpRequest, contract: Contract, initial: list[dict[str, Any]], *, may_skip: bool = False
) -> forms.BaseLines:
    """The forms of the lines; asked for more of them, what was typed is shown again as it stands."""
    kwargs = {
        "half": contract.kind,
        "may_skip": may_skip,
        "known_clauses": frozenset(one.id for one in clauses_of(contract.code)),
    }
    if request.method != "POST":
        lines = forms.LinesForms(initial=initial, prefix="lignes", form_kwargs=kwargs)
    elif "add_lines" in request.POST:
        lines = forms.LinesForms(initial=_typed(request), prefix="lignes", form_kwargs=kwargs)
    else:
        lines = forms.LinesForms(request.POST, prefix="lignes", form_kwargs=kwargs)
    return cast(forms.BaseLines, lines)


def _typed(request: HttpRequest) -> list[dict[str, Any]]:
    total = request.POST.get("lignes-TOTAL_FORMS", "1")
    count = min(int(total) if total.isdecimal() else 1, forms.MOST_LINES - MORE_LINES)
    names = ("item", *forms.LineForm.base_fields)
    typed = [
        {name: request.POST.get(f"lignes-{place}-{name}", "") for name in names} for place in range(count)
    ]
    return [*typed, *({} for _ in range(MORE_LINES))]


def _asks_more(request: HttpRequest) -> bool:
    return request.method == "POST" and "add_lines" in request.POST


@clause("T-2.5-pochettes", "T-2.6-domicile", "S-7.2-commandes")
@acts(*BILLERS)
def invoice_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Prepare an invoice: its period, its lines. Nothing is owed until it is issued."""
    more = _asks_more(request)
    form = forms.InvoiceForm(initial=request.POST.dict()) if more else forms.InvoiceForm(posted(request))
    lines = _lines(request, contract, [{} for _ in range(FIRST_LINES)])
    # Both are asked, so that every error shows at once.
    if request.method == "POST" and not more and all([form.is_valid(), lines.is_valid()]):
        told = form.cleaned_data
        try:
            done = services.draft_invoice(
                contract=contract,
                start_on=told["start_on"],
                end_on=form.end_on,
                lines=lines.values(),
                request_key=told["request_key"],
                order_reference=told["order_reference"],
                engagement_number=told["engagement_number"],
                service_code=told["service_code"],
                actor=_actor(request),
                at=timezone.now(),
            )
        except LineRefused as refused:
            form.add_error(None, f"Ligne {refused.place} : {wording.LINE_FAULTS[refused.fault]}")
        except DocumentRefused as refused:
            form.add_error(None, wording.document_fault(refused.fault, refused.left))
        except services.KeyReused as refused:
            form.add_error(None, f"Ce formulaire a déjà donné le document {refused.reference}.")
        else:
            messages.success(request, "Facture préparée : relisez-la, puis émettez-la.")
            return redirect(invoice_url(done.document))
    return render(request, "billing/new.html", {"form": form, "lines": lines})


@clause("T-1.1-emission", "S-7.2-commandes")
@acts(*BILLERS)
def invoice_issue(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Number a draft and freeze it."""
    document = _document(request, contract, reference)
    if document.is_issued:
        return redirect(invoice_url(document))
    if queries.profile_of(contract) is None:
        messages.error(request, "Dites d’abord qui facture qui.")
        return redirect(reverse("billing_profile", args=[contract.code]))
    if request.method == "POST":
        done = services.issue_invoice(document=document, actor=_actor(request), at=timezone.now())
        messages.success(request, f"Facture {done.document.number} émise.")
        return redirect(invoice_url(done.document))
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": "Émettre la facture",
            "breadcrumb": _crumbs(contract, document, "Émettre"),
            "consequences": [
                "Elle prend le numéro suivant de l’année, et ne changera plus.",
                "Une erreur se corrigera par un avoir.",
            ],
            "facts": [("Période", period_words(document)), ("Total toutes taxes", money(document.gross))],
            "action_label": "Émettre",
            "cancel_url": invoice_url(document),
            "grave": True,
        },
    )


def _crumbs(contract: Contract, document: Document, last: str) -> list[tuple[str, str | None]]:
    return [
        ("Factures", reverse("invoices", args=[contract.code])),
        (_name(document), invoice_url(document)),
        (last, None),
    ]


@acts(*BILLERS)
def invoice_discard(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Throw a draft away."""
    document = _document(request, contract, reference)
    if document.is_issued:
        messages.error(request, "Une facture émise ne s’abandonne pas : faites un avoir.")
        return redirect(invoice_url(document))
    if request.method == "POST":
        services.discard_draft(document=document, actor=_actor(request), at=timezone.now())
        messages.success(request, "Brouillon abandonné.")
        return redirect(reverse("invoices", args=[contract.code]))
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": "Abandonner le brouillon",
            "breadcrumb": _crumbs(contract, document, "Abandonner"),
            "consequences": ["Aucun numéro n’avait été pris : la suite des factures reste continue."],
            "facts": [("Période", period_words(document)), ("Total toutes taxes", money(document.gross))],
            "action_label": "Abandonner le brouillon",
            "cancel_url": invoice_url(document),
        },
    )


@clause("T-2.1.2-avoirs", "S-9-penalites")
@acts(*BILLERS)
def invoice_credit(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Take back all or part of an issued invoice: its own lines first, to be reduced."""
    document = _document(request, contract, reference)
    if not document.is_issued or not document.is_invoice:
        messages.error(request, "Seule une facture émise reçoit un avoir.")
        return redirect(invoice_url(document))
    more = _asks_more(request)
    form = forms.CreditForm(initial=request.POST.dict()) if more else forms.CreditForm(posted(request))
    lines = _lines(request, contract, forms.as_initial(document.values()), may_skip=True)
    if request.method == "POST" and not more and all([form.is_valid(), lines.is_valid()]):
        try:
            done = services.issue_credit_note(
                invoice=document,
                cause=form.cause_given,
                reason=form.cleaned_data["reason"],
                lines=lines.values(),
                request_key=form.cleaned_data["request_key"],
                actor=_actor(request),
                at=timezone.now(),
            )
        except DocumentRefused as refused:
            form.add_error(None, wording.document_fault(refused.fault, refused.left))
        except services.KeyReused as refused:
            form.add_error(None, f"Ce formulaire a déjà donné l’avoir {refused.reference}.")
        else:
            messages.success(request, f"Avoir {done.document.number} émis.")
            return redirect(invoice_url(done.document))
    return render(
        request,
        "billing/credit.html",
        {"form": form, "lines": lines, "document": document, "left": _creditable(document)},
    )


def _creditable(document: Document) -> Any:
    """What the invoice holds less its credit notes, whether it was paid or not."""
    return document.gross - document.credited  # type: ignore[attr-defined]


@acts(*BILLERS)
def invoice_pay(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Write down what was received for an invoice."""
    document = _document(request, contract, reference)
    left = _left(document)
    if left is None:
        messages.error(request, "Seule une facture émise se paie.")
        return redirect(invoice_url(document))
    form = forms.PaymentForm(posted(request), initial={"amount": left, "paid_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            services.record_payment(
                invoice=document,
                amount=told["amount"],
                paid_on=told["paid_on"],
                means=form.means_given,
                reference=told["reference"],
                request_key=told["request_key"],
                actor=_actor(request),
                at=timezone.now(),
            )
        except services.Overpaid as refused:
            form.add_error("amount", f"Il ne reste que {money(refused.left)} à payer.")
        except services.KeyReused:
            form.add_error(None, "Ce formulaire a déjà enregistré un autre paiement.")
        else:
            messages.success(request, "Paiement enregistré.")
            return redirect(invoice_url(document))
    return render(request, "billing/pay.html", {"form": form, "document": document, "left": left})


@acts(*BILLERS)
def billing_profile(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Who invoices whom, where to pay, what the buyer asks to read."""
    form = forms.ProfileForm(posted(request), profile=queries.profile_of(contract))
    if request.method == "POST" and form.is_valid():
        try:
            services.save_profile(
                contract=contract,
                parties=form.parties(),
                series=form.cleaned_data["series"],
                engagement_number=form.cleaned_data["engagement_number"],
                service_code=form.cleaned_data["service_code"],
                actor=_actor(request),
                at=timezone.now(),
            )
        except services.ProfileRefused as refused:
            form.refuse(refused.faults)
        else:
            messages.success(request, "Coordonnées enregistrées. Les factures déjà émises gardent les leurs.")
            return redirect(reverse("invoices", args=[contract.code]))
    return render(request, "billing/profile.html", {"form": form})
