"""The terms and readings of a contract of paper vouchers."""

from __future__ import annotations

from titulaire.contracts.rules import Kind, TermSpec

_HERE = frozenset({"VOUCHERS"})
_BEARERS = (("BUYER", "à la charge de l’acheteur"), ("CONTRACTOR", "à la charge du Titulaire"))


def _term(name: str, label: str, kind: Kind, unit: str = "", **choices: str) -> TermSpec:
    return TermSpec(name, label, kind, unit, tuple(choices.items()), _HERE)


TERMS = (
    # Article 1
    _term("accepted_goods", "Ce que les titres paient", Kind.TEXTS),
    _term("refused_goods", "Ce que les titres ne paient jamais", Kind.TEXTS),
    _term("limited_to_department", "Usage limité à un département", Kind.FLAG),
    _term("ceiling", "Montant maximal de l’accord-cadre (TTC)", Kind.AMOUNT, "EUR"),
    _term("minimum", "Montant minimal de l’accord-cadre", Kind.AMOUNT, "EUR"),
    _term("past_aid_by_year", "Valeur des aides allouées, par année passée", Kind.TABLE, "EUR"),
    _term("projected_aid_amount", "Valeur à distribuer sur la durée du marché", Kind.AMOUNT, "EUR"),
    # Article 2.1: orders, complaints, validity, unused vouchers, portal
    _term("order_period_months", "Rythme de la commande principale", Kind.COUNT, "MONTHS"),
    _term(
        "order_channels",
        "Moyens de transmission des commandes",
        Kind.CODES,
        FILE="fichier",
        PORTAL="espace de gestion",
        API="interface entre logiciels",
    ),
    _term("order_channel_fee", "Prix d’un changement de moyen de transmission", Kind.AMOUNT, "EUR"),
    _term("complaint_working_days", "Délai de résolution d’une réclamation", Kind.COUNT, "WORKING_DAYS"),
    _term("vintage_switch_month", "Mois de commande qui passe au millésime suivant", Kind.COUNT, "MONTH"),
    _term(
        "vintage_years_ahead",
        "Avance du millésime sur l’année de commande, après bascule",
        Kind.COUNT,
        "YEARS",
    ),
    _term("validity_end", "Dernier jour d’usage d’un titre (rapporté au millésime)", Kind.ANNUAL_DAY),
    _term(
        "presentation_cutoff",
        "Dernier jour de remise par un commerçant (rapporté au millésime)",
        Kind.ANNUAL_DAY,
    ),
    _term(
        "presentation_arrival_working_days",
        "Acheminement des remises postées avant la date limite",
        Kind.COUNT,
        "WORKING_DAYS",
    ),
    _term(
        "replacement_deadline",
        "Remplacement des titres non utilisés au plus tard (rapporté au millésime)",
        Kind.ANNUAL_DAY,
    ),
    _term("reminder_days_before", "Relances avant la fin de validité", Kind.COUNTS, "CALENDAR_DAYS"),
    _term(
        "reminder_channels",
        "Moyens des relances",
        Kind.CODES,
        EMAIL="courriel",
        SMS="SMS",
        LETTER="courrier",
    ),
    _term(
        "refund_deadline",
        "Remboursement des titres perdus ou périmés au plus tard (rapporté au millésime)",
        Kind.ANNUAL_DAY,
    ),
    _term("refund_means", "Moyen du remboursement", Kind.CODE, CHEQUE="chèque", TRANSFER="virement"),
    _term(
        "portal_functions",
        "Fonctions de l’espace de gestion",
        Kind.CODES,
        ORDERS="gérer les commandes",
        STOPS="mettre en opposition",
        HISTORY="extraire l’historique des commandes",
    ),
    _term("portal_ready_days", "Espace de gestion ouvert après la notification", Kind.COUNT, "CALENDAR_DAYS"),
    # Article 2.2 and 2.3
    _term("face_value", "Valeur faciale d’un titre", Kind.AMOUNT, "EUR"),
    _term("face_value_notice_months", "Préavis d’un changement de valeur faciale", Kind.COUNT, "MONTHS"),
    _term("face_value_change_fee", "Prix d’un changement de valeur faciale", Kind.AMOUNT, "EUR"),
    _term("order_calendar_months", "Durée couverte par le calendrier de commandes", Kind.COUNT, "MONTHS"),
    _term(
        "voucher_supports",
        "Support des titres",
        Kind.CODES,
        PAPER="papier",
        CARD="carte",
        DIGITAL="dématérialisé",
    ),
    # Article 2.4: the paper voucher
    _term("switch_order_delivery_month", "Mois de livraison de la commande de bascule", Kind.COUNT, "MONTH"),
    _term("mention_texts", "Textes qui fixent les mentions du titre", Kind.TEXTS),
    _term(
        "name_places",
        "Emplacement du nom du bénéficiaire",
        Kind.CODES,
        COVER="sur la couverture du carnet",
        WINDOW="sur les titres, visible par une fenêtre de la couverture",
    ),
    _term("booklet_min_vouchers", "Titres par carnet, au moins", Kind.COUNT, "VOUCHERS"),
    _term("booklet_max_vouchers", "Titres par carnet, au plus", Kind.COUNT, "VOUCHERS"),
    _term(
        "unnamed_booklet_min_vouchers", "Titres par carnet non nominatif, au moins", Kind.COUNT, "VOUCHERS"
    ),
    _term("unnamed_booklet_max_vouchers", "Titres par carnet non nominatif, au plus", Kind.COUNT, "VOUCHERS"),
    _term(
        "advert_places",
        "Emplacement des pages de publicité et d’avantages",
        Kind.CODES,
        BEGINNING="au début du carnet",
        END="à la fin du carnet",
    ),
    _term("certified_fibre_rate", "Fibres certifiées dans le papier, au moins", Kind.RATE, "RATIO"),
    _term("recycled_preferred", "Papier 100 % recyclé retenu dès qu’il est possible", Kind.FLAG),
    _term("paper_standards", "Labels et normes du papier", Kind.TEXTS),
    _term("vegetable_ink_wished", "Encre végétale souhaitée", Kind.FLAG),
    # Article 2.5 and 2.6
    _term("sleeves_orderable", "Pochettes de rangement en commande", Kind.FLAG),
    _term("postage_borne_by", "Frais d’envoi au domicile", Kind.CODE, "", **dict(_BEARERS)),
    _term(
        "letter_template_by",
        "Maquette du courrier d’accompagnement",
        Kind.CODE,
        BUYER_BY_DEFAULT="par l’acheteur si le Titulaire n’en propose pas",
        CONTRACTOR="par le Titulaire",
    ),
    _term("delivery_working_days", "Délai de livraison à l’acheteur", Kind.COUNT, "WORKING_DAYS"),
    _term(
        "lost_replacement_working_days",
        "Remplacement et livraison après perte ou vol en route",
        Kind.COUNT,
        "WORKING_DAYS",
    ),
    _term(
        "defective_replacement_working_days",
        "Remplacement des titres défectueux",
        Kind.COUNT,
        "WORKING_DAYS",
    ),
    _term(
        "ownership_proofs",
        "Preuves du transfert de propriété",
        Kind.CODES,
        DELIVERY_SLIP="bon de livraison signé",
        TRACKED_DELIVERY="remise du courrier suivi",
        SIGNED_RECEIPT="accusé de réception signé",
    ),
    _term("police_report_needed", "Dépôt de plainte exigé pour une recherche de lieu", Kind.FLAG),
    # Articles 3 to 5
    _term(
        "contact_roles",
        "Interlocuteurs à désigner par le Titulaire",
        Kind.CODES,
        REPRESENTATIVE="représentant",
        OPERATIONS="référent opérationnel",
        REPORTING="référent des comptes rendus annuels",
    ),
    _term("followup_meetings_per_year", "Réunions de suivi par an, au moins", Kind.COUNT, "MEETINGS"),
    _term("yearly_report_months", "Rapport annuel après l’anniversaire", Kind.COUNT, "MONTHS"),
    _term(
        "yearly_report_figures",
        "Contenu du rapport annuel",
        Kind.CODES,
        ISSUED="titres émis",
        UNNAMED="titres non nominatifs émis",
        COMPLAINTS="réclamations par typologie et délais de résolution",
        REISSUED="titres réémis par motif",
        REFUNDED_EXPIRED="titres remboursés pour péremption",
    ),
)

