"""The French words of this room's codes and refusals."""

from __future__ import annotations

from collections.abc import Iterable

from titulaire.support.premises.rules import Place, SiteKind
from titulaire.ui.tables import Status

KINDS = {SiteKind.PRODUCTION.value: "Production", SiteKind.BACKUP.value: "Secours"}
PLACES = {
    Place.SITE.value: "Sur site",
    Place.HOME.value: "Télétravail",
    Place.BOTH.value: "Site et télétravail",
}
PLACE_FAULTS = {
    "UNKNOWN": "pas au registre ce jour-là",
    "NO_TELEWORK": "télétravail non prévu",
    "NOT_CHECKED": "poste de télétravail sans contrôle",
    "OTHER_SITE": "autre site que le sien",
}
LACKS = {
    "RAM": "mémoire",
    "CPU": "processeur",
    "SCREEN": "définition d’écran",
    "TELEPHONY_BROWSER": "navigateur refusé par la téléphonie",
    "PORTAL_BROWSER": "navigateur refusé par le portail",
    "MOBILE": "numéro mobile sans accord",
}
FLOORS = {
    one.code: one
    for one in (
        Status("GOOD", "Dédié et contrôlé", "good"),
        Status("BAD", "À corriger", "bad"),
        Status("NONE", "Jamais contrôlé", "warn"),
    )
}
VERDICTS = {one.code: one for one in (Status("GOOD", "Conforme", "good"), Status("BAD", "À corriger", "bad"))}
REFUSALS = {
    "TOO_FAR": "Le marché demande un site à {detail} minutes de train d’une CPAM au plus.",
    "TAKEN": "Un site porte déjà le code « {detail} ».",
    "NO_EVIDENCE": "Joignez le document qui montre le temps de train.",
    "CLOSED": "Ce site est déjà fermé.",
    "BEFORE": "Ce jour vient trop tôt.",
    "FUTURE": "Ce jour est dans l’avenir.",
    "UNKNOWN": "Personne n’a le matricule « {detail} » ce jour-là : voyez le registre du personnel.",
}


def lacks_fr(codes: Iterable[str]) -> str:
    """What a workstation lacks, in words: items are already French."""
    return ", ".join(LACKS.get(code, code) for code in codes)
