"""The yearly report: what it counts, what opens behind each figure, what is frozen and what a correction says."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse

from titulaire.cli.report import command
from titulaire.deadlines.calendars import Calendar
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.vouchers.complaints.rules import Channel, Typology
from titulaire.vouchers.complaints.services import answer_complaint, open_complaint
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract, make_person
from titulaire.vouchers.settlement import report as reports
from titulaire.vouchers.settlement import services
from titulaire.vouchers.settlement.models import YearlyReport
from titulaire.vouchers.settlement.rules import Difference, differences, report_period
from titulaire.vouchers.settlement.tests.factories import issued

NOTIFIED, STARTS = date(2024, 12, 2), date(2025, 1, 1)
JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)


def period(year: int, anniversary: str = "START", delay_end: str = "MOVES") -> tuple[date, date, date]:
    found = report_period(
        year,
        notified_on=NOTIFIED,
        starts_on=STARTS,
        anniversary=anniversary,
        months=1,
        delay_end=delay_end,
        calendar=Calendar(),
    )
    return found.start_on, found.end_on, found.due_on


@pytest.mark.clause("T-4.4-reporting")
def test_the_report_is_due_one_month_after_the_anniversary() -> None:
    assert period(2026) == (date(2026, 1, 1), date(2027, 1, 1), date(2027, 2, 1))
    # 1 February 2026 is a Sunday: the delay moves, or stays under the other reading.
    assert period(2025) == (date(2025, 1, 1), date(2026, 1, 1), date(2026, 2, 2))
    assert period(2025, delay_end="STAYS")[2] == date(2026, 2, 1)
    assert period(2024, "NOTIFICATION") == (date(2024, 12, 2), date(2025, 12, 2), date(2026, 1, 2))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"A": ["1"]}, {"A": ["1"]}, ()),
        ({"A": ["2", "1"]}, {"A": ["1", "2"]}, ()),
        ({"A": ["1"]}, {"A": ["1", "2"]}, (Difference("A", 1, 2, ("2",), ()),)),
        ({"A": ["1"]}, {"A": ["2"]}, (Difference("A", 1, 1, ("2",), ("1",)),)),
        ({}, {"B": ["1"]}, (Difference("B", None, 1, ("1",), ()),)),
    ],
)
def test_a_correction_says_what_it_adds_and_removes(
    before: dict[str, list[str]], after: dict[str, list[str]], found: tuple[Difference, ...]
) -> None:
    assert differences(before, after) == found


@pytest.fixture
def year_2025() -> None:
    """Ten named titles and five without a name in 2025, five titles on New Year's Day; a complaint on each side."""
    contract = make_contract()
    issued(contract, unnamed=1, month=date(2025, 6, 1), at=datetime(2025, 6, 2, 9, tzinfo=UTC))
    # 23:30 in London on 31 December is already 2026 where the contract is carried out.
    issued(contract, lines=1, month=date(2026, 1, 1), at=datetime(2025, 12, 31, 23, 30, tzinfo=UTC))
    for month, solved_after in ((6, 1), (9, 12)):
        received_at = datetime(2025, month, 3, 9, tzinfo=UTC)
        complaint = open_complaint(
            contract=contract,
            channel=Channel.MAIL,
            typology=Typology.LATE,
            description="Retard.",
            received_at=received_at,
            actor=ACTOR,
            at=received_at,
        )
        answer_complaint(
            complaint=complaint, answer="Livré.", actor=ACTOR, at=received_at + timedelta(days=solved_after)
        )


@pytest.mark.django_db
@pytest.mark.clause("T-4.4-reporting")
def test_each_figure_counts_what_happened_in_the_year_and_lists_it(year_2025: None) -> None:
    contract = make_contract()
    found = reports.gather(contract, reports.period_of(contract, 2025, on=JANUARY.date()), at=JANUARY)
    assert found.values["figures"] == {
        "ISSUED": 15,
        "UNNAMED": 5,
        "REFUNDED_EXPIRED": 0,
        "REFUNDED_LOST": 0,
        "COMPLAINTS-LATE": 2,
        "ACTIONS": 0,
    }
    told = found.values["complaints"]["LATE"]
    assert (told["received"], told["solved"], told["on_time"], told["working_days_most"]) == (2, 2, 1, 8)
    unnamed = set(found.sources["UNNAMED"])
    assert unnamed == set(
        Voucher.objects.filter(booklet__line__beneficiary__isnull=True).values_list("number", flat=True)
    )


