"""The acts of training: plan a session, sign, write attendance down, cancel, tell the month's rate."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.governance.rules import Change
from titulaire.governance.services import may_be_informed, send_notice
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.support.indicators.evaluation import after
from titulaire.support.training.models import RateSent, Seat, Session
from titulaire.support.training.queries import course_on, rate_of, rates_sent
from titulaire.support.training.rules import Outcome, Presence, SessionState
from titulaire.ui.formats import count_fr, month_fr, number, rate


class NoReason(ValueError):
    """What is undone or corrected says why."""


class SessionRefused(ValueError):
    """A session that cannot be taken: a code of `wording.FAULTS`, the column at fault, its row in a file."""

    def __init__(self, fault: str, column: str, row: int = 0) -> None:
        super().__init__(fault, column, row)
        self.fault, self.column, self.row = fault, column, row


class SessionsRefused(ValueError):
    """The sessions of a file that cannot be taken: none was."""

    def __init__(self, refusals: Sequence[SessionRefused]) -> None:
        super().__init__(len(refusals))
        self.refusals = tuple(refusals)


class SessionOver(Exception):
    """The session is cancelled, or its attendance is written down."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class SessionNotOver(Exception):
    """The session is not over yet: nobody can say who came, nor sign before it starts."""

    def __init__(self, on: date) -> None:
        super().__init__(on.isoformat())
        self.on = on


class NotSeated(LookupError):
    """The adviser is not expected in the session."""


class SheetMissing(ValueError):
    """Somebody is said to be there who did not sign on screen: the signed sheet must be joined."""

    def __init__(self, advisers: Sequence[str]) -> None:
        super().__init__(*advisers)
        self.advisers = tuple(advisers)


class MonthNotOver(Exception):
    """The month is not over: its rate may still change."""

    def __init__(self, month: date) -> None:
        super().__init__(month.isoformat())
        self.month = month


