"""`titulaire exchange`: what the parties say of a month's penalties, from the proposal to the credit note."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from django.utils import timezone

from titulaire.cli.options import (
    ACTOR,
    Code,
    a_file,
    a_month,
    actor_for,
    answered,
    by_person,
    month_of,
    of_contract,
    person_for,
    support_contract,
)
from titulaire.cli.output import as_json, console, print_json, print_table, refuse
from titulaire.cli.penalties import HALF_GIVEN, HalfGiven, entered_options, entered_with
from titulaire.contracts.queries import terms_of
from titulaire.identity.access import roles_of
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.indicators.wording import written
from titulaire.penalties.rules import NotInCents
from titulaire.support.facts.queries import months_between
from titulaire.support.penalties import queries, services
from titulaire.support.penalties.clocks import dates
from titulaire.support.penalties.documents import penalties_pdf
from titulaire.support.penalties.forms import DecideForm, RemarkForm
from titulaire.support.penalties.models import PenaltyProposal
from titulaire.support.penalties.rules import DecisionRefused, ExchangeState, Outcome, Side
from titulaire.support.penalties.views import PARTIES
from titulaire.support.penalties.wording import (
    EXCHANGES,
    OUTCOMES,
    REFUSALS,
    SETTLED,
    SIDES,
    penalty_status,
    refusal,
    trigger_written,
)
from titulaire.ui.formats import date_fr, date_short, instant_fr, money

on_contract = of_contract("SUPPORT")
in_month = click.argument("month", metavar="MOIS", type=a_month)
numbered = click.option("--version", type=click.IntRange(1), help="La version ; la dernière sinon.")
CONTRACTOR, BUYER = (Role.SUPERVISOR,), (Role.BUYER_MANAGER,)


@click.group("exchange")
def command() -> None:
    """L’échange contradictoire sur les pénalités d’un mois : proposer, observer, décider, clore, émettre l’avoir."""


# Reading


@command.command("list")
@on_contract
@as_json
def list_(code: str, json_output: bool) -> None:
    """Chaque mois : où en est son échange, ce qu’il reste à faire, par qui et jusqu’à quand."""
    contract = support_contract(code, json_output=json_output)
    found = list(queries.proposals_of(contract).latest_of_each_month())
    nexts = _next_dates(contract)
    rows = [{**_summary(one), "next": nexts.get(one.reference)} for one in found]
    missing = [f"{month:%Y-%m}" for month in _over(contract) if month not in {one.month for one in found}]
    if json_output:
        print_json({"contract": code, "exchanges": rows, "not_proposed": missing})
        return
    print_table(
        f"Échanges sur les pénalités de {contract}",
        (
            "Mois",
            "Version",
            "État",
            "Avant plafond",
            "Proposé",
            "Décidé",
            "Avoir",
            "Reste à faire",
            "Jusqu’au",
        ),
        [
            (
                f"{one.month:%Y-%m}",
                one.version,
                _standing(one),
                money(one.uncapped),
                money(one.proposed),
                money(one.decided_due) if one.decided_due is not None else "",
                one.credit_note.number if one.credit_note else "",
                row["next"]["what"] if row["next"] else "",
                date_short(row["next"]["due_on"]) if row["next"] else "",
            )
            for one, row in zip(found, rows, strict=True)
        ],
    )
    if missing:
        console.print(f"Sans proposition : {', '.join(missing)}.")


def _over(contract: Contract) -> list[date]:
    """The months of the service that are over."""
    head, this_month = terms_of(contract.code).head, timezone.localdate().replace(day=1)
    months = months_between(head.starts_on, min(this_month, head.ends_on))
    return [month for month in months if month < this_month]


def _next_dates(contract: Contract) -> dict[str, dict[str, Any]]:
    """By version, the first date that nothing has met yet."""
    found: dict[str, dict[str, Any]] = {}
    today = timezone.localdate()
    for due in dates(contract, since=date.min, until=date.max, at=timezone.now()):
        if due.done_on is None and not (due.silence and due.due_on < today):
            what, _, reference = due.key.partition("-")
            found.setdefault(
                reference, {"key": what.upper(), "what": due.label, "who": due.who, "due_on": due.due_on}
            )
    return found


@command.command("show")
@in_month
@on_contract
@numbered
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Écrire le PDF dans ce fichier.")
@as_json
def show(month: datetime, code: str, version: int | None, pdf: Path | None, json_output: bool) -> None:
    """Une version : ses lignes figées, ce que chaque partie en dit, ce qui est décidé."""
    contract = support_contract(code, json_output=json_output)
    proposal = _proposal(contract, month_of(month), version, json_output)
    if pdf is not None:
        pdf.write_bytes(penalties_pdf(proposal))
    _tell(proposal, json_output)


# Acting


@command.command("propose")
@in_month
@on_contract
@entered_options
@click.option("--reason", default="", help="Pourquoi une nouvelle version remplace la précédente.")
@by_person
@as_json
def propose(
    month: datetime, code: str, reason: str, email: str | None, json_output: bool, **given: Any
) -> None:
    """Figer ce que coûte un mois, et ouvrir l’échange."""
    contract = support_contract(code, json_output=json_output)
    first = month_of(month)
    if first not in months_between(terms_of(code).head.starts_on, terms_of(code).head.ends_on):
        refuse(f"{first:%m/%Y} n’est pas un mois du marché {code}.", json_output=json_output)
    actor, side = _party(contract, email, json_output)
    try:
        entered = entered_with(contract, first, **given)
        if entered is None:
            refuse(
                f"aucune facture de production émise pour {first:%m/%Y} : émettez-la, ou donnez --invoice-phone.",
                json_output=json_output,
            )
        made = services.propose_penalties(
            contract=contract,
            month=first,
            entered=entered,
            side=side,
            actor=actor,
            at=timezone.now(),
            reason=reason,
        )
    except REFUSALS as refused:
        refuse(refusal(refused), json_output=json_output)
    except HalfGiven:
        refuse(HALF_GIVEN, json_output=json_output)
    except NotInCents as error:
        refuse(f"{error.amount} n’est pas un montant en centimes.", json_output=json_output)
    except (InvalidOperation, ValueError) as error:
        refuse(f"valeur illisible : {error}", json_output=json_output)
    _tell(made, json_output)


@command.command("remark")
@in_month
@click.argument("text", metavar="OBSERVATION")
@on_contract
@click.option("--line", help="La ligne, comme P3 ; toute la proposition sinon.")
@click.option("--document", type=a_file, help="Une pièce jointe.")
@by_person
@as_json
def remark(
    month: datetime,
    text: str,
    code: str,
    line: str | None,
    document: Path | None,
    email: str | None,
    json_output: bool,
) -> None:
    """Dire quelque chose de la proposition, avec une pièce ; tardive, l’observation est gardée comme telle."""
    contract = support_contract(code, json_output=json_output)
    proposal = _proposal(contract, month_of(month), None, json_output)
    form = answered(
        RemarkForm,
        {"line": line.upper() if line else "", "text": text},
        {"file": document},
        json_output=json_output,
        lines=proposal.lines(),
    )
    said, file = form.cleaned_data, form.cleaned_data["file"]
    actor, side = _party(contract, email, json_output)
    _do(
        lambda: services.remark(
            proposal=proposal,
            side=side,
            text=said["text"],
            line=said["line"],
            file_name=file.name[-120:] if file else "",
            content=file.read() if file else b"",
            actor=actor,
            at=timezone.now(),
        ),
        proposal,
        json_output,
    )


@command.command("end-remarks")
@in_month
@on_contract
@click.option("--confirm", metavar="RÉFÉRENCE", help="La version recopiée, comme 2026-05-v1.")
@by_person
@as_json
def end_remarks(
    month: datetime, code: str, confirm: str | None, email: str | None, json_output: bool
) -> None:
    """Le Titulaire renonce au reste du délai d’observation. Sans --confirm, montre seulement ce qui en suivrait."""
    contract = support_contract(code, json_output=json_output)
    proposal = _proposal(contract, month_of(month), None, json_output)
    actor = actor_for(contract, email, CONTRACTOR, json_output=json_output)
    if not _confirmed(
        proposal,
        proposal.reference,
        confirm,
        f"l’acheteur pourra clore avant le {date_fr(proposal.remarks_due_on)}",
        json_output,
    ):
        return
    _do(
        lambda: services.end_remarks(proposal=proposal, side=Side.CONTRACTOR, actor=actor, at=timezone.now()),
        proposal,
        json_output,
    )


@command.command("decide")
@in_month
@click.argument("line", metavar="LIGNE")
@on_contract
@click.option(
    "--outcome",
    type=Code([each.value for each in Outcome]),
    required=True,
    help="Maintenir, réduire ou lever.",
)
@click.option("--amount", help="Le montant laissé après réduction, en euros.")
@click.option("--reason", help="Le motif ; obligatoire pour réduire ou lever.")
@by_person
@as_json
def decide(
    month: datetime,
    line: str,
    code: str,
    outcome: str,
    amount: str | None,
    reason: str | None,
    email: str | None,
    json_output: bool,
) -> None:
    """L’acheteur décide d’une ligne : KEPT (maintenir), REDUCED (réduire) ou WAIVED (lever)."""
    contract = support_contract(code, json_output=json_output)
    proposal = _proposal(contract, month_of(month), None, json_output)
    proposed = {one.code: one for one in proposal.lines() if one.amount > 0}
    if line.upper() not in proposed:
        known = ", ".join(proposed) or "aucune"
        refuse(f"rien à décider sur « {line} » (lignes proposées : {known}).", json_output=json_output)
    frozen = proposed[line.upper()]
    form = answered(
        DecideForm,
        {"outcome": outcome, "amount": amount, "reason": reason},
        json_output=json_output,
        line=frozen,
    )
    said = form.cleaned_data
    buyer = person_for(contract, email, BUYER, json_output=json_output)
    _do(
        lambda: services.decide_line(
            proposal=proposal,
            line=frozen.code,
            outcome=Outcome(said["outcome"]),
            amount=said["amount"],
            reason=said["reason"],
            side=Side.BUYER,
            actor=buyer.actor,
            at=timezone.now(),
        ),
        proposal,
        json_output,
    )


@command.command("close")
@in_month
@on_contract
@click.option("--confirm", metavar="EUROS", help="Le montant à déduire, recopié.")
@by_person
@as_json
def close(month: datetime, code: str, confirm: str | None, email: str | None, json_output: bool) -> None:
    """L’acheteur rend ses décisions définitives. Sans --confirm, montre seulement ce qui serait déduit."""
    contract = support_contract(code, json_output=json_output)
    proposal = _proposal(contract, month_of(month), None, json_output)
    buyer = person_for(contract, email, BUYER, json_output=json_output)
    try:
        found = proposal.decided_so_far()
    except DecisionRefused as refused:
        refuse(f"{refusal(refused)} (exchange decide).", json_output=json_output)
    consequence = f"{money(found.due)} seront déduits, les décisions ne changeront plus"
    if found.termination_possible:
        consequence += " et, le plafond étant passé, l’acheteur pourra résilier le marché"
    if not _confirmed(proposal, found.due, confirm, consequence, json_output):
        return
    _do(
        lambda: services.close_exchange(
            proposal=proposal, side=Side.BUYER, actor=buyer.actor, at=timezone.now()
        ),
        proposal,
        json_output,
    )


@command.command("credit")
@in_month
@on_contract
@click.option("--confirm", metavar="EUROS", help="Le montant de l’avoir, recopié.")
@by_person
@as_json
def credit(month: datetime, code: str, confirm: str | None, email: str | None, json_output: bool) -> None:
    """Le Titulaire émet l’avoir sur la facture du mois. Sans --confirm, montre seulement ce qui serait émis."""
    contract = support_contract(code, json_output=json_output)
    proposal = _proposal(contract, month_of(month), None, json_output)
    actor = actor_for(contract, email, CONTRACTOR, json_output=json_output)
    due = proposal.decided_due
    if due is not None and proposal.state == ExchangeState.CLOSED.value:
        amount = due - queries.credited_of(contract, proposal.month)
        consequence = f"un avoir de {money(amount)} sera numéroté et ne changera plus"
        if amount > 0 and not _confirmed(proposal, amount, confirm, consequence, json_output):
            return
    _do(
        lambda: services.credit_penalties(
            proposal=proposal, side=Side.CONTRACTOR, actor=actor, at=timezone.now()
        ),
        proposal,
        json_output,
    )


def _party(contract: Contract, email: str | None, json_output: bool) -> tuple[str, Side]:
    """Who speaks, and for which party: this machine is the contractor's."""
    if not email:
        return ACTOR, Side.CONTRACTOR
    person = person_for(contract, email, PARTIES, json_output=json_output)
    side = queries.side_of(roles_of(person, contract))
    assert side is not None  # noqa: S101 - the roles asked for are those of the parties
    return person.actor, side


