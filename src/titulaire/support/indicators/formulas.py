"""How each indicator is computed: one small function per reading, side by side. Measures in, two sides out."""

from __future__ import annotations

from fractions import Fraction

from titulaire.indicators.rules import Formula, Measured, Sides, Sum

SECONDS = Fraction(1, 1000)
"""From milliseconds."""
POINTS = Fraction(1, 100)
"""From hundredths of a point."""


# I1. Among the calls that a group had to answer, which share did it answer?


def received(m: Measured) -> Sum:
    """Calls received: inbound, in transfer and in overflow."""
    return m.received_inbound + m.received_transfer + m.received_overflow


def to_answer(m: Measured) -> Sum:
    """Calls received, less what the formula takes away, widening apart."""
    return (
        received(m) - m.dissuaded_telecom - m.dissuaded_closure - m.overflowed_out - m.recovered_in_transfer
    )


def answer_rate_handled_here_added(m: Measured) -> Sides:
    """« Sur ce groupe »: handled here for another group, also among the calls answered."""
    return Sides(m.answered, to_answer(m) + m.widened_in - m.widened_out)


def answer_rate_handled_here_removed(m: Measured) -> Sides:
    """The opposite: the call of this group handled elsewhere is added."""
    return Sides(m.answered, to_answer(m) - m.widened_in + m.widened_out)


def answer_rate_simple(m: Measured) -> Sides:
    """Answered over received, as the first lines of the row say."""
    return Sides(m.answered, received(m))


def answer_rate_short_abandons_out(m: Measured) -> Sides:
    """The retained formula, less those who hung up at once."""
    return Sides(m.answered, to_answer(m) + m.widened_in - m.widened_out - m.abandoned_short)


def ended_in_group(m: Measured) -> Sides:
    """What the base of I1 must equal: each of these legs ended in one of these ways."""
    return Sides(m.answered + m.abandoned + m.dissuaded_other + m.timed_out)


# I2. How long do calls wait?


def wait_detailed(m: Measured) -> Sides:
    """Over the calls received, less the two deducted causes of dissuasion."""
    return Sides(m.wait_ms, received(m) - m.set_aside, SECONDS)


def wait_queued(m: Measured) -> Sides:
    """Over the calls that were put in a queue."""
    return Sides(m.wait_ms, m.queued, SECONDS)


def wait_of_answered(m: Measured) -> Sides:
    """What the trade calls the average speed of answer."""
    return Sides(m.wait_answered_ms, m.awaited_answered, SECONDS)


# I3. Could the service be reached?


def open_complement_holidays_closed(m: Measured) -> Sides:
    """One less the share of calls that met a closure without incident, bank holidays out."""
    return Sides(m.presented_in_hours - m.closed_in_hours, m.presented_in_hours)


def open_complement_holidays_open(m: Measured) -> Sides:
    """The same, where the service opens on bank holidays."""
    base = m.presented_in_hours + m.presented_on_holidays
    return Sides(base - m.closed_in_hours - m.closed_on_holidays, base)


def open_literal(m: Measured) -> Sides:
    """The share of calls that met a closure, as it is written: 0 % for a perfect service."""
    return Sides(m.presented_exceptional_closure - m.presented_incident_closure, m.presented)


def open_incidents_counted(m: Measured) -> Sides:
    """The complement without the nota bene, which section 9 does not repeat."""
    return Sides(
        m.presented_in_hours - m.closed_in_hours - m.incident_in_hours,
        m.presented_in_hours,
    )


# I4. Which share of the calls goes to the next level?


def transfer_rate(m: Measured) -> Sides:
    """Completed transfers over inbound calls received."""
    return Sides(m.transferred_n1_plus, m.received_inbound)


def transfer_rate_of_answered(m: Measured) -> Sides:
    """Over the calls answered: a call that nobody answered could not be transferred."""
    return Sides(m.transferred_n1_plus, m.answered)


# I5. How long are advisers free, of the time they are signed in?


def availability_pauses_in(m: Measured) -> Sides:
    """Over the whole time signed in."""
    return Sides(m.available_ms, m.logged_ms)


def availability_pauses_out(m: Measured) -> Sides:
    """Over the time signed in, pauses out."""
    return Sides(m.available_ms, m.logged_ms - m.pause_ms)


def occupancy(m: Measured) -> Sides:
    """What the purpose of the row names: busy time over the time signed in, pauses out."""
    return Sides(m.busy_ms, m.logged_ms - m.pause_ms)


# I6, I7. How long do communications and their handling last?


def talk_time_hold_counted(m: Measured) -> Sides:
    """From the answer to the end, hold and consultation included."""
    return Sides(m.talk_ms + m.hold_ms, m.answered, SECONDS)


def talk_time_hold_excluded(m: Measured) -> Sides:
    """Conversation alone."""
    return Sides(m.talk_ms, m.answered, SECONDS)


