"""What is counted: one condition per measure. Where a vendor gives the same figure, it has the same name."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir

from titulaire.indicators.measures import Measure, Register

Held = Any
"""A boolean column."""

SHORT_ABANDON_MS = 5_000
"""What the trade usually calls a short abandon; the contract knows none."""

_register = Register()
measure = _register.measure


def received(legs: ir.Table) -> Held:
    """Received by a group: inbound, in transfer, in overflow. Not what stopped at the menu, nor widened."""
    return legs.origin.isin(["INBOUND", "TRANSFER", "OVERFLOW"])


def in_group(legs: ir.Table) -> Held:
    """Reached a group, in any way."""
    return legs.origin != "IVR_ONLY"


@measure("legs", "appels présentés au serveur vocal")
def presented(legs: ir.Table) -> Held:
    """One call once: a transferred call is not presented again."""
    return legs.origin.isin(["INBOUND", "IVR_ONLY"])


@measure("legs", "appels présentés pendant une fermeture exceptionnelle")
def presented_exceptional_closure(legs: ir.Table) -> Held:
    return presented(legs) & legs.exceptional_closure


@measure("legs", "appels présentés pendant une fermeture exceptionnelle due à un incident référencé")
def presented_incident_closure(legs: ir.Table) -> Held:
    return presented_exceptional_closure(legs) & legs.incident.notnull()


@measure("legs", "appels présentés dans les heures du contrat, hors jours fériés")
def presented_in_hours(legs: ir.Table) -> Held:
    return presented(legs) & legs.in_hours & ~legs.on_holiday


@measure("legs", "appels présentés aux mêmes heures, les jours fériés")
def presented_on_holidays(legs: ir.Table) -> Held:
    return presented(legs) & legs.in_hours & legs.on_holiday


@measure(
    "legs", "appels présentés dans les heures du contrat, hors jours fériés, service fermé sans incident"
)
def closed_in_hours(legs: ir.Table) -> Held:
    return presented_in_hours(legs) & legs.exceptional_closure & legs.incident.isnull()


@measure("legs", "appels présentés aux mêmes heures, les jours fériés, service fermé sans incident")
def closed_on_holidays(legs: ir.Table) -> Held:
    return presented_on_holidays(legs) & legs.exceptional_closure & legs.incident.isnull()


@measure(
    "legs", "appels présentés dans les heures du contrat, hors jours fériés, service fermé par un incident"
)
def incident_in_hours(legs: ir.Table) -> Held:
    return presented_in_hours(legs) & legs.exceptional_closure & legs.incident.notnull()


@measure("legs", "appels reçus entrants")
def received_inbound(legs: ir.Table) -> Held:
    return legs.origin == "INBOUND"


@measure("legs", "appels reçus en transfert")
def received_transfer(legs: ir.Table) -> Held:
    return legs.origin == "TRANSFER"


@measure("legs", "appels reçus en débordement")
def received_overflow(legs: ir.Table) -> Held:
    return legs.origin == "OVERFLOW"


@measure("legs", "appels décrochés")
def answered(legs: ir.Table) -> Held:
    """By an adviser of the group, widened in included."""
    return legs.outcome == "ANSWERED"


@measure("legs", "appels abandonnés en file")
def abandoned(legs: ir.Table) -> Held:
    """Who hangs up in the menu never reached the group."""
    return in_group(legs) & (legs.outcome == "ABANDONED")


@measure("legs", "appels abandonnés en moins de cinq secondes")
def abandoned_short(legs: ir.Table) -> Held:
    return abandoned(legs) & (legs.wait_ms < SHORT_ABANDON_MS)


@measure("legs", "appels débordés vers un autre groupe")
def overflowed_out(legs: ir.Table) -> Held:
    return in_group(legs) & (legs.outcome == "OVERFLOWED_OUT")


@measure("legs", "communications d’un autre groupe traitées ici en élargissement")
def widened_in(legs: ir.Table) -> Held:
    return (legs.origin == "WIDENED") & (legs.outcome == "ANSWERED")


@measure("legs", "communications de ce groupe traitées ailleurs en élargissement")
def widened_out(legs: ir.Table) -> Held:
    return in_group(legs) & (legs.outcome == "WIDENED_OUT")


@measure("legs", "appels repris pendant le transfert")
def recovered_in_transfer(legs: ir.Table) -> Held:
    return in_group(legs) & (legs.outcome == "RECOVERED_IN_TRANSFER")


@measure("legs", "appels dissuadés sur problème télécom")
def dissuaded_telecom(legs: ir.Table) -> Held:
    return in_group(legs) & (legs.outcome == "DISSUADED_TELECOM")


@measure("legs", "appels dissuadés sur fermeture")
def dissuaded_closure(legs: ir.Table) -> Held:
    return in_group(legs) & (legs.outcome == "DISSUADED_CLOSURE")


@measure("legs", "appels dissuadés pour une autre cause (saturation, hors périmètre)")
def dissuaded_other(legs: ir.Table) -> Held:
    """Not taken away by the formula: they stay among the calls to answer."""
    others = ["DISSUADED_SATURATION", "DISSUADED_OUT_OF_SCOPE", "DISSUADED_OTHER"]
    return in_group(legs) & legs.outcome.isin(others)


@measure("legs", "appels renvoyés au bout du délai de file")
def timed_out(legs: ir.Table) -> Held:
    return in_group(legs) & (legs.outcome == "TIMED_OUT")


def awaited(legs: ir.Table) -> Held:
    """The legs that the formula of the wait divides by: received, and neither deduced cause of dissuasion."""
    return received(legs) & ~legs.outcome.isin(["DISSUADED_TELECOM", "DISSUADED_CLOSURE"])


@measure("legs", "appels reçus dissuadés sur problème télécom ou sur fermeture")
def set_aside(legs: ir.Table) -> Held:
    return received(legs) & legs.outcome.isin(["DISSUADED_TELECOM", "DISSUADED_CLOSURE"])


@measure("legs", "durée d’attente en file, sonnerie comprise", of="wait_ms")
def wait_ms(legs: ir.Table) -> Held:
    """Answered or not; the menu and the hold are not waiting."""
    return awaited(legs)


@measure("legs", "appels mis en attente")
def queued(legs: ir.Table) -> Held:
    return awaited(legs) & legs.queued


@measure("legs", "durée d’attente des appels décrochés, ici ou ailleurs", of="wait_ms")
def wait_answered_ms(legs: ir.Table) -> Held:
    return awaited(legs) & legs.outcome.isin(["ANSWERED", "WIDENED_OUT"])


@measure("legs", "appels reçus puis décrochés, ici ou ailleurs")
def awaited_answered(legs: ir.Table) -> Held:
    return awaited(legs) & legs.outcome.isin(["ANSWERED", "WIDENED_OUT"])


@measure("legs", "appels transférés vers le N1+, transfert abouti")
def transferred_n1_plus(legs: ir.Table) -> Held:
    return (legs.transferred_to == "N1_PLUS") & (legs.transfer_result == "COMPLETED")


@measure("legs", "durée de conversation", of="talk_ms")
def talk_ms(legs: ir.Table) -> Held:
    return answered(legs)


@measure("legs", "durée de mise en garde et de consultation", of="hold_ms")
def hold_ms(legs: ir.Table) -> Held:
    return answered(legs)


@measure("legs", "durée de post-appel", of="wrapup_ms")
def wrapup_ms(legs: ir.Table) -> Held:
    """Whole, on the call that caused it, even past midnight."""
    return answered(legs)


@measure("legs", "appels de clients décrochés")
def answered_clients(legs: ir.Table) -> Held:
    """« Provenant de clients »: internal and test calls are out."""
    return answered(legs) & ~legs.internal


@measure("legs", "appels décrochés qualifiés par une personne, motif de la liste, avant la fin du jour")
def qualified(legs: ir.Table) -> Held:
    return answered(legs) & (legs.qualified_by == "PERSON") & legs.listed & legs.in_time


@measure("legs", "appels décrochés qualifiés par une personne, motif de la liste, avant l’appel suivant")
def qualified_in_turn(legs: ir.Table) -> Held:
    return qualified(legs) & legs.in_turn


@measure("states", "temps de disponibilité au téléphone", of="duration_ms")
def available_ms(states: ir.Table) -> Held:
    return states.on_phone & (states.state == "AVAILABLE")


@measure("states", "temps de connexion au téléphone", of="duration_ms")
def logged_ms(states: ir.Table) -> Held:
    return states.on_phone


@measure("states", "temps de pause, connecté au téléphone", of="duration_ms")
def pause_ms(states: ir.Table) -> Held:
    return states.on_phone & (states.state == "PAUSE")


@measure("states", "temps de conversation, de garde et de post-appel", of="duration_ms")
def busy_ms(states: ir.Table) -> Held:
    return states.on_phone & states.state.isin(["TALK", "HOLD", "WRAPUP"])


@measure("states", "temps connecté sur l’activité, hors pause, formation et réunion", of="duration_ms")
def productive_ms(states: ir.Table) -> Held:
    """Waiting included: an hour without a call is an hour that was ordered."""
    return states.productive


@measure("states", "temps d’attente d’un contact, sur l’activité", of="duration_ms")
def idle_ms(states: ir.Table) -> Held:
    return states.productive & (states.state == "AVAILABLE")


@measure("states", "temps perdu par une panne d’outil, sur l’activité", of="duration_ms")
def outage_ms(states: ir.Table) -> Held:
    return states.productive & (states.state == "TOOL_OUTAGE")


@measure("states", "temps de présence payé", of="duration_ms")
def presence_ms(states: ir.Table) -> Held:
    return states.duration_ms >= 0


@measure("forms", "formulaires reçus")
def forms_received(forms: ir.Table) -> Held:
    return (forms.event == "RECEIVED") & forms.first


@measure("forms", "formulaires répondus")
def forms_answered(forms: ir.Table) -> Held:
    """A form answered again after it was reopened counts once."""
    return (forms.event == "ANSWERED") & forms.first


@measure("forms", "formulaires écartés pour une raison codée")
def forms_excluded(forms: ir.Table) -> Held:
    return (forms.event == "EXCLUDED") & forms.first & forms.exclusion.notnull()


@measure("forms", "formulaires reçus en attente de réponse", of="opened")
def forms_stock(forms: ir.Table) -> Held:
    return forms.opened != 0


@measure("form_days", "temps productif sur les formulaires", of="forms_ms")
def forms_ms(days: ir.Table) -> Held:
    return days.forms_ms > 0


@measure("form_days", "formulaires répondus ces jours-là", of="answered")
def forms_in_days(days: ir.Table) -> Held:
    return days.forms_ms > 0


@measure("form_days", "jours-conseillers entiers sur les formulaires")
def full_days(days: ir.Table) -> Held:
    return days.full


@measure("form_days", "formulaires répondus pendant ces jours entiers", of="answered")
def forms_in_full_days(days: ir.Table) -> Held:
    return days.full


MARKED = {"calls": ("CALL", "appels"), "forms": ("FORM", "formulaires"), "tickets": ("N2_TICKET", "tickets")}


def _marks(prefix: str, kind: str, noun: str) -> None:
    """The marks of one kind of contact, drawn then picked apart."""
    for suffix, drawn, how in (("", True, "tirés au sort"), ("_picked", False, "choisis")):

        def both(marks: ir.Table, kind: str = kind, drawn: bool = drawn) -> Held:
            return (marks.kind == kind) & marks.both & (marks.both_drawn == drawn)

        def own(marks: ir.Table, kind: str = kind, drawn: bool = drawn) -> Held:
            return (marks.kind == kind) & (marks.marked_by == "CONTRACTOR") & (marks.drawn == drawn)

        def apart(marks: ir.Table, kind: str = kind, drawn: bool = drawn) -> Held:
            return both(marks, kind, drawn) & marks.apart

        noted = f"des {noun} {how} et notés des deux côtés"
        for name, label, when, amount in (
            (f"{prefix}_pairs", f"{noun} {how} et notés des deux côtés", both, ""),
            (f"{prefix}_both_marks", f"somme des deux notes {noted}", both, "both_marks"),
            (f"{prefix}_buyer_marks", f"notes de l’acheteur {noted}", both, "buyer"),
            (f"{prefix}_contractor_marks", f"notes du titulaire {noted}", both, "contractor"),
            (f"{prefix}_apart", f"{noun} {how} dont les deux notes s’écartent trop", apart, ""),
            (f"{prefix}_marked", f"{noun} {how} et notés par le titulaire", own, ""),
            (f"{prefix}_own_marks", f"notes du titulaire des {noun} {how}", own, "mark"),
        ):
            _register.add(Measure(name + suffix, "marks", label, when, amount))


for _prefix, (_kind, _noun) in MARKED.items():
    _marks(_prefix, _kind, _noun)

MEASURES = _register.measures()
