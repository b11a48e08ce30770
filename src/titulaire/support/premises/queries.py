"""Where people worked, as the facts say, beside what the register says; what a workstation must have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from titulaire.clauses import clause
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.support.facts.queries import facts_root, files_in_force
from titulaire.support.facts.schema import Record
from titulaire.support.facts.store import engine, parquet
from titulaire.support.premises.rules import (
    Minimum,
    Place,
    browsers_in,
    browsers_of,
    pixels,
    place_faults,
)
from titulaire.support.staff.queries import Standing, members_of, standing

ONE_DAY = timedelta(days=1)
CPU_TERMS = {"SUPERVISOR": "supervisor_cpu_score"}
WORKED = """
select adviser, bool_or(remote), bool_or(not remote),
       list_sort(list_distinct(list(site) filter (site is not null))), sum(duration_ms) / 3600000.0
from STATES where day = ? group by adviser order by adviser
"""
PLACES = {(True, True): Place.BOTH, (True, False): Place.HOME, (False, True): Place.SITE}


@dataclass(frozen=True, slots=True)
class Worked:
    """Where somebody worked on a day: the sites that the facts name, and what the register does not allow."""

    number: str
    on: date
    place: Place
    sites: tuple[str, ...]
    posted_to: str
    hours: float
    faults: tuple[str, ...]

    @property
    def is_allowed(self) -> bool:
        return not self.faults


@clause("S-3.3.2-plateaux", "S-8.1-teletravail")
def worked_on(contract: Contract, on: date) -> list[Worked]:
    """Where each adviser worked on a day, as the states of the telephony say."""
    paths = files_in_force(contract, Record.STATES, since=on, until=on + ONE_DAY)
    if not paths:
        return []
    asked = WORKED.replace("STATES", parquet(paths))
    with engine(facts_root()) as (con, _):
        rows = con.execute(asked, [on]).fetchall()
    register = {one.number: standing(one, on=on) for one in members_of(contract)}
    return [_worked(row, on, register.get(str(row[0]))) for row in rows]


def _worked(row: tuple[Any, ...], on: date, found: Standing | None) -> Worked:
    number, at_home, on_site, sites, hours = row
    place, named = PLACES[bool(at_home), bool(on_site)], tuple(sites or ())
    posting = found.posting if found and found.state in {"HERE", "AWAY"} else None
    posted_to = posting.site if posting else ""
    telework = found.telework if found else "NO"
    faults = place_faults(place, named, known=posting is not None, posted_to=posted_to, telework=telework)
    return Worked(number, on, place, named, posted_to, float(hours), faults)


@clause("S-10.1.4-materiel", "S-10.1-odigo", "S-10.1.2-psn1")
def minimum_of(terms: Terms, post: str, *, on: date) -> Minimum:
    """What the contract asks of a workstation on a day, for a post."""
    on = max(on, terms.head.notified_on)
    width, height = pixels(terms.text("screen_minimum", on=on))
    return Minimum(
        terms.texts("equipment", on=on),
        terms.count("workstation_ram_gb", on=on),
        terms.count(CPU_TERMS.get(post, "adviser_cpu_score"), on=on),
        width,
        height,
        browsers_of(terms.texts("telephony_browsers", on=on)),
        browsers_in(terms.table("support_portal_browsers", on=on)),
        terms.flag("landlines_only", on=on),
    )
