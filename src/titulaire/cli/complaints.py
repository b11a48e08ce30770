"""`titulaire complaints`: the complaints and their delays."""

from __future__ import annotations

import click
from django.utils import timezone

from titulaire.cli.orders import actor_of, by_person, contract_called, on_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.deadlines.clocks import State
from titulaire.ui.formats import date_short, instant_fr
from titulaire.vouchers.complaints import queries, services
from titulaire.vouchers.complaints.queries import Followed
from titulaire.vouchers.complaints.rules import Channel, Typology
from titulaire.vouchers.complaints.wording import STATES, TYPOLOGIES


@click.group("complaints")
def command() -> None:
    """Les réclamations et leurs délais."""


@command.command("list")
@on_contract
@click.option("--late", is_flag=True, help="Seulement celles dont le délai est passé.")
@as_json
def list_(code: str, late: bool, json_output: bool) -> None:
    """Lister les réclamations, avec leur délai."""
    contract = contract_called(code, json_output=json_output)
    rows = queries.followed(contract, queries.complaints_of(contract), at=timezone.now())
    if late:
        rows = [row for row in rows if row.state is State.LATE]
    if json_output:
        print_json({"contract": code, "complaints": [_document(row) for row in rows]})
        return
    print_table(
        f"Réclamations de {code}",
        ["Numéro", "Reçue", "Nature", "État", "À résoudre le", "Jours ouvrés"],
        [
            (
                row.complaint.number,
                instant_fr(row.complaint.received_at),
                TYPOLOGIES[row.complaint.typology],
                STATES[row.complaint.state].label,
                date_short(row.due_on),
                "—" if row.working_days is None else row.working_days,
            )
            for row in rows
        ],
    )


def _document(row: Followed) -> dict[str, object]:
    complaint = row.complaint
    return {
        "number": complaint.number,
        "channel": complaint.channel,
        "typology": complaint.typology,
        "received_at": complaint.received_at,
        "order": complaint.order.number if complaint.order else None,
        "booklet": complaint.booklet.reference if complaint.booklet else None,
        "state": complaint.state,
        "clock": row.state.value,
        "due_on": row.due_on,
        "rounds": [{"started_at": each.started_at, "solved_at": each.solved_at} for each in row.rounds],
        "working_days": row.working_days,
        "on_time": row.on_time,
        "reissue": complaint.reissue or None,
        "credit_note": complaint.credit_note or None,
        "satisfaction": complaint.satisfaction,
    }


@command.command("open")
@on_contract
@click.option(
    "--channel", type=click.Choice(list(Channel)), default=Channel.MAIL.value, help="Par quelle voie."
)
@click.option("--typology", type=click.Choice(list(Typology)), required=True, help="La nature.")
@click.option("--about", "references", default="", help="Numéros de titres, de carnet ou de commande.")
@click.option("--description", required=True, help="Sans nom de personne.")
@by_person
@as_json
def open_(
    code: str,
    channel: str,
    typology: str,
    references: str,
    description: str,
    email: str | None,
    json_output: bool,
) -> None:
    """Ouvrir une réclamation reçue à l’instant."""
    contract = contract_called(code, json_output=json_output)
    now = timezone.now()
    try:
        about = queries.read_references(contract, references)
    except queries.UnknownReference as unknown:
        refuse(f"« {unknown.text} » n’est rien de ce marché", json_output=json_output)
    complaint = services.open_complaint(
        contract=contract,
        channel=Channel(channel),
        typology=Typology(typology),
        description=description,
        received_at=now,
        about=about,
        actor=actor_of(email, json_output=json_output),
        at=now,
    )
    row = queries.followed(contract, [complaint], at=now)[0]
    if json_output:
        print_json(_document(row))
    else:
        click.echo(
            f"Réclamation {complaint.number} ouverte, à résoudre le {date_short(row.due_on)} au plus tard."
        )


@command.command()
@click.argument("number", metavar="RÉCLAMATION")
@on_contract
@click.option("--answer", required=True, help="La solution, sans nom de personne.")
@click.option("--reissue", default="", help="Référence de la réémission.")
@click.option("--credit-note", default="", help="Numéro de l’avoir.")
@by_person
@as_json
def solve(
    number: str, code: str, answer: str, reissue: str, credit_note: str, email: str | None, json_output: bool
) -> None:
    """Apporter la solution d’une réclamation."""
    contract = contract_called(code, json_output=json_output)
    complaint = queries.complaints_of(contract).filter(number=number).first()
    if complaint is None:
        refuse(f"le marché {code} n’a pas de réclamation {number}", json_output=json_output)
    now = timezone.now()
    try:
        services.answer_complaint(
            complaint=complaint,
            answer=answer,
            reissue=reissue,
            credit_note=credit_note,
            actor=actor_of(email, json_output=json_output),
            at=now,
        )
    except queries.UnknownReference as unknown:
        refuse(f"le marché {code} n’a ni réémission ni avoir « {unknown.text} »", json_output=json_output)
    except services.ComplaintStands as refused:
        refuse(f"la réclamation {number} est {STATES[refused.state].label.lower()}", json_output=json_output)
    row = queries.followed(contract, queries.complaints_of(contract).filter(pk=complaint.pk), at=now)[0]
    if json_output:
        print_json(_document(row))
    else:
        click.echo(f"Réclamation {number} résolue en {row.working_days} jour(s) ouvré(s).")
