"""The register and the contract's terms are two texts on the same dates: they say the same."""

from datetime import date

import pytest

from titulaire.clauses.register import register
from titulaire.contracts.queries import terms_as_signed
from titulaire.vouchers.regimes import queries
from titulaire.vouchers.regimes.rules import Subject

FIRST = queries.overrides("cpam47").first_vintage


@pytest.mark.clause("T-2.1.3-millesime")
@pytest.mark.parametrize("vintage", range(FIRST, FIRST + 5))
@pytest.mark.parametrize(
    ("subject", "term"),
    [
        (Subject.LAST_USE, "validity_end"),
        (Subject.PRESENTATION_CUTOFF, "presentation_cutoff"),
        (Subject.REPLACEMENT, "replacement_deadline"),
        (Subject.REFUND_DATE, "refund_deadline"),
    ],
)
def test_a_date_of_the_register_is_the_date_of_the_terms(subject, term, vintage):
    agreed = terms_as_signed("cpam47").annual_day(term, on=date(vintage, 1, 1))
    assert queries.applied_timeline("cpam47", vintage).due_on(subject) == agreed.of(vintage)


def test_the_switch_of_the_register_is_that_of_the_terms():
    terms = terms_as_signed("cpam47")
    month = terms.count("vintage_switch_month", on=date(2027, 1, 1))
    assert queries.applied_timeline("cpam47", 2027).due_on(Subject.ORDER_SWITCH) == date(2026, month, 1)


@pytest.mark.parametrize(
    ("subject", "reading", "option"),
    [
        (Subject.FIRST_USE, "validity_start", "ON_ISSUE"),
        (Subject.PRESENTATION_PROOF, "presentation_proof", "POSTMARK"),
        (Subject.PRESENTATION_CUTOFF, "presentation_day", "LAST_OF_FEBRUARY"),
        (Subject.REPLACEMENT, "replacement_year", "AFTER_EXPIRY"),
        (Subject.LOST_BY_BEARER, "replacement_of_lost", "EXCLUDED"),
        (Subject.REFUND_AMOUNT, "refund_basis", "PRO_RATA"),
        (Subject.REFUND_BASE, "pro_rata_weight", "VALUE"),
        (Subject.REFUND_BASE, "pro_rata_year", "VINTAGE"),
    ],
)
def test_what_the_register_applies_is_the_reading_retained(subject, reading, option):
    # Changing a retained reading without a new decision here, or the reverse, fails.
    assert terms_as_signed("cpam47").reading(reading, on=date(2027, 1, 1)) == option
    assert queries.overrides("cpam47").decision(subject, on=date(2027, 1, 1)) is not None


def test_every_clause_of_the_register_is_known():
    known = register()
    cited = {code for line in queries.register("cpam47", on=date(2027, 1, 1)) for code in line.clauses}
    assert cited <= set(known)
