"""The French words of this room's codes."""

from titulaire.support.desk.rules import ContactState, Outcome
from titulaire.ui.tables import Status

OUTCOMES = {
    Outcome.INFORMED.value: "Réponse donnée",
    Outcome.FILE_ACT.value: "Intervention sur le dossier",
    Outcome.N2_TICKET.value: "Ticket de niveau 2",
    Outcome.N1_PLUS.value: "Transfert au niveau 1+",
    Outcome.DIRECTED.value: "Orienté ailleurs",
    Outcome.CUT.value: "Appel muet ou coupé",
}
STATES = {
    one.code: one
    for one in (
        Status(ContactState.OPEN.value, "À qualifier", "warn"),
        Status(ContactState.CLOSED.value, "Qualifié", "good"),
    )
}
FAULTS = {
    "UNLISTED": "Le marché ne liste pas ce choix ce jour-là.",
    "NIR": "Un numéro de sécurité sociale, ou treize chiffres et plus, n’entre jamais ici : retirez-le.",
    "PHONE": "Un numéro de téléphone de personne n’entre jamais ici : retirez-le.",
    "MAIL": "Une adresse électronique n’entre jamais ici : retirez-la.",
    "NOT_A_REFERENCE": "Écrivez l’identifiant de l’appel ou un pseudonyme : lettres sans accent et chiffres.",
    "FUTURE": "Cet instant est dans l’avenir.",
    "BEFORE": "Cet instant précède la notification du marché.",
}
