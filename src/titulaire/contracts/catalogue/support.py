"""The terms and readings of a contract of user support."""

from __future__ import annotations

from titulaire.contracts.rules import Kind, TermSpec

_HERE = frozenset({"SUPPORT"})
_BASES = {
    "TOTAL": "facture de production totale du mois",
    "PHONE": "facture de production téléphonique du mois",
    "FORMS": "facture de production des formulaires du mois",
}


def _term(name: str, label: str, kind: Kind, unit: str = "", **choices: str) -> TermSpec:
    return TermSpec(name, label, kind, unit, tuple(choices.items()), _HERE)


def _penalty(line: str, label: str, kind: Kind, unit: str) -> tuple[TermSpec, ...]:
    """A line of the table of penalties: what triggers it, its rate, its base, and whether it waits."""
    return (
        _term(f"penalty_{line}_trigger", f"{label} : seuil de pénalité", kind, unit),
        _term(f"penalty_{line}_rate", f"{label} : taux de pénalité", Kind.RATE, "RATIO"),
        _term(f"penalty_{line}_base", f"{label} : assiette de pénalité", Kind.CODE, **_BASES),
        _term(f"penalty_{line}_waits", f"{label} : pénalité différée au démarrage", Kind.FLAG),
    )


TERMS = (
    # 2.1.2 to 2.1.5: the service
    _term("channels", "Canaux", Kind.CODES, PHONE="téléphone", FORMS="formulaires de contact"),
    _term("phone_numbers", "Numéros d’appel", Kind.TEXTS),
    _term("text_relay", "Relais pour personnes sourdes ou malentendantes", Kind.TEXT),
    _term("contact_types", "Typologies de contact", Kind.TEXTS),
    _term(
        "file_acts",
        "Interventions sur le dossier",
        Kind.CODES,
        OPPOSITION="opposition",
        CLOSURE="clôture",
        UNLINK_DEVICE="dissociation d’un appareil",
        N2_TICKET="ticket de niveau 2",
    ),
    _term("served_schemes", "Régimes et partenaires servis", Kind.TEXTS),
    _term("n1plus_sites", "Plateaux de niveau 1+", Kind.TEXTS),
    _term("automatic_overflow", "Débordement automatique vers le niveau 1+", Kind.FLAG),
    _term("opening_days", "Jours d’ouverture (1 = lundi)", Kind.COUNTS, "ISO_WEEKDAY"),
    _term("opening_from", "Ouverture", Kind.TIME),
    _term("opening_until", "Fermeture", Kind.TIME),
    _term("opening_time_zone", "Fuseau des horaires", Kind.TEXT),
    _term("languages", "Langues de réponse", Kind.TEXTS),
    # 2.1.6: calendar
    _term("call_taking_starts_on", "Début de la prise d’appels", Kind.DATE),
    _term("transfer_starts_on", "Début de la transférabilité", Kind.DATE),
    _term("transfer_months", "Durée de la transférabilité", Kind.COUNT, "MONTHS"),
    _term("launch_meeting_days", "Réunion de lancement après la notification", Kind.COUNT, "CALENDAR_DAYS"),
    _term("firm_months", "Période ferme", Kind.COUNT, "MONTHS"),
    _term("renewals", "Reconductions tacites", Kind.COUNT, "RENEWALS"),
    _term("renewal_months", "Durée d’une reconduction", Kind.COUNT, "MONTHS"),
    # 2.1.7: activities
    _term("contact_reasons", "Motifs de sollicitation", Kind.TEXTS),
    _term("forms_active", "Tranche optionnelle des formulaires affermie", Kind.FLAG),
    _term("telephony_modules", "Modules de téléphonie ouverts au Titulaire", Kind.TEXTS),
    _term("past_handling_minutes", "Durée moyenne de traitement constatée en 2024", Kind.NUMBER, "MINUTES"),
    _term(
        "past_forms_per_day", "Formulaires par conseiller et par jour constatés en 2024", Kind.COUNT, "FORMS"
    ),
    # 3.1 and 3.2: committees, sites
    _term(
        "operational_committee_weeks", "Comité opérationnel hebdomadaire au démarrage", Kind.COUNT, "WEEKS"
    ),
    _term("production_committee_weeks", "Rythme du comité de production", Kind.COUNT, "WEEKS"),
    _term("steering_committee_months", "Rythme du comité de pilotage", Kind.COUNT, "MONTHS"),
    _term("security_review_months", "Rythme de la revue de sécurité", Kind.COUNT, "MONTHS"),
    _term(
        "forecast_committee_lead_days", "Comité de prévisions avant la dizaine", Kind.COUNT, "WORKING_DAYS"
    ),
    _term("forecast_committee_every_days", "Rythme du comité de prévisions", Kind.COUNT, "WORKING_DAYS"),
    _term("forecast_volumes_hours", "Volumes transmis avant le comité de prévisions", Kind.COUNT, "HOURS"),
    _term("minutes_due_hours", "Compte rendu remis sous", Kind.COUNT, "WORKING_HOURS"),
    _term(
        "minutes_approval_hours", "Compte rendu réputé validé sans remarque sous", Kind.COUNT, "WORKING_HOURS"
    ),
    _term(
        "site_max_rail_minutes", "Distance d’un site à une CPAM par le train, au plus", Kind.COUNT, "MINUTES"
    ),
    # 3.3.1: dashboards
    _term(
        "dashboard_periods",
        "Périodes des tableaux de bord",
        Kind.CODES,
        DAY="jour",
        WEEK="semaine",
        MONTH="mois",
    ),
    _term(
        "dashboard_cuts",
        "Découpages des tableaux de bord",
        Kind.CODES,
        OVERALL="global",
        FLOW="flux",
        REASON="motif",
        SITE="site",
    ),
    _term(
        "month_silence_days",
        "Mois arrêté réputé approuvé sans réponse sous (0 : jamais)",
        Kind.COUNT,
        "WORKING_DAYS",
    ),
    _term("staff_plan_lead_weeks", "Effectifs et heures internes annoncés à l’avance", Kind.COUNT, "WEEKS"),
    _term("presence_counted_at", "Présents comptés chaque matin à", Kind.TIME),
    _term("presence_explained_by", "Écart de présence expliqué le jour même avant", Kind.TIME),
    _term("presence_gap_rate", "Écart de présence à expliquer au-delà de", Kind.RATE, "RATIO"),
    # 3.3.2: indicators
    _term("intraday_points", "Heures des points de production", Kind.TEXTS),
    _term("answer_rate_target", "Taux de décroché, au moins", Kind.RATE, "RATIO"),
    _term("average_wait_target", "Durée moyenne d’attente, au plus", Kind.COUNT, "SECONDS"),
    _term("accessibility_target", "Taux d’accessibilité", Kind.RATE, "RATIO"),
    _term("availability_target", "Taux de disponibilité des conseillers, moins de", Kind.RATE, "RATIO"),
    _term("talk_time_target", "Durée moyenne de communication", Kind.COUNT, "SECONDS"),
    _term("handling_time_target", "Durée moyenne de traitement", Kind.COUNT, "SECONDS"),
    _term("qualification_target", "Taux d’appels qualifiés", Kind.RATE, "RATIO"),
    _term("phone_quality_target", "Qualité téléphonie, au moins", Kind.NUMBER, "POINTS"),
    _term("ticket_quality_target", "Qualité des tickets, au moins", Kind.NUMBER, "POINTS"),
    _term("forms_rate_target", "Taux de réponse aux formulaires, au moins", Kind.RATE, "RATIO"),
    _term("forms_per_day_target", "Formulaires par conseiller et par jour complet", Kind.NUMBER, "FORMS"),
    _term("forms_quality_target", "Qualité des formulaires, au moins", Kind.NUMBER, "POINTS"),
    _term("forms_quality_gap_max", "Écart de notation Cnam–Titulaire, au plus", Kind.NUMBER, "POINTS"),
    _term("trained_target", "Conseillers formés initialement", Kind.RATE, "RATIO"),
    _term("interruption_max_hours", "Interruption du service, au plus", Kind.COUNT, "HOURS"),
    # 3.3.3 and 4: satisfaction, quality
    _term(
        "satisfaction_measures",
        "Mesures de satisfaction",
        Kind.CODES,
        CSAT="satisfaction à chaud",
        FCR="résolution au premier contact (FCR)",
        CES="effort du client (CES)",
        NPS="recommandation du service (NPS)",
    ),
    _term("survey_quiet_days", "Repos entre deux enquêtes à la même personne", Kind.COUNT, "CALENDAR_DAYS"),
    _term("survey_link_days", "Durée d’un lien d’enquête", Kind.COUNT, "CALENDAR_DAYS"),
    _term(
        "survey_repeat_days",
        "Délai dans lequel un nouveau contact défait le FCR",
        Kind.COUNT,
        "CALENDAR_DAYS",
    ),
    _term("evaluations_per_month", "Évaluations par conseiller et par mois", Kind.COUNT, "EVALUATIONS"),
    _term("feedbacks_per_month", "Sessions de partage par conseiller et par mois", Kind.COUNT, "SESSIONS"),
    _term("calibration_period_months", "Périodicité des calibrages", Kind.COUNT, "MONTHS"),
    _term("recording_retention_months", "Conservation des enregistrements, au plus", Kind.COUNT, "MONTHS"),
    _term(
        "scorecard_retention_months", "Conservation des grilles nominatives, au plus", Kind.COUNT, "MONTHS"
    ),
    _term("audit_notice_days", "Prévenance d’un audit", Kind.COUNT, "CALENDAR_DAYS"),
    _term("quality_correspondents_per_site", "Correspondants qualité par site", Kind.COUNT, "PEOPLE"),
    # 5: people
    _term("adviser_dedication_rate", "Temps des conseillers dédié au marché", Kind.RATE, "RATIO"),
    _term("adviser_experience_years", "Expérience minimale d’un conseiller", Kind.COUNT, "YEARS"),
    _term("supervisor_dedication_rate", "Temps des encadrants dédié au marché", Kind.RATE, "RATIO"),
    _term("training_modules", "Modules de la formation initiale", Kind.TABLE, "DAYS"),
    _term("optional_training_modules", "Modules de formation en option", Kind.TABLE, "DAYS"),
    # 6
    _term("rse_evidence", "Pièces de responsabilité sociétale", Kind.TEXTS),
    # 7: volumes, forecasts, orders, schedules
    _term("forecast_calls_by_year", "Appels prévus par année", Kind.TABLE, "CALLS"),
    _term("forecast_forms_by_year", "Formulaires prévus par année", Kind.TABLE, "FORMS"),
    _term("capacity_rate", "Part des volumes prévus à pouvoir traiter", Kind.RATE, "RATIO"),
    _term("order_lead_days", "Commande ferme : préavis", Kind.COUNT, "WORKING_DAYS"),
    _term("order_span_days", "Commande ferme : durée couverte", Kind.COUNT, "WORKING_DAYS"),
    _term("order_indicative_days", "Commandes indicatives : préavis", Kind.COUNTS, "WORKING_DAYS"),
    _term("order_units_by_hour", "Unités d’œuvre commandées à l’heure", Kind.CODES, UO1="UO1", UO3="UO3"),
    _term("order_units_by_act", "Unités d’œuvre commandées à l’acte", Kind.CODES, UO2="UO2", UO4="UO4"),
    _term("order_validation_days", "Commande réputée valide sans réponse sous", Kind.COUNT, "WORKING_DAYS"),
    _term("schedule_week_hours", "Durée hebdomadaire habituelle", Kind.NUMBER, "HOURS"),
    _term("schedule_week_hours_min", "Durée hebdomadaire, au moins", Kind.NUMBER, "HOURS"),
    _term("schedule_week_hours_max", "Durée hebdomadaire, au plus", Kind.NUMBER, "HOURS"),
    _term("schedule_flexible_weeks", "Semaines modulables par an", Kind.COUNT, "WEEKS"),
    _term("schedule_day_hours_min", "Durée quotidienne, au moins", Kind.NUMBER, "HOURS"),
    _term("schedule_day_hours_max", "Durée quotidienne, au plus", Kind.NUMBER, "HOURS"),
    _term("schedule_lunch_minutes_min", "Pause déjeuner, au moins", Kind.COUNT, "MINUTES"),
    _term("schedule_lunch_minutes_max", "Pause déjeuner, au plus", Kind.COUNT, "MINUTES"),
    _term("schedule_notice_days", "Prévenance des plannings", Kind.COUNT, "CALENDAR_DAYS"),
    _term("destaff_days", "Réduction des effectifs pour un événement : délai", Kind.COUNT, "CALENDAR_DAYS"),
    _term("reinforce_days", "Renfort des effectifs pour un événement : délai", Kind.COUNT, "CALENDAR_DAYS"),
    # 8: security
    _term("identifiers_per_person", "Identifiants par collaborateur", Kind.COUNT, "IDENTIFIERS"),
    _term("access_history_years", "Conservation de l’historique des accès, au moins", Kind.COUNT, "YEARS"),
    _term("mfa_preferred", "Authentification à plusieurs facteurs privilégiée", Kind.FLAG),
    _term("leaver_working_days", "Suppression des accès après un départ", Kind.COUNT, "WORKING_DAYS"),
    _term(
        "absence_days", "Absence au-delà de laquelle les accès sont désactivés", Kind.COUNT, "CALENDAR_DAYS"
    ),
    _term("telework_allowed", "Télétravail autorisé", Kind.FLAG),
    _term("telework_places", "Territoires du télétravail", Kind.TEXTS),
    _term("telework_safeguards", "Protections exigées en télétravail", Kind.TEXTS),
    _term("telework_check_months", "Contrôle d’un poste de télétravail, valable", Kind.COUNT, "MONTHS"),
    _term(
        "user_list_working_days",
        "Arrivées et départs du portail de support à transmettre sous",
        Kind.COUNT,
        "WORKING_DAYS",
    ),
    _term(
        "support_portal_account_fields",
        "Champs de la liste des utilisateurs du portail de support",
        Kind.TEXTS,
    ),
    # 9: penalties
    *_penalty("plan", "Plan de marche", Kind.RATE, "RATIO"),
    *_penalty("accessibility", "Accessibilité", Kind.RATE, "RATIO"),
    *_penalty("answer_rate", "Taux de décroché", Kind.RATE, "RATIO"),
    *_penalty("average_wait", "Attente", Kind.COUNT, "SECONDS"),
    *_penalty("handling_time", "Durée de traitement", Kind.COUNT, "SECONDS"),
    *_penalty("phone_quality", "Qualité téléphonie", Kind.NUMBER, "POINTS"),
    *_penalty("ticket_quality", "Qualité des tickets", Kind.NUMBER, "POINTS"),
    *_penalty("forms_rate", "Formulaires traités", Kind.RATE, "RATIO"),
    *_penalty("forms_per_day", "Formulaires par conseiller et par jour", Kind.NUMBER, "FORMS"),
    *_penalty("forms_quality", "Qualité des formulaires", Kind.NUMBER, "POINTS"),
    _term("penalty_cap_rate", "Plafond des pénalités d’un mois", Kind.RATE, "RATIO"),
    _term("penalty_grace_months", "Délai avant les pénalités différées", Kind.COUNT, "MONTHS"),
    _term("penalty_grace_months_max", "Délai avant les pénalités différées, au plus", Kind.COUNT, "MONTHS"),
    _term("penalty_volume_rate", "Volume jusqu’auquel les engagements tiennent", Kind.RATE, "RATIO"),
    _term(
        "penalty_remark_days",
        "Délai d’observation sur une proposition de pénalités",
        Kind.COUNT,
        "CALENDAR_DAYS",
    ),
    _term(
        "change_notice_day",
        "Modification d’un niveau de service : notifiée au plus tard le",
        Kind.COUNT,
        "DAY_OF_MONTH",
    ),
    _term(
        "change_answer_day",
        "Modification d’un niveau de service : réponse au plus tard le",
        Kind.COUNT,
        "DAY_OF_MONTH",
    ),
    # 10: tools
    _term("landlines_only", "Numéros fixes seulement dans la téléphonie", Kind.FLAG),
    _term("lines_per_adviser", "Lignes entrantes par conseiller", Kind.COUNT, "LINES"),
    _term("network_measures", "Mesures de la qualité du réseau", Kind.TEXTS),
    _term("telephony_port", "Port des flux de téléphonie", Kind.COUNT, "PORT"),
    _term("telephony_browsers", "Navigateurs de la téléphonie, version minimale", Kind.TEXTS),
    _term("screen_minimum", "Définition d’écran minimale", Kind.TEXT),
    _term("workstation_ram_gb", "Mémoire d’un poste, au moins", Kind.COUNT, "GIGABYTES"),
    _term("adviser_cpu_score", "Puissance d’un poste de conseiller, au moins", Kind.COUNT, "CPU_MARK"),
    _term("supervisor_cpu_score", "Puissance d’un poste de superviseur, au moins", Kind.COUNT, "CPU_MARK"),
    _term("statistics_format", "Format des tableaux statistiques", Kind.CODE, XLSX="Excel"),
    _term(
        "support_portal_browsers",
        "Navigateurs du portail de support, version minimale",
        Kind.TABLE,
        "VERSION",
    ),
    _term("equipment", "Matériel par conseiller et par superviseur", Kind.TEXTS),
)

