"""The commands of the network say what the screens say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from titulaire.cli import network, remittances, vouchers
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.network.payment import set_paying_account
from titulaire.vouchers.network.tests.factories import AT, IBAN, make_affiliate, make_vouchers, siret
from titulaire.vouchers.network.tests.test_scans import file_of, title
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract

pytestmark = pytest.mark.django_db


def run(group: object, *words: str) -> Result:
    return CliRunner().invoke(group, list(words))  # type: ignore[arg-type]


def ready(count: int = 3) -> list[Voucher]:
    make_affiliate()
    found = make_vouchers(count)
    Voucher.objects.update(valid_from_on="2020-01-01")
    return found


def send(path: Path, *more: str) -> Result:
    words = ("import", str(path), "--affiliate", siret(), "--contract", "cpam47", *more)
    return run(remittances.command, *words)


@pytest.mark.clause("T-1.1-reseau")
def test_a_list_is_remitted_once_and_told_line_by_line(tmp_path: Path) -> None:
    found = ready()
    path = tmp_path / "titres.csv"
    path.write_text("Numéro\n" + "\n".join([*(one.number for one in found), "123456789012345"]))
    first = send(path, "--json")
    said = json.loads(first.output)
    assert (first.exit_code, said["accepted"], said["amount"]) == (1, 3, "30")
    assert said["verdicts"] == {"UNKNOWN": 1, "VALID": 3}
    assert [one["verdict"] for one in said["vouchers"]] == ["VALID", "VALID", "VALID", "UNKNOWN"]
    again = json.loads(send(path, "--json").output)
    assert (again["already_known"], again["remittance"]) == (True, said["remittance"])
    assert "Déjà connue" in send(path).output


def test_a_scan_is_read_and_remitted(tmp_path: Path) -> None:
    found = ready(2)
    path = tmp_path / "lot.tiff"
    path.write_bytes(file_of([title(one.code) for one in found], "TIFF"))
    said = json.loads(send(path, "--json").output)
    assert (said["channel"], said["accepted"], [one["page"] for one in said["vouchers"]]) == (
        "SCAN",
        2,
        [1, 2],
    )


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [("a.csv", b"Client\nx", "NO_COLUMN"), ("b.pdf", b"x", "NOT_A_SCAN"), ("c.csv", b"\n", "EMPTY")],
)
def test_an_unreadable_file_is_refused_whole(tmp_path: Path, name: str, content: bytes, rule: str) -> None:
    ready(1)
    path = tmp_path / name
    path.write_bytes(content)
    answer = send(path, "--json")
    assert (answer.exit_code, json.loads(answer.output)["rule"]) == (2, rule)


@pytest.mark.clause("T-1.1-reseau", "T-3.3-tracabilite")
def test_a_voucher_is_followed_from_its_order_to_its_payment(tmp_path: Path) -> None:
    (voucher,) = ready(1)
    path, out = tmp_path / "titres.csv", tmp_path / "virements.xml"
    path.write_text(voucher.number)
    send(path)
    refused = run(network.command, "pay", "--contract", "cpam47", "--out", str(out), "--json")
    assert json.loads(refused.output)["rule"] == "NO_ACCOUNT"
    set_paying_account(contract=make_contract(), name="Émetteur", iban=IBAN, bic="", actor=ACTOR, at=AT)
    paid = json.loads(run(network.command, "pay", "--contract", "cpam47", "--out", str(out), "--json").output)
    assert (paid["vouchers"], paid["amount"]) == (1, "10") and b"pain.001.001.09" in out.read_bytes()
    life = json.loads(run(vouchers.command, "show", voucher.number, "--json").output)
    assert [step["to"] for step in life["moves"]] == ["USED", "PAID"]
    assert (life["state"], life["use"]["affiliate"], life["use"]["paid_by"]) == ("PAID", siret(), paid["run"])
    assert life["order"]["number"] == voucher.order.number
    assert "remittance:R" in run(vouchers.command, "show", voucher.number).output
    assert run(vouchers.command, "show", "123", "--json").exit_code == 2


def test_the_shops_are_listed() -> None:
    ready(1)
    said = json.loads(run(network.command, "affiliates", "--contract", "cpam47", "--json").output)
    assert [one["siret"] for one in said] == [siret()] and "iban" not in said[0]
    assert siret() in run(network.command, "affiliates", "--contract", "cpam47", "--place", "Agen").output
