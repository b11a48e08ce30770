"""The French words of satisfaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from titulaire.support.satisfaction.results import Followed
from titulaire.support.satisfaction.rules import Kind, Measure, Scale, Score, Skip
from titulaire.ui.formats import count_fr, date_short, month_fr, number, rate

MEASURES: Mapping[str, str] = {
    "CSAT": "Satisfaction",
    "CLARITY": "Clarté",
    "COURTESY": "Amabilité",
    "RESOLUTION": "Résolution",
    "FCR": "Réglé au premier contact (FCR)",
    "CES": "Effort (CES)",
    "NPS": "Recommandation (NPS)",
}
SHORT: Mapping[str, str] = {**MEASURES, "FCR": "FCR", "CES": "CES", "NPS": "NPS"}
CHANNELS: Mapping[str, str] = {"PHONE": "Téléphone", "FORMS": "Formulaire"}
SOURCES: Mapping[str, str] = {"FACTS": "Appels du logiciel", "FILE": "Fichier"}
SKIPS: Mapping[str, str] = {
    "NO_PERSON": "sans personne connue",
    "ALREADY_ASKED": "déjà sollicités pour ce contact",
    "OPTED_OUT": "ont refusé d’être sollicités",
    "ASKED_LATELY": "sollicités récemment",
    "NOT_DRAWN": "non tirés",
    "OVER_QUOTA": "au-delà du quota du jour",
}
READINGS: Mapping[str, str] = {
    "TOP_TWO": "part des deux meilleures notes",
    "MEAN": "moyenne",
    "SHARE_EASY": "part du côté facile",
}
CUTS: Mapping[str, str] = {
    "reason": "Motif",
    "flow": "Flux",
    "site": "Site",
    "channel": "Canal",
    "day": "Jour",
    "month": "Mois",
}
UNKNOWN = "non renseigné"

assert set(MEASURES) == set(Measure) and set(SKIPS) == set(Skip)  # noqa: S101 - a code without words is a bug


def scale_words(scale: Scale) -> str:
    """« de 1 à 7, 7 = le mieux »."""
    if scale == Scale(0, 1):
        return "oui ou non"
    return f"de {scale.least} à {scale.most}, {scale.most if scale.high_is_good else scale.least} = le mieux"


def ends(measure: Measure, scale: Scale) -> tuple[str, str]:
    """What the lowest and the highest marks mean, for who answers."""
    match measure:
        case Measure.NPS:
            said = ("pas du tout", "tout à fait")
        case Measure.CES:
            said = ("pas du tout d’accord", "tout à fait d’accord")
            return said if scale.high_is_good else ("aucun effort", "beaucoup d’efforts")
        case _:
            said = ("pas du tout", "tout à fait")
    return said if scale.high_is_good else (said[1], said[0])


def value_words(score: Score) -> str:
    """`82,4 %`, `5,62`, `+31`; « non mesurable » without answers."""
    return _written(score.kind, score.value) if score.value is not None else "non mesurable"


def interval_words(score: Score) -> str:
    """« de 78,1 % à 86,0 % », empty when there is no interval."""
    if score.low is None or score.high is None:
        return ""
    return f"de {_written(score.kind, score.low)} à {_written(score.kind, score.high)}"


def _written(kind: Kind, value: Fraction | float) -> str:
    match kind:
        case Kind.SHARE:
            return rate(decimal_of(value))
        case Kind.MEAN:
            return number(decimal_of(value), 2)
    points = round(decimal_of(value) * 100)
    return f"+{points}" if points > 0 else str(points).replace("-", "−")


def share_words(share: Fraction | None) -> str:
    """`82,4 %`, or the dash of what is not known."""
    return rate(None if share is None else decimal_of(share))


def decimal_of(value: Fraction | float) -> Decimal:
    """An exact share as people write it; rounding is for whoever shows it."""
    return (
        Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else Decimal(str(value))
    )


def skipped_words(skipped: Mapping[str, int]) -> str:
    """Why contacts were not followed by a survey, with how many."""
    return ", ".join(f"{number(n)} {SKIPS[code]}" for code, n in sorted(skipped.items()) if n) or "aucun"


def key_words(by: str, key: str | date) -> str:
    """A value of a cut, as people say it."""
    if isinstance(key, date):
        return month_fr(key) if by == "month" else date_short(key)
    return (CHANNELS.get(key, key) if by == "channel" else key) or UNKNOWN


def lost_words(did: Followed, days: int) -> str:
    """What cannot be followed, and why."""
    if not did.handled:
        return "aucun appel dans les faits de ce mois"
    return (
        f"{count_fr(did.followed, 'appel suivi', 'appels suivis')} sur {number(did.handled)} ; "
        f"{number(did.lost)} non suivis car leurs {days} jours passent la fin du mois, où les pseudonymes changent, "
        f"ou celle des faits ; {number(did.unknown)} sans appelant connu"
    )
