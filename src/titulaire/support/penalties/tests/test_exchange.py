"""The exchange from proposal to credit note: each side, each moment, and each act done twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from titulaire.billing.models import Document
from titulaire.contracts.services import change_reading
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.penalties.rules import Invoice, State
from titulaire.support.incidents.rules import Incident
from titulaire.support.penalties import services
from titulaire.support.penalties.assessing import Entered
from titulaire.support.penalties.models import PenaltyProposal
from titulaire.support.penalties.queries import credited_of, current_of
from titulaire.support.penalties.rules import DecisionRefused, ExchangeState, Outcome, Side, changes
from titulaire.support.penalties.tests.conftest import (
    ACTOR,
    AT,
    ENTERED,
    FORMS,
    LAST_DAY,
    MAY,
    PHONE,
    amend,
    calls,
    close,
    decide,
    invoice,
    proposal_of,
)

pytestmark = pytest.mark.django_db
EUROS = Decimal
AFTER = datetime(2026, 6, 26, 0, 30, tzinfo=UTC)


def credit(proposal: PenaltyProposal, **changed: Any) -> PenaltyProposal:
    given = {"proposal": proposal, "side": Side.CONTRACTOR, "actor": ACTOR, "at": AT}
    return services.credit_penalties(**{**given, **changed})


def line(proposal: PenaltyProposal, code: str) -> Any:
    return next(one for one in proposal.lines() if one.code == code)


def acts_of(proposal: PenaltyProposal) -> list[str]:
    return list(
        Entry.objects.filter(target=f"penalties:{proposal.reference}")
        .order_by("seq")
        .values_list("act", flat=True)
    )


# Proposing


@pytest.mark.clause("S-9-penalites")
def test_a_proposal_freezes_all_that_made_it(proposed: PenaltyProposal) -> None:
    third = line(proposed, "P3")
    assert (str(third.value), str(third.trigger), third.amount) == ("4/5", "89/100", EUROS("2000.00"))
    frozen = proposed.frozen
    assert frozen["terms"]["penalty_answer_rate_rate"] == {
        "value": "0.02",
        "from": "2025-08-08",
        "clause": "S-9-penalites",
        "source": "§9",
    }
    assert frozen["readings"]["trigger_edge"] == "STRICTLY_WORSE"
    assert frozen["entered"] == {
        "phone": "100000.00",
        "forms": "20000.00",
        "orders": [],
        "incidents": [],
        "contacts_ordered": None,
    }
    assert set(frozen["facts"]) == {"LEGS"} and frozen["effects"]
    assert proposed.is_intact
    assert (proposed.remarks_due_on, proposed.version, proposed.state) == (LAST_DAY, 1, "OPEN")
    assert acts_of(proposed) == ["PENALTIES_PROPOSED"]


@pytest.mark.clause("S-9-penalites")
def test_later_terms_and_facts_leave_a_version_as_it_was(
    support: Contract, proposed: PenaltyProposal, tmp_path: Path
) -> None:
    amend(support, "penalty_answer_rate_rate", EUROS("0.05"))
    calls(tmp_path, support, "suite", answered=90, lost=0, day="05/05/2026")
    again = PenaltyProposal.objects.get(pk=proposed.pk)
    assert again.is_intact and line(again, "P3").amount == EUROS("2000.00")
    again.frozen["lines"][2]["amount"] = "1.00"
    assert not again.is_intact


@pytest.mark.clause("S-9-delai")
def test_in_grace_nothing_that_waits_is_proposed(support: Contract, tmp_path: Path) -> None:
    calls(tmp_path, support, "mars", answered=1, lost=9, day="02/03/2026")
    march = proposal_of(support, month=date(2026, 3, 1))
    assert (line(march, "P3").state, march.proposed) == (State.IN_GRACE, EUROS("0.00"))
    assert line(march, "P3").in_force_from == date(2026, 3, 9)
    assert line(march, "P2").state is not State.IN_GRACE


@pytest.mark.clause("S-9-120")
@pytest.mark.parametrize(("ordered", "state"), [(9, State.TRIGGERED), (8, State.SUSPENDED)])
def test_past_120_percent_of_the_contacts_ordered_the_lines_are_suspended(
    support: Contract, ordered: int, state: State
) -> None:
    # Ten received: 111 % of nine, 125 % of eight.
    found = proposal_of(support, entered=replace(ENTERED, contacts_ordered=ordered))
    assert line(found, "P3").state is state
    assert bool(found.proposed) is (state is State.TRIGGERED)


@pytest.mark.clause("S-9-penalites")
def test_an_incident_is_frozen_with_its_effect(support: Contract) -> None:
    outage = Incident("INC-124", datetime(2026, 5, 4, 14, 15), datetime(2026, 5, 4, 15), ("P3",))
    found = proposal_of(support, entered=replace(ENTERED, incidents=(outage,)))
    third = line(found, "P3")
    assert (str(third.measured), str(third.value), third.incidents) == ("4/5", "1", ("INC-124",))
    assert found.proposed == EUROS("0.00")


@pytest.mark.clause("S-9-penalites")
def test_who_presents_the_proposal_is_a_reading(support: Contract) -> None:
    with pytest.raises(services.NotTheirs) as refused:
        proposal_of(support, side=Side.BUYER)
    assert refused.value.side is Side.CONTRACTOR
    change_reading(
        contract=support,
        reading="penalty_proposer",
        option="BUYER",
        from_on=date(2026, 5, 1),
        buyer_agreed_on=date(2026, 4, 2),
        contractor_agreed_on=date(2026, 4, 3),
        document_name="accord.pdf",
        document_sha256="0" * 64,
        actor=ACTOR,
        at=AT,
    )
    with pytest.raises(services.NotTheirs):
        proposal_of(support)
    assert proposal_of(support, side=Side.BUYER).side == "BUYER"


@pytest.mark.parametrize("at", [datetime(2026, 5, 31, 21, 59, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)])
def test_a_month_is_proposed_once_it_is_over(support: Contract, at: datetime) -> None:
    with pytest.raises(services.MonthNotOver):
        proposal_of(support, at=at)
    assert proposal_of(support, at=datetime(2026, 5, 31, 22, 0, tzinfo=UTC)).version == 1


@pytest.mark.clause("S-9-penalites")
def test_a_new_version_takes_the_place_of_the_last_and_says_why(
    support: Contract, proposed: PenaltyProposal, tmp_path: Path
) -> None:
    with pytest.raises(services.NothingNew):
        proposal_of(support, reason="rien")
    calls(tmp_path, support, "suite", answered=10, lost=0, day="05/05/2026")
    with pytest.raises(services.NoReasonGiven):
        proposal_of(support)
    second = proposal_of(support, reason="appels du 5 reçus en retard")
    proposed.refresh_from_db()
    assert (proposed.state, second.version, second.state) == ("SUPERSEDED", 2, "OPEN")
    told = {(one.line, one.what): (one.before, one.after) for one in changes(proposed.frozen, second.frozen)}
    assert told["P3", "value"] == ("4/5", "9/10") and told["P3", "amount"] == ("2000.00", "0.00")
    assert ("", "facts:LEGS") in told
    with pytest.raises(services.ExchangeStands) as refused:
        decide(proposed)
    assert refused.value.state == "SUPERSEDED"


def test_the_database_keeps_one_exchange_going_on_per_month(proposed: PenaltyProposal) -> None:
    proposed.pk, proposed.version = None, 2
    with pytest.raises(IntegrityError), transaction.atomic():
        proposed.save(force_insert=True)


# Remarks


@pytest.mark.clause("S-9-penalites")
@pytest.mark.parametrize(
    ("at", "late"),
    [
        (datetime(2026, 6, 25, 21, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 25, 22, 0, tzinfo=UTC), True),
    ],
)
def test_a_remark_is_kept_with_its_document_in_time_or_late(
    proposed: PenaltyProposal, at: datetime, late: bool
) -> None:
    made = services.remark(
        proposal=proposed,
        side=Side.CONTRACTOR,
        line="P3",
        text="La file a été coupée une heure.",
        file_name="constat.pdf",
        content=b"preuve",
        actor=ACTOR,
        at=at,
    )
    assert made.late is late
    assert files.read(made.file_sha256, contract="mes") == b"preuve"
    last = Entry.objects.order_by("seq").last()
    assert last and (last.act, last.content.body["sha256"]) == ("PENALTY_REMARKED", made.file_sha256)


def test_nobody_remarks_on_a_closed_exchange(closed: PenaltyProposal) -> None:
    with pytest.raises(services.ExchangeStands):
        services.remark(proposal=closed, side=Side.BUYER, text="Trop tard", actor=ACTOR, at=AT)


def test_only_the_contractor_gives_its_time_up(proposed: PenaltyProposal) -> None:
    with pytest.raises(services.NotTheirs):
        services.end_remarks(proposal=proposed, side=Side.BUYER, actor=ACTOR, at=AT)
    for _ in range(2):
        services.end_remarks(proposal=proposed, side=Side.CONTRACTOR, actor=ACTOR, at=AT)
    assert acts_of(proposed).count("PENALTY_REMARKS_ENDED") == 1


# Deciding


@pytest.mark.clause("S-9-penalites")
def test_the_buyer_decides_and_may_think_again_until_it_closes(proposed: PenaltyProposal) -> None:
    decide(proposed, outcome=Outcome.WAIVED, reason="geste")
    decide(proposed, outcome=Outcome.REDUCED, amount=EUROS("500.00"), reason="moitié de la durée")
    with pytest.raises(services.NotTheirs):
        decide(proposed, side=Side.CONTRACTOR)
    with pytest.raises(DecisionRefused):
        decide(proposed, "P4")
    with pytest.raises(DecisionRefused):
        decide(proposed, "P99")
    assert [one.amount for one in proposed.decisions.all()] == [EUROS("500.00")]
    assert acts_of(proposed)[1:] == ["PENALTY_LINE_DECIDED"] * 2


@pytest.mark.clause("S-9-penalites")
def test_an_exchange_closes_after_the_last_day_with_every_line_decided(proposed: PenaltyProposal) -> None:
    def closing(at: datetime, side: Side = Side.BUYER) -> PenaltyProposal:
        return services.close_exchange(proposal=proposed, side=side, actor=ACTOR, at=at)

    with pytest.raises(DecisionRefused):
        closing(AFTER)
    decide(proposed)
    with pytest.raises(services.RemarksStillOpen):
        closing(datetime(2026, 6, 25, 21, 59, tzinfo=UTC))
    with pytest.raises(services.NotTheirs):
        closing(AFTER, Side.CONTRACTOR)
    done = closing(AFTER)
    assert (done.state, done.decided_due) == ("CLOSED", EUROS("2000.00"))
    with pytest.raises(services.ExchangeStands):
        closing(AFTER)
    with pytest.raises(services.ExchangeStands):
        decide(proposed)


# Crediting


@pytest.mark.clause("S-9-penalites")
def test_the_credit_note_takes_what_was_decided_off_the_months_invoice_once(
    billed: Document, closed: PenaltyProposal
) -> None:
    done = credit(closed)
    note = done.credit_note
    assert note and (note.gross, note.corrects_id, note.cause) == (EUROS("2000.00"), billed.pk, "PENALTY")
    assert [(one.item, one.net) for one in note.lines.all()] == [("PENALTY", EUROS("2000.00"))]
    with pytest.raises(services.ExchangeStands) as refused:
        credit(closed)
    assert refused.value.state == "CREDITED"
    assert Document.objects.filter(kind="CREDIT_NOTE").count() == 1


@pytest.mark.clause("S-9-plafond")
def test_past_the_cap_the_credit_note_is_the_cap_and_termination_is_told(
    support: Contract, billed: Document
) -> None:
    amend(support, "penalty_answer_rate_rate", EUROS("0.15"))
    found = proposal_of(support)
    assert (found.uncapped, found.cap, found.proposed) == (
        *(EUROS("15000.00"), EUROS("12000.00"), EUROS("12000.00")),
    )
    assert found.termination_possible and found.frozen["termination_possible"] is True
    done = credit(close(found))
    assert done.decided_uncapped == EUROS("15000.00")
    assert done.credit_note and done.credit_note.gross == EUROS("12000.00")
    told = Entry.objects.get(act="PENALTIES_DECIDED").content.body
    assert told["termination_possible"] is True


@pytest.mark.clause("S-9-plafond")
def test_a_reduction_to_the_cap_leaves_no_ground_for_termination(support: Contract, billed: Document) -> None:
    amend(support, "penalty_answer_rate_rate", EUROS("0.15"))
    found = proposal_of(support)
    decide(found, outcome=Outcome.REDUCED, amount=EUROS("12000.00"), reason="accord")
    done = services.close_exchange(proposal=found, side=Side.BUYER, actor=ACTOR, at=AFTER)
    assert done.decided_due == done.decided_uncapped == EUROS("12000.00")
    assert Entry.objects.get(act="PENALTIES_DECIDED").content.body["termination_possible"] is False


@pytest.mark.clause("S-9-plafond")
def test_the_database_refuses_a_decision_past_the_cap(closed: PenaltyProposal) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PenaltyProposal.objects.filter(pk=closed.pk).update(decided_due=EUROS("12000.01"))


@pytest.mark.clause("S-9-penalites")
def test_nothing_is_credited_without_an_issued_invoice_of_the_same_amounts(
    support: Contract, closed: PenaltyProposal
) -> None:
    with pytest.raises(services.NoInvoice):
        credit(closed)
    invoice(support, hours=EUROS(999))
    with pytest.raises(services.BasesDiffer) as refused:
        credit(closed)
    assert (refused.value.phone, refused.value.billed_phone) == (PHONE, EUROS("99900.00"))
    second = proposal_of(
        support, entered=Entered(Invoice(EUROS("99900.00"), FORMS)), reason="montants facturés"
    )
    done = credit(close(second))
    assert done.credit_note and done.credit_note.gross == EUROS("1998.00")


def test_only_the_contractor_credits(billed: Document, closed: PenaltyProposal) -> None:
    with pytest.raises(services.NotTheirs):
        credit(closed, side=Side.BUYER)


@pytest.mark.clause("S-9-penalites")
def test_a_month_waived_closes_with_nothing_to_credit(billed: Document, proposed: PenaltyProposal) -> None:
    decide(proposed, outcome=Outcome.WAIVED, reason="force majeure")
    done = services.close_exchange(proposal=proposed, side=Side.BUYER, actor=ACTOR, at=AFTER)
    assert done.decided_due == EUROS("0.00")
    with pytest.raises(services.NothingToCredit):
        credit(done)


@pytest.mark.clause("S-9-penalites")
def test_a_version_after_a_credit_note_credits_the_difference_alone(
    support: Contract, billed: Document, closed: PenaltyProposal
) -> None:
    first = credit(closed)
    amend(support, "penalty_answer_rate_rate", EUROS("0.03"))
    second = proposal_of(support, reason="avenant n° 1")
    first.refresh_from_db()
    assert first.state == "CREDITED"
    done = credit(close(second))
    assert done.credit_note and done.credit_note.gross == EUROS("1000.00")
    assert credited_of(support, MAY) == EUROS("3000.00")


@pytest.mark.clause("S-9-penalites")
def test_a_version_that_asks_for_less_than_was_credited_gives_nothing_more(
    support: Contract, billed: Document, closed: PenaltyProposal
) -> None:
    credit(closed)
    amend(support, "penalty_answer_rate_rate", EUROS("0.01"))
    second = close(proposal_of(support, reason="avenant n° 1"))
    with pytest.raises(services.NothingToCredit) as refused:
        credit(second)
    assert (refused.value.due, refused.value.given_back) == (EUROS("1000.00"), EUROS("2000.00"))


@pytest.mark.parametrize("act", [lambda one: close(one), lambda one: decide(one)])
def test_an_act_on_a_version_read_before_another_changed_it_is_refused(
    proposed: PenaltyProposal, act: Callable[[PenaltyProposal], object]
) -> None:
    stale = PenaltyProposal.objects.get(pk=proposed.pk)
    close(proposed)
    with pytest.raises(services.ExchangeStands) as refused:
        act(stale)
    assert refused.value.state == ExchangeState.CLOSED.value
    assert current_of(proposed.contract, MAY) == proposed


def test_a_move_from_a_state_that_has_passed_changes_nothing(proposed: PenaltyProposal) -> None:
    stale = PenaltyProposal.objects.get(pk=proposed.pk)
    PenaltyProposal.objects.filter(pk=proposed.pk).update(state="SUPERSEDED")
    with pytest.raises(services.ExchangeStands):
        services._move(stale, ExchangeState.OPEN, ExchangeState.CLOSED, closed_at=AT + timedelta(days=1))
    proposed.refresh_from_db()
    assert (proposed.state, proposed.closed_at) == ("SUPERSEDED", None)
