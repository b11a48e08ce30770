"""The French words of this room's codes, for screens, exports and the command."""

from __future__ import annotations

from django.utils.text import slugify

from titulaire.vouchers.regimes.rules import (
    CONTRACT,
    OWN_CHOICE,
    UNION,
    AffixedBy,
    Certainty,
    Side,
    State,
    Subject,
)

SUBJECTS: dict[Subject, str] = {
    Subject.GOVERNING_REGIME: "Régime applicable",
    Subject.DISTRIBUTOR: "Qui peut attribuer le titre",
    Subject.ISSUER_AUTHORISATION: "Condition pour émettre",
    Subject.SUPPORT: "Support du titre",
    Subject.GOODS: "Ce que le titre paie",
    Subject.EXCLUDED_GOODS: "Ce qu’il ne paie pas",
    Subject.AREA: "Étendue géographique",
    Subject.CASH_CHANGE: "Rendu de monnaie",
    Subject.MENTIONS: "Mentions imprimées",
    Subject.PRINTED_YEAR: "Année imprimée",
    Subject.PRINTED_VALIDITY: "Face portant la validité",
    Subject.ORDER_SWITCH: "Passage au nouveau millésime",
    Subject.FIRST_USE: "Premier jour d’utilisation",
    Subject.LAST_USE: "Dernier jour d’utilisation",
    Subject.PRESENTATION_CUTOFF: "Date limite de présentation par le commerçant",
    Subject.PRESENTATION_PROOF: "Date qui fait foi à la présentation",
    Subject.UNDISTRIBUTED_RETURN: "Retour des titres non distribués",
    Subject.REPLACEMENT: "Remplacement des titres non utilisés",
    Subject.LOST_BY_BEARER: "Titres perdus par le bénéficiaire",
    Subject.REFUND_DATE: "Date du remboursement à l’acheteur",
    Subject.REFUND_AMOUNT: "Montant du remboursement",
    Subject.REFUND_BASE: "Base du prorata",
    Subject.REFUND_MEANS: "Moyen du remboursement",
    Subject.REFUND_LEVY: "Prélèvement avant partage",
    Subject.FUNDS: "Protection des fonds",
    Subject.ANNUAL_ACCOUNT: "Compte rendu annuel",
    Subject.STATEMENTS: "États dus à l’acheteur",
    Subject.RETENTION: "Conservation des données",
}

# The French word of a subject in an address.
SLUGS: dict[str, Subject] = {slugify(label.replace("’", " ")): code for code, label in SUBJECTS.items()}
SLUG_OF: dict[Subject, str] = {code: slug for slug, code in SLUGS.items()}

CERTAINTIES: dict[Certainty, str] = {
    Certainty.PRIMARY: "texte lu",
    Certainty.SECONDARY: "source indirecte",
    Certainty.UNVERIFIED: "à vérifier",
}

STATES: dict[State, str] = {State.OPEN: "à trancher", State.AGREED: "convenu"}

SIDES: dict[Side, str] = {
    Side.ANY: "au choix",
    Side.FRONT: "recto",
    Side.BACK: "verso",
    Side.BOTH: "recto et verso",
}

AFFIXED_BY: dict[AffixedBy, str] = {AffixedBy.ISSUER: "émetteur", AffixedBy.MERCHANT: "commerçant"}

APPLIED_FROM: dict[str, str] = {
    CONTRACT: "Contrat",
    UNION: "Réunion des régimes",
    OWN_CHOICE: "Choix par défaut",
}
