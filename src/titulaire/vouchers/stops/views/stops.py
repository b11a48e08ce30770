"""Stops: the list, a new one in two steps, one stop with its lift and its replacements."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr, instant_fr, money, number
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Table
from titulaire.vouchers.answers import actor, names_of, who
from titulaire.vouchers.issuing.models import Voucher, VoucherState
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.issuing.services import NoSeries
from titulaire.vouchers.issuing.wording import VOUCHER_STATES
from titulaire.vouchers.stops import queries, wording
from titulaire.vouchers.stops.forms import LiftForm, ReissueForm, StopForm, SureForm
from titulaire.vouchers.stops.losses import awaiting
from titulaire.vouchers.stops.models import Stop, StoppedVoucher
from titulaire.vouchers.stops.queries import NothingNamed, StopPlan
from titulaire.vouchers.stops.rules import Designation, StopReason, replacement_term
from titulaire.vouchers.stops.services import (
    AskedTooLate,
    MoreThanConfirmed,
    NothingToLift,
    NothingToReissue,
    NothingToStop,
    lift_stop,
    reissue_stopped,
    stop_vouchers,
)
from titulaire.vouchers.stops.views import READERS, STOPPERS, may_stop
from titulaire.vouchers.stops.views.reissues import claims_table, complaints_about


@reads(*READERS)
@clause("T-2.1.5-espace-gestion", "T-3.3-tracabilite")
def stops(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every stop of the contract."""
    names = names_of(contract)
    table = Table(
        request,
        queries.stops_of(contract),
        caption="Oppositions",
        name=f"oppositions-{contract.code}",
        noun="opposition",
        order="-effective_at",
        columns=[
            Column("number", "Opposition", link=_address, sort="number"),
            Column("effective_at", "Effet", kind="instant", sort="effective_at"),
            Column("reason", "Motif", value=lambda stop: wording.REASONS[stop.reason], sort="reason"),
            Column("what", "Titres visés", value=lambda stop: wording.selection_sentence(stop.selection)),
            Column("vouchers", "Opposés", kind="number", sort="vouchers"),
            Column("amount", "Valeur", kind="money", sort="amount_cents"),
            Column("declared_by", "Déclarée par", sort="declared_by"),
            Column("declared_on", "Déclarée le", kind="date", sort="declared_on"),
            Column("stopped_by", "Enregistrée par", value=lambda stop: who(names, stop.stopped_by)),
        ],
        filters=[
            Search("number", "first", "last", "declared_by", "police_reference"),
            Choice("motif", "Motif", list(wording.REASONS.items()), field="reason"),
            Period("effet", "Effet", field="effective_at", instants=True),
        ],
        empty="Aucune opposition.",
        empty_action=("Faire opposition", reverse("stop_new", args=[contract.code]))
        if may_stop(request)
        else None,
    )
    return table.response("stops/stops.html", {"heading": "Oppositions", "may_stop": may_stop(request)})


def _address(stop: Stop) -> str:
    return reverse("stop", args=[stop.contract.code, stop.number])


