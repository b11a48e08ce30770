"""French on the page."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from titulaire.ui import formats


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (1234567, None, "1\u202f234\u202f567"),
        (Decimal("1234.50"), None, "1\u202f234,50"),
        (-3, None, "−3"),
        (0.1, None, "0,1"),
        (Decimal("2.345"), 2, "2,35"),
        (Decimal("2.344"), 2, "2,34"),
        (0, None, "0"),
        (float("nan"), None, "—"),
        (None, 2, "—"),
    ],
)
def test_number(value, digits, written):
    assert formats.number(value, digits) == written


def test_money_keeps_its_sign_with_its_figures():
    assert formats.money(Decimal("-1234.5")) == "−1\u202f234,50\u00a0€"
    assert formats.money(Decimal("0.005")) == "0,01\u00a0€"


def test_a_rate_is_read_from_0_to_1():
    assert formats.rate(Decimal("0.8955")) == "89,6\u00a0%"
    assert formats.rate(1, 0) == "100\u00a0%"


def test_the_first_of_the_month_is_said_1er():
    assert formats.date_fr(date(2027, 3, 1)) == "1er\u00a0mars 2027"
    assert formats.weekday_fr(date(2027, 8, 2)) == "lundi 2\u00a0août 2027"


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (datetime(2027, 3, 28, 0, 59, tzinfo=UTC), "28\u00a0mars 2027 à 1\u00a0h\u00a059"),
        (datetime(2027, 3, 28, 1, 0, tzinfo=UTC), "28\u00a0mars 2027 à 3\u00a0h\u00a000"),
        (datetime(2027, 12, 31, 23, 30, tzinfo=UTC), "1er\u00a0janvier 2028 à 0\u00a0h\u00a030"),
    ],
)
def test_an_instant_is_said_in_paris(instant, written):
    assert formats.instant_fr(instant) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (45, "45 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (7500, "2 h 05"),
        (-61, "−1 min 01 s"),
        (59.6, "1 min"),
    ],
)
def test_duration(seconds, written):
    assert formats.duration_fr(seconds).replace("\u00a0", " ") == written


@pytest.mark.parametrize(
    ("count", "written"), [(0, "0 titre"), (1, "1 titre"), (2, "2 titres"), (1200, "1\u202f200 titres")]
)
def test_zero_and_one_are_singular(count, written):
    assert formats.count_fr(count, "titre").replace("\u00a0", " ") == written


def test_a_list_ends_with_et():
    assert formats.list_fr(["a", "b", "c"]) == "a, b et c"
    assert formats.list_fr(["a"]) == "a"
