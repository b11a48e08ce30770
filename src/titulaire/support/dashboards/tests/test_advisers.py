"""An adviser reads their own figures and nobody else's; the buyer reads no adviser at all."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from titulaire.contracts.queries import terms_as_signed
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.journal.models import Entry
from titulaire.support.dashboards.advisers import own_period
from titulaire.support.dashboards.figures import Figures
from titulaire.support.dashboards.models import AdviserNumber
from titulaire.support.dashboards.rules import Grain, Period, Span, Tie
from titulaire.support.dashboards.services import (
    NoLongerHeld,
    NotAnAdviser,
    NumberHeld,
    tie_adviser,
    untie_adviser,
)
from titulaire.support.dashboards.tests.opening import AT, BOARD, page
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row

APRIL, MAY, FIFTH, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 5, 5), date(2026, 6, 1)
OWN = f"{BOARD}mes-chiffres/"
NUMBERS = f"{BOARD}conseillers/numeros/"
WHOLE = Period(Grain.MONTH, MAY, JUNE)


@pytest.mark.parametrize(
    ("other", "meets"),
    [
        (Tie("C1", APRIL, MAY), False),  # ends the day the other begins
        (Tie("C1", APRIL, date(2026, 5, 2)), True),
        (Tie("C1", JUNE), False),
        (Tie("C1", date(2026, 5, 31)), True),
        (Tie("C1", APRIL), True),
        (Tie("C1", FIFTH, date(2026, 5, 6)), True),
    ],
)
def test_two_ties_meet_when_they_have_a_day_in_common(other: Tie, meets: bool) -> None:
    mine = Tie("C1", MAY, JUNE)
    assert (mine.meets(other), other.meets(mine)) == (meets, meets)


@pytest.mark.parametrize(
    ("tie", "span"),
    [
        (Tie("C1", FIFTH), Span("C1", FIFTH, JUNE)),
        (Tie("C1", APRIL, FIFTH), Span("C1", MAY, FIFTH)),
        (Tie("C1", APRIL, MAY), None),
        (Tie("C1", JUNE), None),
    ],
)
def test_a_tie_counts_over_its_own_days_of_a_period(tie: Tie, span: Span | None) -> None:
    assert tie.within(MAY, JUNE) == span


# Whose figures


@pytest.fixture
def slow(contract: Contract, tmp_path: Path) -> Contract:
    """May, where AGENT-0 takes one more call on the 6th, of 430 s where all the others took 250 s."""
    import_file(
        contract=contract,
        path=acd_csv(
            tmp_path / "suite.csv",
            [
                row(
                    appel="B1", arrivee="06/05/2026 10:00:00", decroche="", conseiller="AGENT-0",
                    conversation="0:06:10",
                )
            ],
        ),
        connector=find_connector("acd-csv"),
        actor="user:test",
        at=AT,
    )  # fmt: skip
    return contract


def tie(contract: Contract, user: User, number: str = "AGENT-0", since: date = MAY) -> AdviserNumber:
    return tie_adviser(contract=contract, user=user, number=number, since=since, actor="user:test", at=AT)


def read(user: User, address: str, status: int = 200) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.django_db
@pytest.mark.clause("S-3.3.2-volumes")
def test_an_adviser_reads_their_own_figures_beside_the_median_of_the_site(slow: Contract) -> None:
    adviser = person(Role.ADVISER, on=slow)
    tie(slow, adviser)
    shown = read(adviser, f"{OWN}?periode=2026-05")
    assert "Numéro AGENT-0" in shown and "340,00 s" in shown and "+90,00 s" in shown
    assert "Médiane des 6 conseillers du site NORD" in shown
    assert not any(f"AGENT-{n}" in shown for n in range(1, 8))
    assert "<svg" in shown and "Mise en attente moyenne" in shown


@pytest.mark.django_db
def test_nothing_in_the_address_opens_another_adviser(slow: Contract) -> None:
    adviser = person(Role.ADVISER, on=slow)
    tie(slow, adviser)
    asked = f"{OWN}?periode=2026-05&conseiller=AGENT-1&number=AGENT-1&user=1&par=conseiller"
    assert "340,00 s" in read(adviser, asked)
    for address in ("conseillers/", "conseillers/un/?conseiller=AGENT-0", "conseillers/numeros/", ""):
        read(adviser, f"{BOARD}{address}", 403)


@pytest.mark.django_db
def test_the_figures_of_who_held_the_number_before_are_not_shown(slow: Contract) -> None:
    adviser, earlier = person(Role.ADVISER, on=slow), person(Role.ADVISER, on=slow)
    held = tie(slow, earlier)
    untie_adviser(tie=held, until=date(2026, 5, 6), actor="user:test", at=AT)
    tie(slow, adviser, since=date(2026, 5, 6))
    assert "430,00 s" in read(adviser, f"{OWN}?periode=2026-05")
    shown = read(earlier, f"{OWN}?periode=2026-05")
    assert "250,00 s" in shown and "430,00 s" not in shown and "340,00 s" not in shown
    assert "Pas encore de chiffres" in read(adviser, f"{OWN}?periode=2026-05-04")


@pytest.mark.django_db
def test_who_changed_number_reads_both_each_over_its_days(slow: Contract) -> None:
    spans = [Span("AGENT-1", MAY, date(2026, 5, 6)), Span("AGENT-0", date(2026, 5, 6), JUNE)]
    found = own_period(Figures(slow, terms_as_signed("mes")), spans, WHOLE)
    handling = next(one for one in found.figures if one.result.indicator.code == "I7")
    assert (handling.result.exact, handling.median) == (Fraction(340), Fraction(250))
    assert found.hold is not None and found.hold.exact == 20


@pytest.mark.django_db
def test_too_few_advisers_have_no_median(slow: Contract) -> None:
    adviser = person(Role.ADVISER, on=slow)
    tie(slow, adviser, "AGENT-6")
    shown = read(adviser, f"{OWN}?periode=2026-05")
    assert "250,00 s" in shown and "médiane du site" not in shown and "à moins de 5" in shown


@pytest.mark.django_db
def test_an_adviser_without_number_is_told_whom_to_ask(slow: Contract) -> None:
    adviser = person(Role.ADVISER, on=slow)
    assert "votre superviseur peut le faire" in read(adviser, OWN)
    assert "Mes chiffres" in read(adviser, "/marches/mes/")


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_each_page_of_advisers_opens_to_its_roles_alone(slow: Contract, role: Role) -> None:
    tie(slow, person(Role.ADVISER, on=slow))
    supervisor = 200 if role is Role.SUPERVISOR else 403
    page(slow, OWN, role, 200 if role is Role.ADVISER else 403)
    for address in (
        f"{BOARD}conseillers/un/?conseiller=AGENT-0&periode=2026-05",
        f"{BOARD}conseillers/?periode=2026-05",
        NUMBERS,
        f"{NUMBERS}nouveau/",
        f"{NUMBERS}{AdviserNumber.objects.get().pk}/fin/",
    ):
        page(slow, address, role, supervisor)
    read_by = Entry.objects.filter(act="READ").count()
    assert read_by == (3 if role is Role.SUPERVISOR else 0)


@pytest.mark.django_db
def test_the_supervisor_reads_every_adviser_by_name(slow: Contract) -> None:
    adviser = person(Role.ADVISER, on=slow)
    tie(slow, adviser)
    listed = page(slow, f"{BOARD}conseillers/?periode=2026-05")
    assert str(adviser) in listed and "conseillers/un/?periode=2026-05&amp;conseiller=AGENT-0" in listed
    shown = page(slow, f"{BOARD}conseillers/un/?periode=2026-05&conseiller=AGENT-0")
    assert str(adviser) in shown and "340,00 s" in shown
    assert "250,00 s" in page(slow, f"{BOARD}conseillers/un/?periode=2026-05&conseiller=AGENT-3")
    page(slow, f"{BOARD}conseillers/un/?periode=2026-05", status=404)


# The act


@pytest.mark.django_db
def test_a_tie_is_in_the_journal_with_its_day(slow: Contract) -> None:
    adviser = person(Role.ADVISER, on=slow)
    held = tie(slow, adviser)
    untie_adviser(tie=held, until=FIFTH, actor="user:test", at=AT)
    said = list(Entry.objects.filter(act__in=("ADVISER_TIED", "ADVISER_UNTIED")).order_by("pk"))
    assert [(one.act, one.target, one.content.body["number"]) for one in said] == [
        ("ADVISER_TIED", adviser.actor, "AGENT-0"),
        ("ADVISER_UNTIED", adviser.actor, "AGENT-0"),
    ]
    assert said[1].content.body["until"] == "2026-05-05"
    with pytest.raises(NoLongerHeld):
        untie_adviser(tie=held, until=FIFTH, actor="user:test", at=AT)


@pytest.mark.django_db
def test_a_tie_ended_by_its_first_day_never_was(slow: Contract) -> None:
    untie_adviser(tie=tie(slow, person(Role.ADVISER, on=slow)), until=MAY, actor="user:test", at=AT)
    assert not AdviserNumber.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("since", [APRIL, MAY, FIFTH])
def test_a_number_is_one_persons_and_a_person_has_one_on_any_day(slow: Contract, since: date) -> None:
    first, second = person(Role.ADVISER, on=slow), person(Role.ADVISER, on=slow)
    tie(slow, first)
    for user, number in ((second, "AGENT-0"), (first, "AGENT-1")):
        with pytest.raises(NumberHeld):
            tie(slow, user, number, since)
    with pytest.raises(IntegrityError), transaction.atomic():
        AdviserNumber.objects.create(
            contract=slow, user=second, number="AGENT-0", since=JUNE, said_by="user:test", said_at=AT
        )


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.PLANNER, Role.BUYER_MANAGER])
def test_only_an_adviser_is_tied(slow: Contract, role: Role) -> None:
    with pytest.raises(NotAnAdviser):
        tie(slow, person(role, on=slow))


@pytest.mark.django_db
def test_the_supervisor_ties_and_unties_on_the_screen(slow: Contract) -> None:
    adviser, client = person(Role.ADVISER, on=slow), Client()
    client.force_login(person(Role.SUPERVISOR, on=slow))
    said = {"user": adviser.pk, "number": " AGENT-0 ", "since": "2026-05-01"}
    assert str(adviser) in client.get(NUMBERS).content.decode()
    assert client.post(f"{NUMBERS}nouveau/", said).status_code == 302
    again = client.post(f"{NUMBERS}nouveau/", said)
    assert again.status_code == 422 and "mettez-y fin" in again.content.decode()
    held = AdviserNumber.objects.get()
    assert client.post(f"{NUMBERS}{held.pk}/fin/", {"until": "2026-05-05"}).status_code == 302
    assert client.post(f"{NUMBERS}{held.pk}/fin/", {"until": "2026-05-06"}).status_code == 422
    assert AdviserNumber.objects.get().until == FIFTH
