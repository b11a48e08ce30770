"""The formulas in French, written from the code itself: `docs/rules/indicateurs.md` is this text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from titulaire.contracts.rules import Terms
from titulaire.indicators.rules import Indicator, Sides, Sum, sides_of
from titulaire.indicators.wording import target_written
from titulaire.support.indicators.catalogue import indicators, production_plan
from titulaire.support.indicators.counting import MEASURES
from titulaire.support.indicators.evaluation import full_day_ms, options_on, target_on

DECLARED = {
    "ordered_ms": "heures commandées (déclarées)",
    "advisers": "conseillers qui ont produit au moins une minute",
    "advisers_trained": "conseillers formés avant leur premier jour productif",
    "advisers_trained_late": "conseillers formés avant la fin de la période",
}
CUTS = {"flow": "flux", "group": "groupe", "reason": "motif", "site": "site", "adviser": "conseiller"}
HOUR_MS = 3_600_000

HEAD = """\
# Comment chaque indicateur se calcule

Cette page est écrite par le logiciel à partir de ses propres formules (`titulaire indicators --guide`) :
ce que vous lisez est ce qui est calculé.

- Chaque terme d’une formule est un nombre entier qui s’additionne sur n’importe quels faits. La division vient
  en dernier, exacte ; rien n’est arrondi avant d’être comparé.
- Un taux consolidé est la somme des numérateurs sur la somme des dénominateurs, jamais une moyenne de taux.
- Un dénominateur nul donne « non mesurable », ni 0 ni 100.
- Un appel compte le jour de son arrivée, à l’heure du contrat ; un état de conseiller est coupé
  à minuit et à chaque quart d’heure.
- Un appel qui passe par deux groupes y laisse deux segments.
- La **lecture retenue** est celle du contrat à la date du mois ; les autres sont calculées à côté.
- La **preuve** d’un chiffre est A s’il s’ouvre jusqu’à ses événements, B s’il vient des tableaux de
  l’outil, C s’il est déclaré.
"""


def guide(terms: Terms, on: date | None = None) -> str:
    """The page, under the terms of a day: the first of the service unless said otherwise."""
    day = on or terms.head.starts_on
    rows = (*indicators(full_day_ms(terms, day)), production_plan())
    sections = ["\n".join(_section(terms, one, day)) for one in rows]
    return "\n".join([HEAD, *sections])


def _section(terms: Terms, one: Indicator, day: date) -> Iterator[str]:
    yield f"## {one.code} — {one.name}\n"
    target = target_written(target_on(terms, one.target, day), one.unit, one.direction)
    objective = f"objectif {target}" if target else "indicateur de suivi"
    cuts = ", ".join(name for cut, name in CUTS.items() if cut in one.cuts)
    by = f" ; se découpe par {cuts}" if cuts else ""
    yield f"Clause `{one.clause}` ; {objective}{by}.{' ' + one.note if one.note else ''}\n"
    options = options_on(terms, one, day)
    yield f"**Formule retenue** : {sides_written(one.sides(options), terms, day)}\n"
    if one.identity:
        yield f"**Contrôle** : {one.identity.label}. Un écart bloque le chiffre et se dit.\n"
    for code in one.readings:
        reading = terms.readings[code]
        kept = reading.on(day).option
        yield f"**{reading.question}** (`{code}`)\n"
        yield f"- *retenue*, `{kept}` : {reading.option(kept).sentence}"
        for rival in reading.rivals(day):
            formula = sides_written(one.sides({**options, code: rival.code}), terms, day)
            yield f"- `{rival.code}` : {rival.sentence} {_capital(formula)}"
        yield ""
    if one.comparisons:
        yield "Montré à côté, jamais retenu :\n"
        for other in one.comparisons:
            yield f"- `{other.code}` : {other.label} {_capital(sides_written(sides_of(other.formula), terms, day))}"
        yield ""
    if one.aside:
        yield "Lignes laissées, et pourquoi : " + " ; ".join(why for _, why in one.aside) + ".\n"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def sides_written(sides: Sides, terms: Terms, day: date) -> str:
    """A formula in words, under the terms of a day."""
    above = _sum(sides.numerator)
    if sides.denominator is None:
        return f"{above}."
    below = _sum(sides.denominator)
    text = f"({above}) ÷ ({below})"
    if sides.factor == full_day_ms(terms, day):
        hours = f"{full_day_ms(terms, day) / HOUR_MS:g}".replace(".", ",")
        text += f" × la journée de {hours} h"
    return f"{text}."


def _sum(side: Sum) -> str:
    text = ""
    for name, times in side.parts:
        label = MEASURES[name].label if name in MEASURES else DECLARED[name]
        sign = (" + " if times > 0 else " − ") if text else ("" if times > 0 else "− ")
        text += f"{sign}{f'{abs(times)} × ' if abs(times) != 1 else ''}{label}"
    return text
