"""The pages of orders: deposit, check, confirm, follow; wrong role, other tenant, twice."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.journal.models import Entry
from titulaire.vouchers.orders import deposits, queries, services, transmission
from titulaire.vouchers.orders.models import (
    DryRun,
    FaceValueChange,
    Order,
    OrderCalendar,
    SourceFile,
    TransmissionToken,
)
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract, make_order, make_person

pytestmark = pytest.mark.django_db

HEADINGS = "Référence;Civilité;Nom;Prénom;Adresse 1;Code postal;Ville;Nombre de titres;Mois;Livraison"


def line(reference: str, name: str, vouchers: str = "10", code: str = "47000") -> str:
    month = timezone.localdate().strftime("%m/%Y")
    return f"{reference};Mme;{name};Odile;14 rue des Tilleuls;{code};Agen;{vouchers};{month};Domicile"


GOOD = [("B001", "Landreau"), ("B002", "Tessonneau")]


def csv_of(*lines: str) -> bytes:
    return "\r\n".join([HEADINGS, *lines]).encode("utf-8-sig")


def good_file() -> bytes:
    return csv_of(*(line(reference, name) for reference, name in GOOD))


@pytest.fixture
def contract() -> Contract:
    return make_contract()


def signed_in(contract: Contract, role: Role = Role.BUYER_MANAGER) -> Client:
    client = Client()
    client.force_login(make_person(contract, role))
    return client


def address(name: str, *arguments: object) -> str:
    return reverse(name, args=["cpam47", *arguments])


def deposit(client: Client, data: bytes, name: str = "commande.csv", **fields: str) -> str:
    answer = client.post(address("order_upload"), {"file": SimpleUploadedFile(name, data), **fields})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return str(answer["Location"])


def text(answer: object) -> str:
    return answer.content.decode().replace("\u202f", " ").replace("\u00a0", " ")  # type: ignore[attr-defined]


@pytest.mark.clause("T-2.1.1.1-commande-mensuelle")
@pytest.mark.clause("T-2.1.5-espace-gestion")
def test_a_file_is_deposited_checked_and_confirmed_in_one_act(contract: Contract) -> None:
    client = signed_in(contract)
    check = deposit(client, good_file())
    page = text(client.get(check))
    assert "20 titres" in page and "200,00 €" in page and "249 800,00 €" in page
    assert not Order.objects.exists()
    answer = client.post(check)
    order = Order.objects.get()
    assert answer["Location"] == address("order_detail", order.number)
    assert (order.vouchers, order.source.name) == (20, "commande.csv")
    assert client.post(check)["Location"] == address("order_detail", order.number)
    assert Order.objects.count() == 1


@pytest.mark.clause("T-2.1.1.1-commande-mensuelle")
def test_the_same_file_renamed_and_re_encoded_leads_to_the_same_order(contract: Contract) -> None:
    client = signed_in(contract)
    client.post(deposit(client, good_file()))
    order = Order.objects.get()
    lines = good_file().decode("utf-8-sig").split("\r\n")
    other = "\n".join([lines[0], lines[2], lines[1]]).encode("cp1252")
    check = deposit(client, other, "copie.csv")
    assert f"commande {order.number}" in text(client.get(check))
    client.post(check)
    assert Order.objects.count() == 1


@pytest.mark.clause("T-5.1-coherence")
def test_refused_rows_are_explained_and_given_back_to_correct(contract: Contract) -> None:
    client = signed_in(contract)
    data = csv_of(
        line("B001", "Landreau"), line("B002", "Tessonneau", "dix"), line("B003", "Bourdache", code="4700")
    )
    check = deposit(client, data)
    page = text(client.get(check))
    assert "2 lignes refusées" in page and "« dix » n’est pas un nombre entier." in page
    refused = client.post(check)
    assert refused.status_code == 200 and not Order.objects.exists()
    assert "Cochez cette case" in text(refused)
    token = DryRun.objects.get().token
    for extension, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
        answer = client.get(address("order_refused", token, extension))
        assert answer.status_code == 200 and answer.content.startswith(start)
    assert Entry.objects.filter(act="READ").count() == 2
    client.post(check, {"accept_partial": "on"})
    order = Order.objects.get()
    assert (order.vouchers, order.rows_refused) == (10, 2)


@pytest.mark.clause("T-1.1-plafond")
def test_a_file_past_the_ceiling_is_refused_whole_with_what_is_left(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace
    from decimal import Decimal

    terms = replace(queries.order_terms(contract, on=timezone.localdate()), ceiling=Decimal("199.99"))
    monkeypatch.setattr(queries, "order_terms", lambda contract, *, on: terms)
    client = signed_in(contract)
    check = deposit(client, good_file())
    page = text(client.get(check))
    assert "il reste 199,99 €" in page and "Confirmer la commande" not in page
    client.post(check)
    assert not Order.objects.exists()


def test_people_already_served_are_shown_and_need_a_word(contract: Contract) -> None:
    client = signed_in(contract)
    client.post(deposit(client, good_file()))
    check = deposit(client, csv_of(line("B001", "Landreau", "5"), line("B004", "Cazevielle")))
    assert "Personnes déjà servies" in text(client.get(check))
    client.post(check)
    assert Order.objects.count() == 1
    client.post(check, {"accept_repeats": "on"})
    assert Order.objects.count() == 2


def test_columns_with_unknown_headings_are_told_once(contract: Contract) -> None:
    client = signed_in(contract)
    odd = "Code;Famille;Petit nom;Chemin;CP;Bourg;Nb\r\nB001;Landreau;Odile;14 rue des Tilleuls;47000;Agen;10"
    check = deposit(client, odd.encode())
    columns = client.get(check)["Location"]
    assert columns.endswith("/colonnes/")
    assert "n’ont pas été reconnues" in text(client.get(columns))
    chosen = {
        "reference": "Code",
        "last_name": "Famille",
        "first_name": "Petit nom",
        "address_1": "Chemin",
        "postal_code": "CP",
        "city": "Bourg",
        "vouchers": "Nb",
    }
    missing = client.post(columns, chosen)
    assert missing.status_code == 200, "no month yet"
    month = timezone.localdate().strftime("%Y-%m")
    assert client.post(columns, {**chosen, "default_month": month})["Location"] == check
    assert "10 titres" in text(client.get(check))
    again = deposit(client, odd.replace(";10", ";12").encode(), month=month)
    assert "12 titres" in text(client.get(again)), "the columns are known now"


def test_two_fields_cannot_share_a_column(contract: Contract) -> None:
    client = signed_in(contract)
    check = deposit(client, b"Code;Famille;Petit nom\r\nB001;Landreau;Odile")
    answer = client.post(client.get(check)["Location"], {"reference": "Code", "last_name": "Code"})
    assert "est choisie pour deux données" in text(answer)


def test_an_examination_lapses_and_its_file_must_be_deposited_again(contract: Contract) -> None:
    client = signed_in(contract)
    check = deposit(client, good_file())
    DryRun.objects.update(created_at=timezone.now() - timedelta(days=3), expires_at=timezone.now())
    assert client.get(check)["Location"] == address("order_upload")
    assert client.post(check)["Location"] == address("order_upload")
    assert not Order.objects.exists()


@pytest.mark.parametrize("data", [b";;;\n", b"\x00\x01\x02", b"PK\x03\x04broken"])
def test_a_file_that_is_none_is_refused_with_a_reason_and_not_kept(contract: Contract, data: bytes) -> None:
    client = signed_in(contract)
    answer = client.post(address("order_upload"), {"file": SimpleUploadedFile("c.csv", data)})
    assert answer.status_code == 200 and "Une réponse est à corriger" in text(answer)
    assert not SourceFile.objects.exists() and not Entry.objects.exists()


def test_a_file_that_holds_social_security_numbers_is_refused_and_not_kept(contract: Contract) -> None:
    client = signed_in(contract)
    data = good_file().replace("Référence".encode(), b"NIR").replace(b"B001", b"285054712345659")
    answer = client.post(address("order_upload"), {"file": SimpleUploadedFile("c.csv", data)})
    assert "numéros de sécurité sociale" in text(answer)
    assert not SourceFile.objects.exists() and not Entry.objects.exists()


def test_a_file_of_another_kind_is_refused_at_the_door(contract: Contract) -> None:
    client = signed_in(contract)
    answer = client.post(address("order_upload"), {"file": SimpleUploadedFile("c.pdf", b"%PDF-1.7")})
    assert "n’est pas un fichier attendu" in text(answer)
    assert not SourceFile.objects.exists()


@pytest.mark.parametrize("role", [Role.BUYER_READER, Role.AUDITOR])
def test_readers_read_orders_and_neither_order_nor_see_names(contract: Contract, role: Role) -> None:
    order = make_order(contract)
    client = signed_in(contract, role)
    for name in ("order_list", "order_calendar", "face_value", "ceiling"):
        assert client.get(address(name)).status_code == 200
    page = client.get(address("order_detail", order.number))
    assert page.status_code == 200 and "Bourdache" not in text(page) and "TILLEULS" not in text(page)
    for name in ("order_upload", "order_adhoc", "face_value_change", "transmission_keys", "order_history"):
        assert client.get(address(name)).status_code == 403
    for name in ("order_people", "order_cancel", "order_acknowledge"):
        assert client.get(address(name, order.number)).status_code == 403


def test_names_are_shown_on_a_page_apart_and_its_reading_is_recorded(contract: Contract) -> None:
    order = make_order(contract)
    client = signed_in(contract)
    assert "Bourdache" in text(client.get(address("order_people", order.number)))
    assert Entry.objects.get(act="READ").target.endswith("/beneficiaires/")


def test_another_tenant_does_not_see_that_an_order_exists(contract: Contract) -> None:
    order = make_order(contract)
    token = deposits.open_dry_run(
        contract=contract, data=good_file(), name="f.csv", actor=ACTOR, at=timezone.now()
    ).token
    other = make_contract("autre")
    client = signed_in(other)
    assert client.get(address("order_detail", order.number)).status_code == 404
    for path in (
        reverse("order_detail", args=["autre", order.number]),
        reverse("order_people", args=["autre", order.number]),
        reverse("order_check", args=["autre", token]),
        reverse("order_refused", args=["autre", token, "csv"]),
    ):
        assert client.get(path).status_code == 404, path


def test_a_stranger_signs_in_first(contract: Contract) -> None:
    answer = Client().get(address("order_list"))
    assert answer.status_code == 302 and "/compte/login/" in answer["Location"]


@pytest.mark.clause("T-2.6-livraison-cpam")
def test_the_operator_acknowledges_and_the_buyer_downloads_the_proof(contract: Contract) -> None:
    order = make_order(contract, at=timezone.now(), month=timezone.localdate().replace(day=1))
    operator, buyer = signed_in(contract, Role.VOUCHER_OPERATOR), signed_in(contract)
    assert buyer.get(address("order_acknowledge", order.number)).status_code == 403
    assert buyer.get(address("order_acknowledgement", order.number)).status_code == 404
    path = address("order_acknowledge", order.number)
    assert operator.get(path).status_code == 200
    wrong = operator.post(path, {"acknowledged_on": "2001-01-01"})
    assert "jour de la commande" in text(wrong)
    operator.post(path, {"acknowledged_on": timezone.localdate().isoformat()})
    order.refresh_from_db()
    assert order.state == "ACKNOWLEDGED"
    answer = buyer.get(address("order_acknowledgement", order.number))
    assert answer.content.startswith(b"%PDF") and answer["Content-Type"] == "application/pdf"
    page = text(buyer.get(address("order_detail", order.number)))
    assert "Livraison promise" in page and "T-2.6-livraison-cpam" in page


def test_only_the_buyer_cancels_and_says_why(contract: Contract) -> None:
    order = make_order(contract)
    path = address("order_cancel", order.number)
    assert signed_in(contract, Role.VOUCHER_OPERATOR).get(path).status_code == 403
    buyer = signed_in(contract)
    assert buyer.post(path, {"because": "erreur"}).status_code == 200
    buyer.post(path, {"because": "erreur", "meant": "on"})
    order.refresh_from_db()
    assert (order.state, order.cancelled_because) == ("CANCELLED", "erreur")


def adhoc(**fields: str) -> dict[str, str]:
    month = timezone.localdate().strftime("%Y-%m")
    return {
        "month": month,
        "request_key": "k1",
        "people-TOTAL_FORMS": "1",
        "people-INITIAL_FORMS": "0",
        "people-0-delivery": "HOME",
        **fields,
    }


PERSON = {
    "people-0-reference": "B777",
    "people-0-civility": "Mme",
    "people-0-last_name": "Tessonneau",
    "people-0-first_name": "Aïcha",
    "people-0-address_1": "4 rue Basse",
    "people-0-postal_code": "47000",
    "people-0-city": "Agen",
    "people-0-vouchers": "7",
}


@pytest.mark.clause("T-2.1.1.2-commande-ponctuelle")
@pytest.mark.clause("T-2.4-non-identifies")
def test_an_adhoc_order_mixes_people_and_booklets_without_name_once(contract: Contract) -> None:
    client = signed_in(contract)
    for _ in range(2):
        client.post(address("order_adhoc"), adhoc(**PERSON, booklets="2", titles="25"))
    order = Order.objects.get()
    assert (order.kind, order.vouchers, order.booklets) == ("ADHOC", 57, 3)
    named, *unnamed = order.lines.all()
    assert named.address[-1] == "47000 AGEN" and named.address[1] == "4 RUE BASSE"
    assert [(each.vouchers, each.delivery) for each in unnamed] == [(25, "CPAM"), (25, "CPAM")]


@pytest.mark.clause("T-2.1.1.2-commande-ponctuelle")
def test_an_adhoc_order_is_refused_by_the_rules_of_the_file_beside_each_field(contract: Contract) -> None:
    client = signed_in(contract)
    wrong = {**PERSON, "people-0-vouchers": "dix", "people-0-postal_code": "4700"}
    page = text(client.post(address("order_adhoc"), adhoc(**wrong)))
    assert "« dix » n’est pas un nombre entier." in page and "2 réponses sont à corriger" in page
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Indiquez au moins un bénéficiaire"),
        ({"booklets": "3"}, "nombre de titres de chaque carnet"),
        ({"titles": "3"}, "Indiquez le nombre de carnets"),
        ({"booklets": "1", "titles": "26"}, "25"),
    ],
)
def test_an_adhoc_order_without_substance_is_refused(
    contract: Contract, fields: dict[str, str], said: str
) -> None:
    client = signed_in(contract)
    assert said in text(client.post(address("order_adhoc"), adhoc(**fields)))
    assert not Order.objects.exists()


def test_more_lines_keep_what_was_typed_and_order_nothing(contract: Contract) -> None:
    client = signed_in(contract)
    page = text(client.post(address("order_adhoc"), adhoc(**PERSON, add_lines="1")))
    assert 'value="Tessonneau"' in page and 'name="people-3-last_name"' in page
    assert not Order.objects.exists()


@pytest.mark.clause("T-2.3-calendrier")
def test_each_party_agrees_to_the_calendar_for_its_own_side(contract: Contract) -> None:
    operator, buyer = signed_in(contract, Role.VOUCHER_OPERATOR), signed_in(contract)
    year = timezone.localdate().year + 1
    propose = address("order_calendar_propose", year)
    page = operator.get(propose)
    form = page.context["months"]
    data = {"mois-TOTAL_FORMS": "12", "mois-INITIAL_FORMS": "12"}
    for number, each in enumerate(form.forms):
        for name in ("order_by_on", "delivery_on"):
            data[f"mois-{number}-{name}"] = each.initial[name].isoformat()
    broken = operator.post(propose, {**data, "mois-3-delivery_on": data["mois-3-order_by_on"]})
    assert "Une livraison est prévue avant" in text(broken)
    assert operator.post(propose, data).status_code == 302
    agree = address("order_calendar_agree", year, 1)
    operator.post(agree)
    assert queries.calendar_in_force(contract, year) is None
    buyer.post(agree)
    assert queries.calendar_in_force(contract, year) == OrderCalendar.objects.get()
    shown = text(buyer.get(address("order_calendar") + f"?annee={year}"))
    assert "En vigueur" in shown and f"Novembre {year}" in shown
    assert buyer.get(address("order_calendar") + "?annee=9999999").status_code == 200


@pytest.mark.clause("T-2.2-valeur-faciale")
def test_only_the_buyer_changes_the_face_value_with_its_notice(contract: Contract) -> None:
    path = address("face_value_change")
    assert signed_in(contract, Role.VOUCHER_OPERATOR).get(path).status_code == 403
    buyer, today = signed_in(contract), timezone.localdate()
    asked = {"value": "12,50", "requested_on": today.isoformat()}
    page = buyer.post(path, {**asked, "effective_on": (today + timedelta(days=20)).isoformat()})
    assert "Le préavis est d’un mois" in text(page)
    buyer.post(path, {**asked, "effective_on": (today + timedelta(days=40)).isoformat()})
    assert str(FaceValueChange.objects.get().value) == "12.50"
    assert "À venir" in text(buyer.get(address("face_value")))


@pytest.mark.clause("T-2.1.5-espace-gestion")
@pytest.mark.clause("T-3.3-tracabilite")
def test_the_history_is_taken_out_whole_and_says_so_in_the_journal(contract: Contract) -> None:
    make_order(contract, unnamed=1)
    client = signed_in(contract)
    period = {"since": "2026-10-15", "until": "2026-10-31"}
    assert "L’extraction est prête" in text(client.get(address("order_history"), period))
    answer = client.get(address("order_history_file", "csv"), period)
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 5 and "Bourdache" in lines[1] and "TILLEULS" in lines[1]
    assert Entry.objects.filter(act="READ").count() == 1
    assert client.get(address("order_history_file", "xlsx"), period).content.startswith(b"PK")
    assert client.get(address("order_history_file", "exe"), period).status_code == 404
    assert client.get(address("order_history_file", "csv")).status_code == 400


@pytest.mark.clause("T-2.1.5-espace-gestion")
def test_the_list_is_filtered_searched_and_exported(contract: Contract) -> None:
    make_order(contract, key="a")
    order = make_order(contract, key="b", lines=1)
    services.cancel_order(order=order, because="doublon", actor=ACTOR, at=timezone.now())
    client = signed_in(contract)
    assert "1 commande" in text(client.get(address("order_list"), {"etat": "CANCELLED"}))
    assert "1 commande" in text(client.get(address("order_list"), {"q": "B00003"}))
    csv = client.get(address("order_list"), {"export": "csv"}).content.decode("utf-8-sig")
    assert "2026-0001" in csv and "Annulée" in csv
    assert client.get(address("order_list"), {"export": "xlsx"}).content.startswith(b"PK")


@pytest.mark.clause("T-1.1-plafond")
def test_the_gauge_says_what_is_committed_and_left(contract: Contract) -> None:
    make_order(contract, lines=2, vouchers=100)
    page = text(signed_in(contract).get(address("ceiling")))
    assert "2 000" in page and "248 000,00 €" in page


def api(secret: str, data: bytes, **asked: str) -> object:
    return Client(enforce_csrf_checks=True).post(
        reverse("order_transmit", args=["cpam47"]) + "?" + "&".join(f"{k}={v}" for k, v in asked.items()),
        data,
        content_type="text/csv",
        headers={"Authorization": f"Bearer {secret}"},
    )


@pytest.mark.clause("T-2.1.1.1-transmission")
def test_software_transmits_a_file_with_a_key_and_twice_is_once(contract: Contract) -> None:
    client = signed_in(contract)
    page = client.post(address("transmission_keys"), {"label": "Logiciel"})
    secret = page.context["secret"]
    assert secret in text(page) and secret not in text(client.get(address("transmission_keys")))
    tried = api(secret, good_file(), dry_run="1")
    assert tried.status_code == 200 and json.loads(tried.content)["order"] is None  # type: ignore[attr-defined]
    first = api(secret, good_file(), name="a.csv")
    again = api(secret, good_file(), name="b.csv")
    assert (first.status_code, again.status_code) == (201, 200)  # type: ignore[attr-defined]
    document = json.loads(again.content)  # type: ignore[attr-defined]
    assert document["already_known"] and document["order"] == Order.objects.get().number
    bad = api(secret, csv_of(line("B009", "Landreau", "dix")))
    assert bad.status_code == 422 and json.loads(bad.content)["refused"]  # type: ignore[attr-defined]
    token = TransmissionToken.objects.get()
    client.post(address("transmission_key_revoke", token.pk))
    assert api(secret, good_file()).status_code == 401  # type: ignore[attr-defined]
    assert api("wrong", good_file()).status_code == 401  # type: ignore[attr-defined]
    assert Client().get(reverse("order_transmit", args=["cpam47"])).status_code == 405


@pytest.mark.clause("T-2.1.1.1-transmission")
def test_a_key_opens_its_own_contract_alone(contract: Contract) -> None:
    make_contract("autre")
    _, secret = transmission.create_transmission_token(
        contract=contract, label="x", actor=ACTOR, at=timezone.now()
    )
    answer = Client().post(
        reverse("order_transmit", args=["autre"]),
        good_file(),
        content_type="text/csv",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 401


def test_the_models_are_files_that_the_product_itself_reads(contract: Contract, tmp_path: Path) -> None:
    client = signed_in(contract)
    for extension in ("csv", "xlsx"):
        data = client.get(address("order_template", extension)).content
        file = queries.read_file(contract, data, f"modele.{extension}")
        assert not file.missing_fields and io.BytesIO(data).read()
    assert client.get(address("order_template", "exe")).status_code == 404


def test_every_figure_of_an_order_is_explained(contract: Contract) -> None:
    from titulaire.vouchers.orders.explanations import explanations_of

    order = make_order(
        contract, month=date(2026, 11, 1), at=timezone.now().replace(year=2026, month=10, day=30)
    )
    services.acknowledge_order(order=order, actor=ACTOR, at=timezone.now(), acknowledged_on=date(2026, 11, 2))
    found = {each.label: each for each in explanations_of(order)}
    assert found["Millésime"].value == "2027"
    assert "le millésime 2026" in found["Millésime"].rival
    assert found["Valeur faciale"].facts[0] == ("Source", "§2.2")
    delivery = found["Livraison promise"]
    assert "Armistice" in dict(delivery.facts)["Jours fériés passés"]
    assert delivery.value == "mardi 17\u00a0novembre 2026"
    assert "le 16\u00a0novembre 2026" in delivery.rival
