"""The acts of the exchange on a month's penalties: propose, remark, decide, close, credit.

Each holds the row of its version and checks its state there: of two acts that exclude each other one wins, and
the other is told where the exchange stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from titulaire.billing.rules import Cause, InvoiceLine, Item, charge
from titulaire.billing.services import issue_credit_note
from titulaire.clauses import clause
from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.deadlines.calendars import Calendar
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.support.penalties import queries
from titulaire.support.penalties.assessing import Entered, propose
from titulaire.support.penalties.freezing import amounts_in, frozen
from titulaire.support.penalties.models import LineDecision, PenaltyProposal, Remark
from titulaire.support.penalties.rules import (
    ExchangeState,
    Outcome,
    Side,
    decision,
    digest,
    may_close,
    remarks_end_on,
)


@dataclass(eq=False)
class ExchangeStands(Exception):
    """The exchange is in a state where this is not done; `state` says which."""

    reference: str
    state: str


@dataclass(eq=False)
class NotTheirs(Exception):
    """The act belongs to the other party; `side` is the party it belongs to."""

    side: Side


@dataclass(eq=False)
class NothingNew(Exception):
    """A new version would say what the last one says."""

    reference: str


@dataclass(eq=False)
class NoReasonGiven(Exception):
    """A version takes the place of another only if it says why."""

    reference: str


@dataclass(eq=False)
class MonthNotOver(Exception):
    """A month is proposed once it is over."""

    month: date


@dataclass(eq=False)
class RemarksStillOpen(Exception):
    """Remarks may still come until the end of that day."""

    until_on: date


@dataclass(eq=False)
class NoInvoice(Exception):
    """No invoice of the month's production was issued: there is nothing to take the penalty from."""

    month: date


@dataclass(eq=False)
class BasesDiffer(Exception):
    """The invoices issued are not those that the proposal took its percentages of."""

    phone: Decimal
    forms: Decimal
    billed_phone: Decimal
    billed_forms: Decimal


@dataclass(eq=False)
class NothingToCredit(Exception):
    """What is due does not exceed what the month's credit notes gave back; `given_back` is their sum."""

    due: Decimal
    given_back: Decimal


# Proposing


@clause("S-9-penalites", "S-9-plafond", "S-9-delai", "S-9-120")
def propose_penalties(
    *,
    contract: Contract,
    month: date,
    entered: Entered,
    side: Side,
    actor: str,
    at: datetime,
    reason: str = "",
) -> PenaltyProposal:
    """Freeze what a month costs and open its exchange, or a new version that takes the last one's place.

    Raises:
        NotTheirs: the other party presents the proposal.
        MonthNotOver, NothingNew, NoReasonGiven
        NoIncidentReference: something would be set aside without an incident.
    """
    terms = terms_of(contract.code)
    month = month.replace(day=1)
    calendar = _calendar(contract)
    today = calendar.local_day(at)
    if (today.year, today.month) <= (month.year, month.month):
        raise MonthNotOver(month)
    theirs = queries.proposer(terms, month)
    if side is not theirs:
        raise NotTheirs(theirs)
    document = frozen(
        propose(contract, month, entered, terms=terms), entered, queries.facts_of(contract, month)
    )
    days = terms.count("penalty_remark_days", on=today)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        last = queries.current_of(held, month)
        if last is not None:
            _supersede(last, document, reason)
        made = PenaltyProposal.objects.create(
            contract=held,
            month=month,
            version=last.version + 1 if last else 1,
            state=ExchangeState.OPEN.value,
            frozen=document,
            digest=digest(document),
            uncapped=Decimal(document["uncapped"]),
            cap=Decimal(document["cap"]),
            proposed=Decimal(document["proposed"]),
            reason=reason.strip() if last else "",
            side=side.value,
            proposed_at=at,
            proposed_by=actor,
            remarks_due_on=remarks_end_on(today, days, calendar),
        )
        _record(
            made,
            act="PENALTIES_PROPOSED",
            actor=actor,
            at=at,
            body={
                "digest": made.digest,
                "uncapped": document["uncapped"],
                "cap": document["cap"],
                "proposed": document["proposed"],
                "termination_possible": document["termination_possible"],
                "remarks_due_on": str(made.remarks_due_on),
                "supersedes": last.reference if last else "",
                "reason": made.reason,
            },
        )
    return made


