"""The stop list leaves the house signed: anyone verifies it with the public keys alone."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from typing import Any

import pytest

from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.vouchers.issuing.codes import CodeContent, PublicKeys
from titulaire.vouchers.issuing.production import public_keys
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.issuing.signing import NoSigningKey, NotSigned, document_signer, read_signed
from titulaire.vouchers.issuing.tests.lives import issued_order, numbers, use
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract
from titulaire.vouchers.stops.listing import list_csv, signed_list
from titulaire.vouchers.stops.models import UseSearch
from titulaire.vouchers.stops.queries import NothingNamed, PlaceOfUse
from titulaire.vouchers.stops.rules import Designation, Selection
from titulaire.vouchers.stops.searching import PoliceReportMissing, answer_pdf, search_use
from titulaire.vouchers.stops.services import lift_stop
from titulaire.vouchers.stops.tests.factories import TODAY, WHEN, by_number, stop
from titulaire.vouchers.stops.tests.test_stops import NEXT

pytestmark = pytest.mark.django_db


@pytest.mark.clause("T-2.1.5-espace-gestion", "T-2.4-securite")
def test_the_list_is_verified_with_the_public_keys_and_no_letter_of_it_can_change() -> None:
    order = issued_order()
    stop(order.contract, Selection(Designation.ORDER, order.number))
    signed = signed_list(order.contract, since=None, at=NEXT)
    keys = public_keys(order.contract)
    document = read_signed(signed, keys)
    assert document["added"] == numbers(order) and document["version"] == 1 and document["since"] is None
    assert document["made_at"] == NEXT.isoformat()
    assert signed == signed_list(order.contract, since=None, at=NEXT)
    payload = json.loads(base64.urlsafe_b64decode(signed["payload"] + "=="))
    payload["added"] = payload["added"][1:]
    altered = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    for wrong, reason in (
        ({**signed, "payload": altered}, "FORGED"),
        ({**signed, "signature": signed["signature"][:-4] + "AAAA"}, "FORGED"),
        ({**signed, "signature": ""}, "FORGED"),
        ({"payload": signed["payload"]}, "NOT_A_DOCUMENT"),
        ({**signed, "protected": "e30"}, "NOT_A_DOCUMENT"),
        ({**signed, "payload": "bm90IGpzb24"}, "NOT_A_DOCUMENT"),
    ):
        with pytest.raises(NotSigned) as refused:
            read_signed(wrong, keys)
        assert refused.value.reason == reason
    with pytest.raises(NotSigned, match="UNKNOWN_KEY"):
        read_signed(signed, PublicKeys([]))


def test_a_key_that_signs_vouchers_signs_no_document_that_could_pass_for_one() -> None:
    order = issued_order()
    signer = document_signer(order.contract, on=TODAY)
    with pytest.raises(ValueError, match="header"):
        signer.sign_bytes(b"\x01" * 13)
    number = Number.parse(numbers(order)[0])
    voucher = order.issued_vouchers.order_by("serial")[0]
    assert signer.sign(CodeContent(number, voucher.face_value, voucher.last_valid_on)) == voucher.code


def test_a_contract_without_key_signs_nothing() -> None:
    with pytest.raises(NoSigningKey):
        signed_list(make_contract(), since=None, at=NEXT)


@pytest.mark.clause("T-2.1.5-espace-gestion")
def test_the_spreadsheet_tells_why_and_what_left_the_list() -> None:
    order = issued_order()
    own = numbers(order)
    made = stop(order.contract, by_number(own[0], own[1]))
    lift_stop(stop=made, reason="Retrouvé", actor=ACTOR, at=NEXT, numbers=[own[0]])
    lines = list_csv(order.contract, since=1, on=TODAY).decode("utf-8-sig").splitlines()
    assert [line.split(";")[:2] for line in lines[1:]] == [[own[0], "retrait"]]
    whole = list_csv(order.contract, since=None, on=TODAY).decode("utf-8-sig").splitlines()
    assert [line.split(";")[:4] for line in whole[1:]] == [[own[1], "ajout", "Perte", "OPP-2026-0001"]]


def search(order, selection: Selection, **wishes: Any) -> UseSearch:  # type: ignore[no-untyped-def]
    asked: dict[str, Any] = {
        "police_reference": "PV 2026/00123",
        "police_on": TODAY,
        "asked_for": "Service juridique",
        "request_key": "r",
        "actor": ACTOR,
        "at": NEXT,
        **wishes,
    }
    return search_use(contract=order.contract, selection=selection, **asked)


@pytest.mark.clause("T-2.6-lieu-utilisation")
def test_the_answer_tells_the_place_of_each_use_and_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    order = issued_order()
    own = numbers(order)
    use(own[:2])
    stop(order.contract, by_number(own[2], own[4]))
    key = order.issued_vouchers.get(number=own[0]).pk
    place = PlaceOfUse(WHEN, "Épicerie inventée", "12345678900011", "1 rue des Exemples, 47000 AGEN")
    monkeypatch.setattr("titulaire.vouchers.stops.queries._tellers", [lambda keys: {key: place}])
    found = search(order, Selection(Designation.ORDER, order.number))
    assert (found.number, found.vouchers, found.used) == ("REC-2026-0001", 10, 2)
    assert [row["state"] for row in found.findings] == ["USED"] * 2 + ["STOPPED"] * 3 + ["ISSUED"] * 5
    assert found.findings[0]["place"]["siret"] == "12345678900011" and found.findings[1]["place"] is None
    signed = read_signed(found.signature, public_keys(order.contract))
    assert signed["pdf_sha256"] == found.pdf_sha256 and signed["findings"] == found.findings
    pdf = files.read(found.pdf_sha256, contract=order.contract.code)
    found.refresh_from_db()
    assert answer_pdf(found) == pdf
    entry = Entry.objects.get(act="SEARCH_USE")
    assert entry.content.body["police_reference"] == "PV 2026/00123"
    if shutil.which("pdftotext"):
        said = subprocess.run(
            ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
        ).stdout
        for words in ("Épicerie inventée", "PV 2026/00123", "REC-2026-0001", "Lieu non communiqué", "Opposé"):
            assert words in said.decode()


@pytest.mark.clause("T-2.6-lieu-utilisation")
def test_without_a_police_report_nothing_is_told() -> None:
    order = issued_order()
    for reference in ("", "  "):
        with pytest.raises(PoliceReportMissing):
            search(order, Selection(Designation.ORDER, order.number), police_reference=reference)
    with pytest.raises(NothingNamed):
        search(order, Selection(Designation.BENEFICIARY, "inconnu"))
    assert not UseSearch.objects.exists() and not Entry.objects.filter(act="SEARCH_USE").exists()


@pytest.mark.clause("T-2.6-lieu-utilisation")
def test_an_answer_is_what_was_known_that_day() -> None:
    order = issued_order()
    selection = Selection(Designation.ORDER, order.number)
    first = search(order, selection)
    use(numbers(order)[:1])
    assert search(order, selection) == first
    again = search(order, selection, request_key="s")
    assert (again.number, again.used, first.used) == ("REC-2026-0002", 1, 0)
