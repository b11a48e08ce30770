"""Dashboards by mail, one per subscription and period; and saying whose number an adviser's number is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.days import previous_working_day
from titulaire.identity.models import Contract, User
from titulaire.indicators.wording import target_written, written
from titulaire.jobs.services import enqueue
from titulaire.journal.services import record
from titulaire.support.dashboards.figures import Figures
from titulaire.support.dashboards.judging import FLAT, judged
from titulaire.support.dashboards.models import AdviserNumber, Delivery, Subscription
from titulaire.support.dashboards.queries import advisers_of, life_of, readers_of
from titulaire.support.dashboards.rules import Grain, Life, Period, Tie, due_period, is_ready, read_period
from titulaire.support.dashboards.wording import CUTS, period_written
from titulaire.support.dashboards.workbook import SHEET, notes_of, workbook_rows
from titulaire.support.presence.queries import calendar_of
from titulaire.ui.exports import XLSX_TYPE, xlsx_bytes

SYSTEM = "system:dashboards"
SEND = "dashboards.send"
MAIL = """Bonjour,

Voici le tableau de bord du marché « {title} », {period}.

{figures}

Les chiffres, leurs formules et les faits derrière chacun :
{link}

Le classeur joint a une ligne par chiffre.

Vous recevez ce message parce que vous y êtes abonné. Pour ne plus le recevoir :
{stop}
"""


class MayNotRead(ValueError):
    """The person may not read the dashboards of this contract."""


class SubscribedAlready(ValueError):
    """The person already receives the dashboard of these periods."""


class EndedAlready(ValueError):
    """The subscription was ended before."""


class UnknownCut(ValueError):
    """The dashboards are not cut that way."""


class NotAnAdviser(ValueError):
    """The person holds no role of adviser on this contract."""


class NumberHeld(ValueError):
    """On a day of the period, the number is already somebody's, or the person already has one: `held` says which."""

    def __init__(self, held: AdviserNumber) -> None:
        super().__init__(held.pk)
        self.held = held


class NoLongerHeld(ValueError):
    """The number had ceased to be theirs by that day."""


@clause("S-3.3.1-tableaux-de-bord")
def subscribe(
    *, contract: Contract, user: User, grain: Grain, cuts: Sequence[str], actor: str, at: datetime
) -> Subscription:
    """Let a person receive the dashboard of each period from now on.

    Raises:
        MayNotRead: they hold no role that reads it.
        SubscribedAlready: they already receive it.
        UnknownCut: a cut is none of those of the dashboards.
    """
    if grain is Grain.CONTRACT or not set(cuts) <= set(CUTS):
        raise UnknownCut(grain, *cuts)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        if not readers_of(held, on=_calendar(held).local_day(at)).filter(pk=user.pk).exists():
            raise MayNotRead(user.pk)
        if Subscription.objects.live().filter(contract=held, user=user, grain=grain.value).exists():
            raise SubscribedAlready(user.pk, grain)
        made = Subscription.objects.create(
            contract=held,
            user=user,
            grain=grain.value,
            cuts=[cut for cut in CUTS if cut in cuts],
            created_by=actor,
            created_at=at,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="DELIVERY_ASKED",
            target=f"subscription:{made.pk}",
            body={"for": user.actor, "grain": grain.value, "cuts": made.cuts},
        )
    return made


def unsubscribe(*, subscription: Subscription, actor: str, at: datetime) -> None:
    """End a subscription.

    Raises:
        EndedAlready: it was ended.
    """
    with transaction.atomic():
        ended = Subscription.objects.live().filter(pk=subscription.pk).update(ended_at=at)
        if not ended:
            raise EndedAlready(subscription.pk)
        record(
            contract=subscription.contract.code,
            actor=actor,
            at=at,
            act="DELIVERY_ENDED",
            target=f"subscription:{subscription.pk}",
        )


@clause("S-3.3.2-volumes")
def tie_adviser(
    *, contract: Contract, user: User, number: str, since: date, actor: str, at: datetime
) -> AdviserNumber:
    """Say that an adviser's number is a person's, from a day that may be past.

    Raises:
        NotAnAdviser: they are no adviser of the contract.
        NumberHeld: on one of these days the number is somebody's, or they have another.
    """
    number = number.strip()
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        if not advisers_of(held, on=_calendar(held).local_day(at)).filter(pk=user.pk).exists():
            raise NotAnAdviser(user.pk)
        wanted = Tie(number, since)
        near = AdviserNumber.objects.filter(Q(number=number) | Q(user=user), contract=held)
        for one in near.order_by("pk"):
            if wanted.meets(Tie(one.number, one.since, one.until)):
                raise NumberHeld(one)
        made = AdviserNumber.objects.create(
            contract=held, user=user, number=number, since=since, said_by=actor, said_at=at
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="ADVISER_TIED",
            target=user.actor,
            body={"number": number, "since": since.isoformat()},
        )
    return made


def untie_adviser(*, tie: AdviserNumber, until: date, actor: str, at: datetime) -> None:
    """Say that a number ceases to be a person's on a day. Ended by its first day, it never was theirs.

    Raises:
        NoLongerHeld: it had ended by then.
    """
    with transaction.atomic():
        held = AdviserNumber.objects.select_for_update().select_related("user", "contract").get(pk=tie.pk)
        if held.until is not None and held.until <= until:
            raise NoLongerHeld(held.pk)
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="ADVISER_UNTIED",
            target=held.user.actor,
            body={"number": held.number, "since": held.since.isoformat(), "until": until.isoformat()},
        )
        if until <= held.since:
            held.delete()
        else:
            held.until = until
            held.save(update_fields=["until"])


