"""The yearly account of a vintage, and the account of each order: where every voucher and every euro is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Sum

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr, money
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.network.wording import VERDICTS
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.settlement import queries
from titulaire.vouchers.settlement.documents import euros
from titulaire.vouchers.settlement.letters import paper
from titulaire.vouchers.settlement.rules import IN_CIRCULATION, VintageLine, Volume


@dataclass(frozen=True, slots=True)
class OrderAccount:
    """An order and where its own vouchers stand; those that replaced some are in their own vintage."""

    order: Order
    line: VintageLine


@clause("T-5.2-controle", "T-3.3-tracabilite")
def order_accounts(contract: Contract) -> list[OrderAccount]:
    """The account of each live order, latest first."""
    states: dict[int, dict[str, Volume]] = defaultdict(dict)
    rows = (
        Voucher.objects.filter(contract=contract, replaces__isnull=True)
        .order_by()
        .values_list("order_id", "state")
        .annotate(Count("pk"), Sum("face_value_cents"))
    )
    for order_id, state, count, cents in rows:
        states[order_id][state] = Volume(count, cents)
    accounts = []
    for order in Order.objects.of(contract).live().select_related("contract"):
        ordered = Volume(order.vouchers, int(order.amount * 100))
        to_issue = Volume() if order.pk in states else ordered
        line = VintageLine(order.vintage, ordered, to_issue, states=states[order.pk])
        accounts.append(OrderAccount(order, line))
    return accounts


@clause("T-5.2-controle")
def annual_account(contract: Contract, vintage: int) -> list[tuple[str, Volume]]:
    """The account of a vintage: what entered, what was paid, given back, exchanged, and what is left to give back."""
    volumes = queries.volumes(contract, vintage)
    orders = Order.objects.of(contract).live().filter(vintage=vintage)
    ordered = orders.aggregate(count=Sum("vouchers"), amount=Sum("amount"))
    received = Voucher.objects.filter(contract=contract, vintage=vintage, replaces__isnull=False)
    replacing = received.aggregate(count=Count("pk"), cents=Sum("face_value_cents"))

    def of(*states: str) -> Volume:
        return sum((volumes.get(state, Volume()) for state in states), Volume())

    due = queries.to_refund(queries.ended(contract, vintage))
    return [
        ("Commandés", Volume(ordered["count"] or 0, int((ordered["amount"] or 0) * 100))),
        ("Reçus en remplacement", Volume(replacing["count"], replacing["cents"] or 0)),
        ("En circulation", of(*IN_CIRCULATION)),
        ("Utilisés, à payer au commerçant", of("USED")),
        ("Utilisés et payés", of("PAID")),
        ("Opposés", of("STOPPED")),
        ("Échangés contre le millésime suivant, ou réémis", of("REPLACED")),
        ("Remboursés", of("REFUNDED")),
        ("Restant à rembourser", Volume(len(due), sum(each.cents for each in due))),
        ("Périmés restant à échanger", of("EXPIRED") if not due else _less(of("EXPIRED"), due)),
        ("Annulés", of("CANCELLED")),
    ]


@clause("T-5.2-controle")
def rejections(contract: Contract, vintage: int) -> list[tuple[str, Volume]]:
    """What the network refused, verdict by verdict: presentations, told beside the account and never added to it."""
    return [
        (f"Rejetés par le réseau (pour mémoire) : {VERDICTS[verdict].label.lower()}", volume)
        for verdict, volume in queries.rejections(contract, vintage)
    ]


CREDITED = {
    "BILLED": "constatés et portés sur facture",
    "STATED": "constatés, hors facture",
    "INVOICED": "faits sur facture, sans constat",
}


@clause("T-5.2-controle", "T-2.1.2-avoirs")
def credits_of(contract: Contract, year: int) -> list[tuple[str, Volume]]:
    """What was credited in the year that bears the vintage's number, each euro once; told beside the account."""
    return [
        (f"Avoirs de {year} (pour mémoire) : {CREDITED[code]}", volume)
        for code, volume in queries.credited(contract, year).items()
    ]


def account_told(contract: Contract, vintage: int) -> list[tuple[str, Volume]]:
    """The account with what is told beside it: the same lines on paper, in files and from the command."""
    beside = [*rejections(contract, vintage), *credits_of(contract, vintage)]
    return [*annual_account(contract, vintage), *beside]


def told_as(volume: Volume) -> str:
    """A line of an account: how many vouchers, when there are some, and their value."""
    count = f"{count_fr(volume.count, 'titre')}, " if volume.count else ""
    return f"{count}{money(euros(volume.cents))}"


def _less(expired: Volume, due: list[queries.Ended]) -> Volume:
    return Volume(expired.count - len(due), expired.cents - sum(each.cents for each in due))


@clause("T-5.2-controle")
def annual_account_pdf(contract: Contract, vintage: int) -> bytes:
    """The account of a vintage, to file and to sign."""
    dates = queries.dates_of(contract, vintage)
    return paper(
        {
            "title": contract.title,
            "from": contract.contractor.name,
            "to": contract.buyer.name,
            "heading": f"Compte annuel du millésime {vintage}",
            "reference": f"Dernier jour d’usage {date_fr(dates.last_use_on)}, de remise {date_fr(dates.cutoff_on)}",
            "sentences": ["Chaque titre du millésime figure sur une ligne, et une seule."],
            "frame": [],
            "lines": [
                (label, told_as(volume))
                for label, volume in account_told(contract, vintage)
                if volume.count or volume.cents
            ],
            "note": "Les lignes qui suivent « Reçus en remplacement » s’additionnent à ce qui est entré dans le "
            "millésime, aux titres à émettre près. Les rejets comptent des présentations refusées, les avoirs des "
            "sommes rendues dans l’année, chacune une fois : ils ne s’y ajoutent pas.",
            "signatures": [["Pour le titulaire", ""]],
        }
    )


def order_account_pdf(contract: Contract, account: OrderAccount) -> bytes:
    """The account of one order."""
    line = account.line
    parts = [
        ("Commandés", line.ordered),
        ("À émettre", line.to_issue),
        ("En circulation", line.in_circulation),
        ("Utilisés ou payés", line.of("USED") + line.of("PAID")),
        ("Opposés", line.of("STOPPED")),
        ("Échangés ou réémis", line.of("REPLACED")),
        ("Périmés", line.of("EXPIRED")),
        ("Remboursés", line.of("REFUNDED")),
        ("Annulés", line.of("CANCELLED")),
    ]
    return paper(
        {
            "title": contract.title,
            "from": contract.contractor.name,
            "to": contract.buyer.name,
            "heading": f"Relevé de la commande {account.order.number}",
            "reference": f"Millésime {account.order.vintage}",
            "sentences": [],
            "frame": [],
            "lines": [
                (label, f"{count_fr(volume.count, 'titre')}, {money(euros(volume.cents))}")
                for label, volume in parts
                if volume.count
            ],
            "note": "Relevé au jour de son impression.",
            "signatures": [],
        }
    )
