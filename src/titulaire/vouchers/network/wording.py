"""The French words of this room."""

from __future__ import annotations

from titulaire.ui.formats import date_fr
from titulaire.ui.tables import Status
from titulaire.vouchers.network import queries
from titulaire.vouchers.network.models import Affiliate, ClaimDecision, Remittance, RemittanceLine
from titulaire.vouchers.network.rules import Activity, AffiliateState, Bar, Channel, Note, Proof, Verdict

ACTIVITIES: dict[str, str] = {
    Activity.RESTAURANT: "Restaurant",
    Activity.CATERER: "Traiteur, plats préparés",
    Activity.BAKERY: "Boulangerie, pâtisserie",
    Activity.BUTCHER: "Boucherie, charcuterie, poissonnerie",
    Activity.GREENGROCER: "Fruits et légumes",
    Activity.GROCERY: "Épicerie",
    Activity.SUPERMARKET: "Supermarché, hypermarché",
    Activity.MARKET: "Marché, vente directe",
    Activity.SOCIAL_GROCERY: "Épicerie sociale ou solidaire",
    Activity.BAR: "Débit de boissons",
    Activity.WINE: "Caviste, spiritueux",
    Activity.HYGIENE: "Hygiène, parfumerie, droguerie",
    Activity.OTHER: "Autre commerce, hors alimentation",
}

AFFILIATE_STATES: dict[str, Status] = {
    AffiliateState.PENDING: Status("PENDING", "À examiner", "info"),
    AffiliateState.ACCEPTED: Status("ACCEPTED", "Affilié", "good"),
    AffiliateState.REFUSED: Status("REFUSED", "Refusé", "bad"),
    AffiliateState.SUSPENDED: Status("SUSPENDED", "Suspendu", "warn"),
}

CHANNELS = {
    Channel.TYPED: "Saisie",
    Channel.FILE: "Fichier",
    Channel.SCAN: "Numérisation",
    Channel.CLAIM: "Demande tardive",
}

REMITTANCE_STATES: dict[str, Status] = {
    "READING": Status("READING", "Lecture en cours", "info"),
    "TO_PAY": Status("TO_PAY", "À payer", "warn"),
    "PAID": Status("PAID", "Payée", "good"),
    "NOTHING_DUE": Status("NOTHING_DUE", "Rien à payer", "calm"),
    "NOTHING_READ": Status("NOTHING_READ", "Illisible", "bad"),
}

VERDICTS: dict[str, Status] = {
    Verdict.VALID: Status("VALID", "Accepté", "good"),
    Verdict.ALREADY_USED: Status("ALREADY_USED", "Déjà utilisé", "bad"),
    Verdict.STOPPED: Status("STOPPED", "Opposé", "bad"),
    Verdict.EXPIRED: Status("EXPIRED", "Périmé", "bad"),
    Verdict.UNKNOWN: Status("UNKNOWN", "Inconnu", "bad"),
    Verdict.FORGED: Status("FORGED", "Faux", "bad"),
    Verdict.WRONG_PERIOD: Status("WRONG_PERIOD", "Hors période", "bad"),
    Verdict.TWICE_IN_BATCH: Status("TWICE_IN_BATCH", "En double", "warn"),
}

NOTES = {
    Note.NOTHING: "",
    Note.MISTYPED: "Numéro mal recopié : ses deux derniers chiffres le contrôlent. Vérifiez-le sur le titre.",
    Note.NOT_A_CODE: "Ce texte n’est pas le code d’un titre.",
    Note.UNREADABLE: "Aucun code lisible sur cette page : saisissez le numéro et les six lettres du titre.",
    Note.LETTERS_MISSING: "Ajoutez les six lettres imprimées à côté du numéro.",
    Note.LETTERS_WRONG: "Les six lettres ne sont pas celles de ce numéro.",
    Note.DIFFERS: "Le code et le registre ne disent pas la même chose : gardez le titre et prévenez l’émetteur.",
    Note.AFTER_CUTOFF: "Présenté après la date limite de remise.",
    Note.REPLACED: "Ce titre a été remplacé par un autre.",
    Note.CANCELLED: "Ce titre a été annulé.",
    Note.CLAIM_PAID: "Payé à titre exceptionnel, avec l’accord de l’acheteur.",
    Note.LATE_CLAIM: "Présenté à temps, mais remplacé ou remboursé entre-temps : l’émetteur examine votre demande.",
}

CLAIM_STATES: dict[str, Status] = {
    "WAITING": Status("WAITING", "À décider", "warn"),
    ClaimDecision.PAID: Status("PAID", "Payée à titre exceptionnel", "good"),
    ClaimDecision.REFUSED: Status("REFUSED", "Refusée", "bad"),
}

