"""`titulaire simulate`: what a month would have been with other advisers, calls or handling times."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import InvalidOperation
from fractions import Fraction

import click

from titulaire.cli.options import of_contract, support_contract
from titulaire.cli.output import as_json, console, print_json, print_table, refuse
from titulaire.cli.penalties import amount_given
from titulaire.contracts.queries import terms_of
from titulaire.indicators.wording import difference_written, written
from titulaire.penalties.rules import Invoice, NotInCents
from titulaire.support.penalties.assessing import Entered
from titulaire.support.simulator.queries import Figure, Simulation, simulate, usual_entered
from titulaire.support.simulator.rules import Change, NothingToSimulate
from titulaire.support.simulator.wording import band_written
from titulaire.ui.formats import money, number, rate


@click.command("simulate")
@of_contract("SUPPORT")
@click.option("--month", type=click.DateTime(["%Y-%m"]), required=True, help="Le mois, comme 2026-03.")
@click.option("--advisers", default="0", help="Conseillers de plus ou de moins à leur poste : +3, -2.")
@click.option("--handling", default="0", help="Secondes de plus ou de moins par appel traité : +20.")
@click.option("--calls", default="0", help="Appels de plus ou de moins : +8%.")
@click.option("--patience", help="Patience moyenne en secondes ; sans elle, celle que le mois montre.")
@click.option("--staff", help="Conseillers à leur poste, si aucun état n’est importé pour le mois.")
@click.option("--invoice-phone", help="Facture de téléphonie, hors taxes ; sans elle, celle du mois.")
@click.option("--invoice-forms", default="0.00", help="Facture des formulaires, hors taxes.")
@as_json
def command(
    code: str,
    month: datetime,
    advisers: str,
    handling: str,
    calls: str,
    patience: str | None,
    staff: str | None,
    invoice_phone: str | None,
    invoice_forms: str,
    json_output: bool,
) -> None:
    """Simuler un mois : effectif, durée de traitement, appels ; jusqu’aux euros de pénalités."""
    contract = support_contract(code, json_output=json_output)
    try:
        change = Change(
            advisers=_number("--advisers", advisers, "+3"),
            handling_seconds=_number("--handling", handling, "+20"),
            calls_rate=_number("--calls", calls.removesuffix("%"), "+8%") / 100,
            patience_seconds=_positive("--patience", patience, "90"),
        )
        entered = usual_entered(contract, month.date())
        if invoice_phone is not None:
            entered = Entered(
                Invoice(
                    amount_given("--invoice-phone", invoice_phone),
                    amount_given("--invoice-forms", invoice_forms),
                ),
                entered.orders,
                entered.incidents,
                entered.contacts_ordered,
            )
        found = simulate(
            contract,
            month.date(),
            change,
            entered,
            terms_of(contract.code),
            staff=_positive("--staff", staff, "40"),
        )
    except NothingToSimulate:
        refuse(
            "aucun quart d’heure n’a à la fois des appels et des conseillers : importez les faits, ou "
            "dites l’effectif avec --staff.",
            json_output=json_output,
        )
    except NotInCents as error:
        refuse(f"{error.amount} n’est pas un montant en centimes.", json_output=json_output)
    except (InvalidOperation, ValueError) as error:
        refuse(f"valeur illisible : {error}", json_output=json_output)
    if json_output:
        print_json(_told(found, code))
    else:
        _tell(found)


def _number(option: str, text: str, like: str) -> float:
    """A number of a size that means something.

    Raises:
        ValueError: with the words that say how to write it.
    """
    try:
        found = float(text.strip().replace(",", "."))
    except ValueError:
        found = math.nan
    if not -10_000 < found < 10_000:
        raise ValueError(f"{option} « {text} » ; écrivez un nombre, comme {like}")
    return found


def _positive(option: str, text: str | None, like: str) -> float | None:
    if text is None:
        return None
    found = _number(option, text, like)
    if found <= 0:
        raise ValueError(f"{option} « {text} » ; écrivez un nombre positif, comme {like}")
    return found


def _told(found: Simulation, code: str) -> dict[str, object]:
    corridor = found.corridor
    return {
        "contract": code,
        "month": f"{found.month:%Y-%m}",
        "change": {
            "advisers": found.change.advisers,
            "handling_seconds": found.change.handling_seconds,
            "calls_rate": found.change.calls_rate,
            "patience_seconds": found.change.patience_seconds,
        },
        "model": {
            "posts": round(found.centre.mean_staff, 2),
            "handling_seconds": round(found.centre.handling_seconds, 2),
            "patience_seconds": round(found.centre.patience_seconds, 2),
            "patience_is_estimated": found.centre.patience_is_estimated,
            "advisers_are_measured": found.has_states,
            "calls_outside": found.centre.outside,
        },
        "figures": [_figure(one) for one in (*found.figures, found.plan)],
        "penalties": {
            "before": found.before.proposed,
            "after": found.after.proposed,
            "difference": found.difference,
            "low": found.proposed_low,
            "high": found.proposed_high,
            "termination_possible": found.after.termination_possible,
            "risks": {line: round(share, 4) for line, share in found.risks.items() if share},
            "lines": [
                {"code": one.line.code, "before": old.state, "after": one.state, "amount": one.amount}
                for old, one in zip(found.before.lines, found.after.lines, strict=True)
            ],
        },
        "corridor": None if corridor is None else [one.advisers for one in corridor],
        "points": [
            {
                "advisers": one.advisers,
                "posts": round(one.posts, 2),
                "answer_rate": _short(one.answer_rate),
                "availability": _short(one.availability),
                "proposed": one.proposed,
                "holds": one.holds,
            }
            for one in found.points
        ],
    }


def _figure(one: Figure) -> dict[str, object]:
    return {
        "code": one.indicator.code,
        "name": one.indicator.name,
        "unit": one.indicator.unit,
        "fact": _short(one.fact),
        "model": _short(one.model),
        "gap": _short(one.gap),
        "expected": _short(one.expected),
        "low": one.low if one.low is None else round(one.low, 6),
        "high": one.high if one.high is None else round(one.high, 6),
    }


def _short(value: Fraction | None) -> float | None:
    """Six decimals: a model gives no more."""
    return None if value is None else round(float(value), 6)


def _tell(found: Simulation) -> None:
    centre = found.centre
    print_table(
        f"{found.month:%m/%Y} simulé",
        ("", "Indicateur", "Mesuré", "Modèle seul", "Écart du modèle", "Attendu", "Hasard (90 %)"),
        [
            (
                one.indicator.code,
                one.indicator.name,
                written(one.fact, one.indicator.unit),
                written(one.model, one.indicator.unit),
                "" if one.gap is None else difference_written(one.gap, one.indicator.unit),
                written(one.expected, one.indicator.unit),
                band_written(one),
            )
            for one in (*found.figures, found.plan)
        ],
    )
    said = "estimée sur le mois" if centre.patience_is_estimated else "supposée"
    console.print(
        f"Effectif moyen à son poste : {number(centre.mean_staff, 1)}. Traitement : "
        f"{number(centre.handling_seconds, 0)} s. Patience : {number(centre.patience_seconds, 0)} s, {said}."
    )
    console.print(
        f"[bold]Pénalités : {money(found.before.proposed)} → {money(found.after.proposed)}[/bold], de "
        f"{money(found.proposed_low)} à {money(found.proposed_high)} selon le hasard."
    )
    for line, share in found.risks.items():
        if 0 < share < 1:
            console.print(f"{line} est due dans {rate(share, 0)} des tirages.")
    if found.corridor is None:
        console.print("Aucun effectif essayé ne tient à la fois le décroché et la disponibilité.")
    else:
        fewest, most = found.corridor
        console.print(
            f"Décroché et disponibilité tiennent de {fewest.advisers:+d} à {most.advisers:+d} conseillers."
        )
