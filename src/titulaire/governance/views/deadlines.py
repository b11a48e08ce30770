"""The board of deadlines: what is late, what comes, the month, one date opened, the calendar to subscribe to."""

from __future__ import annotations

from calendar import Calendar as MonthCalendar
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from titulaire.clauses import clause
from titulaire.deadlines.days import same_date
from titulaire.deadlines.dues import Due, DueState, When
from titulaire.governance import queries, services
from titulaire.governance.board import Line, board, whole_life
from titulaire.governance.feed import calendar_bytes
from titulaire.governance.forms import FeedForm
from titulaire.governance.models import FeedKey
from titulaire.governance.rules import working_days_left
from titulaire.governance.views import READERS, actor, clause_url, posted, roles
from titulaire.governance.wording import DUE_STATES, WHENS, WHOS, closure_fr, delay_fr
from titulaire.identity.access import acts, public, read_only, reads, roles_of
from titulaire.identity.models import Contract, User
from titulaire.ui.formats import DAYS, count_fr, date_fr, instant_fr, month_fr, number, weekday_fr
from titulaire.ui.parts import Figure, Tab
from titulaire.ui.tables import Choice, Column, Period, Search, Table

AHEAD_MONTHS = 3
FEED_BEHIND_MONTHS = 12


def _tabs(contract: Contract, here: str) -> list[Tab]:
    return [
        Tab(label, reverse(name, args=[contract.code]), name == here)
        for name, label in (
            ("deadlines", "À tenir"),
            ("deadlines_month", "Mois par mois"),
            ("deadlines_all", "Toutes"),
            ("deadlines_feed", "S’abonner"),
        )
    ]


def _table(request: HttpRequest, contract: Contract, lines: Sequence[Line], *, empty: str) -> Table:
    titles = {line.room: line.title for line in lines}
    return Table(
        request,
        lines,
        name=f"echeances-{contract.code}",
        caption="Échéances",
        noun="échéance",
        columns=[
            Column("due_on", "Échéance", value="due.due_on", kind="date", sort="yes"),
            Column(
                "label",
                "Quoi",
                value="due.label",
                link=lambda line: reverse("deadline", args=[contract.code, line.key]),
                sort="yes",
            ),
            Column("when", "Quand", value=lambda line: WHENS[line.when.value], exported=True, shown=False),
            Column("state", "État", value="state", kind="status", statuses=DUE_STATES, sort="yes"),
            Column("who", "À la charge de", value=lambda line: WHOS[line.due.who.value], sort="yes"),
            Column("title", "Domaine", sort="yes"),
            Column("done_on", "Tenue le", value="due.done_on", kind="date", sort="yes"),
            Column("due_at", "Heure limite", value="due.due_at", kind="instant", shown=False),
            Column("clause", "Clause", value="due.clause", shown=False),
            Column("key", "Clé", shown=False),
        ],
        filters=[
            Search("due.label", "title", "due.clause", label="Échéance, domaine ou clause"),
            Choice("quand", "Quand", list(WHENS.items()), field="when", every="Toujours"),
            Choice("domaine", "Domaine", sorted(titles.items(), key=lambda item: item[1]), field="room"),
            Choice("etat", "État", [(code, each.label) for code, each in DUE_STATES.items()], field="state"),
            Choice("qui", "À la charge de", list(WHOS.items()), field="due.who"),
            Period("du", "Échéance", field="due.due_on"),
        ],
        empty=empty,
    )


def _figures(contract: Contract, lines: Sequence[Line]) -> list[Figure]:
    counts = Counter(line.when for line in lines)
    page = reverse("deadlines", args=[contract.code])
    return [
        Figure(
            WHENS[when.value],
            number(counts[when]),
            link=f"{page}?quand={when.value}",
            status=("LATE", "à traiter", "bad") if when is When.LATE and counts[when] else None,
        )
        for when in (When.LATE, When.TODAY, When.WEEK, When.LATER)
    ]


