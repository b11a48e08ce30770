"""A month frozen, verified, corrected, answered: by the acts and by the command."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.conf import settings as configuration
from django.db import IntegrityError, transaction

from titulaire.cli.month import command
from titulaire.contracts.services import NewValue, record_amendment
from titulaire.identity.models import Contract
from titulaire.indicators.rollups import SUFFIX
from titulaire.journal.models import Entry
from titulaire.support.facts.models import FactFile
from titulaire.support.facts.queries import facts_root
from titulaire.support.indicators.evaluation import evaluate
from titulaire.support.months import services
from titulaire.support.months.models import MonthAnswer, MonthIssue
from titulaire.support.months.queries import document_bytes, document_of, issue_of, issues_of, verify
from titulaire.support.months.rules import Verdict, canonical
from titulaire.support.months.services import answer_month, freeze_month
from titulaire.support.months.tests.conftest import AT, ENTERED, LATER, Bring, answered

pytestmark = [pytest.mark.django_db, pytest.mark.clause("S-3.3.1-tableaux-de-bord")]
MAY = date(2026, 5, 1)


def freeze(contract: Contract, at: datetime = AT, **given: Any) -> MonthIssue:
    return freeze_month(contract=contract, month=MAY, actor="user:1", at=at, **given)


def correct(bring: Bring) -> None:
    """The two lost calls of the 4th had been answered."""
    bring([answered(f"A{n}", 4) for n in (0, 2, 4, 6, 8, 9)], "fichier incomplet", LATER)


def test_a_month_is_stated_with_the_sides_of_each_figure_and_what_made_them(contract: Contract) -> None:
    issue = freeze(contract, entered=ENTERED)
    document = document_of(issue)
    rate = document["indicators"]["I1"]
    assert (rate["numerator"], rate["denominator"], rate["value"], rate["grade"]) == (8, 10, "4/5", "A")
    assert (rate["target"], rate["trigger"], rate["state"]) == ("9/10", "89/100", "MISSED")
    assert document["cuts"]["site"]["SUD"]["I7"]["denominator"] == 2
    assert set(document["cuts"]["day"]) == {"2026-05-04", "2026-05-05"}
    assert document["terms"]["readings"]["widening_direction"]["option"] == "HANDLED_HERE_ADDED"
    assert document["terms"]["values"]["answer_rate_target"]["clause"] == "S-3.3.2-decroche"
    (facts,) = document["facts"]
    assert (facts["record"], facts["version"], facts["rows"]) == ("LEGS", 1, 10)
    assert document["penalties"]["proposed"] == "2000.00"
    assert document["entered"]["invoice"]["phone"] == "100000.00"
    assert document["issue"] == 1 and document["corrects"] is None
    assert hashlib.sha256(document_bytes(issue)).hexdigest() == issue.document_sha256
    assert canonical(document) == document_bytes(issue)
    entry = Entry.objects.get(act="MONTH_FROZEN")
    assert entry.hash == issue.entry_hash and entry.content.body["document_sha256"] == issue.document_sha256


def test_without_an_invoice_no_penalty_is_stated(contract: Contract) -> None:
    assert document_of(freeze(contract))["penalties"] is None


@pytest.mark.parametrize(
    ("month", "at", "refused"),
    [
        (MAY, datetime(2026, 5, 31, 21, 59, tzinfo=UTC), services.MonthNotOver),
        (date(2026, 4, 1), AT, services.NoFacts),
        (date(2025, 7, 1), AT, services.NotAMonthOfTheContract),
        (date(2029, 12, 1), datetime(2030, 2, 1, tzinfo=UTC), services.NotAMonthOfTheContract),
    ],
)
def test_a_month_is_frozen_once_over_and_with_facts(
    contract: Contract, month: date, at: datetime, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        freeze_month(contract=contract, month=month, actor="user:1", at=at)
    assert not MonthIssue.objects.exists()


def test_a_month_is_over_at_midnight_in_paris(contract: Contract) -> None:
    assert freeze(contract, at=datetime(2026, 5, 31, 22, 0, tzinfo=UTC)).number == 1


def test_freezing_twice_what_has_not_changed_makes_one_issue(contract: Contract) -> None:
    freeze(contract, entered=ENTERED)
    with pytest.raises(services.NothingChanged):
        freeze(contract, at=LATER, entered=ENTERED)
    with pytest.raises(services.NothingChanged):
        freeze(contract, at=LATER)
    assert MonthIssue.objects.count() == 1


def test_an_issue_holds_whatever_comes_after(contract: Contract, bring: Bring) -> None:
    first = freeze(contract, entered=ENTERED)
    assert verify(first).holds
    correct(bring)
    record_amendment(
        contract=contract,
        number=1,
        title="Décroché",
        signed_on=date(2026, 6, 19),
        document_name="avenant.pdf",
        document_sha256="ab" * 32,
        values=[NewValue("answer_rate_target", date(2026, 7, 1), Decimal("0.95"))],
        actor="user:1",
        at=LATER,
    )
    # The sums kept for screens are of no use to it.
    evaluate(contract, since=MAY, until=date(2026, 6, 1))
    files = list((Path(configuration.DATA_DIR) / "rollups").rglob(f"*{SUFFIX}"))
    assert files
    for file in files:
        file.write_bytes(b"spoilt")
    found = verify(first)
    assert found.holds and found.differences == () and found.notes == ()


def test_a_late_correction_makes_an_issue_that_says_what_it_changes_and_why(
    contract: Contract, bring: Bring
) -> None:
    first = freeze(contract, entered=ENTERED)
    correct(bring)
    second = freeze(contract, at=LATER)
    document = document_of(second)
    assert (second.number, document["previous"]) == (2, first.document_sha256)
    changed = {(one["code"], one["cut"], one["key"]): one for one in document["corrects"]["figures"]}
    assert (changed["I1", "", ""]["before"], changed["I1", "", ""]["after"]) == ("4/5", "1")
    assert changed["P3", "", ""]["before"] == "2000.00" and changed["P3", "", ""]["after"] == "0.00"
    assert changed["PROPOSED", "", ""]["after"] == "0.00"
    assert ("I1", "day", "2026-05-05") not in changed
    (cause,) = document["corrects"]["causes"]
    assert (cause["reason"], cause["file_name"]) == ("fichier incomplet", "mai-2.csv")
    assert verify(first).holds and verify(second).holds
    assert document_of(first)["indicators"]["I1"]["value"] == "4/5"
    assert [one.number for one in issues_of(contract, MAY)] == [2, 1]


def test_the_invoice_may_come_after_the_first_issue(contract: Contract) -> None:
    freeze(contract)
    second = freeze(contract, at=LATER, entered=ENTERED)
    codes = {one["code"] for one in document_of(second)["corrects"]["figures"]}
    assert {"P3", "PROPOSED"} <= codes and "I1" not in codes


def altered(issue: MonthIssue, **changed: Any) -> MonthIssue:
    MonthIssue.objects.filter(pk=issue.pk).update(**changed)
    return issue_of(issue.contract, issue.month, issue.number)


def kept(issue: MonthIssue) -> Path:
    sha256 = issue.document_sha256
    return Path(configuration.DATA_DIR) / "files" / issue.contract.code / sha256[:2] / sha256


def test_an_altered_document_does_not_hold(contract: Contract) -> None:
    issue = freeze(contract)
    place = kept(issue)
    place.write_bytes(place.read_bytes().replace(b'"numerator":8', b'"numerator":9', 1))
    assert [one.where for one in verify(issue).differences] == ["document"]
    place.unlink()
    assert verify(issue).differences[0].found == "FileLost"


def test_a_document_put_in_the_place_of_another_does_not_hold(contract: Contract) -> None:
    issue = freeze(contract)
    document = document_of(issue)
    document["indicators"]["I1"]["numerator"] = 9
    content = canonical(document)
    sha256 = hashlib.sha256(content).hexdigest()
    issue = altered(issue, document_sha256=sha256)
    kept(issue).parent.mkdir(parents=True, exist_ok=True)
    kept(issue).write_bytes(content)
    assert {one.where for one in verify(issue).differences} == {"signature", "journal"}


def test_a_document_sealed_again_over_other_figures_does_not_hold(contract: Contract) -> None:
    """Even who holds the key and the journal cannot make the facts say it."""
    issue = freeze(contract)
    document = document_of(issue)
    document["indicators"]["I1"]["numerator"] = 9
    document["cuts"]["site"]["SUD"]["I7"]["denominator"] = 1
    with transaction.atomic():
        forged = services._issue(contract, MAY, issue, document | {"issue": 2}, "user:1", LATER)
    found = {one.where: (one.stated, one.found) for one in verify(forged).differences}
    assert found == {
        "indicators.I1.numerator": ("9", "8"),
        "cuts.site.SUD.I7.denominator": ("1", "2"),
    }


@pytest.mark.parametrize("fault", ["ALTERED", "MISSING"])
def test_facts_that_are_no_longer_those_stated_are_named(contract: Contract, fault: str) -> None:
    issue = freeze(contract)
    file = FactFile.objects.get()
    path = facts_root() / file.path
    if fault == "ALTERED":
        path.write_bytes(path.read_bytes()[:-1] + b"X")
    else:
        path.unlink()
    (found,) = verify(issue).differences
    assert (found.where, found.found) == (f"facts.{file.path}", fault)


def test_the_buyer_contests_then_approves_and_no_more(contract: Contract) -> None:
    issue = freeze(contract, entered=ENTERED)
    with pytest.raises(services.NoRemarks):
        answer_month(issue=issue, verdict=Verdict.CONTESTED, remarks=" ", actor="user:2", at=LATER)
    answer_month(
        issue=issue,
        verdict=Verdict.CONTESTED,
        remarks="Le 4 mai est à revoir.",
        contested=["P3", "I1"],
        actor="user:2",
        at=AT,
    )
    answer_month(issue=issue, verdict=Verdict.APPROVED, actor="user:2", at=LATER)
    with pytest.raises(services.AlreadyApproved):
        answer_month(issue=issue, verdict=Verdict.CONTESTED, remarks="Trop tard", actor="user:2", at=LATER)
    assert [one.contested for one in issue.answers.all()] == [["I1", "P3"], []]
    acts = Entry.objects.filter(act__in=["MONTH_CONTESTED", "MONTH_APPROVED"]).order_by("seq")
    assert [one.act for one in acts] == ["MONTH_CONTESTED", "MONTH_APPROVED"]


def test_only_the_last_issue_is_answered(contract: Contract, bring: Bring) -> None:
    first = freeze(contract)
    correct(bring)
    freeze(contract, at=LATER)
    with pytest.raises(services.Replaced):
        answer_month(issue=first, verdict=Verdict.APPROVED, actor="user:2", at=LATER)
    assert not MonthAnswer.objects.exists()


def test_the_database_refuses_two_approvals_and_two_issues_of_one_number(contract: Contract) -> None:
    issue = freeze(contract)
    for _ in range(2):
        made = {"issue": issue, "verdict": "APPROVED", "answered_at": AT, "answered_by": "user:2"}
        if MonthAnswer.objects.exists():
            with pytest.raises(IntegrityError), transaction.atomic():
                MonthAnswer.objects.create(**made)
        else:
            MonthAnswer.objects.create(**made)
    issue.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        issue.save(force_insert=True)


def test_who_freezes_at_the_same_time_is_told(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other issue appears between the reading and the writing."""
    stating = services.state

    def slow(*given: Any, **more: Any) -> dict[str, Any]:
        document = stating(*given, **more)
        monkeypatch.setattr(services, "state", stating)
        freeze(contract)
        return document

    monkeypatch.setattr(services, "state", slow)
    with pytest.raises(services.FrozenMeanwhile):
        freeze(contract)
    assert MonthIssue.objects.count() == 1


