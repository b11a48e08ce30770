"""The dates of the end of each vintage and of the yearly reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Min
from django.urls import reverse
from django.utils import timezone

from titulaire.contracts.queries import codes_with_terms
from titulaire.deadlines.dues import Due, Who
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr
from titulaire.vouchers.settlement.models import Cheque, Refund, Reminder, ReplacementRun, YearlyReport
from titulaire.vouchers.settlement.queries import dates_of, ended, in_circulation, to_refund, vintages_of
from titulaire.vouchers.settlement.reminders import ladder
from titulaire.vouchers.settlement.report import years_of

ROOM = "Fin de vie des titres"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """For each vintage with vouchers: reminders, last days, replacement, refund; for each year begun: its report."""
    if contract.code not in codes_with_terms():
        return
    for vintage in vintages_of(contract):
        yield from _vintage(contract, vintage, at)
    yield from _reports(contract, until)


def _vintage(contract: Contract, vintage: int, at: datetime) -> Iterator[Due]:
    ends = dates_of(contract, vintage)
    page = reverse("settlement_vintage", args=[contract.code, vintage])
    sent = dict(
        Reminder.objects.filter(contract=contract, vintage=vintage)
        .values_list("days_before")
        .annotate(first=Min("sent_at"))
        .order_by()
    )
    for step in ladder(contract, vintage):
        first = sent.get(step.days_before)
        yield Due(
            key=f"reminder-{vintage}-{step.days_before}",
            label=f"Relancer avant la fin du millésime {vintage} (J-{step.days_before})",
            who=Who.CONTRACTOR,
            due_on=step.due_on,
            done_on=timezone.localdate(first) if first else None,
            clause="T-2.1.4-relances",
            url=page,
            facts=(("Dernier jour d’usage", date_fr(ends.last_use_on)),),
        )
    for key, label, day, clause in (
        ("last-use", "Dernier jour d’usage", ends.last_use_on, "T-2.1.3-millesime"),
        ("cutoff", "Dernier jour de remise par les commerçants", ends.cutoff_on, "T-1.1-reseau"),
    ):
        yield Due(
            key=f"{key}-{vintage}",
            label=f"{label} du millésime {vintage}",
            who=Who.BOTH,
            due_on=day,
            clause=clause,
            binding=False,
            url=page,
        )
    left = in_circulation(contract, vintage).count()
    run = ReplacementRun.objects.filter(contract=contract, vintage=vintage).aggregate(first=Min("done_at"))
    over = ends.replace_by_on < timezone.localdate(at) and not left
    replaced_on = timezone.localdate(run["first"]) if run["first"] else None
    yield Due(
        key=f"replace-{vintage}",
        label=f"Remplacer les titres {vintage} non utilisés",
        who=Who.CONTRACTOR,
        due_on=ends.replace_by_on,
        # Nothing was left to replace: the date asked for nothing.
        done_on=replaced_on or (ends.replace_by_on if over else None),
        clause="T-2.1.4-remplacement",
        url=page,
        facts=(
            ("Connus à partir du", date_fr(ends.opens_on)),
            ("Remplacement prévu le", date_fr(ends.settles_on)),
            ("Encore en circulation", count_fr(left, "titre")),
        ),
    )
    yield _refund(contract, vintage, ends.refund_by_on, ends.refund_planned_on, page, over=over)


def _refund(
    contract: Contract, vintage: int, refund_by_on: date, planned_on: date, page: str, *, over: bool
) -> Due:
    refund = Refund.objects.filter(contract=contract, vintage=vintage, rank=0).first()
    cheque = Cheque.objects.filter(refund=refund).first() if refund else None
    if cheque is not None:
        done_on: date | None = cheque.drawn_on
    elif refund is not None and refund.amount == 0:
        done_on = timezone.localdate(refund.decided_at)
    else:
        # Nothing to refund: the date asked for nothing.
        done_on = (
            refund_by_on if over and refund is None and not to_refund(ended(contract, vintage)) else None
        )
    return Due(
        key=f"refund-{vintage}",
        label=f"Rembourser les titres {vintage} perdus ou périmés",
        who=Who.CONTRACTOR,
        due_on=refund_by_on,
        done_on=done_on,
        clause="T-2.1.4-remboursement",
        url=page,
        facts=(
            ("Remise du chèque prévue le", date_fr(planned_on)),
            ("Remboursement", refund.number if refund else "pas encore décidé"),
            ("Chèque", cheque.number if cheque else "pas encore émis"),
        ),
    )


def _reports(contract: Contract, until: date) -> Iterator[Due]:
    frozen = dict(
        YearlyReport.objects.filter(contract=contract)
        .values_list("year")
        .annotate(first=Min("frozen_at"))
        .order_by()
    )
    for period in years_of(contract, on=until):
        first = frozen.get(period.year)
        yield Due(
            key=f"report-{period.year}",
            label=f"Remettre le rapport annuel {period.year}",
            who=Who.CONTRACTOR,
            due_on=period.due_on,
            done_on=timezone.localdate(first) if first else None,
            clause="T-4.4-reporting",
            url=reverse("yearly_report", args=[contract.code, period.year]),
            facts=(("Période", f"du {date_fr(period.start_on)} inclus au {date_fr(period.end_on)} exclu"),),
        )
