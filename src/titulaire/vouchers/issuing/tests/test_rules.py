from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from titulaire.vouchers.issuing.rules import (
    InvalidNumber,
    Number,
    amount_in_words,
    booklet_sizes,
    checked_number,
    date_in_words,
    face_value_in_figures,
    integer_in_words,
    numbers,
    validity_text,
)

some_numbers = st.builds(Number, st.integers(2000, 2099), st.integers(0, 999), st.integers(1, 99_999_999))


def test_a_number_is_vintage_issuer_serial_and_check() -> None:
    number = Number(2027, 47, 12345)
    assert str(number) == "270470001234528"
    assert int(str(number)) % 97 == 1
    assert number.grouped == "27\u00a0047\u00a00001\u00a02345\u00a028"


@given(some_numbers)
def test_a_number_is_read_back_from_both_writings(number: Number) -> None:
    assert Number.parse(str(number)) == Number.parse(number.grouped) == number
    assert Number.parse(number.grouped.replace("\u00a0", "-")) == number


@pytest.mark.clause("T-2.4-securite")
@given(some_numbers, st.integers(0, 14), st.integers(0, 9))
def test_one_wrong_digit_is_always_found(number: Number, at: int, digit: int) -> None:
    text = str(number)
    if text[at] != str(digit):
        with pytest.raises(InvalidNumber):
            Number.parse(f"{text[:at]}{digit}{text[at + 1 :]}")


@given(some_numbers, st.integers(0, 13), st.sampled_from([1, 2]))
def test_a_swap_of_neighbours_or_over_one_digit_is_always_found(number: Number, at: int, reach: int) -> None:
    text = list(str(number))
    other = at + reach
    if other < len(text) and text[at] != text[other]:
        text[at], text[other] = text[other], text[at]
        with pytest.raises(InvalidNumber):
            Number.parse("".join(text))


def test_every_single_error_and_swap_of_one_number_is_found() -> None:
    text = str(Number(2027, 47, 98_765_432))
    wrong = [
        text[:at] + digit + text[at + 1 :] for at in range(15) for digit in "0123456789" if digit != text[at]
    ]
    for reach in (1, 2):
        for at in range(15 - reach):
            swapped = list(text)
            swapped[at], swapped[at + reach] = swapped[at + reach], swapped[at]
            wrong.append("".join(swapped))
    for mistake in set(wrong) - {text}:
        with pytest.raises(InvalidNumber):
            Number.parse(mistake)


@pytest.mark.parametrize(
    "text", ["", "27047", "2704700012345２8", "27047000123452A", "2704700012345281", "٢٧٠٤٧٠٠٠١٢٣٤٥٢٨"]
)
def test_what_is_not_fifteen_digits_is_no_number(text: str) -> None:
    with pytest.raises(InvalidNumber) as refused:
        Number.parse(text)
    assert refused.value.text == text


@pytest.mark.parametrize(
    ("vintage", "issuer", "serial"), [(1999, 47, 1), (2100, 47, 1), (2027, 1000, 1), (2027, 47, 0)]
)
def test_a_number_out_of_range_does_not_exist(vintage: int, issuer: int, serial: int) -> None:
    with pytest.raises(ValueError, match="no number"):
        Number(vintage, issuer, serial)


@pytest.mark.clause("T-1.1-emission")
def test_numbers_follow_one_another_without_a_gap() -> None:
    serials = [number.serial for number in numbers(2027, 47, 521, 520)]
    assert serials == list(range(521, 1041))


@pytest.mark.clause("T-2.4-carnets")
@pytest.mark.parametrize(
    ("vouchers", "sizes"),
    [
        (1, (1,)),
        (24, (24,)),
        (25, (25,)),
        (26, (13, 13)),
        (50, (25, 25)),
        (51, (17, 17, 17)),
        (77, (20, 19, 19, 19)),
    ],
)
def test_booklets_are_as_few_and_as_even_as_possible(vouchers: int, sizes: tuple[int, ...]) -> None:
    assert booklet_sizes(vouchers) == sizes


