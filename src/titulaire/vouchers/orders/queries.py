"""What the room knows: the plan of an order before it exists, its facts afterwards, the calendar in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import cast

from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from titulaire.amounts import to_cents
from titulaire.clauses import clause
from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.contracts.rules import DatedValue
from titulaire.deadlines.calendars import ONE_DAY, Calendar
from titulaire.deadlines.days import add_working_days
from titulaire.identity.models import Contract, User
from titulaire.ui.exports import Kind
from titulaire.ui.formats import date_fr, money
from titulaire.vouchers.orders.models import (
    ColumnMapping,
    Consumption,
    DryRun,
    FaceValueChange,
    Order,
    OrderCalendar,
    OrderLine,
)
from titulaire.vouchers.orders.reading import (
    OrderFile,
    OrderRow,
    Refusal,
    read_order_file,
    refused_rows_csv,
    refused_rows_xlsx,
)
from titulaire.vouchers.orders.rules import (
    AddWorkingDays,
    CalendarMonth,
    CeilingRoom,
    DeliveryPromise,
    IsWorkingDay,
    OrderKind,
    OrderTerms,
    booklet_sizes,
    ceiling_room,
    delay_starts_on,
    delivery_promise,
    face_value_on,
    headings_signature,
    last_day_of_use,
    main_month,
    opens_vintage,
    order_amount,
    same_date_later,
    vintage_read,
)
from titulaire.vouchers.orders.wording import CIVILITIES, DELIVERIES, KINDS, STATES


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The contract's own calendar of working days."""

    add: AddWorkingDays
    is_working_day: IsWorkingDay
    calendar: Calendar


def working_days(contract: Contract) -> WorkingDays:
    """How working days count on this contract."""
    terms = terms_of(contract.code)
    calendar = calendar_of(terms)
    return WorkingDays(
        add=lambda day, count: add_working_days(day, count, calendar),
        is_working_day=calendar.counts,
        calendar=calendar,
    )


def order_terms(contract: Contract, *, on: date) -> OrderTerms:
    """The contract's figures for an order placed on a day; before its first day, those of its first day."""
    terms = terms_of(contract.code)
    day = max(on, terms.head.notified_on)
    return OrderTerms(
        face_value=terms.amount("face_value", on=day),
        ceiling=terms.amount("ceiling", on=day),
        delivery_working_days=terms.days("delivery_working_days", on=day),
        booklet_most=terms.count("booklet_max_vouchers", on=day),
        vintage_switch_month=terms.count("vintage_switch_month", on=day),
        validity_end=terms.annual_day("validity_end", on=day),
        notice_months=terms.count("face_value_notice_months", on=day),
        november_order=terms.reading("november_order", on=day),
        delivery_start=terms.reading("delivery_start", on=day),
    )


def contract_period(contract: Contract) -> tuple[date, date]:
    """The first day on which orders can be placed, and the day from which they no longer can."""
    head = terms_of(contract.code).head
    return head.notified_on, head.ends_on


def face_value(contract: Contract, *, on: date) -> Decimal:
    """The face value of titles ordered on a day, in euros."""
    changes = [change.as_value() for change in FaceValueChange.objects.filter(contract=contract)]
    return face_value_on(on, order_terms(contract, on=on).face_value, changes)


def face_value_changes(contract: Contract) -> QuerySet[FaceValueChange]:
    """The changes of face value, from the first to the last to take effect."""
    return FaceValueChange.objects.filter(contract=contract)


def committed(contract: Contract) -> Decimal:
    """What the contract's orders commit so far, in euros: all but the cancelled."""
    row = Consumption.objects.filter(contract=contract).first()
    return row.committed if row else Decimal("0.00")


def calendar_in_force(contract: Contract, year: int) -> OrderCalendar | None:
    """The latest calendar of a year on which both parties agreed."""
    return (
        OrderCalendar.objects.filter(
            contract=contract,
            year=year,
            buyer_agreed_at__isnull=False,
            contractor_agreed_at__isnull=False,
        )
        .order_by("-version")
        .first()
    )


def planned_month(contract: Contract, month: date) -> CalendarMonth | None:
    """What the calendar in force says of a month, if there is one."""
    in_force = calendar_in_force(contract, month.year)
    entry = in_force.entries.filter(month=month).first() if in_force else None
    return entry.as_value() if entry else None