# The command


def run(*asked: str) -> tuple[int, Any]:
    result = CliRunner().invoke(command, [*asked, "--json"])
    return result.exit_code, json.loads(result.output)


def test_the_command_freezes_verifies_and_answers(contract: Contract, bring: Bring, tmp_path: Path) -> None:
    code, told = run("freeze", "2026-05", "--invoice-phone", "100000.00")
    assert (code, told["issue"], told["standing"]) == (0, 1, "SIGNED")
    assert run("freeze", "2026-05")[0] == 2
    assert run("verify", "2026-05") == (0, run("verify", "2026-05")[1])
    correct(bring)
    code, told = run("freeze", "2026-05")
    assert told["corrects"]["causes"][0]["reason"] == "fichier incomplet"
    assert run("answer", "2026-05", "--contest")[0] == 2
    assert run("answer", "2026-05", "--approve")[1]["standing"] == "APPROVED"
    code, told = run("list")
    assert [one["standing"] for one in told["issues"]] == ["APPROVED", "REPLACED"]
    assert run("verify", "2026-05", "--issue", "1")[1]["holds"]
    assert run("verify", "2026-04")[0] == 2
    FactFile.objects.order_by("pk").first()
    for file in (facts_root()).rglob("*.parquet"):
        file.unlink()
    code, told = run("verify", "2026-05", "--issue", "1")
    assert code == 1 and not told["holds"] and told["differences"][0]["found"] == "MISSING"


