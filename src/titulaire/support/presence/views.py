"""Pages of presence: the week's mornings, the plan of the week ahead, counting, explaining."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.contracts.rules import Terms
from titulaire.deadlines.clocks import State as ClockState
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.support.presence.forms import CountForm, ExplanationForm, PlanForm
from titulaire.support.presence.models import PlannedStaff
from titulaire.support.presence.queries import (
    Morning,
    PlanClock,
    asks_why,
    calendar_of,
    mornings,
    plan_clock,
    planned_days,
    plans_in_force,
)
from titulaire.support.presence.rules import WEEK, Cause, Origin, monday_of, ratio
from titulaire.support.presence.services import (
    NothingToExplain,
    NotYetThatDay,
    count_present,
    explain_gap,
    send_staff_plan,
)
from titulaire.support.presence.wording import CAUSES, ORIGINS, PLAN_STATES, SENT_LATE, STATES
from titulaire.ui.formats import NONE, date_fr, number, rate, weekday_fr
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Column, Status, Table

READERS = (
    *(Role.SUPERVISOR, Role.PLANNER, Role.QUALITY_OFFICER),
    *(Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR),
)
PLANNERS = (Role.PLANNER, Role.SUPERVISOR)
DAY = timedelta(days=1)


@clause("S-3.3.1-ressources")
@reads(*READERS)
def presence(request: HttpRequest, contract: Contract) -> HttpResponse:
    """A week: who was announced and who came each morning, and the announcement of the week ahead."""
    terms, at = _terms(contract), timezone.now()
    today = calendar_of(terms).local_day(at)
    week = _asked_week(request, terms, today)
    found = mornings(contract, week, week + WEEK, at=at, terms=terms)
    may = bool(set(PLANNERS) & request.roles)  # type: ignore[attr-defined]
    table = _mornings_table(request, contract, week, found, terms, may)
    planned = planned_days(contract, week, week + WEEK)
    plan = _plan_table(request, contract, week, planned)
    for one in (table, plan):
        if one.export:
            return one.export_response()
    ahead = plan_clock(contract, monday_of(today) + WEEK, at=at, terms=terms)
    here = plan_clock(contract, week, at=at, terms=terms)
    context = {
        "heading": "Présents et prévus",
        "week": week,
        "week_written": f"semaine du {date_fr(week)}",
        "before": week - WEEK if week > terms.head.notified_on - WEEK else None,
        "after": week + WEEK if week + WEEK < terms.head.ends_on else None,
        "figures": _figures(found, planned),
        "ahead": ahead,
        "ahead_status": plan_status(ahead),
        "here": here,
        "here_status": plan_status(here),
        "version": plans_in_force(contract, week, week + WEEK).get(week),
        "waiting": [one for one in found if one.waits],
        "may": may,
        "today": today,
        "table": table,
        "plan": plan,
    }
    return render(request, "presence/presence.html", context)


def plan_status(one: PlanClock) -> Status:
    """Where the announcement of a week stands, late ones said so."""
    if one.state is ClockState.MET and one.sent_at and timezone.localdate(one.sent_at) > one.due_on:
        return SENT_LATE
    return PLAN_STATES[one.state]


def _figures(found: list[Morning], planned: list[PlannedStaff]) -> list[Figure]:
    counted = [one for one in found if one.planned is not None and one.present is not None]
    share = ratio(sum(one.planned or 0 for one in counted), sum(one.present or 0 for one in counted))
    waiting = sum(one.waits for one in found)
    return [
        Figure(
            "Présents sur prévus",
            NONE if share is None else rate(Decimal(share.numerator) / share.denominator),
            note="matinées comptées de la semaine",
        ),
        Figure("Matinées à compter ou à expliquer", number(waiting), note="jour et site"),
        Figure("Heures de formation", number(sum((one.training_hours for one in planned), Decimal(0)))),
        Figure("Autres heures internes", number(sum((one.internal_hours for one in planned), Decimal(0)))),
    ]


def _mornings_table(
    request: HttpRequest, contract: Contract, week: date, found: list[Morning], terms: Terms, may: bool
) -> Table:
    def why(one: Morning) -> str:
        if one.explanation is None:
            return ""
        return f"{CAUSES[Cause(one.explanation.cause)]} : {one.explanation.text}"

    def act(one: Morning) -> str | None:
        if not may or not (one.waits or asks_why(one, terms)):
            return None
        if one.present is None:
            return reverse("presence_count", args=[contract.code, one.on.isoformat()])
        return reverse("presence_explain", args=[contract.code, one.on.isoformat(), one.site])

    def act_written(one: Morning) -> str | None:
        if act(one) is None:
            return None
        return "Compter" if one.present is None else "Expliquer" if one.waits else "Compléter"

    return Table(
        request,
        found,
        caption=f"Matinées de la semaine du {date_fr(week)}",
        name=f"presence-{week}",
        noun="matinée",
        page_size=100,
        columns=[
            Column("on", "Jour", kind="date", sort="oui"),
            Column("site", "Site", sort="oui"),
            Column("planned", "Prévus", kind="number", sort="oui"),
            Column("present", "Présents", kind="number", sort="oui"),
            Column("gap", "Écart", kind="number", sort="oui"),
            Column(
                "ratio",
                "Ratio",
                kind="rate",
                value=lambda one: (
                    None if one.ratio is None else Decimal(one.ratio.numerator) / one.ratio.denominator
                ),
                sort="oui",
            ),
            Column("state", "État", kind="status", value=lambda one: STATES[one.state]),
            Column("act", "À faire", value=act_written, link=act, exported=False),
            Column("why", "Explication", value=why),
            Column("origin", "Preuve", value=lambda one: ORIGINS[one.origin] if one.origin else None),
            Column("entered", "Déclarés", kind="number", shown=False),
        ],
        empty="Aucun effectif annoncé ni compté cette semaine.",
        empty_action=("Annoncer une semaine", reverse("presence_plan", args=[contract.code]))
        if may
        else None,
    )


def _plan_table(request: HttpRequest, contract: Contract, week: date, planned: list[PlannedStaff]) -> Table:
    return Table(
        request,
        planned,
        caption=f"Effectifs annoncés, semaine du {date_fr(week)}",
        name=f"effectifs-{week}",
        prefix="effectifs",
        noun="ligne",
        page_size=100,
        columns=[
            Column("on", "Jour", kind="date", sort="oui"),
            Column("site", "Site", sort="oui"),
            Column("heads", "Effectif", kind="number", sort="oui"),
            Column("hours", "Heures", kind="number", sort="oui"),
            Column("training_hours", "Formation (h)", kind="number", sort="oui"),
            Column("internal_hours", "Autres heures internes (h)", kind="number", sort="oui"),
        ],
        empty="Aucun effectif annoncé pour cette semaine.",
    )


@clause("S-3.3.1-ressources")
@acts(*PLANNERS)
def presence_plan(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Announce the staff of a week."""
    terms = _terms(contract)
    today = calendar_of(terms).local_day(timezone.now())
    initial = {"week": monday_of(today) + WEEK}
    form = PlanForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        plan = send_staff_plan(
            contract=contract,
            week=said["week"],
            days=said["rows"],
            content=said["content"],
            file_name=said["file_name"],
            actor=_actor(request),
            at=timezone.now(),
        )
        messages.success(request, f"La semaine du {date_fr(plan.week)} est annoncée, version {plan.version}.")
        return redirect(f"{reverse('presence', args=[contract.code])}?semaine={plan.week}")
    return _form(request, "presence/plan.html", form, "Annoncer une semaine")


