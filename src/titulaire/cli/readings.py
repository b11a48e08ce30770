"""`titulaire readings`: what each way of reading the contract gives on a month."""

from __future__ import annotations

from datetime import datetime
from decimal import InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
from django.utils import timezone

from titulaire.cli.options import of_contract, support_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.cli.penalties import HALF_GIVEN, HalfGiven, entered_options, entered_with
from titulaire.identity.models import Contract
from titulaire.penalties.rules import NoIncidentReference, NotInCents
from titulaire.support.readings.letters import effect_written, letter_pdf, letter_text
from titulaire.support.readings.queries import Read, read_month
from titulaire.ui.formats import money


@click.command("readings")
@of_contract("SUPPORT")
@click.option("--month", type=click.DateTime(["%Y-%m"]), required=True, help="Le mois, comme 2026-03.")
@entered_options
@click.option(
    "--letters",
    type=click.Path(file_okay=False, path_type=Path),
    help="Dossier où écrire la lettre de chaque lecture que les parties n’ont pas convenue.",
)
@as_json
def command(code: str, month: datetime, letters: Path | None, json_output: bool, **given: Any) -> None:
    """Les lectures du contrat et l’effet de chacune sur un mois, en chiffres et en euros."""
    contract = support_contract(code, json_output=json_output)
    first = month.date()
    try:
        rows = read_month(contract, first, entered=entered_with(contract, first, **given))
    except HalfGiven:
        refuse(HALF_GIVEN, json_output=json_output)
    except (NotInCents, NoIncidentReference, InvalidOperation, ValueError) as error:
        refuse(f"valeur illisible : {error}", json_output=json_output)
    if letters is not None:
        _write(contract, rows, first.replace(day=1), letters)
    if json_output:
        print_json({"contract": code, "month": f"{first:%Y-%m}", "readings": [_told(one) for one in rows]})
        return
    print_table(
        f"Lectures, effet sur {first:%m/%Y}",
        ("Lecture", "Retenue", "Depuis le", "État", "Effet des autres", "Enjeu"),
        [
            (
                one.reading.code,
                one.kept.option,
                f"{one.kept.from_on:%d/%m/%Y}",
                one.standing,
                "\n".join(f"{rival.option.code} : {effect_written(rival)}" for rival in one.rivals),
                money(one.stakes) if one.stakes is not None else "",
            )
            for one in rows
        ],
    )


def _write(contract: Contract, rows: tuple[Read, ...], month: Any, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    today = timezone.localdate()
    for one in rows:
        if not one.kept.agreed:
            place = folder / f"question-{contract.code}-{one.reading.code}"
            place.with_suffix(".pdf").write_bytes(letter_pdf(contract, one, month=month, on=today))
            place.with_suffix(".txt").write_text(
                letter_text(contract, one, month=month, on=today), encoding="utf-8"
            )


def _told(one: Read) -> dict[str, Any]:
    question = one.question
    return {
        "reading": one.reading.code,
        "clause": one.reading.clause,
        "question": one.reading.question,
        "retained": one.kept.option,
        "since": one.kept.from_on,
        "agreed": one.kept.agreed,
        "standing": one.standing,
        "rivals": [
            {
                "option": rival.option.code,
                "sentence": rival.option.sentence,
                "figures": [
                    {
                        "code": moved.code,
                        "retained": _fraction(moved.retained),
                        "other": _fraction(moved.other),
                        "gap": _fraction(moved.gap),
                    }
                    for moved in rival.figures
                ],
                "euros": rival.euros,
            }
            for rival in one.rivals
        ],
        "ask": one.reading.ask,
        "asked_on": question.asked_on if question else None,
        "answered_on": question.answered_on if question else None,
    }


def _fraction(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