@pytest.mark.clause("T-2.4-carnets", "T-2.4-non-identifies")
@given(st.integers(1, 30_000))
def test_booklets_hold_every_voucher_once_and_one_to_twenty_five_each(vouchers: int) -> None:
    sizes = booklet_sizes(vouchers)
    assert sum(sizes) == vouchers
    assert all(1 <= size <= 25 for size in sizes)
    assert len(sizes) == -(-vouchers // 25)
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("vouchers", [0, -3])
def test_no_voucher_makes_no_booklet(vouchers: int) -> None:
    with pytest.raises(ValueError, match="make no booklet"):
        booklet_sizes(vouchers)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zéro"), (1, "un"), (16, "seize"), (17, "dix-sept"), (21, "vingt-et-un"), (70, "soixante-dix"),
        (71, "soixante-et-onze"), (80, "quatre-vingts"), (81, "quatre-vingt-un"), (91, "quatre-vingt-onze"),
        (100, "cent"), (101, "cent-un"), (180, "cent-quatre-vingts"), (200, "deux-cents"),
        (201, "deux-cent-un"),
        (1000, "mille"), (1100, "mille-cent"), (80_000, "quatre-vingt-mille"),
        (200_000, "deux-cent-mille"),
        (180_000, "cent-quatre-vingt-mille"), (250_000, "deux-cent-cinquante-mille"),
        (1_000_000, "un-million"),
        (200_000_000, "deux-cents-millions"), (2_000_001, "deux-millions-un"),
    ],
)  # fmt: skip
def test_integers_in_words(number: int, words: str) -> None:
    assert integer_in_words(number) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("10", "dix euros"), ("1", "un euro"), ("0", "zéro euro"),
        ("7.50", "sept euros et cinquante centimes"),
        ("0.01", "un centime"), ("1.01", "un euro et un centime"), ("1000000", "un-million d’euros"),
        ("1000001", "un-million-un euros"),
    ],
)  # fmt: skip
def test_amounts_in_words(amount: str, words: str) -> None:
    assert amount_in_words(Decimal(amount)) == words


@pytest.mark.parametrize(
    ("amount", "figures"), [("10", "10\u00a0€"), ("7.5", "7,50\u00a0€"), ("5300", "5\u202f300\u00a0€")]
)
def test_amounts_in_figures(amount: str, figures: str) -> None:
    assert face_value_in_figures(Decimal(amount)) == figures


def test_dates_in_words() -> None:
    assert date_in_words(date(2027, 1, 1)) == "1er\u00a0janvier 2027"
    assert date_in_words(date(2028, 2, 29)) == "29\u00a0février 2028"
    assert (
        validity_text(date(2027, 1, 1), date(2028, 1, 31))
        == "Valable du 1er\u00a0janvier 2027 au 31\u00a0janvier 2028 inclus"
    )


def test_a_validity_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before"):
        validity_text(date(2027, 1, 1), date(2026, 12, 31))


@given(st.integers(0, 10**15 - 1))
def test_a_checked_number_is_the_number_parsed(value: int) -> None:
    for text in (f"{value:015d}", f"{value // 97 * 97 + 1:015d}", f"{value // 10**10 * 10**10 + 1:015d}"):
        try:
            parsed = str(Number.parse(text))
        except InvalidNumber:
            with pytest.raises(InvalidNumber):
                checked_number(text)
        else:
            assert checked_number(text) == parsed


@pytest.mark.parametrize(
    "text", ["", "26047000000", "２６０４７００００００００１０６", "26 047 0000 0001 06", "x" * 15]
)
def test_what_is_not_bare_digits_is_no_checked_number(text: str) -> None:
    with pytest.raises(InvalidNumber):
        checked_number(text)