@clause("S-3.3.1-ressources")
@acts(*PLANNERS)
def presence_count(request: HttpRequest, contract: Contract, on: str) -> HttpResponse:
    """Count who is present on a morning, site by site."""
    terms = _terms(contract)
    day = _day(on, terms)
    found = mornings(contract, day, day + DAY, at=timezone.now(), terms=terms)
    sites = [(one.site, one.planned) for one in found]
    form = CountForm(
        request.POST if request.method == "POST" else None,
        sites=sites,
        initial={f"site_{place}": one.entered for place, one in enumerate(found)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            count_present(
                contract=contract,
                on=day,
                present=form.present,
                origin=Origin.ENTERED,
                actor=_actor(request),
                at=timezone.now(),
            )
        except NotYetThatDay:
            form.add_error(None, "Ce jour n’est pas encore venu : on ne compte que les présents.")
        else:
            messages.success(request, f"Les présents du {date_fr(day)} sont comptés.")
            return redirect(_week_url(contract, day))
    return _form(
        request,
        "presence/count.html",
        form,
        "Compter les présents",
        day_written=weekday_fr(day),
        sites=sites,
        back=_week_url(contract, day),
    )


@clause("S-3.3.1-ressources")
@acts(*PLANNERS)
def presence_explain(request: HttpRequest, contract: Contract, on: str, site: str) -> HttpResponse:
    """Say why the present were not those planned."""
    terms = _terms(contract)
    day = _day(on, terms)
    found = [
        one for one in mornings(contract, day, day + DAY, at=timezone.now(), terms=terms) if one.site == site
    ]
    if not found or not asks_why(found[0], terms):
        raise Http404("nothing to explain")
    form = ExplanationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            explain_gap(
                contract=contract,
                on=day,
                site=site,
                cause=form.cleaned_data["cause"],
                text=form.cleaned_data["text"],
                actor=_actor(request),
                at=timezone.now(),
            )
        except NothingToExplain:
            form.add_error(None, "Il n’y a plus d’écart à expliquer : les chiffres ont changé.")
        else:
            messages.success(request, "L’écart est expliqué.")
            return redirect(_week_url(contract, day))
    one = found[0]
    return _form(
        request,
        "presence/explain.html",
        form,
        "Expliquer un écart",
        one=one,
        status=STATES[one.state],
        day_written=weekday_fr(day),
        back=_week_url(contract, day),
    )


def _form(request: HttpRequest, template: str, form: Any, heading: str, **more: Any) -> HttpResponse:
    return render(
        request, template, {"heading": heading, "form": form, **more}, status=422 if form.errors else 200
    )


def _terms(contract: Contract) -> Terms:
    try:
        return terms_of(contract.code)
    except NoTermsFile as unknown:
        raise Http404("no terms") from unknown


def _actor(request: HttpRequest) -> str:
    return cast(User, request.user).actor


def _day(text: str, terms: Terms) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as wrong:
        raise Http404("no such day") from wrong
    if not terms.head.notified_on <= day < terms.head.ends_on:
        raise Http404("not a day of the contract")
    return day


def _week_url(contract: Contract, day: date) -> str:
    return f"{reverse('presence', args=[contract.code])}?semaine={monday_of(day)}"


def _asked_week(request: HttpRequest, terms: Terms, today: date) -> date:
    """The Monday of the day of the address; else of today, kept inside the contract."""
    inside = min(max(today, terms.head.notified_on), terms.head.ends_on - DAY)
    try:
        day = date.fromisoformat(request.GET.get("semaine", ""))
    except ValueError:
        return monday_of(inside)
    return monday_of(day if terms.head.notified_on - WEEK <= day < terms.head.ends_on else inside)
