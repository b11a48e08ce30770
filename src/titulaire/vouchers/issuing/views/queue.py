"""The production queue: what each order waits for, and the act that moves it on."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.jobs.models import Job
from titulaire.ui.formats import count_fr, date_fr
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Choice, Column, Search, Status, Table
from titulaire.vouchers.answers import OPERATOR, READERS, actor, operates, order_address
from titulaire.vouchers.issuing import queries, wording
from titulaire.vouchers.issuing.codes import WrongPassphrase
from titulaire.vouchers.issuing.composition import NothingToPrintWith
from titulaire.vouchers.issuing.lateness import Lateness
from titulaire.vouchers.issuing.models import PrintJob
from titulaire.vouchers.issuing.production import JobInWrongState, ask_print, queued_work
from titulaire.vouchers.issuing.queries import QueueLine, Stage
from titulaire.vouchers.issuing.services import (
    CountsDiffer,
    NoSeries,
    NotAcknowledged,
    VintageOver,
    issue_order,
)
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.services import WrongState, acknowledge_order
from titulaire.vouchers.orders.wording import KINDS
from titulaire.vouchers.orders.wording import STATES as ORDER_STATES
from titulaire.vouchers.regimes.rules import MissingValue

BUTTONS = {
    Stage.TO_ACKNOWLEDGE: ("production_acknowledge", "Accuser réception"),
    Stage.TO_ISSUE: ("production_issue", "Émettre les titres"),
    Stage.TO_MAKE: ("production_make", "Fabriquer les fichiers"),
    Stage.FAILED: ("production_make", "Fabriquer de nouveau"),
}
LINKS = {
    Stage.HELD: ("print_job", "Voir ce qui retient"),
    Stage.READY: ("print_release", "Donner à l’imprimeur"),
    Stage.RELEASED: ("print_reconcile", "Rapprocher le retour"),
}


@reads(OPERATOR, Role.AUDITOR)
def production_queue(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Orders on their way to the printer, the most pressing first."""
    lines = queries.production_queue(contract, on=timezone.localdate())
    may_act = operates(request)

    def next_act(line: QueueLine) -> SafeString | str:
        return _next_act(request, contract, line, may_act=may_act)

    table = Table(
        request,
        lines,
        caption="Commandes en production",
        name=f"production-{contract.code}",
        noun="commande",
        columns=[
            Column(
                "order", "Commande", value=lambda line: line.order.number, link=_order_address, sort="number"
            ),
            Column("kind", "Nature", value=lambda line: KINDS[line.order.kind], shown=False),
            Column("vouchers", "Titres", value="order.vouchers", kind="number", sort="vouchers"),
            Column("stage", "Étape", kind="status", statuses=wording.STAGES, sort="stage"),
            Column("due_on", "À livrer le", kind="date", sort="due_on"),
            Column("risk", "Délai en jours ouvrés", value=_risk, kind="status"),
            Column(
                "next",
                "À faire",
                value=lambda line: wording.STAGES[line.stage].label,
                html=next_act,
                exported=False,
            ),
        ],
        filters=[
            Search("order__number"),
            Choice(
                "etape",
                "Étape",
                [(code, status.label) for code, status in wording.STAGES.items()],
                field="stage",
                every="Toutes",
            ),
        ],
        empty="Aucune commande en production.",
        empty_action=("Voir les impressions faites", reverse("print_jobs", args=[contract.code])),
    )
    return table.response("issuing/queue.html", {"heading": "File de production", "figures": _figures(lines)})


def _figures(lines: list[QueueLine]) -> list[Figure]:
    def counted(*stages: Stage) -> int:
        return sum(line.stage in stages for line in lines)

    late = sum(line.risk is Lateness.LATE for line in lines)
    soon = sum(line.risk is Lateness.SOON for line in lines)
    held, making = counted(Stage.HELD, Stage.FAILED), counted(Stage.MAKING)
    return [
        Figure(
            "À accuser, émettre ou fabriquer",
            str(counted(Stage.TO_ACKNOWLEDGE, Stage.TO_ISSUE, Stage.TO_MAKE)),
            note=f"{count_fr(making, 'autre')} en fabrication" if making else "",
        ),
        Figure(
            "Retenues",
            str(held),
            status=("HELD", "À reprendre", "bad") if held else ("NONE", "Aucune", "good"),
        ),
        Figure("À donner à l’imprimeur", str(counted(Stage.READY))),
        Figure(
            "En retard",
            str(late),
            note=f"{count_fr(soon, 'autre')} à deux jours ouvrés ou moins" if soon else "",
            status=("LATE", "Délai dépassé", "bad")
            if late
            else ("SOON", "Échéance proche", "warn")
            if soon
            else ("OK", "Dans les temps", "good"),
        ),
    ]


def _order_address(line: QueueLine) -> str:
    return order_address(line.order)


def _risk(line: QueueLine) -> Status | None:
    if line.risk is None or line.days_left is None:
        return None
    if line.risk is Lateness.LATE:
        label = f"{count_fr(-line.days_left, 'jour')} de retard"
    elif line.days_left == 0:
        label = "Dernier jour"
    else:
        label = f"Reste {count_fr(line.days_left, 'jour')}"
    return Status(line.risk.value, label, wording.RISK_TONES[line.risk])


