"""The pages of the contract: who opens them, what they show, what they record."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from titulaire.contracts.models import Amendment, ReadingChange
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person

pytestmark = pytest.mark.django_db

ROOT = "/marches/cpam47/contrat/"
SIGNED = timezone.localdate() - timedelta(days=3)
COMING = timezone.localdate() + timedelta(days=60)


def client(role: Role = Role.VOUCHER_OPERATOR, on: Contract | None = None) -> Client:
    opened = Client()
    opened.force_login(person(role, on=on or contract()))
    return opened


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize("role", [Role.BUYER_MANAGER, Role.BUYER_READER, Role.SUPERVISOR, Role.AUDITOR])
@pytest.mark.parametrize("page", ["", "valeurs/face_value/", "lectures/", "avenants/", "clauses/"])
def test_both_sides_read_the_contract(role: Role, page: str) -> None:
    assert client(role).get(ROOT + page).status_code == 200


@pytest.mark.parametrize("role", [Role.BUYER_MANAGER, Role.AUDITOR])
@pytest.mark.parametrize("page", ["avenants/nouveau/", "lectures/refund_basis/changer/"])
def test_only_the_contractor_records(role: Role, page: str) -> None:
    opened = client(role)
    assert opened.get(ROOT + page).status_code == 403
    assert opened.post(ROOT + page, {}).status_code == 403


def test_the_terms_page_gives_each_value_its_clause_and_its_source() -> None:
    page = text(client().get(ROOT, {"q": "faciale"}))
    assert "10,00 €" in page and "T-2.2-valeur-faciale" in page and "§2.2" in page
    assert "Délai de livraison" not in page


def test_the_terms_can_be_taken_away() -> None:
    answer = client().get(ROOT, {"export": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    assert "face_value" in answer.getvalue().decode("utf-8-sig")


@pytest.mark.parametrize(
    "page",
    [
        "valeurs/answer_rate_target/",
        "lectures/widening_direction/",
        "clauses/S-9-penalites/",
        "clauses/T-0-rien/",
        "lectures/widening_direction/changer/",
    ],
)
def test_what_this_contract_does_not_have_is_not_found(page: str) -> None:
    assert client().get(ROOT + page).status_code == 404


def test_a_contract_without_a_terms_file_has_none_of_these_pages() -> None:
    other = contract("cpam99")
    opened = client(on=other)
    assert opened.get("/marches/cpam99/contrat/").status_code == 404
    assert opened.get("/marches/cpam99/contrat/avenants/nouveau/").status_code == 404


def test_the_other_contract_opens_too() -> None:
    mes = contract("mes", "SUPPORT")
    opened = client(Role.SUPERVISOR, on=mes)
    assert "Taux de décroché" in text(opened.get("/marches/mes/contrat/"))
    assert "ferme jusqu’au 8 novembre 2027" in text(opened.get("/marches/mes/contrat/"))
    for code in terms_of("mes").readings:
        assert opened.get(f"/marches/mes/contrat/lectures/{code}/").status_code == 200
    for name in terms_of("mes").terms:
        assert opened.get(f"/marches/mes/contrat/valeurs/{name}/").status_code == 200


def test_a_reading_shows_its_question_its_rival_and_what_to_ask() -> None:
    page = text(client().get(ROOT + "lectures/refund_basis/"))
    for sentence in ("au prorata des commandes", "Commandé moins payé", "Question à poser", "à confirmer"):
        assert sentence in page


def test_a_clause_shows_its_terms_and_its_rules() -> None:
    page = text(client().get(ROOT + "clauses/T-2.2-valeur-faciale/"))
    assert "Préavis d’un changement" in page and "Aucun écran" not in page
    support = client(Role.SUPERVISOR, on=contract("mes", "SUPPORT"))
    assert "Aucun écran" in text(support.get("/marches/mes/contrat/clauses/S-6-rse/"))


def amendment(**changes: Any) -> dict[str, Any]:
    lines = {
        f"valeurs-{line}-{field}": "" for line in range(5) for field in ("term", "from_on", "value", "note")
    }
    return {
        "number": "1",
        "title": "Valeur faciale",
        "signed_on": SIGNED.isoformat(),
        "document": SimpleUploadedFile("avenant.pdf", b"%PDF-1.7"),
        "valeurs-TOTAL_FORMS": "5",
        "valeurs-INITIAL_FORMS": "0",
        **lines,
        "valeurs-0-term": "face_value",
        "valeurs-0-from_on": COMING.isoformat(),
        "valeurs-0-value": "12,00 €",
        **changes,
    }


def test_an_amendment_is_recorded_and_shown() -> None:
    opened = client()
    answer = opened.post(ROOT + "avenants/nouveau/", amendment(), follow=True)
    page = text(answer)
    assert "L’avenant n° 1 est enregistré." in page and "12,00 €" in page
    recorded = Amendment.objects.get()
    assert recorded.document_name == "avenant.pdf"
    assert recorded.document_sha256 == hashlib.sha256(b"%PDF-1.7").hexdigest()
    assert terms_of("cpam47").amount("face_value", on=COMING) == Decimal("12.00")
    assert "à venir" in text(opened.get(ROOT + "valeurs/face_value/"))
    assert "12,00 €" in text(opened.get(ROOT, {"q": "valeur faciale"}))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"valeurs-0-value": "douze"}, "écrivez un montant, comme 12,50"),
        ({"valeurs-0-term": "refund_means", "valeurs-0-value": "espèces"}, "chèque, virement"),
        ({"valeurs-0-from_on": (SIGNED - timedelta(1)).isoformat()}, "avant la signature"),
        ({"signed_on": (timezone.localdate() + timedelta(1)).isoformat()}, "date de signature"),
        ({"valeurs-0-term": "", "valeurs-0-from_on": "", "valeurs-0-value": ""}, "au moins une valeur"),
        ({"document": ""}, "obligatoire"),
        ({"document": SimpleUploadedFile("avenant.exe", b"x")}, "n’est pas un fichier attendu"),
        (
            {
                "valeurs-1-term": "face_value",
                "valeurs-1-from_on": COMING.isoformat(),
                "valeurs-1-value": "13",
            },
            "a déjà une valeur à partir du",
        ),
    ],
)
def test_a_refused_amendment_says_how_to_mend_it(changes: dict[str, Any], sentence: str) -> None:
    answer = client().post(ROOT + "avenants/nouveau/", amendment(**changes))
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert not Amendment.objects.exists()


def test_the_same_amendment_twice_is_refused() -> None:
    opened = client()
    opened.post(ROOT + "avenants/nouveau/", amendment())
    later = (COMING + timedelta(days=30)).isoformat()
    answer = opened.post(ROOT + "avenants/nouveau/", amendment(**{"valeurs-0-from_on": later}))
    assert "déjà enregistré" in text(answer)
    assert Amendment.objects.count() == 1


def agreement(**changes: Any) -> dict[str, Any]:
    return {
        "option": "EXACT_DIFFERENCE",
        "from_on": COMING.isoformat(),
        "buyer_agreed_on": SIGNED.isoformat(),
        "contractor_agreed_on": SIGNED.isoformat(),
        "document": SimpleUploadedFile("accord.pdf", b"%PDF-1.7"),
        **changes,
    }


def test_another_reading_is_agreed() -> None:
    opened = client()
    page = text(opened.post(ROOT + "lectures/refund_basis/changer/", agreement(), follow=True))
    assert "La nouvelle lecture est enregistrée." in page and "à venir" in page
    assert terms_of("cpam47").reading("refund_basis", on=COMING) == "EXACT_DIFFERENCE"
    again = opened.post(ROOT + "lectures/refund_basis/changer/", agreement())
    assert again.status_code == 422 and "commence déjà" in text(again)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"option": "HALF"}, "Sélectionnez un choix valide"),
        ({"from_on": (SIGNED - timedelta(1)).isoformat()}, "jour de l’accord"),
        ({"buyer_agreed_on": date(2020, 1, 1).isoformat()}, "entre la notification"),
    ],
)
def test_a_refused_agreement_says_how_to_mend_it(changes: dict[str, Any], sentence: str) -> None:
    answer = client().post(ROOT + "lectures/refund_basis/changer/", agreement(**changes))
    assert answer.status_code == 422 and sentence in text(answer)
    assert not ReadingChange.objects.exists()
