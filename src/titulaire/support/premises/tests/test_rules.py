"""How far a site may be, what a workstation must have, where people may work: at their boundaries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from titulaire.contracts.queries import terms_of
from titulaire.support.premises.queries import minimum_of
from titulaire.support.premises.rules import (
    Place,
    Workstation,
    accepts,
    browsers_in,
    browsers_of,
    is_mobile,
    place_faults,
    shortfalls,
    within_reach,
)

EVERY = ("ordinateur professionnel", "casque ou écouteurs", "clavier et souris", "écrans")
GOOD = Workstation(EVERY, 8, 3760, 1680, 1050, "Firefox", "130.0", "01 84 00 00 00")


@pytest.mark.clause("S-3.2-sites")
def test_a_site_is_at_ninety_minutes_at_the_most() -> None:
    assert [within_reach(minutes, 90) for minutes in (89, 90, 91)] == [True, True, False]


@pytest.mark.django_db
@pytest.mark.clause("S-10.1.4-materiel", "S-10.1-odigo", "S-10.1.2-psn1")
@pytest.mark.parametrize(
    ("wishes", "lacks"),
    [
        ({}, ()),
        ({"items": EVERY[:1] + EVERY[2:]}, ("casque ou écouteurs",)),
        ({"ram_gb": 7}, ("RAM",)),
        ({"cpu_score": 3759}, ("CPU",)),
        ({"height": 1049}, ("SCREEN",)),
        ({"version": "129.9"}, ("PORTAL_BROWSER",)),
        ({"version": "78.0.1"}, ("TELEPHONY_BROWSER", "PORTAL_BROWSER")),
        ({"browser": "Edge", "version": "129.0"}, ()),
        ({"browser": "Chrome", "version": "128.0"}, ("PORTAL_BROWSER",)),
        ({"browser": "Safari", "version": "18"}, ("TELEPHONY_BROWSER",)),
        ({"phone": "06 12 00 00 00"}, ("MOBILE",)),
        ({"phone": "+33 7 12 00 00 00"}, ("MOBILE",)),
        ({"phone": "06 12 00 00 00", "agreed": "Courriel du 4 mai"}, ()),
    ],
)
def test_a_workstation_is_judged_against_the_minimum_of_the_contract(
    wishes: dict[str, Any], lacks: tuple[str, ...]
) -> None:
    terms = terms_of("mes")
    on = date(2026, 5, 4)
    assert shortfalls(replace(GOOD, **wishes), minimum_of(terms, "ADVISER", on=on)) == lacks
    assert shortfalls(GOOD, minimum_of(terms, "SUPERVISOR", on=on)) == ("CPU",)


@pytest.mark.clause("S-10.1-odigo", "S-10.1.2-psn1")
def test_versions_are_compared_as_numbers() -> None:
    least = browsers_of(["Firefox 78.0.2", "Chrome 84.0.4147.89"])
    assert accepts("Firefox", "100", least) and accepts("Chrome", "84.0.4147.100", least)
    assert not accepts("Firefox", "78.0", least) and not accepts("Opera", "200", least)
    assert not accepts("Firefox", "cent", least)
    assert browsers_in({}) == {} and not is_mobile("+33 1 60 70 00 00")


@pytest.mark.clause("S-3.3.2-plateaux", "S-8.1-teletravail")
@pytest.mark.parametrize(
    ("place", "sites", "telework", "faults"),
    [
        (Place.SITE, ["EST"], "NO", ()),
        (Place.SITE, ["OUEST"], "NO", ("OTHER_SITE",)),
        (Place.SITE, [], "NO", ()),
        (Place.HOME, ["OUEST"], "OPEN", ()),
        (Place.HOME, ["EST"], "NO", ("NO_TELEWORK",)),
        (Place.BOTH, ["OUEST"], "CLOSED", ("NOT_CHECKED", "OTHER_SITE")),
    ],
)
def test_where_somebody_works_is_what_the_register_allows(
    place: Place, sites: list[str], telework: str, faults: tuple[str, ...]
) -> None:
    assert place_faults(place, sites, known=True, posted_to="EST", telework=telework) == faults
    assert place_faults(place, sites, known=False, posted_to="", telework="NO") == ("UNKNOWN",)