def next_to_order(contract: Contract, *, on: date) -> CalendarMonth | None:
    """The first month of the calendars in force that can still be ordered in time on a day."""
    for year in (on.year, on.year + 1):
        in_force = calendar_in_force(contract, year)
        entry = in_force.entries.filter(order_by_on__gte=on).first() if in_force else None
        if entry is not None:
            return entry.as_value()
    return None


def promise(
    contract: Contract, *, month: date, kind: OrderKind, ordered_on: date, acknowledged_on: date
) -> DeliveryPromise:
    """The delivery dates of an order of a month, were it acknowledged on a day."""
    terms = order_terms(contract, on=acknowledged_on)
    planned = planned_month(contract, month)
    opening = planned if planned and opens_vintage(month, switch_month=terms.vintage_switch_month) else None
    return delivery_promise(
        delay_starts_on(ordered_on=ordered_on, acknowledged_on=acknowledged_on, reading=terms.delivery_start),
        add_working_days=working_days(contract).add,
        working_days=terms.delivery_working_days,
        planned_on=planned.delivery_on if planned and kind == OrderKind.MONTHLY else None,
        vintage_ready_on=opening.vintage_ready_on if opening else None,
    )


@dataclass(frozen=True, slots=True)
class Repeat:
    """A person of the file who is already in a live order of the same month."""

    row: int
    reference: str
    number: str


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """What confirming a file would do, before anything is done. Amounts in euros.

    `obstacles` refuse the order whole; `refusals` are rows left out; `known` is the order that this content
    already made.
    """

    file: OrderFile
    rows: tuple[OrderRow, ...]
    refusals: tuple[Refusal, ...]
    obstacles: tuple[Refusal, ...]
    repeats: tuple[Repeat, ...]
    month: date | None
    vintage: int | None
    last_day_of_use: date | None
    face_value: Decimal
    vouchers: int
    booklets: int
    amount: Decimal
    room: CeilingRoom
    promise: DeliveryPromise | None
    known: Order | None

    @property
    def can_be_confirmed(self) -> bool:
        return not self.obstacles and self.known is None

    @property
    def already_known(self) -> bool:
        return self.known is not None


COLUMN_RULES = frozenset({"COLUMN_MISSING", "COLUMN_TWICE", "HEADINGS_MISSING"})
"""The refusals of a whole file that telling its columns by hand can lift."""


def read_file(
    contract: Contract,
    data: bytes,
    name: str,
    *,
    mapping: Mapping[str, str] | None = None,
    default_month: date | None = None,
) -> OrderFile:
    """Read a file with the columns told for its headings; rows of another month than most are refused."""
    file = read_order_file(data, name, mapping=mapping, default_month=default_month)
    if mapping is None and file.missing_fields:
        saved = saved_mapping(contract, file.headings)
        if saved is not None:
            mapping = saved
            file = read_order_file(data, name, mapping=mapping, default_month=default_month)
    months = [row.month for row in file.rows]
    month = main_month(months)
    if month is not None and any(each != month for each in months):
        file = read_order_file(data, name, mapping=mapping, months=(month,), default_month=default_month)
    return file


def refused_rows(file: OrderFile, extension: str) -> bytes:
    """The refused rows of a file, to correct and send back: "csv" or "xlsx"."""
    return refused_rows_csv(file) if extension == "csv" else refused_rows_xlsx(file)


def saved_mapping(contract: Contract, headings: Sequence[str]) -> Mapping[str, str] | None:
    """The mapping told by hand for files with these headings."""
    row = ColumnMapping.objects.filter(contract=contract, signature=headings_signature(headings)).first()
    return cast(Mapping[str, str], row.mapping) if row else None


def plan_dry_run(dry_run: DryRun, *, at: datetime) -> OrderPlan:
    """What confirming the deposited file at an instant would do. Its bytes must not be erased yet."""
    source = dry_run.source
    assert source.content is not None  # noqa: S101 - callers check that the examination is open
    file = read_file(
        dry_run.contract,
        bytes(source.content),
        source.name,
        mapping=dry_run.mapping,
        default_month=dry_run.default_month,
    )
    return plan_order(dry_run.contract, file, at=at)


