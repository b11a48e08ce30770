"""`titulaire governance` and `titulaire meetings`: on both halves, the same acts as the pages."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core import mail
from django.utils import timezone

from titulaire.cli.main import main
from titulaire.governance.models import Contact, Evidence, Meeting, Notice
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person

pytestmark = pytest.mark.django_db
NAME = (
    "contacts",
    "name",
    "Yann Cazevielle",
    "--matter",
    "OPERATIONS",
    "--email",
    "yann@demo.example",
    "--phone",
)


@pytest.fixture(autouse=True)
def mes(tmp_path: Path, settings: Any) -> Contract:
    settings.DATA_DIR = tmp_path / "var"
    return contract("mes", "SUPPORT")


@pytest.fixture
def buyer(mes: Contract) -> User:
    return person(Role.BUYER_MANAGER, on=mes)


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    file = tmp_path / "attestation.pdf"
    file.write_bytes(b"%PDF-1.7 attestation")
    return file


def run(*words: object, code: int = 0) -> Any:
    result = CliRunner().invoke(main, [*map(str, words), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def govern(*words: object) -> Any:
    return run("governance", *words)


def refused(*words: object) -> str:
    return str(run(*words, code=2)["error"])


@pytest.mark.clause("T-3.1-referents")
def test_a_contact_is_named_replaced_and_ended() -> None:
    contract("cpam47")
    on = ("--contract", "cpam47")
    assert "OPERATIONS" in govern("contacts", "list", *on)["missing"]
    first = govern(*NAME, "05 53 00 00 00", "--since", "2026-01-05", *on)
    second = govern(*NAME, "05 53 00 00 01", "--since", "2026-02-05", "--replaces", first["number"], *on)
    assert Contact.objects.get(pk=first["number"]).until is not None
    assert "OPERATIONS" not in govern("contacts", "list", *on)["missing"]
    assert "premier jour" in refused(
        "governance", "contacts", "end", second["number"], "--on", "2026-02-05", *on
    )
    assert govern("contacts", "end", second["number"], "--on", "2026-03-05", *on)["until"] == "2026-03-05"
    assert "déjà cessé" in refused("governance", "contacts", "end", second["number"], *on)


@pytest.mark.clause("T-3.2-information")
def test_a_notice_is_sent_to_the_buyer_and_read_by_name(buyer: User, paper: Path) -> None:
    words = ("notices", "send", "Nouvelle mention", "--change", "REGULATION", "--text", "Elle change en mai.")
    sent = govern(*words, "--document", paper)
    assert (sent["sent"], sent["read"], [one.to for one in mail.outbox]) == (1, 0, [[buyer.email]])
    read = ("notices", "read", sent["number"], "--by", buyer.email)
    assert [govern(*read)["read"] for _ in range(2)] == [1, 1]
    assert "--by" in refused("governance", "notices", "read", sent["number"])
    assert "pas de rôle de l’acheteur" in refused("governance", *words, "--to", "autre@demo.example")
    assert Notice.objects.count() == 1


def test_a_paper_is_kept_with_the_end_that_the_law_gives_it(paper: Path) -> None:
    assert govern("papers", "list")["missing"] == ["VIGILANCE", "INSURANCE"]
    kept = govern(
        "papers", "keep", paper, "--kind", "VIGILANCE", "--title", "Vigilance", "--issued-on", "2026-01-15"
    )
    assert kept["last_on"] == "2026-07-14"
    today = f"{timezone.localdate()}"
    again = ("papers", "keep", paper, "--kind", "VIGILANCE", "--title", "Vigilance", "--issued-on", today)
    assert govern(*again, "--replaces", kept["number"])["validity"] == "VALID"
    assert "Renouvelle" in refused("governance", *again, "--replaces", kept["number"])
    assert govern("papers", "list")["missing"] == ["INSURANCE"]


@pytest.mark.clause("S-3.1-comptes-rendus", "S-3.1-comite-production", "T-4.3-reunions")
def test_a_committee_is_planned_held_written_answered_and_closed(buyer: User, tmp_path: Path) -> None:
    by = ("--by", buyer.email)
    now = timezone.localtime()
    made = run(
        "meetings",
        "plan",
        "PRODUCTION",
        "--at",
        f"{now - timedelta(hours=2):%Y-%m-%dT%H:%M}",
        "--place",
        "Visio",
    )
    number = made["number"]
    assert made["slot"].startswith("PRODUCTION-") and made["agenda"]
    assert run("meetings", "move", number, "--place", "Agen")["place"] == "Agen"
    held = ("meetings", "hold", number, "--ended", f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    assert "--buyer et --contractor" in refused(*held, "--buyer", "Odile Landreau")
    run(*held, "--buyer", "Odile Landreau, responsable", "--contractor", "Yann Cazevielle")
    text = tmp_path / "compte-rendu.txt"
    text.write_text("Production de la semaine : bonne.", "utf-8")
    assert run("meetings", "minutes", number, text)["minutes"]["approval"] == "AWAITED"
    assert "--by" in refused("meetings", "approve", number)
    assert run("meetings", "remark", number, "Il manque les actes.", *by)["minutes"]["approval"] == "REMARKS"
    assert "n’est pas encore remis ou validé" in refused("meetings", "close", number)
    run("meetings", "minutes", number, text)
    assert run("meetings", "approve", number, *by)["minutes"]["approval"] == "APPROVED"
    day = f"{timezone.localdate() + timedelta(days=7)}"
    decided = (
        "meetings",
        "decide",
        number,
        "Recompter",
        "--side",
        "CONTRACTOR",
        "--owner",
        "Yann Cazevielle",
    )
    assert run(*decided, "--due-on", day)["actions"][0]["state"] == "OPEN"
    assert run("meetings", "done", number, "1", "--outcome", "Fait")["state"] == "DONE"
    assert "déjà faite" in refused("meetings", "done", number, "1")
    assert run("meetings", "actions", "--open")["actions"] == []
    assert run("meetings", "close", number)["state"] == "CLOSED"
    assert run("meetings", "show", number, "--pdf", tmp_path / "cr.pdf")["versions"][1]["version"] == 2
    assert (tmp_path / "cr.pdf").read_bytes().startswith(b"%PDF")
    assert number in [one["meeting"] for one in run("meetings", "asked")["asked"]]
    assert [one["number"] for one in run("meetings", "list")["meetings"]] == [number]


@pytest.mark.parametrize(
    ("words", "how"),
    [
        (("governance", *NAME, "demain"), "Écrivez un numéro comme"),
        (("meetings", "show", "3"), "meetings list les donne"),
        (
            ("meetings", "plan", "FOLLOW_UP", "--at", "2026-05-04T10:00", "--place", "Agen"),
            "connues : PRODUCTION",
        ),
        (("meetings", "plan", "STEERING", "--at", "lundi", "--place", "Agen"), "une date et une heure comme"),
        (
            ("governance", "notices", "send", "Objet", "--change", "SERVICE", "--text", "Texte"),
            "identity grant",
        ),
    ],
)
def test_a_wrong_input_says_how_to_mend_it(words: tuple[str, ...], how: str) -> None:
    assert how in refused(*words)
    assert not Contact.objects.exists() and not Meeting.objects.exists() and not Notice.objects.exists()


def test_a_paper_of_the_future_is_refused(paper: Path) -> None:
    words = (
        "governance",
        "papers",
        "keep",
        paper,
        "--kind",
        "OTHER",
        "--title",
        "Pièce",
        "--issued-on",
        "2099-01-01",
    )
    assert "Cette date est à venir" in refused(*words)
    assert not Evidence.objects.exists()


def test_the_volumes_of_a_forecast_are_the_buyer_s(buyer: User, paper: Path) -> None:
    tomorrow = f"{timezone.localtime() + timedelta(days=1):%Y-%m-%dT%H:%M}"
    number = run("meetings", "plan", "FORECAST", "--at", tomorrow, "--place", "Visio")["number"]
    assert "--by" in refused("meetings", "volumes", number, paper)
    assert run("meetings", "volumes", number, paper, "--by", buyer.email)["files"][0]["purpose"] == "VOLUMES"
    assert run("meetings", "document", number, paper)["files"][1]["purpose"] == "SUPPORT"
    assert run("meetings", "cancel", number, "--reason", "Reportée")["state"] == "CANCELLED"
    assert "« annulée »" in refused("meetings", "cancel", number, "--reason", "Encore")