@pytest.mark.django_db
@pytest.mark.clause("T-4.4-reporting")
def test_an_issue_is_frozen_once_and_a_late_correction_makes_another(year_2025: None) -> None:
    contract = make_contract()
    first = services.freeze_report(contract=contract, year=2025, actor=ACTOR, at=JANUARY)
    with pytest.raises(services.NothingChanged):
        services.freeze_report(contract=contract, year=2025, actor=ACTOR, at=JANUARY)
    assert Entry.objects.get(act="REPORT_FROZEN").hash == first.entry_hash
    late = datetime(2025, 12, 30, 9, tzinfo=UTC)
    open_complaint(
        contract=contract,
        channel=Channel.MAIL,
        typology=Typology.OTHER,
        description="Courrier retrouvé.",
        received_at=late,
        actor=ACTOR,
        at=JANUARY,
    )
    second = services.freeze_report(contract=contract, year=2025, actor=ACTOR, at=JANUARY + timedelta(days=1))
    assert second.issue == 2
    assert [(each["figure"], each["before"], each["after"]) for each in second.differences] == [
        ("COMPLAINTS-OTHER", None, 1)
    ]
    assert reports.sources_of(first)["ISSUED"] == reports.sources_of(second)["ISSUED"]
    first.refresh_from_db()
    assert first.values["figures"].get("COMPLAINTS-OTHER") is None


@pytest.mark.django_db
@pytest.mark.clause("T-4.4-reporting")
def test_a_year_is_not_frozen_before_its_end() -> None:
    contract = make_contract()
    with pytest.raises(services.YearNotOver):
        services.freeze_report(
            contract=contract, year=2025, actor=ACTOR, at=datetime(2025, 12, 31, 22, 59, tzinfo=UTC)
        )
    assert services.freeze_report(
        contract=contract, year=2025, actor=ACTOR, at=datetime(2025, 12, 31, 23, tzinfo=UTC)
    ).issue == 1  # fmt: skip
    for year in (2024, 2029, 1):
        with pytest.raises(reports.NoSuchYear):
            reports.period_of(contract, year, on=JANUARY.date())


@pytest.mark.django_db
def test_a_list_altered_on_disk_is_told(year_2025: None, tmp_path: Path, settings: object) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]
    report = services.freeze_report(contract=make_contract(), year=2025, actor=ACTOR, at=JANUARY)
    (kept,) = [each for each in tmp_path.rglob(report.sources_sha256) if each.is_file()]
    kept.write_bytes(b"{}")
    with pytest.raises(files.FileAltered):
        reports.sources_of(report)


@pytest.mark.django_db
@pytest.mark.clause("T-4.4-reporting", "T-5.2-controle")
def test_the_pages_open_every_figure_and_every_file(year_2025: None) -> None:
    contract = make_contract()
    services.freeze_report(contract=contract, year=2025, actor=ACTOR, at=JANUARY)
    reader = Client()
    reader.force_login(make_person(contract, Role.BUYER_READER))
    assert "2025" in reader.get(reverse("yearly_reports", args=["cpam47"])).content.decode()
    page = reader.get(reverse("yearly_report", args=["cpam47", 2025])).content.decode()
    for figure in YearlyReport.objects.get().values["figures"]:
        address = reverse("yearly_report_figure", args=["cpam47", 2025, figure])
        assert address in page and reader.get(address).status_code == 200
    starts = {"pdf": b"%PDF", "xlsx": b"PK", "csv": b"\xef\xbb\xbf", "sources": b"\xef\xbb\xbf"}
    for extension, start in starts.items():
        body = reader.get(reverse("yearly_report_file", args=["cpam47", 2025, 1, extension])).content
        assert body.startswith(start), extension
    assert reader.post(reverse("yearly_report_freeze", args=["cpam47", 2025])).status_code == 403


@pytest.mark.django_db
def test_the_operator_freezes_from_the_page(year_2025: None) -> None:
    operator = Client()
    operator.force_login(make_person(make_contract(), Role.VOUCHER_OPERATOR))
    freeze = reverse("yearly_report_freeze", args=["cpam47", 2025])
    assert operator.get(freeze).status_code == 200
    assert operator.post(freeze).status_code == 302 and operator.post(freeze).status_code == 302
    assert YearlyReport.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.clause("T-4.4-reporting")
def test_the_command_gives_the_figures_and_the_files(year_2025: None, tmp_path: Path) -> None:
    run = CliRunner().invoke(
        command,
        ["yearly", "--contract", "cpam47", "--year", "2025", "--freeze", "--out", str(tmp_path), "--json"],
    )
    document = json.loads(run.output)
    assert document["figures"]["ISSUED"] == len(document["sources"]["ISSUED"]) == 15
    assert document["due_on"] == "2026-02-02" and document["frozen"]["issue"] == 1
    assert sorted(each.suffix for each in tmp_path.iterdir()) == [".csv", ".csv", ".pdf", ".xlsx"]
    refused = CliRunner().invoke(command, ["yearly", "--contract", "cpam47", "--year", "2031"])
    assert refused.exit_code == 2
