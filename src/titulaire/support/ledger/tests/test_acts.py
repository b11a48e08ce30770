"""Prices, orders, entries, closing, invoicing: each once, at its moment, with its trace."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from titulaire.billing import services as billing
from titulaire.billing.models import Document
from titulaire.billing.queries import production_of
from titulaire.billing.rules import Channel
from titulaire.billing.tests.factories import parties
from titulaire.identity.models import Contract
from titulaire.identity.tests.factories import contract as make_contract
from titulaire.journal.models import Entry as JournalEntry
from titulaire.support.ledger import services
from titulaire.support.ledger.models import Batch, Entry, Ledger, UnitPrice, WorkOrder
from titulaire.support.ledger.queries import entries_of, ledger_of, orders_ending_in
from titulaire.support.ledger.rules import NoPrice, Ordered, Produced, WorkUnit
from titulaire.support.ledger.services import NewEntry, Paper

pytestmark = pytest.mark.django_db
ACTOR = "user:00000000-0000-4000-8000-000000000006"
AT = datetime(2026, 6, 2, 9, 0, tzinfo=UTC)
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
UO1, UO2, UO3, UO4 = WorkUnit
TRACE = {"actor": ACTOR, "at": AT}


def mes() -> Contract:
    return make_contract("mes", "SUPPORT")


def priced(*units: WorkUnit, amount: str = "30", from_on: date = date(2026, 1, 1)) -> None:
    for unit in units:
        services.set_price(
            contract=mes(), unit=unit, from_on=from_on, amount=Decimal(amount), source="Annexe", **TRACE
        )


def produced(
    unit: WorkUnit = UO1, day: int = 4, quantity: str = "100", site: str = "", days: int = 1
) -> NewEntry:
    since = date(2026, 5, day)
    return NewEntry(
        Produced(unit, since, date.fromordinal(since.toordinal() + days), Decimal(quantity), site), day
    )


def entered(*entries: NewEntry, **wishes: object) -> tuple[Batch, bool]:
    return services.enter(contract=mes(), month=MAY, entries=entries, **(TRACE | wishes))  # type: ignore[arg-type]


def closed(*entries: NewEntry) -> Ledger:
    entered(*(entries or (produced(),)))
    ledger = ledger_of(mes(), MAY)
    assert ledger is not None
    return services.close_ledger(ledger=ledger, explanation="", **TRACE)


@pytest.mark.clause("S-7.2-commandes")
def test_a_price_is_replaced_only_with_a_reason() -> None:
    priced(UO1)
    priced(UO1)
    assert UnitPrice.objects.count() == 1
    with pytest.raises(services.AlreadyPriced):
        priced(UO1, amount="31")
    services.set_price(
        contract=mes(), unit=UO1, from_on=date(2026, 1, 1), amount=Decimal(31), source="Annexe",
        reason="Erreur de lecture", paper=Paper("annexe.pdf", b"%PDF"), **TRACE,
    )  # fmt: skip
    assert [str(one.amount) for one in UnitPrice.objects.in_force()] == ["31.0000"]
    assert JournalEntry.objects.filter(act="UNIT_PRICE_SET").count() == 2


def ordered(
    reference: str, since: int, until: int, *, unit: WorkUnit = UO1, hours: str = "100", **w: str
) -> WorkOrder:
    return services.enter_order(
        contract=mes(),
        reference=reference,
        ordered=Ordered(unit, date(2026, 5, since), date(2026, 5, until), Decimal(hours), None),
        ordered_on=date(2026, 4, 20),
        **TRACE,  # type: ignore[arg-type]
        **w,  # type: ignore[arg-type]
    )


@pytest.mark.clause("S-7.2-commandes", "S-9-120")
def test_only_the_last_version_of_an_order_is_judged() -> None:
    ordered("C1", 4, 18)
    assert ordered("C1", 4, 18).version == 1
    with pytest.raises(services.OrderKnown):
        ordered("C1", 4, 18, hours="120")
    assert ordered("C1", 4, 18, hours="120", reason="Renfort accepté").version == 2
    with pytest.raises(services.OrdersOverlap):
        ordered("C2", 17, 20)
    ordered("C2", 17, 20, unit=UO2), ordered("C3", 18, 20)
    assert [order.hours for order in orders_ending_in(mes(), MAY)] == [120, 100]
    last = WorkOrder.objects.get(reference="C1", is_last=True)
    with pytest.raises(services.NoReason):
        services.cancel_order(order=last, reason=" ", **TRACE)
    for _ in range(2):
        services.cancel_order(order=last, reason="Fermeture", **TRACE)
    assert [order.hours for order in orders_ending_in(mes(), MAY)] == [100]
    assert WorkOrder.objects.filter(reference="C1").count() == 3
    assert orders_ending_in(mes(), JUNE) == ()


@pytest.mark.clause("S-7.2-commandes")
def test_the_same_file_enters_once() -> None:
    one, known = entered(produced(), produced(day=5), file_name="mai.csv", file_sha256="a" * 64)
    again, known_again = entered(produced(day=6), file_name="copie.csv", file_sha256="a" * 64)
    assert (known, known_again) == (False, True) and one == again and Entry.objects.count() == 2


def faults(*entries: NewEntry, **wishes: object) -> list[tuple[str, int | None]]:
    with pytest.raises(services.EntriesRefused) as refused:
        entered(*entries, **wishes)
    return [(one.fault, one.row) for one in refused.value.refusals]


def test_a_batch_enters_whole_or_not_at_all() -> None:
    entered(produced(day=4, days=2))
    april = NewEntry(Produced(UO1, date(2026, 4, 30), MAY, Decimal(1)), 2)
    assert faults(april, produced(day=9), produced(day=9), produced(day=5)) == [
        ("OUTSIDE_MONTH", 2),
        ("ENTERED_TWICE", 9),
        ("ALREADY_ENTERED", 5),
    ]
    assert faults(produced(day=5), reason="Relevé corrigé") == [("HALF_CORRECTED", 5)]
    assert Entry.objects.count() == 1
    with pytest.raises(services.LedgerEmpty):
        entered()


def test_a_correction_says_why_and_leaves_what_it_replaces() -> None:
    entered(produced(day=4, days=2, quantity="10"))
    entered(
        produced(day=4, quantity="4", site="NORD"),
        produced(day=5, quantity="5", site="SUD"),
        reason="Par site",
    )
    ledger = ledger_of(mes(), MAY)
    assert ledger is not None
    assert sum(one.quantity for one in entries_of(ledger)) == 9
    old = Entry.objects.get(superseded_by__isnull=False)
    assert old.superseded_by is not None and old.superseded_by.reason == "Par site"
    assert list(JournalEntry.objects.order_by("seq").values_list("act", flat=True)) == [
        "LEDGER_ENTERED",
        "LEDGER_CORRECTED",
    ]


@pytest.mark.clause("S-7.2-commandes", "S-9-penalites")
def test_a_month_closes_once_when_everything_has_a_price() -> None:
    entered(produced())
    ledger = ledger_of(mes(), MAY)
    assert ledger is not None
    with pytest.raises(NoPrice):
        services.close_ledger(ledger=ledger, explanation="", **TRACE)
    priced(UO1)
    versions = {services.close_ledger(ledger=ledger, explanation="", **TRACE).version for _ in range(2)}
    assert versions == {1} and JournalEntry.objects.filter(act="LEDGER_CLOSED").count() == 1
    with pytest.raises(services.LedgerClosed):
        entered(produced(day=6))


@pytest.mark.clause("S-9-penalites", "S-7.2-commandes")
def test_a_closed_month_becomes_one_invoice_whose_channels_are_the_bases_of_penalties() -> None:
    (
        priced(UO1, amount="30.25"),
        priced(UO2, amount="4.1234"),
        priced(UO3, amount="28"),
        priced(UO4, amount="2"),
    )
    ordered("C1", 4, 18)
    ledger = closed(
        produced(UO1, quantity="1000.5"), produced(UO2, quantity="3"), produced(UO3, quantity="10"),
        produced(UO4, quantity="7"), produced(UO4, day=5, quantity="0"),
    )  # fmt: skip
    first = services.draft_ledger_invoice(ledger=ledger, **TRACE)
    again = services.draft_ledger_invoice(ledger=ledger, **TRACE)
    assert (first.already_known, again.already_known) == (False, True) and first.document == again.document
    lines = [(line.item, line.quantity, line.unit_price, line.net) for line in first.document.lines.all()]
    assert lines == [
        ("UO1", Decimal("1000.5"), Decimal("30.25"), Decimal("30265.13")),
        ("UO2", 3, Decimal("4.1234"), Decimal("12.37")),
        ("UO3", 10, 28, Decimal("280.00")),
        ("UO4", 7, 2, Decimal("14.00")),
    ]
    assert first.document.order_reference == "C1"
    assert JournalEntry.objects.filter(act="LEDGER_INVOICED").count() == 1
    billing.save_profile(contract=mes(), parties=parties(), **TRACE)
    billing.issue_invoice(document=first.document, **TRACE)
    asked = {"contract": mes(), "start_on": MAY, "end_on": JUNE}
    assert production_of(**asked, channel=Channel.PHONE) == Decimal("30277.50")
    assert production_of(**asked, channel=Channel.FORMS) == Decimal("294.00")
    ledger.refresh_from_db()
    with pytest.raises(services.AlreadyInvoiced):
        services.reopen_ledger(ledger=ledger, reason="Oubli", **TRACE)


def test_a_reopened_month_throws_its_draft_away_and_gives_another() -> None:
    priced(UO1)
    ledger = closed()
    services.draft_ledger_invoice(ledger=ledger, **TRACE)
    with pytest.raises(services.NoReason):
        services.reopen_ledger(ledger=ledger, reason="", **TRACE)
    services.reopen_ledger(ledger=ledger, reason="Oubli du site SUD", **TRACE)
    assert Document.objects.count() == 0
    with pytest.raises(services.LedgerOpen):
        services.reopen_ledger(ledger=ledger, reason="Encore", **TRACE)
    with pytest.raises(services.LedgerOpen):
        services.draft_ledger_invoice(ledger=ledger, **TRACE)
    entered(produced(day=6, quantity="1"))
    again = services.close_ledger(ledger=ledger, explanation="", **TRACE)
    made = services.draft_ledger_invoice(ledger=again, **TRACE).document
    assert (again.version, made.request_key, made.net) == (2, "ledger:2026-05:v2", Decimal("3030.00"))


def test_a_draft_thrown_away_in_billing_can_be_made_again() -> None:
    priced(UO1)
    ledger = closed()
    draft = services.draft_ledger_invoice(ledger=ledger, **TRACE).document
    billing.discard_draft(document=draft, **TRACE)
    ledger.refresh_from_db()
    assert ledger.invoice is None and ledger.is_closed
    assert services.draft_ledger_invoice(ledger=ledger, **TRACE).document.net == Decimal("3000.00")


def test_a_change_of_price_within_the_month_gives_a_line_for_each() -> None:
    priced(UO1), priced(UO1, amount="31", from_on=date(2026, 5, 15))
    done = services.draft_ledger_invoice(ledger=closed(produced(), produced(day=15)), **TRACE)
    assert [line.label for line in done.document.lines.all()] == [
        "UO1 : Heures productives, téléphone, à compter du 04/05/2026",
        "UO1 : Heures productives, téléphone, à compter du 15/05/2026",
    ]
