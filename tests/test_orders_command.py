"""`titulaire orders …`, for people and for machines."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.utils import timezone

from titulaire.cli.orders import command
from titulaire.identity.models import Contract
from titulaire.journal.models import Entry
from titulaire.vouchers.orders import queries
from titulaire.vouchers.orders.models import Order, SourceFile
from titulaire.vouchers.orders.tests.factories import make_contract, make_order

pytestmark = pytest.mark.django_db

HEADINGS = "Référence;Nom;Prénom;Adresse 1;Code postal;Ville;Nombre de titres"
ROWS = [
    "B001;Landreau;Odile;14 rue des Tilleuls;47000;Agen;10",
    "B002;Bourdache;Émile;3 rue Haute;47300;Pujols;26",
]
BAD = ["B003;Tessonneau;Aïcha;1 rue Basse;4700;Agen;5", ";Cazevielle;Yann;2 rue Basse;47000;Agen;5"]


@pytest.fixture
def contract() -> Contract:
    return make_contract()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--contract", "cpam47"])


def write(folder: Path, *rows: str, name: str = "commande.csv", encoding: str = "utf-8") -> str:
    path = folder / name
    path.write_text("\n".join([HEADINGS, *rows]), encoding=encoding)
    return str(path)


def import_(path: str, *more: str) -> tuple[int, dict[str, Any]]:
    month = timezone.localdate().strftime("%Y-%m")
    answer = run("import", path, "--month", month, "--json", *more)
    return answer.exit_code, json.loads(answer.stdout)


@pytest.mark.clause("T-2.1.1.1-commande-mensuelle")
@pytest.mark.clause("T-2.1.1.1-transmission")
def test_a_good_file_becomes_an_order_and_twice_is_once(contract: Contract, tmp_path: Path) -> None:
    code, document = import_(write(tmp_path, *ROWS))
    order = Order.objects.get()
    assert code == 0
    assert (document["order"], document["accepted"], document["refused"]) == (order.number, 2, [])
    assert (document["booklets"], document["vouchers"], document["amount"]) == (3, 36, "360.00")
    assert document["ceiling_left"] == "249640.00" and not document["already_known"]
    again = write(tmp_path, *reversed(ROWS), name="autre.csv", encoding="cp1252")
    code, document = import_(again)
    assert (code, document["order"], document["already_known"]) == (0, order.number, True)
    assert Order.objects.count() == SourceFile.objects.count() == 1


def test_a_dry_run_orders_and_keeps_nothing(contract: Contract, tmp_path: Path) -> None:
    code, document = import_(write(tmp_path, *ROWS), "--dry-run")
    assert (code, document["order"], document["vouchers"]) == (0, None, 36)
    assert not Order.objects.exists() and not SourceFile.objects.exists() and not Entry.objects.exists()


@pytest.mark.clause("T-5.1-coherence")
def test_refused_rows_stop_the_order_and_can_be_left_out(contract: Contract, tmp_path: Path) -> None:
    path = write(tmp_path, *ROWS, *BAD)
    code, document = import_(path, "--refused-to", str(tmp_path / "refus.csv"))
    assert (code, document["order"], document["accepted"]) == (1, None, 2)
    assert [(refusal["row"], refusal["rule"]) for refusal in document["refused"]] == [
        (4, "POSTAL_CODE_INVALID"),
        (5, "REFERENCE_MISSING"),
    ]
    assert all(
        {"row", "column", "rule", "message", "mend"} <= refusal.keys() for refusal in document["refused"]
    )
    assert "Tessonneau" in (tmp_path / "refus.csv").read_text(encoding="utf-8-sig")
    assert not Order.objects.exists()
    code, document = import_(path, "--accept-partial")
    assert (code, document["order"]) == (0, Order.objects.get().number)


@pytest.mark.clause("T-1.1-plafond")
def test_a_file_past_the_ceiling_is_refused_whole(contract: Contract, tmp_path: Path) -> None:
    make_order(contract, lines=99, vouchers=250, month=timezone.localdate().replace(day=1), at=timezone.now())
    code, document = import_(write(tmp_path, *ROWS), "--accept-partial")
    assert code == 0, "247 500 € and 360 € fit"
    code, document = import_(
        write(tmp_path, *(f"C{n};Landreau;Odile;1 rue Basse;47000;Agen;250" for n in range(2)))
    )
    assert (code, document["order"]) == (2, None)
    assert [(refusal["row"], refusal["rule"]) for refusal in document["refused"]] == [(0, "CEILING")]
    assert document["ceiling_left"] == "2140.00"


def test_a_file_that_is_none_is_refused_whole(contract: Contract, tmp_path: Path) -> None:
    (tmp_path / "vide.csv").write_bytes(b"")
    code, document = import_(str(tmp_path / "vide.csv"))
    assert (code, document["order"]) == (2, None)
    assert [refusal["rule"] for refusal in document["refused"]] == ["FILE_EMPTY"]


def test_people_read_the_same_in_words(contract: Contract, tmp_path: Path) -> None:
    month = timezone.localdate().strftime("%Y-%m")
    answer = run("import", write(tmp_path, *ROWS, *BAD), "--month", month)
    assert answer.exit_code == 1
    assert "POSTAL_CODE" in answer.output and "36 titres" in answer.output.replace("\u00a0", " ")


def test_an_unknown_contract_or_order_is_refused_with_what_exists(contract: Contract) -> None:
    answer = CliRunner().invoke(command, ["list", "--contract", "cpam99", "--json"])
    assert answer.exit_code == 2 and "cpam47" in json.loads(answer.stdout)["error"]
    assert run("show", "2026-0001").exit_code == 2


@pytest.mark.clause("T-2.6-livraison-cpam")
def test_an_order_is_acknowledged_once_with_its_pdf(contract: Contract, tmp_path: Path) -> None:
    order = make_order(contract, at=timezone.now() - timedelta(days=1))
    for _ in range(2):
        answer = run("acknowledge", order.number, "--pdf", str(tmp_path / "a.pdf"), "--json")
        assert answer.exit_code == 0
    document = json.loads(answer.stdout)
    assert document["state"] == "ACKNOWLEDGED" and document["promised_on"] == document["due_on"]
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert Entry.objects.filter(act="ORDER_ACKNOWLEDGED").count() == 1


def test_an_order_is_cancelled_with_its_reason(contract: Contract) -> None:
    order = make_order(contract)
    assert run("cancel", order.number).exit_code == 2, "a reason is asked for"
    assert run("cancel", order.number, "--because", "doublon").exit_code == 0
    assert run("acknowledge", order.number).exit_code == 2
    assert str(queries.committed(contract)) == "0.00"


@pytest.mark.clause("T-2.4-non-identifies")
def test_booklets_without_name_are_placed_once_by_their_key(contract: Contract) -> None:
    month = timezone.localdate().strftime("%Y-%m")
    asked = ("place", "--month", month, "--booklets", "4", "--titles", "25", "--key", "stock")
    assert run(*asked).exit_code == 0
    assert json.loads(run(*asked, "--json").stdout)["already_known"]
    assert (Order.objects.get().vouchers, Order.objects.get().booklets) == (100, 4)
    assert run(*asked[:6], "26", "--key", "other").exit_code == 2


@pytest.mark.clause("T-2.3-calendrier")
def test_the_calendar_is_proposed_then_agreed_by_both(contract: Contract) -> None:
    assert run("calendar", "--year", "2027").exit_code == 2
    run("calendar", "--year", "2027", "--propose", "--agree", "buyer")
    document = json.loads(run("calendar", "--year", "2027", "--agree", "contractor", "--json").stdout)
    assert document["in_force"] and len(document["months"]) == 12
    assert document["months"][10]["delivery_on"].startswith("2027-12")


@pytest.mark.clause("T-2.2-valeur-faciale")
def test_the_face_value_changes_with_a_month_of_notice(contract: Contract) -> None:
    soon = (timezone.localdate() + timedelta(days=10)).isoformat()
    later = (timezone.localdate() + timedelta(days=40)).isoformat()
    assert run("face-value", "--to", "12,50", "--from", soon).exit_code == 2
    document = json.loads(run("face-value", "--to", "12,50", "--from", later, "--json").stdout)
    assert (document["today"], document["changes"][0]["value"]) == ("10.00", "12.50")


@pytest.mark.clause("T-2.1.5-espace-gestion")
def test_the_history_and_the_ceiling_are_taken_out(contract: Contract, tmp_path: Path) -> None:
    make_order(contract, month=date(2026, 10, 1))
    for name in ("h.csv", "h.xlsx"):
        assert run("history", str(tmp_path / name)).exit_code == 0
    assert "Bourdache" in (tmp_path / "h.csv").read_text(encoding="utf-8-sig")
    assert Entry.objects.filter(act="ORDER_HISTORY_EXTRACTED").count() == 2
    document = json.loads(run("ceiling", "--json").stdout)
    assert (document["committed"], document["left"]) == ("300.00", "249700.00")


def test_the_model_is_written_in_both_formats(contract: Contract, tmp_path: Path) -> None:
    for name in ("m.csv", "m.xlsx"):
        assert CliRunner().invoke(command, ["template", str(tmp_path / name)]).exit_code == 0
        assert (tmp_path / name).stat().st_size > 100
