"""`titulaire governance`: whom to call, what the buyer was told, the contractor's papers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from django.utils import timezone

from titulaire.cli.options import (
    Code,
    a_file,
    actor_for,
    answered,
    by_person,
    contract_called,
    of_contract,
    person_for,
)
from titulaire.cli.output import as_json, console, print_json, print_table, refuse
from titulaire.governance import queries, services
from titulaire.governance.forms import ContactForm, EndForm, NoticeForm, PaperForm
from titulaire.governance.models import Contact, Evidence, Notice
from titulaire.governance.queries import Paper
from titulaire.governance.rules import Change, EvidenceKind, Matter
from titulaire.governance.views import CONTRACTOR
from titulaire.governance.views.contacts import STATES, state_of
from titulaire.governance.views.papers import KEEPERS
from titulaire.governance.wording import CHANGES, MATTERS, PAPERS, VALIDITIES
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.ui.formats import date_fr, date_short, instant_short, list_fr

on_contract = of_contract()
BUYERS = (Role.BUYER_MANAGER, Role.BUYER_READER)


@click.group("governance")
def command() -> None:
    """Les interlocuteurs, les informations adressées à l’acheteur, les justificatifs du Titulaire."""


# Contacts


@command.group("contacts")
def contacts() -> None:
    """Les interlocuteurs du Titulaire, domaine par domaine."""


@contacts.command("list")
@on_contract
@as_json
def list_contacts(code: str, json_output: bool) -> None:
    """Les interlocuteurs, présents et passés, et les domaines que personne ne tient."""
    contract = contract_called(code, json_output=json_output)
    today = timezone.localdate()
    found = list(queries.contacts_of(contract))
    gaps = queries.contact_gaps(contract, on=today)
    if json_output:
        print_json({"contract": code, "contacts": [_contact(one) for one in found], "missing": gaps})
        return
    print_table(
        f"Interlocuteurs de {contract}",
        ("N°", "Domaine", "Nom", "Fonction", "Téléphone", "Courriel", "Depuis", "État"),
        [
            (
                one.pk,
                MATTERS[one.matter],
                one.name,
                one.post,
                one.phone,
                one.email,
                date_short(one.since),
                STATES[state_of(one, today)].label,
            )
            for one in found
        ],
    )
    if gaps:
        console.print(f"Personne pour : {list_fr([MATTERS[gap].lower() for gap in gaps])}.")


@contacts.command("name")
@click.argument("name", metavar="NOM")
@on_contract
@click.option("--matter", type=Code([each.value for each in Matter]), required=True, help="Le domaine.")
@click.option("--phone", required=True, help="Téléphone.")
@click.option("--email", "address", required=True, help="Courriel.")
@click.option("--post", help="Fonction.")
@click.option("--since", metavar="JOUR", help="Premier jour ; aujourd’hui sinon.")
@click.option("--replaces", type=int, metavar="N°", help="L’interlocuteur qui cesse ce jour-là.")
@by_person
@as_json
def name_contact(
    name: str,
    code: str,
    matter: str,
    phone: str,
    address: str,
    post: str | None,
    since: str | None,
    replaces: int | None,
    email: str | None,
    json_output: bool,
) -> None:
    """Désigner un interlocuteur : l’acheteur le voit aussitôt."""
    contract = contract_called(code, json_output=json_output)
    form = answered(
        ContactForm,
        {
            "matter": matter,
            "name": name,
            "post": post,
            "phone": phone,
            "email": address,
            "since": since or timezone.localdate(),
            "replaces": replaces,
        },
        json_output=json_output,
        in_force=list(queries.contacts_of(contract).filter(until__isnull=True)),
    )
    given = dict(form.cleaned_data)
    made = services.name_contact(
        contract=contract,
        matter=Matter(given.pop("matter")),
        actor=actor_for(contract, email, CONTRACTOR, json_output=json_output),
        at=timezone.now(),
        **given,
    )
    _tell(
        contract, _contact(made), f"{made.name} est désigné à partir du {date_fr(made.since)}.", json_output
    )


@contacts.command("end")
@click.argument("number", metavar="N°", type=int)
@on_contract
@click.option("--on", metavar="JOUR", help="Ne répond plus à partir de ce jour ; aujourd’hui sinon.")
@by_person
@as_json
def end_contact(number: int, code: str, on: str | None, email: str | None, json_output: bool) -> None:
    """Dire de quel jour un interlocuteur ne répond plus."""
    contract = contract_called(code, json_output=json_output)
    found = queries.contacts_of(contract).filter(pk=number).first()
    if found is None:
        refuse(f"aucun interlocuteur n° {number} (governance contacts list).", json_output=json_output)
    form = answered(EndForm, {"on": on or timezone.localdate()}, json_output=json_output)
    try:
        ended = services.end_contact(
            contact=found,
            on=form.cleaned_data["on"],
            actor=actor_for(contract, email, CONTRACTOR, json_output=json_output),
            at=timezone.now(),
        )
    except services.EndsBeforeItStarts as early:
        refuse(f"donnez un jour après le {date_fr(early.since)}, son premier jour.", json_output=json_output)
    except services.AlreadyDone:
        refuse(f"{found.name} avait déjà cessé : rien n’a changé.", json_output=json_output)
    _tell(
        contract,
        _contact(ended),
        f"{ended.name} ne répond plus à partir du {date_fr(ended.until)}.",
        json_output,
    )


def _contact(one: Contact) -> dict[str, Any]:
    return {
        "number": one.pk,
        "matter": one.matter,
        "name": one.name,
        "post": one.post,
        "phone": one.phone,
        "email": one.email,
        "since": one.since,
        "until": one.until,
        "state": state_of(one, timezone.localdate()),
    }


# Notices


@command.group("notices")
def notices() -> None:
    """Les informations adressées à l’acheteur, et qui les a lues."""


@notices.command("list")
@on_contract
@as_json
def list_notices(code: str, json_output: bool) -> None:
    """Les informations et leurs lectures."""
    contract = contract_called(code, json_output=json_output)
    rows = [_notice(one) for one in queries.notices_of(contract)]
    if json_output:
        print_json({"contract": code, "notices": rows})
        return
    print_table(
        f"Informations de {contract}",
        ("Numéro", "Adressée le", "Ce qui change", "Objet", "Prend effet le", "Lectures"),
        [
            (
                one["number"],
                instant_short(one["sent_at"]),
                CHANGES[one["change"]],
                one["title"],
                date_short(one["effective_on"]),
                f"{one['read']} sur {one['sent']}",
            )
            for one in rows
        ],
    )


@notices.command("send")
@click.argument("title", metavar="OBJET")
@on_contract
@click.option("--change", type=Code([each.value for each in Change]), required=True, help="Ce qui change.")
@click.option("--text", required=True, help="Ce qui change, depuis quand, ce que l’acheteur doit faire.")
@click.option("--effective-on", metavar="JOUR", help="Prend effet ce jour.")
@click.option("--document", type=a_file, help="Un document joint.")
@click.option(
    "--to",
    "to",
    multiple=True,
    metavar="ADRESSE",
    help="Un destinataire (répétable) ; tout l’acheteur sinon.",
)
@by_person
@as_json
def send_notice(
    title: str,
    code: str,
    change: str,
    text: str,
    effective_on: str | None,
    document: Path | None,
    to: tuple[str, ...],
    email: str | None,
    json_output: bool,
) -> None:
    """Adresser une information à l’acheteur : par courriel, numérotée, avec son document."""
    contract = contract_called(code, json_output=json_output)
    people = services.may_be_informed(contract, on=timezone.localdate())
    known = {one.email.lower(): one for one in people}
    if not people:
        refuse(
            f"personne ne tient un rôle de l’acheteur sur {code} (identity grant).", json_output=json_output
        )
    if unknown := [one for one in to if one.lower() not in known]:
        refuse(
            f"{', '.join(unknown)} : pas de rôle de l’acheteur sur {code} (connus : {', '.join(sorted(known))}).",
            json_output=json_output,
        )
    chosen = [known[one.lower()] for one in to] or people
    form = answered(
        NoticeForm,
        {
            "change": change,
            "title": title,
            "text": text,
            "effective_on": effective_on,
            "recipients": [one.pk for one in chosen],
        },
        {"document": document},
        json_output=json_output,
        people=people,
    )
    made = services.send_notice(
        contract=contract,
        actor=actor_for(contract, email, CONTRACTOR, json_output=json_output),
        at=timezone.now(),
        **form.given(),
    )
    _tell(
        contract,
        _notice(queries.notices_of(contract).get(pk=made.pk)),
        f"Information {made.number} adressée à {', '.join(one.email for one in chosen)}.",
        json_output,
    )


@notices.command("read")
@click.argument("number", metavar="NUMÉRO")
@on_contract
@by_person
@as_json
def read_notice(number: str, code: str, email: str | None, json_output: bool) -> None:
    """Un destinataire (--by) dit avoir lu une information."""
    contract = contract_called(code, json_output=json_output)
    found = queries.notices_of(contract).filter(number=number).first()
    if found is None:
        refuse(f"aucune information « {number} » (governance notices list).", json_output=json_output)
    person = person_for(contract, email, BUYERS, json_output=json_output)
    try:
        services.acknowledge_notice(notice=found, user=person, at=timezone.now())
    except services.NotARecipient:
        refuse(
            f"cette information n’était pas adressée à {email} : rien n’a changé.", json_output=json_output
        )
    _tell(
        contract,
        _notice(queries.notices_of(contract).get(pk=found.pk)),
        f"Lecture de l’information {number} enregistrée.",
        json_output,
    )


def _notice(one: Notice) -> dict[str, Any]:
    return {
        "number": one.number,
        "sent_at": one.sent_at,
        "change": one.change,
        "title": one.title,
        "text": one.text,
        "effective_on": one.effective_on,
        "sent": one.sent_count,  # type: ignore[attr-defined]
        "read": one.read_count,  # type: ignore[attr-defined]
        "reminded_at": one.reminded_at,
    }


# Papers


@command.group("papers")
def papers() -> None:
    """Les justificatifs du Titulaire, et leur fin."""


@papers.command("list")
@on_contract
@as_json
def list_papers(code: str, json_output: bool) -> None:
    """Les pièces, leur fin de validité, et celles qui manquent."""
    contract = contract_called(code, json_output=json_output)
    rows = queries.papers_of(contract, on=timezone.localdate())
    missing = queries.papers_missing(rows)
    if json_output:
        print_json({"contract": code, "papers": [_paper(row) for row in rows], "missing": missing})
        return
    print_table(
        f"Justificatifs de {contract}",
        ("N°", "Pièce", "Nature", "Délivrée le", "Valable jusqu’au", "État", "Empreinte"),
        [
            (
                row.evidence.pk,
                row.evidence.title,
                PAPERS[row.evidence.kind],
                date_short(row.evidence.issued_on),
                date_short(row.evidence.last_on),
                VALIDITIES[row.validity.value].label,
                f"{row.evidence.sha256[:12]}…",
            )
            for row in rows
        ],
    )
    if missing:
        console.print(f"Manquent : {list_fr([PAPERS[kind.value] for kind in missing])}.")


@papers.command("keep")
@click.argument("document", metavar="FICHIER", type=a_file)
@on_contract
@click.option("--kind", type=Code([each.value for each in EvidenceKind]), required=True, help="La nature.")
@click.option("--title", required=True, help="L’intitulé.")
@click.option("--issuer", help="Délivrée par.")
@click.option("--issued-on", metavar="JOUR", required=True, help="Délivrée le.")
@click.option(
    "--last-on", metavar="JOUR", help="Dernier jour de validité ; celui de la loi sinon, s’il y en a un."
)
@click.option("--replaces", type=int, metavar="N°", help="La pièce qu’elle renouvelle.")
@by_person
@as_json
def keep_paper(
    document: Path,
    code: str,
    kind: str,
    title: str,
    issuer: str | None,
    issued_on: str,
    last_on: str | None,
    replaces: int | None,
    email: str | None,
    json_output: bool,
) -> None:
    """Déposer une pièce, ou celle qui en renouvelle une autre."""
    contract = contract_called(code, json_output=json_output)
    form = answered(
        PaperForm,
        {
            "kind": kind,
            "title": title,
            "issuer": issuer,
            "issued_on": issued_on,
            "last_on": last_on,
            "replaces": replaces,
        },
        {"document": document},
        json_output=json_output,
        renewable=list(Evidence.objects.filter(contract=contract, replaced_by_paper__isnull=True)),
    )
    try:
        made = services.keep_evidence(
            contract=contract,
            actor=actor_for(contract, email, KEEPERS, json_output=json_output),
            at=timezone.now(),
            **form.given(),
        )
    except services.AlreadyReplaced:
        refuse("cette pièce vient d’être renouvelée par une autre.", json_output=json_output)
    except services.ImpossibleInstant as wrong:
        refuse(
            f"avec le {date_fr(wrong.given)} comme dernier jour, la pièce finirait avant d’être délivrée.",
            json_output=json_output,
        )
    (row,) = [
        each for each in queries.papers_of(contract, on=timezone.localdate()) if each.evidence.pk == made.pk
    ]
    until = f", valable jusqu’au {date_fr(made.last_on)}" if made.last_on else ", sans fin"
    _tell(contract, _paper(row), f"« {made.title} » déposée{until}.", json_output)


def _paper(row: Paper) -> dict[str, Any]:
    one = row.evidence
    return {
        "number": one.pk,
        "kind": one.kind,
        "title": one.title,
        "issuer": one.issuer,
        "issued_on": one.issued_on,
        "last_on": one.last_on,
        "validity": row.validity.value,
        "file": one.file_name,
        "sha256": one.sha256,
        "replaced_by": row.replaced_by.pk if row.replaced_by else None,
    }


def _tell(contract: Contract, told: dict[str, Any], said: str, json_output: bool) -> None:
    if json_output:
        print_json({"contract": contract.code, **told})
    else:
        click.echo(said)
