"""`titulaire exchange`: May of the support contract, from the proposal to the credit note."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from titulaire.billing.models import Document
from titulaire.cli.main import main
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.penalties.models import PenaltyProposal
from titulaire.support.penalties.tests.conftest import billed, support

pytestmark = pytest.mark.django_db
__all__ = ["billed", "support"]
PROPOSE = ("propose", "2026-05", "--invoice-phone", "100000.00", "--invoice-forms", "20000.00")


@pytest.fixture
def buyer(support: Contract) -> User:
    return person(Role.BUYER_MANAGER, on=support)


@pytest.fixture
def supervisor(support: Contract) -> User:
    return person(Role.SUPERVISOR, on=support)


def run(*words: object, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["exchange", *map(str, words), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def refused(*words: object) -> str:
    return str(run(*words, code=2)["error"])


@pytest.mark.clause("S-9-penalites", "S-9-plafond")
def test_a_month_is_proposed_discussed_decided_and_credited(
    billed: Document, buyer: User, supervisor: User, tmp_path: Path
) -> None:
    theirs, ours = ("--by", buyer.email), ("--by", supervisor.email)
    proposed = run("propose", "2026-05", *ours)
    assert (proposed["reference"], proposed["proposed"], proposed["state"]) == (
        "2026-05-v1",
        "2000.00",
        "OPEN",
    )
    (listed,) = run("list")["exchanges"]
    assert listed["next"]["who"] == "CONTRACTOR" and listed["next"]["key"] == "REMARKS"
    paper = tmp_path / "preuve.txt"
    paper.write_text("Preuve")
    run("remark", "2026-05", "Une grève des transports", "--line", "p3", "--document", paper, *ours)
    said = run("remark", "2026-05", "Nous en tiendrons compte", *theirs)["remarks"]
    assert [(one["side"], one["line"], one["file"]) for one in said] == [
        ("CONTRACTOR", "P3", "preuve.txt"),
        ("BUYER", "", None),
    ]
    assert "exchange decide" in refused("close", "2026-05", *theirs)
    decided = ("decide", "2026-05", "P3", "--outcome", "reduced", "--amount", "1 500,00")
    assert "motif" in refused(*decided, *theirs)
    run(*decided, "--reason", "Grève reconnue", *theirs)
    assert "Les observations restent ouvertes" in refused("close", "2026-05", "--confirm", "1500", *theirs)
    assert run("end-remarks", "2026-05", *ours)["confirm"] == "2026-05-v1"
    run("end-remarks", "2026-05", "--confirm", "2026-05-v1", *ours)
    assert run("close", "2026-05", *theirs)["confirm"] == "1500.00"
    assert PenaltyProposal.objects.get().state == "OPEN"
    assert "rien n’est fait" in refused("close", "2026-05", "--confirm", "2000", *theirs)
    closed = run("close", "2026-05", "--confirm", "1500,00", *theirs)
    assert (closed["state"], closed["decided"]) == ("CLOSED", "1500.00")
    assert run("credit", "2026-05", *ours)["confirm"] == "1500.00"
    credited = run("credit", "2026-05", "--confirm", "1500.00", *ours)
    assert credited["state"] == "CREDITED" and credited["credit_note"]
    assert "avoir émis" in refused("credit", "2026-05", "--confirm", "1500.00", *ours)
    assert run("show", "2026-05", "--pdf", tmp_path / "mai.pdf")["intact"] is True
    assert (tmp_path / "mai.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.clause("S-9-penalites")
def test_the_buyer_alone_decides_and_never_a_machine(
    support: Contract, buyer: User, supervisor: User
) -> None:
    run(*PROPOSE)
    decide = ("decide", "2026-05", "P3", "--outcome", "KEPT")
    for words in (decide, ("close", "2026-05")):
        assert "--by" in refused(*words)
        assert "gestionnaire de l’acheteur" in refused(*words, "--by", supervisor.email)
    for words in (("end-remarks", "2026-05", "--confirm", "2026-05-v1"), ("credit", "2026-05")):
        assert "superviseur" in refused(*words, "--by", buyer.email)
    assert "seul peut le faire" in refused(*PROPOSE, "--reason", "Autre", "--by", buyer.email)
    assert not PenaltyProposal.objects.get().decisions.exists()


def test_a_new_version_says_why_and_what_was_proposed_stays(support: Contract) -> None:
    run(*PROPOSE)
    assert "Rien n’a changé" in refused(*PROPOSE)
    other = (*PROPOSE[:3], "90000.00")
    assert "Dites pourquoi" in refused(*other)
    assert run(*other, "--reason", "Facture corrigée")["version"] == 2
    assert run("show", "2026-05", "--version", "1")["state"] == "SUPERSEDED"


@pytest.mark.parametrize(
    ("words", "how"),
    [
        (("show", "2026-05"), "exchange propose"),
        (("propose", "2026-05"), "donnez --invoice-phone"),
        (("propose", "2020-05", "--invoice-phone", "1.00"), "n’est pas un mois du marché"),
        (("propose", "2026-05", "--invoice-phone", "cher"), "écrivez un montant"),
        (("propose", "2026-05", "--order", "x"), "--invoice-phone"),
    ],
)
def test_a_wrong_input_says_how_to_mend_it(support: Contract, words: tuple[str, ...], how: str) -> None:
    assert how in refused(*words)
    assert not PenaltyProposal.objects.exists()


def test_a_line_that_is_not_proposed_names_those_that_are(support: Contract, buyer: User) -> None:
    run(*PROPOSE)
    assert "(lignes proposées : P3)" in refused(
        "decide", "2026-05", "P9", "--outcome", "KEPT", "--by", buyer.email
    )
    assert "P12" in refused("remark", "2026-05", "Non", "--line", "P12")
