"""The French words of this room's codes."""

from titulaire.support.desk.rules import ActKind, ActState, ContactState, Identity, Outcome, TicketState
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
    "NO_REASON": "Dites pourquoi.",
    "ONE_WAITS": "Cette demande attend déjà sur ce contact.",
    "NOT_WAITING": "Cette demande n’attend plus : rien n’a changé.",
    "NOT_PROVEN": "L’identité n’est pas établie : refusez la demande, ou transférez l’appel au niveau 1+.",
    "NOT_CONFIRMED": "Recopiez la référence de la demande pour confirmer.",
    "NOT_EXECUTED": "Rien n’est à vérifier : la demande n’est pas exécutée.",
    "OWN_ACT": "Une autre personne que celle qui a exécuté vérifie.",
    "WRONG_MOMENT": "Le ticket n’en est pas là : rien n’a changé.",
    "REFERENCE_TAKEN": "Un autre ticket porte déjà cette référence.",
    "NO_OVERFLOW": "Le marché n’admet aucun débordement automatique.",
    "ALREADY_SENT": "Cet appel est déjà transféré.",
    "BEFORE": "Cet instant précède la notification du marché.",
}
KINDS = {
    ActKind.OPPOSITION.value: "Opposition",
    ActKind.CLOSURE.value: "Clôture",
    ActKind.UNLINK_DEVICE.value: "Dissociation d’un appareil",
}
IDENTITIES = {
    Identity.FILE_QUESTIONS.value: "Questions posées sur le dossier",
    Identity.AUTHENTICATED.value: "Usager authentifié dans le service",
    Identity.REPRESENTATIVE.value: "Représentant légal, lien établi au dossier",
    Identity.NOT_PROVEN.value: "Non établie",
}
ACT_STATES = {
    one.code: one
    for one in (
        Status(ActState.ASKED.value, "À exécuter", "warn"),
        Status(ActState.EXECUTED.value, "À vérifier", "info"),
        Status(ActState.VERIFIED.value, "Vérifiée", "good"),
        Status(ActState.REFUSED.value, "Refusée", "bad"),
    )
}
TICKET_STATES = {
    one.code: one
    for one in (
        Status(TicketState.CREATED.value, "À transmettre", "warn"),
        Status(TicketState.SENT.value, "Au niveau 2", "info"),
        Status(TicketState.SENT_BACK.value, "Rendu", "bad"),
        Status(TicketState.CLOSED.value, "Clos", "good"),
    )
}
AGES = {"D1": "moins d’un jour", "D3": "1 à 2 jours", "D7": "3 à 6 jours", "OLD": "7 jours et plus"}
SENT = Status("TRANSFERRED", "Transféré", "info")
