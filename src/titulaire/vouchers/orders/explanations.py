"""Each figure of an order, opened: its facts, its clause, the reading retained and what its rival would give."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from titulaire.contracts.queries import terms_of
from titulaire.ui.formats import count_fr, date_fr, list_fr, money, month_fr, weekday_fr
from titulaire.vouchers.orders import queries
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.rules import (
    ORDER,
    ORDER_MONTH,
    Delivery,
    booklet_sizes,
    delay_starts_on,
    vintage,
    vintage_by_order_date,
)
from titulaire.vouchers.orders.wording import shift_of


@dataclass(frozen=True, slots=True)
class Explanation:
    """A figure and what made it.

    `rival` says what the reading not retained would give, where the text can be read in two ways; `reading`
    is then the code of that choice.
    """

    label: str
    value: str
    clause: str
    sentence: str
    facts: tuple[tuple[str, str], ...] = ()
    rival: str = ""
    reading: str = ""


def explanations_of(order: Order) -> list[Explanation]:
    """Every figure of the order, in the order of its life."""
    found = [_vintage(order), _validity(order), _face_value(order), _booklets(order), _amount(order)]
    found.append(_ceiling(order))
    if order.acknowledged_on is not None:
        found.append(_delivery(order, order.acknowledged_on))
    return found


def _ordered_on(order: Order) -> date:
    return timezone.localdate(order.confirmed_at)


def _vintage(order: Order) -> Explanation:
    ordered_on = _ordered_on(order)
    terms = terms_of(order.contract.code)
    reading = terms.readings["november_order"]
    retained = reading.on(ordered_on).option
    switch = queries.order_terms(order.contract, on=ordered_on).vintage_switch_month
    by_month = vintage(order.month, switch_month=switch)
    by_date = vintage_by_order_date(order.month, ordered_on, switch_month=switch)
    other = by_date if retained == ORDER_MONTH else by_month
    gives = f"le millésime {other}" if other != order.vintage else "le même millésime"
    rivals = [f"« {rival.sentence} » donnerait {gives}." for rival in reading.rivals(ordered_on)]
    return Explanation(
        "Millésime",
        str(order.vintage),
        "T-2.1.3-millesime",
        f"Lecture retenue : {reading.option(retained).sentence}",
        (("Mois des titres", month_fr(order.month)), ("Commande du", date_fr(ordered_on))),
        " ".join(rivals),
        reading.code,
    )


def _validity(order: Order) -> Explanation:
    return Explanation(
        "Valables jusqu’au",
        f"{date_fr(order.valid_until_on)} inclus",
        "T-2.1.3-millesime",
        f"Le millésime {order.vintage} s’utilise jusqu’au 31 janvier de l’année suivante.",
    )


def _face_value(order: Order) -> Explanation:
    ordered_on = _ordered_on(order)
    change = queries.face_value_changes(order.contract).filter(effective_on__lte=ordered_on).last()
    if change is not None:
        sentence = "La valeur décidée par l’acheteur, en vigueur le jour de la commande."
        facts = (
            ("En vigueur depuis le", date_fr(change.effective_on)),
            ("Demandée le", date_fr(change.requested_on)),
            ("Accord", change.reason or "non précisé"),
        )
    else:
        term = terms_of(order.contract.code).dated("face_value", on=ordered_on)
        sentence = "La valeur écrite au contrat, jamais modifiée à la date de la commande."
        facts = (
            ("Source", term.source),
            ("Depuis le", date_fr(term.from_on)),
            ("Frais de changement", "aucun"),
        )
    return Explanation("Valeur faciale", money(order.face_value), "T-2.2-valeur-faciale", sentence, facts)


def _booklets(order: Order) -> Explanation:
    most = queries.order_terms(order.contract, on=_ordered_on(order)).booklet_most
    sizes: Counter[int] = Counter()
    lines = unnamed = 0
    for vouchers, beneficiary in order.lines.values_list("vouchers", "beneficiary_id"):
        sizes.update(booklet_sizes(vouchers, most=most))
        lines += 1
        unnamed += beneficiary is None
    by_size = [
        f"{count_fr(count, 'carnet')} de {size}" for size, count in sorted(sizes.items(), reverse=True)
    ]
    return Explanation(
        "Carnets",
        str(order.booklets),
        "T-2.4-carnets",
        f"Chaque bénéficiaire reçoit le moins de carnets possible, de 1 à {most} titres, aussi égaux que possible.",
        (
            ("Bénéficiaires", str(lines - unnamed)),
            ("Carnets sans nom", str(unnamed)),
            ("Répartition", list_fr(by_size)),
        ),
    )


def _amount(order: Order) -> Explanation:
    return Explanation(
        "Montant",
        money(order.amount),
        "T-2.2-valeur-faciale",
        "Nombre de titres × valeur faciale, arrondi au centime.",
        (("Titres", str(order.vouchers)), ("Valeur faciale", money(order.face_value))),
    )


def _ceiling(order: Order) -> Explanation:
    today = timezone.localdate()
    room = queries.room_left(order.contract, on=today)
    return Explanation(
        "Plafond disponible ce jour",
        money(room.left_before),
        "T-1.1-plafond",
        "Le plafond du contrat moins toutes les commandes confirmées ; une commande annulée lui rend son montant.",
        (
            ("Plafond", money(room.ceiling)),
            ("Engagé", money(room.committed)),
            ("Dont cette commande", money(order.amount) if order.cancelled_at is None else "rien : annulée"),
        ),
    )


def _delivery(order: Order, acknowledged_on: date) -> Explanation:
    terms = queries.order_terms(order.contract, on=acknowledged_on)
    days = queries.working_days(order.contract)
    reading = terms_of(order.contract.code).readings["delivery_start"]
    start = delay_starts_on(
        ordered_on=_ordered_on(order), acknowledged_on=acknowledged_on, reading=terms.delivery_start
    )
    facts = [
        ("Accusé de réception du", date_fr(acknowledged_on)),
        ("Délai", f"{terms.delivery_working_days} jours ouvrés, comptés à partir du lendemain"),
        ("Jours fériés passés", _holidays(days, start, order.due_on) or "aucun"),
        ("Limite du contrat", weekday_fr(order.due_on)),
    ]
    if order.lines.filter(delivery=Delivery.HOME).exists():
        home = terms_of(order.contract.code).readings["home_delivery_delay"]
        facts.append(("À domicile", home.option(home.on(acknowledged_on).option).sentence))
    if order.planned_on:
        facts.append(("Prévue au calendrier", weekday_fr(order.planned_on)))
    other_start = acknowledged_on if terms.delivery_start == ORDER else _ordered_on(order)
    other_end = days.add(other_start, terms.delivery_working_days)
    gives = f"le {date_fr(other_end)}" if other_end != order.due_on else "la même limite"
    rivals = [f"« {rival.sentence} » donnerait {gives}." for rival in reading.rivals(acknowledged_on)]
    return Explanation(
        "Livraison promise",
        weekday_fr(order.promised_on),
        "T-2.6-livraison-cpam",
        shift_of(order) or "Dix jours ouvrés au plus à compter de la date de l’accusé de réception.",
        tuple(facts),
        " ".join(rivals),
        reading.code,
    )


def _holidays(days: queries.WorkingDays, start: date, end: date | None) -> str:
    """The weekdays of a delay that do not count, by name."""
    found, day = [], start + timedelta(days=1)
    while end is not None and day <= end:
        closure = days.calendar.closure(day) if day.weekday() < 5 else None
        if closure is not None:
            found.append(f"{closure.name} ({date_fr(day)})")
        day += timedelta(days=1)
    return list_fr(found)
