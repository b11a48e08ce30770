"""A dashboard as one workbook: flat rows, so that a pivot table reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.support.dashboards.figures import Figures
from titulaire.support.dashboards.judging import flat_rows
from titulaire.support.dashboards.rules import Grain, Life, Period, before
from titulaire.support.dashboards.wording import CUTS, period_written

SHEET = "Chiffres"
INSIDE = {Grain.DAY: "hour", Grain.WEEK: "day", Grain.MONTH: "day", Grain.CONTRACT: "month"}
"""By which moments a period is drawn."""
MOMENTS = {"hour": "Heure", "day": "Jour", "month": "Mois"}


@clause("S-10.1-statistiques")
def workbook_rows(figures: Figures, life: Life, period: Period, pars: Iterable[str]) -> list[tuple[Any, ...]]:
    """The rows: the period, the one before, its moments, and the cuts named as addresses name them."""
    terms = figures.terms
    day = max(period.since, terms.head.notified_on)
    moment = INSIDE[period.grain]
    rows = flat_rows(terms, day, period, figures.rows(period.since, period.until), "Ensemble")
    if earlier := before(period, life):
        rows += flat_rows(terms, day, earlier, figures.rows(earlier.since, earlier.until), "Ensemble")
    inside = figures.rows(period.since, period.until, by=(moment,))
    rows += flat_rows(terms, day, period, inside, MOMENTS[moment], of_time=True)
    for par in pars:
        cut, label = CUTS[par]
        found = figures.rows(period.since, period.until, by=(cut,))
        rows += flat_rows(terms, day, period, found, label, of_time=True)
    return rows


def notes_of(contract: Contract, period: Period) -> list[tuple[str, str]]:
    """What the second sheet says of the first."""
    return [
        ("Marché", contract.title),
        ("Période", period_written(period)),
        (
            "Lecture",
            f"Une ligne par chiffre : un tableau croisé dynamique se fait sur la feuille « {SHEET} ».",
        ),
        (
            "Valeur",
            "Les taux sont en pour cent, les durées en secondes. Un taux consolidé est la somme des numérateurs "
            "sur celle des dénominateurs, jamais une moyenne de taux.",
        ),
        ("Durées", "Leurs numérateurs sont en millisecondes."),
        ("Preuve", "A : événements ; B : tableaux de l’outil ; C : déclaré."),
    ]
