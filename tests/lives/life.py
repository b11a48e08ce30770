"""One life of vouchers: acts drawn by a seed, done for real and on the model, which must agree after each of them."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db import connection, transaction

from titulaire.identity.models import Contract
from titulaire.journal import queries as journal
from titulaire.journal.models import Entry
from titulaire.journal.tests.faults import PowerCut, failing_at
from titulaire.vouchers.delivery.models import Dispatch
from titulaire.vouchers.delivery.rules import Means, ProofKind
from titulaire.vouchers.delivery.services import (
    DeliveryRefused,
    dispatch_booklets,
    import_tracking,
    prove_transfer,
)
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.issuing.services import IssuingRefused, issue_order
from titulaire.vouchers.network.affiliation import ReviewRefused, review
from titulaire.vouchers.network.models import Affiliate
from titulaire.vouchers.network.payment import PaymentRefused, pay
from titulaire.vouchers.network.rules import AffiliateState, Channel, Given
from titulaire.vouchers.network.services import RemittanceRefused, Source, remit
from titulaire.vouchers.orders import queries as orders
from titulaire.vouchers.orders.deposits import import_plan
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.rules import Delivery
from titulaire.vouchers.orders.services import (
    LineRequest,
    OrderRefused,
    WrongState,
    acknowledge_order,
    cancel_order,
    mark_released,
    place_adhoc_order,
)
from titulaire.vouchers.orders.tests.factories import order_file, order_row
from titulaire.vouchers.settlement import refunds, services
from titulaire.vouchers.settlement.balance import register_of
from titulaire.vouchers.settlement.models import Cheque, CreditNote, Refund
from titulaire.vouchers.settlement.rules import Holding, breaches
from titulaire.vouchers.stops.models import Stop
from titulaire.vouchers.stops.queries import NothingNamed
from titulaire.vouchers.stops.rules import Designation, Selection, StopReason
from titulaire.vouchers.stops.services import StopRefused, lift_stop, reissue_stopped, stop_vouchers

from .model import CIRCULATION, Model, Refused, Title

ACTOR = "user:00000000-0000-4000-8000-000000000001"
ISSUER = 47
REFUSALS = (
    OrderRefused, WrongState, IssuingRefused, DeliveryRefused, StopRefused, NothingNamed, RemittanceRefused,
    PaymentRefused, ReviewRefused, services.TooEarly, services.CannotDeclare, services.AlreadyAgreed,
    refunds.NotEnded, refunds.AlreadyRefunded, refunds.NothingToRefund, refunds.CannotRefund,
    refunds.HasItsCheque, refunds.AlreadyCashed,
)  # fmt: skip
CLOSED = date(2028, 12, 1)
CRASHES, TWICE = 0.15, 0.15
STEPS = (8, 15)


class Disagreement(AssertionError):
    """The model and the product do not tell the same story."""


@dataclass(frozen=True)
class Act:
    """Something to do, for real and on the model; both give a value or are refused by a name.

    `real` may give a function instead, that reads the value: reading comes after the act, and is never cut.
    """

    told: str
    real: Callable[[], object]
    model: Callable[[], object]


def outcome(act: Callable[[], object], refusals: tuple[type[Exception], ...]) -> object:
    try:
        return act()
    except Refused as refused:
        return str(refused)
    except refusals as refused:
        return type(refused).__name__


class Life:
    """The life of a seed, on a contract that is ready: series, keys, two shops, a paying account."""

    def __init__(self, seed: int, contract: Contract, shops: list[Affiliate]) -> None:
        self.rng = Random(seed)
        self.contract, self.shops = contract, shops
        self.model = Model()
        self.at = datetime(2026, 9, 1, 10, tzinfo=UTC) + timedelta(days=self.rng.randint(0, 110))
        self.story: list[str] = []
        self.before = Entry.objects.filter(contract=contract.code).count()
        self.keys = 0
        self.files: list[tuple[bytes, dict[str, str]]] = []
        self.batches: list[tuple[int, list[Title], bool]] = []
        self.texts: dict[int, tuple[str, str, str]] = {}

    @property
    def today(self) -> date:
        return self.at.date()

    def live(self) -> None:
        for _ in range(self.rng.randint(*STEPS)):
            self.pass_time()
            if self.today >= CLOSED:
                break
            act = self.draw()
            if act is not None:
                self.perform(act)
        self.agree("the end", whole=True)

    def pass_time(self) -> None:
        """Mostly some days; now and then to the edge of something: the last day of use, the cut-off."""
        if self.rng.random() < 0.2:
            year = self.today.year
            edges = [
                edge + timedelta(days=self.rng.choice((0, 1)))
                for each in (year, year + 1)
                for edge in (date(each, 1, 31), date(each, 3, 1) - timedelta(days=1), date(each, 10, 31))
            ]
            ahead = [edge for edge in edges if edge >= self.today]
            self.at += ahead[0] - self.today
        else:
            self.at += timedelta(days=self.rng.choice((0, 0, 0, 1, 2, 5, 12, 25)))

    def draw(self) -> Act | None:
        """The next act. Without vouchers, those that make some."""
        if not self.model.vouchers:
            if self.any_order("ACKNOWLEDGED"):
                return self.issue()
            return self.acknowledge() if self.any_order("CONFIRMED") else self.order()
        usual = self.usual()
        if usual is not None and self.rng.random() < 0.35:
            return usual()
        acts, weights = zip(*self.ACTS, strict=True)
        return self.rng.choices(acts, weights)[0](self)  # type: ignore[no-any-return]

    def usual(self) -> Callable[[], Act | None] | None:
        """What comes next when all goes well, so that most lives go further than their beginning."""
        states = {voucher["state"] for voucher in self.model.vouchers.values()}
        if "STOPPED" in states:
            return self.rng.choice((self.lift, self.reissue))
        if "DISPATCHED" in states:
            return self.track
        if "DELIVERED" not in states and "ISSUED" in states:
            return self.dispatch if self.any_order("RELEASED") else self.release
        return None

    def perform(self, act: Act) -> None:
        self.story.append(f"{self.today} {act.told}")
        if self.rng.random() < CRASHES:
            cut = self.rng.randint(1, 30)
            try:
                with failing_at(cut):
                    told = outcome(act.real, REFUSALS)
            except PowerCut:
                self.agree(f"cut at statement {cut}")
            else:
                return self.judge(act, told)
        self.judge(act, outcome(act.real, REFUSALS))
        if self.rng.random() < TWICE:
            self.story.append("    the same again")
            self.judge(act, outcome(act.real, REFUSALS))
        return None

    def judge(self, act: Act, told: object) -> None:
        told = told() if callable(told) else told
        expected = outcome(act.model, ())
        self.story[-1] += f" → {told}"
        if told != expected:
            raise Disagreement(f"the product said {told!r}, the model {expected!r}")
        self.agree("after the act")

    # What is compared

    def agree(self, when: str, *, whole: bool = False) -> None:
        found, expected = self.state(), self.model.state()
        for part, value in expected.items():
            if found[part] != value:
                raise Disagreement(f"{when}, {part}: {difference(found[part], value)}")
        if wrong := self.model.unbalanced():
            raise Disagreement(f"{when}: {wrong}")
        checked = whole or self.rng.random() < 0.1
        if checked and (broken := breaches(register_of(self.contract))):
            raise Disagreement(f"{when}: {broken}")
        if whole and not (verdict := journal.verify()).holds:
            raise Disagreement(f"{when}: {verdict.breaks}")

    def state(self) -> dict[str, Any]:
        """What the database says, in the shape of the model's. Plain SQL: it is asked after every act."""
        refunded: dict[int, list[int]] = {}
        for vintage, amount in rows("SELECT vintage, amount FROM settlement_refund ORDER BY vintage, rank"):
            refunded.setdefault(vintage, []).append(int(Decimal(str(amount)) * 100))
        return {
            "vouchers": {
                serial: (*told, day(since), day(last), replaces, booklet)
                for serial, *told, since, last, replaces, booklet in rows(VOUCHERS)
            },
            "orders": dict(rows("SELECT number, state FROM orders_order")),
            "committed": sum(row[0] for row in rows("SELECT committed_cents FROM orders_consumption")),
            "listed": {row[0] for row in rows(LISTED)},
            "uses": {row[0] for row in rows(USES)},
            "remittances": rows("SELECT given, accepted FROM network_remittance ORDER BY id"),
            "refunds": refunded,
            "cheques": {number: "CASHED" if cashed else "DRAWN" for number, cashed in rows(CHEQUES)},
            "notes": {
                number: {side for side, when in (("BUYER", buyer), ("CONTRACTOR", contractor)) if when}
                for number, buyer, contractor in rows(NOTES)
            },
            "journal": [row[0] for row in rows(JOURNAL, self.before)],
        }

    # Drawing the acts

    def key(self) -> str:
        self.keys += 1
        return f"life-{self.keys}"

    def any_order(self, *states: str) -> str | None:
        """One that may be issued: those that only weigh on the ceiling are cancelled, never issued."""
        found = [
            number
            for number, order in self.model.orders.items()
            if not order["big"] and (not states or order["state"] in states)
        ]
        return self.rng.choice(found) if found else None

    def some(self, *states: str, most: int = 4) -> list[int]:
        """Some serials, most often in these states."""
        every = list(self.model.vouchers)
        if states and self.rng.random() < 0.8:
            fitting = [serial for serial in every if self.model.vouchers[serial]["state"] in states]
            every = fitting or every
        return sorted(self.rng.sample(every, min(len(every), self.rng.randint(1, most))))

    def number(self, serial: int) -> str:
        return str(Number(self.model.vouchers[serial]["vintage"], ISSUER, serial))

    def printed(self, serial: int) -> tuple[str, str, str]:
        """The number, the letters and the code on the paper."""
        if serial not in self.texts:
            row = Voucher.objects.filter(serial=serial).values_list("number", "short_code", "code").get()
            self.texts[serial] = row
        return self.texts[serial]

    def pks(self, serials: list[int]) -> list[int]:
        return list(Voucher.objects.filter(serial__in=serials).values_list("pk", flat=True))

    def order(self) -> Act:
        month = self.today.replace(day=1)
        if self.rng.random() < 0.3:
            month = (month + timedelta(days=self.rng.choice((-40, 35)))).replace(day=1)
        big = self.rng.random() < 0.08
        by_file = self.rng.random() < 0.4
        lines = [
            (self.rng.randint(1, 4), self.rng.choice(("HOME", "HOME", "CPAM")), f"B{rank:05d}")
            for rank in self.rng.sample(range(1, 9), self.rng.randint(1, 3))
        ]
        if big:
            room = 25_000 - self.model.committed // 1000
            lines, by_file = [(max(1, room + self.rng.choice((-2, 0, 1))), "HOME", "B00009")], False
        if by_file:
            return self.order_by_file(month, lines)
        key = self.key()

        def real() -> str:
            done = place_adhoc_order(
                contract=self.contract,
                month=month,
                lines=[
                    LineRequest(
                        vouchers=vouchers, delivery=Delivery(delivery), reference=person, last_name="Landreau",
                        first_name="Odile", civility="MME", address=("Mme Odile Landreau", "47000 AGEN"),
                    )
                    for vouchers, delivery, person in lines
                ],
                request_key=key,
                actor=ACTOR,
                at=self.at,
            )  # fmt: skip
            return str(done.order.number)

        return Act(
            f"order {lines} for {month}",
            real,
            lambda: self.model.order(month, lines, key, self.today, by_file=False),
        )

    def order_by_file(self, month: date, lines: list[tuple[int, str, str]]) -> Act:
        rows = [
            order_row(int(person[1:]), vouchers=vouchers, month=month, delivery=Delivery(delivery))
            for vouchers, delivery, person in lines
        ]
        name = self.rng.choice(("commande.csv", "copie de commande.csv"))
        content = repr((month, sorted(lines)))

        def real() -> str:
            plan = orders.plan_order(self.contract, order_file(*rows, name=name), at=self.at)
            done = import_plan(
                contract=self.contract, plan=plan, data=content.encode(), actor=ACTOR, at=self.at,
                accept_repeats=True,
            )  # fmt: skip
            return str(done.order.number)

        return Act(
            f"order by the file {name}, {lines} for {month}",
            real,
            lambda: self.model.order(month, lines, content, self.today, by_file=True),
        )

    def acknowledge(self) -> Act | None:
        number = self.any_order("CONFIRMED") or self.any_order()
        if number is None:
            return None
        return Act(
            f"acknowledge {number}",
            lambda: acknowledge_order(order=self.row(number), actor=ACTOR, at=self.at).state,
            lambda: self.model.acknowledge(number),
        )

    def row(self, number: str) -> Order:
        return Order.objects.select_related("contract").get(contract=self.contract, number=number)

    def issue(self) -> Act | None:
        number = self.any_order("ACKNOWLEDGED") or self.any_order()
        if number is None:
            return None
        return Act(
            f"issue {number}",
            lambda: issue_order(order=self.row(number), actor=ACTOR, at=self.at).vouchers,
            lambda: self.model.issue(number, self.today),
        )

    def cancel(self) -> Act | None:
        big = [number for number, order in self.model.orders.items() if order["big"]]
        number = self.rng.choice(big) if big else self.any_order()
        if number is None:
            return None
        return Act(
            f"cancel {number}",
            lambda: cancel_order(order=self.row(number), because="Erreur", actor=ACTOR, at=self.at).state,
            lambda: self.model.cancel(number),
        )

    def release(self) -> Act | None:
        number = self.any_order("ISSUED") or self.any_order()
        if number is None:
            return None

        def real() -> bool:
            # Said in the transaction of the act that releases the print job.
            with transaction.atomic():
                return mark_released(order=self.row(number), at=self.at)

        return Act(f"release {number}", real, lambda: self.model.release(number))

    def dispatch(self) -> Act | None:
        number = self.any_order("RELEASED") or self.any_order()
        if number is None:
            return None
        delivery = self.rng.choice(("HOME", "CPAM"))
        ready = self.model.sendable(number, delivery)
        if self.rng.random() < 0.1:
            ready = [*ready, *(ref for ref, one in self.model.booklets.items() if one["order"] == number)]
            ready = list(dict.fromkeys(ready))
        key = self.rng.choice([self.key(), *self.model.dispatches][:2])
        parcels = {f"{self.key().upper()}-{rank}": (reference,) for rank, reference in enumerate(ready)}
        if not parcels:
            return None

        def real() -> Callable[[], int]:
            done = dispatch_booklets(
                order=self.row(number),
                means=Means.TRACKED_LETTER if delivery == "HOME" else Means.SEALED_PARCEL,
                parcels=parcels, carrier="La Poste", postage=Decimal("3.20"), request_key=key,
                actor=ACTOR, at=self.at,
            )  # fmt: skip
            return done.parcels.count

        return Act(
            f"dispatch {parcels} as {key}", real, lambda: self.model.dispatch(number, delivery, parcels, key)
        )

    def track(self) -> Act | None:
        if not self.model.parcels:
            return None
        if self.files and self.rng.random() < 0.3:
            content, seen = self.rng.choice(self.files)
        else:
            chosen = self.rng.sample(list(self.model.parcels), self.rng.randint(1, len(self.model.parcels)))
            seen = {
                tracking: self.rng.choice(("DELIVERED", "DELIVERED", "RETURNED", "IN_TRANSIT"))
                for tracking in chosen
            }
            # Each file tells of a later minute, so that the last one told is the last one seen.
            self.at += timedelta(minutes=1)
            lines = [f"{tracking};{self.at.isoformat()};{status}" for tracking, status in seen.items()]
            content = "\n".join(["suivi;date;statut", *lines]).encode()
            self.files.append((content, seen))

        def real() -> int:
            return import_tracking(
                contract=self.contract, name="suivi.csv", content=content, actor=ACTOR, at=self.at
            ).delivered

        return Act(f"tracking {seen}", real, lambda: self.model.track(content, seen))

    def prove(self) -> Act | None:
        if not self.model.dispatches:
            return None
        key, file = self.rng.choice(list(self.model.dispatches)), self.rng.choice(("recu 1", "recu 2"))
        self.at += timedelta(minutes=1)

        def real() -> int:
            proofs = prove_transfer(
                dispatch=Dispatch.objects.select_related("contract").get(request_key=key),
                kind=ProofKind.SIGNED_RECEIPT, signer="Odile Landreau", transferred_at=self.at,
                file=file.encode(), file_name="recu.pdf", actor=ACTOR, at=self.at,
            )  # fmt: skip
            return len(proofs)

        return Act(f"prove {key} by {file}", real, lambda: self.model.prove(key, file))

    def stop(self) -> Act:
        kind = self.rng.choice(list(Designation))
        serials = self.some(*CIRCULATION)
        booklet = self.model.vouchers[serials[0]]["booklet"]
        first: str | int = serials[0]
        last = 0
        match kind:
            case Designation.NUMBER:
                selection = Selection(kind, self.number(serials[0]))
            case Designation.RANGE:
                last = serials[-1]
                selection = Selection(kind, self.number(serials[0]), self.number(last))
            case Designation.BOOKLET:
                first = booklet
                selection = Selection(kind, booklet)
            case Designation.ORDER:
                first = self.model.booklets[booklet]["order"]
                selection = Selection(kind, str(first))
            case Designation.BENEFICIARY:
                first = self.model.booklets[booklet]["person"]
                selection = Selection(kind, str(first))
        named = self.model.named(kind.value, first, last)
        reason = self.rng.choice(list(StopReason))
        confirmed = self.rng.choice((len(named), len(named), len(named), max(0, len(named) - 1)))
        key = self.rng.choice([self.key(), self.key(), *self.model.stops][:3])

        def real() -> int:
            return stop_vouchers(
                contract=self.contract, selection=selection, reason=reason, declared_by="Le service social",
                declared_on=self.today, confirmed=confirmed, request_key=key, actor=ACTOR, at=self.at,
            ).vouchers  # fmt: skip

        return Act(
            f"stop {kind} {first} {last or ''} for {reason} as {key}, {confirmed} confirmed",
            real,
            lambda: self.model.stop(named, reason.value, key, confirmed),
        )

    def some_stop(self) -> tuple[str, list[int] | None] | None:
        if not self.model.stops:
            return None
        key = self.rng.choice(list(self.model.stops))
        held = self.model.held(key, None)
        return key, self.rng.choice([None, held[:1] or None, self.some("STOPPED")])

    def numbers(self, serials: list[int] | None) -> list[str] | None:
        return None if serials is None else [self.number(serial) for serial in serials]

    def lift(self) -> Act | None:
        if (drawn := self.some_stop()) is None:
            return None
        key, chosen = drawn

        def real() -> int:
            stop = Stop.objects.select_related("contract").get(request_key=key)
            return lift_stop(
                stop=stop, reason="Retrouvé", actor=ACTOR, at=self.at, numbers=self.numbers(chosen)
            ).vouchers

        return Act(f"lift {key} {chosen}", real, lambda: self.model.lift(key, chosen))

    def reissue(self) -> Act | None:
        if (drawn := self.some_stop()) is None:
            return None
        key, chosen = drawn
        asked = self.today - timedelta(days=self.rng.choice((0, 0, 1, 4, 25)))

        def real() -> Callable[[], int]:
            stop = Stop.objects.select_related("contract").get(request_key=key)
            made = reissue_stopped(
                stop=stop, asked_on=asked, actor=ACTOR, at=self.at, numbers=self.numbers(chosen)
            )
            return lambda: sum(claim.reissue.vouchers for claim in made)

        return Act(
            f"reissue {key} {chosen} asked on {asked}",
            real,
            lambda: self.model.reissue(key, chosen, asked, self.today),
        )

    # The network

    def title(self, serial: int) -> Title:
        number, letters, code = self.printed(serial)
        how = self.rng.choices(
            ("NUMBER", "CODE", "LETTERS", "BAD_LETTERS", "FORGED", "MISTYPED", "UNKNOWN"),
            (40, 25, 15, 4, 4, 4, 4),
        )[0]
        match how:
            case "CODE":
                return how, code, serial
            case "LETTERS":
                return how, number + letters, serial
            case "BAD_LETTERS":
                return how, number + letters[1:] + ("2" if letters[0] != "2" else "3"), serial
            case "FORGED":
                place = self.rng.randrange(60, 90)
                other = self.rng.choice([one for one in string.ascii_uppercase if one != code[place]])
                return how, code[:place] + other + code[place + 1 :], None
            case "MISTYPED":
                return how, number[:-1] + str((int(number[-1]) + 1) % 10), None
            case "UNKNOWN":
                return how, str(Number(2026, ISSUER, 90_000_000 + serial)), None
        return how, number, serial

    def batch(self) -> tuple[int, list[Title], bool]:
        if self.batches and self.rng.random() < 0.2:
            shop, titles, letters = self.rng.choice(self.batches)
            return self.rng.choice((shop, 1 - shop)), self.rng.sample(titles, len(titles)), letters
        serials = self.some(*CIRCULATION, most=5)
        if self.rng.random() < 0.2:
            serials = [*serials, serials[0]]
        made = self.rng.randrange(2), [self.title(serial) for serial in serials], self.rng.random() < 0.2
        self.batches.append(made)
        return made

    def remit(self) -> Act:
        shop, titles, letters = self.batch()
        received = self.today - timedelta(days=self.rng.choice((0, 0, 0, 2)))
        postmarked = self.rng.choice((None, None, received - timedelta(days=self.rng.choice((0, 1, 3, 9)))))
        if self.rng.random() < 0.04:
            postmarked = received + timedelta(days=1)
        source = Source("remise.csv", repr(titles).encode()) if self.rng.random() < 0.3 else None

        def real() -> Callable[[], tuple[str, ...]]:
            done = remit(
                affiliate=self.shops[shop], titles=[Given(text) for _, text, _ in titles],
                channel=Channel.FILE, actor=ACTOR, at=self.at, received_on=received, postmarked_on=postmarked,
                letters_required=letters, source=source,
            )  # fmt: skip
            lines = done.remittance.lines.order_by("position")
            return lambda: tuple(lines.values_list("verdict", flat=True))

        return Act(
            f"shop {shop} remits {titles} received on {received}, postmarked on {postmarked}",
            real,
            lambda: self.model.remit(
                shop,
                titles,
                received=received,
                postmarked=postmarked,
                on=self.today,
                letters_required=letters,
            ),
        )

    def suspend(self) -> Act:
        shop = self.rng.randrange(2)
        back = shop in self.model.suspended or self.rng.random() < 0.2

        def real() -> str:
            return review(
                affiliate=self.shops[shop],
                outcome=AffiliateState.ACCEPTED if back else AffiliateState.SUSPENDED,
                reason="Contrôle", actor=ACTOR, at=self.at,
            ).state  # fmt: skip

        act = self.model.take_back if back else self.model.suspend
        return Act(f"{'take back' if back else 'suspend'} shop {shop}", real, lambda: act(shop))

    def pay(self) -> Act:
        def real() -> tuple[int, int]:
            run = pay(contract=self.contract, execution_on=self.today, actor=ACTOR, at=self.at).run
            return run.payments_count, run.vouchers

        return Act("pay", real, self.model.pay)

    # The end

    def vintage(self) -> int:
        """Most often the one that has just ended."""
        ended = self.today.year - 1
        return self.rng.choice((ended, ended, ended, self.today.year, ended - 1))

    def declare(self) -> Act:
        serials, holding = self.some(*CIRCULATION, "STOPPED", "EXPIRED"), self.rng.choice(list(Holding))

        def real() -> int:
            return services.declare(
                contract=self.contract, keys=self.pks(serials), holding=holding, actor=ACTOR, at=self.at
            )

        return Act(f"declare {serials} {holding}", real, lambda: self.model.declare(serials, holding.value))

    def expire(self) -> Act:
        vintage = self.vintage()

        def real() -> int:
            return services.expire_vintage(contract=self.contract, vintage=vintage, actor=ACTOR, at=self.at)

        return Act(f"expire {vintage}", real, lambda: self.model.expire(vintage, self.today))

    def replace_unused(self) -> Act:
        vintage = self.vintage()

        def real() -> int:
            run = services.replace_unused(contract=self.contract, vintage=vintage, actor=ACTOR, at=self.at)
            return run.vouchers if run else 0

        return Act(
            f"replace the unused of {vintage}", real, lambda: self.model.replace_unused(vintage, self.today)
        )

    def refund(self) -> Act:
        vintage, later = self.vintage(), self.rng.random() < 0.4

        def real() -> tuple[int, int]:
            act = refunds.regularise_refund if later else refunds.refund_vintage
            made = act(contract=self.contract, vintage=vintage, actor=ACTOR, at=self.at)
            return made.vouchers, int(made.amount * 100)

        return Act(
            f"{'regularise' if later else 'refund'} {vintage}",
            real,
            lambda: self.model.regularise(vintage) if later else self.model.refund(vintage, self.today),
        )

    def cheque(self) -> Act | None:
        made = [
            f"RB{vintage}-{rank:02d}"
            for vintage, amounts in self.model.refunds.items()
            for rank in range(1, len(amounts) + 1)
        ]
        if not made:
            return None
        number = self.rng.choice(made)
        if number in self.model.cheques and self.rng.random() < 0.7:
            return Act(
                f"cash the cheque of {number}",
                lambda: refunds.cash_cheque(
                    cheque=Cheque.objects.get(refund__number=number), cashed_on=self.today, actor=ACTOR, at=self.at
                ).cashed_on == self.today,
                lambda: self.model.cash(number),
            )  # fmt: skip
        cheque = self.key()

        def real() -> int:
            made = refunds.draw_cheque(
                refund=Refund.objects.get(number=number), number=cheque, bank="Banque", drawn_on=self.today,
                actor=ACTOR, at=self.at,
            )  # fmt: skip
            return int(made.amount * 100)

        return Act(f"draw a cheque for {number}", real, lambda: self.model.draw(number))

    def credit(self) -> Act:
        if self.model.notes and self.rng.random() < 0.6:
            number, side = self.rng.choice(list(self.model.notes)), self.rng.choice(("BUYER", "CONTRACTOR"))
            return Act(
                f"agree {number} for {side}",
                lambda: (
                    services.agree_credit_note(
                        note=CreditNote.objects.get(number=number), side=side, actor=ACTOR, at=self.at
                    ).is_settled
                ),
                lambda: self.model.agree(number, side),
            )
        return Act(
            "a credit note",
            lambda: services.issue_credit_note(
                contract=self.contract, cause="OTHER", cause_reference="essai", label="Geste",
                amount=Decimal("12.30"), actor=ACTOR, at=self.at,
            ).number,
            lambda: self.model.credit(self.today),
        )  # fmt: skip

    ACTS = (
        (order, 6), (acknowledge, 6), (issue, 8), (cancel, 3), (release, 5), (dispatch, 6), (track, 6), (prove, 2),
        (stop, 11), (lift, 6), (reissue, 10), (remit, 18), (suspend, 2), (pay, 6), (declare, 7), (expire, 5),
        (replace_unused, 9), (refund, 9), (cheque, 3), (credit, 2),
    )  # fmt: skip