BARS = {
    Bar.OPPOSED: "Le titre était frappé d’opposition avant sa fin : il ne peut pas être payé.",
    Bar.USED_TOO_LATE: "Le titre a été utilisé après son dernier jour de validité : il ne peut pas être payé.",
    Bar.ALREADY_PAID: "Sa valeur a déjà été utilisée, par lui ou par le titre qui l’a remplacé : le payer serait "
    "payer deux fois.",
    Bar.REFUNDED: "Sa valeur a été remboursée à l’acheteur : le payer serait payer deux fois.",
    Bar.HEIR_STOPPED: "Le titre qui l’a remplacé est frappé d’opposition : son porteur peut encore le faire "
    "remplacer ou rembourser. Levez d’abord l’opposition.",
    Bar.HEIR_MOVED: "Le titre qui l’a remplacé vient de changer d’état : rechargez la page.",
}

VERDICT_NOTES = {
    Verdict.STOPPED: "Frappé d’opposition : ne le rendez pas, prévenez l’émetteur.",
    Verdict.EXPIRED: "Sa période d’usage était terminée.",
    Verdict.UNKNOWN: "Aucun titre de ce marché ne porte ce numéro.",
    Verdict.FORGED: "La signature est fausse : gardez le titre et prévenez l’émetteur.",
    Verdict.WRONG_PERIOD: "Présenté avant le début de sa période d’usage.",
    Verdict.TWICE_IN_BATCH: "Figure déjà plus haut dans cette remise.",
}

PROOFS = {
    Proof.CODE: "Code signé",
    Proof.LETTERS: "Numéro et lettres",
    Proof.NUMBER: "Numéro",
    Proof.NONE: "—",
}

LIST_REFUSALS = {
    "TOO_HEAVY": "Ce fichier est trop lourd : 4 Mo au plus pour une liste.",
    "NOT_TEXT": "Ce fichier n’est pas une liste lisible : enregistrez-le en CSV.",
    "EMPTY": "Ce fichier ne contient aucun titre.",
    "TOO_LONG": "Ce fichier contient plus de 10 000 titres : envoyez plusieurs remises.",
    "NO_COLUMN": "Aucune colonne « Numéro » ou « Code » : nommez ainsi la colonne des titres.",
    "BAD_DATE": "Ligne {row} : la date d’utilisation n’est pas lisible ; écrivez par exemple 15/03/2027.",
}

SCAN_REFUSALS = {
    "TOO_HEAVY": "Ce fichier est trop lourd : 200 Mo au plus.",
    "TOO_MANY_PAGES": "Ce fichier a plus de 500 pages : envoyez plusieurs remises.",
    "TOO_LARGE": "Une page est trop grande : numérisez à 300 points par pouce, format A3 au plus.",
    "NOT_A_SCAN": "Ce fichier n’est ni un PDF, ni une image TIFF, PNG ou JPEG.",
    "LOCKED": "Ce PDF est protégé par un mot de passe.",
}


def remittance_state(remittance: Remittance) -> str:
    """Where a remittance stands for its affiliate."""
    if remittance.state != Remittance.RECORDED:
        return str(remittance.state)
    if not remittance.amount_cents:
        return "NOTHING_DUE"
    return "PAID" if hasattr(remittance, "payment") else "TO_PAY"


def explanation(line: RemittanceLine, *, reader: Affiliate | None) -> str:
    """What a verdict means, as far as its reader may know. `reader` None: someone who may know all."""
    decision = getattr(line, "decision", None)
    if decision is not None:
        return _decided(decision)
    use = queries.earlier_use(line)
    if use is not None and line.verdict == Verdict.ALREADY_USED:
        when = f"Présenté le {date_fr(use.presented_on)}"
        if reader is None:
            return f"{when} par {use.affiliate.name} ({use.affiliate.town}), remise {use.remittance.number}."
        if use.affiliate.pk == reader.pk:
            return f"{when} par vous, remise {use.remittance.number}."
        return f"{when} par un autre commerce."
    return NOTES[Note(line.note)] or VERDICT_NOTES.get(Verdict(line.verdict), "")


def _decided(decision: ClaimDecision) -> str:
    if decision.remittance is not None:
        return f"Payé à titre exceptionnel par la remise {decision.remittance.number}."
    return f"Demande refusée : {decision.reason}"


def claim_state(line: RemittanceLine) -> str:
    """Where a late claim stands."""
    decision = getattr(line, "decision", None)
    return decision.outcome if decision is not None else "WAITING"


def masked(iban: str) -> str:
    """An account as it is shown: its country and its last four characters."""
    return f"{iban[:2]}•• •••• {iban[-4:]}"


def digest(sha256: str) -> str:
    """A digest in groups of eight, which can break at the end of a line."""
    return " ".join(sha256[first : first + 8] for first in range(0, len(sha256), 8))