def test_an_issue_taken_away_is_checked_without_us(contract: Contract, tmp_path: Path) -> None:
    freeze(contract)
    assert CliRunner().invoke(command, ["show", "2026-05", "--out", str(tmp_path)]).exit_code == 0
    name = "mois-mes-2026-05-1"
    asked = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", f"{name}.pem", "-rawin"]
    try:
        said = subprocess.run(
            [*asked, "-in", f"{name}.json", "-sigfile", f"{name}.sig"], cwd=tmp_path, check=False
        )
    except FileNotFoundError:
        pytest.skip("openssl is not on this machine")
    assert said.returncode == 0


@pytest.mark.parametrize(
    "asked",
    [
        ("freeze", "2026-04"),
        ("freeze", "2031-01"),
        ("freeze", "2026-05", "--invoice-phone", "abc"),
        ("freeze", "2026-05", "--invoice-phone", "1.005"),
        ("freeze", "2026-05", "--contract", "absent"),
        ("show", "2026-05"),
        ("answer", "2026-05", "--approve"),
        ("answer", "2026-05"),
    ],
)
def test_the_command_refuses_in_words(contract: Contract, asked: tuple[str, ...]) -> None:
    code, told = run(*asked)
    assert code == 2 and told["error"]


def test_the_command_speaks_french(contract: Contract, bring: Bring) -> None:
    freeze(contract, entered=ENTERED)
    correct(bring)
    result = CliRunner().invoke(command, ["freeze", "2026-05"])
    assert "Taux de décroché" in result.output and "80,00" in result.output and "100,00" in result.output
    assert "fichier incomplet" in result.output
    assert "tient" in CliRunner().invoke(command, ["verify", "2026-05"]).output
