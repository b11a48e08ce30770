"""Who may work from home, when an access falls, what the list of users owes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from titulaire.clauses import clause
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.days import add_working_days, same_date

ONE_DAY = timedelta(days=1)
FRANCE = frozenset({"FR", "GP", "GF", "MQ", "RE", "YT", "MF"})
UNION = FRANCE | {
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "GR", "HR", "HU", "IE", "IT"),
    *("LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
}
"""ISO 3166 codes. The French departments and Saint-Martin overseas belong to both."""
TERRITORIES: Mapping[str, frozenset[str]] = {"France": FRANCE, "Union européenne": UNION}


class Post(StrEnum):
    """What a member of staff does on the contract."""

    ADVISER = "ADVISER"
    SUPERVISOR = "SUPERVISOR"
    TRAINER = "TRAINER"
    QUALITY = "QUALITY"
    SECURITY = "SECURITY"


class Channel(StrEnum):
    """What a member of staff answers."""

    PHONE = "PHONE"
    FORMS = "FORMS"


class Application(StrEnum):
    """What an account opens. PORTAL is PSN1, the support portal; PLATFORM is this software."""

    TELEPHONY = "TELEPHONY"
    RECORDER = "RECORDER"
    PORTAL = "PORTAL"
    VPN = "VPN"
    PLATFORM = "PLATFORM"


class AccountState(StrEnum):
    """Whether an account opens. DISABLED is never written: a long absence makes it so by itself."""

    OPEN = "OPEN"
    BLOCKED = "BLOCKED"
    DISABLED = "DISABLED"
    CLOSED = "CLOSED"


class StepKind(StrEnum):
    """What was done to an account."""

    OPENED = "OPENED"
    BLOCKED = "BLOCKED"
    UNBLOCKED = "UNBLOCKED"
    REACTIVATED = "REACTIVATED"
    CLOSED = "CLOSED"


class Rank(StrEnum):
    """The officer in charge of security, or who stands in."""

    MAIN = "MAIN"
    DEPUTY = "DEPUTY"


class ChangeKind(StrEnum):
    """How somebody differs from the last list of users that was sent."""

    ARRIVAL = "ARRIVAL"
    DEPARTURE = "DEPARTURE"


@dataclass(frozen=True, slots=True)
class Away:
    """Days of absence, `until` not included; None while it lasts."""

    since: date
    until: date | None = None

    def covers(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody to add to the list of users or to take off it, since a day."""

    number: str
    kind: ChangeKind
    on: date


@clause("S-8.1-teletravail")
def may_telework_from(country: str, places: Iterable[str]) -> bool:
    """Whether somebody may work from home in a country (ISO 3166), under the territories that the contract names."""
    return any(country in TERRITORIES.get(place, frozenset()) for place in places)


@clause("S-8.1-teletravail")
def missing_safeguards(found: Collection[str], asked: Iterable[str]) -> tuple[str, ...]:
    """The safeguards of a workstation that the contract asks for and that were not found."""
    return tuple(one for one in asked if one not in found)


@clause("S-8.1-teletravail")
def check_ends_on(checked_on: date, months: int) -> date:
    """The first day on which a check of a workstation no longer holds."""
    return same_date(checked_on, months)


@clause("S-8.1-departs")
def leaver_due_on(left_on: date, working_days: int, calendar: Calendar) -> date:
    """The last day to remove the accesses of somebody who left on a day."""
    return add_working_days(left_on, working_days, calendar)


@clause("S-8.1-departs")
def disabled_from(away: Away, days: int) -> date | None:
    """The first day beyond that many days of absence, the first one counted; None when it ended before."""
    beyond = away.since + days * ONE_DAY
    return beyond if away.until is None or away.until > beyond else None


@clause("S-8.1-departs")
def account_state(
    written: AccountState, absences: Iterable[Away], *, usable_since: date, on: date, days: int
) -> AccountState:
    """Where an account stands on a day.

    An open account falls by itself beyond so many days of absence, and stays down after the return, until it is
    reactivated: `usable_since` is the day of its opening or last reactivation.
    """
    if written is not AccountState.OPEN:
        return written
    for away in absences:
        beyond = disabled_from(away, days)
        if beyond and beyond <= on and (away.until is None or away.until > usable_since):
            return AccountState.DISABLED
    return AccountState.OPEN


@clause("S-8.1-identifiants")
def history_kept_until(closed_on: date, years: int) -> date:
    """The first day on which the history of an account closed on a day may go."""
    return same_date(closed_on, 12 * years) + ONE_DAY


@clause("S-8.2-hab-03")
def list_changes(
    sent: Collection[str], entitled: Mapping[str, date], left: Mapping[str, date]
) -> list[Change]:
    """Who came and who went since the list last sent, the oldest change first.

    `sent`: the numbers on it; `entitled`: since when each may open the portal; `left`: since when others may not.
    """
    found = [Change(number, ChangeKind.ARRIVAL, on) for number, on in entitled.items() if number not in sent]
    found += [Change(number, ChangeKind.DEPARTURE, left[number]) for number in sent if number not in entitled]
    return sorted(found, key=lambda one: (one.on, one.number))


@clause("S-8.2-hab-03")
def list_due_on(changes: Iterable[Change], working_days: int, calendar: Calendar) -> date | None:
    """The last day to send the list again; None when nobody came or went."""
    first = min((one.on for one in changes), default=None)
    return None if first is None else add_working_days(first, working_days, calendar)


# Names: shown in full to those who open them one by one


def masked_name(first_name: str, last_name: str) -> str:
    """Initials."""
    return " ".join(f"{name[:1].upper()}." for name in (first_name, last_name) if name)


def masked_email(email: str) -> str:
    """The first letter of the mailbox, and its domain."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}…@{domain}"
