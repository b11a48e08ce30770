"""The question to the buyer as a ready letter: a PDF to send, a text to paste."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import typst

from titulaire.identity.models import Contract
from titulaire.indicators.wording import difference_written, written
from titulaire.support.readings.queries import Read, Rival
from titulaire.ui.formats import date_fr, money, month_fr

TEMPLATE = Path(__file__).with_name("letter.typ")


def effect_written(rival: Rival) -> str:
    """What another option changes on the month, in one line of French."""
    said = [
        f"{one.name} : {written(one.other, one.unit)} au lieu de {written(one.retained, one.unit)}"
        f" ({difference_written(one.gap, one.unit)})"
        for one in rival.figures
        if one.gap
    ]
    if rival.euros:
        said.append(f"pénalités : {'+' if rival.euros > 0 else '−'}{money(abs(rival.euros))}")
    return " ; ".join(said) or "aucun effet mesuré"


def content_of(contract: Contract, read: Read, *, month: date, on: date) -> dict[str, Any]:
    """What the letter says."""
    reading = read.reading
    return {
        "contractor": contract.contractor.name,
        "buyer": contract.buyer.name,
        "contract": contract.title,
        "on": date_fr(on),
        "subject": f"Question sur l’article {reading.source} du cahier des clauses",
        "clause": reading.clause,
        "question": reading.question,
        "retained": read.option.sentence,
        "since": date_fr(read.kept.from_on),
        "why": reading.why,
        "month": month_fr(month),
        "rivals": [[one.option.sentence, effect_written(one)] for one in read.rivals],
        "ask": reading.ask,
    }


def letter_pdf(contract: Contract, read: Read, *, month: date, on: date) -> bytes:
    """The letter: the same bytes for the same facts."""
    content = content_of(contract, read, month=month, on=on)
    return bytes(
        typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )
    )


def letter_text(contract: Contract, read: Read, *, month: date, on: date) -> str:
    """The same letter as plain text."""
    said = content_of(contract, read, month=month, on=on)
    rivals = "\n".join(
        f"- {sentence}\n  En {said['month']} : {effect}." for sentence, effect in said["rivals"]
    )
    return (
        f"{said['contractor']}\n\nÀ l’attention de {said['buyer']}\nLe {said['on']}\n\n"
        f"Marché : {said['contract']}\nObjet : {said['subject']} (clause {said['clause']})\n\n"
        f"Madame, Monsieur,\n\nL’exécution du marché pose la question suivante.\n\n{said['question']}\n\n"
        f"Depuis le {said['since']}, nous retenons cette lecture : {said['retained']}\n"
        f"Raison : {said['why']}\n\nUne autre lecture est possible :\n{rivals}\n\n{said['ask']}\n\n"
        "Dans l’attente de votre réponse, nous appliquons la lecture retenue ; toute autre lecture prendra effet "
        "à la date dont nous conviendrons, sans réécrire les mois passés.\n\n"
        "Nous vous prions d’agréer, Madame, Monsieur, l’expression de notre considération distinguée.\n"
    )
