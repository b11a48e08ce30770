"""The tables of `ui` over real rows: the database filters, sorts and pages."""

import pytest
from django.test import RequestFactory
from django.utils import timezone

from titulaire.identity.models import Organisation, User
from titulaire.ui.tables import Choice, Column, Period, Search, Table


@pytest.fixture
def people(db):
    at = timezone.now()
    firms = [
        Organisation.objects.create(code=code, name=name) for code, name in (("a", "Alpha"), ("b", "Bêta"))
    ]
    for number in range(60):
        User.objects.create(
            email=f"personne{number}@exemple.example",
            first_name="Camille",
            last_name=f"Nom{number:02d}",
            organisation=firms[number % 2],
            created_at=at,
            last_login=at if number % 3 else None,
        )
    return User.objects.select_related("organisation")


def people_table(query: str, rows) -> Table:
    return Table(
        RequestFactory().get(f"/personnes/{query}"),
        rows,
        caption="Personnes",
        columns=[
            Column("last_name", "Nom", sort="last_name"),
            Column("firm", "Organisation", value="organisation.name", sort="organisation__name"),
            Column("last_login", "Dernière connexion", kind="instant", sort="last_login"),
        ],
        filters=[
            Search("last_name", "organisation__name"),
            Choice("firme", "Organisation", [("a", "Alpha"), ("b", "Bêta")], field="organisation__code"),
            Period("vue", "Vue", field="last_login", instants=True),
        ],
    )


def test_a_queryset_is_filtered_sorted_and_paged_by_the_database(people, django_assert_num_queries):
    table = people_table("?q=nom bêta&firme=b&tri=-last_name", people)
    with django_assert_num_queries(2):
        page = str(table)
    assert "Nom59" in page
    assert table.count == 30


def test_the_unknown_comes_last_both_ways(people):
    for query in ("?tri=last_login", "?tri=-last_login"):
        rows = list(people_table(query, people).filtered)
        assert rows[-1].last_login is None and rows[0].last_login is not None


def test_instants_are_filtered_by_their_day_in_paris(people):
    today = timezone.localdate().isoformat()
    assert people_table(f"?vue_du={today}&vue_au={today}", people).count == 40
