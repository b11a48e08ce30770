"""The acts on members of staff, their accesses, and the lists that name them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet

from titulaire.clauses import clause
from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract, Membership, User
from titulaire.identity.roles import Role
from titulaire.identity.rules import names_a_post, plain_text, same_mailbox
from titulaire.identity.services import end_role
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.support.staff import queries
from titulaire.support.staff.models import (
    Absence,
    Account,
    AccountStep,
    Mandate,
    Member,
    Posting,
    UserList,
    WorkstationCheck,
)
from titulaire.support.staff.rules import (
    ONE_DAY,
    AccountState,
    Application,
    Channel,
    Post,
    Rank,
    StepKind,
    check_ends_on,
    history_kept_until,
    list_due_on,
    may_telework_from,
    missing_safeguards,
)

DEDICATION_TERMS = {Post.ADVISER: "adviser_dedication_rate", Post.SUPERVISOR: "supervisor_dedication_rate"}
_NUMBER = re.compile(r"^[\w.-]{1,40}$")


@dataclass(frozen=True, slots=True)
class Doing:
    """What somebody does from a day on. `dedication` from 0 to 1; `country` where they telework, else ""."""

    from_on: date
    post: Post
    site: str
    dedication: Decimal
    channels: tuple[Channel, ...] = ()
    skills: tuple[str, ...] = ()
    country: str = ""


@dataclass(frozen=True, slots=True)
class NewMember:
    """Somebody who arrives, and what they do first. `row` is where the file says it."""

    number: str
    first_name: str
    last_name: str
    email: str
    doing: Doing
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a member, or what they would do, is refused: a code, and the column of the file that it concerns."""

    fault: str
    column: str
    row: int | None = None


