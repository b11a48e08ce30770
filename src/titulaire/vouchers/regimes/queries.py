"""The regimes and one contract's answer to them, read once from this room's files."""

from __future__ import annotations

import functools
from datetime import date

from django.http import Http404

from titulaire.contracts.queries import terms_as_signed
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.holidays import Territory
from titulaire.vouchers.regimes import loading
from titulaire.vouchers.regimes.rules import (
    Conflict,
    Fact,
    Mention,
    Overrides,
    Profile,
    Timeline,
    changes,
    conflicts,
    contract_timeline,
    mentions_to_print,
    timeline,
    vintage_ordered,
)


class NoRegime(LookupError, Http404):
    """No decision file exists for this contract: nobody has read it yet. Its pages of regimes do not exist."""

    def __init__(self, contract: str) -> None:
        super().__init__(contract)
        self.contract = contract


@functools.cache
def profiles() -> tuple[Profile, ...]:
    """Every regime, by code."""
    wordings = loading.load_wordings()
    found = (loading.load_profile(path, wordings) for path in (loading.HERE / "profiles").glob("*.toml"))
    return tuple(sorted(found, key=lambda profile: profile.code))


@functools.cache
def _all_overrides() -> dict[str, Overrides]:
    wordings = loading.load_wordings()
    known = {profile.code: profile for profile in profiles()}
    found = [
        loading.load_overrides(path, wordings, known) for path in (loading.HERE / "overrides").glob("*.toml")
    ]
    return {overrides.contract: overrides for overrides in found}


def contracts() -> tuple[str, ...]:
    """Codes of the contracts that answer to the regimes."""
    return tuple(sorted(_all_overrides()))


def overrides(contract_code: str) -> Overrides:
    """What the contract decides.

    Raises:
        NoRegime: the contract has no decision file.
    """
    try:
        return _all_overrides()[contract_code]
    except KeyError:
        raise NoRegime(contract_code) from None


def compared_profiles(contract_code: str) -> tuple[Profile, ...]:
    """The regimes that the contract is compared with."""
    retained = overrides(contract_code).regimes
    return tuple(profile for profile in profiles() if profile.code in retained)


def register(contract_code: str, *, on: date) -> tuple[Conflict, ...]:
    """The conflict register of the contract that day."""
    return conflicts(profiles(), overrides(contract_code), on=on)


def printed_mentions(contract_code: str, *, on: date) -> tuple[Mention, ...]:
    """What must be printed on each voucher made that day, in reading order (clause T-2.4-mentions).

    `Mention.text(values)` gives the words, never half of them; `MERCHANT` mentions are zones to leave.
    """
    return mentions_to_print(profiles(), overrides(contract_code), on=on)


def timelines(vintage: int) -> tuple[Timeline, ...]:
    """The dates of a vintage under each regime."""
    return tuple(timeline(profile, vintage) for profile in profiles())


def applied_timeline(contract_code: str, vintage: int) -> Timeline:
    """The dates of a vintage as applied under the contract, planned on the contract's own working days."""
    territory = terms_as_signed(contract_code).text("holiday_territory", on=date(vintage, 1, 1))
    calendar = Calendar(territory=Territory(territory))
    return contract_timeline(profiles(), overrides(contract_code), vintage, is_working_day=calendar.counts)


def current_vintage(contract_code: str, *, on: date) -> int:
    """The vintage that an order of that day carries."""
    return vintage_ordered(profiles(), overrides(contract_code), on=on)


def changes_of_law(contract_code: str, *, since: date, until: date) -> tuple[tuple[str, Fact], ...]:
    """What the law changes in a period for the regimes of the contract (its end not included)."""
    return changes(compared_profiles(contract_code), since=since, until=until)
