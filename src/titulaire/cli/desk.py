"""`titulaire desk`: contacts taken and qualified, as on the advisers' page."""

from __future__ import annotations

from datetime import datetime

import click
from django.utils import timezone

from titulaire.cli.options import actor_for, of_contract, support_contract
from titulaire.cli.orders import by_person
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.support.desk import queries, services
from titulaire.support.desk.models import Contact
from titulaire.support.desk.rules import Outcome, Qualification
from titulaire.support.desk.views import TAKERS
from titulaire.support.desk.wording import ACT_STATES, FAULTS, KINDS, OUTCOMES, SENT, STATES, TICKET_STATES
from titulaire.ui.formats import instant_short

on_contract = of_contract("SUPPORT")


@click.group("desk")
def command() -> None:
    """Le bureau des conseillers : prendre un contact, le qualifier, voir ce qui attend."""


@command.command("list")
@on_contract
@click.option("--waiting", is_flag=True, help="Seulement ceux qui restent à qualifier.")
@click.option("--adviser", help="Seulement ceux de ce matricule.")
@as_json
def list_(code: str, waiting: bool, adviser: str | None, json_output: bool) -> None:
    """Les contacts, le dernier d’abord."""
    contract = support_contract(code, json_output=json_output)
    found = queries.contacts_of(contract)
    if waiting:
        found = found.waiting()
    if adviser:
        found = found.filter(adviser=adviser)
    if json_output:
        print_json({"contract": code, "contacts": [_told(one) for one in found]})
        return
    print_table(
        "Contacts",
        ["Référence", "Début", "Canal", "Conseiller", "Motif", "État"],
        [
            (
                one.reference,
                instant_short(one.started_at),
                one.flow,
                one.adviser,
                one.reason,
                STATES[one.state].label,
            )
            for one in found
        ],
    )


def _told(one: Contact) -> dict[str, object]:
    return {
        "reference": one.reference,
        "flow": one.flow,
        "call_id": one.call_id,
        "pseudonym": one.pseudonym,
        "adviser": one.adviser,
        "site": one.site,
        "started_at": one.started_at,
        "outside_hours": one.outside_hours,
        "state": one.state,
        "type": one.contact_type,
        "reason": one.reason,
        "scheme": one.scheme,
        "outcome": one.outcome,
        "list_version": one.list_version,
        "qualified_at": one.qualified_at,
    }


@command.command("take")
@on_contract
@click.option("--flow", required=True, help="Le canal, comme les faits l’écrivent (3422, ELIOZ…).")
@click.option("--adviser", required=True, help="Le matricule du conseiller.")
@click.option("--site", required=True, help="Le site.")
@click.option("--call", "call_id", default="", help="L’identifiant de l’appel dans la téléphonie.")
@click.option(
    "--started", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]), help="Le début, à Paris."
)
@by_person
@as_json
def take(
    code: str,
    flow: str,
    adviser: str,
    site: str,
    call_id: str,
    started: datetime | None,
    email: str | None,
    json_output: bool,
) -> None:
    """Prendre un contact."""
    contract = support_contract(code, json_output=json_output)
    at = timezone.now()
    try:
        made = services.open_contact(
            contract=contract,
            flow=flow,
            adviser=adviser,
            site=site,
            call_id=call_id,
            started_at=timezone.make_aware(started) if started else at,
            actor=actor_for(contract, email, TAKERS, json_output=json_output),
            at=at,
        )
    except services.ContactRefused as refused:
        _refuse(refused, json_output=json_output)
    except services.CallKnown as known:
        refuse(f"cet appel a déjà sa fiche : {known.reference}.", json_output=json_output)
    _say(made, f"Contact {made.reference} pris.", json_output=json_output)


