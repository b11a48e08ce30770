"""The French words of this room's codes."""

from titulaire.deadlines.calendars import Closure, Reason
from titulaire.deadlines.clocks import (
    CalendarDays,
    Delay,
    ElapsedHours,
    FixedDate,
    Months,
    WorkingDays,
    WorkingHours,
)
from titulaire.deadlines.dues import DueState, When, Who
from titulaire.governance.rules import (
    Approval,
    Change,
    EvidenceKind,
    Matter,
    MeetingKind,
    MeetingState,
    Validity,
)
from titulaire.ui.formats import count_fr
from titulaire.ui.tables import Status

SIDES = {"BUYER": "Acheteur", "CONTRACTOR": "Titulaire"}

MATTERS = {
    Matter.REPRESENTATIVE.value: "Représentant du titulaire",
    Matter.OPERATIONS.value: "Suivi et exécution",
    Matter.REPORTING.value: "Rapports et chiffres",
    Matter.BILLING.value: "Facturation",
    Matter.COMPLAINTS.value: "Réclamations",
    Matter.SECURITY.value: "Sécurité",
    Matter.PERSONAL_DATA.value: "Données personnelles",
    Matter.TECHNICAL.value: "Technique",
}

CHANGES = {
    Change.REGULATION.value: "Réglementation",
    Change.STANDARD.value: "Norme",
    Change.PRODUCTION.value: "Production",
    Change.SERVICE.value: "Service",
}

KINDS = {
    MeetingKind.LAUNCH.value: "Réunion de lancement",
    MeetingKind.FOLLOW_UP.value: "Réunion de suivi",
    MeetingKind.TECHNICAL.value: "Réunion technique",
    MeetingKind.ON_REQUEST.value: "Réunion à la demande",
    MeetingKind.OPERATIONAL.value: "Comité de pilotage opérationnel",
    MeetingKind.PRODUCTION.value: "Comité de production",
    MeetingKind.STEERING.value: "Comité de pilotage",
    MeetingKind.SECURITY_REVIEW.value: "Revue de sécurité",
    MeetingKind.FORECAST.value: "Comité de prévisions",
}

KIND_CLAUSES = {
    "VOUCHERS": dict.fromkeys([each.value for each in MeetingKind], "T-4.3-reunions"),
    "SUPPORT": {
        MeetingKind.LAUNCH.value: "S-2.1.6-phases",
        MeetingKind.OPERATIONAL.value: "S-3.1-comite-production",
        MeetingKind.PRODUCTION.value: "S-3.1-comite-production",
        MeetingKind.STEERING.value: "S-3.1-comite-pilotage",
        MeetingKind.SECURITY_REVIEW.value: "S-3.1-comite-pilotage",
        MeetingKind.FORECAST.value: "S-3.1-comite-previsions",
    },
}
"""By half, the clause that asks for each kind of meeting."""

AGENDAS = {
    MeetingKind.LAUNCH.value: (
        "Présentation des équipes et des interlocuteurs\n"
        "Calendrier de mise en place\n"
        "Modalités opérationnelles et calendrier prévisionnel\n"
        "Échanges de fichiers et accès à l’espace de gestion"
    ),
    MeetingKind.FOLLOW_UP.value: (
        "Difficultés rencontrées et points d’alerte\n"
        "Bilan de l’année écoulée\n"
        "Suivi des plans d’actions\n"
        "Optimisations possibles"
    ),
    MeetingKind.OPERATIONAL.value: "Production de la semaine\nQualité de la semaine\nMesures à prendre",
    MeetingKind.PRODUCTION.value: (
        "Heures productives\n"
        "Actes reçus et traités\n"
        "Performance\n"
        "Qualité\n"
        "Satisfaction des usagers\n"
        "Alertes\n"
        "Projections sur la semaine suivante et sur le mois"
    ),
    MeetingKind.STEERING.value: (
        "Résultats du mois\n"
        "Plans d’actions\n"
        "Réglage des critères de performance\n"
        "Enquête de satisfaction du mois passé"
    ),
    MeetingKind.SECURITY_REVIEW.value: (
        "Exigences du plan d’assurance sécurité, une à une\nIncidents du semestre\nMesures à prendre"
    ),
    MeetingKind.FORECAST.value: (
        "Atterrissage de la dizaine en cours : heures, actes, écarts\n"
        "Capacitaire de la dizaine à J+10\n"
        "Capacitaire à J+20 et J+30, à titre indicatif\n"
        "Hypothèses de productivité et de disponibilité"
    ),
}
"""What the contracts ask each meeting to look at: the agenda that the form proposes."""

