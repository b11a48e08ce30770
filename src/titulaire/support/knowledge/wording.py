"""The French words of this room's codes."""

from __future__ import annotations

from titulaire.support.knowledge.rules import Kind, VersionState
from titulaire.ui.tables import Status

KINDS = {
    Kind.SCRIPT.value: "Script",
    Kind.INSTRUCTION.value: "Consigne",
    Kind.ARTICLE.value: "Article",
}
STATES = {
    one.code: one
    for one in (
        Status(VersionState.DRAFT.value, "À valider", "warn"),
        Status(VersionState.COMING.value, "À venir", "info"),
        Status(VersionState.IN_FORCE.value, "En vigueur", "good"),
        Status(VersionState.REPLACED.value, "Remplacée", "calm"),
    )
}
READINGS = {
    one.code: one for one in (Status("READ", "Lu", "good"), Status("UNREAD", "Pas encore lu", "warn"))
}
