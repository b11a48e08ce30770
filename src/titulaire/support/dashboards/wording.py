"""How figures, rows and penalties are said on these pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from titulaire.indicators.rules import Result, Value
from titulaire.indicators.rules import State as Level
from titulaire.indicators.wording import STATES
from titulaire.penalties.rules import Line, is_worse
from titulaire.support.dashboards.rules import Grain, Period
from titulaire.ui.formats import (
    NO_BREAK,
    NONE,
    date_fr,
    date_short,
    duration_fr,
    instant_short,
    month_fr,
    number,
    weekday_fr,
)
from titulaire.ui.tables import Status

TONES = {
    Level.MET: "good",
    Level.MISSED: "warn",
    Level.FOLLOWED: "calm",
    Level.NOT_MEASURABLE: "calm",
    Level.BLOCKED: "bad",
}
PAST_TRIGGER = Status("PAST_TRIGGER", "seuil dépassé", "bad")
TABLES = {
    "legs": "Appels",
    "states": "États des conseillers",
    "forms": "Événements des formulaires",
    "marks": "Notes de qualité",
    "form_days": "Journées de formulaires",
}
COLUMNS = {
    "call_id": "Appel",
    "leg": "Segment",
    "arrived_at": "Arrivé le",
    "flow": "Flux",
    "call_group": "Groupe",
    "origin": "Origine",
    "outcome": "Issue",
    "wait_ms": "Attente",
    "talk_ms": "Conversation",
    "hold_ms": "Garde",
    "wrapup_ms": "Post-appel",
    "reason": "Motif",
    "qualified_by": "Qualifié par",
    "qualified_at": "Qualifié le",
    "site": "Site",
    "adviser": "Conseiller",
    "incident": "Incident",
    "source": "Source",
    "source_row": "Ligne du fichier",
    "batch": "Lot",
    "started_at": "Début",
    "duration_ms": "Durée",
    "state": "État",
    "activity": "Activité",
    "item_id": "Dossier",
    "event": "Événement",
    "occurred_at": "Le",
    "exclusion": "Exclusion",
    "kind": "Nature",
    "marked_by": "Noté par",
    "mark": "Note",
    "sampling": "Tirage",
    "buyer": "Note de l’acheteur",
    "contractor": "Note du titulaire",
    "day": "Jour",
    "forms_ms": "Temps de formulaires",
    "other_ms": "Autre temps",
    "answered": "Traités",
    "full": "Journée pleine",
    "numerator": "Au numérateur",
    "denominator": "Au dénominateur",
    "why": "Pourquoi elle ne compte pas",
}
CODES = {
    "INBOUND": "Entrant",
    "ANSWERED": "Décroché",
    "ABANDONED": "Abandonné",
    "DISSUADED": "Dissuadé",
    "ADVISER": "Conseiller",
    "BUYER": "Acheteur",
    "CONTRACTOR": "Titulaire",
    "IVR_ONLY": "Serveur vocal seul",
}


def status_of(result: Result, line: Line | None, *, edge_counts: bool) -> Status:
    """What is said of a result, its trigger included: past it, missing the target costs something."""
    value = result.exact
    judged = result.state in {Level.MET, Level.MISSED}
    if (
        judged
        and line
        and value is not None
        and is_worse(value, line.trigger, line.worse, edge_counts=edge_counts)
    ):
        return PAST_TRIGGER
    label = STATES[result.state]
    if result.gap:
        label += f" (écart {result.gap:+d})"
    return Status(result.state.value, label, TONES[result.state])


def ratio_written(value: Value) -> str:
    """The two whole numbers of a value, such as « 9 ÷ 10 »."""
    thousandth = value.factor == Fraction(1, 1000)
    above = f"{number(value.numerator)}{f'{NO_BREAK}ms' if thousandth else ''}"
    return above if value.denominator is None else f"{above} ÷ {number(value.denominator)}"


def key_written(value: Any) -> str:
    """The value of a cut; facts may not say it."""
    return "non renseigné" if value is None else str(value)


def cell_written(name: str, row: Mapping[str, Any]) -> str:
    """A cell of a fact: instants at the contract's hour, durations in words."""
    value = row[name]
    if value is None or value == "":
        return NONE
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return instant_short(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return date_short(value)
    if name.endswith("_ms"):
        return duration_fr(Decimal(value) / 1000)
    if isinstance(value, int) and name not in {"leg", "source_row"}:
        return number(value)
    return CODES.get(str(value), str(value))


CUTS = {"site": ("site", "Site"), "motif": ("reason", "Motif"), "flux": ("flow", "Flux")}
"""What the address says, the cut, and its name. By adviser, nothing: it is not for everyone's eyes."""
GRAINS = {
    Grain.DAY: "Jour",
    Grain.WEEK: "Semaine",
    Grain.MONTH: "Mois",
    Grain.CONTRACT: "Marché",
}
BEFORE = {Grain.DAY: "Veille", Grain.WEEK: "Semaine précédente", Grain.MONTH: "Mois précédent"}


def period_written(period: Period) -> str:
    """A period in words: « lundi 4 mai 2026 », « semaine 19 de 2026 », « mai 2026 »."""
    match period.grain:
        case Grain.DAY:
            return weekday_fr(period.since)
        case Grain.WEEK:
            year, week, _ = period.since.isocalendar()
            return f"semaine {week} de {year}"
        case Grain.MONTH:
            return month_fr(period.since)
        case Grain.CONTRACT:
            return f"marché du {date_fr(period.since)} au {date_fr(period.last_day)}"


def period_short(period: Period) -> str:
    """A period under an axis: « 04/05 », « S19 », « 05/26 »."""
    match period.grain:
        case Grain.DAY:
            return f"{period.since:%d/%m}"
        case Grain.WEEK:
            return f"S{period.since.isocalendar().week:02}"
        case Grain.MONTH:
            return f"{period.since:%m/%y}"
        case Grain.CONTRACT:
            return GRAINS[period.grain]


def hour_written(quarter: int) -> str:
    """A quarter-hour of the civil day, from 0: « 8 h 30 »."""
    hours, quarters = divmod(quarter, 4)
    return f"{hours}{NO_BREAK}h{NO_BREAK}{quarters * 15:02}" if quarters else f"{hours}{NO_BREAK}h"


def cell_exported(name: str, value: Any) -> Any:
    """A cell of a fact for a file: typed, durations in seconds, codes in words."""
    if value is None or isinstance(value, (bool, date)):
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
    if name.endswith("_ms"):
        return Decimal(value) / 1000
    return value if isinstance(value, (int, Decimal)) else CODES.get(str(value), str(value))
