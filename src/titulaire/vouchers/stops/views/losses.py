"""What bearers reported: each leads to a stop, or is dismissed for a reason."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.ui.tables import Column, Period, Search, Status, Table
from titulaire.vouchers.answers import actor
from titulaire.vouchers.stops import wording
from titulaire.vouchers.stops.forms import DismissForm
from titulaire.vouchers.stops.losses import AlreadyFollowed, designated, dismiss_report, reports_of
from titulaire.vouchers.stops.models import LossReport
from titulaire.vouchers.stops.views import READERS, STOPPERS, may_stop

STATES = {
    "AWAITING": Status("AWAITING", "À traiter", "warn"),
    "STOPPED": Status("STOPPED", "Opposé", "good"),
    "DISMISSED": Status("DISMISSED", "Écarté", "calm"),
}


def _state(report: LossReport) -> Status:
    if report.stop_number:  # type: ignore[attr-defined]
        return STATES["STOPPED"]
    return STATES["DISMISSED" if report.dismissed_at else "AWAITING"]


@reads(*READERS)
@clause("T-1.1-avantages", "T-3.3-tracabilite")
def loss_reports(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every report of a bearer, those that wait first."""
    stops = may_stop(request)

    def action(report: LossReport) -> str:
        if report.stop_number:  # type: ignore[attr-defined]
            return str(report.stop_number)  # type: ignore[attr-defined]
        return report.dismissed_because or ("Traiter" if stops else "")

    def address(report: LossReport) -> str | None:
        if report.stop_number:  # type: ignore[attr-defined]
            return reverse("stop", args=[contract.code, report.stop_number])  # type: ignore[attr-defined]
        if report.dismissed_at or not stops:
            return None
        return reverse("loss_report", args=[contract.code, report.number])

    table = Table(
        request,
        reports_of(contract),
        caption="Signalements de perte",
        name=f"signalements-{contract.code}",
        noun="signalement",
        order="-received_at",
        columns=[
            Column("number", "Signalement", sort="number"),
            Column("received_at", "Reçu le", kind="instant", sort="received_at"),
            Column("reason", "Motif", value=lambda one: wording.REASONS[one.reason], sort="reason"),
            Column("named", "Carnet ou titre", sort="named"),
            Column("lost_on", "Perdu le", kind="date", sort="lost_on"),
            Column("state", "État", kind="status", value=_state),
            Column("follow", "Suite", value=action, link=address),
        ],
        filters=[Search("number", "named"), Period("recu", "Reçu", field="received_at", instants=True)],
        empty="Aucun signalement : les porteurs en font depuis le mode d’emploi des titres.",
    )
    return table.response("stops/losses.html", {"heading": "Signalements de perte"})


@acts(*STOPPERS)
@clause("T-1.1-avantages")
def loss_report(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """One report: stop what it names, or dismiss it."""
    report = get_object_or_404(reports_of(contract), number=number)
    form = DismissForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            dismiss_report(
                report=report, because=form.cleaned_data["because"], actor=actor(request), at=timezone.now()
            )
            messages.success(request, f"Signalement {report.number} écarté.")
        except AlreadyFollowed:
            messages.warning(request, f"Le signalement {report.number} a déjà sa suite.")
        return redirect("loss_reports", contract.code)
    designation, first = designated(report.named)
    asked = urlencode(
        {
            "designation": designation.value,
            "first": first,
            "reason": report.reason,
            "signalement": report.number,
        }
    )
    context = {
        "heading": f"Signalement {report.number}",
        "report": report,
        "waits": _state(report) is STATES["AWAITING"],
        "form": form,
        "facts": [
            ("Carnet ou titre", report.named),
            ("Motif", wording.REASONS[report.reason]),
            ("Perdu le", report.lost_on),
            ("Reçu le", report.received_at),
        ],
        "stop_url": f"{reverse('stop_new', args=[contract.code])}?{asked}",
    }
    return render(request, "stops/loss.html", context, status=422 if form.errors else 200)