def handling_time_hold_counted(m: Measured) -> Sides:
    """Communication and wrap-up."""
    return Sides(m.talk_ms + m.hold_ms + m.wrapup_ms, m.answered, SECONDS)


def handling_time_hold_excluded(m: Measured) -> Sides:
    """Conversation and wrap-up."""
    return Sides(m.talk_ms + m.wrapup_ms, m.answered, SECONDS)


# I8, I9. How many calls were handled?


def calls_handled(m: Measured) -> Sides:
    """Calls « provenant de clients » that were answered."""
    return Sides(m.answered_clients)


# I10. Which share of the answered calls has its reason?


def qualified_by_the_end_of_the_day(m: Measured) -> Sides:
    """Qualified by a person, with a listed reason, before the end of the day."""
    return Sides(m.qualified, m.answered)


def qualified_before_the_next_call(m: Measured) -> Sides:
    """The same, before the adviser's next call."""
    return Sides(m.qualified_in_turn, m.answered)


# I11, I12, I18. What is the mean mark?


def _plus(one: str, picked: bool, m: Measured) -> Sum:
    drawn: Sum = getattr(m, one)
    return drawn + getattr(m, f"{one}_picked") if picked else drawn


def mean_of_both(prefix: str, *, picked: bool) -> Formula:
    """The mean of the two marks of each contact that both sides marked."""

    def formula(m: Measured) -> Sides:
        return Sides(
            _plus(f"{prefix}_both_marks", picked, m), 2 * _plus(f"{prefix}_pairs", picked, m), POINTS
        )

    return formula


def mean_of_buyer(prefix: str, *, picked: bool) -> Formula:
    """The buyer's mark of each contact that both sides marked."""

    def formula(m: Measured) -> Sides:
        return Sides(_plus(f"{prefix}_buyer_marks", picked, m), _plus(f"{prefix}_pairs", picked, m), POINTS)

    return formula


def mean_of_contractor(prefix: str, *, picked: bool) -> Formula:
    """The contractor's own marks: « effectués par le Titulaire »."""

    def formula(m: Measured) -> Sides:
        return Sides(_plus(f"{prefix}_own_marks", picked, m), _plus(f"{prefix}_marked", picked, m), POINTS)

    return formula


def gap_of_means(m: Measured) -> Sides:
    """By how much the contractor's mean mark of forms exceeds the buyer's, on the same forms."""
    return Sides(m.forms_contractor_marks - m.forms_buyer_marks, m.forms_pairs, POINTS)


def share_apart(m: Measured) -> Sides:
    """The share of the forms marked by both whose two marks are too far apart."""
    return Sides(m.forms_apart, m.forms_pairs)


# I13 to I17. Forms


def forms_rate(m: Measured) -> Sides:
    """Answered over received in the period, forms set aside for a coded reason out. May pass 100 %."""
    return Sides(m.forms_answered, m.forms_received - m.forms_excluded)


def forms_rate_gross(m: Measured) -> Sides:
    """The same, nothing set aside."""
    return Sides(m.forms_answered, m.forms_received)


def forms_per_day(day_ms: int) -> Formula:
    """Forms answered per full-day equivalent: productive time on forms over the length of a day."""

    def formula(m: Measured) -> Sides:
        return Sides(m.forms_in_days, m.forms_ms, Fraction(day_ms))

    return formula


def forms_per_full_day(m: Measured) -> Sides:
    """Forms answered on the days that an adviser spent whole on forms."""
    return Sides(m.forms_in_full_days, m.full_days)


def forms_handled(m: Measured) -> Sides:
    """Forms answered."""
    return Sides(m.forms_answered)


def forms_in_stock(m: Measured) -> Sides:
    """Received or reopened, and not answered, at the end of the period."""
    return Sides(m.forms_stock)


# I19. Were advisers trained before they worked?


def trained(m: Measured) -> Sides:
    """Advisers trained before their first productive minute, over those who had one."""
    return Sides(m.advisers_trained, m.advisers)


def trained_in_the_month(m: Measured) -> Sides:
    """Advisers trained before the end of the period."""
    return Sides(m.advisers_trained_late, m.advisers)


# Section 9: were the hours that were ordered produced?


def hours_on_activity(m: Measured) -> Sides:
    """Waiting included; pauses, training and meetings out."""
    return Sides(m.productive_ms, m.ordered_ms)


def hours_waiting_excluded(m: Measured) -> Sides:
    """Less the time that advisers waited for a contact."""
    return Sides(m.productive_ms - m.idle_ms, m.ordered_ms)


def hours_of_presence(m: Measured) -> Sides:
    """All the time that is paid."""
    return Sides(m.presence_ms, m.ordered_ms)


def hours_outage_out(m: Measured) -> Sides:
    """The retained hours, less those that a tool outage took."""
    return Sides(m.productive_ms - m.outage_ms, m.ordered_ms)