READINGS = {
    "november_order": "ORDER_MONTH ORDER_DATE",
    "validity_start": "ON_ISSUE FIRST_OF_DECEMBER FIRST_OF_JANUARY",
    "presentation_proof": "POSTMARK ARRIVAL",
    "presentation_day": "LAST_OF_FEBRUARY FEBRUARY_28",
    "replacement_year": "AFTER_EXPIRY END_OF_NEXT_VINTAGE",
    "replacement_of_lost": "EXCLUDED INCLUDED",
    "refund_basis": "PRO_RATA EXACT_DIFFERENCE",
    "pro_rata_weight": "VALUE NUMBER",
    "pro_rata_year": "VINTAGE CALENDAR_YEAR",
    "refund_on_closed_day": "BEFORE AFTER",
    "delay_start": "NEXT_DAY SAME_DAY",
    "delay_end": "MOVES STAYS",
    "delivery_start": "ACKNOWLEDGEMENT ORDER",
    "home_delivery_delay": "SAME_AS_BUYER NONE",
    "complaint_end": "SOLUTION_GIVEN VOUCHERS_DELIVERED",
    "anniversary": "NOTIFICATION START",
    "ceiling_base": "FACE_VALUE ALL_INVOICED",
    "mentions": "UNION TITRE_RESTAURANT CAP",
}