class StaffRefused(ValueError):
    """Nothing was taken; `refusals` say why."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(*(one.fault for one in refusals))
        self.refusals = tuple(refusals)


class ActRefused(ValueError):
    """The act cannot be done now; `fault` is a code, `detail` what it concerns."""

    def __init__(self, fault: str, detail: object = "") -> None:
        super().__init__(fault, str(detail))
        self.fault, self.detail = fault, detail


@dataclass(frozen=True, slots=True)
class Proof:
    """A file that shows that an access was opened or removed."""

    name: str
    content: bytes


# Members


@clause("S-5.1-ressources", "S-8.1-identifiants", "S-8.1-teletravail")
def enter_members(
    *, contract: Contract, members: Sequence[NewMember], actor: str, at: datetime, file_sha256: str = ""
) -> list[Member]:
    """Write new members in the register, all or none.

    Raises:
        StaffRefused: with every refusal of every row.
    """
    terms = terms_of(contract.code)
    with transaction.atomic():
        Contract.objects.select_for_update().get(pk=contract.pk)
        refusals = _refusals(contract, members, terms)
        if refusals:
            raise StaffRefused(refusals)
        made = [_enter(contract, one, actor, at) for one in members]
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="STAFF_ENTERED",
            target=f"staff:{made[0].number}" if len(made) == 1 else "staff",
            body={"numbers": [one.number for one in made], "source": file_sha256},
        )
    return made


def _enter(contract: Contract, said: NewMember, actor: str, at: datetime) -> Member:
    made = Member.objects.create(
        contract=contract,
        number=said.number,
        first_name=said.first_name,
        last_name=said.last_name,
        email=said.email,
        arrived_on=said.doing.from_on,
        entered_at=at,
        entered_by=actor,
    )
    _post(made, said.doing, actor, at)
    return made


def _post(member: Member, doing: Doing, actor: str, at: datetime) -> Posting:
    return Posting.objects.create(
        member=member,
        from_on=doing.from_on,
        post=doing.post.value,
        site=doing.site,
        dedication=doing.dedication,
        channels=[one.value for one in doing.channels],
        skills=list(doing.skills),
        teleworks=bool(doing.country),
        country=doing.country,
        entered_at=at,
        entered_by=actor,
    )


def _refusals(contract: Contract, members: Sequence[NewMember], terms: Terms) -> list[Refusal]:
    known = Member.objects.of(contract).values_list("number", "mailbox")
    numbers, mailboxes = {number for number, _ in known}, {mailbox for _, mailbox in known}
    found: list[Refusal] = []
    for one in members:
        mailbox = same_mailbox(one.email)
        faults = [
            ("EMPTY", "prenom", not one.first_name),
            ("EMPTY", "nom", not one.last_name),
            ("NOT_A_NUMBER", "matricule", not _NUMBER.match(one.number)),
            ("NUMBER_TAKEN", "matricule", one.number in numbers),
            ("NOT_AN_EMAIL", "courriel", not _is_email(one.email)),
            ("TWIN_EMAIL", "courriel", mailbox in mailboxes),
            ("GENERIC", "nom", names_a_post(one.first_name, one.last_name, one.email)),
        ]
        found += [Refusal(fault, column, one.row) for fault, column, is_so in faults if is_so]
        found += [Refusal(fault, column, one.row) for fault, column in doing_faults(one.doing, terms)]
        numbers.add(one.number)
        mailboxes.add(mailbox)
    return found


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


@clause("S-5.1-ressources", "S-8.1-teletravail")
def doing_faults(doing: Doing, terms: Terms) -> list[tuple[str, str]]:
    """What the contract refuses in what somebody would do: codes, with the column that each concerns."""
    on = max(doing.from_on, terms.head.notified_on)
    asked = DEDICATION_TERMS.get(doing.post)
    places = terms.texts("telework_places", on=on) if terms.flag("telework_allowed", on=on) else ()
    faults = [
        ("NO_SITE", "site", not doing.site),
        ("NOT_A_SHARE", "temps dedie", not 0 < doing.dedication <= 1),
        ("NOT_DEDICATED", "temps dedie", asked and doing.dedication < terms.rate(asked, on=on)),
        ("NO_CHANNEL", "canaux", doing.post is Post.ADVISER and not doing.channels),
        ("OUTSIDE_UNION", "pays", doing.country and not may_telework_from(doing.country, places)),
    ]
    return [(fault, column) for fault, column, is_so in faults if is_so]


def _held(member: Member) -> Member:
    """One writer at a time on a member."""
    return Member.objects.select_for_update().select_related("contract").get(pk=member.pk)


def _note(member: Member, act: str, actor: str, at: datetime, **body: object) -> None:
    record(
        contract=member.contract.code,
        actor=actor,
        at=at,
        act=act,
        target=f"staff:{member.number}",
        body=body,
    )


@clause("S-5.1-ressources", "S-8.1-teletravail", "S-3.3.2-plateaux")
def change_posting(*, member: Member, doing: Doing, actor: str, at: datetime) -> Posting:
    """Say what a member does from a day on. The past stays as it was said; the same day may be said once.

    Raises:
        StaffRefused: see `doing_faults`, and BEFORE, when something is said from that day or later already.
        ActRefused: GONE.
    """
    faults = doing_faults(doing, terms_of(member.contract.code))
    with transaction.atomic():
        held = _held(member)
        if held.left_on and doing.from_on > held.left_on:
            raise ActRefused("GONE", held.left_on)
        if held.postings.filter(from_on__gte=doing.from_on).exists():
            faults.append(("BEFORE", "du"))
        if faults:
            raise StaffRefused([Refusal(*one) for one in faults])
        made = _post(held, doing, actor, at)
        _note(
            held,
            "STAFF_POSTED",
            actor,
            at,
            on=str(doing.from_on),
            post=doing.post.value,
            site=doing.site,
            country=doing.country,
        )
    return made


@clause("S-8.1-teletravail")
def check_workstation(
    *, member: Member, on: date, safeguards: Sequence[str], actor: str, at: datetime
) -> WorkstationCheck:
    """Write that the safeguards of a workstation at home were found on a day: it then holds for some months.

    Raises:
        ActRefused: FUTURE; MISSING, with the safeguards that were not found: telework stays closed.
    """
    terms = terms_of(member.contract.code)
    if on > calendar_of(terms).local_day(at):
        raise ActRefused("FUTURE", on)
    missing = missing_safeguards(safeguards, terms.texts("telework_safeguards", on=on))
    if missing:
        raise ActRefused("MISSING", ", ".join(missing))
    with transaction.atomic():
        held = _held(member)
        made = WorkstationCheck.objects.create(
            member=held,
            checked_on=on,
            until_on=check_ends_on(on, terms.count("telework_check_months", on=on)),
            safeguards=list(safeguards),
            entered_at=at,
            entered_by=actor,
        )
        _note(held, "STAFF_WORKSTATION_CHECKED", actor, at, on=str(on), until=str(made.until_on))
    return made


@clause("S-8.1-departs")
def start_absence(*, member: Member, since_on: date, actor: str, at: datetime) -> Absence:
    """Say from which day a member is away.

    Raises:
        ActRefused: GONE, AWAY already, or OVERLAPS an absence that is over.
    """
    with transaction.atomic():
        held = _held(member)
        if held.left_on and since_on > held.left_on:
            raise ActRefused("GONE", held.left_on)
        if held.absences.filter(until_on__isnull=True).exists():
            raise ActRefused("AWAY")
        if held.absences.filter(until_on__gt=since_on).exists():
            raise ActRefused("OVERLAPS", since_on)
        made = Absence.objects.create(member=held, since_on=since_on, entered_at=at, entered_by=actor)
        _note(held, "STAFF_ABSENCE_STARTED", actor, at, since=str(since_on))
    return made


@clause("S-8.1-departs")
def end_absence(*, member: Member, back_on: date, actor: str, at: datetime) -> Absence:
    """Say on which day a member is back. Accounts that fell meanwhile stay down until they are reactivated.

    Raises:
        ActRefused: NOT_AWAY, or BEFORE the absence began.
    """
    with transaction.atomic():
        held = _held(member)
        away = held.absences.filter(until_on__isnull=True).first()
        if away is None:
            raise ActRefused("NOT_AWAY")
        if back_on <= away.since_on:
            raise ActRefused("BEFORE", away.since_on)
        away.until_on = back_on
        away.save(update_fields=["until_on"])
        _note(held, "STAFF_ABSENCE_ENDED", actor, at, back=str(back_on))
    return away


@clause("S-8.1-departs")
def leave(*, member: Member, left_on: date, actor: str, at: datetime) -> Member:
    """Write a departure: the roles held here end with the last day, at once when it is past.

    Accounts elsewhere are then to be closed by the officer in charge of security, each within its delay.

    Raises:
        ActRefused: GONE already; BEFORE the arrival; IN_CHARGE, while they hold a mandate of security.
    """
    with transaction.atomic():
        held = _held(member)
        if held.left_on is not None:
            raise ActRefused("GONE", held.left_on)
        if left_on < held.arrived_on:
            raise ActRefused("BEFORE", held.arrived_on)
        if held.user_id and _mandates(held.contract).filter(user_id=held.user_id).exists():
            raise ActRefused("IN_CHARGE")
        held.left_on = left_on
        held.save(update_fields=["left_on"])
        _note(held, "STAFF_LEFT", actor, at, on=str(left_on))
        today = calendar_of(terms_of(held.contract.code)).local_day(at)
        cut_roles(held, on=left_on + ONE_DAY if left_on >= today else today, actor=actor, at=at)
        if left_on < today:
            own = held.accounts.filter(application=Application.PLATFORM.value).exclude(
                state=AccountState.CLOSED.value
            )
            for account in own:
                _step(account, StepKind.CLOSED, "Départ", None, actor, at)
    return held


def cut_roles(member: Member, *, on: date, actor: str, at: datetime) -> int:
    """End from a day on the roles that a member holds on the contract here; gives how many."""
    if member.user_id is None:
        return 0
    held = Membership.objects.filter(user_id=member.user_id, contract_id=member.contract_id)
    live = list(held.filter(until__isnull=True) | held.filter(until__gt=on))
    for membership in live:
        end_role(membership=membership, on=on, actor=actor, at=at)
    return len(live)


# Accounts: the officer in charge of security alone


@clause("S-8.1-identifiants", "S-8.2-hab-01")
def open_account(
    *,
    member: Member,
    application: Application,
    identifier: str,
    actor: str,
    at: datetime,
    proof: Proof | None = None,
) -> Account:
    """Write that an account was opened for one person.

    Raises:
        ActRefused: GENERIC, when it names a post or a room; GONE; HAS_ONE already; TAKEN by somebody, even closed;
            NO_USER, when nobody of that address has an account here.
    """
    identifier = identifier.strip()
    today = calendar_of(terms_of(member.contract.code)).local_day(at)
    if not identifier or names_a_post(identifier, "", identifier):
        raise ActRefused("GENERIC", identifier)
    with transaction.atomic():
        held = _held(member)
        if held.left_on and held.left_on < today:
            raise ActRefused("GONE", held.left_on)
        live = held.accounts.filter(application=application.value).exclude(state=AccountState.CLOSED.value)
        if live.exists():
            raise ActRefused("HAS_ONE")
        same = Account.objects.filter(contract=held.contract, application=application.value)
        if same.filter(identifier__iexact=identifier).exists() or _twin(same, identifier):
            raise ActRefused("TAKEN", identifier)
        if application is Application.PLATFORM:
            held.user = User.objects.filter(mailbox=held.mailbox).first()
            if held.user is None:
                raise ActRefused("NO_USER")
            held.save(update_fields=["user"])
        made = Account.objects.create(
            member=held,
            contract=held.contract,
            application=application.value,
            identifier=identifier,
            state=AccountState.OPEN.value,
            opened_at=at,
            usable_since_on=today,
            changed_on=today,
        )
        _trace(made, StepKind.OPENED, "", proof, actor, at)
    return made


def _twin(accounts: Iterable[Account], identifier: str) -> bool:
    """Whether an account bears the same identifier but for accents or what follows a plus sign."""

    def plain(text: str) -> str:
        return same_mailbox(text) if "@" in text else plain_text(text)

    return any(plain(one.identifier) == plain(identifier) for one in accounts)


NEXT = {
    StepKind.BLOCKED: ({AccountState.OPEN, AccountState.DISABLED}, AccountState.BLOCKED),
    StepKind.UNBLOCKED: ({AccountState.BLOCKED}, AccountState.OPEN),
    StepKind.REACTIVATED: ({AccountState.DISABLED}, AccountState.OPEN),
    StepKind.CLOSED: ({AccountState.OPEN, AccountState.DISABLED, AccountState.BLOCKED}, AccountState.CLOSED),
}


@clause("S-8.1-identifiants", "S-8.1-departs")
def change_account(
    *, account: Account, kind: StepKind, reason: str, actor: str, at: datetime, proof: Proof | None = None
) -> Account:
    """Block, unblock, reactivate or close an account.

    Raises:
        ActRefused: NO_REASON; STANDS, with the state from which this is not done; STILL_AWAY, to reactivate or to
            unblock; GONE, to give access back to somebody who left.
    """
    if not reason.strip():
        raise ActRefused("NO_REASON")
    with transaction.atomic():
        held = (
            Account.objects.select_for_update(of=("self",))
            .select_related("member", "contract")
            .get(pk=account.pk)
        )
        today = calendar_of(terms_of(held.contract.code)).local_day(at)
        state = queries.state_of(held, on=today)
        before, _ = NEXT[kind]
        if state not in before:
            raise ActRefused("STANDS", state.value)
        if kind in {StepKind.REACTIVATED, StepKind.UNBLOCKED}:
            if held.member.left_on and held.member.left_on < today:
                raise ActRefused("GONE", held.member.left_on)
            if any(one.as_value().covers(today) for one in held.member.absences.all()):
                raise ActRefused("STILL_AWAY")
        _step(held, kind, reason.strip(), proof, actor, at)
    return held


def _step(
    account: Account, kind: StepKind, reason: str, proof: Proof | None, actor: str, at: datetime
) -> None:
    today = calendar_of(terms_of(account.contract.code)).local_day(at)
    account.state = NEXT[kind][1].value
    account.changed_on = today
    if kind in {StepKind.REACTIVATED, StepKind.UNBLOCKED}:
        account.usable_since_on = today
    if kind is StepKind.CLOSED:
        account.closed_at = at
    account.save(update_fields=["state", "changed_on", "usable_since_on", "closed_at"])
    _trace(account, kind, reason, proof, actor, at)


def _trace(
    account: Account, kind: StepKind, reason: str, proof: Proof | None, actor: str, at: datetime
) -> None:
    sha256 = files.keep(proof.content, contract=account.contract.code) if proof else ""
    AccountStep.objects.create(
        account=account,
        kind=kind.value,
        at=at,
        actor=actor,
        reason=reason,
        proof_name=proof.name if proof else "",
        proof_sha256=sha256,
    )
    _note(
        account.member,
        f"STAFF_ACCOUNT_{kind.value}",
        actor,
        at,
        application=account.application,
        reason=reason,
        proof=sha256,
    )


@clause("S-8.1-identifiants")
def purge_history(*, contract: Contract, actor: str, at: datetime) -> int:
    """Forget the accounts closed for longer than the contract has their history kept; gives how many."""
    terms = terms_of(contract.code)
    calendar = calendar_of(terms)
    today = calendar.local_day(at)
    years = terms.count("access_history_years", on=max(today, terms.head.notified_on))
    closed = Account.objects.filter(contract=contract, state=AccountState.CLOSED.value)
    old = [
        one.pk
        for one in closed
        if one.closed_at and history_kept_until(calendar.local_day(one.closed_at), years) <= today
    ]
    if not old:
        return 0
    with transaction.atomic():
        Account.objects.filter(pk__in=old, state=AccountState.CLOSED.value).delete()
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="STAFF_HISTORY_PURGED",
            target="staff",
            body={"accounts": len(old), "years": years},
        )
    return len(old)


@clause("S-8.1-departs")
def cut_absent(*, contract: Contract, actor: str, at: datetime) -> int:
    """End here the roles of those whose account fell by a long absence or a departure; gives how many people."""
    today = calendar_of(terms_of(contract.code)).local_day(at)
    cut = 0
    for member in queries.members_of(contract).filter(user__isnull=False):
        if member.user_id is None or _mandates(contract).filter(user_id=member.user_id).exists():
            continue
        own = [one for one in member.accounts.all() if one.application == Application.PLATFORM.value]
        gone = member.left_on is not None and member.left_on < today
        if not gone and any(queries.state_of(one, on=today) is AccountState.OPEN for one in own):
            continue
        with transaction.atomic():
            cut += bool(cut_roles(_held(member), on=today, actor=actor, at=at))
            for account in own:
                if gone and account.state != AccountState.CLOSED:
                    _step(account, StepKind.CLOSED, "Départ", None, actor, at)
    return cut


# The officer in charge of security


def _mandates(contract: Contract) -> QuerySet[Mandate]:
    return Mandate.objects.filter(contract=contract, until_on__isnull=True)


@clause("S-8.2-hab-03", "S-8.1-identifiants")
def name_officer(
    *, contract: Contract, user: User, rank: Rank, since_on: date, actor: str, at: datetime
) -> Mandate:
    """Name the person in charge of security, or who stands in: the one before of that rank ends.

    Raises:
        ActRefused: NOT_CSO, when they do not hold that role here; HOLDS a mandate already.
    """
    with transaction.atomic():
        Contract.objects.select_for_update().get(pk=contract.pk)
        held = Membership.objects.filter(user=user, contract=contract, role=Role.CSO.value)
        if not held.current(on=since_on).exists():
            raise ActRefused("NOT_CSO")
        if _mandates(contract).filter(user=user).exists():
            raise ActRefused("HOLDS")
        before = _mandates(contract).filter(rank=rank.value).first()
        if before is not None:
            _end(before, since_on)
        made = Mandate.objects.create(
            contract=contract,
            user=user,
            rank=rank.value,
            since_on=since_on,
            entered_at=at,
            entered_by=actor,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="STAFF_OFFICER_NAMED",
            target=user.actor,
            body={"rank": rank.value, "since": str(since_on)},
        )
    return made


def _end(mandate: Mandate, on: date) -> None:
    mandate.until_on = on
    mandate.save(update_fields=["until_on"])


@clause("S-8.2-hab-03")
def end_mandate(*, mandate: Mandate, on: date, actor: str, at: datetime) -> Mandate:
    """End a mandate on a day.

    Raises:
        ActRefused: LAST, when nobody else would be in charge; ENDED already; BEFORE it began.
    """
    with transaction.atomic():
        Contract.objects.select_for_update().get(pk=mandate.contract_id)
        held = Mandate.objects.select_related("user", "contract").get(pk=mandate.pk)
        if held.until_on is not None:
            raise ActRefused("ENDED", held.until_on)
        if on < held.since_on:
            raise ActRefused("BEFORE", held.since_on)
        if not _mandates(held.contract).exclude(pk=held.pk).exists():
            raise ActRefused("LAST")
        _end(held, on)
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="STAFF_OFFICER_ENDED",
            target=held.user.actor,
            body={"rank": held.rank, "on": str(on)},
        )
    return held


# The list of users of the support portal


@clause("S-8.2-hab-02", "S-8.2-hab-03")
def make_list(*, contract: Contract, actor: str, at: datetime) -> UserList:
    """Write the next version of the list of users as the register stands, with who came and who went.

    Raises:
        ActRefused: SAME, when nobody came or went since the last version.
    """
    terms = terms_of(contract.code)
    calendar = calendar_of(terms)
    today = calendar.local_day(at)
    with transaction.atomic():
        Contract.objects.select_for_update().get(pk=contract.pk)
        last = UserList.objects.filter(contract=contract).first()
        people = queries.entitled(contract, on=today)
        numbers = sorted(people)
        if last is not None and last.numbers == numbers:
            raise ActRefused("SAME", last.version)
        changes = queries.changes_to_tell(contract, on=today)
        sent = queries.last_sent(contract)
        before = set(sent.numbers) if sent else set()
        content = queries.list_file([people[number][0] for number in numbers], terms, on=today)
        made = UserList.objects.create(
            contract=contract,
            version=(last.version if last else 0) + 1,
            on=today,
            numbers=numbers,
            arrivals=sorted(set(numbers) - before),
            departures=sorted(before - set(numbers)),
            file_sha256=files.keep(content, contract=contract.code),
            due_on=list_due_on(changes, terms.days("user_list_working_days", on=today), calendar),
            made_at=at,
            made_by=actor,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="STAFF_LIST_MADE",
            target=f"user-list:{made.version}",
            body={
                "people": len(numbers),
                "arrivals": made.arrivals,
                "departures": made.departures,
                "file": made.file_sha256,
            },
        )
    return made


@clause("S-8.2-hab-03")
def send_list(*, made: UserList, sent_to: str, actor: str, at: datetime) -> UserList:
    """Mark a version of the list as sent.

    Raises:
        ActRefused: SENT already, or OLD when a later version exists.
    """
    with transaction.atomic():
        held = UserList.objects.select_for_update(of=("self",)).select_related("contract").get(pk=made.pk)
        if held.sent_at is not None:
            raise ActRefused("SENT", held.version)
        if UserList.objects.filter(contract=held.contract, version__gt=held.version).exists():
            raise ActRefused("OLD", held.version)
        held.sent_at, held.sent_to = at, sent_to
        held.save(update_fields=["sent_at", "sent_to"])
        _list_act(held, "STAFF_LIST_SENT", actor, at)
    return held


@clause("S-8.2-hab-03")
def receive_list(*, made: UserList, receipt: str, actor: str, at: datetime) -> UserList:
    """Write the receipt of a list that was sent.

    Raises:
        ActRefused: NOT_SENT, or RECEIVED already.
    """
    with transaction.atomic():
        held = UserList.objects.select_for_update(of=("self",)).select_related("contract").get(pk=made.pk)
        if held.sent_at is None:
            raise ActRefused("NOT_SENT", held.version)
        if held.received_at is not None:
            raise ActRefused("RECEIVED", held.version)
        held.received_at, held.receipt = at, receipt
        held.save(update_fields=["received_at", "receipt"])
        _list_act(held, "STAFF_LIST_RECEIVED", actor, at)
    return held


def _list_act(made: UserList, act: str, actor: str, at: datetime) -> None:
    record(contract=made.contract.code, actor=actor, at=at, act=act, target=f"user-list:{made.version}")
