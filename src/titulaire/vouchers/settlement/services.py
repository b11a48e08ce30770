"""The acts of the end of vouchers' lives. Each one is one transaction with its entry in the journal."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.vouchers.settlement.models import YearlyReport
from titulaire.vouchers.settlement.report import changes_since, gather, is_stale, latest_issue, period_of
from titulaire.vouchers.settlement.rules import ReportPeriod


class YearNotOver(Exception):
    """The year of the contract has not ended: its report cannot be frozen before `end_on`."""

    def __init__(self, period: ReportPeriod) -> None:
        super().__init__(period)
        self.period = period


class NothingChanged(Exception):
    """The facts are those of the last issue: another one would say the same."""

    def __init__(self, report: YearlyReport) -> None:
        super().__init__(report.issue)
        self.report = report


# The yearly report


@clause("T-4.4-reporting")
def freeze_report(*, contract: Contract, year: int, actor: str, at: datetime) -> YearlyReport:
    """Freeze the report of a year as its next issue, sealed by the journal; a correction says what it changes.

    Raises:
        NoSuchYear: the contract has no such year.
        YearNotOver: it has not ended.
        NothingChanged: the last issue says the same.
    """
    period = period_of(contract, year, on=timezone.localdate(at))
    if timezone.localdate(at) < period.end_on:
        raise YearNotOver(period)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        gathered = gather(held, period, at=at)
        last = latest_issue(held, year)
        if last is not None and not is_stale(last, gathered):
            raise NothingChanged(last)
        changes = changes_since(last, gathered) if last else ()
        sources_sha256 = files.keep(gathered.sources_bytes, contract=held.code)
        issue = last.issue + 1 if last else 1
        entry = record(
            contract=held.code,
            actor=actor,
            at=at,
            act="REPORT_FROZEN",
            target=f"report:{year}/{issue}",
            body={
                "values_sha256": gathered.values_sha256,
                "sources_sha256": sources_sha256,
                "figures": dict(gathered.values["figures"]),
            },
        )
        return YearlyReport.objects.create(
            contract=held,
            year=year,
            issue=issue,
            start_on=period.start_on,
            end_on=period.end_on,
            due_on=period.due_on,
            values=dict(gathered.values),
            values_sha256=gathered.values_sha256,
            sources_sha256=sources_sha256,
            differences=[asdict(change) for change in changes],
            entry_hash=entry.hash,
            frozen_at=at,
            frozen_by=actor,
        )