def _calendar(contract: Contract) -> Calendar:
    return calendar_of(terms_of(contract.code))


def plan_deliveries(*, contract: Contract, at: datetime) -> int:
    """Queue what is due now, once per subscription and period; gives how many were due."""
    found = list(Subscription.objects.live().filter(contract=contract))
    if not found:
        return 0
    life, calendar = life_of(contract, terms_of(contract.code)), _calendar(contract)
    due = 0
    for one in found:
        period = _due(one, life, calendar, at)
        if period is None:
            continue
        due += 1
        with transaction.atomic():
            enqueue(
                kind=SEND,
                key=f"{SEND}:{one.pk}:{period.code}",
                at=at,
                contract=contract.code,
                payload={"subscription": one.pk, "period": period.code},
            )
    return due


def _due(one: Subscription, life: Life, calendar: Calendar, at: datetime) -> Period | None:
    """The period to send: ended since the subscription was made, its facts come."""
    local = calendar.local(at)
    period = due_period(Grain(one.grain), local, life)
    if period is None or period.until <= calendar.local_day(one.created_at):
        return None
    last = period.last_day
    working = last if period.grain is Grain.DAY else previous_working_day(last, calendar)
    return period if is_ready(period, working, life, local) else None


@clause("S-3.3.1-tableaux-de-bord")
def deliver(*, subscription: Subscription, period_code: str, at: datetime) -> Delivery:
    """Send a period's dashboard to its subscriber, at most once, whatever dies meanwhile.

    The word SENDING is committed before the mail leaves. Found again without its end, it becomes UNCERTAIN:
    the mail may have left, and is not sent a second time. A mail that the server refuses is PLANNED again.
    """
    contract = subscription.contract
    terms = terms_of(contract.code)
    period = read_period(period_code, life_of(contract, terms))
    if period is None:
        raise LookupError(period_code)
    delivery, _ = Delivery.objects.get_or_create(
        subscription=subscription,
        since=period.since,
        defaults={"until": period.until, "state": "PLANNED"},
    )
    if delivery.state == "SENDING":
        Delivery.objects.filter(pk=delivery.pk, state="SENDING").update(state="UNCERTAIN")
    elif delivery.state == "PLANNED":
        _send(subscription, delivery, period, at)
    delivery.refresh_from_db()
    return delivery


def _send(subscription: Subscription, delivery: Delivery, period: Period, at: datetime) -> None:
    contract = subscription.contract
    today = _calendar(contract).local_day(at)
    reader = readers_of(contract, on=today).filter(pk=subscription.user_id).first()
    if reader is None or subscription.ended_at is not None:
        Delivery.objects.filter(pk=delivery.pk, state="PLANNED").update(state="NO_RIGHT")
        return
    message = _message(subscription, delivery, period, reader)
    if not Delivery.objects.filter(pk=delivery.pk, state="PLANNED").update(state="SENDING", claimed_at=at):
        return
    try:
        message.send()
    except Exception:
        Delivery.objects.filter(pk=delivery.pk, state="SENDING").update(state="PLANNED", claimed_at=None)
        raise
    with transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk, state="SENDING").update(state="SENT", sent_at=at)
        record(
            contract=contract.code,
            actor=SYSTEM,
            at=at,
            act="DELIVERY_SENT",
            target=f"subscription:{subscription.pk}",
            body={"since": period.since.isoformat(), "until": period.until.isoformat()},
        )


def _message(subscription: Subscription, delivery: Delivery, period: Period, reader: User) -> EmailMessage:
    contract = subscription.contract
    terms = terms_of(contract.code)
    figures, life = Figures(contract, terms), life_of(contract, terms)
    day = max(period.since, terms.head.notified_on)
    found = judged(terms, day, figures.rows(period.since, period.until)[0].results)
    told = [
        f"- {one.name} : {written(one.result.exact, one.unit, one.result.target)} "
        f"(objectif {target_written(one.result.target, one.unit, one.result.indicator.direction)}, "
        f"{one.status.label})"
        for one in found
        if one.result.target is not None and one.result.grade is not None
    ]
    root = settings.SITE_ADDRESS.rstrip("/")
    board = reverse("dashboard_month", args=[contract.code])
    message = EmailMessage(
        subject=f"{contract.title} : tableau de bord, {period_written(period)}",
        body=MAIL.format(
            title=contract.title,
            period=period_written(period),
            figures="\n".join(told) or "Aucun fait n’est importé pour cette période.",
            link=f"{root}{board}?periode={period.code}",
            stop=f"{root}{reverse('subscription_end', args=[contract.code, subscription.pk])}",
        ),
        to=[reader.email],
        # The same mail has always the same name: a server that sees it twice can tell.
        headers={"Message-ID": f"<dashboard-{contract.code}-{delivery.pk}@{_domain()}>"},
    )
    content = xlsx_bytes(
        [heading for heading, _ in FLAT],
        workbook_rows(figures, life, period, subscription.cuts),
        sheet=SHEET,
        kinds=[kind for _, kind in FLAT],
        notes=notes_of(contract, period),
    )
    message.attach(f"tableau-{contract.code}-{period.code}.xlsx", content, XLSX_TYPE)
    return message


def _domain() -> str:
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return address.rpartition("@")[2] or "localhost"
