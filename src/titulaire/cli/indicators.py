"""`titulaire indicators`: the figures of a month, and the facts behind one of them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
from django.utils import timezone

from titulaire.cli.options import of_contract, support_contract
from titulaire.cli.output import as_json, console, print_json, print_table, refuse
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.indicators.rules import Indicator, Result, Rival
from titulaire.indicators.wording import STATES, difference_written, target_written, written
from titulaire.support.indicators.evaluation import (
    Declared,
    LeftOut,
    NothingAsked,
    Row,
    after,
    evaluate,
    left_out,
)
from titulaire.support.indicators.explaining import Explanation, Listing, NothingToOpen, explain
from titulaire.support.indicators.guide import guide
from titulaire.support.penalties.assessing import lines_on
from titulaire.support.training.queries import trained_of
from titulaire.ui.formats import list_fr

CUT_LABELS = {
    "site": "Site",
    "reason": "Motif",
    "flow": "Flux",
    "group": "Groupe",
    "adviser": "Conseiller",
    "quarter": "Quart d’heure",
    "hour": "Heure",
    "weekday": "Jour de la semaine",
    "day": "Jour",
    "week": "Semaine du",
    "month": "Mois",
    "year": "Année",
}
CUTS = tuple(CUT_LABELS)
CALL_CUTS = ("site", "reason", "flow", "group", "adviser")
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
WRITTEN = {
    "quarter": "de 0 à 95 depuis minuit",
    "hour": "de 0 à 23",
    "weekday": "lundi, mardi…",
    "year": "comme 2026",
    "day": "comme 2026-03-02",
    "week": "le lundi, comme 2026-03-02",
    "month": "comme 2026-03",
}
MOST_PARTS = 40
HOUR_MS = 3_600_000


@click.command("indicators")
@of_contract("SUPPORT")
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="Le mois, comme 2026-03.")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="Premier jour d’une autre période.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Dernier jour, compris.")
@click.option("--by", multiple=True, type=click.Choice(CUTS), help="Découpage (répétable).")
@click.option(
    "--where", multiple=True, metavar="CHAMP=VALEUR", help="Ne garder que cette valeur (répétable)."
)
@click.option("--only", multiple=True, metavar="CODE", help="Ne montrer que cet indicateur (répétable).")
@click.option("--ordered-hours", metavar="HEURES", help="Heures productives commandées sur la période.")
@click.option(
    "--trained",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV des formations : conseiller;forme_le (AAAA-MM-JJ). Sans lui, les présences enregistrées font foi.",
)
@click.option("--explain", "explained", metavar="CODE", help="Ouvrir cet indicateur jusqu’à ses faits.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=20,
    show_default=True,
    help="Lignes montrées par --explain (0 : toutes).",
)
@click.option(
    "--guide", "wants_guide", is_flag=True, help="Écrire les formules en Markdown, sans rien calculer."
)
@as_json
def command(
    code: str,
    month: datetime | None,
    since: datetime | None,
    last: datetime | None,
    by: tuple[str, ...],
    where: tuple[str, ...],
    only: tuple[str, ...],
    ordered_hours: str | None,
    trained: Path | None,
    explained: str | None,
    limit: int,
    wants_guide: bool,
    json_output: bool,
) -> None:
    """Les indicateurs d’un marché de support, avec leurs lectures et leurs faits.

    \b
    titulaire indicators --month 2026-03                        le mois, tous les indicateurs
    titulaire indicators --month 2026-03 --by site --only I8    un indicateur, par site
    titulaire indicators --month 2026-03 --by weekday --by hour --only I1
    titulaire indicators --month 2026-03 --explain I1 --where flow=3422 --limit 0 --json
    """
    contract = support_contract(code, json_output=json_output)
    if wants_guide:
        click.echo(guide(terms_of(code)), nl=False)
        return
    first, until = _period(month, since, last, json_output)
    wanted = _filters(where, json_output)
    shown = {one.upper() for one in only}
    asked: dict[str, Any] = {"since": first, "until": until, "by": by, "where": wanted}
    try:
        if explained:
            _explain(contract, explained.upper(), asked, limit or None, json_output)
            return
        declared = Declared(
            ordered_ms=None if ordered_hours is None else _milliseconds(ordered_hours, json_output),
            trained_on=trained_of(contract, terms_of(code), first)
            if trained is None
            else _trainings(trained, json_output),
        )
        rows = evaluate(contract, **asked, declared=declared, only=shown or None)
        absent = left_out(**asked, only=shown or None)
    except NothingAsked as error:
        refuse(_not_asked(error), json_output=json_output)
    triggers = _triggers(code, first)
    if json_output:
        print_json(
            {
                "contract": code,
                "since": first,
                "until": until,
                "by": by,
                "where": wanted,
                "rows": [_told_row(row, triggers) for row in rows],
                "left_out": [
                    {"code": one.code, "why": why, "reason": _why(one, why, (*by, *wanted))}
                    for one, why in absent
                ],
                "note": _nothing(rows, absent),
            }
        )
        return
    for row in rows:
        _print_row(row, triggers, first, until)
    if shown:
        for one, why in absent:
            console.print(_why(one, why, (*by, *wanted)))
    if note := _nothing(rows, absent):
        console.print(note)


def _not_asked(error: NothingAsked) -> str:
    if not error.unknown:
        return "la période est vide : les dates de --where en sortent."
    codes = ", ".join(f"« {one} »" for one in error.unknown)
    return f"aucun indicateur {codes} (connus : I1 à I19, PLAN)."


def _why(one: Indicator, why: LeftOut, cuts: Sequence[str]) -> str:
    """Why an indicator has no figure as asked, and how it may be asked."""
    match why:
        case LeftOut.CUT:
            used = [CUT_LABELS[name].lower() for name in cuts if name in CALL_CUTS and name not in one.cuts]
            may = [label.lower() for name, label in CUT_LABELS.items() if name in one.cuts]
            way = f"par {list_fr(may)}, ou " if may else "que "
            return f"{one.code} n’a pas de sens par {list_fr(used)} : il se découpe {way}par périodes."
        case LeftOut.WHOLE:
            return f"{one.code} repose sur une déclaration pour toute la période : demandez-le sans --by."
        case LeftOut.LEVEL:
            return (
                f"{one.code} est un niveau en fin de période : découpez-le par jour, semaine, mois ou année."
            )
        case LeftOut.DAILY:
            return f"{one.code} se compte au jour : ses faits ne disent pas l’heure."


def _nothing(rows: Sequence[Row], absent: Sequence[object]) -> str:
    """Why there is no figure at all, where the facts are missing; "" when there is one."""
    results = [one for row in rows for one in row.results]
    if any(one.grade is not None for one in results) or (absent and not results):
        return ""
    return "Aucun fait sur la période. « titulaire facts import FICHIER --connector NOM » en apporte."


def _period(
    month: datetime | None, since: datetime | None, last: datetime | None, json_output: bool
) -> tuple[date, date]:
    if month and (since or last):
        refuse("dites le mois, ou la période, pas les deux.", json_output=json_output)
    if month:
        return month.date(), after(month.date())
    if not since or not last:
        refuse("dites le mois (--month 2026-03), ou la période (--from et --to).", json_output=json_output)
    if since > last:
        refuse("--to est avant --from.", json_output=json_output)
    return since.date(), date.fromordinal(last.date().toordinal() + 1)


def _milliseconds(hours: str, json_output: bool) -> int:
    try:
        found = Fraction(hours.strip().replace(",", "."))
    except (ValueError, ZeroDivisionError):
        found = Fraction(-1)
    if found < 0:
        refuse(f"--ordered-hours « {hours} » ; écrivez des heures, comme 4200.", json_output=json_output)
    return int(found * HOUR_MS)


def _filters(where: Sequence[str], json_output: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in where:
        name, equals, value = one.partition("=")
        if name not in CUTS or not equals:
            known = ", ".join(CUTS)
            refuse(f"« {one} » : écrivez CHAMP=VALEUR (champs : {known}).", json_output=json_output)
        try:
            found[name] = _filter(name, value.strip())
        except ValueError:
            refuse(f"« {one} » : la valeur de {name} s’écrit {WRITTEN[name]}.", json_output=json_output)
    return found


def _filter(name: str, value: str) -> Any:
    match name:
        case "quarter" | "hour" | "year":
            return int(value)
        case "weekday":
            return WEEKDAYS.index(value.lower())
        case "month":
            return date.fromisoformat(f"{value}-01" if value.count("-") == 1 else value).replace(day=1)
        case "week":
            day = date.fromisoformat(value)
            return date.fromordinal(day.toordinal() - day.weekday())
        case "day":
            return date.fromisoformat(value)
        case _:
            return value or None


def _trainings(file: Path, json_output: bool) -> dict[str, date]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.DictReader(opened, delimiter=";")
        if not {"conseiller", "forme_le"} <= set(rows.fieldnames or ()):
            refuse("le CSV doit avoir les colonnes conseiller et forme_le.", json_output=json_output)
        found = {}
        for line, row in enumerate(rows, 2):
            try:
                if row["forme_le"]:
                    found[row["conseiller"]] = date.fromisoformat(row["forme_le"])
            except ValueError:
                why = f"ligne {line} : « {row['forme_le']} » n’est pas une date (AAAA-MM-JJ)."
                refuse(why, json_output=json_output)
        return found


def _triggers(code: str, day: date) -> dict[str, Fraction]:
    terms = terms_of(code)
    return {line.indicator: line.trigger for line in lines_on(terms, max(day, terms.head.notified_on))}


# What is printed


def _print_row(row: Row, triggers: Mapping[str, Fraction], since: date, until: date) -> None:
    place = ", ".join(f"{CUT_LABELS[name].lower()} {_key(name, value)}" for name, value in row.key)
    lines = []
    for one in row.results:
        unit, trigger = one.indicator.unit, triggers.get(one.indicator.code)
        lines.append(
            (
                one.indicator.code,
                one.indicator.name,
                written(one.exact, unit, one.target),
                target_written(one.target, unit, one.indicator.direction),
                written(trigger, unit) if trigger is not None else "",
                f"{STATES[one.state]} (écart {one.gap:+d})" if one.gap else STATES[one.state],
                one.grade or "",
                ", ".join(option for _, option in one.options),
                "\n".join(_rival(one, rival) for rival in one.rivals),
            )
        )
    if lines:
        last = date.fromordinal(until.toordinal() - 1)
        print_table(
            f"Du {since:%d/%m/%Y} au {last:%d/%m/%Y}{' — ' + place if place else ''}",
            ("", "Indicateur", "Valeur", "Objectif", "Seuil", "État", "Preuve", "Lecture", "Autres lectures"),
            lines,
        )


def _rival(one: Result, rival: Rival) -> str:
    text = f"{rival.option} : {written(rival.value.exact, one.indicator.unit)}"
    gap = one.gap_of(rival)
    if not gap:
        return text
    apart = difference_written(gap, one.indicator.unit)
    return f"{text} ({apart})"


def _key(name: str, value: Any) -> str:
    if value is None:
        return "non renseigné"
    if name == "quarter":
        return f"{value // 4:02d} h {value % 4 * 15:02d}"
    if name == "hour":
        return f"{value:02d} h"
    if name == "weekday":
        return WEEKDAYS[value]
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


def _told_row(row: Row, triggers: Mapping[str, Fraction]) -> dict[str, object]:
    return {
        "key": dict(row.key),
        "indicators": [_told(one, triggers.get(one.indicator.code)) for one in row.results],
    }


def _told(one: Result, trigger: Fraction | None) -> dict[str, object]:
    unit = one.indicator.unit
    return {
        "code": one.indicator.code,
        "name": one.indicator.name,
        "clause": one.indicator.clause,
        "unit": unit,
        "numerator": one.value.numerator,
        "denominator": one.value.denominator,
        "value": _fraction(one.exact),
        "display": written(one.exact, unit, one.target),
        "direction": one.indicator.direction,
        "target": _fraction(one.target),
        "state": one.state,
        "met": {"MET": True, "MISSED": False}.get(one.state),
        "trigger": _fraction(trigger),
        "grade": one.grade,
        "gap": one.gap,
        "reading": dict(one.options),
        "rivals": [
            {
                "reading": rival.reading or None,
                "option": rival.option,
                "label": rival.label,
                "numerator": rival.value.numerator,
                "denominator": rival.value.denominator,
                "value": _fraction(rival.value.exact),
                "gap": _fraction(one.gap_of(rival)),
            }
            for rival in one.rivals
        ],
    }


def _fraction(value: Fraction | None) -> str | None:
    """Exact: `880/973`, never a float."""
    return None if value is None else str(value)


# A figure opened


def _explain(
    contract: Contract, code: str, asked: Mapping[str, Any], limit: int | None, json_output: bool
) -> None:
    period = {"since": asked["since"], "until": asked["until"]}
    keys: list[Mapping[str, Any]] = [{}]
    if asked["by"]:
        keys = [dict(row.key) for row in evaluate(contract, **asked, only={code})]
        if not keys:
            absent = left_out(**asked, only={code})
            why = [_why(one, why, (*asked["by"], *asked["where"])) for one, why in absent]
            refuse(
                why[0] if why else "aucun fait sur la période, rien à ouvrir.",
                json_output=json_output,
            )
        if len(keys) > MOST_PARTS:
            many = f"{len(keys)} parts à ouvrir, {MOST_PARTS} au plus : gardez-en par --where."
            refuse(many, json_output=json_output)
    try:
        parts = [
            (key, explain(contract, code, **period, where={**asked["where"], **key}, limit=limit))
            for key in keys
        ]
    except NothingToOpen as error:
        refuse(f"rien à ouvrir derrière « {error.code} ».", json_output=json_output)
    if json_output and asked["by"]:
        print_json({"code": code, "by": asked["by"], "parts": [_told_part(key, one) for key, one in parts]})
    elif json_output:
        print_json(_told_explanation(parts[0][1]))
    else:
        for key, found in parts:
            place = ", ".join(
                f"{CUT_LABELS[name].lower()} {_key(name, value)}" for name, value in key.items()
            )
            console.print(f"[bold]{code} — {found.indicator.name}{' — ' + place if place else ''}[/bold]")
            for listing in found.listings:
                _print_listing(listing)
            if not found.listings:
                console.print("Aucun fait sur la période.")


def _told_part(key: Mapping[str, Any], found: Explanation) -> dict[str, object]:
    return {"key": key, **_told_explanation(found)}


def _told_explanation(found: Explanation) -> dict[str, object]:
    return {
        "code": found.indicator.code,
        "reading": dict(found.options),
        "listings": [
            {
                "table": one.table,
                "counted": one.counted,
                "numerator": one.numerator,
                "denominator": one.denominator,
                "rows": one.rows,
                "left_out": dict(one.left_out),
                "left_out_rows": one.left_out_rows,
            }
            for one in found.listings
        ],
    }


def _print_listing(one: Listing) -> None:
    console.print(
        f"{one.counted} lignes comptées : numérateur {one.numerator}, dénominateur {one.denominator}."
    )
    _print_facts("Les premières lignes comptées", one.rows)
    for why, count in one.left_out:
        console.print(f"  {count} lignes laissées : {why}.")
    _print_facts("Les premières lignes laissées", one.left_out_rows)


def _print_facts(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """One fact a paragraph, its empty fields left out: twenty columns never fit a terminal."""
    if not rows:
        return
    console.print(f"[bold]{title}[/bold]")
    for row in rows:
        fields = [(name, _cell(value)) for name, value in row.items() if value is not None]
        console.print("  • " + ", ".join(f"{name} {value}" for name, value in fields), markup=False)


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value.replace(tzinfo=UTC)).strftime("%d/%m/%Y %H:%M:%S")
    return str(value)