def _supersede(last: PenaltyProposal, document: Mapping[str, object], reason: str) -> None:
    """Let a version give way. A credited one stays credited: the next one counts what it gave back."""
    if last.digest == digest(document):
        raise NothingNew(last.reference)
    if not reason.strip():
        raise NoReasonGiven(last.reference)
    PenaltyProposal.objects.filter(
        pk=last.pk, state__in=[ExchangeState.OPEN.value, ExchangeState.CLOSED.value]
    ).update(state=ExchangeState.SUPERSEDED.value)


# Remarks


@clause("S-9-penalites")
def remark(
    *,
    proposal: PenaltyProposal,
    side: Side,
    text: str,
    actor: str,
    at: datetime,
    line: str = "",
    file_name: str = "",
    content: bytes = b"",
) -> Remark:
    """Write down what a side says of the proposal or of one line, with a document. Late, it is kept as late.

    Raises:
        ExchangeStands: the exchange is closed.
    """
    sha256 = files.keep(content, contract=proposal.contract.code) if content else ""
    with transaction.atomic():
        held = _hold(proposal, ExchangeState.OPEN)
        made = Remark.objects.create(
            proposal=held,
            line=line,
            side=side.value,
            text=text,
            file_name=file_name if content else "",
            file_sha256=sha256,
            late=_calendar(held.contract).local_day(at) > held.remarks_due_on,
            at=at,
            actor=actor,
        )
        told = {"line": line, "side": side.value, "text": text, "file": made.file_name, "sha256": sha256}
        _record(held, act="PENALTY_REMARKED", actor=actor, at=at, body=told)
    return made


def end_remarks(*, proposal: PenaltyProposal, side: Side, actor: str, at: datetime) -> PenaltyProposal:
    """Say that the contractor has no more remarks, so that the buyer need not wait for the last day.

    Raises:
        NotTheirs: only the contractor gives its time up.
        ExchangeStands
    """
    if side is not Side.CONTRACTOR:
        raise NotTheirs(Side.CONTRACTOR)
    with transaction.atomic():
        held = _hold(proposal, ExchangeState.OPEN)
        if held.remarks_ended_at is None:
            held.remarks_ended_at = at
            held.save(update_fields=["remarks_ended_at"])
            _record(held, act="PENALTY_REMARKS_ENDED", actor=actor, at=at, body={})
    return held


# Deciding


@clause("S-9-penalites")
def decide_line(
    *,
    proposal: PenaltyProposal,
    line: str,
    outcome: Outcome,
    amount: Decimal | None,
    reason: str,
    side: Side,
    actor: str,
    at: datetime,
) -> LineDecision:
    """Keep, reduce or waive one line. May be decided again until the exchange is closed.

    Raises:
        NotTheirs: the buyer decides.
        DecisionRefused, ExchangeStands
    """
    if side is not Side.BUYER:
        raise NotTheirs(Side.BUYER)
    with transaction.atomic():
        held = _hold(proposal, ExchangeState.OPEN)
        proposed = amounts_in(held.frozen).get(line, Decimal(0))
        told = decision(line, outcome, amount, reason, proposed=proposed)
        values = {"outcome": told.outcome.value, "amount": told.amount, "reason": told.reason}
        made, _ = LineDecision.objects.update_or_create(
            proposal=held, line=line, defaults={**values, "at": at, "actor": actor}
        )
        body = {"line": line, **values, "amount": str(told.amount)}
        _record(held, act="PENALTY_LINE_DECIDED", actor=actor, at=at, body=body)
    return made


@clause("S-9-penalites", "S-9-plafond")
def close_exchange(*, proposal: PenaltyProposal, side: Side, actor: str, at: datetime) -> PenaltyProposal:
    """Make the decisions final: their sum, within the cap, is what is due.

    Raises:
        NotTheirs: the buyer closes.
        RemarksStillOpen: the time for remarks is not over.
        DecisionRefused: a line has no decision.
        ExchangeStands
    """
    if side is not Side.BUYER:
        raise NotTheirs(Side.BUYER)
    with transaction.atomic():
        held = _hold(proposal, ExchangeState.OPEN)
        ended = held.remarks_ended_at is not None
        today = _calendar(held.contract).local_day(at)
        if not may_close(remarks_due_on=held.remarks_due_on, remarks_ended=ended, on=today):
            raise RemarksStillOpen(held.remarks_due_on)
        found = held.decided_so_far()
        _move(
            held,
            ExchangeState.OPEN,
            ExchangeState.CLOSED,
            decided_uncapped=found.uncapped,
            decided_due=found.due,
            closed_at=at,
            closed_by=actor,
        )
        _record(
            held,
            act="PENALTIES_DECIDED",
            actor=actor,
            at=at,
            body={
                "digest": held.digest,
                "uncapped": str(found.uncapped),
                "cap": str(found.cap),
                "due": str(found.due),
                "termination_possible": found.termination_possible,
            },
        )
    return held


