"""How measures, periods and verdicts are said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from titulaire.support.indicators.counting import MEASURES
from titulaire.support.reconciliation.rules import TIMES, Compared, Verdict
from titulaire.ui.formats import date_short, duration_fr, month_fr, number
from titulaire.ui.tables import Status

VERDICTS: Mapping[str, Status] = {
    Verdict.AGREES: Status("AGREES", "Égaux", "good"),
    Verdict.WITHIN: Status("WITHIN", "Dans la tolérance", "good"),
    Verdict.APART: Status("APART", "Écart", "bad"),
    Verdict.NO_FACTS: Status("NO_FACTS", "Aucun fait ce jour-là", "warn"),
    Verdict.NO_CELL: Status("NO_CELL", "Absent du rapport", "warn"),
}
CUTS = {"flow": "flux", "group": "groupe", "site": "site", "adviser": "conseiller", "reason": "motif"}
PERIODS = {
    "MONTH": "mois",
    "WEEK": "semaine",
    "DAY": "jour",
    "HOUR": "heure",
    "QUARTER_HOUR": "quart d’heure",
}


def measure_said(measure: str) -> str:
    """What a measure of reports counts."""
    name = measure.lower()
    if name == "communication_ms":
        return "durée de communication, garde comprise"
    return MEASURES[name].label if name in MEASURES else measure


def amount_said(measure: str, value: int | None) -> str:
    """A count, or a time in words."""
    if value is None:
        return ""
    if measure.endswith("_MS"):
        return f"−{duration_fr(-value / 1000)}" if value < 0 else duration_fr(value / 1000)
    return number(value)


def time_said(one: Compared) -> str:
    """The time that a figure covers."""
    when: dict[str, Any] = dict(zip(TIMES[one.period], one.key, strict=False))
    if "month" in when:
        return month_fr(when["month"])
    day: date = when.get("week") or when["day"]
    if "week" in when:
        return f"semaine du {date_short(day)}"
    if "hour" in when:
        return f"{date_short(day)} {when['hour']:02d} h"
    if "quarter" in when:
        return f"{date_short(day)} {when['quarter'] // 4:02d} h {when['quarter'] % 4 * 15:02d}"
    return date_short(day)


def cuts_said(one: Compared) -> str:
    """What the figure is given for; all, when the report does not cut it."""
    return ", ".join(f"{CUTS[name]} {value}" for name, value in one.cuts) or "ensemble"


def place_said(one: Compared) -> str:
    """Where the report writes it: file, sheet and cell."""
    if one.place is None:
        return ""
    where = f"{one.place.sheet} {one.place.cell}".strip() or f"ligne {one.place.row}"
    return f"{one.place.file_name} : {where}"
