"""The French words of satisfaction."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from titulaire.support.satisfaction.rules import Kind, Measure, Scale, Score, Skip
from titulaire.ui.formats import number, rate

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
            return rate(float(value))
        case Kind.MEAN:
            return number(float(value), 2)
    points = round(float(value) * 100)
    return f"+{points}" if points > 0 else str(points).replace("-", "−")


def skipped_words(skipped: Mapping[str, int]) -> str:
    """Why contacts were not followed by a survey, with how many."""
    return ", ".join(f"{number(n)} {SKIPS[code]}" for code, n in sorted(skipped.items()) if n) or "aucun"
