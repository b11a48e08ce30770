"""The French words of this room's codes and refusals."""

from __future__ import annotations

from titulaire.support.training.rules import Outcome, Presence, SessionState, Standing
from titulaire.ui.tables import Status

SESSIONS = {
    one.code: one
    for one in (
        Status(SessionState.PLANNED.value, "Prévue", "info"),
        Status(SessionState.HELD.value, "Tenue", "good"),
        Status(SessionState.CANCELLED.value, "Annulée", "calm"),
    )
}
PRESENCES = {
    one.code: one
    for one in (
        Status(Presence.EXPECTED.value, "Attendu", "info"),
        Status(Presence.PRESENT.value, "Présent", "good"),
        Status(Presence.ABSENT.value, "Absent", "bad"),
    )
}
OUTCOMES = {Outcome.PASSED.value: "Acquis", Outcome.FAILED.value: "Non acquis"}
STANDINGS = {
    one.code: one
    for one in (
        Status(Standing.BREACH.value, "A produit avant", "bad"),
        Status(Standing.IN_TRAINING.value, "En formation", "warn"),
        Status(Standing.CLEARED.value, "Autorisé à produire", "good"),
    )
}
RATES = {
    one.code: one for one in (Status("DUE", "À transmettre", "warn"), Status("SENT", "Transmis", "good"))
}
STATES = {
    "AVAILABLE": "Disponible",
    "RINGING": "Sonnerie",
    "TALK": "En conversation",
    "HOLD": "Mise en attente",
    "WRAPUP": "Post-appel",
    "FORM": "Formulaire",
    "OUTBOUND": "Appel sortant",
    "TOOL_OUTAGE": "Panne d’outil",
}
"""The states that are work; what the facts call otherwise is told as it is."""
FAULTS = {
    "UNKNOWN_MODULE": "Ce module n’est pas de ceux du contrat ce jour-là.",
    "ENDS_BEFORE": "La fin précède le début.",
    "NO_LENGTH": "Une séance dure plus de zéro jour.",
    "TOO_LONG": "La séance dure plus que ses jours de calendrier.",
    "TWICE": "Ce matricule est écrit deux fois dans la même séance.",
    "NOT_OVER": "Cette séance n’est pas encore finie : sa présence s’écrira ensuite.",
    "NOT_ALIKE": "Cette ligne dit de la séance autre chose que la première : durée ou contenu.",
    "NO_ADVISER": "Une séance a au moins un participant.",
    "ALREADY_HELD": "Ce conseiller a déjà une présence à ce module, ces jours-là.",
}
