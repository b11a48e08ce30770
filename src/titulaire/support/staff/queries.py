"""Members and accounts as they stand on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch, QuerySet

from titulaire.clauses import clause
from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.support.staff.models import (
    Absence,
    Account,
    Mandate,
    Member,
    MemberQuerySet,
    Posting,
    UserList,
)
from titulaire.support.staff.rules import (
    AccountState,
    Application,
    Change,
    account_state,
    disabled_from,
    leaver_due_on,
    list_changes,
    list_due_on,
)
from titulaire.ui.exports import csv_bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """A member on a day: what they do, since when they are away, until when their workstation is checked."""

    member: Member
    posting: Posting | None
    away: Absence | None
    checked_until: date | None
    on: date

    @property
    def state(self) -> str:
        """FUTURE, GONE, AWAY or HERE."""
        if self.member.left_on and self.member.left_on < self.on:
            return "GONE"
        if self.member.arrived_on > self.on:
            return "FUTURE"
        return "AWAY" if self.away else "HERE"

    @property
    def telework(self) -> str:
        """NO, OPEN, or CLOSED while the check of the workstation is missing or too old."""
        if self.posting is None or not self.posting.teleworks:
            return "NO"
        return "OPEN" if self.checked_until and self.checked_until > self.on else "CLOSED"


@dataclass(frozen=True, slots=True)
class Removal:
    """An account of somebody who left: when it was to be closed at the latest, and when it was."""

    account: Account
    left_on: date
    due_on: date
    done_on: date | None


def members_of(contract: Contract) -> MemberQuerySet:
    """The members of a contract, with all that tells where they stand."""
    return (
        Member.objects.of(contract)
        .select_related("contract")
        .prefetch_related(
            "postings", "absences", "checks", Prefetch("accounts", Account.objects.order_by("application"))
        )
    )


@clause("S-5.1-ressources", "S-3.3.2-plateaux")
def standing(member: Member, *, on: date) -> Standing:
    """Where a member stands on a day."""
    posting = next((one for one in member.postings.all() if one.from_on <= on), None)
    away = next((one for one in member.absences.all() if one.as_value().covers(on)), None)
    checks = [one.until_on for one in member.checks.all() if one.checked_on <= on]
    return Standing(member, posting, away, max(checks, default=None), on)


def state_of(account: Account, *, on: date) -> AccountState:
    """Where an account stands on a day, long absences counted."""
    terms = terms_of(account.contract.code)
    return account_state(
        AccountState(account.state),
        [one.as_value() for one in account.member.absences.all()],
        usable_since=account.usable_since_on,
        on=on,
        days=terms.days("absence_days", on=max(on, terms.head.notified_on)),
    )


def accounts_of(contract: Contract) -> QuerySet[Account]:
    """The accounts of a contract."""
    found = Account.objects.filter(contract=contract).select_related("member", "contract")
    return found.prefetch_related("member__absences")


@clause("S-8.1-departs")
def removals(contract: Contract, *, at: datetime) -> list[Removal]:
    """What each departure makes the officer do: one task for each account that was still open."""
    terms = terms_of(contract.code)
    calendar = calendar_of(terms)
    found = []
    for account in accounts_of(contract).filter(member__left_on__isnull=False):
        left_on = account.member.left_on
        assert left_on is not None  # noqa: S101 - filtered
        done_on = calendar.local_day(account.closed_at) if account.closed_at else None
        if done_on and done_on < left_on:
            continue
        days = terms.days("leaver_working_days", on=max(left_on, terms.head.notified_on))
        found.append(Removal(account, left_on, leaver_due_on(left_on, days, calendar), done_on))
    return sorted(found, key=lambda one: (one.due_on, one.account.member.number))


@clause("S-8.2-hab-02")
def entitled(contract: Contract, *, on: date) -> dict[str, tuple[Member, date]]:
    """Those who may open the support portal on a day, by number, and since when."""
    portal = accounts_of(contract).filter(application=Application.PORTAL.value)
    return {
        one.member.number: (one.member, one.usable_since_on)
        for one in portal
        if state_of(one, on=on) is AccountState.OPEN
        and (one.member.left_on is None or one.member.left_on >= on)
    }


def last_sent(contract: Contract) -> UserList | None:
    """The last list of users that was sent."""
    return UserList.objects.filter(contract=contract, sent_at__isnull=False).first()


@clause("S-8.2-hab-03")
def changes_to_tell(contract: Contract, *, on: date) -> list[Change]:
    """Who came and who went since the list last sent."""
    sent = last_sent(contract)
    numbers = sent.numbers if sent else []
    now = {number: since for number, (_, since) in entitled(contract, on=on).items()}
    left = {number: _lost_on(contract, number, on) for number in numbers if number not in now}
    return list_changes(numbers, now, left)


def _lost_on(contract: Contract, number: str, on: date) -> date:
    """The day from which somebody on the list may no longer open the portal."""
    account = accounts_of(contract).filter(application=Application.PORTAL.value, member__number=number).last()
    if account is None:  # its history went meanwhile
        return on
    terms = terms_of(contract.code)
    days = terms.days("absence_days", on=max(on, terms.head.notified_on))
    fallen = [disabled_from(one.as_value(), days) for one in account.member.absences.all()]
    found = [day for day in fallen if day and day <= on]
    if account.state != AccountState.OPEN:
        found.append(account.changed_on)
    if account.member.left_on and account.member.left_on < on:
        found.append(account.member.left_on)
    return min(found, default=on)


def list_to_send_by(contract: Contract, *, on: date) -> date | None:
    """The last day to tell who came and who went; None when nobody did."""
    terms = terms_of(contract.code)
    days = terms.days("user_list_working_days", on=max(on, terms.head.notified_on))
    return list_due_on(changes_to_tell(contract, on=on), days, calendar_of(terms))


@clause("S-8.2-hab-02")
def list_file(members: list[Member], terms: Terms, *, on: date) -> bytes:
    """The list as a file: exactly the columns that the contract asks for, no cell that a spreadsheet would run."""
    columns = terms.texts("support_portal_account_fields", on=on)
    return csv_bytes(columns, [(one.last_name, one.first_name, one.email) for one in members])


def officers_of(contract: Contract) -> QuerySet[Mandate]:
    """The mandates of security, past and present."""
    return Mandate.objects.filter(contract=contract).select_related("user")