# Crediting


@clause("S-9-penalites", "S-9-plafond")
def credit_penalties(*, proposal: PenaltyProposal, side: Side, actor: str, at: datetime) -> PenaltyProposal:
    """Take what was decided off the month's invoice, once, less what earlier credit notes of the month gave back.

    Raises:
        NotTheirs: the contractor, who invoices, credits.
        NoInvoice, BasesDiffer, NothingToCredit, ExchangeStands
        DocumentRefused, NoProfile: the invoice holds no more, or nobody said who invoices whom.
    """
    if side is not Side.CONTRACTOR:
        raise NotTheirs(Side.CONTRACTOR)
    with transaction.atomic():
        held = _hold(proposal, ExchangeState.CLOSED)
        contract, month = held.contract, held.month
        billed = queries.billed_of(contract, month)
        if billed.invoice is None:
            raise NoInvoice(month)
        entered = held.frozen["entered"]
        phone, forms = Decimal(entered["phone"]), Decimal(entered["forms"])
        if (phone, forms) != (billed.phone, billed.forms):
            raise BasesDiffer(phone, forms, billed.phone, billed.forms)
        due, given_back = held.decided_due or Decimal(0), queries.credited_of(contract, month)
        if due <= given_back:
            raise NothingToCredit(due, given_back)
        done = issue_credit_note(
            invoice=billed.invoice,
            cause=Cause.PENALTY,
            reason=f"Pénalités du mois {month:%m/%Y}, version {held.version} : décision du "
            f"{_calendar(contract).local_day(held.closed_at or at):%d/%m/%Y}"
            + (", plafonnée" if (held.decided_uncapped or due) > due else ""),
            lines=_credit_lines(held, due, given_back),
            request_key=f"penalties:{held.reference}",
            actor=actor,
            at=at,
        )
        _move(held, ExchangeState.CLOSED, ExchangeState.CREDITED, credit_note=done.document)
        _record(
            held,
            act="PENALTIES_CREDITED",
            actor=actor,
            at=at,
            body={"credit_note": done.document.number, "amount": str(due - given_back), "due": str(due)},
        )
    return held


def _credit_lines(held: PenaltyProposal, due: Decimal, given_back: Decimal) -> list[InvoiceLine]:
    """One line per penalty that stands; a single one where the cap or an earlier credit note changes the sum."""
    names = {line.code: line.name for line in held.lines()}
    source = f"Échange contradictoire {held.reference}"
    if given_back or due != held.decided_uncapped:
        label = "Complément de pénalités" if given_back else "Pénalités, ramenées au plafond du mois"
        return [charge(Item.PENALTY, label, Decimal(1), due - given_back, source=source)]
    kept = [one for one in held.decisions.order_by("pk") if one.amount > 0]
    return [
        charge(Item.PENALTY, f"{one.line} – {names[one.line]}", Decimal(1), one.amount, source=source)
        for one in kept
    ]


def _hold(proposal: PenaltyProposal, state: ExchangeState) -> PenaltyProposal:
    """The row itself in this state, while nobody else acts on the contract."""
    # The contract first, as in `propose_penalties`: a version that gives way is never acted upon.
    Contract.objects.select_for_update().get(pk=proposal.contract_id)
    held = PenaltyProposal.objects.select_related("contract").get(pk=proposal.pk)
    if held.state != state.value:
        raise ExchangeStands(held.reference, held.state)
    return held


def _move(held: PenaltyProposal, state: ExchangeState, to: ExchangeState, **values: object) -> None:
    """Change the state only if it is still the one expected."""
    told = {"state": to.value, **values}
    if not PenaltyProposal.objects.filter(pk=held.pk, state=state.value).update(**told):
        held.refresh_from_db()
        raise ExchangeStands(held.reference, held.state)
    for name, value in told.items():
        setattr(held, name, value)


def _calendar(contract: Contract) -> Calendar:
    return calendar_of(terms_of(contract.code))


def _record(
    proposal: PenaltyProposal, *, act: str, actor: str, at: datetime, body: Mapping[str, object]
) -> None:
    record(
        contract=proposal.contract.code,
        actor=actor,
        at=at,
        act=act,
        target=f"penalties:{proposal.reference}",
        body=body,
    )
