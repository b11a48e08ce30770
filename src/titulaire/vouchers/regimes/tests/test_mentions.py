"""What is printed on a voucher, who asks for it, and that nothing is printed half."""

from datetime import date

import pytest

from titulaire.vouchers.regimes import loading, queries
from titulaire.vouchers.regimes.rules import (
    AffixedBy,
    Certainty,
    Mention,
    MissingValue,
    Requirement,
    Side,
    mentions_to_print,
    union_of_mentions,
)

TODAY = date(2026, 11, 21)
PRINTED = {mention.code: mention for mention in queries.printed_mentions("cpam47", on=TODAY)}


@pytest.mark.clause("T-2.4-mentions")
def test_a_voucher_bears_what_either_regime_asks_for():
    assert list(PRINTED) == [
        "ISSUER_NAME_ADDRESS",
        "AUTHORITY_NAME",
        "FACE_VALUE",
        "CALENDAR_YEAR",
        "USE_PERIOD",
        "SERIAL_NUMBER",
        "NATURE_OF_GOODS",
        "NO_CASH_CHANGE",
        "PAYEE_NAME_ADDRESS",
        "MERCHANT_STAMP_ZONE",
    ]


@pytest.mark.clause("T-2.4-mentions")
@pytest.mark.parametrize(
    ("code", "regimes"),
    [
        ("ISSUER_NAME_ADDRESS", {"CAP", "TITRE_RESTAURANT"}),
        ("AUTHORITY_NAME", {"CAP"}),
        ("PAYEE_NAME_ADDRESS", {"TITRE_RESTAURANT"}),
        ("SERIAL_NUMBER", {"CAP", "TITRE_RESTAURANT"}),
        ("NATURE_OF_GOODS", {"CAP"}),
        ("USE_PERIOD", {"CAP", "CONTRACT"}),
        ("MERCHANT_STAMP_ZONE", {"CAP", "TITRE_RESTAURANT"}),
    ],
)
def test_each_mention_says_who_asks_for_it(code, regimes):
    assert {requirement.asked_by for requirement in PRINTED[code].required_by} == regimes


@pytest.mark.clause("T-2.4-mentions")
def test_no_mention_of_either_regime_is_left_out_on_any_day_of_the_contract():
    profiles = queries.compared_profiles("cpam47")
    for year in range(2025, 2031):
        day = date(year, 1, 1)
        printed = {mention.code for mention in queries.printed_mentions("cpam47", on=day)}
        for profile in profiles:
            if profile.code in ("CAP", "TITRE_RESTAURANT"):
                assert {mention.code for mention in profile.mentions_on(day)} <= printed


@pytest.mark.clause("T-2.4-mentions")
def test_the_front_wins_where_one_regime_wants_it_and_the_other_does_not_care():
    assert PRINTED["SERIAL_NUMBER"].side == Side.FRONT
    assert PRINTED["AUTHORITY_NAME"].side == Side.ANY
    assert all(mention.side != Side.BACK for mention in PRINTED.values())


def test_front_and_back_together_make_both():
    assert _mention(Side.FRONT, Side.BACK, Side.ANY).side == Side.BOTH


def test_only_the_merchant_s_stamp_is_a_zone_to_leave():
    zones = [code for code, mention in PRINTED.items() if mention.affixed_by == AffixedBy.MERCHANT]
    assert zones == ["MERCHANT_STAMP_ZONE"]


def test_the_contract_s_goods_are_already_in_the_words():
    mention = PRINTED["NATURE_OF_GOODS"]
    assert mention.placeholders == ()
    assert mention.text({}) == (
        "Valable pour\u00a0: repas et denrées alimentaires, hors boissons alcoolisées et produits d’hygiène"
    )


def test_a_mention_gives_its_words():
    assert PRINTED["USE_PERIOD"].text({"valid_until": "31 janvier 2028"}) == (
        "À utiliser jusqu’au 31 janvier 2028"
    )


@pytest.mark.parametrize(
    "values", [{}, {"issuer_name": "Émetteur Exemple"}, {"issuer_name": "E", "issuer_address": " "}]
)
def test_a_mention_is_never_printed_half(values):
    with pytest.raises(MissingValue) as refused:
        PRINTED["ISSUER_NAME_ADDRESS"].text(values)
    assert refused.value.mention == "ISSUER_NAME_ADDRESS"


def test_a_value_with_braces_is_printed_as_it_is():
    assert PRINTED["AUTHORITY_NAME"].text({"buyer_name": "Caisse {A}"}) == "Attribué par Caisse {A}"


def test_the_day_before_a_regime_asks_nothing_is_asked():
    restaurant = [profile for profile in queries.profiles() if profile.code == "TITRE_RESTAURANT"]
    assert union_of_mentions(restaurant, on=date(2014, 4, 1)) == ()
    assert len(union_of_mentions(restaurant, on=date(2014, 4, 2))) == 6


def test_a_regime_that_the_contract_does_not_retain_adds_nothing():
    asked = mentions_to_print(queries.profiles(), queries.overrides("cpam47"), on=TODAY)
    assert not any(r.asked_by == "CESU" for mention in asked for r in mention.required_by)


def test_every_placeholder_of_the_catalogue_is_one_that_a_printer_knows():
    known = {
        "issuer_name", "issuer_address", "buyer_name", "payee_name", "payee_address",
        "serial_number", "face_value", "vintage", "valid_until", "goods",
    }  # fmt: skip
    asked = {name for mention in loading.load_wordings().values() for name in mention.placeholders}
    assert asked == known


def _mention(*sides):
    asked = tuple(Requirement("X", "art. 1", Certainty.PRIMARY, side, TODAY) for side in sides)
    return Mention("X", "x", "x", AffixedBy.ISSUER, 0, asked)