def plan_order(contract: Contract, file: OrderFile, *, at: datetime) -> OrderPlan:
    """What confirming this file at an instant would do. The file's rows are all of one month."""
    day = timezone.localdate(at)
    terms = order_terms(contract, on=day)
    value = face_value(contract, on=day)
    vouchers = sum(row.vouchers for row in file.rows)
    booklets = sum(len(booklet_sizes(row.vouchers, most=terms.booklet_most)) for row in file.rows)
    amount = order_amount(vouchers, value)
    month = main_month([row.month for row in file.rows])
    year = vintage_read(month, day, terms) if month else None
    last_day = last_day_of_use(year, validity_end=terms.validity_end) if year is not None else None
    room = ceiling_room(ceiling=terms.ceiling, committed=committed(contract), amount=amount)
    known = order_with_content(contract, file.fingerprint) if file.rows else None
    return OrderPlan(
        file=file,
        rows=file.rows,
        refusals=tuple(refusal for refusal in file.refusals if refusal.row),
        obstacles=_obstacles(contract, file, room, last_day, day, known),
        repeats=() if known or month is None else repeats_in(contract, file.rows, month),
        month=month,
        vintage=year,
        last_day_of_use=last_day,
        face_value=value,
        vouchers=vouchers,
        booklets=booklets,
        amount=amount,
        room=room,
        promise=(
            promise(contract, month=month, kind=OrderKind.MONTHLY, ordered_on=day, acknowledged_on=day)
            if month
            else None
        ),
        known=known,
    )


def order_with_content(contract: Contract, fingerprint: str) -> Order | None:
    """The live order that holds exactly this content, if there is one."""
    return Order.objects.of(contract).live().filter(fingerprint=fingerprint).first()


def repeats_in(contract: Contract, rows: tuple[OrderRow, ...], month: date) -> tuple[Repeat, ...]:
    """The rows whose beneficiary already has titles of that month and campaign in a live order."""
    lines = OrderLine.objects.filter(
        order__in=Order.objects.of(contract).live().filter(month=month), beneficiary__isnull=False
    )
    ordered = {
        (reference, campaign): number
        for reference, campaign, number in lines.values_list("reference", "campaign", "order__number")
    }
    return tuple(
        Repeat(row.row, row.reference, ordered[row.reference, row.campaign])
        for row in rows
        if (row.reference, row.campaign) in ordered
    )


def _obstacles(
    contract: Contract,
    file: OrderFile,
    room: CeilingRoom,
    last_day: date | None,
    day: date,
    known: Order | None,
) -> tuple[Refusal, ...]:
    """What refuses the order whole, in French, with how to mend it."""
    found = [refusal for refusal in file.refusals if refusal.row == 0]
    if not file.rows and not found:
        found.append(
            _whole(
                "NO_ROW",
                "Aucune ligne du fichier ne peut être commandée.",
                "Corrigez les lignes refusées puis déposez le fichier à nouveau.",
            )
        )
    opens_on, closes_on = contract_period(contract)
    if known is None and not opens_on <= day < closes_on:
        found.append(
            _whole(
                "CONTRACT_CLOSED",
                f"Le marché reçoit des commandes du {date_fr(opens_on)} au {date_fr(closes_on - ONE_DAY)}.",
                "Vérifiez le marché choisi.",
            )
        )
    if known is None and last_day is not None and last_day < day:
        found.append(
            _whole(
                "VINTAGE_EXPIRED",
                f"Les titres de ce mois n’étaient valables que jusqu’au {date_fr(last_day)}.",
                "Vérifiez le mois indiqué dans le fichier.",
            )
        )
    if known is None and file.rows and not room.fits:
        found.append(ceiling_refusal(room))
    return tuple(found)


def ceiling_refusal(room: CeilingRoom) -> Refusal:
    """Why an order that passes the ceiling is refused, with what is left."""
    return _whole(
        "CEILING",
        f"La commande ({money(room.amount)}) dépasserait le plafond du marché : "
        f"il reste {money(room.left_before)} sur {money(room.ceiling)}.",
        "Réduisez la commande : elle est refusée en entier, rien n’est commandé.",
    )


def _whole(rule: str, message: str, mend: str) -> Refusal:
    return Refusal(sheet="", row=0, column="", rule=rule, message=message, mend=mend)


HISTORY_HEADINGS = (
    "Commande",
    "Nature",
    "État",
    "Mois",
    "Millésime",
    "Confirmée le",
    "Accusée le",
    "Livraison promise le",
    "Ligne",
    "Référence",
    "Civilité",
    "Nom",
    "Prénom",
    "Adresse",
    "Livraison",
    "Campagne",
    "Titres",
    "Carnets",
    "Valeur faciale",
    "Montant",
)
HISTORY_KINDS: tuple[Kind, ...] = (
    *("text",) * 5,
    *("date",) * 3,
    "number",
    *("text",) * 7,
    *("number",) * 2,
    *("money",) * 2,
)