READINGS = {
    "widening_direction": "HANDLED_HERE_ADDED HANDLED_HERE_REMOVED",
    "wait_denominator": "DETAILED QUEUED",
    "accessibility": "COMPLEMENT LITERAL",
    "bank_holidays": "CLOSED OPEN",
    "productive_hour": "LOGGED_ON_ACTIVITY WAITING_EXCLUDED PAID_PRESENCE",
    "forms_penalty_base": "LITERAL_PHONE ACTIVITY_CONCERNED",
    "calibration_mark": "MEAN_OF_BOTH CNAM_PREVAILS",
    "quality_sample": "SEALED_DRAW FREE_CHOICE",
    "forms_gap": "MONTHLY_MEANS EACH_ITEM",
    "forms_gap_effect": "VALIDITY_CONDITION TRIGGER",
    "plan_period": "PER_ORDER_BY_MONTH MONTH_ONLY",
    "volume_120": "PRODUCED_OR_RECEIVED PRODUCED RECEIVED",
    "availability_base": "PAUSES_IN PAUSES_OUT",
    "working_hours": "OPEN_DAYS OPENING_HOURS",
    "change_effect": "NEXT_MONTH NEXT_QUARTER",
    "change_days_off": "AS_WRITTEN NEXT_WORKING_DAY",
    "forms_delay": "NONE_BUT_SHOWN WORKING_DAYS_2",
    "empty_calls": "OUT_OF_SCOPE_REASON OWN_REASON EXCLUDED",
    "call_level_facts": "AGGREGATES_UNLESS_GIVEN EVENTS_REQUIRED",
    "minutes_416": "DECIMAL_MINUTES MINUTES_AND_SECONDS",
    "trigger_edge": "STRICTLY_WORSE EQUAL_OR_WORSE",
    "forecast_lead": "WORKING_DAYS CALENDAR_DAYS",
    "qualification_deadline": "END_OF_DAY BEFORE_NEXT_CALL",
    "training_scope": "REQUIRED_MODULES EVERY_MODULE",
    "trained_before": "FIRST_PRODUCTIVE_MINUTE SAME_MONTH",
    "hold_time": "COUNTED EXCLUDED",
    "grace_months": "MAXIMUM AGREED_LATER",
    "penalty_proposer": "CONTRACTOR BUYER",
    "satisfaction_score": "TOP_TWO MEAN",
    "effort_score": "MEAN SHARE_EASY",
    "first_contact": "SURVEY BEHAVIOUR",
    "surveyed_contacts": "EACH_CONTACT EACH_PERSON",
    "survey_month": "CONTACT_MONTH ANSWER_MONTH",
}
