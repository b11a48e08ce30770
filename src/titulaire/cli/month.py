"""`titulaire month`: state a month once for all, verify what was stated, see what a correction changed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import InvalidOperation
from pathlib import Path
from typing import Any

import click
from django.utils import timezone

from titulaire.cli.options import of_contract, support_contract
from titulaire.cli.orders import actor_of, by_person
from titulaire.cli.output import as_json, console, print_json, print_table, refuse
from titulaire.cli.penalties import HALF_GIVEN, HalfGiven, entered_options, entered_with
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.penalties.rules import NoIncidentReference, NotInCents
from titulaire.seals.queries import public_pem
from titulaire.support.months import services
from titulaire.support.months.models import MonthIssue
from titulaire.support.months.queries import (
    NoSuchIssue,
    document_bytes,
    document_of,
    issue_of,
    issues_of,
    standing_of,
    verify,
)
from titulaire.support.months.rules import Verdict
from titulaire.support.months.wording import STANDINGS, change_written

Command = Callable[..., None]


def _on_month(command: Command) -> Command:
    command = of_contract("SUPPORT")(command)
    return click.argument("month", metavar="MOIS", type=click.DateTime(["%Y-%m"]))(command)


numbered = click.option("--issue", "number", type=int, help="Le numéro de l’édition ; la dernière sinon.")


@click.group("month")
def command() -> None:
    """Arrêter un mois : une édition scellée, vérifiable, à laquelle l’acheteur répond."""


@command.command()
@_on_month
@entered_options
@by_person
@as_json
def freeze(month: datetime, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Arrêter un mois : chiffres, valeurs du contrat, lectures et faits, en une édition scellée.

    Sans facture donnée, ce sont les factures émises, les commandes et les incidents convenus du logiciel ; à défaut,
    ce que disait l’édition précédente, ou pas de pénalités.
    """
    contract = support_contract(code, json_output=json_output)
    first = month.date()
    try:
        issue = services.freeze_month(
            contract=contract,
            month=first,
            entered=entered_with(contract, first, **given),
            actor=actor_of(email, json_output=json_output),
            at=timezone.now(),
        )
    except services.NotAMonthOfTheContract:
        refuse(f"{first:%m/%Y} n’est pas un mois du marché {code}.", json_output=json_output)
    except services.MonthNotOver:
        refuse(f"{first:%m/%Y} n’est pas fini.", json_output=json_output)
    except services.NoFacts:
        refuse(f"aucun fait n’est importé pour {first:%m/%Y}.", json_output=json_output)
    except services.NothingChanged as same:
        refuse(f"l’édition {same.issue.number} dit déjà la même chose.", json_output=json_output)
    except services.FrozenMeanwhile:
        refuse("le mois vient d’être arrêté par quelqu’un d’autre : recommencez.", json_output=json_output)
    except HalfGiven:
        refuse(HALF_GIVEN, json_output=json_output)
    except (NotInCents, NoIncidentReference, InvalidOperation, ValueError) as error:
        refuse(f"valeur illisible : {error}", json_output=json_output)
    else:
        _tell(issue, json_output)


@command.command("verify")
@_on_month
@numbered
@as_json
def verify_(month: datetime, code: str, number: int | None, json_output: bool) -> None:
    """Vérifier une édition : sa signature, puis chaque chiffre recalculé. Sort en 1 si quelque chose diffère."""
    contract = support_contract(code, json_output=json_output)
    found = verify(_issue(contract, month.date(), number, json_output))
    if json_output:
        print_json(
            {
                "contract": code,
                "month": f"{month:%Y-%m}",
                "issue": found.issue.number,
                "holds": found.holds,
                "document_sha256": found.issue.document_sha256,
                "differences": [
                    {"where": one.where, "stated": one.stated, "found": one.found}
                    for one in found.differences
                ],
                "notes": found.notes,
            }
        )
    elif found.holds:
        console.print(
            f"L’édition {found.issue.number} de {month:%m/%Y} tient : signature et chiffres recalculés."
        )
    else:
        print_table(
            f"L’édition {found.issue.number} de {month:%m/%Y} ne tient pas",
            ("Où", "Arrêté", "Trouvé"),
            [(one.where, one.stated, one.found) for one in found.differences],
        )
    if not json_output:
        for note in found.notes:
            console.print(f"À savoir : {note}.")
    sys.exit(0 if found.holds else 1)