MEETING_STATES = {
    MeetingState.PLANNED.value: Status("PLANNED", "Prévue", "info"),
    MeetingState.HELD.value: Status("HELD", "Tenue", "warn"),
    MeetingState.CLOSED.value: Status("CLOSED", "Close", "good"),
    MeetingState.CANCELLED.value: Status("CANCELLED", "Annulée", "calm"),
}
APPROVALS = {
    Approval.NONE.value: Status("NONE", "À rédiger", "warn"),
    Approval.AWAITED.value: Status("AWAITED", "Remis, avis attendu", "info"),
    Approval.REMARKS.value: Status("REMARKS", "Remarques à reprendre", "warn"),
    Approval.APPROVED.value: Status("APPROVED", "Validé", "good"),
    Approval.DEEMED.value: Status("DEEMED", "Réputé validé", "good"),
}
SLOT_STATES = {
    "LATE": Status("LATE", "Pas tenue", "bad"),
    "OPEN": Status("OPEN", "À prévoir", "info"),
    "PLANNED": Status("PLANNED", "Prévue", "info"),
    "DONE": Status("DONE", "Tenue", "good"),
    "DONE_LATE": Status("DONE_LATE", "Tenue en retard", "warn"),
}
ACTION_STATES = {
    "OPEN": Status("OPEN", "En cours", "info"),
    "LATE": Status("LATE", "En retard", "bad"),
    "DONE": Status("DONE", "Faite", "good"),
}

PAPERS = {
    EvidenceKind.VIGILANCE.value: "Attestation de vigilance (URSSAF)",
    EvidenceKind.TAX.value: "Attestation fiscale",
    EvidenceKind.INSURANCE.value: "Assurance de responsabilité civile",
    EvidenceKind.REGISTRATION.value: "Immatriculation (Kbis)",
    EvidenceKind.POSTED_WORKERS.value: "Liste des salariés étrangers",
    EvidenceKind.QUALITY.value: "Certificat de qualité (ISO 9001…)",
    EvidenceKind.ENVIRONMENT.value: "Certificat environnemental (ISO 14001, FSC, PEFC…)",
    EvidenceKind.SECURITY.value: "Certificat de sécurité (ISO 27001…)",
    EvidenceKind.PERSONAL_DATA.value: "Protection des données (RGPD)",
    EvidenceKind.BANK_GUARANTEE.value: "Garantie financière",
    EvidenceKind.OTHER.value: "Autre pièce",
}
VALIDITIES = {
    Validity.COMING.value: Status("COMING", "À venir", "calm"),
    Validity.VALID.value: Status("VALID", "Valable", "good"),
    Validity.SOON.value: Status("SOON", "Expire bientôt", "warn"),
    Validity.EXPIRED.value: Status("EXPIRED", "Expirée", "bad"),
    Validity.REPLACED.value: Status("REPLACED", "Remplacée", "calm"),
}

DUE_STATES = {
    DueState.LATE.value: Status("LATE", "En retard", "bad"),
    DueState.OPEN.value: Status("OPEN", "À tenir", "info"),
    DueState.DONE.value: Status("DONE", "Tenue", "good"),
    DueState.DONE_LATE.value: Status("DONE_LATE", "Tenue en retard", "warn"),
    DueState.DEEMED.value: Status("DEEMED", "Silence acquis", "good"),
    DueState.FACT.value: Status("FACT", "À savoir", "calm"),
}
WHENS = {
    When.LATE.value: "En retard",
    When.TODAY.value: "Aujourd’hui",
    When.WEEK.value: "Dans les sept jours",
    When.LATER.value: "Plus tard",
    When.OVER.value: "Passées",
}
WHOS = {Who.BUYER.value: "Acheteur", Who.CONTRACTOR.value: "Titulaire", Who.BOTH.value: "Les deux parties"}

NOTICE_MAIL = """Bonjour,

{title}

{text}

Cette information porte le numéro {number}. Ouvrez-la pour lire les documents joints et dire que vous l’avez lue :

{link}
"""
NOTICE_REMINDER = """Bonjour,

L’information {number}, « {title} », vous a été adressée le {sent_on}. Vous n’avez pas encore dit l’avoir lue :

{link}

{text}
"""
PAPER_REMINDER = """Bonjour,

Marché : {contract}

La pièce « {title} » n’est plus valable après le {last_on}. Déposez celle qui la remplace :

{link}
"""


def delay_fr(rule: Delay) -> str:
    """A delay in words: « 10 jours ouvrés »."""
    match rule:
        case WorkingDays():
            ouvres = rule.counting == "OUVRES"
            days = "jour ouvré" if ouvres else "jour ouvrable"
            return count_fr(rule.number, days, "jours ouvrés" if ouvres else "jours ouvrables")
        case CalendarDays():
            return count_fr(rule.number, "jour")
        case Months():
            return f"{rule.number} mois"
        case WorkingHours():
            return count_fr(rule.number, "heure ouvrée", "heures ouvrées")
        case ElapsedHours():
            return f"{abs(rule.number)} heures avant" if rule.number < 0 else count_fr(rule.number, "heure")
        case FixedDate():
            return "date fixée par le contrat"


def closure_fr(closure: Closure) -> str:
    """Why a day does not count."""
    match closure.reason:
        case Reason.HOLIDAY:
            return closure.name
        case Reason.CLOSED_BY_CONTRACT:
            return "fermé au contrat"
        case Reason.WEEKEND:
            return "fin de semaine"