class NothingToTell(Exception):
    """No adviser produced that month, or no attendance was ever written down: there is no rate."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The attendance sheet, signed."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said of a participant."""

    present: bool
    outcome: Outcome = Outcome.UNTESTED


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to plan or to import; `ends_on` is its last day, `row` where a file tells it first."""

    module: str
    content: str
    starts_on: date
    ends_on: date
    days: Decimal
    trainer: str
    site: str = ""
    place: str = ""
    marks: Mapping[str, Mark] = field(default_factory=dict)
    row: int = 0


def _hold(contract: Contract) -> Contract:
    """One writer at a time on the sessions of a contract."""
    return Contract.objects.select_for_update().get(pk=contract.pk)


def _held(session: Session) -> Session:
    _hold(session.contract)
    return Session.objects.select_related("contract").get(pk=session.pk)


def _check(contract: Contract, new: NewSession) -> None:
    """Refuse a session that the contract's course does not know, or that cannot be.

    Raises:
        SessionRefused
    """
    if new.ends_on < new.starts_on:
        raise SessionRefused("ENDS_BEFORE", "ends_on", new.row)
    if new.days <= 0:
        raise SessionRefused("NO_LENGTH", "days", new.row)
    if new.days > (new.ends_on - new.starts_on).days + 1:
        raise SessionRefused("TOO_LONG", "days", new.row)
    if new.module not in course_on(terms_of(contract.code), new.starts_on).every:
        raise SessionRefused("UNKNOWN_MODULE", "module", new.row)


def _make(held: Contract, new: NewSession, rank: int, *, actor: str, at: datetime) -> Session:
    return Session(
        contract=held,
        reference=f"FOR-{rank:04d}",
        module=new.module,
        content=new.content,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        days=new.days,
        site=new.site,
        place=new.place,
        trainer=new.trainer,
        state=SessionState.PLANNED.value,
        planned_at=at,
        planned_by=actor,
    )


def _told(session: Session, seats: int) -> dict[str, object]:
    return {
        "module": session.module,
        "content": session.content,
        "starts_on": str(session.starts_on),
        "ends_on": str(session.ends_on),
        "days": str(session.days),
        "trainer": session.trainer,
        "participants": seats,
    }


@clause("S-5.2-formation-initiale")
def plan_session(
    *, contract: Contract, new: NewSession, advisers: Collection[str], actor: str, at: datetime
) -> Session:
    """Plan a session with its participants, by their numbers.

    Raises:
        SessionRefused: its module is unknown that day, its days or its length cannot be, nobody is expected.
    """
    numbers = sorted({each.strip() for each in advisers if each.strip()})
    if not numbers:
        raise SessionRefused("NO_ADVISER", "advisers")
    _check(contract, new)
    with transaction.atomic():
        held = _hold(contract)
        session = _make(held, new, held.training_sessions.count() + 1, actor=actor, at=at)
        session.save()
        Seat.objects.bulk_create(
            Seat(session=session, adviser=each, presence=Presence.EXPECTED.value) for each in numbers
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="TRAINING_SESSION_PLANNED",
            target=f"training:{session.reference}",
            body=_told(session, len(numbers)),
        )
    return session


@clause("S-5.2-formation-initiale")
def sign_seat(*, session: Session, adviser: str, actor: str, at: datetime) -> Seat:
    """The participant says, on their own account, to be there. Signed twice, it is signed once.

    Raises:
        SessionOver: it is cancelled, or its attendance is already written down.
        SessionNotOver: it has not started.
        NotSeated
    """
    with transaction.atomic():
        held = _held(session)
        seat = held.seats.filter(adviser=adviser).first()
        if seat is None:
            raise NotSeated
        if seat.signed_at is not None:
            return seat
        if held.state != SessionState.PLANNED.value:
            raise SessionOver(held.state)
        if timezone.localdate(at) < held.starts_on:
            raise SessionNotOver(held.starts_on)
        seat.presence, seat.signed_at, seat.signed_by = Presence.PRESENT.value, at, actor
        seat.save()
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="TRAINING_SEAT_SIGNED",
            target=f"training:{held.reference}",
            body={"adviser": adviser},
        )
    return seat


@clause("S-5.2-formation-initiale")
def hold_session(
    *,
    session: Session,
    marks: Mapping[str, Mark],
    actor: str,
    at: datetime,
    sheet: Sheet | None = None,
    reason: str = "",
) -> Session:
    """Write down who came to a session. Written again, it is a correction and says why.

    Who signed on screen needs no sheet; anybody else said to be there does.

    Raises:
        SessionOver: it is cancelled.
        SessionNotOver: its last day has not come.
        NotSeated: somebody is told who was not expected, or somebody expected is not told.
        SheetMissing
        NoReason
    """
    sha256 = files.keep(sheet.content, contract=session.contract.code) if sheet else ""
    with transaction.atomic():
        held = _held(session)
        if held.state == SessionState.CANCELLED.value:
            raise SessionOver(held.state)
        if timezone.localdate(at) < held.ends_on:
            raise SessionNotOver(held.ends_on)
        again = held.state == SessionState.HELD.value
        if again and not reason.strip():
            raise NoReason
        seats = list(held.seats.all())
        if {each.adviser for each in seats} != set(marks):
            raise NotSeated
        unsigned = [each.adviser for each in seats if marks[each.adviser].present and not each.signed_at]
        if unsigned and not (sha256 or held.sheet_sha256):
            raise SheetMissing(unsigned)
        for seat in seats:
            mark = marks[seat.adviser]
            seat.presence = (Presence.PRESENT if mark.present else Presence.ABSENT).value
            seat.outcome = mark.outcome.value
        Seat.objects.bulk_update(seats, ["presence", "outcome"])
        held.state, held.held_at, held.held_by = SessionState.HELD.value, at, actor
        held.reason = reason.strip()
        if sheet is not None:
            held.sheet_name, held.sheet_sha256 = sheet.name[:200], sha256
        held.save()
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="TRAINING_ATTENDANCE_CORRECTED" if again else "TRAINING_SESSION_HELD",
            target=f"training:{held.reference}",
            body={
                "present": sorted(each for each, mark in marks.items() if mark.present),
                "absent": sorted(each for each, mark in marks.items() if not mark.present),
                "sheet": held.sheet_sha256,
                "reason": held.reason,
            },
        )
    return held


def cancel_session(*, session: Session, reason: str, actor: str, at: datetime) -> Session:
    """Cancel a session that did not take place. Cancelled twice, it stays so.

    Raises:
        NoReason
        SessionOver: its attendance is written down.
    """
    if not reason.strip():
        raise NoReason
    with transaction.atomic():
        held = _held(session)
        if held.state == SessionState.CANCELLED.value:
            return held
        if held.state == SessionState.HELD.value:
            raise SessionOver(held.state)
        held.state, held.reason = SessionState.CANCELLED.value, reason.strip()
        held.save()
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="TRAINING_SESSION_CANCELLED",
            target=f"training:{held.reference}",
            body={"reason": held.reason},
        )
    return held


@clause("S-5.2-formation-initiale")
def import_sessions(
    *, contract: Contract, sessions: Sequence[NewSession], sheet: Sheet, actor: str, at: datetime
) -> tuple[list[Session], bool]:
    """Write down sessions that took place, from a file that is kept as their sheet: all or none.

    Gives the sessions, and whether the file was known: the same file enters once.

    Raises:
        SessionsRefused: each session at fault, with its row.
    """
    sha256 = files.keep(sheet.content, contract=contract.code)
    refused = list(_refusals(contract, sessions, timezone.localdate(at)))
    with transaction.atomic():
        held = _hold(contract)
        known = list(held.training_sessions.filter(imported=True, sheet_sha256=sha256))
        if known:
            return known, True
        if refused := [*refused, *_known_already(held, sessions)]:
            raise SessionsRefused(refused)
        first = held.training_sessions.count() + 1
        made = []
        for rank, new in enumerate(sessions, first):
            session = _make(held, new, rank, actor=actor, at=at)
            session.state, session.held_at, session.held_by = SessionState.HELD.value, at, actor
            session.sheet_name, session.sheet_sha256, session.imported = sheet.name[:200], sha256, True
            made.append(session)
        Session.objects.bulk_create(made)
        Seat.objects.bulk_create(
            Seat(
                session=session,
                adviser=adviser,
                presence=(Presence.PRESENT if mark.present else Presence.ABSENT).value,
                outcome=mark.outcome.value,
            )
            for session, new in zip(made, sessions, strict=True)
            for adviser, mark in new.marks.items()
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="TRAINING_SESSIONS_IMPORTED",
            target=f"training:{made[0].reference}",
            body={
                "file": sha256,
                "sessions": {
                    one.reference: _told(one, len(new.marks)) for one, new in zip(made, sessions, strict=True)
                },
            },
        )
    return made, False


def _refusals(contract: Contract, sessions: Iterable[NewSession], today: date) -> Iterable[SessionRefused]:
    for new in sessions:
        try:
            _check(contract, new)
        except SessionRefused as refused:
            yield refused
        if new.ends_on > today:
            yield SessionRefused("NOT_OVER", "ends_on", new.row)


def _known_already(held: Contract, sessions: Iterable[NewSession]) -> Iterable[SessionRefused]:
    """A presence told twice would count twice."""
    told = Seat.objects.filter(session__contract=held, session__state=SessionState.HELD.value)
    known = set(told.values_list("adviser", "session__module", "session__starts_on"))
    for new in sessions:
        if any((adviser, new.module, new.starts_on) in known for adviser in new.marks):
            yield SessionRefused("ALREADY_HELD", "advisers", new.row)


@clause("S-5.2-formation-initiale", "S-3.3.2-formation")
def tell_rate(*, contract: Contract, month: date, actor: str, at: datetime) -> tuple[RateSent, bool]:
    """Send the buyer the rate of trained advisers of a month, by a notice. Gives it, and whether it was known.

    Told again with the same figures, nothing is sent; with others, a new notice says so.

    Raises:
        MonthNotOver
        NothingToTell
        NobodyToInform: nobody of the buyer's side has an account.
    """
    month = month.replace(day=1)
    today = timezone.localdate(at)
    if after(month) > today:
        raise MonthNotOver(month)
    found = rate_of(contract, month)
    trained, advisers = found.value.numerator, found.value.denominator
    if found.grade is None or not advisers:
        raise NothingToTell
    with transaction.atomic():
        held = _hold(contract)
        known = rates_sent(held).filter(month=month).first()
        if known is not None and (known.trained, known.advisers) == (trained, advisers):
            return known, True
        corrects = f" Ce taux remplace celui de l’information {known.notice_number}." if known else ""
        notice = send_notice(
            contract=held,
            change=Change.PRODUCTION,
            title=f"Conseillers formés, {month_fr(month)} : {rate(trained / advisers)}",
            text=(
                f"En {month_fr(month)}, {count_fr(advisers, 'conseiller')} ont produit ; "
                f"{number(trained)} avaient suivi la formation initiale avant leur première production.{corrects}"
            ),
            recipients=may_be_informed(held, on=today),
            actor=actor,
            at=at,
        )
        sent = RateSent.objects.create(
            contract=held,
            month=month,
            trained=trained,
            advisers=advisers,
            notice_number=notice.number,
            sent_at=at,
            sent_by=actor,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="TRAINING_RATE_SENT",
            target=f"training:rate:{month:%Y-%m}",
            body={"trained": trained, "advisers": advisers, "notice": notice.number},
        )
    return sent, False
