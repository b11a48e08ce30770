"""The French words of this room's codes."""

from titulaire.support.facts.schema import ItemKind, Marker, Sampling
from titulaire.support.quality.rules import Answer
from titulaire.ui.tables import Status

KINDS = {
    ItemKind.CALL.value: "Appel",
    ItemKind.FORM.value: "Formulaire",
    ItemKind.N2_TICKET.value: "Ticket de niveau 2",
}
SIDES = {Marker.CONTRACTOR.value: "Titulaire", Marker.BUYER.value: "Acheteur"}
ANSWERS = {
    Answer.YES.value: "Oui",
    Answer.PARTLY.value: "En partie",
    Answer.NO.value: "Non",
    Answer.NOT_APPLICABLE.value: "Sans objet",
}
SAMPLINGS = {
    Sampling.DRAWN.value: Status(Sampling.DRAWN.value, "Tiré au sort", "info"),
    Sampling.PICKED.value: Status(Sampling.PICKED.value, "Choisi", "calm"),
}
TO_MARK, MARKED, HIDDEN, SETTLED, WAIVED = "TO_MARK", "MARKED", "HIDDEN", "SETTLED", "WAIVED"
STANDINGS = {
    one.code: one
    for one in (
        Status(TO_MARK, "À noter", "warn"),
        Status(MARKED, "Noté, l’autre partie attendue", "info"),
        Status(HIDDEN, "Noté par l’autre partie, à noter à l’aveugle", "warn"),
        Status(SETTLED, "Noté", "good"),
        Status(WAIVED, "Non noté", "calm"),
    )
}
SEALED, OPENABLE, OPENED = "SEALED", "OPENABLE", "OPENED"
DRAWS = {
    one.code: one
    for one in (
        Status(SEALED, "Scellé", "info"),
        Status(OPENABLE, "À ouvrir", "warn"),
        Status(OPENED, "Ouvert", "good"),
    )
}
RUNNING, REVEALED = "RUNNING", "REVEALED"
CALIBRATIONS = {
    one.code: one
    for one in (
        Status(RUNNING, "Notes à l’aveugle", "warn"),
        Status(REVEALED, "Révélé", "good"),
    )
}
DRAW_FAULTS = {
    "NO_PERIOD": "La fin doit suivre le début.",
    "ALREADY_CLOSED": "La graine se scelle avant la fin de la période : choisissez une période qui n’est pas finie.",
    "OVERLAPS": "Un autre tirage de cette nature couvre déjà une partie de ces jours.",
    "NOT_CLOSED": "La période n’est pas finie : le tirage s’ouvre le lendemain de son dernier jour.",
    "ALREADY_OPENED": "Ce tirage est déjà ouvert.",
}
MARK_FAULTS = {
    "ALREADY_MARKED": "Votre partie a déjà noté cet élément : corrigez l’évaluation, avec un motif.",
    "WAIVED": "Votre partie a renoncé à noter cet élément.",
    "NOT_ITS_KIND": "Les tickets sont notés par le Titulaire.",
}
