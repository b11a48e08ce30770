"""The shops of the demonstration: affiliated, sending in what they were given, paid each month."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.utils import timezone
from stdnum import iban as iban_number
from stdnum import luhn

from titulaire.identity.models import Contract, User
from titulaire.vouchers.issuing.models import Voucher, VoucherState
from titulaire.vouchers.network.affiliation import (
    Commitment,
    Establishment,
    link_person,
    request_affiliation,
    review,
)
from titulaire.vouchers.network.models import Affiliate
from titulaire.vouchers.network.payment import NothingToPay, pay, set_paying_account
from titulaire.vouchers.network.rules import Activity, AffiliateState, Channel, Given
from titulaire.vouchers.network.services import remit
from titulaire.vouchers.orders.models import Order

PARIS = ZoneInfo("Europe/Paris")
SHOPS = (
    ("Le Panier d’Agen", Activity.SUPERMARKET, "47000", "AGEN"),
    ("Boulangerie des Remparts", Activity.BAKERY, "47000", "AGEN"),
    ("Épicerie du Lot", Activity.GROCERY, "47300", "VILLENEUVE SUR LOT"),
    ("Primeurs de la Halle", Activity.GREENGROCER, "47200", "MARMANDE"),
    ("Cantine du Pont", Activity.RESTAURANT, "47400", "TONNEINS"),
    ("Boucherie du Marché", Activity.BUTCHER, "47600", "NERAC"),
    ("Halle aux Saveurs", Activity.SUPERMARKET, "82000", "MONTAUBAN"),
    ("Comptoir des Chartrons", Activity.GROCERY, "33000", "BORDEAUX"),
    ("Table de Saint-Cyprien", Activity.RESTAURANT, "31300", "TOULOUSE"),
    ("Moulin des Allées", Activity.BAKERY, "32000", "AUCH"),
)
USED_SHARE = 0.94
"""Of each order, what its bearers end up using."""


def invented_siret(rank: int) -> str:
    """A well-formed SIRET that no establishment bears: its company's digits start with three nines."""
    siren = f"99900{rank:03}"
    siren += luhn.calc_check_digit(siren)
    establishment = f"{siren}0001"
    return establishment + luhn.calc_check_digit(establishment)


def invented_iban(rank: int) -> str:
    """A well-formed French account of no bank."""
    bank, branch, account = "99999", "00001", f"{rank:011}"
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    national = f"{bank}{branch}{account}{key:02}"
    return f"FR{iban_number.calc_check_digits('FR00' + national)}{national}"


def open_shops(contract: Contract, *, operator: str, at: datetime) -> list[Affiliate]:
    """The affiliates of the demonstration, and the account that pays them."""
    found = list(Affiliate.objects.filter(contract=contract).order_by("pk"))
    if found:
        return found
    day = timezone.localdate(at)
    for rank, (name, activity, postcode, town) in enumerate(SHOPS, 1):
        asked = request_affiliation(
            contract=contract,
            establishment=Establishment(
                siret=invented_siret(rank),
                name=name,
                street=f"{rank} rue des Exemples",
                postcode=postcode,
                town=town,
                activity=activity,
                email=f"commerce{rank}@demo.example",
                iban=invented_iban(rank),
            ),
            commitment=Commitment(
                content=f"{name} : ni boissons alcoolisées, ni produits d’hygiène.".encode(),
                name="engagement.txt",
                signed_by="Le gérant",
                signed_on=day,
            ),
            actor=operator,
            at=at,
        )
        found.append(
            review(
                affiliate=asked, outcome=AffiliateState.ACCEPTED, actor=operator, at=at + timedelta(hours=1)
            )
        )
    set_paying_account(
        contract=contract,
        name="Titres Garonne (exemple)",
        iban=invented_iban(900),
        bic="AAAAFRPPXXX",
        actor=operator,
        at=at,
    )
    return found


def link_shopkeeper(shop: Affiliate, *, operator: str, at: datetime) -> None:
    """The shopkeeper of the demonstration acts for the first shop."""
    user = User.objects.get(email="colombe.estrabaud@demo.example")
    link_person(affiliate=shop, user=user, actor=operator, at=at)


def send_in(order: Order, shops: list[Affiliate], *, operator: str, on: date, now: datetime) -> None:
    """Some weeks after an order, the shops send in most of its vouchers, and are paid five days later."""
    at = datetime(on.year, on.month, on.day, 11, tzinfo=PARIS)
    if at + timedelta(days=5) > now:
        return
    rng = Random(f"{order.number}")
    free = Voucher.objects.filter(order=order, state=VoucherState.DELIVERED).order_by("serial")
    used = [number for number in free.values_list("number", flat=True) if rng.random() < USED_SHARE]
    rng.shuffle(used)
    share = -(-len(used) // len(shops)) if used else 0
    for rank, shop in enumerate(shops):
        numbers = used[rank * share : (rank + 1) * share]
        if numbers:
            remit(
                affiliate=shop,
                titles=[Given(text) for text in (*numbers, *_mistaken(used, rank, rng))],
                channel=Channel.FILE,
                actor=operator,
                at=at + timedelta(minutes=rank),
                postmarked_on=on - timedelta(days=2),
            )
    try:
        pay(
            contract=order.contract,
            execution_on=on + timedelta(days=6),
            actor=operator,
            at=at + timedelta(days=5),
        )
    except NothingToPay:
        return


def _mistaken(used: list[str], rank: int, rng: Random) -> list[str]:
    """What a shop sends in wrongly now and then: a voucher another shop already presented, a misread number."""
    if rank == 0 or not used or rng.random() > 0.4:
        return []
    again, misread = used[0], used[-1][:-1] + str((int(used[-1][-1]) + 1) % 10)
    return [again, misread]