VOUCHERS = """
SELECT v.serial, v.state, v.vintage, v.face_value_cents, v.valid_from_on, v.last_valid_on, old.serial, b.reference
FROM issuing_voucher v JOIN issuing_booklet b ON b.id = v.booklet_id
LEFT JOIN issuing_voucher old ON old.id = v.replaces_id
"""
LISTED = """
SELECT v.serial FROM stops_stoppedvoucher s JOIN issuing_voucher v ON v.id = s.voucher_id
WHERE s.until_version IS NULL
"""
USES = "SELECT v.serial FROM network_use u JOIN issuing_voucher v ON v.id = u.voucher_id"
CHEQUES = (
    "SELECT r.number, c.cashed_on FROM settlement_cheque c JOIN settlement_refund r ON r.id = c.refund_id"
)
NOTES = "SELECT number, buyer_agreed_at, contractor_agreed_at FROM settlement_creditnote"
JOURNAL = "SELECT act FROM journal_entry WHERE contract = 'cpam47' AND seq > %s ORDER BY seq"


def rows(sql: str, *given: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given or None)
        return [tuple(row) for row in cursor.fetchall()]


def day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def difference(found: Any, expected: Any) -> str:
    """What differs, not the whole."""
    if isinstance(found, dict) and isinstance(expected, dict):
        keys = [key for key in {**found, **expected} if found.get(key) != expected.get(key)]
        return "; ".join(
            f"{key}: the database has {found.get(key)}, the model {expected.get(key)}" for key in keys[:6]
        )
    return f"the database has {found}, the model {expected}"
