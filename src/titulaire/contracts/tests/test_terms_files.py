"""The terms files of the house: complete, cited, and refused with the right line when they are not."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from titulaire.clauses.register import register
from titulaire.contracts.catalogue import CATALOGUE, READINGS
from titulaire.contracts.loading import TermsRefused, lines_of, load
from titulaire.contracts.queries import FILES, NoTermsFile, codes_with_terms, terms_as_signed
from titulaire.contracts.rules import AnnualDay, Terms

CODES = codes_with_terms()


def text_of(code: str) -> str:
    return Path(FILES / f"{code}.toml").read_text(encoding="utf-8")


def loaded(text: str) -> Terms:
    return load(text, file="x.toml", clauses=register())


def refusal(text: str) -> TermsRefused:
    with pytest.raises(TermsRefused) as refused:
        loaded(text)
    return refused.value


def months(terms: Terms) -> list[date]:
    """The notification, the first of each month of the contract, and its last day."""
    head = terms.head
    firsts = [
        date(year, month, 1)
        for year in range(head.notified_on.year, head.ends_on.year + 1)
        for month in range(1, 13)
    ]
    inside = [day for day in firsts if head.notified_on < day < head.ends_on]
    return [head.notified_on, *inside, head.ends_on - timedelta(days=1)]


def test_both_contracts_have_their_terms() -> None:
    assert CODES == ("cpam47", "mes")


@pytest.mark.parametrize("code", CODES)
def test_each_term_has_exactly_one_value_each_month(code: str) -> None:
    terms = terms_as_signed(code)
    assert len(months(terms)) > 48
    for day in months(terms):
        for name, term in terms.terms.items():
            applying = [
                value
                for value in term.values
                if value.from_on <= day and (value.until_on is None or day < value.until_on)
            ]
            assert len(applying) == 1, (name, day)
            assert terms.value(name, on=day) == applying[0].value


@pytest.mark.parametrize("code", CODES)
def test_each_reading_has_exactly_one_option_each_month(code: str) -> None:
    terms = terms_as_signed(code)
    for day in months(terms):
        for reading in terms.readings.values():
            kept = reading.on(day).option
            assert kept in {option.code for option in reading.options}
            assert len(reading.rivals(day)) == len(reading.options) - 1 >= 1


@pytest.mark.parametrize("code", CODES)
def test_each_term_the_software_knows_is_there_and_none_other(code: str) -> None:
    terms = terms_as_signed(code)
    wanted = {spec.name for spec in CATALOGUE.values() if terms.head.kind in spec.contracts}
    assert set(terms.terms) == wanted
    assert set(terms.readings) == set(READINGS[terms.head.kind])


@pytest.mark.parametrize("code", CODES)
def test_each_value_cites_a_clause_of_its_own_contract(code: str) -> None:
    for name, term in terms_as_signed(code).terms.items():
        for value in term.values:
            assert register()[value.clause].contract == code, name
            assert value.source


@pytest.mark.parametrize(
    ("code", "name", "value"),
    [
        ("cpam47", "ceiling", Decimal("250000.00")),
        ("cpam47", "face_value", Decimal("10.00")),
        ("cpam47", "vintage_switch_month", 11),
        ("cpam47", "validity_end", AnnualDay(1, 31, 1)),
        ("cpam47", "replacement_deadline", AnnualDay(3, 31, 1)),
        ("cpam47", "refund_deadline", AnnualDay(4, 15, 1)),
        ("cpam47", "booklet_max_vouchers", 25),
        ("cpam47", "delivery_working_days", 10),
        ("mes", "answer_rate_target", Decimal("0.90")),
        ("mes", "penalty_answer_rate_trigger", Decimal("0.89")),
        ("mes", "penalty_average_wait_trigger", 240),
        ("mes", "penalty_cap_rate", Decimal("0.10")),
        ("mes", "penalty_volume_rate", Decimal("1.20")),
        ("mes", "order_indicative_days", (20, 30)),
        ("mes", "order_validation_days", 3),
    ],
)
def test_the_contract_says(code: str, name: str, value: object) -> None:
    assert terms_as_signed(code).value(name, on=date(2026, 11, 21)) == value


def test_the_penalties_of_the_support_contract_add_up_as_its_table_does() -> None:
    terms, day = terms_as_signed("mes"), date(2026, 6, 1)
    rates = {
        name: terms.rate(name, on=day) for name in terms.terms if re.fullmatch(r"penalty_\w+_rate", name)
    }
    lines = {name: rate for name, rate in rates.items() if f"{name[:-5]}_base" in terms.terms}
    assert len(lines) == 10
    assert sum(lines.values()) == Decimal("0.11")  # 1.5 % of the whole, 9.5 % of the phone, to the letter


def test_the_forecasts_add_up() -> None:
    terms, day = terms_as_signed("mes"), date(2026, 6, 1)
    assert sum(terms.table("forecast_calls_by_year", on=day).values()) == 7_375_668
    assert sum(terms.table("forecast_forms_by_year", on=day).values()) == 353_318
    assert len(terms.texts("contact_reasons", on=day)) == 17


def test_a_contract_without_a_file_is_refused() -> None:
    with pytest.raises(NoTermsFile):
        terms_as_signed("../cpam47")


# A terms file that is wrong: refused, at the right line.


def blocks(text: str) -> list[tuple[int, str]]:
    """The values of a file: the line of each `[[terms.…]]` header and its text, down to the next header."""
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.startswith("[")]
    ends = [*starts[1:], len(lines)]
    return [
        (start + 1, "".join(lines[start:end]))
        for start, end in zip(starts, ends, strict=True)
        if lines[start].startswith("[[terms.")
    ]


@pytest.mark.parametrize("code", CODES)
def test_a_deleted_term_is_missed_by_its_name(code: str) -> None:
    text = text_of(code)
    for _, block in blocks(text):
        name = re.match(r"\[\[terms\.(\w+)]]", block)[1]  # type: ignore[index]
        reasons = [problem.reason for problem in refusal(text.replace(block, "", 1)).problems]
        assert reasons == [f"the term `{name}` is missing"]


@pytest.mark.parametrize("code", CODES)
def test_a_renamed_term_is_refused_at_its_line(code: str) -> None:
    text = text_of(code)
    for line, block in blocks(text)[::7]:
        name = re.match(r"\[\[terms\.(\w+)]]", block)[1]  # type: ignore[index]
        problems = refusal(text.replace(f"[[terms.{name}]]", f"[[terms.{name}x]]", 1)).problems
        assert (line, f"unknown term `{name}x`") in [(problem.line, problem.reason) for problem in problems]


@pytest.mark.parametrize("code", CODES)
def test_a_term_written_twice_overlaps_at_the_line_of_the_second(code: str) -> None:
    text = text_of(code)
    for _, block in blocks(text)[::7]:
        twice = text.rstrip("\n") + "\n\n" + block
        problem = refusal(twice).problems[0]
        assert "two values overlap" in problem.reason
        assert twice.splitlines()[problem.line - 1].startswith("from = ")
        assert problem.line > text.count("\n")


HEAD = """\
[contract]
code = "x"
kind = "VOUCHERS"
title = "x"
buyer = "x"
contractor = "x"
notified_on = 2024-12-02
starts_on = 2025-01-01
ends_on = 2029-01-01
firm_until_on = 2029-01-01
"""

FACE = """
[[terms.face_value]]
from = {0}
{1}value = {2}
unit = "EUR"
clause = "T-2.2-valeur-faciale"
source = "§2.2"
"""


@pytest.mark.parametrize(
    ("values", "line", "reason"),
    [
        ([("2025-06-01", "", "10.00")], 13, "no value from 2024-12-02 to 2025-06-01"),
        ([("2024-12-02", "until = 2026-01-01\n", "10.00")], 14, "no value from 2026-01-01 to 2029-01-01"),
        (
            [("2024-12-02", "until = 2026-01-01\n", "10.00"), ("2026-02-01", "", "12.00")],
            14,
            "no value from 2026-01-01 to 2026-02-01",
        ),
        (
            [("2024-12-02", "until = 2026-03-01\n", "10.00"), ("2026-02-01", "", "12.00")],
            14,
            "two values overlap from 2026-02-01 to 2026-03-01",
        ),
        ([("2026-02-01", "", "12.00"), ("2024-12-02", "", "10.00")], 20, "two values overlap"),
        ([("2024-12-02", "until = 2024-12-02\n", "10.00")], 14, "`until` is a date after `from`"),
        ([("2024-12-02", "", '"10.00"')], 14, "is not an amount in euros"),
        ([("2024-12-02", "", "10.005")], 14, "finer than a cent"),
        ([("2024-12-02", "", "-10.00")], 14, "is not an amount"),
        ([("2024-12-02", "", "true")], 14, "is not an amount"),
        ([("2024-12-02", "", "inf")], 14, "is not an amount"),
        ([("2024-12-02", "form = 1\n", "10.00")], 14, "unknown key `form`"),
        ([('"2024-12-02"', "", "10.00")], 13, "`from` must be a date"),
    ],
)
def test_a_wrong_value_is_refused_at_its_line(
    values: list[tuple[str, str, str]], line: int, reason: str
) -> None:
    text = HEAD + "".join(FACE.format(*value) for value in values)
    found = [problem for problem in refusal(text).problems if reason in problem.reason]
    assert [problem.line for problem in found] == [line]
    assert str(found[0]).startswith(f"x.toml:{line}: ")


@pytest.mark.parametrize(
    ("was", "becomes", "reason"),
    [
        ('clause = "T-2.2-valeur-faciale"\n', "", "`clause` is missing"),
        ('clause = "T-2.2-valeur-faciale"', 'clause = "T-9"', "unknown clause `T-9`"),
        ('unit = "EUR"', 'unit = "TITRES"', "the unit is EUR, not TITRES"),
        ('source = "§2.2"', 'source = ""', "`source` is missing"),
        ("value = 10.00\n", "", "`value` is missing"),
    ],
)
def test_a_value_without_clause_unit_source_or_figure_is_refused(was: str, becomes: str, reason: str) -> None:
    text = (HEAD + FACE.format("2024-12-02", "", "10.00")).replace(was, becomes)
    found = [p for p in refusal(text).problems if reason in p.reason or "must be a str" in p.reason]
    assert found and 12 <= found[0].line <= 17


@pytest.mark.parametrize(
    ("was", "becomes", "line", "reason"),
    [
        ("ends_on = 2029-01-01", "ends_on = 2024-01-01", 1, "does not hold"),
        ('kind = "VOUCHERS"', 'kind = "OTHER"', 3, "`kind` must be one of"),
        ('title = "x"\n', "", 1, "`title` is missing"),
        ('title = "x"', 'title = "x', 4, "not TOML"),
    ],
)
def test_a_wrong_head_is_refused_at_its_line(was: str, becomes: str, line: int, reason: str) -> None:
    problem = next(p for p in refusal(HEAD.replace(was, becomes)).problems if reason in p.reason)
    assert problem.line == line


@pytest.mark.parametrize(
    ("was", "becomes", "reason"),
    [
        ("[readings.refund_basis]", "[readings.refund_bases]", "unknown reading `refund_bases`"),
        ('option = "PRO_RATA"', 'option = "HALF"', "unknown option `HALF`"),
        ("options.PRO_RATA =", "options.PRORATA =", "the options are EXACT_DIFFERENCE, PRO_RATA"),
    ],
)
def test_a_reading_that_the_software_cannot_carry_out_is_refused(was: str, becomes: str, reason: str) -> None:
    text = text_of("cpam47")
    assert was in text
    problem = next(p for p in refusal(text.replace(was, becomes)).problems if p.reason.endswith(reason))
    assert text.splitlines()[problem.line - 1].startswith((was, "options.", "[readings.refund_basis]"))


def test_a_retained_option_that_starts_late_leaves_a_gap() -> None:
    text = text_of("cpam47")
    at = text.index("[[readings.refund_basis.retained]]")
    late = text[:at] + text[at:].replace("from = 2024-12-02", "from = 2025-02-01", 1)
    [problem] = refusal(late).problems
    assert "no option is retained from 2024-12-02 to 2025-02-01" in problem.reason
    assert late.splitlines()[problem.line - 1] == "from = 2025-02-01"


def test_headers_inside_texts_are_not_headers() -> None:
    text = 'a = """\n[b]\nc = 1\n"""\n[d]\ne = 1\n'
    assert lines_of(text) == {("a",): 1, ("d",): 5, ("d", "e"): 6}
