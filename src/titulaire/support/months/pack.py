"""The pack of the steering committee: an issue as a PDF to read and a workbook to work on. Nothing is recomputed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import typst
from django.utils import timezone
from django.utils.safestring import SafeString

from titulaire.clauses import clause
from titulaire.contracts.models import LevelChange
from titulaire.contracts.queries import terms_of
from titulaire.indicators.rules import Unit
from titulaire.indicators.wording import GRADES, UNITS, rounded, written
from titulaire.penalties.rules import State as Penalty
from titulaire.support.months.models import MonthIssue
from titulaire.support.months.queries import document_of, issues_of, standing_of
from titulaire.support.months.rules import value_of
from titulaire.support.months.wording import (
    CUTS,
    STANDINGS,
    STATE_LABELS,
    change_written,
    exact,
    figure_name,
    key_written,
    target_of,
    value_written,
)
from titulaire.support.penalties.assessing import ONE_DAY
from titulaire.support.penalties.wording import PENALTY_STATES, plain
from titulaire.support.readings.queries import last_questions
from titulaire.ui.charts import sparkline
from titulaire.ui.exports import Sheet, workbook_bytes
from titulaire.ui.formats import date_fr, instant_fr, money, month_fr

TEMPLATE = Path(__file__).with_name("pack.typ")
MONTHS = 6
CHARTED = ("I1", "I2", "I3", "I7")
"""The indicators whose last months are drawn: those that penalties judge most."""

Document = Mapping[str, Any]


def months_up_to(issue: MonthIssue) -> list[tuple[date, Document | None]]:
    """The last months, oldest first, each with the last issue that was known when this one was made."""
    wanted, month = [issue.month], issue.month
    for _ in range(MONTHS - 1):
        month = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
        wanted.insert(0, month)
    known: dict[date, MonthIssue] = {}
    asked = issues_of(issue.contract).filter(month__in=wanted, frozen_at__lte=issue.frozen_at)
    for one in asked.order_by("month", "number"):
        known[one.month] = one
    known[issue.month] = issue
    return [(month, document_of(known[month]) if month in known else None) for month in wanted]


def values_over(months: Sequence[tuple[date, Document | None]], code: str) -> list[Fraction | None]:
    """The value of an indicator in each of these months; None where it is not frozen or not measurable."""
    return [
        exact(document["indicators"][code]["value"]) if document and code in document["indicators"] else None
        for _, document in months
    ]


def trend_of(issue: MonthIssue, code: str) -> SafeString:
    """The last months of an indicator, as a drawing the size of a word; nothing to draw with a single one."""
    values = [_decimal(one) for one in values_over(months_up_to(issue), code)]
    if sum(one is not None for one in values) < 2:
        return SafeString("")
    return sparkline(values, f"{MONTHS} derniers mois")


def _decimal(value: Fraction | None) -> Decimal | None:
    return None if value is None else rounded(value, 6)


@clause("S-3.1-comite-pilotage")
def as_pdf(issue: MonthIssue, document: Document) -> bytes:
    """The pack to read: cover, figures with their last months, penalties, incidents, readings, what to decide."""
    months = months_up_to(issue)
    contract = document["contract"]
    content = {
        "title": contract["title"],
        "buyer": contract["buyer"],
        "contractor": contract["contractor"],
        "month": month_fr(issue.month),
        "issue": issue.number,
        "standing": _standing(issue),
        "frozen_at": instant_fr(issue.frozen_at),
        "highlights": _highlights(document),
        "figures": list(_figures(document, months)),
        "charts": [_chart(document, months, code) for code in CHARTED if code in document["indicators"]],
        "penalties": _penalties(document),
        "incidents": _incidents(document),
        "readings": list(_readings(issue, document)),
        "corrections": [list(change_written(document, one)) for one in _changes(document)],
        "causes": [
            f"{one['file_name']}{' : ' + one['reason'] if one['reason'] else ''}"
            for one in (document["corrects"] or {"causes": []})["causes"]
        ],
        "actions": list(_actions(issue, document)),
        "seal": [list(pair) for pair in _seal(issue, document)],
    }
    return bytes(
        typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )
    )


def _standing(issue: MonthIssue) -> str:
    last = issues_of(issue.contract, issue.month).first()
    stands = standing_of(issue, terms=terms_of(issue.contract.code), is_last=last == issue, at=timezone.now())
    return STANDINGS[stands.value].label


def _changes(document: Document) -> list[Mapping[str, Any]]:
    """The corrections of the month itself: those of each day are in the workbook."""
    return [one for one in (document["corrects"] or {"figures": []})["figures"] if not one["cut"]]


def _highlights(document: Document) -> list[str]:
    judged = [one for one in document["indicators"].values() if one["state"] in {"MET", "MISSED"}]
    met = sum(one["state"] == "MET" for one in judged)
    found = [f"{met} objectifs atteints sur {len(judged)} mesurables."]
    penalties = document["penalties"]
    if penalties is None:
        found.append("Aucune facture connue : les pénalités ne sont pas arrêtées.")
    else:
        found.append(
            f"Pénalités proposées : {money(Decimal(penalties['proposed']))}, "
            f"pour un plafond de {money(Decimal(penalties['cap']))}."
        )
        if penalties["termination_possible"]:
            found.append("Avant plafond, la somme le dépasse : le marché peut être résilié.")
    return found


def ranked(document: Document) -> list[tuple[str, Mapping[str, Any]]]:
    """The indicators of a document, I2 before I10."""
    return sorted(document["indicators"].items(), key=lambda pair: (len(pair[0]), pair[0]))


def _figures(document: Document, months: Sequence[tuple[date, Document | None]]) -> Iterator[list[str]]:
    for code, one in ranked(document):
        before = values_over(months[:-1], code)[-1]
        yield [
            code,
            one["name"],
            value_written(one),
            written(before, Unit(one["unit"])),
            target_of(one),
            STATE_LABELS[one["state"]],
            one["grade"] or "",
        ]


def _chart(document: Document, months: Sequence[tuple[date, Document | None]], code: str) -> dict[str, Any]:
    """Heights from 0 to 1000, so that the drawing needs no float."""
    one = document["indicators"][code]
    values, target = values_over(months, code), exact(one["target"])
    known = [value for value in (*values, target) if value is not None]
    top = max((*known, Fraction(0))) or Fraction(1)

    def height(value: Fraction | None) -> int | None:
        return None if value is None else max(0, int(value / top * 1000))

    return {
        "name": one["name"],
        "target": height(target),
        "target_text": target_of(one),
        "bars": [
            [f"{month:%m/%y}", height(value), written(value, Unit(one["unit"]))]
            for (month, _), value in zip(months, values, strict=True)
        ],
    }


def _penalties(document: Document) -> dict[str, Any] | None:
    penalties = document["penalties"]
    if penalties is None:
        return None
    units = {code: Unit(one["unit"]) for code, one in document["indicators"].items()}
    return {
        "lines": [
            [
                line["code"],
                line["name"],
                written(exact(line["value"]), units[line["indicator"]], exact(line["trigger"])),
                written(exact(line["trigger"]), units[line["indicator"]]),
                PENALTY_STATES[Penalty(line["state"])][0],
                money(Decimal(line["amount"])),
            ]
            for line in penalties["lines"]
        ],
        "sums": [
            ["Somme avant plafond", money(Decimal(penalties["uncapped"]))],
            ["Plafond", money(Decimal(penalties["cap"]))],
            ["Pénalités proposées", money(Decimal(penalties["proposed"]))],
        ],
    }


def _incidents(document: Document) -> list[list[str]]:
    entered = document["entered"] or {"incidents": []}
    return [
        [
            one["reference"],
            _civil(one["since"]),
            _civil(one["until"]),
            ", ".join(one["lines"]) or "toute la téléphonie",
        ]
        for one in entered["incidents"]
    ]


def _civil(text: str) -> str:
    """A civil time without zone, as incidents are entered."""
    return f"{datetime.fromisoformat(text):%d/%m/%Y %H:%M}"


def _readings(issue: MonthIssue, document: Document) -> Iterator[list[str]]:
    """The readings not agreed that change something in the month, the dearest first."""
    terms = terms_of(issue.contract.code, at=issue.frozen_at)
    kept = document["terms"]["readings"]
    effects = (document["penalties"] or {"effects": []})["effects"]
    found: dict[str, list[tuple[Decimal, str]]] = {}
    for one in effects:
        if Decimal(one["difference"]):
            amount = Decimal(one["difference"])
            found.setdefault(one["reading"], []).append((amount, f"{one['sentence']} {_signed(amount)}"))
    for one in document["indicators"].values():
        for rival in one["rivals"]:
            if rival["reading"] and rival["value"] != one["value"] and rival["value"] and one["value"]:
                said = f"{one['name']} : {written(exact(rival['value']), Unit(one['unit']))}"
                found.setdefault(rival["reading"], []).append((Decimal(0), said))
    asked = last_questions(issue.contract)
    for code, effects_of in sorted(found.items(), key=lambda pair: -max(abs(a) for a, _ in pair[1])):
        if kept[code]["agreed"]:
            continue
        reading = terms.readings[code]
        question = asked.get(code)
        state = "à demander" if question is None else f"posée le {question.asked_on:%d/%m/%Y}"
        if question is not None and question.answered_on:
            state = f"répondue le {question.answered_on:%d/%m/%Y}"
        sentence = reading.option(kept[code]["option"]).sentence
        yield [reading.question, sentence, " ; ".join(said for _, said in effects_of), state]


def _signed(amount: Decimal) -> str:
    return f"({'+' if amount > 0 else '−'}{money(abs(amount))})"


def _actions(issue: MonthIssue, document: Document) -> Iterator[list[str]]:
    """What the committee has to decide or follow."""
    for answer in issue.answers.all():
        if answer.verdict == "CONTESTED":
            names = ", ".join(
                figure_name(document, {"code": code, "cut": "", "key": ""}) for code in answer.contested
            )
            yield ["Contestation à lever", f"{answer.remarks}{' (' + names + ')' if names else ''}"]
    for code, one in ranked(document):
        if one["state"] == "MISSED":
            yield ["Objectif manqué", f"{code} {one['name']} : {value_written(one)} pour {target_of(one)}"]
        elif one["state"] == "BLOCKED":
            yield ["Faits à rapprocher", f"{code} {one['name']} : écart de {one['gap']:+d}"]
    waiting = LevelChange.objects.filter(contract=issue.contract).open_to(at=timezone.now())
    for change in waiting.order_by("answer_ends_at"):
        last = date_fr(timezone.localdate(change.answer_ends_at) - ONE_DAY)
        yield ["Modification à répondre", f"n° {change.number} {change.title}, jusqu’au {last}"]


def _seal(issue: MonthIssue, document: Document) -> Iterator[tuple[str, str]]:
    yield "Empreinte du document (SHA-256)", issue.document_sha256
    yield "Signature (Ed25519)", f"{issue.signature[:64]} {issue.signature[64:]}"
    yield "Clé", issue.key
    yield "Entrée du journal", issue.entry_hash
    yield "Logiciel", document["software"]["version"]


# The workbook


@clause("S-10.1-statistiques", "S-3.1-comite-pilotage")
def as_xlsx(issue: MonthIssue, document: Document) -> bytes:
    """The pack to work on: flat rows that a pivot table takes, one sheet per subject."""
    months = months_up_to(issue)
    penalties = document["penalties"] or {"lines": [], "effects": []}
    sheets = [
        Sheet("Indicateurs", FIGURES, list(_figure_rows(issue, document))),
        Sheet(
            "Tendance",
            ("Mois", "Code", "Indicateur", "Unité", "Valeur", "Objectif"),
            [
                (
                    month,
                    code,
                    one["name"],
                    UNITS[Unit(one["unit"])],
                    _plain(one, one["value"]),
                    _plain(one, one["target"]),
                )
                for month, past in months
                if past
                for code, one in ranked(past)
            ],
            ("date", "text", "text", "text", "number", "number"),
        ),
        Sheet(
            "Pénalités",
            ("Ligne", "Objet", "Clause", "État", "Assiette", "Taux", "Pénalité", "Incidents"),
            [
                (
                    line["code"],
                    line["name"],
                    line["clause"],
                    PENALTY_STATES[Penalty(line["state"])][0],
                    Decimal(line["base"]),
                    Decimal(line["rate"]),
                    Decimal(line["amount"]),
                    ", ".join(line["incidents"]),
                )
                for line in penalties["lines"]
            ],
            ("text", "text", "text", "text", "money", "rate", "money", "text"),
        ),
        Sheet(
            "Lectures",
            ("Question", "Lecture retenue", "Effet des autres", "Demande"),
            list(_readings(issue, document)),
        ),
        Sheet(
            "Corrections",
            ("Chiffre", "Avant", "Après"),
            [change_written(document, one) for one in (document["corrects"] or {"figures": []})["figures"]],
        ),
        Sheet("À suivre", ("Sujet", "Détail"), list(_actions(issue, document))),
        Sheet(
            "À propos",
            ("Sujet", "Valeur"),
            [
                ("Marché", document["contract"]["title"]),
                ("Mois", month_fr(issue.month)),
                ("Édition", str(issue.number)),
                ("Arrêtée le", instant_fr(issue.frozen_at)),
                *_seal(issue, document),
            ],
        ),
    ]
    return workbook_bytes(sheets)


FIGURES = (
    *("Mois", "Découpage", "Clé", "Code", "Indicateur", "Unité", "Valeur", "Numérateur", "Dénominateur"),
    *("Objectif", "Seuil", "État", "Preuve", "Clause"),
)


def _figure_rows(issue: MonthIssue, document: Document) -> Iterator[tuple[Any, ...]]:
    for code, one in ranked(document):
        yield (
            issue.month,
            "mois",
            "",
            code,
            one["name"],
            UNITS[Unit(one["unit"])],
            _number(_plain(one, one["value"])),
            one["numerator"],
            one["denominator"],
            _number(_plain(one, one["target"])),
            _number(_plain(one, one["trigger"])),
            STATE_LABELS[one["state"]],
            GRADES.get(one["grade"], "") if one["grade"] else "",
            one["clause"],
        )
    for cut, places in document["cuts"].items():
        for key, results in places.items():
            for code, sides in results.items():
                one = document["indicators"][code]
                yield (
                    issue.month,
                    CUTS[cut],
                    key_written(cut, key),
                    code,
                    one["name"],
                    UNITS[Unit(one["unit"])],
                    _number(_plain(one, value_of(document, code, sides))),
                    sides["numerator"],
                    sides["denominator"],
                    _number(_plain(one, one["target"])),
                    None,
                    "",
                    GRADES.get(sides["grade"], ""),
                    one["clause"],
                )


def _plain(one: Mapping[str, Any], text: str | None) -> Decimal | None:
    return plain(exact(text), Unit(one["unit"]))


def _number(value: Decimal | None) -> float | None:
    """A quantity for a spreadsheet: without a kind, a `Decimal` would be shown as an amount."""
    return None if value is None else float(value)
