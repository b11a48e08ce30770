"""The French words for this room's codes, on screens, in files and in the command."""

from __future__ import annotations

from titulaire.ui.tables import Status
from titulaire.vouchers.issuing.lateness import Lateness
from titulaire.vouchers.issuing.models import (
    VOUCHER_STATE_LABELS,
    PaperBatch,
    PrintState,
    VoucherState,
)
from titulaire.vouchers.issuing.printing.manifest import DifferenceKind
from titulaire.vouchers.issuing.printing.spec import Side
from titulaire.vouchers.issuing.proofreading import Check
from titulaire.vouchers.issuing.queries import Stage

_TONES = {
    VoucherState.ISSUED: "info",
    VoucherState.DISPATCHED: "info",
    VoucherState.DELIVERED: "good",
    VoucherState.USED: "good",
    VoucherState.PAID: "good",
    VoucherState.STOPPED: "bad",
}
VOUCHER_STATES = {
    state.value: Status(state.value, label, _TONES.get(state, "calm"))
    for state, label in VOUCHER_STATE_LABELS.items()
}

MOVES = {
    VoucherState.ISSUED.value: ("Émis", "info"),
    VoucherState.DISPATCHED.value: ("Expédié", "info"),
    VoucherState.DELIVERED.value: ("Livré", "good"),
    VoucherState.USED.value: ("Utilisé", "good"),
    VoucherState.PAID.value: ("Payé au commerçant", "good"),
    VoucherState.STOPPED.value: ("Opposition", "bad"),
    VoucherState.REPLACED.value: ("Remplacé par un nouveau titre", "warn"),
    VoucherState.EXPIRED.value: ("Périmé", "calm"),
    VoucherState.REFUNDED.value: ("Remboursé", "info"),
    VoucherState.CANCELLED.value: ("Annulé", "calm"),
}
"""What a move says in the life of a voucher, and its tone."""

PRINT_STATES = {
    status.code: status
    for status in (
        Status(PrintState.TO_MAKE.value, "À fabriquer", "info"),
        Status(PrintState.QUEUED.value, "En fabrication", "info"),
        Status(PrintState.HELD.value, "Retenue", "bad"),
        Status(PrintState.READY.value, "Relue, prête", "warn"),
        Status(PrintState.RELEASED.value, "Chez l’imprimeur", "good"),
        Status(PrintState.RECONCILED.value, "Rapprochée", "good"),
    )
}

STAGES = {
    status.code: status
    for status in (
        Status(Stage.TO_ACKNOWLEDGE.value, "À accuser", "warn"),
        Status(Stage.TO_ISSUE.value, "À émettre", "info"),
        Status(Stage.TO_MAKE.value, "À fabriquer", "info"),
        Status(Stage.MAKING.value, "En fabrication", "calm"),
        Status(Stage.FAILED.value, "Échouée", "bad"),
        Status(Stage.HELD.value, "Retenue", "bad"),
        Status(Stage.READY.value, "Relue, prête", "warn"),
        Status(Stage.RELEASED.value, "Chez l’imprimeur", "good"),
    )
}

RISK_TONES = {Lateness.ON_TIME: "good", Lateness.SOON: "warn", Lateness.LATE: "bad"}

CHECKS = {
    Check.PAGES: "Nombre de pages",
    Check.BOXES: "Format de coupe",
    Check.FONTS: "Polices",
    Check.MENTION: "Mentions",
    Check.NUMBER: "Numéro imprimé",
    Check.WINDOW: "Fenêtre d’adresse",
    Check.LETTER: "Courrier",
    Check.CODE_UNREADABLE: "Code illisible",
    Check.CODE_REFUSED: "Code non authentique",
    Check.CODE_DIFFERS: "Code différent du titre",
    Check.FAINT: "Impression trop pâle",
}

DIFFERENCES = {
    DifferenceKind.MISSING.value: "Carnet absent du retour",
    DifferenceKind.UNKNOWN.value: "Carnet inconnu de ce lot",
    DifferenceKind.TWICE.value: "Carnet rendu deux fois",
    DifferenceKind.NUMBERS.value: "Numéros différents",
    DifferenceKind.COUNT.value: "Nombre de titres différent",
    DifferenceKind.SPOILED.value: "Carnet gâché : à réimprimer",
}

