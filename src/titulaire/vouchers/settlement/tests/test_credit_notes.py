"""Credit notes: numbered without a gap, tied to a cause, signed by both sides."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from titulaire.journal.models import Entry
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract
from titulaire.vouchers.settlement import services
from titulaire.vouchers.settlement.letters import credit_note_pdf
from titulaire.vouchers.settlement.models import CreditNote
from titulaire.vouchers.settlement.tests.factories import each_statement_failing, world

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 4, 9, tzinfo=UTC)


def credited(amount: str = "50.00", at: datetime = AT) -> CreditNote:
    return services.issue_credit_note(
        contract=make_contract(),
        cause="COMPLAINT",
        cause_reference="R2026-0001",
        label="Cinq titres défectueux.",
        amount=Decimal(amount),
        vouchers=5,
        actor=ACTOR,
        at=at,
    )


@pytest.mark.clause("T-2.1.2-avoirs")
def test_numbers_follow_one_another_even_after_a_failure() -> None:
    assert credited().number == "AV2026-0001"
    each_statement_failing(credited, world)
    assert [note.number for note in CreditNote.objects.order_by("pk")] == ["AV2026-0001", "AV2026-0002"]
    assert credited(at=AT.replace(year=2027)).number == "AV2027-0001"


@pytest.mark.parametrize("amount", ["0.00", "-1.00", "0.005"])
def test_an_amount_that_credits_nothing_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match=amount):
        credited(amount)


@pytest.mark.clause("T-2.1.2-avoirs")
def test_it_is_settled_once_both_sides_have_signed_once_each() -> None:
    note = credited()
    note = services.agree_credit_note(note=note, side="BUYER", actor=ACTOR, at=AT)
    assert not note.is_settled
    with pytest.raises(services.AlreadyAgreed):
        services.agree_credit_note(note=note, side="BUYER", actor=ACTOR, at=AT)
    note = services.agree_credit_note(note=note, side="CONTRACTOR", actor=ACTOR, at=AT)
    assert note.is_settled and Entry.objects.filter(act="CREDIT_NOTE_AGREED").count() == 2
    assert credit_note_pdf(note) == credit_note_pdf(note)
