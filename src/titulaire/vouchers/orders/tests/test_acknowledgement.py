"""The acknowledgement of receipt: what it says, and the same bytes for the same order."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pypdfium2
import pytest

from titulaire.identity.models import Contract
from titulaire.vouchers.orders import agreements, queries, services
from titulaire.vouchers.orders.acknowledgement import NotAcknowledged, acknowledgement_pdf
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.rules import CalendarMonth, proposed_calendar
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract() -> Contract:
    return make_contract()


def printed(order: Order) -> str:
    """The words of the acknowledgement, on one line."""
    pages = pypdfium2.PdfDocument(acknowledgement_pdf(order))
    text = " ".join(page.get_textpage().get_text_range() for page in pages)
    return " ".join(text.replace("\u202f", " ").split())


def acknowledged(contract: Contract, **given: object) -> Order:
    order = make_order(contract, at=datetime(2026, 11, 2, 9, tzinfo=UTC), month=date(2026, 11, 1), **given)
    return services.acknowledge_order(order=order, actor=ACTOR, at=datetime(2026, 11, 3, 9, tzinfo=UTC))


@pytest.mark.clause("T-2.6-livraison-cpam")
def test_it_is_dated_and_promises_the_tenth_working_day(contract: Contract) -> None:
    text = printed(acknowledged(contract, unnamed=2))
    assert "le 3 novembre 2026, de la commande" in text
    assert "il s’achève le 18 novembre 2026" in text
    assert "50 titres en 5 carnets de 1 à 25" in text and "500,00 €" in text
    assert "2027, valable jusqu’au 31 janvier 2028 inclus" in text


@pytest.mark.clause("T-2.4-novembre")
def test_it_announces_the_delivery_that_the_new_vintage_shifts(contract: Contract) -> None:
    days = queries.working_days(contract)
    months = list(proposed_calendar(2026, add_working_days=days.add, is_working_day=days.is_working_day))
    months[10] = CalendarMonth(
        months[10].month, months[10].order_by_on, date(2026, 12, 1), date(2026, 11, 23)
    )
    calendar = agreements.propose_calendar(
        contract=contract, year=2026, months=months, actor=ACTOR, at=datetime(2025, 12, 1, tzinfo=UTC)
    )
    for side in ("BUYER", "CONTRACTOR"):
        agreements.agree_calendar(
            calendar=calendar, side=side, actor=ACTOR, at=datetime(2025, 12, 1, tzinfo=UTC)
        )
    text = printed(acknowledged(contract))
    assert "La fabrication au millésime 2027 décale la livraison" in text
    assert "Livraison annoncée le 7 décembre 2026" in text


def test_it_names_nobody_and_is_the_same_bytes_each_time(contract: Contract) -> None:
    order = acknowledged(contract)
    assert acknowledgement_pdf(order) == acknowledgement_pdf(order)
    assert "Bourdache" not in printed(order)


def test_there_is_none_before_the_order_is_acknowledged(contract: Contract) -> None:
    with pytest.raises(NotAcknowledged):
        acknowledgement_pdf(make_order(contract))
