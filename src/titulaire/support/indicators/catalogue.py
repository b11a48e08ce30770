"""The rows of the contract: each indicator with its clause, unit, target, formulas and what is set aside."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from titulaire.clauses import clause
from titulaire.indicators.rules import Comparison, Direction, Formula, Identity, Indicator, Sides, Unit
from titulaire.support.indicators import formulas as f

BY_GROUP = frozenset({"flow", "group"})
"""Calls that nobody answered have neither site, adviser nor reason."""
BY_ADVISER = frozenset({"site", "adviser", "group"})
BY_ANY = frozenset({"flow", "reason", "site", "adviser", "group"})

NOT_ANSWERED = ("not_answered", "non décroché")
INTERNAL = ("internal", "appel interne ou d’essai")
IVR_ONLY = ("ivr_only", "arrêté au serveur vocal, jamais reçu par un groupe")
DISSUADED = (
    ("dissuaded_telecom", "dissuadé sur problème télécom : ôté par la formule"),
    ("dissuaded_closure", "dissuadé sur fermeture : ôté par la formule"),
)
ONE_MARK = ("one_mark", "première des deux notes, ou note d’un seul côté")
PICKED = ("picked", "choisi, non tiré au sort")
BY_ORDER = "L’objectif est celui du bon de commande en vigueur."


def _quality(prefix: str) -> Mapping[tuple[str, ...], Formula]:
    return {
        ("MEAN_OF_BOTH", "SEALED_DRAW"): f.mean_of_both(prefix, picked=False),
        ("MEAN_OF_BOTH", "FREE_CHOICE"): f.mean_of_both(prefix, picked=True),
        ("CNAM_PREVAILS", "SEALED_DRAW"): f.mean_of_buyer(prefix, picked=False),
        ("CNAM_PREVAILS", "FREE_CHOICE"): f.mean_of_buyer(prefix, picked=True),
    }


@clause("S-3.3.2-decroche")
def answer_rate() -> Indicator:
    return Indicator(
        code="I1",
        name="Taux de décroché",
        clause="S-3.3.2-decroche",
        unit=Unit.RATIO,
        direction=Direction.AT_LEAST,
        target="answer_rate_target",
        readings=("widening_direction",),
        formulas={
            ("HANDLED_HERE_ADDED",): f.answer_rate_handled_here_added,
            ("HANDLED_HERE_REMOVED",): f.answer_rate_handled_here_removed,
        },
        comparisons=(
            Comparison("SIMPLE", "Appels décrochés sur appels reçus, sans rien ôter.", f.answer_rate_simple),
            Comparison(
                "SHORT_ABANDONS_OUT",
                "La formule retenue, abandons de moins de cinq secondes ôtés.",
                f.answer_rate_short_abandons_out,
            ),
        ),
        identity=Identity(
            "appels à décrocher = décrochés + abandonnés + dissuadés non ôtés + renvoyés en fin de délai",
            lambda m: Sides(f.to_answer(m) + m.widened_in - m.widened_out),
            f.ended_in_group,
        ),
        cuts=BY_GROUP,
        aside=(
            IVR_ONLY,
            *DISSUADED,
            ("overflowed_out", "débordé vers un autre groupe : compté dans celui-ci"),
            ("recovered_in_transfer", "repris pendant le transfert : ôté par la formule"),
            ("widened_out", "traité en élargissement par un autre groupe : compté dans celui-ci"),
        ),
        note="Chaque groupe, par segment d’appel. La dissuasion pour saturation reste dans la base.",
    )


@clause("S-3.3.2-attente")
def average_wait() -> Indicator:
    return Indicator(
        code="I2",
        name="Durée moyenne d’attente",
        clause="S-3.3.2-attente",
        unit=Unit.SECONDS,
        direction=Direction.AT_MOST,
        target="average_wait_target",
        readings=("wait_denominator",),
        formulas={("DETAILED",): f.wait_detailed, ("QUEUED",): f.wait_queued},
        comparisons=(
            Comparison(
                "ANSWERED_ONLY", "Attente des seuls appels décrochés, ici ou ailleurs.", f.wait_of_answered
            ),
        ),
        cuts=BY_GROUP,
        aside=(
            IVR_ONLY,
            *DISSUADED,
            ("widened", "reçu et attendu dans un autre groupe, décroché ici en élargissement"),
        ),
        note="De l’entrée en file au décroché ou au départ, sonnerie comprise ; le serveur vocal n’attend pas.",
    )


@clause("S-3.3.2-accessibilite")
def accessibility() -> Indicator:
    return Indicator(
        code="I3",
        name="Taux d’accessibilité",
        clause="S-3.3.2-accessibilite",
        unit=Unit.RATIO,
        direction=Direction.AT_LEAST,
        target="accessibility_target",
        readings=("accessibility", "bank_holidays"),
        formulas={
            ("COMPLEMENT", "CLOSED"): f.open_complement_holidays_closed,
            ("COMPLEMENT", "OPEN"): f.open_complement_holidays_open,
            ("LITERAL", "CLOSED"): f.open_literal,
            ("LITERAL", "OPEN"): f.open_literal,
        },
        comparisons=(
            Comparison(
                "INCIDENTS_COUNTED",
                "Le complément, fermetures dues à un incident comptées : l’article 9 ne reprend pas le nota bene.",
                f.open_incidents_counted,
            ),
        ),
        cuts=frozenset({"flow"}),
        aside=(
            ("not_presented", "segment d’un appel déjà présenté"),
            ("out_of_hours", "présenté hors des heures du contrat"),
            ("holiday", "présenté un jour férié"),
        ),
        note="Une fermeture n’est ôtée que si elle porte la référence d’un incident.",
    )


@clause("S-3.3.2-transfert")
def transfer_rate() -> Indicator:
    return Indicator(
        code="I4",
        name="Taux de transfert vers le N1+",
        clause="S-3.3.2-transfert",
        unit=Unit.RATIO,
        direction=Direction.FOLLOWED,
        formulas={(): f.transfer_rate},
        comparisons=(Comparison("OF_ANSWERED", "Sur les appels décrochés.", f.transfer_rate_of_answered),),
        cuts=BY_ANY,
        aside=(("other_origin", "segment d’un appel déjà reçu"), ("ivr_only", "arrêté au serveur vocal")),
        note="Transferts aboutis ; le niveau attendu dépend du motif.",
    )


@clause("S-3.3.2-disponibilite")
def availability() -> Indicator:
    return Indicator(
        code="I5",
        name="Taux de disponibilité des conseillers",
        clause="S-3.3.2-disponibilite",
        unit=Unit.RATIO,
        direction=Direction.BELOW,
        target="availability_target",
        readings=("availability_base",),
        formulas={("PAUSES_IN",): f.availability_pauses_in, ("PAUSES_OUT",): f.availability_pauses_out},
        comparisons=(
            Comparison(
                "OCCUPANCY",
                "Taux d’occupation : temps occupé, pauses ôtées de la base.",
                f.occupancy,
                alike=False,
            ),
        ),
        cuts=BY_ADVISER,
        aside=(("other_activity", "hors de l’activité téléphonique"),),
        note="L’objet du texte nomme l’occupation, sa formule la disponibilité : la formule est retenue.",
    )


def _duration(
    code: str, name: str, clause_id: str, target: str, counted: Formula, excluded: Formula, note: str
) -> Indicator:
    """A mean duration of the calls answered, hold counted or excluded."""
    return Indicator(
        code=code,
        name=name,
        clause=clause_id,
        unit=Unit.SECONDS,
        direction=Direction.AT_MOST,
        target=target,
        readings=("hold_time",),
        formulas={("COUNTED",): counted, ("EXCLUDED",): excluded},
        cuts=BY_ANY,
        aside=(NOT_ANSWERED,),
        note=note,
    )


@clause("S-3.3.2-dmc")
def talk_time() -> Indicator:
    return _duration(
        "I6",
        "Durée moyenne de communication",
        "S-3.3.2-dmc",
        "talk_time_target",
        f.talk_time_hold_counted,
        f.talk_time_hold_excluded,
        "Du décroché à la fin chez notre conseiller ; sonnerie et post-appel exclus.",
    )


@clause("S-3.3.2-dmt")
def handling_time() -> Indicator:
    return _duration(
        "I7",
        "Durée moyenne de traitement",
        "S-3.3.2-dmt",
        "handling_time_target",
        f.handling_time_hold_counted,
        f.handling_time_hold_excluded,
        "Le post-appel compte entier sur l’appel qui le cause, même après minuit.",
    )


def _calls(code: str, name: str, note: str) -> Indicator:
    return Indicator(
        code=code,
        name=name,
        clause="S-3.3.2-volumes",
        unit=Unit.COUNT,
        direction=Direction.FOLLOWED,
        formulas={(): f.calls_handled},
        cuts=BY_ANY,
        aside=(NOT_ANSWERED, INTERNAL),
        note=note,
    )


@clause("S-3.3.2-volumes")
def calls_by_site() -> Indicator:
    note = "Un motif par appel : le dernier choisi. Le site est celui du conseiller au décroché."
    return _calls("I8", "Appels traités, par motif et par site", note)


@clause("S-3.3.2-volumes")
def calls_by_adviser() -> Indicator:
    return _calls("I9", "Appels traités par conseiller, par motif", BY_ORDER)


@clause("S-3.3.2-qualification")
def qualification() -> Indicator:
    return Indicator(
        code="I10",
        name="Taux d’appels qualifiés",
        clause="S-3.3.2-qualification",
        unit=Unit.RATIO,
        direction=Direction.AT_LEAST,
        target="qualification_target",
        readings=("qualification_deadline",),
        formulas={
            ("END_OF_DAY",): f.qualified_by_the_end_of_the_day,
            ("BEFORE_NEXT_CALL",): f.qualified_before_the_next_call,
        },
        cuts=BY_ANY,
        aside=(NOT_ANSWERED,),
        note="Par une personne, avec un motif de la liste en vigueur ; une valeur mise par l’outil ne compte pas.",
    )


@clause("S-3.3.2-qualite-telephonie")
def phone_quality() -> Indicator:
    return Indicator(
        code="I11",
        name="Qualité téléphonie",
        clause="S-3.3.2-qualite-telephonie",
        unit=Unit.POINTS,
        direction=Direction.AT_LEAST,
        target="phone_quality_target",
        readings=("calibration_mark", "quality_sample"),
        formulas=_quality("calls"),
        cuts=BY_ANY,
        aside=(
            ("not_a_call", "pas un appel"),
            ONE_MARK,
            PICKED,
        ),
        note="Un calibrage est un appel noté à l’aveugle par les deux parties ; la première note de chacune compte.",
    )


@clause("S-3.3.2-qualite-tickets")
def ticket_quality() -> Indicator:
    return Indicator(
        code="I12",
        name="Qualité tickets",
        clause="S-3.3.2-qualite-tickets",
        unit=Unit.POINTS,
        direction=Direction.AT_LEAST,
        target="ticket_quality_target",
        readings=("quality_sample",),
        formulas={
            ("SEALED_DRAW",): f.mean_of_contractor("tickets", picked=False),
            ("FREE_CHOICE",): f.mean_of_contractor("tickets", picked=True),
        },
        cuts=BY_ANY,
        aside=(
            ("not_a_ticket", "pas un ticket de niveau 2"),
            ("no_own_mark", "note de l’acheteur"),
            PICKED,
        ),
    )


@clause("S-3.3.2-formulaires-taux")
def forms_rate() -> Indicator:
    return Indicator(
        code="I13",
        name="Taux de réponse aux formulaires",
        clause="S-3.3.2-formulaires-taux",
        unit=Unit.RATIO,
        direction=Direction.AT_LEAST,
        target="forms_rate_target",
        formulas={(): f.forms_rate},
        comparisons=(Comparison("GROSS", "Sans écarter aucun formulaire.", f.forms_rate_gross),),
        cuts=frozenset({"flow"}),
        aside=(("again", "événement répété du même formulaire"),),
        note="Flux de la période, sans plafond : une réponse compte le jour où elle est faite.",
    )


@clause("S-3.3.2-formulaires-productivite")
def forms_per_day(day_ms: int) -> Indicator:
    return Indicator(
        code="I14",
        name="Formulaires par conseiller et par jour complet",
        clause="S-3.3.2-formulaires-productivite",
        unit=Unit.FORMS_PER_DAY,
        direction=Direction.AT_LEAST,
        target="forms_per_day_target",
        formulas={(): f.forms_per_day(day_ms)},
        comparisons=(
            Comparison(
                "FULL_DAYS_ONLY", "Les seuls jours entiers sur les formulaires.", f.forms_per_full_day
            ),
        ),
        cuts=frozenset({"site", "adviser"}),
        note="Temps productif sur les formulaires, rapporté à la journée de la durée hebdomadaire du contrat.",
    )


def _forms(code: str, name: str, note: str = "") -> Indicator:
    return Indicator(
        code=code,
        name=name,
        clause="S-3.3.2-formulaires-volumes",
        unit=Unit.COUNT,
        direction=Direction.FOLLOWED,
        formulas={(): f.forms_handled},
        cuts=BY_ANY,
        aside=(("not_first_answer", "n’est pas une première réponse"),),
        note=note,
    )


@clause("S-3.3.2-formulaires-volumes")
def forms_by_site() -> Indicator:
    return _forms("I15", "Formulaires traités, par motif et par site")


@clause("S-3.3.2-formulaires-volumes")
def forms_by_adviser() -> Indicator:
    return _forms("I16", "Formulaires traités par conseiller, par motif", BY_ORDER)


@clause("S-3.3.2-formulaires-volumes")
def forms_stock() -> Indicator:
    return Indicator(
        code="I17",
        name="Formulaires reçus à traiter",
        clause="S-3.3.2-formulaires-volumes",
        unit=Unit.COUNT,
        direction=Direction.FOLLOWED,
        formulas={(): f.forms_in_stock},
        cuts=frozenset({"flow"}),
        stock=True,
        note="Stock à la fin de la période : reçus ou rouverts, sans réponse.",
    )


@clause("S-3.3.2-formulaires-qualite")
def forms_quality() -> Indicator:
    return Indicator(
        code="I18",
        name="Qualité formulaires",
        clause="S-3.3.2-formulaires-qualite",
        unit=Unit.POINTS,
        direction=Direction.AT_LEAST,
        target="forms_quality_target",
        readings=("calibration_mark", "quality_sample"),
        formulas=_quality("forms"),
        comparisons=(
            Comparison(
                "GAP", "Écart des deux notes moyennes, titulaire moins acheteur.", f.gap_of_means, alike=False
            ),
        ),
        cuts=BY_ANY,
        aside=(
            ("not_a_form", "pas un formulaire"),
            ONE_MARK,
            PICKED,
        ),
        note="Un écart entre les deux notes moyennes au-delà du terme suspend la note, qui se rejuge à deux.",
    )


@clause("S-3.3.2-formation")
def trained_advisers() -> Indicator:
    return Indicator(
        code="I19",
        name="Conseillers formés initialement",
        clause="S-3.3.2-formation",
        unit=Unit.RATIO,
        direction=Direction.AT_LEAST,
        target="trained_target",
        readings=("trained_before",),
        formulas={
            ("FIRST_PRODUCTIVE_MINUTE",): f.trained,
            ("SAME_MONTH",): f.trained_in_the_month,
        },
        note="Conseillers distincts qui ont produit au moins une minute ; formés avant la première.",
    )


@clause("S-9-penalites")
@cache
def production_plan() -> Indicator:
    return Indicator(
        code="PLAN",
        name="Conformité au plan de marche",
        clause="S-9-penalites",
        unit=Unit.RATIO,
        direction=Direction.FOLLOWED,
        readings=("productive_hour",),
        formulas={
            ("LOGGED_ON_ACTIVITY",): f.hours_on_activity,
            ("WAITING_EXCLUDED",): f.hours_waiting_excluded,
            ("PAID_PRESENCE",): f.hours_of_presence,
        },
        comparisons=(
            Comparison("OUTAGE_OUT", "Heures perdues par une panne d’outil ôtées.", f.hours_outage_out),
        ),
        note="Heures productives produites sur heures commandées ; les heures commandées sont déclarées.",
    )


@cache
def indicators(day_ms: int) -> tuple[Indicator, ...]:
    """The rows of section 3.3.2, in the order of the contract. `day_ms`: the length of a full day."""
    return (
        answer_rate(),
        average_wait(),
        accessibility(),
        transfer_rate(),
        availability(),
        talk_time(),
        handling_time(),
        calls_by_site(),
        calls_by_adviser(),
        qualification(),
        phone_quality(),
        ticket_quality(),
        forms_rate(),
        forms_per_day(day_ms),
        forms_by_site(),
        forms_by_adviser(),
        forms_stock(),
        forms_quality(),
        trained_advisers(),
    )
