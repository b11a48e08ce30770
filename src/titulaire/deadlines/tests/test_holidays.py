"""The holidays of each territory, read against the law and not against the library."""

from __future__ import annotations

from datetime import date

import pytest

from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.holidays import PLACES, Territory, YearOutsideTable, public_holidays
from titulaire.deadlines.tests import oracle

NATIONAL_2027 = {
    "2027-01-01": "Jour de l’an",
    "2027-03-29": "Lundi de Pâques",
    "2027-05-01": "Fête du Travail",
    "2027-05-06": "Ascension",
    "2027-05-08": "Victoire de 1945",
    "2027-05-17": "Lundi de Pentecôte",
    "2027-07-14": "Fête nationale",
    "2027-08-15": "Assomption",
    "2027-11-01": "Toussaint",
    "2027-11-11": "Armistice de 1918",
    "2027-12-25": "Noël",
}
LOCAL_2027: dict[Territory, dict[str, str]] = {
    Territory.METROPOLE: {},
    Territory.ALSACE_MOSELLE: {"2027-03-26": "Vendredi saint", "2027-12-26": "Saint-Étienne"},
    Territory.GUADELOUPE: {"2027-05-27": "Abolition de l’esclavage"},
    Territory.MARTINIQUE: {"2027-05-22": "Abolition de l’esclavage"},
    Territory.GUYANE: {"2027-06-10": "Abolition de l’esclavage"},
    Territory.LA_REUNION: {"2027-12-20": "Abolition de l’esclavage"},
    Territory.MAYOTTE: {"2027-04-27": "Abolition de l’esclavage"},
    Territory.SAINT_BARTHELEMY: {"2027-10-09": "Abolition de l’esclavage"},
    Territory.SAINT_MARTIN: {"2027-05-28": "Abolition de l’esclavage"},
    Territory.SAINT_PIERRE_ET_MIQUELON: {},
    Territory.WALLIS_ET_FUTUNA: {
        "2027-04-28": "Saint-Pierre-Chanel",
        "2027-06-29": "Saints Pierre et Paul",
        "2027-07-29": "Fête du Territoire",
    },
    Territory.POLYNESIE_FRANCAISE: {
        "2027-03-05": "Arrivée de l’Évangile",
        "2027-03-26": "Vendredi saint",
        "2027-11-20": "Matāri’i i ni’a",
    },
    Territory.NOUVELLE_CALEDONIE: {"2027-09-24": "Fête de la Citoyenneté"},
}


@pytest.mark.parametrize("territory", Territory)
def test_each_territory_has_the_national_holidays_and_its_own(territory: Territory) -> None:
    found = {day.isoformat(): name for day, name in public_holidays(territory, 2027).items()}
    assert found == NATIONAL_2027 | LOCAL_2027[territory]
    assert list(found) == sorted(found)


def test_every_territory_has_a_name_and_a_time_zone() -> None:
    assert set(PLACES) == set(Territory)
    assert {Calendar(territory).zone.key for territory in Territory} == {
        place.zone_name for place in PLACES.values()
    }


def test_polynesie_gave_the_holiday_of_june_to_november_in_2025() -> None:
    def names(year: int) -> set[str]:
        return set(public_holidays(Territory.POLYNESIE_FRANCAISE, year).values())

    assert "Fête de l’Autonomie" in names(2024)
    assert "Matāri’i i ni’a" not in names(2024)
    assert "Fête de l’Autonomie" not in names(2025)
    assert "Matāri’i i ni’a" in names(2025)


def test_two_holidays_on_one_day_share_it() -> None:
    assert public_holidays(Territory.METROPOLE, 2008)[date(2008, 5, 1)] == "Ascension, Fête du Travail"


@pytest.mark.parametrize("year", [1983, 2200])
def test_a_year_out_of_the_table_is_refused(year: int) -> None:
    with pytest.raises(YearOutsideTable) as refusal:
        public_holidays(Territory.METROPOLE, year)
    assert refusal.value.year == year


@pytest.mark.parametrize(
    "sunday",
    ["1990-04-15", "2000-04-23", "2008-03-23", "2024-03-31", "2025-04-20", "2027-03-28", "2038-04-25"],
)
def test_the_oracle_knows_easter(sunday: str) -> None:
    assert date.fromordinal(oracle.easter(int(sunday[:4]))).isoformat() == sunday
