"""The French words of this room's codes."""

from titulaire.deadlines.clocks import State
from titulaire.ui.tables import Status
from titulaire.vouchers.complaints.rules import Channel, ComplaintState, StepKind, Typology

CHANNELS = {
    Channel.PHONE.value: "Téléphone",
    Channel.MAIL.value: "Courriel ou courrier",
    Channel.PORTAL.value: "Espace de gestion",
}
TYPOLOGIES = {
    Typology.NOT_RECEIVED.value: "Titres non reçus",
    Typology.LATE.value: "Livraison en retard",
    Typology.LOST_OR_STOLEN.value: "Perte ou vol",
    Typology.DEFECTIVE.value: "Titres défectueux",
    Typology.WRONG_ORDER.value: "Commande non conforme",
    Typology.WRONG_NAME.value: "Erreur de nom ou d’adresse",
    Typology.REFUSED_BY_SHOP.value: "Titre refusé par un commerçant",
    Typology.VALIDITY.value: "Validité ou péremption",
    Typology.INVOICE.value: "Facture ou avoir",
    Typology.PORTAL.value: "Espace de gestion",
    Typology.OTHER.value: "Autre",
}
STATES = {
    state.code: state
    for state in (
        Status(ComplaintState.OPEN.value, "À résoudre", "info"),
        Status(ComplaintState.ANSWERED.value, "Résolue", "good"),
        Status(ComplaintState.CLOSED.value, "Close", "calm"),
    )
}
DELAYS = {
    state.code: state
    for state in (
        Status(State.RUNNING.value, "Dans le délai", "info"),
        Status(State.AMBER.value, "Dernier jour", "warn"),
        Status(State.LATE.value, "En retard", "bad"),
        Status("MET_IN_TIME", "Résolue à temps", "good"),
        Status("MET_LATE", "Résolue en retard", "warn"),
    )
}
STEPS = {
    StepKind.OPENED.value: ("Réclamation reçue", "info"),
    StepKind.ASSIGNED.value: ("Prise en charge", "info"),
    StepKind.ANSWERED.value: ("Solution apportée", "good"),
    StepKind.DELIVERED.value: ("Titres livrés", "good"),
    StepKind.CLOSED.value: ("Réclamation close", "calm"),
    StepKind.REOPENED.value: ("Réclamation rouverte", "warn"),
    StepKind.RATED.value: ("Avis de l’acheteur", "info"),
}
MARKS = {
    1: "1, très insatisfait",
    2: "2, insatisfait",
    3: "3, moyen",
    4: "4, satisfait",
    5: "5, très satisfait",
}
