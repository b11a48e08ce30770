"""A qualification joins the fact of its call, and changes nothing else of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract as make_contract
from titulaire.identity.tests.factories import person
from titulaire.support.desk import queries, services
from titulaire.support.desk.models import Contact
from titulaire.support.desk.rules import Outcome, Qualification
from titulaire.support.desk.telling import answered_leg, says_already
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.models import Batch
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.indicators.evaluation import evaluate_month

pytestmark = pytest.mark.django_db
ACTOR = "user:00000000-0000-4000-8000-000000000005"
START = datetime(2026, 3, 2, 9, 0, 25, tzinfo=UTC)
SAID = Qualification("Clôture", "Autres incidents", "MSA", Outcome.INFORMED)


def taken(call_id: str) -> Contact:
    mes = make_contract("mes", "SUPPORT")
    contact = services.open_contact(
        contract=mes, flow="3422", call_id=call_id, started_at=START, adviser="C001", site="NORD",
        actor=ACTOR, at=START,
    )  # fmt: skip
    at = START + timedelta(minutes=6)
    return services.qualify_contact(contact=contact, said=SAID, actor=ACTOR, at=at)


def qualified() -> Fraction | None:
    (found,) = evaluate_month(make_contract("mes", "SUPPORT"), START.date().replace(day=1), only={"I10"})
    return found["I10"].exact


@pytest.mark.clause("S-2.1.7-motifs")
def test_a_qualification_is_read_by_the_indicators_once_and_the_rest_of_the_fact_stays(
    tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path / "var"
    mes = make_contract("mes", "SUPPORT")
    plain = row(motif="", qualifie_par="")
    widened = row(appel="A2", motif="", qualifie_par="", groupe_conseiller="MES_ENROLEMENT")
    calls = acd_csv(tmp_path / "appels.csv", [plain, widened, row(appel="A3", motif="", qualifie_par="")])
    imported = import_file(
        contract=mes,
        path=calls,
        connector=find_connector("acd-csv"),
        actor=ACTOR,
        at=START + timedelta(hours=1),
    )
    assert imported.batch.state == "ACCEPTED", imported.refusals
    contacts = [taken("A1"), taken("A2"), taken("A9")]
    before = queries.legs_of_calls(mes, contacts)
    told = services.tell_facts(contract=mes, actor=ACTOR, at=START + timedelta(hours=2))
    assert (told.joined, told.waiting, told.refused) == (2, 1, 0)
    after = queries.legs_of_calls(mes, contacts)
    apart = {"reason", "qualified_by", "qualified_at", "batch", "source_row"}
    for call in ("A1", "A2"):
        assert [{k: v for k, v in leg.items() if k not in apart} for leg in after[call]] == [
            {k: v for k, v in leg.items() if k not in apart} for leg in before[call]
        ]
        leg = answered_leg(after[call])
        assert (
            leg
            and leg["caller"]
            and says_already(leg, reason="Autres incidents", qualified_at=contacts[0].qualified_at)
        )  # type: ignore[arg-type]
    # Told again is nothing; a cut before this register knew is nothing either.
    batches = Batch.objects.count()
    Contact.objects.filter(call_id="A1").update(to_tell=True, told_batch="")
    again = services.tell_facts(contract=mes, actor=ACTOR, at=START + timedelta(hours=3))
    assert (again.joined, again.waiting, Batch.objects.count()) == (1, 1, batches)
    assert Contact.objects.get(call_id="A1").told_batch
    assert qualified() == Fraction(2, 3)


def test_only_a_supervisor_tells_the_facts() -> None:
    mes = make_contract("mes", "SUPPORT")
    for role, status in ((Role.SUPERVISOR, 200), (Role.ADVISER, 403), (Role.BUYER_MANAGER, 403)):
        client = Client()
        client.force_login(person(role, on=mes))
        assert client.get("/marches/mes/bureau/joindre-aux-faits/").status_code == status
