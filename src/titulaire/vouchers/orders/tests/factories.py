"""Contracts, people, files and orders for tests. Every name is invented."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

from titulaire.identity.models import Contract, Membership, Organisation, User
from titulaire.identity.roles import Role
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.reading.rows import OrderFile, OrderRow, Refusal
from titulaire.vouchers.orders.rules import Delivery
from titulaire.vouchers.orders.services import LineRequest, place_adhoc_order

ACTOR = "user:00000000-0000-4000-8000-000000000001"
AT = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
OCTOBER = date(2026, 10, 1)

NAMES = (
    ("MME", "Landreau", "Odile"),
    ("M", "Bourdache", "Émile"),
    ("MME", "Tessonneau", "Aïcha"),
    ("M", "Cazevielle", "Yann"),
    ("MME", "D’Orvilliers", "Maëlle"),
)


def make_contract(code: str = "cpam47") -> Contract:
    """A voucher contract between two organisations of its own."""
    buyer, _ = Organisation.objects.get_or_create(
        code=f"{code}-acheteur", defaults={"name": f"Caisse {code}"}
    )
    contractor, _ = Organisation.objects.get_or_create(code="emetteur", defaults={"name": "Émetteur"})
    contract, _ = Contract.objects.get_or_create(
        code=code,
        defaults={
            "title": f"Titres services {code}",
            "kind": "VOUCHERS",
            "buyer": buyer,
            "contractor": contractor,
            "opened_at": datetime(2024, 12, 1, tzinfo=UTC),
        },
    )
    return contract


def make_person(contract: Contract, role: Role, email: str = "") -> User:
    """A person who holds one role on the contract."""
    organisation = contract.contractor if role == Role.VOUCHER_OPERATOR else contract.buyer
    user = User.objects.create(
        email=email or f"{role.value.lower()}@{contract.code}.example",
        first_name="Camille",
        last_name=role.value.title(),
        organisation=organisation,
        created_at=AT,
    )
    until = date(2099, 1, 1) if role == Role.AUDITOR else None
    Membership.objects.create(user=user, contract=contract, role=role, since=date(2024, 12, 1), until=until)
    return user


def order_row(
    index: int = 1, *, vouchers: int = 10, month: date = OCTOBER, delivery: Delivery = Delivery.HOME
) -> OrderRow:
    """A valid row of a file, the line `index` + 1 of its sheet."""
    civility, last_name, first_name = NAMES[index % len(NAMES)]
    address = (
        f"{'Mme' if civility == 'MME' else 'M'} {first_name} {last_name}",
        f"{index} RUE DES TILLEULS",
        "47000 AGEN",
    )
    return OrderRow(
        row=index + 1,
        reference=f"B{index:05d}",
        civility=civility,
        last_name=last_name,
        first_name=first_name,
        address=address,
        address_given=address,
        vouchers=vouchers,
        month=month,
        delivery=delivery.value,
        campaign="AIDE ALIMENTAIRE",
    )


def refusal(row: int = 9, rule: str = "VOUCHERS") -> Refusal:
    """A refused row."""
    return Refusal(
        sheet="Feuille 1",
        row=row,
        column="Nombre de titres",
        rule=rule,
        message="« dix » n’est pas un nombre de titres.",
        mend="Écrivez un nombre entier, par exemple 10.",
        value="dix",
    )


def order_file(*rows: OrderRow, refusals: tuple[Refusal, ...] = (), name: str = "commande.csv") -> OrderFile:
    """A file as reading gives it, whose fingerprint depends on its rows only."""
    text = repr(sorted((row.reference, row.month, row.vouchers, row.delivery) for row in rows))
    return OrderFile(
        name=name,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        format="CSV",
        encoding="utf-8",
        separator=";",
        sheet="",
        headings=("Référence", "Nombre de titres"),
        mapping={"reference": "Référence", "vouchers": "Nombre de titres"},
        missing_fields=(),
        rows=rows,
        refusals=refusals,
        notices=(),
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
        source_rows={},
    )


def make_order(
    contract: Contract | None = None,
    *,
    lines: int = 3,
    vouchers: int = 10,
    month: date = OCTOBER,
    at: datetime = AT,
    unnamed: int = 0,
    key: str = "",
) -> Order:
    """A confirmed order of named lines delivered home, then unnamed booklets."""
    contract = contract or make_contract()
    rows = [order_row(index, vouchers=vouchers, month=month) for index in range(1, lines + 1)]
    requests = [
        LineRequest(
            vouchers=row.vouchers,
            delivery=Delivery.HOME,
            reference=row.reference,
            civility=row.civility,
            last_name=row.last_name,
            first_name=row.first_name,
            address=row.address,
            campaign=row.campaign,
        )
        for row in rows
    ]
    requests += [LineRequest(vouchers=vouchers, delivery=Delivery.CPAM) for _ in range(unnamed)]
    return place_adhoc_order(
        contract=contract,
        month=month,
        lines=requests,
        request_key=key or f"{lines}-{vouchers}-{month}-{unnamed}",
        actor=ACTOR,
        at=at,
    ).order