@command.command("qualify")
@on_contract
@click.argument("reference")
@click.option("--type", "contact_type", required=True, help="La typologie, dans les mots du marché.")
@click.option("--reason", required=True, help="Le motif, dans les mots du marché.")
@click.option("--scheme", required=True, help="Le régime.")
@click.option(
    "--outcome", type=click.Choice([*OUTCOMES], case_sensitive=False), default="INFORMED", help="L’issue."
)
@click.option("--note", default="", help="Ni nom, ni numéro de personne.")
@click.option("--because", default="", help="Pourquoi changer une qualification déjà donnée.")
@by_person
@as_json
def qualify(
    code: str,
    reference: str,
    contact_type: str,
    reason: str,
    scheme: str,
    outcome: str,
    note: str,
    because: str,
    email: str | None,
    json_output: bool,
) -> None:
    """Qualifier un contact, ce qui le clôt."""
    contract = support_contract(code, json_output=json_output)
    found = _called(contract, reference, json_output=json_output)
    try:
        done = services.qualify_contact(
            contact=found,
            said=Qualification(contact_type, reason, scheme, Outcome(outcome.upper()), note),
            because=because,
            actor=actor_for(contract, email, TAKERS, json_output=json_output),
            at=timezone.now(),
        )
    except services.ContactRefused as refused:
        _refuse(refused, json_output=json_output)
    except services.NoReason:
        refuse("ce contact est déjà qualifié : dites pourquoi par --because.", json_output=json_output)
    _say(done, f"Contact {reference} qualifié.", json_output=json_output)


@command.command("cases")
@on_contract
@as_json
def cases(code: str, json_output: bool) -> None:
    """Ce qui a suivi les contacts : interventions sur dossier, tickets de niveau 2, transferts au niveau 1+."""
    contract = support_contract(code, json_output=json_output)
    acts, tickets = queries.file_acts_of(contract), queries.tickets_of(contract)
    transfers = queries.transfers_of(contract)
    if json_output:
        print_json(
            {
                "contract": code,
                "file_acts": [
                    {
                        "reference": one.reference,
                        "contact": one.contact.reference,
                        "kind": one.kind,
                        "identity": one.identity,
                        "state": one.state,
                        "asked_at": one.asked_at,
                        "ended_at": one.ended_at,
                        "verified_at": one.verified_at,
                    }
                    for one in acts
                ],
                "tickets": [
                    {
                        "reference": one.reference,
                        "contact": one.contact.reference,
                        "other_reference": one.other_reference,
                        "state": one.state,
                        "created_at": one.created_at,
                        "closed_at": one.closed_at,
                    }
                    for one in tickets
                ],
                "transfers": [
                    {
                        "contact": one.contact.reference,
                        "to": one.to_site,
                        "because": one.because,
                        "at": one.at,
                    }
                    for one in transfers
                ],
            }
        )
        return
    rows = [
        (one.reference, one.contact.reference, KINDS[one.kind], ACT_STATES[one.state].label) for one in acts
    ]
    rows += [
        (one.reference, one.contact.reference, one.what, TICKET_STATES[one.state].label) for one in tickets
    ]
    rows += [("—", one.contact.reference, one.to_site, SENT.label) for one in transfers]
    print_table("Suites des contacts", ["Référence", "Contact", "Objet", "État"], rows)


@command.command("tell")
@on_contract
@by_person
@as_json
def tell(code: str, email: str | None, json_output: bool) -> None:
    """Joindre les qualifications aux faits de leurs appels."""
    contract = support_contract(code, json_output=json_output)
    actor = actor_for(contract, email, [Role.SUPERVISOR], json_output=json_output)
    told = services.tell_facts(contract=contract, actor=actor, at=timezone.now())
    if json_output:
        print_json(
            {
                "contract": code,
                "joined": told.joined,
                "waiting": told.waiting,
                "refused": told.refused,
                "events": told.events,
            }
        )
    else:
        click.echo(
            f"{told.joined} jointes, {told.waiting} en attente du fait de leur appel, {told.refused} refusées."
        )


def _called(contract: Contract, reference: str, *, json_output: bool) -> Contact:
    found = queries.contact_called(contract, reference)
    if found is None:
        refuse(f"aucun contact « {reference} ».", json_output=json_output)
    return found


def _refuse(refused: services.ContactRefused, *, json_output: bool) -> None:
    told = " ".join(f"{name} : {FAULTS[fault]}" for name, fault in refused.faults.items())
    refuse(told, json_output=json_output, faults=refused.faults)


def _say(one: Contact, sentence: str, *, json_output: bool) -> None:
    if json_output:
        print_json(_told(one))
    else:
        click.echo(sentence)
