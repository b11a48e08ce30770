"""What awaits a person on a contract, drawn from the rooms' own queries. One list per half."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.ui import charts
from titulaire.ui.formats import count_fr, date_fr, money, month_fr, number
from titulaire.ui.parts import Figure
from titulaire.vouchers.issuing.models import PrintJob, PrintState
from titulaire.vouchers.orders import queries
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.rules import OrderState
from titulaire.vouchers.stops.losses import awaiting

SOON_DAYS = 3
"""A delivery promised within this many days is shown before it is late."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do: what, why now, where."""

    title: str
    detail: str
    link: str
    tone: str = "info"


def voucher_tasks(contract: Contract, roles: frozenset[Role], *, on: date) -> list[Task]:
    """What awaits the holder of these roles on a voucher contract, the most pressing first."""
    tasks: list[Task] = []
    if roles & {Role.VOUCHER_OPERATOR, Role.BUYER_MANAGER}:
        tasks.extend(_for_stoppers(contract))
    if Role.VOUCHER_OPERATOR in roles:
        tasks.extend(_for_operator(contract, on))
    if Role.BUYER_MANAGER in roles:
        tasks.extend(_for_manager(contract, on))
    return sorted(tasks, key=lambda task: ("bad", "warn", "info").index(task.tone))


def _for_stoppers(contract: Contract) -> Iterator[Task]:
    for report in awaiting(contract):
        yield Task(
            f"Traiter le signalement de perte {report.number}",
            f"{report.named}, signalé le {date_fr(report.received_at.date())} : rien n’est encore opposé.",
            reverse("loss_report", args=[contract.code, report.number]),
            "bad",
        )


def _for_operator(contract: Contract, on: date) -> Iterator[Task]:
    queue = reverse("production_queue", args=[contract.code])
    for order in Order.objects.of(contract).filter(state=OrderState.CONFIRMED):
        yield Task(
            f"Accuser réception de la commande {order.number}",
            f"{count_fr(order.vouchers, 'titre')}, confirmée le {date_fr(order.confirmed_at.date())} : l’accusé "
            "fait courir les 10 jours ouvrés.",
            reverse("order_detail", args=[contract.code, order.number]),
            "warn",
        )
    for order in Order.objects.of(contract).filter(state=OrderState.ACKNOWLEDGED):
        yield Task(
            f"Émettre et imprimer la commande {order.number}", _promised(order), queue, _urgency(order, on)
        )
    for job in PrintJob.objects.filter(contract=contract).select_related("order"):
        page = reverse("print_job", args=[contract.code, job.batch])
        if job.state == PrintState.HELD:
            found = len(job.proof.get("findings", ()))
            yield Task(
                f"Impression retenue : commande {job.order.number}",
                f"La relecture de l’épreuve a trouvé {count_fr(found, 'défaut')}.",
                page,
                "bad",
            )
        elif job.state == PrintState.TO_MAKE:
            yield Task(
                f"Imprimer la commande {job.order.number}",
                _promised(job.order),
                page,
                _urgency(job.order, on),
            )
        elif job.state == PrintState.READY:
            yield Task(
                f"Remettre à l’imprimeur la commande {job.order.number}",
                _promised(job.order),
                page,
                _urgency(job.order, on),
            )


def _promised(order: Order) -> str:
    return f"Livraison promise le {date_fr(order.promised_on)}." if order.promised_on else ""


def _urgency(order: Order, on: date) -> str:
    if order.promised_on is None:
        return "info"
    left = (order.promised_on - on).days
    return "bad" if left < 0 else "warn" if left <= SOON_DAYS else "info"


def _for_manager(contract: Contract, on: date) -> Iterator[Task]:
    month = on.replace(day=1)
    planned = queries.planned_month(contract, month)
    ordered = Order.objects.of(contract).live().filter(month=month, kind="MONTHLY").exists()
    if planned and not ordered:
        late = on > planned.order_by_on
        yield Task(
            f"Transmettre la commande de {month_fr(month)}",
            f"Le calendrier la demande au plus tard le {date_fr(planned.order_by_on)}.",
            reverse("order_upload", args=[contract.code]),
            "bad" if late else "warn" if (planned.order_by_on - on).days <= SOON_DAYS else "info",
        )
    following = on.year + 1
    if on.month >= 11 and queries.calendar_in_force(contract, following) is None:
        yield Task(
            f"Valider le calendrier de commandes {following}",
            "Il règle la production de l’année ; les deux parties doivent l’accepter.",
            reverse("order_calendar", args=[contract.code]),
            "warn",
        )


def voucher_figures(contract: Contract, *, on: date) -> list[Figure]:
    """Where a voucher contract stands, each figure leading to what makes it."""
    room = queries.room_left(contract, on=on)
    ordered = Order.objects.of(contract).live()
    titles = sum(ordered.filter(month__year=on.year).values_list("vouchers", flat=True))
    waiting = ordered.filter(state__in=[OrderState.CONFIRMED, OrderState.ACKNOWLEDGED]).count()
    orders = reverse("order_list", args=[contract.code])
    return [
        Figure(
            "Reste à commander",
            money(room.left_before),
            "sous le plafond",
            link=reverse("ceiling", args=[contract.code]),
            clause="T-1.1-plafond",
        ),
        Figure(f"Titres commandés en {on.year}", number(titles), link=orders),
        Figure("Commandes à produire", number(waiting), link=orders),
        Figure(
            "Valeur faciale",
            money(queries.face_value(contract, on=on)),
            "aujourd’hui",
            link=reverse("face_value", args=[contract.code]),
            clause="T-2.2-valeur-faciale",
        ),
    ]


def voucher_chart(contract: Contract, *, on: date) -> charts.Chart | None:
    """What the last twelve months of titles committed."""
    months = queries.consumption_by_month(contract)[-12:]
    if not months:
        return None
    return charts.bars(
        "Titres commandés par mois",
        "Nombre de titres commandés pour chacun des douze derniers mois.",
        [(f"{row.month:%m/%y}", row.vouchers) for row in months],
        name="Titres",
        label="Mois",
        wide=True,
    )