@clause("T-3.3-tracabilite")
@reads(*READERS)
def deadlines(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What is late and what comes in the next three months."""
    now, today = timezone.now(), timezone.localdate()
    since, _ = whole_life(contract, today)
    lines = [
        line
        for line in board(
            contract, since=since, until=same_date(today, AHEAD_MONTHS), at=now, roles=roles(request)
        )
        if line.when is not When.OVER
    ]
    table = _table(request, contract, lines, empty="Aucune échéance dans les trois mois.")
    return table.response(
        "governance/deadlines.html",
        {
            "tabs": _tabs(contract, "deadlines"),
            "figures": _figures(contract, lines),
            "lead": "Ce qui est en retard, et ce qui vient dans les trois mois.",
        },
    )


@reads(*READERS)
def deadlines_all(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every date of the contract's life, kept or not."""
    since, until = whole_life(contract, timezone.localdate())
    lines = board(contract, since=since, until=until, at=timezone.now(), roles=roles(request))
    table = _table(request, contract, lines, empty="Aucune échéance.")
    return table.response(
        "governance/deadlines.html",
        {"tabs": _tabs(contract, "deadlines_all"), "lead": "Toute la vie du marché, tenues comprises."},
    )


@reads(*READERS)
def deadlines_month(request: HttpRequest, contract: Contract) -> HttpResponse:
    """A month, day by day."""
    today = timezone.localdate()
    month = _month(request.GET.get("mois", "")) or today.replace(day=1)
    after = same_date(month, 1)
    lines = board(contract, since=month, until=after, at=timezone.now(), roles=roles(request))
    calendar = queries.calendar_of(contract, on=month)
    by_day: dict[date, list[tuple[Line, object]]] = {}
    for line in lines:
        by_day.setdefault(line.due.due_on, []).append((line, DUE_STATES[line.state.value]))
    days = [
        {
            "day": day,
            "inside": day.month == month.month,
            "today": day == today,
            "worked": calendar.counts(day),
            "closure": closure_fr(closed) if (closed := calendar.closure(day)) and closed.name else "",
            "lines": by_day.get(day, []) if day.month == month.month else [],
        }
        for day in MonthCalendar().itermonthdates(month.year, month.month)
    ]
    return render(
        request,
        "governance/month.html",
        {
            "tabs": _tabs(contract, "deadlines_month"),
            "heading": f"Échéances de {month_fr(month)}",
            "month": month,
            "weekdays": DAYS,
            "days": days,
            "count": count_fr(len(lines), "échéance"),
            "before": f"{same_date(month, -1):%Y-%m}",
            "before_label": month_fr(same_date(month, -1)),
            "after": f"{after:%Y-%m}",
            "after_label": month_fr(after),
        },
    )


def _month(text: str) -> date | None:
    """A month written `2026-11`; None for anything else, or a year that nobody means."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return month if 2015 <= month.year <= 2045 else None


@clause("T-3.3-tracabilite")
@reads(*READERS)
def deadline(request: HttpRequest, contract: Contract, key: str) -> HttpResponse:
    """One date opened: its facts, its clause, how it was counted."""
    now, today = timezone.now(), timezone.localdate()
    since, until = whole_life(contract, today)
    line = next(
        (
            each
            for each in board(contract, since=since, until=until, at=now, roles=roles(request))
            if each.key == key
        ),
        None,
    )
    if line is None:
        raise Http404("no such date")
    due = line.due
    left = working_days_left(due.due_on, today, queries.calendar_of(contract, on=today))
    facts = [
        ("Échéance", instant_fr(due.due_at) if due.due_at else weekday_fr(due.due_on)),
        ("État", DUE_STATES[line.state.value]),
        ("À la charge de", WHOS[due.who.value]),
        ("Tenue le", instant_fr(due.done_at) if due.done_at else date_fr(due.done_on) if due.done_on else ""),
        (
            "Reste",
            count_fr(left, "jour ouvré", "jours ouvrés") if line.state is DueState.OPEN and left >= 0 else "",
        ),
        (
            "Retard",
            count_fr(-left, "jour ouvré", "jours ouvrés") if line.state is DueState.LATE else "",
        ),
        ("Sans réponse à temps", "le silence vaut acceptation" if due.silence else ""),
        ("Domaine", line.title),
    ]
    return render(
        request,
        "governance/deadline.html",
        {
            "heading": due.label,
            "line": line,
            "facts": [(label, value) for label, value in facts if value],
            "count": _count(due),
            "clause": due.clause,
            "clause_url": clause_url(contract, due.clause),
        },
    )


def _count(due: Due) -> dict[str, object] | None:
    """How the date was reached, in words; None where a room does not tell."""
    counted = due.counted
    if counted is None:
        return None
    passed = counted.passed_over(due.due_on)
    starts_on = counted.calendar.local_day(counted.fact_at)
    hours = due.due_at is not None
    return {
        "facts": [
            (counted.fact, instant_fr(counted.fact_at) if hours else weekday_fr(starts_on)),
            ("Délai", delay_fr(counted.rule)),
            ("Se compte", "à partir de cet instant" if hours else "à partir du lendemain, jusqu’à minuit"),
            ("Fin", instant_fr(due.due_at) if due.due_at else weekday_fr(due.due_on)),
        ],
        "passed": [(weekday_fr(day), closure_fr(closure)) for day, closure in passed],
    }


@acts(*READERS)
def deadlines_feed(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The person's own calendars: open one, whose address is shown once; close one."""
    user = cast(User, request.user)
    form = FeedForm(posted(request))
    address = ""
    if request.method == "POST" and form.is_valid():
        try:
            secret = services.make_feed_key(
                contract=contract, user=user, label=form.cleaned_data["label"], at=timezone.now()
            )
        except services.TooManyKeys:
            form.add_error(None, "Vous avez déjà dix agendas ouverts : fermez-en un d’abord.")
        else:
            address = request.build_absolute_uri(reverse("deadlines_ics", args=[secret]))
            form = FeedForm()
    response = render(
        request,
        "governance/feed.html",
        {
            "tabs": _tabs(contract, "deadlines_feed"),
            "form": form,
            "address": address,
            "keys": queries.feed_keys_of(contract, user),
        },
    )
    patch_cache_control(response, private=True, no_store=True)
    return response


@acts(*READERS)
def deadlines_feed_close(request: HttpRequest, contract: Contract, key: int) -> HttpResponse:
    """Close one of the person's own calendars."""
    user = cast(User, request.user)
    found = FeedKey.objects.filter(contract=contract, user=user, pk=key).select_related("contract").first()
    if found is None:
        raise Http404("no such calendar")
    if request.method == "POST":
        services.revoke_feed_key(key=found, actor=actor(request), at=timezone.now())
        messages.success(request, f"Agenda « {found.label} » fermé : son adresse ne donne plus rien.")
        return redirect("deadlines_feed", contract.code)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"Fermer l’agenda « {found.label} »",
            "consequences": ["L’adresse donnée à votre logiciel d’agenda ne répondra plus jamais."],
            "action_label": "Fermer l’agenda",
            "cancel_url": reverse("deadlines_feed", args=[contract.code]),
            "grave": True,
        },
    )


@public
def deadlines_ics(request: HttpRequest, secret: str) -> HttpResponse:
    """A contract's dates as a calendar, for who holds the secret address; a closed one does not exist."""
    if request.method not in {"GET", "HEAD"}:
        raise Http404("no such calendar")
    now, today = timezone.now(), timezone.localdate()
    with read_only():
        key = queries.feed_key_of(secret, on=today)
        held = roles_of(key.user, key.contract) & set(READERS) if key else frozenset()
        if key is None or not held:
            raise Http404("no such calendar")
        contract = key.contract
        _, until = whole_life(contract, today)
        lines = board(contract, since=same_date(today, -FEED_BEHIND_MONTHS), until=until, at=now, roles=held)
        content = calendar_bytes(contract, lines, at=now, calendar=queries.calendar_of(contract, on=today))
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="echeances-{contract.code}.ics"'
    response["Cache-Control"] = "private, max-age=900"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
