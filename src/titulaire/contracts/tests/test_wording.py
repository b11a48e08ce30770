"""Values as pages show them, and as people type them."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from titulaire.contracts.catalogue import CATALOGUE
from titulaire.contracts.loading import NotAValue
from titulaire.contracts.queries import codes_with_terms, terms_as_signed
from titulaire.contracts.rules import AnnualDay, Kind, Value
from titulaire.contracts.wording import HOW_TO_TYPE, UNITS, shown, typed

PLAIN_UNITS = {
    "", "EUR", "RATIO", "MONTH", "SECONDS", "DAY_OF_MONTH", "ISO_WEEKDAY", "PORT", "CPU_MARK", "VERSION",
}  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("name", "value", "french"),
    [
        ("ceiling", Decimal("250000.00"), "250 000,00 €"),
        ("certified_fibre_rate", Decimal("0.75"), "75 %"),
        ("penalty_plan_rate", Decimal("0.015"), "1,5 %"),
        ("penalty_volume_rate", Decimal("1.20"), "120 %"),
        ("delivery_working_days", 10, "10 jours ouvrés"),
        ("face_value_notice_months", 1, "1 mois"),
        ("schedule_day_hours_max", Decimal("8.5"), "8,5 heures"),
        ("vintage_switch_month", 11, "novembre"),
        ("penalty_average_wait_trigger", 240, "4 min"),
        ("change_notice_day", 10, "le 10"),
        ("opening_days", (1, 5), "lundi et vendredi"),
        ("reminder_days_before", (30, 15), "30 jours calendaires et 15 jours calendaires"),
        ("opening_from", time(8, 30), "08 h 30"),
        ("call_taking_starts_on", date(2025, 11, 9), "9 novembre 2025"),
        ("recycled_preferred", True, "oui"),
        ("limited_to_department", False, "non"),
        ("validity_end", AnnualDay(1, 31, 1), "31 janvier de l’année suivante"),
        ("presentation_cutoff", AnnualDay(2, None, 1), "dernier jour de février de l’année suivante"),
        ("presentation_cutoff", AnnualDay(8, None, 0), "dernier jour d’août"),
        ("refund_deadline", AnnualDay(4, 1, 2), "1er avril, 2 ans après"),
        ("refund_means", "CHEQUE", "chèque"),
        ("advert_places", ("BEGINNING", "END"), "au début du carnet et à la fin du carnet"),
        ("support_portal_browsers", (("Edge", Decimal(129)), ("Safari", Decimal(18))), "Edge : 129 ; Safari : 18"),
    ],
)  # fmt: skip
def test_a_page_shows(name: str, value: Value, french: str) -> None:
    assert plain(shown(CATALOGUE[name], value)) == french


@pytest.mark.parametrize("code", codes_with_terms())
def test_every_value_of_both_contracts_has_words(code: str) -> None:
    for term in terms_as_signed(code).terms.values():
        for value in term.values:
            text = shown(term.spec, value.value)
            assert (text and not text.isupper()) or len(text) < 6


def test_every_unit_and_kind_has_words() -> None:
    assert {spec.unit for spec in CATALOGUE.values()} - PLAIN_UNITS == set(UNITS)
    assert set(HOW_TO_TYPE) == set(Kind)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("face_value", "12,50 €", Decimal("12.50")),
        ("face_value", " 1 200 ", Decimal(1200)),
        ("certified_fibre_rate", "80 %", Decimal("0.8")),
        ("delivery_working_days", "12", 12),
        ("reminder_days_before", "30 ; 15;7", (30, 15, 7)),
        ("recycled_preferred", "Non", False),
        ("text_relay", "Autre relais", "Autre relais"),
        ("accepted_goods", "repas ; fruits", ("repas", "fruits")),
        ("refund_means", "virement", "TRANSFER"),
        ("refund_means", "TRANSFER", "TRANSFER"),
        ("voucher_supports", "papier ; carte", ("PAPER", "CARD")),
        ("call_taking_starts_on", "10/11/2025", date(2025, 11, 10)),
        ("call_taking_starts_on", "2025-11-10", date(2025, 11, 10)),
        ("opening_from", "8 h 30", time(8, 30)),
        ("opening_from", "8h", time(8)),
        ("opening_from", "08:45", time(8, 45)),
        ("validity_end", "28/02 +1", AnnualDay(2, 28, 1)),
        ("validity_end", "fin/02 +1", AnnualDay(2, None, 1)),
        ("past_aid_by_year", "2022 = 53 000 ; 2023 = 5,5", (("2022", Decimal(53000)), ("2023", Decimal("5.5")))),
    ],
)  # fmt: skip
def test_a_person_types(name: str, text: str, value: Value) -> None:
    assert typed(CATALOGUE[name], text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("face_value", "dix"),
        ("face_value", "12,505"),
        ("face_value", "-1"),
        ("face_value", "NaN"),
        ("certified_fibre_rate", "80"),
        ("certified_fibre_rate", "900 %"),
        ("delivery_working_days", "1,5"),
        ("delivery_working_days", "²"),
        ("recycled_preferred", "peut-être"),
        ("refund_means", "espèces"),
        ("voucher_supports", ""),
        ("call_taking_starts_on", "31/02/2026"),
        ("opening_from", "25 h"),
        ("validity_end", "29/02"),
        ("validity_end", "janvier"),
        ("past_aid_by_year", "2022"),
    ],
)
def test_what_is_typed_wrong_is_refused(name: str, text: str) -> None:
    with pytest.raises(NotAValue):
        typed(CATALOGUE[name], text)