def _confirmed(
    proposal: PenaltyProposal, asked: Decimal | str, given: str | None, consequence: str, json_output: bool
) -> bool:
    """Was what will be done copied out? Without anything to compare, says what it would be and does nothing."""
    if given is None:
        if json_output:
            print_json({"reference": proposal.reference, "would": consequence, "confirm": str(asked)})
        else:
            click.echo(f"Rien n’est fait. {consequence.capitalize()}. Pour le faire : --confirm {asked}")
        return False
    typed = given.strip()
    if isinstance(asked, Decimal):
        try:
            same = Decimal("".join(typed.split()).replace(",", ".")) == asked
        except InvalidOperation:
            same = False
    else:
        same = typed == asked
    if not same:
        refuse(f"--confirm dit « {typed} », et non {asked} : rien n’est fait.", json_output=json_output)
    return True


def _do(act: Callable[[], object], proposal: PenaltyProposal, json_output: bool) -> None:
    try:
        act()
    except REFUSALS as refused:
        refuse(refusal(refused), json_output=json_output)
    _tell(queries.proposals_of(proposal.contract).get(pk=proposal.pk), json_output)


def _proposal(contract: Contract, month: date, version: int | None, json_output: bool) -> PenaltyProposal:
    found = queries.proposals_of(contract).filter(month=month).order_by("-version")
    one = found.filter(version=version).first() if version else found.first()
    if one is None:
        which = f"n’ont pas de version {version}" if version else "ne sont pas encore proposées"
        refuse(f"les pénalités de {month:%m/%Y} {which} (exchange propose).", json_output=json_output)
    return one


