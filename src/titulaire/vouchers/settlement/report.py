"""The yearly report: its figures, the list behind each, and its files. Computed from facts, then frozen."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import typst
from django.db.models import Q

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.ui.exports import csv_bytes, xlsx_bytes
from titulaire.ui.formats import date_fr, number
from titulaire.vouchers.complaints.queries import actions_of, complaints_of, followed
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.orders.queries import working_days
from titulaire.vouchers.settlement.models import RefundedVoucher, YearlyReport
from titulaire.vouchers.settlement.rules import Difference, Holding, ReportPeriod, differences, report_period
from titulaire.vouchers.settlement.wording import figure_label, figure_unit

TEMPLATE = Path(__file__).with_name("report.typ")
HEADINGS = (
    "Chiffre",
    "Code",
    "Nombre",
    "Unité",
    "Résolues",
    "Jours ouvrés en moyenne",
    "Jours ouvrés au plus",
    "Dans le délai",
)
ORDER = ("ISSUED", "UNNAMED", "REISSUED", "REFUNDED_EXPIRED", "REFUNDED_LOST", "COMPLAINTS", "ACTIONS")

Sources = Mapping[str, Sequence[str]]


class NoSuchYear(LookupError):
    """The contract has no such year."""

    def __init__(self, year: int) -> None:
        super().__init__(year)
        self.year = year


@dataclass(frozen=True, slots=True)
class Gathered:
    """A year's values and the numbers of what is behind each of them."""

    period: ReportPeriod
    values: Mapping[str, Any]
    sources: Sources

    @property
    def sources_bytes(self) -> bytes:
        """The sources as the file that is kept with an issue: one form for one content."""
        ordered = {figure: sorted(found) for figure, found in self.sources.items()}
        return json.dumps(ordered, sort_keys=True, separators=(",", ":")).encode()

    @property
    def values_sha256(self) -> str:
        """The digest of the values."""
        return hashlib.sha256(
            json.dumps(self.values, sort_keys=True, separators=(",", ":")).encode()
        ).hexdigest()


def period_of(contract: Contract, year: int, *, on: date) -> ReportPeriod:
    """The year of the contract that starts in that calendar year, as the contract is read on a day.

    Raises:
        NoSuchYear: it is not in the contract's life.
    """
    terms = terms_of(contract.code)
    head, day = terms.head, max(on, terms.head.notified_on)
    anniversary = terms.reading("anniversary", on=day)
    first = head.starts_on if anniversary == "START" else head.notified_on
    if not first.year <= year < head.ends_on.year:
        raise NoSuchYear(year)
    return report_period(
        year,
        notified_on=head.notified_on,
        starts_on=head.starts_on,
        anniversary=anniversary,
        months=terms.count("yearly_report_months", on=day),
        delay_end=terms.reading("delay_end", on=day),
        calendar=working_days(contract).calendar,
    )


def years_of(contract: Contract, *, on: date) -> list[ReportPeriod]:
    """The years of the contract begun by a day, latest first."""
    head = terms_of(contract.code).head
    found = []
    for year in range(head.notified_on.year, head.ends_on.year):
        try:
            period = period_of(contract, year, on=on)
        except NoSuchYear:
            continue
        if period.start_on <= on:
            found.append(period)
    return found[::-1]