REPRINT_REASONS = {
    "SPOILED": "Gâché à l’impression",
    "MISCUT": "Mal coupé ou mal assemblé",
    "LOST_AT_PRINTER": "Perdu chez l’imprimeur",
}

FIBRES = {
    PaperBatch.RECYCLED: "Recyclé à 100\u00a0%",
    PaperBatch.CERTIFIED: "Fibres certifiées, 75\u00a0% au moins",
}
BLEACHINGS = {
    "TCF": "Sans chlore (TCF)",
    "ECF": "Sans chlore élémentaire (ECF)",
    "NONE": "Autre blanchiment",
}
INKS = {PaperBatch.VEGETABLE: "Encre végétale", PaperBatch.OTHER: "Autre encre, justifiée"}
PAPER_FAULTS = {
    "FIBRE": (
        "certified_percent",
        "Le marché demande un papier recyclé à 100 %, ou certifié à 75 % au moins : relisez le certificat, "
        "ou choisissez un autre papier.",
    ),
    "ISO_14001": (
        "iso_14001",
        "Le marché demande un papier d’une usine certifiée ISO 14001 : demandez l’attestation au papetier.",
    ),
    "BLEACHING": (
        "bleaching",
        "Le marché demande une pâte blanchie sans chlore : choisissez TCF ou ECF, d’après la fiche du papier.",
    ),
    "INK": (
        "ink_justification",
        "Sans encre végétale, écrivez pourquoi elle est impossible : cette phrase ira dans le dossier.",
    ),
    "EVIDENCE": ("evidence", "Le justificatif est vide : choisissez le certificat du papetier."),
    "EXPIRED": (
        "evidence_expires_on",
        "Ce justificatif n’est plus valable : demandez au papetier celui de l’année.",
    ),
}

SIDES = {Side.BEGINNING.value: "Au début du carnet", Side.END.value: "À la fin du carnet"}
WRITERS = {"BUYER": "l’acheteur", "ISSUER": "l’émetteur"}

PLACEHOLDER_MEANINGS = {
    "civilite": "Madame, Monsieur, ou « Madame, Monsieur »",
    "nom": "prénom et nom du bénéficiaire",
    "carnet": "référence du carnet",
    "nombre": "nombre de titres, en chiffres",
    "titres": "nombre de titres suivi du mot : 12 titres",
    "valeur": "valeur d’un titre : 10 €",
    "montant": "valeur du carnet : 120 €",
    "montant_lettres": "valeur du carnet en toutes lettres",
    "millesime": "millésime imprimé sur les titres",
    "debut": "premier jour d’utilisation",
    "fin": "dernier jour d’utilisation",
    "premier": "numéro du premier titre",
    "dernier": "numéro du dernier titre",
    "organisme": "nom de l’organisme qui accorde les titres",
    "emetteur": "nom de l’émetteur",
}

VERDICTS = {
    "NOT_A_CODE": "Ce n’est pas un code de titre.",
    "UNKNOWN_VERSION": "Ce code est d’une version inconnue de ce logiciel.",
    "UNKNOWN_KEY": "Aucune clé connue n’a signé ce code : titre faux, ou d’un autre émetteur.",
    "FORGED": "La signature est fausse : ce titre est une contrefaçon.",
    "MISTYPED": "Ce numéro est mal recopié : ses deux derniers chiffres le contrôlent.",
    "UNKNOWN": "Le registre ne connaît pas ce numéro.",
    "DIFFERS": "La signature et le registre ne disent pas la même chose : signalez-le.",
}
"""What is wrong with a code or a number held out."""

VERDICT_ADVICE = {
    "NOT_A_CODE": "Relisez le carré du titre avec un lecteur Data Matrix, ou saisissez son numéro à 15 chiffres.",
    "UNKNOWN_VERSION": "Gardez le titre, et demandez à l’exploitant si le logiciel est à jour.",
    "UNKNOWN_KEY": "Ne payez pas ce titre ; gardez-le et signalez-le au responsable de la sécurité.",
    "FORGED": "Ne payez pas ce titre ; gardez-le et signalez-le au responsable de la sécurité.",
    "MISTYPED": "Recopiez les 15 chiffres tels qu’ils sont imprimés ; les espaces ne comptent pas.",
    "UNKNOWN": "Vérifiez le numéro sur le titre ; s’il y est bien, signalez-le : il n’a pas été émis ici.",
    "DIFFERS": "Ne payez pas ce titre avant l’avis du responsable de la sécurité.",
}