# What is told


def _standing(one: PenaltyProposal) -> str:
    if one.state == ExchangeState.CLOSED.value and not one.decided_due:
        return SETTLED.label
    return EXCHANGES[one.state].label


def _summary(one: PenaltyProposal) -> dict[str, Any]:
    return {
        "month": f"{one.month:%Y-%m}",
        "version": one.version,
        "reference": one.reference,
        "state": one.state,
        "uncapped": one.uncapped,
        "cap": one.cap,
        "proposed": one.proposed,
        "termination_possible": one.termination_possible,
        "remarks_due_on": one.remarks_due_on,
        "remarks_ended_at": one.remarks_ended_at,
        "decided": one.decided_due,
        "closed_at": one.closed_at,
        "credit_note": one.credit_note.number if one.credit_note else None,
    }


def _tell(proposal: PenaltyProposal, json_output: bool) -> None:
    decisions = {one.line: one for one in proposal.decisions.all()}
    remarks = list(proposal.remarks.all())
    if json_output:
        print_json(
            {
                "contract": proposal.contract.code,
                **_summary(proposal),
                "digest": proposal.digest,
                "intact": proposal.is_intact,
                "reason": proposal.reason,
                "lines": [
                    {
                        "code": line.code,
                        "name": line.name,
                        "value": None if line.value is None else str(line.value),
                        "trigger": str(line.trigger),
                        "state": line.state,
                        "amount": line.amount,
                        "outcome": decisions[line.code].outcome if line.code in decisions else None,
                        "decided": decisions[line.code].amount if line.code in decisions else None,
                        "why": decisions[line.code].reason if line.code in decisions else None,
                    }
                    for line in proposal.lines()
                ],
                "remarks": [
                    {
                        "side": one.side,
                        "line": one.line,
                        "text": one.text,
                        "at": one.at,
                        "late": one.late,
                        "file": one.file_name or None,
                        "sha256": one.file_sha256 or None,
                    }
                    for one in remarks
                ],
            }
        )
        return
    console.print(
        f"[bold]Pénalités de {proposal.month:%m/%Y}, version {proposal.version}[/bold] : {_standing(proposal)}."
    )
    print_table(
        "Lignes",
        ("", "Ligne", "Mesure", "Seuil", "État", "Proposé", "Décision", "Décidé"),
        [
            (
                line.code,
                line.name,
                written(line.value, line.unit, line.trigger),
                trigger_written(line, line.unit),
                penalty_status(line).label,
                money(line.amount),
                OUTCOMES[decisions[line.code].outcome].label if line.code in decisions else "",
                money(decisions[line.code].amount) if line.code in decisions else "",
            )
            for line in proposal.lines()
        ],
    )
    console.print(
        f"Avant plafond : {money(proposal.uncapped)}. Plafond : {money(proposal.cap)}. Proposé : "
        f"{money(proposal.proposed)}."
    )
    for one in remarks:
        late = ", hors délai" if one.late else ""
        file = f" [{one.file_name}]" if one.file_name else ""
        console.print(
            f"{SIDES[Side(one.side)]}, {instant_fr(one.at)}{late}, {one.line or 'sur le tout'} : {one.text}{file}",
            markup=False,
        )
    if proposal.closed_at is None:
        console.print(f"Observations jusqu’au {date_fr(proposal.remarks_due_on)} inclus.")
    else:
        console.print(f"Décidé : {money(proposal.decided_due or Decimal(0))}.")
    if proposal.credit_note:
        console.print(f"Avoir {proposal.credit_note.number}.")
