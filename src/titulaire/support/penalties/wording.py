"""How penalties, their exchange and its acts are said in French."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from titulaire.billing.rules import DocumentRefused
from titulaire.billing.services import NoProfile
from titulaire.indicators.rules import Unit
from titulaire.indicators.wording import rounded, written
from titulaire.penalties.rules import Assessed, Line, NoIncidentReference, State, Worse
from titulaire.support.penalties.freezing import FrozenLine
from titulaire.support.penalties.rules import Change, DecisionRefused, ExchangeState, Outcome, Side
from titulaire.support.penalties.services import (
    BasesDiffer,
    ExchangeStands,
    MonthNotOver,
    NoInvoice,
    NoReasonGiven,
    NothingNew,
    NothingToCredit,
    NotTheirs,
    RemarksStillOpen,
)
from titulaire.ui.formats import NO_BREAK, NONE, date_fr, money, month_fr
from titulaire.ui.tables import Status

PENALTY_STATES = {
    State.NOT_IN_FORCE: ("pas en vigueur", "calm"),
    State.IN_GRACE: ("délai de grâce", "calm"),
    State.SUSPENDED: ("suspendue : volume dépassé", "info"),
    State.BLOCKED: ("bloquée : les faits ne s’additionnent pas", "bad"),
    State.NOT_MEASURABLE: ("non mesurable", "calm"),
    State.TO_ADJUDICATE: ("à juger de nouveau à deux", "warn"),
    State.RESPECTED: ("respecté", "good"),
    State.TARGET_MISSED: ("objectif manqué", "warn"),
    State.TRIGGERED: ("pénalité due", "bad"),
}
BASES = {"PHONE": "téléphonie", "FORMS": "formulaires", "TOTAL": "téléphonie et formulaires"}
EXCHANGES = {
    "NONE": Status("NONE", "Aucune proposition", "calm"),
    ExchangeState.OPEN.value: Status("OPEN", "Échange ouvert", "info"),
    ExchangeState.CLOSED.value: Status("CLOSED", "Décidé, avoir à émettre", "warn"),
    ExchangeState.CREDITED.value: Status("CREDITED", "Avoir émis", "good"),
    ExchangeState.SUPERSEDED.value: Status("SUPERSEDED", "Remplacé", "calm"),
}
SETTLED = Status("SETTLED", "Décidé, rien à émettre", "good")
OUTCOMES = {
    Outcome.KEPT.value: Status("KEPT", "Maintenue", "bad"),
    Outcome.REDUCED.value: Status("REDUCED", "Réduite", "warn"),
    Outcome.WAIVED.value: Status("WAIVED", "Levée", "good"),
}
SIDES = {Side.BUYER: "L’acheteur", Side.CONTRACTOR: "Le titulaire"}
FAULTS = {
    "NOTHING_PROPOSED": "rien n’y est proposé, il n’y a rien à décider",
    "NO_REASON": "écrivez le motif d’une réduction ou d’une levée",
    "NOT_A_REDUCTION": "une réduction laisse plus de 0 € et moins que le montant proposé",
    "UNDECIDED": "aucune décision n’est prise",
}
CREDIT_FAULTS = {
    "MORE_THAN_INVOICED": "la facture du mois ne porte plus assez pour cet avoir",
    "NOTHING_CREDITED": "l’avoir serait nul",
}
WHATS = {
    "value": "Mesure",
    "trigger": "Seuil",
    "rate": "Taux",
    "base": "Assiette",
    "state": "État",
    "amount": "Pénalité",
    "uncapped": "Somme avant plafond",
    "cap": "Plafond",
    "proposed": "Pénalités proposées",
    "orders": "Commandes d’heures",
    "incidents": "Incidents neutralisés",
    "contacts_ordered": "Contacts commandés",
}
FACT_KINDS = {
    "LEGS": "appels",
    "STATES": "états des conseillers",
    "AGGREGATES": "tableaux de l’outil",
    "ITEMS": "dossiers",
}


def penalty_status(one: Assessed | FrozenLine) -> Status:
    """What is said of a line of penalties."""
    label, tone = PENALTY_STATES[one.state]
    return Status(one.state.value, label, tone)


def plain(value: Fraction | None, unit: Unit) -> Decimal | None:
    """A value as a spreadsheet takes it: a percentage for a rate; whole, or to six decimals."""
    if value is None:
        return None
    times = value * (100 if unit is Unit.RATIO else 1)
    return Decimal(times.numerator) if times.denominator == 1 else rounded(times, 6)


def trigger_written(line: Line | FrozenLine | None, unit: Unit) -> str:
    """The trigger of a penalty, on its worse side, such as « < 89 % »."""
    if line is None:
        return ""
    return f"{'<' if line.worse is Worse.BELOW else '>'}{NO_BREAK}{written(line.trigger, unit)}"


def change_written(one: Change, units: dict[str, Unit]) -> tuple[str, str, str, str]:
    """A change as a row: line, what, before, after."""
    kind, _, key = one.what.partition(":")
    if kind == "readings":
        return ("", f"Lecture {key}", one.before, one.after)
    if kind == "facts":
        kinds = FACT_KINDS.get(key, key.lower())
        return ("", f"Faits : {kinds}", _short(one.before), _short(one.after))
    told: Callable[[str], str] = str
    if one.what in {"base", "amount", "uncapped", "cap", "proposed"}:
        told = _money
    elif one.what in {"value", "trigger"} and one.line in units:
        unit = units[one.line]

        def told(text: str) -> str:
            return written(Fraction(text), unit) if text else NONE

    elif one.what == "rate":

        def told(text: str) -> str:
            return written(Fraction(text), Unit.RATIO) if text else NONE

    elif one.what == "state":

        def told(text: str) -> str:
            return PENALTY_STATES[State(text)][0] if text else NONE

    return (one.line, WHATS.get(one.what, one.what), told(one.before) or NONE, told(one.after) or NONE)


def _money(text: str) -> str:
    return money(Decimal(text)) if text else NONE


def _short(text: str) -> str:
    """`v2 3f9a…` of a version and its digest."""
    version, _, found = text.partition(" ")
    return f"{version} {found[:12]}…" if found else NONE


def refusal(refused: Exception) -> str:
    """Why an act of the exchange was not done, and what to do."""
    match refused:
        case ExchangeStands():
            state = EXCHANGES[refused.state].label.lower()
            return f"L’échange {refused.reference} est dans l’état « {state} » : rien n’a changé."
        case NotTheirs():
            return f"{SIDES[refused.side]} seul peut le faire."
        case MonthNotOver():
            return f"{month_fr(refused.month).capitalize()} n’est pas fini : proposez après son dernier jour."
        case NothingNew():
            return f"Rien n’a changé depuis la version {refused.reference} : elle reste en vigueur."
        case NoReasonGiven():
            return "Dites pourquoi une nouvelle version remplace la précédente."
        case RemarksStillOpen():
            return (
                f"Les observations restent ouvertes jusqu’au {date_fr(refused.until_on)} inclus, sauf si le "
                "titulaire dit n’en avoir plus."
            )
        case NoInvoice():
            return (
                f"Aucune facture de production de {month_fr(refused.month)} n’est émise : émettez-la, puis "
                "revenez émettre l’avoir."
            )
        case BasesDiffer():
            return (
                f"La proposition prend ses pourcentages sur {_bases(refused.phone, refused.forms)}, mais les "
                f"factures émises portent {_bases(refused.billed_phone, refused.billed_forms)} : faites une "
                "nouvelle version sur les montants facturés."
            )
        case NothingToCredit():
            return (
                f"Il est dû {money(refused.due)} et les avoirs du mois ont déjà rendu "
                f"{money(refused.given_back)} : il n’y a pas d’avoir à émettre."
            )
        case DecisionRefused():
            return f"{refused.line} : {FAULTS[refused.fault]}."
        case DocumentRefused():
            return f"Avoir refusé : {CREDIT_FAULTS.get(refused.fault, refused.fault)}."
        case NoProfile():
            return "Enregistrez d’abord les coordonnées de facturation : qui facture qui."
        case NoIncidentReference():
            return f"Rien n’est neutralisé sur {refused.line} sans la référence d’un incident."
    raise refused


REFUSALS = (
    *(ExchangeStands, NotTheirs, MonthNotOver, NothingNew, NoReasonGiven, RemarksStillOpen, NoInvoice),
    *(BasesDiffer, NothingToCredit, DecisionRefused, DocumentRefused, NoProfile, NoIncidentReference),
)
"""What `refusal` can say."""


def _bases(phone: Decimal, forms: Decimal) -> str:
    return f"{money(phone)} de téléphonie et {money(forms)} de formulaires"
