"""The acts on workstations and floors refuse what is not a fact."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from titulaire.support.premises import services
from titulaire.support.premises.models import WorkstationFound
from titulaire.support.premises.services import ActRefused
from titulaire.support.premises.tests.test_rules import GOOD
from titulaire.support.staff.tests.test_acts import BY, TODAY, entered, mes

pytestmark = pytest.mark.django_db


def equipped(on: date = TODAY) -> WorkstationFound:
    """A workstation without enough memory, of a new member."""
    entered()
    return services.check_equipment(contract=mes(), number="A1", found=replace(GOOD, ram_gb=4), on=on, **BY)


@pytest.mark.clause("S-10.1.4-materiel")
def test_a_workstation_is_judged_for_the_post_of_its_day() -> None:
    assert equipped().lacks == ["RAM"]
    asked = {"contract": mes(), "number": "A1", "found": GOOD} | BY
    with pytest.raises(ActRefused, match="FUTURE"):
        services.check_equipment(on=TODAY + timedelta(days=1), **asked)  # type: ignore[arg-type]
    with pytest.raises(ActRefused, match="UNKNOWN"):
        services.check_equipment(on=date(2026, 1, 4), **asked)  # type: ignore[arg-type]
    services.check_equipment(on=TODAY, **asked)  # type: ignore[arg-type]
    assert WorkstationFound.objects.filter(is_last=True).get().lacks == []