def _next_act(
    request: HttpRequest, contract: Contract, line: QueueLine, *, may_act: bool
) -> SafeString | str:
    if line.stage is Stage.MAKING and line.job and line.work:
        return SafeString(render_to_string("issuing/making.html", _making(contract, line.job, line.work)))
    if line.stage in BUTTONS and may_act:
        view, label = BUTTONS[line.stage]
        button = format_html(
            '<form method="post" action="{address}"><input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
            '<button class="button button-small" aria-label="{label}, commande {number}">{label}</button></form>',
            address=reverse(view, args=[contract.code, line.order.number]),
            token=get_token(request),
            label=label,
            number=line.order.number,
        )
        if line.stage is Stage.FAILED and line.work:
            return format_html("<p>{}</p>{}", line.work.error, button)
        return button
    if line.stage in LINKS and line.job and (may_act or line.stage is Stage.HELD):
        view, label = LINKS[line.stage]
        return format_html(
            '<a class="button button-second button-small" href="{address}" '
            'aria-label="{label}, commande {number}">{label}</a>',
            address=reverse(view, args=[contract.code, line.job.batch]),
            label=label,
            number=line.order.number,
        )
    return "—"


def _making(contract: Contract, job: PrintJob, work: Job) -> dict[str, object]:
    steps = ("En attente d’un poste de travail", "Composition", "Relecture de chaque page", "Rangement")
    step = (
        steps[0] if work.state == Job.QUEUED and not work.done_parts else steps[min(work.done_parts + 1, 3)]
    )
    return {
        "label": f"Lot {job.batch}",
        "done": work.done_parts,
        "total": work.all_parts or 3,
        "note": step,
        "url": reverse("print_progress", args=[contract.code, job.batch]),
    }


@reads(*READERS)
def print_progress(request: HttpRequest, contract: Contract, batch: str) -> HttpResponse:
    """How far the making of a print job is: a fragment that asks for its successor, or reloads its page."""
    job = get_object_or_404(queries.print_jobs_of(contract), batch=batch)
    work = queued_work(job)
    if work is None or work.state in {Job.DONE, Job.FAILED}:
        response = HttpResponse("", content_type="text/html")
        response["HX-Refresh"] = "true"
        return response
    return render(request, "issuing/making.html", _making(contract, job, work))


def _order(contract: Contract, number: str) -> Order:
    return get_object_or_404(Order.objects.select_related("contract"), contract=contract, number=number)


def _to_queue(contract: Contract) -> HttpResponse:
    return redirect("production_queue", contract=contract.code)


@acts(OPERATOR)
def production_acknowledge(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Acknowledge an order today."""
    order = _order(contract, number)
    if request.method == "POST":
        try:
            order = acknowledge_order(order=order, actor=actor(request), at=timezone.now())
        except WrongState as stopped:
            messages.error(
                request,
                f"La commande {number} est {ORDER_STATES[stopped.state].label.lower()} : rien à accuser.",
            )
        else:
            messages.success(
                request,
                f"Commande {number} : réception accusée, livraison promise le {date_fr(order.promised_on)}.",
            )
    return _to_queue(contract)


@acts(OPERATOR)
def production_issue(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Issue an order's vouchers: numbers, signatures, booklets."""
    order = _order(contract, number)
    if request.method != "POST":
        return _to_queue(contract)
    try:
        issue = issue_order(order=order, actor=actor(request), at=timezone.now())
    except NotAcknowledged as stopped:
        state = ORDER_STATES[stopped.state].label.lower()
        messages.error(request, f"La commande {number} est {state} : accusez-en d’abord réception.")
    except NoSeries:
        messages.error(
            request,
            "Ce marché n’a pas encore de série de numéros : l’exploitant l’ouvre par la commande "
            "« titulaire issuing open-series ».",
        )
    except WrongPassphrase:
        messages.error(
            request,
            "La clé de signature de ce millésime ne s’ouvre pas : l’exploitant vérifie TITULAIRE_KEY_PASSPHRASE.",
        )
    except VintageOver as over:
        messages.error(
            request,
            f"La commande {number} a trop attendu : ses titres ne serviraient que jusqu’au "
            f"{date_fr(over.last_valid_on)}. Annulez-la, et commandez à nouveau.",
        )
    except CountsDiffer as differ:
        messages.error(
            request,
            f"La commande {number} annonce {differ.ordered} titres et ses lignes {differ.lines} : rien n’est émis. "
            "Prévenez l’exploitant.",
        )
    else:
        said = "déjà émise" if issue.already_done else "émise"
        messages.success(
            request,
            f"Commande {number} {said} : {count_fr(issue.vouchers, 'titre')} en "
            f"{count_fr(issue.booklets, 'carnet')}, de {issue.first_number} à {issue.last_number}.",
        )
    return _to_queue(contract)


@acts(OPERATOR)
def production_make(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Queue the making of an order's files."""
    job = get_object_or_404(queries.print_jobs_of(contract), order__number=number)
    if request.method != "POST":
        return _to_queue(contract)
    try:
        ask_print(job=job, actor=actor(request), at=timezone.now())
    except JobInWrongState as stopped:
        state = wording.PRINT_STATES[stopped.state].label.lower()
        messages.info(request, f"Le lot {stopped.batch} est déjà fait ({state}).")
    except NothingToPrintWith:
        messages.error(
            request, "Rien ne dit encore les noms et adresses à imprimer : saisissez-les, puis recommencez."
        )
        return redirect("imprint_edit", contract=contract.code)
    except MissingValue as missing:
        messages.error(
            request,
            f"La mention {missing.mention} du régime ne peut pas s’imprimer : il manque « {missing.placeholder} ».",
        )
    else:
        messages.success(
            request, f"Lot {job.batch} : fabrication demandée. Elle continue si vous quittez cette page."
        )
    return _to_queue(contract)