@clause("T-2.1.5-espace-gestion", "T-3.3-tracabilite")
def history_rows(contract: Contract, *, since: date, until: date) -> Iterator[list[object]]:
    """Every line ordered for the months of a period, both included, cancelled orders too. Names people."""
    lines = (
        OrderLine.objects.filter(order__contract=contract, order__month__gte=since, order__month__lte=until)
        .select_related("order")
        .order_by("order__year", "order__rank", "position")
    )
    for line in lines.iterator(chunk_size=2000):
        order = line.order
        yield [
            order.number,
            KINDS[order.kind],
            STATES[order.state].label,
            f"{order.month:%Y-%m}",
            str(order.vintage),
            timezone.localdate(order.confirmed_at),
            order.acknowledged_on,
            order.promised_on,
            line.position,
            line.reference,
            CIVILITIES.get(line.civility, line.civility),
            line.last_name,
            line.first_name,
            ", ".join(line.address),
            DELIVERIES[line.delivery],
            line.campaign,
            line.vouchers,
            len(booklet_sizes(line.vouchers)),
            order.face_value,
            order_amount(line.vouchers, order.face_value),
        ]


@dataclass(frozen=True, slots=True)
class MonthConsumed:
    """What the orders of one month commit, cancelled ones apart; `running` adds the months before."""

    month: date
    orders: int
    vouchers: int
    amount: Decimal
    running: Decimal


def consumption_by_month(contract: Contract) -> list[MonthConsumed]:
    """What each month of titles commits, in order."""
    rows = (
        Order.objects.of(contract)
        .live()
        .order_by("month")
        .values("month")
        .annotate(orders=Count("pk"), titles=Sum("vouchers"), total=Sum("amount"))
    )
    amounts = [to_cents(Decimal(row["total"])) for row in rows]
    return [
        MonthConsumed(row["month"], row["orders"], row["titles"], amount, running)
        for row, amount, running in zip(rows, amounts, accumulate(amounts), strict=True)
    ]


def monthly_pace(contract: Contract, *, on: date) -> Decimal | None:
    """The average amount of the twelve months of titles before this one, or of those since the first."""
    this_month = on.replace(day=1)
    months = [row for row in consumption_by_month(contract) if row.month < this_month]
    if not months:
        return None
    since = max(months[0].month, same_date_later(this_month, -12))
    span = (this_month.year - since.year) * 12 + this_month.month - since.month
    return to_cents(sum((row.amount for row in months if row.month >= since), Decimal(0)) / span) or None


@clause("T-1.1-plafond")
def room_left(contract: Contract, *, on: date) -> CeilingRoom:
    """The ceiling on a day and what the orders commit of it."""
    ceiling = order_terms(contract, on=on).ceiling
    return ceiling_room(ceiling=ceiling, committed=committed(contract), amount=Decimal("0.00"))


def face_value_term(contract: Contract, *, on: date) -> DatedValue:
    """The face value that the contract itself writes, with its source."""
    terms = terms_of(contract.code)
    return terms.dated("face_value", on=max(on, terms.head.notified_on))


@dataclass(frozen=True, slots=True)
class FollowedMonth:
    """A month of a calendar and what became of it."""

    entry: CalendarMonth
    opens_vintage: bool
    orders: tuple[Order, ...]


@clause("T-2.3-calendrier")
def followed_months(calendar: OrderCalendar) -> list[FollowedMonth]:
    """The twelve months of a calendar, each with the live monthly orders received for it."""
    contract = calendar.contract
    orders = Order.objects.of(contract).live().filter(kind=OrderKind.MONTHLY, month__year=calendar.year)
    received: dict[date, list[Order]] = {}
    for order in orders.order_by("rank").select_related("contract"):
        received.setdefault(order.month, []).append(order)
    switch = order_terms(contract, on=date(calendar.year, 1, 1)).vintage_switch_month
    return [
        FollowedMonth(
            entry.as_value(),
            opens_vintage(entry.month, switch_month=switch),
            tuple(received.get(entry.month, ())),
        )
        for entry in calendar.entries.all()
    ]


def month_written(text: str) -> date | None:
    """A month written `2026-11`, as its first day; None for anything else."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def actor_names(actors: Iterable[str]) -> dict[str, str]:
    """The names of those who acted, by how the journal calls them."""
    keys = {actor.removeprefix("user:") for actor in actors if actor.startswith("user:")}
    return {user.actor: str(user) for user in User.objects.filter(key__in=keys)}