@clause("T-4.4-reporting", "T-5.1-coherence")
def gather(contract: Contract, period: ReportPeriod, *, at: datetime) -> Gathered:
    """The figures of a year from the facts known at an instant."""
    calendar = working_days(contract).calendar
    since, until = calendar.instant(period.start_on), calendar.instant(period.end_on)
    sources: dict[str, list[str]] = {"ISSUED": [], "UNNAMED": [], "REFUNDED_EXPIRED": [], "REFUNDED_LOST": []}
    issued = Voucher.objects.filter(
        contract=contract, issued_at__gte=since, issued_at__lt=until, replaces__isnull=True
    )
    sources["ISSUED"] = list(issued.values_list("number", flat=True))
    sources["UNNAMED"] = list(
        issued.filter(booklet__line__beneficiary__isnull=True).values_list("number", flat=True)
    )
    for reason, numbers in _reissued(contract, since, until).items():
        sources[f"REISSUED-{reason}"] = numbers
    for holding, number_ in RefundedVoucher.objects.filter(
        refund__contract=contract, refund__decided_at__gte=since, refund__decided_at__lt=until
    ).values_list("holding", "voucher__number"):
        sources["REFUNDED_EXPIRED" if holding == Holding.HELD else "REFUNDED_LOST"].append(number_)
    complaints = _complaints(contract, since, until, at)
    for typology, rows in complaints.items():
        sources[f"COMPLAINTS-{typology}"] = [row.complaint.number for row in rows]
    actions = list(
        actions_of(contract).filter(
            Q(decided_on__gte=period.start_on, decided_on__lt=period.end_on)
            | Q(done_on__gte=period.start_on, done_on__lt=period.end_on)
        )
    )
    sources["ACTIONS"] = [str(action.pk) for action in actions]
    values: dict[str, Any] = {
        "figures": {figure: len(found) for figure, found in sources.items()},
        "complaints": {typology: _resolution(rows) for typology, rows in complaints.items()},
        "actions": [
            {
                "incident": action.incident,
                "cause": action.cause,
                "action": action.action,
                "complaint": action.complaint.number if action.complaint else "",
                "decided_on": str(action.decided_on),
                "due_on": str(action.due_on),
                "done_on": str(action.done_on or ""),
            }
            for action in actions
        ],
    }
    return Gathered(period, values, sources)


def _reissued(contract: Contract, since: datetime, until: datetime) -> dict[str, list[str]]:
    """The vouchers made in the place of others, by the cause of their reissue."""
    found: dict[str, list[str]] = defaultdict(list)
    made = Voucher.objects.filter(
        contract=contract, issued_at__gte=since, issued_at__lt=until, replaces__isnull=False
    )
    for cause, number_ in made.values_list("booklet__reissue__cause", "number"):
        found[cause].append(number_)
    return dict(found)


def _complaints(contract: Contract, since: datetime, until: datetime, at: datetime) -> dict[str, list[Any]]:
    received = complaints_of(contract).filter(
        received_at__gte=since, received_at__lt=until, received_at__lte=at
    )
    by_type: dict[str, list[Any]] = defaultdict(list)
    for row in followed(contract, received.order_by("year", "rank"), at=at):
        by_type[row.complaint.typology].append(row)
    return dict(by_type)


def _resolution(rows: Iterable[Any]) -> dict[str, Any]:
    """How the complaints of one type were solved; days as whole numbers and a total, never a float."""
    rows = list(rows)
    days = [row.working_days for row in rows if row.working_days is not None]
    return {
        "received": len(rows),
        "solved": len(days),
        "working_days_total": sum(days),
        "working_days_most": max(days, default=0),
        "on_time": sum(row.on_time is True for row in rows),
    }


def latest_issue(contract: Contract, year: int) -> YearlyReport | None:
    """The last frozen issue of a year."""
    return YearlyReport.objects.filter(contract=contract, year=year).first()


def sources_of(report: YearlyReport) -> dict[str, list[str]]:
    """The numbers behind each figure of an issue, as they were frozen.

    Raises:
        FileLost, FileAltered: the kept file is gone, or is no longer what it was.
    """
    found: dict[str, list[str]] = json.loads(files.read(report.sources_sha256, contract=report.contract.code))
    return found


def changes_since(report: YearlyReport, gathered: Gathered) -> tuple[Difference, ...]:
    """What the facts known now change in the lists of an issue."""
    return differences(sources_of(report), gathered.sources)


def is_stale(report: YearlyReport, gathered: Gathered) -> bool:
    """Whether the facts known now would make another issue."""
    kept = hashlib.sha256(gathered.sources_bytes).hexdigest()
    return (report.sources_sha256, report.values_sha256) != (kept, gathered.values_sha256)


# Files