@command.command("list")
@of_contract("SUPPORT")
@as_json
def list_(code: str, json_output: bool) -> None:
    """Les mois arrêtés, leurs éditions et la réponse de l’acheteur."""
    contract = support_contract(code, json_output=json_output)
    issues = list(issues_of(contract))
    last = {one.month: one.number for one in reversed(issues)}
    told = [_told(one, is_last=last[one.month] == one.number) for one in issues]
    if json_output:
        print_json({"contract": code, "issues": told})
        return
    print_table(
        "Mois arrêtés",
        ("Mois", "Édition", "Arrêtée le", "État", "Empreinte"),
        [
            (
                one["month"],
                one["issue"],
                f"{timezone.localtime(one['frozen_at']):%d/%m/%Y %H:%M}",
                STANDINGS[one["standing"]].label,
                f"{one['document_sha256'][:12]}…",
            )
            for one in told
        ],
    )


@command.command()
@_on_month
@numbered
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Dossier où écrire l’édition et sa clé."
)
@as_json
def show(month: datetime, code: str, number: int | None, out: Path | None, json_output: bool) -> None:
    """Une édition et ce qu’elle corrige ; avec --out, le document, sa signature et la clé publique."""
    contract = support_contract(code, json_output=json_output)
    issue = _issue(contract, month.date(), number, json_output)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        name = f"mois-{code}-{month:%Y-%m}-{issue.number}"
        (out / f"{name}.json").write_bytes(document_bytes(issue))
        (out / f"{name}.sig").write_bytes(bytes.fromhex(issue.signature))
        (out / f"{name}.pem").write_bytes(public_pem(issue.key, contract=code))
    _tell(issue, json_output)


@command.command()
@_on_month
@click.option("--approve", is_flag=True, help="Approuver le mois.")
@click.option("--contest", is_flag=True, help="Contester le mois, avec des remarques.")
@click.option("--remarks", default="", help="Les remarques ; obligatoires pour contester.")
@click.option("--figure", "contested", multiple=True, metavar="CODE", help="Un chiffre contesté (répétable).")
@by_person
@as_json
def answer(
    month: datetime,
    code: str,
    approve: bool,
    contest: bool,
    remarks: str,
    contested: tuple[str, ...],
    email: str | None,
    json_output: bool,
) -> None:
    """La réponse de l’acheteur à la dernière édition d’un mois."""
    if approve == contest:
        refuse("dites l’un ou l’autre : --approve ou --contest.", json_output=json_output)
    contract = support_contract(code, json_output=json_output)
    issue = _issue(contract, month.date(), None, json_output)
    try:
        services.answer_month(
            issue=issue,
            verdict=Verdict.CONTESTED if contest else Verdict.APPROVED,
            remarks=remarks,
            contested=contested,
            actor=actor_of(email, json_output=json_output),
            at=timezone.now(),
        )
    except services.NoRemarks:
        refuse("une contestation dit ce qui est contesté : --remarks.", json_output=json_output)
    except services.AlreadyApproved:
        refuse(f"l’édition {issue.number} est déjà approuvée.", json_output=json_output)
    _tell(_issue(contract, month.date(), None, json_output), json_output)


def _issue(contract: Contract, month: date, number: int | None, json_output: bool) -> MonthIssue:
    try:
        return issue_of(contract, month, number)
    except NoSuchIssue:
        edition = f"n’a pas d’édition {number}" if number else "n’est pas arrêté"
        refuse(f"{month:%m/%Y} {edition}.", json_output=json_output)


def _told(issue: MonthIssue, *, is_last: bool) -> dict[str, Any]:
    terms = terms_of(issue.contract.code)
    return {
        "month": f"{issue.month:%Y-%m}",
        "issue": issue.number,
        "frozen_at": issue.frozen_at,
        "standing": standing_of(issue, terms=terms, is_last=is_last, at=timezone.now()).value,
        "document_sha256": issue.document_sha256,
        "key": issue.key,
        "signature": issue.signature,
        "journal": issue.entry_hash,
        "answers": [
            {
                "verdict": one.verdict,
                "at": one.answered_at,
                "remarks": one.remarks,
                "contested": one.contested,
            }
            for one in issue.answers.all()
        ],
    }


def _tell(issue: MonthIssue, json_output: bool) -> None:
    document = document_of(issue)
    is_last = issue_of(issue.contract, issue.month).number == issue.number
    told = _told(issue, is_last=is_last)
    if json_output:
        print_json({"contract": issue.contract.code, **told, "corrects": document["corrects"]})
        return
    console.print(
        f"[bold]{issue.month:%m/%Y}, édition {issue.number}[/bold] : {STANDINGS[told['standing']].label}."
    )
    console.print(f"Empreinte {issue.document_sha256}, clé {issue.key}.")
    corrects = document["corrects"]
    if corrects:
        print_table(
            "Ce que cette édition corrige",
            ("Chiffre", "Avant", "Après"),
            [change_written(document, one) for one in corrects["figures"]],
        )
        for cause in corrects["causes"]:
            why = f" : {cause['reason']}" if cause["reason"] else ""
            console.print(f"Lot {cause['batch'][:12]}, {cause['file_name']}{why}.")
