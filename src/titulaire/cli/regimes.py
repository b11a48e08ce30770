"""`titulaire regimes`: the dates, the mentions and the conflicts of the regimes of vouchers."""

from __future__ import annotations

from datetime import date, datetime

import click

from titulaire.cli.options import of_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.vouchers.regimes import labels, queries
from titulaire.vouchers.regimes.rules import CONTRACT, Subject

contract_option = of_contract("VOUCHERS")
on_option = click.option(
    "--on",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="La date à laquelle on lit les textes (aujourd’hui par défaut).",
)


@click.group("regimes")
def command() -> None:
    """Les régimes juridiques des titres, et ce que le contrat en fait."""


@command.command()
@click.option("--vintage", type=click.IntRange(2000, 2100), required=True, help="Le millésime.")
@contract_option
@as_json
def timeline(vintage: int, code: str, json_output: bool) -> None:
    """Les dates d’un millésime, sous le contrat et sous chaque régime."""
    _known(code, json_output)
    lines = [queries.applied_timeline(code, vintage), *queries.timelines(vintage)]
    if json_output:
        print_json(
            {
                "vintage": vintage,
                "contract": code,
                "timelines": {
                    line.owner: [
                        {
                            "subject": stone.subject,
                            "due_on": stone.due_on,
                            "planned_on": stone.planned_on,
                            "provision": stone.provision,
                            "certainty": stone.certainty,
                        }
                        for stone in line.milestones
                    ]
                    for line in lines
                },
            }
        )
        return
    asked = [subject for subject in Subject if any(line.milestone(subject) for line in lines)]
    print_table(
        f"Millésime {vintage}",
        ["Échéance", *("Contrat" if line.owner == CONTRACT else line.owner for line in lines)],
        [(labels.SUBJECTS[subject], *(line.due_on(subject) or "" for line in lines)) for subject in asked],
    )


@command.command()
@contract_option
@on_option
@as_json
def conflicts(code: str, day: datetime | None, json_output: bool) -> None:
    """Le registre des conflits d’un marché."""
    _known(code, json_output)
    lines = queries.register(code, on=_day(day))
    if json_output:
        print_json(
            {
                "contract": code,
                "on": _day(day),
                "conflicts": [
                    {
                        "subject": line.subject,
                        "label": labels.SUBJECTS[line.subject],
                        "regimes": {
                            regime: fact
                            and {
                                "text": fact.text,
                                "provision": fact.provision,
                                "certainty": fact.certainty,
                                "since": fact.since,
                            }
                            for regime, fact in line.regimes
                        },
                        "contract": line.contract,
                        "clauses": line.clauses,
                        "applied_from": line.applied_from,
                        "applied": line.applied,
                        "why": line.why,
                        "consequence": line.consequence,
                        "question": line.question,
                        "state": line.state,
                        "agreed_on": line.agreed_on,
                    }
                    for line in lines
                ],
            }
        )
        return
    print_table(
        f"Registre des conflits de {code}",
        ["Sujet", "Appliqué", "Origine", "État"],
        [
            (
                labels.SUBJECTS[line.subject],
                line.applied or "Rien : à décider",
                labels.APPLIED_FROM.get(line.applied_from or "", line.applied_from or ""),
                labels.STATES[line.state],
            )
            for line in lines
        ],
    )


@command.command()
@contract_option
@on_option
@as_json
def mentions(code: str, day: datetime | None, json_output: bool) -> None:
    """Les mentions imprimées sur chaque titre."""
    _known(code, json_output)
    found = queries.printed_mentions(code, on=_day(day))
    if json_output:
        print_json(
            {
                "contract": code,
                "on": _day(day),
                "mentions": [
                    {
                        "code": mention.code,
                        "template": mention.template,
                        "side": mention.side,
                        "affixed_by": mention.affixed_by,
                        "required_by": {asker.asked_by: asker.provision for asker in mention.required_by},
                    }
                    for mention in found
                ],
            }
        )
        return
    print_table(
        f"Mentions des titres de {code}",
        ["Mention", "Texte", "Face", "Demandée par"],
        [
            (
                mention.label,
                mention.template,
                labels.SIDES[mention.side],
                ", ".join(
                    "contrat" if asker.asked_by == CONTRACT else asker.asked_by
                    for asker in mention.required_by
                ),
            )
            for mention in found
        ],
    )


def _known(code: str, json_output: bool) -> None:
    if code not in queries.contracts():
        known = ", ".join(queries.contracts())
        refuse(f"aucun régime n’est décrit pour le marché {code} (connus : {known})", json_output=json_output)


def _day(asked: datetime | None) -> date:
    return asked.date() if asked else date.today()  # noqa: DTZ011 - the day where the command is typed