def rows_of(values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The figures as rows under `HEADINGS`, for a spreadsheet."""
    rows: list[tuple[Any, ...]] = []
    # Not in the order of the stored document: a database may keep its keys in its own.
    for figure in sorted(values["figures"], key=lambda each: (ORDER.index(each.partition("-")[0]), each)):
        count = values["figures"][figure]
        told = (
            values["complaints"].get(figure.removeprefix("COMPLAINTS-")) if "COMPLAINTS-" in figure else None
        )
        solved = told["solved"] if told else None
        rows.append(
            (
                figure_label(figure),
                figure,
                count,
                figure_unit(figure),
                solved,
                round(told["working_days_total"] / solved, 2) if told and solved else None,
                told["working_days_most"] if told and solved else None,
                told["on_time"] if told else None,
            )
        )
    return rows


def notes_of(contract: Contract, period: ReportPeriod, report: YearlyReport | None) -> list[tuple[str, str]]:
    """What a file says about itself."""
    notes = [
        ("Marché", f"{contract.title} ({contract.code})"),
        ("Période", f"du {date_fr(period.start_on)} inclus au {date_fr(period.end_on)} exclu"),
        ("À remettre le", date_fr(period.due_on)),
    ]
    if report is None:
        return [*notes, ("État", "chiffres provisoires, non figés")]
    return [
        *notes,
        ("Édition", str(report.issue)),
        ("Empreinte des valeurs", report.values_sha256),
        ("Empreinte des listes", report.sources_sha256),
        ("Sceau du journal", report.entry_hash),
    ]


def as_csv(values: Mapping[str, Any]) -> bytes:
    """The figures as CSV."""
    return csv_bytes(HEADINGS, rows_of(values))


def as_xlsx(
    contract: Contract, period: ReportPeriod, values: Mapping[str, Any], report: YearlyReport | None
) -> bytes:
    """The figures as a workbook, with what they cover on a second sheet; the actions after the figures."""
    rows = [
        *rows_of(values),
        *(
            (
                f"Action : {each['action']} (incident : {each['incident']} ; cause : {each['cause']})",
                "ACTIONS",
            )
            for each in values["actions"]
        ),
    ]
    return xlsx_bytes(HEADINGS, rows, sheet="Chiffres", notes=notes_of(contract, period, report))


def sources_csv(sources: Sources) -> bytes:
    """What is behind each figure, one line per voucher, complaint or action."""
    return csv_bytes(
        ("Chiffre", "Code", "Numéro"),
        ((figure_label(figure), figure, one) for figure in sources for one in sorted(sources[figure])),
    )


@clause("T-4.4-reporting")
def as_pdf(
    contract: Contract, period: ReportPeriod, values: Mapping[str, Any], report: YearlyReport | None
) -> bytes:
    """The report as both sides file it: the same bytes for the same issue."""
    figures = [
        row for row in rows_of(values) if not str(row[1]).startswith("COMPLAINTS-") and row[1] != "ACTIONS"
    ]
    complaints = [row for row in rows_of(values) if str(row[1]).startswith("COMPLAINTS-")]
    shown = partial(number, digits=1)
    content = {
        "title": contract.title,
        "buyer": contract.buyer.name,
        "contractor": contract.contractor.name,
        "year": period.year,
        "start_on": date_fr(period.start_on),
        "end_on": date_fr(period.end_on),
        "due_on": date_fr(period.due_on),
        "figures": [[row[0], number(row[2])] for row in figures],
        "complaints": [
            [
                _after_colon(row[0]),
                number(row[2]),
                number(row[4]),
                shown(row[5]),
                number(row[6]),
                number(row[7]),
            ]
            for row in complaints
        ],
        "actions": [
            [each["incident"], each["cause"], each["action"], each["done_on"]] for each in values["actions"]
        ],
        "seal": [[label, text] for label, text in notes_of(contract, period, report)[3:]],
        "changes": [
            f"{figure_label(change['figure'])} : {change['before']} devient {change['after']}"
            for change in (report.differences if report else [])
        ],
    }
    return bytes(
        typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )
    )


def _after_colon(label: str) -> str:
    return label.partition(" : ")[2].capitalize()
