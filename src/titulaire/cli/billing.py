"""`titulaire billing`: list invoices, show one, issue a draft."""

from __future__ import annotations

from typing import Any, Never

import click
from django.utils import timezone

from titulaire.billing import queries, services, wording
from titulaire.billing.documents import period_words
from titulaire.billing.models import Document
from titulaire.billing.rules import Standing
from titulaire.cli.options import of_contract
from titulaire.cli.output import as_json, console, print_json, print_table, refuse
from titulaire.identity.models import Contract, User
from titulaire.journal import files
from titulaire.ui.formats import date_short, money


@click.group("billing")
def command() -> None:
    """Les factures et les avoirs d’un marché."""


on_contract = of_contract()


def _refuse(message: str, json_output: bool) -> Never:
    refuse(message, json_output=json_output)
    raise AssertionError


def _contract(code: str, json_output: bool) -> Contract:
    found = Contract.objects.filter(code=code).select_related("buyer", "contractor").first()
    if found is None:
        known = ", ".join(Contract.objects.values_list("code", flat=True)) or "aucun"
        _refuse(f"aucun marché ne porte le code « {code} » (connus : {known}).", json_output)
    return found


def _document(contract: Contract, reference: str, json_output: bool) -> Document:
    found = queries.document_called(contract, reference, queries.BILLERS)
    if found is None:
        _refuse(f"le marché {contract.code} n’a pas de facture ni d’avoir « {reference} ».", json_output)
    return found


def _summary(document: Document) -> dict[str, Any]:
    return {
        "reference": document.reference,
        "number": document.number,
        "kind": document.kind,
        "state": document.standing(on=timezone.localdate()),
        "period_start_on": document.period_start_on,
        "period_end_on": document.period_end_on,
        "issued_on": document.issued_on,
        "due_on": document.due_on,
        "net": document.net,
        "vat": document.vat,
        "gross": document.gross,
        "left": document.left if document.is_issued and document.is_invoice else None,  # type: ignore[attr-defined]
        "corrects": document.corrects.number if document.corrects else None,
        "cause": document.cause or None,
    }


def _whole(document: Document) -> dict[str, Any]:
    lines = document.values()
    return {
        **_summary(document),
        "engagement_number": document.engagement_number,
        "service_code": document.service_code,
        "pdf_sha256": document.pdf_sha256,
        "xml_sha256": document.xml_sha256,
        "lines": [
            {
                "item": line.item,
                "label": line.label,
                "quantity": line.quantity,
                "unit": line.unit,
                "unit_price": line.unit_price,
                "vat_rate": line.vat_rate,
                "exemption": line.exemption,
                "net": line.net,
                "clause": line.clause,
                "source": line.source,
            }
            for line in lines
        ],
        "by_rate": [
            {"rate": each.rate, "base": each.base, "vat": each.vat} for each in document.totals().by_rate
        ],
    }


@command.command("list")
@on_contract
@click.option(
    "--state", type=click.Choice([each.value for each in Standing]), help="Seulement dans cet état."
)
@as_json
def list_(code: str, state: str | None, json_output: bool) -> None:
    """Les factures et les avoirs, brouillons compris."""
    contract = _contract(code, json_output)
    found = queries.documents_of(contract, queries.BILLERS)
    if state:
        found = found.standing(state, on=timezone.localdate())
    documents = list(found)
    if json_output:
        print_json([_summary(document) for document in documents])
        return
    print_table(
        f"Factures et avoirs de {contract.code}",
        ["Référence", "Nature", "Période", "État", "Total TTC", "Échéance"],
        [
            (
                document.reference,
                wording.KINDS[document.kind],
                period_words(document),
                wording.STANDINGS[document.standing(on=timezone.localdate())].label,
                money(document.gross),
                date_short(document.due_on),
            )
            for document in documents
        ],
    )


@command.command("show")
@click.argument("reference", metavar="RÉFÉRENCE")
@on_contract
@click.option("--pdf", type=click.Path(dir_okay=False), help="Écrire le Factur-X (PDF) dans ce fichier.")
@click.option("--xml", type=click.Path(dir_okay=False), help="Écrire le XML seul dans ce fichier.")
@as_json
def show(reference: str, code: str, pdf: str | None, xml: str | None, json_output: bool) -> None:
    """Une facture, ses lignes, ses totaux ; par son numéro, ou « brouillon-N »."""
    contract = _contract(code, json_output)
    document = _document(contract, reference, json_output)
    if (pdf or xml) and not document.is_issued:
        _refuse("un brouillon n’a pas encore de fichier : émettez-le d’abord.", json_output)
    for path, sha256 in ((pdf, document.pdf_sha256), (xml, document.xml_sha256)):
        if path:
            with click.open_file(path, "wb") as file:
                file.write(files.read(sha256, contract=contract.code))
    if json_output:
        print_json(_whole(document))
        return
    print_table(
        f"{wording.KINDS[document.kind]} {document.reference}, {period_words(document)}",
        ["Désignation", "Quantité", "Prix", "TVA", "Montant HT", "Clause"],
        [
            (
                line.label,
                wording.quantity_words(line.quantity, line.unit),
                money(line.unit_price),
                wording.vat_words(line.vat_rate),
                money(line.net),
                line.clause,
            )
            for line in document.values()
        ],
    )
    console.print(
        f"Total HT {money(document.net)}, TVA {money(document.vat)}, TTC {money(document.gross)}. "
        f"{wording.STANDINGS[document.standing(on=timezone.localdate())].label}."
    )


@command.command("issue")
@click.argument("reference", metavar="BROUILLON")
@on_contract
@click.option("--by", "email", metavar="ADRESSE", help="La personne au nom de qui l’acte est fait.")
@as_json
def issue(reference: str, code: str, email: str | None, json_output: bool) -> None:
    """Numéroter un brouillon et le figer ; émis deux fois, il garde son numéro."""
    contract = _contract(code, json_output)
    document = _document(contract, reference, json_output)
    actor = "system:command"
    if email:
        person = User.objects.filter(email__iexact=email, is_active=True).first()
        if person is None:
            _refuse(f"personne n’a de compte à l’adresse « {email} ».", json_output)
        actor = person.actor
    try:
        done = services.issue_invoice(document=document, actor=actor, at=timezone.now())
    except services.NoProfile:
        _refuse("enregistrez d’abord les coordonnées de facturation du marché.", json_output)
    issued = _document(contract, done.document.number, json_output)
    if json_output:
        print_json({**_whole(issued), "already_known": done.already_known})
    else:
        click.echo(
            f"Facture {issued.number} : {money(issued.gross)}, à payer avant le {date_short(issued.due_on)}."
        )
