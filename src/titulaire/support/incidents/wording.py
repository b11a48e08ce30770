"""The French words of this room's codes."""

from titulaire.deadlines.clocks import State as Delay
from titulaire.support.incidents.rules import ClaimState, Side, State, StepKind
from titulaire.ui.tables import Status

SIDES = {
    Side.CONTRACTOR.value: "Titulaire",
    Side.BUYER.value: "Cnam",
    Side.NATIONAL_NETWORK.value: "Réseau national",
    Side.OPERATOR.value: "Opérateur télécom",
    Side.OTHER.value: "Autre",
}
STATES = {
    one.code: one
    for one in (
        Status(State.OPEN.value, "À résoudre", "warn"),
        Status(State.RESOLVED.value, "Résolu", "good"),
        Status(State.CLOSED.value, "Clos", "calm"),
    )
}
CLAIMS = {
    one.code: one
    for one in (
        Status(ClaimState.PROPOSED.value, "En attente", "warn"),
        Status(ClaimState.AGREED.value, "Neutralise", "good"),
        Status(ClaimState.REFUSED.value, "Refusée", "bad"),
        Status(ClaimState.WITHDRAWN.value, "Retirée", "calm"),
    )
}
NO_CLAIM = Status("NONE", "Aucune", "calm")
INTERRUPTIONS = {
    one.code: one
    for one in (
        Status(Delay.RUNNING.value, "En cours", "warn"),
        Status(Delay.AMBER.value, "Limite proche", "warn"),
        Status(Delay.LATE.value, "Limite dépassée", "bad"),
        Status("MET_IN_TIME", "Rétabli à temps", "good"),
        Status("MET_LATE", "Rétabli trop tard", "bad"),
        Status("NONE", "Service maintenu", "calm"),
    )
}
STEPS = {
    StepKind.DECLARED.value: ("Incident déclaré", "info"),
    StepKind.BUYER_TOLD.value: ("Acheteur informé", "info"),
    StepKind.MOBILISED.value: ("Mobilisation", "info"),
    StepKind.ENDED.value: ("Fin constatée", "good"),
    StepKind.DOCUMENTED.value: ("Document joint", "calm"),
    StepKind.RESOLVED.value: ("Incident résolu", "good"),
    StepKind.CLOSED.value: ("Incident clos", "calm"),
    StepKind.REOPENED.value: ("Incident rouvert", "warn"),
    StepKind.CLAIM_PROPOSED.value: ("Neutralisation demandée", "warn"),
    StepKind.CLAIM_AGREED.value: ("Neutralisation acceptée", "good"),
    StepKind.CLAIM_REFUSED.value: ("Neutralisation refusée", "bad"),
    StepKind.CLAIM_WITHDRAWN.value: ("Demande retirée", "calm"),
}
LINES = {
    "P2": "P2, accessibilité",
    "P3": "P3, décroché",
    "P4": "P4, attente",
    "P5": "P5, durée de traitement",
}
CLAIM_FAULTS = {
    "NO_TIME": "La fin doit suivre le début.",
    "NOT_YET": "Seul un temps écoulé peut être neutralisé.",
    "OUTSIDE": "Ce temps sort de celui de l’incident.",
    "UNKNOWN_LINE": "Cette ligne ne peut pas être neutralisée par un temps.",
    "ONE_AWAITS": "Une demande attend déjà la réponse de l’acheteur.",
}
