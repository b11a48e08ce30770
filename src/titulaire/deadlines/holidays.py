"""Public holidays of the French territories, under their French names.

The only module that knows the library they come from. The library gives the eleven holidays of the whole
country, Alsace-Moselle and the abolition days; `_LOCAL` adds what it does not know of the Pacific. A holiday
kept by custom only is not here: the contract adds it to its own calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from jours_feries_france import JoursFeries

# Before the law of 30 June 1983 on the abolition days the table would be wrong; after 2199 it would be idle.
FIRST_YEAR, LAST_YEAR = 1984, 2199


class Territory(StrEnum):
    """Where the days of a contract are counted."""

    METROPOLE = "METROPOLE"
    ALSACE_MOSELLE = "ALSACE_MOSELLE"
    GUADELOUPE = "GUADELOUPE"
    MARTINIQUE = "MARTINIQUE"
    GUYANE = "GUYANE"
    LA_REUNION = "LA_REUNION"
    MAYOTTE = "MAYOTTE"
    SAINT_BARTHELEMY = "SAINT_BARTHELEMY"
    SAINT_MARTIN = "SAINT_MARTIN"
    SAINT_PIERRE_ET_MIQUELON = "SAINT_PIERRE_ET_MIQUELON"
    WALLIS_ET_FUTUNA = "WALLIS_ET_FUTUNA"
    POLYNESIE_FRANCAISE = "POLYNESIE_FRANCAISE"
    NOUVELLE_CALEDONIE = "NOUVELLE_CALEDONIE"


@dataclass(frozen=True, slots=True)
class Place:
    """A territory as people and clocks name it; `seed` is its name in the library."""

    name: str
    zone_name: str
    seed: str


PLACES: Mapping[Territory, Place] = MappingProxyType(
    {
        Territory.METROPOLE: Place("métropole", "Europe/Paris", "Métropole"),
        Territory.ALSACE_MOSELLE: Place("Alsace-Moselle", "Europe/Paris", "Alsace-Moselle"),
        Territory.GUADELOUPE: Place("Guadeloupe", "America/Guadeloupe", "Guadeloupe"),
        Territory.MARTINIQUE: Place("Martinique", "America/Martinique", "Martinique"),
        Territory.GUYANE: Place("Guyane", "America/Cayenne", "Guyane"),
        Territory.LA_REUNION: Place("La Réunion", "Indian/Reunion", "La Réunion"),
        Territory.MAYOTTE: Place("Mayotte", "Indian/Mayotte", "Mayotte"),
        Territory.SAINT_BARTHELEMY: Place("Saint-Barthélemy", "America/St_Barthelemy", "Saint-Barthélémy"),
        Territory.SAINT_MARTIN: Place("Saint-Martin", "America/Marigot", "Saint-Martin"),
        Territory.SAINT_PIERRE_ET_MIQUELON: Place(
            "Saint-Pierre-et-Miquelon", "America/Miquelon", "Saint-Pierre-et-Miquelon"
        ),
        Territory.WALLIS_ET_FUTUNA: Place("Wallis-et-Futuna", "Pacific/Wallis", "Wallis-et-Futuna"),
        Territory.POLYNESIE_FRANCAISE: Place("Polynésie française", "Pacific/Tahiti", "Polynésie Française"),
        Territory.NOUVELLE_CALEDONIE: Place("Nouvelle-Calédonie", "Pacific/Noumea", "Nouvelle-Calédonie"),
    }
)

# The names of the library, where ours say more.
_NAMES = {
    "1er janvier": "Jour de l’an",
    "Vendredi saint": "Vendredi saint",
    "Lundi de Pâques": "Lundi de Pâques",
    "1er mai": "Fête du Travail",
    "8 mai": "Victoire de 1945",
    "Ascension": "Ascension",
    "Lundi de Pentecôte": "Lundi de Pentecôte",
    "14 juillet": "Fête nationale",
    "Assomption": "Assomption",
    "Toussaint": "Toussaint",
    "11 novembre": "Armistice de 1918",
    "Jour de Noël": "Noël",
    "2ème jour de Noël": "Saint-Étienne",
    "Abolition de l'esclavage": "Abolition de l’esclavage",
}


@dataclass(frozen=True, slots=True)
class _Local:
    name: str
    month: int
    day: int
    first_year: int = FIRST_YEAR
    last_year: int = LAST_YEAR


_LOCAL: Mapping[Territory, tuple[_Local, ...]] = MappingProxyType(
    {
        Territory.WALLIS_ET_FUTUNA: (
            _Local("Saint-Pierre-Chanel", 4, 28),
            _Local("Saints Pierre et Paul", 6, 29),
            _Local("Fête du Territoire", 7, 29),
        ),
        Territory.POLYNESIE_FRANCAISE: (
            _Local("Arrivée de l’Évangile", 3, 5),
            # In 2025 the assembly gave the holiday of 29 June (a Sunday that year) to 20 November.
            _Local("Fête de l’Autonomie", 6, 29, 1985, 2024),
            _Local("Matāri’i i ni’a", 11, 20, 2025),
        ),
        Territory.NOUVELLE_CALEDONIE: (_Local("Fête de la Citoyenneté", 9, 24),),
    }
)


class YearOutsideTable(ValueError):
    """A date falls in a year whose holidays are not known; counting on would be guessing."""

    def __init__(self, year: int) -> None:
        super().__init__(f"public holidays are known from {FIRST_YEAR} to {LAST_YEAR}, not in {year}")
        self.year = year


@lru_cache(maxsize=4096)
def public_holidays(territory: Territory, year: int) -> Mapping[date, str]:
    """Holidays of a year in date order, with their French names; two on one day share the line.

    Raises:
        YearOutsideTable: before FIRST_YEAR or after LAST_YEAR.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise YearOutsideTable(year)
    seed: Mapping[str, date] = JoursFeries.for_year(year, PLACES[territory].seed)
    named = [(day, _NAMES[name]) for name, day in seed.items()]
    named += [
        (date(year, local.month, local.day), local.name)
        for local in _LOCAL.get(territory, ())
        if local.first_year <= year <= local.last_year
    ]
    if territory is Territory.POLYNESIE_FRANCAISE:
        named.append((seed["Lundi de Pâques"] - timedelta(days=3), "Vendredi saint"))
    holidays: dict[date, str] = {}
    for day, name in sorted(named):
        holidays[day] = f"{holidays[day]}, {name}" if day in holidays else name
    return MappingProxyType(holidays)