@acts(*STOPPERS)
@clause("T-2.1.5-espace-gestion")
def stop_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Name the vouchers, see what would be stopped, confirm twice."""
    if request.method != "POST":
        asked = {
            key: request.GET[key] for key in ("designation", "first", "last", "reason") if key in request.GET
        }
        report = awaiting(contract).filter(number=request.GET.get("signalement", "")).first()
        form = StopForm(
            initial={
                "designation": Designation.RANGE.value,
                "declared_on": timezone.localdate(report.received_at) if report else timezone.localdate(),
                "declared_by": f"Porteur, signalement {report.number}" if report else "",
                "request_key": report.stop_key if report else uuid.uuid4().hex,
                **asked,
            }
        )
        return _ask(request, contract, form)
    form = StopForm(request.POST)
    if not form.is_valid():
        return _ask(request, contract, form)
    # Pressed twice: the first press did it.
    done = queries.stops_of(contract).filter(request_key=form.cleaned_data["request_key"]).first()
    if done is not None:
        return redirect(_address(done))
    try:
        plan = queries.stop_plan(contract, form.selection)
    except NothingNamed:
        form.add_error("first", "Aucun titre de ce marché ne répond à cette désignation.")
        return _ask(request, contract, form)
    if "confirm" not in request.POST:
        return _check(request, contract, form, plan, SureForm(len(plan.stoppable)))
    sure = SureForm(len(plan.stoppable), request.POST)
    if not plan.stoppable or not sure.is_valid():
        return _check(request, contract, form, plan, sure)
    try:
        made = stop_vouchers(
            contract=contract,
            selection=form.selection,
            reason=form.reason_code,
            declared_by=form.cleaned_data["declared_by"],
            declared_on=form.cleaned_data["declared_on"],
            police_reference=form.cleaned_data["police_reference"],
            note=form.cleaned_data["note"],
            confirmed=sure.cleaned_data["count"],
            request_key=form.cleaned_data["request_key"],
            actor=actor(request),
            at=timezone.now(),
        )
    except (MoreThanConfirmed, NothingToStop):
        messages.warning(request, "Ces titres viennent de changer d’état : contrôlez à nouveau.")
        plan = queries.stop_plan(contract, form.selection)
        return _check(request, contract, form, plan, SureForm(len(plan.stoppable)))
    messages.success(
        request,
        f"{count_fr(made.vouchers, 'titre opposé', 'titres opposés')} "
        f"depuis le {instant_fr(made.effective_at)} : opposition {made.number}.",
    )
    return redirect(_address(made))


def _ask(request: HttpRequest, contract: Contract, form: StopForm) -> HttpResponse:
    return render(request, "stops/new.html", {"heading": "Faire opposition", "form": form})


def _check(
    request: HttpRequest, contract: Contract, form: StopForm, plan: StopPlan, sure: SureForm
) -> HttpResponse:
    context = {
        "heading": "Contrôler l’opposition",
        "form": form,
        "sure": sure,
        "plan": plan,
        "selection": wording.selection_sentence(plan.selection),
        "reason": wording.REASONS[form.cleaned_data["reason"]],
        "figures": [
            Figure("À opposer", number(len(plan.stoppable)), note=money(plan.amount)),
            Figure(
                "Ne peuvent pas l’être",
                number(len(plan.escaped)),
                status=("ESCAPED", "Voir pourquoi", "warn") if plan.escaped else None,
            ),
        ],
        "escaped": [
            (
                voucher.grouped,
                reverse("voucher", args=[contract.code, voucher.number]),
                VOUCHER_STATES[voucher.state],
                plan.places.get(voucher.pk),
            )
            for voucher in plan.escaped[:200]
        ],
        "stoppable": plan.stoppable[:200],
        "stoppable_more": max(len(plan.stoppable) - 200, 0),
    }
    return render(request, "stops/check.html", context)


def _stop(contract: Contract, number: str) -> Stop:
    found: Stop = get_object_or_404(queries.stops_of(contract), number=number)
    return found


@reads(*READERS)
@clause("T-2.1.5-espace-gestion", "T-3.3-tracabilite")
def stop(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """One stop: what it holds, what escaped it, its lifts, its replacements."""
    made = _stop(contract, number)
    names = names_of(contract)
    held = Table(
        request,
        made.held.select_related("voucher__booklet", "voucher__replaced_by", "lift"),
        caption="Titres de l’opposition",
        name=f"opposition-{number}",
        noun="titre",
        order="number",
        columns=[
            Column(
                "number", "Numéro", value="voucher.grouped", sort="voucher__serial", link=_voucher(contract)
            ),
            Column("bare", "Numéro sans espaces", value="voucher.number", shown=False),
            Column("state", "État", value="voucher.state", kind="status", statuses=VOUCHER_STATES),
            Column(
                "booklet", "Carnet", value="voucher.booklet.reference", sort="voucher__booklet__reference"
            ),
            Column("amount", "Valeur", value="voucher.face_value", kind="money"),
            Column("listed", "Sur la liste", value=lambda row: "Non, levé" if row.until_version else "Oui"),
            Column("lifted_at", "Levée le", value="lift.lifted_at", kind="instant"),
            Column("new", "Remplacé par", value=_descendant),
        ],
        filters=[Search("voucher__number", "voucher__booklet__reference")],
    )
    if held.export:
        return held.export_response()
    standing = queries.standing(made)
    waiting = standing.filter(voucher__state=VoucherState.STOPPED.value).count()
    context = {
        "heading": f"Opposition {number}",
        "stop": made,
        "may_lift": may_stop(request) and waiting > 0,
        "may_reissue": may_stop(request)
        and waiting > 0
        and replacement_term(StopReason(made.reason)) is not None,
        "figures": [
            Figure("Opposés", _count(made.vouchers), note=money(made.amount)),
            Figure("Encore sur la liste", _count(standing.count())),
            Figure("À remplacer ou à lever", _count(waiting)),
        ],
        "facts": [
            ("Titres visés", wording.selection_sentence(made.selection)),
            ("Motif", wording.REASONS[made.reason]),
            ("Effet", f"le {instant_fr(made.effective_at)} : refusés depuis cet instant"),
            ("Déclarée", f"par {made.declared_by}, le {date_fr(made.declared_on)}"),
            ("Plainte", made.police_reference or "non communiquée"),
            *([("Précision", made.note)] if made.note else []),
            ("Enregistrée par", who(names, made.stopped_by)),
            *complaints_about(contract, list(made.claims.values_list("reissue__reference", flat=True))),
        ],
        "escaped": [(Number.parse(bare).grouped, VOUCHER_STATES[state]) for bare, state in made.escaped],
        "events": _events(made, names),
        "claims": claims_table(request, contract, stop=made),
        "held": held,
    }
    return render(request, "stops/stop.html", context)


def _events(made: Stop, names: dict[str, str]) -> list[Event]:
    by = who(names, made.stopped_by)
    events = [Event(made.effective_at, "Opposition", count_fr(made.vouchers, "titre"), "bad", by)]
    for lift in made.lifts.all():
        told = f"{count_fr(lift.vouchers, 'titre')} : {lift.reason}"
        events.append(Event(lift.lifted_at, "Mainlevée", told, "good", who(names, lift.lifted_by)))
    for claim in made.claims.select_related("reissue"):
        reissue = claim.reissue
        told = count_fr(reissue.vouchers, "nouveau titre", "nouveaux titres")
        link = reverse("reissue", args=[made.contract.code, reissue.reference])
        events.append(
            Event(reissue.issued_at, "Réémission", told, "info", who(names, reissue.issued_by), link)
        )
    return sorted(events, key=lambda event: str(event.at))


def _count(value: int) -> str:
    return number(value)


def _voucher(contract: Contract):  # type: ignore[no-untyped-def]
    return lambda row: reverse("voucher", args=[contract.code, row.voucher.number])


def _descendant(row: StoppedVoucher) -> str | None:
    try:
        return row.voucher.replaced_by.grouped
    except Voucher.DoesNotExist:
        return None


@acts(*STOPPERS)
@clause("T-2.1.5-espace-gestion")
def stop_lift(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """End a stop, wholly or for some of its vouchers."""
    made = _stop(contract, number)
    form = LiftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            lift = lift_stop(stop=made, actor=actor(request), at=timezone.now(), **form.cleaned_data)
        except NothingToLift as refused:
            form.add_error("numbers" if form.cleaned_data["numbers"] else None, _why_not(refused.states))
        else:
            messages.success(
                request, f"{count_fr(lift.vouchers, 'titre')} de nouveau utilisables, dès maintenant."
            )
            return redirect(_address(made))
    context = {
        "heading": f"Lever l’opposition {number}",
        "consequences": [
            "Les titres retrouvent l’état qu’ils avaient : un commerçant les accepte de nouveau aussitôt.",
            "Un titre déjà remplacé reste mort : il ne se lève jamais.",
            "La liste d’opposition change de version ; l’opposition et sa levée restent au journal.",
        ],
        "facts": [
            ("Titres visés", wording.selection_sentence(made.selection)),
            ("Encore opposés", _count(_waiting(made))),
        ],
        "form": form,
        "action_label": "Lever l’opposition",
        "cancel_url": _address(made),
    }
    return render(request, "stops/confirm.html", {**context, "stop": made})


@acts(*STOPPERS)
@clause("T-2.6-perte", "T-2.6-defectueux")
def stop_reissue(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Ask for new vouchers in place of those stopped."""
    made = _stop(contract, number)
    reason = StopReason(made.reason)
    today = timezone.localdate()
    due_on = queries.replacement_due_on(contract, reason, asked_on=today)
    if due_on is None:
        messages.info(
            request, f"Le motif « {wording.REASONS[made.reason]} » n’ouvre pas droit à de nouveaux titres."
        )
        return redirect(_address(made))
    form = ReissueForm(request.POST or None, initial={"asked_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            claims = reissue_stopped(stop=made, actor=actor(request), at=timezone.now(), **form.cleaned_data)
        except NothingToReissue as refused:
            form.add_error(None, _why_not(refused.states))
        except AskedTooLate as late:
            form.add_error(
                "asked_on",
                f"{count_fr(len(late.numbers), 'titre')} n’étaient plus valables à cette date "
                f"(fin le {date_fr(late.last_valid_on)}) : le remplacement se demande avant.",
            )
        except NoSeries:
            form.add_error(None, "Ce marché n’a pas de série de numéros.")
        else:
            total = sum(claim.reissue.vouchers for claim in claims)
            messages.success(
                request,
                f"{count_fr(total, 'nouveau titre', 'nouveaux titres')} à imprimer et à livrer "
                f"au plus tard le {date_fr(claims[0].due_on)}.",
            )
            return redirect(_address(made))
    context = {
        "heading": f"Réémettre les titres de l’opposition {number}",
        "grave": True,
        "consequences": [
            "Les anciens titres meurent d’abord : même retrouvés, ils ne serviront plus jamais.",
            "Chaque nouveau titre reprend la valeur de l’ancien ; le plafond du marché n’est pas touché.",
            "Un titre qui arriverait sans un jour d’utilisation est remplacé au millésime suivant.",
        ],
        "facts": [
            ("Motif", wording.REASONS[made.reason]),
            ("Titres à remplacer", _count(_waiting(made))),
            ("À livrer au plus tard", f"le {date_fr(due_on)}, si la demande est d’aujourd’hui"),
        ],
        "form": form,
        "action_label": "Réémettre",
        "cancel_url": _address(made),
    }
    return render(request, "stops/confirm.html", {**context, "stop": made})


def _waiting(made: Stop) -> int:
    return queries.standing(made).filter(voucher__state=VoucherState.STOPPED.value).count()


def _why_not(states: Mapping[str, str]) -> str:
    labels = sorted({wording.state_label(state).lower() for state in states.values()})
    told = f" Leur état : {', '.join(labels)}." if labels else ""
    return f"Aucun de ces titres n’est encore opposé.{told}"
