"""What every act on vouchers should do, on plain dictionaries: written from the contract, not from the product.

Vouchers are known by their serial, orders and booklets by their printed references. A refusal is the name of the
exception that the product raises. Nothing changes when an act is refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from jours_feries_france import JoursFeries

CIRCULATION = ("ISSUED", "DISPATCHED", "DELIVERED")
FACE_VALUE = 1000
CEILING = 25_000_000
ENTITLED = {"LOST", "STOLEN", "LOST_IN_POST", "DEFECTIVE"}
ANSWERS = {
    "USED": "ALREADY_USED",
    "PAID": "ALREADY_USED",
    "STOPPED": "STOPPED",
    "REPLACED": "STOPPED",
    "EXPIRED": "EXPIRED",
    "REFUNDED": "EXPIRED",
}

Voucher = dict[str, Any]
Title = tuple[str, str, int | None]
"""How a title is handed in (NUMBER, LETTERS, CODE, BAD_LETTERS, FORGED, MISTYPED, UNKNOWN), its text, its serial."""


class Refused(Exception):
    """The act is refused, by the exception of that name."""


def last_use(vintage: int) -> date:
    return date(vintage + 1, 1, 31)


def cutoff(vintage: int) -> date:
    return date(vintage + 1, 3, 1) - timedelta(days=1)


def after_working_days(day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5 and not JoursFeries.is_bank_holiday(day, zone="Métropole")
    return day


class Model:
    """The whole world of one life."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.vouchers: dict[int, Voucher] = {}
        self.booklets: dict[str, dict[str, Any]] = {}
        self.stops: dict[str, dict[str, Any]] = {}
        self.parcels: dict[str, dict[str, Any]] = {}
        self.dispatches: dict[str, dict[str, Any]] = {}
        self.tracking_files: set[bytes] = set()
        self.remittances: list[dict[str, Any]] = []
        self.suspended: set[int] = set()
        self.refunds: dict[int, list[int]] = defaultdict(list)
        self.cheques: dict[str, str] = {}
        self.notes: dict[str, set[str]] = {}
        self.uses: set[int] = set()
        self.listed: set[int] = set()
        self.committed = 0
        self.serial = 1
        self.journal: list[str] = []

    # Orders

    def order(
        self, month: date, lines: Sequence[tuple[int, str, str]], content: str, on: date, *, by_file: bool
    ) -> str:
        for number, known in self.orders.items():
            if known["content"] == content and known["state"] != "CANCELLED":
                return number
        vintage = month.year + (month.month >= 11)
        count = sum(vouchers for vouchers, _, _ in lines)
        too_late = last_use(vintage) < on
        if too_late and not by_file:
            raise Refused("VintageExpired")
        if self.committed + count * FACE_VALUE > CEILING:
            raise Refused("CeilingPassed")
        if too_late:
            raise Refused("FileRefused")
        rank = 1 + sum(number.startswith(f"{on.year}-") for number in self.orders)
        number = f"{on.year}-{rank:04d}"
        self.committed += count * FACE_VALUE
        self.orders[number] = {
            "state": "CONFIRMED",
            "vintage": vintage,
            "lines": list(lines),
            "count": count,
            "content": content,
            "big": count > 1000,
        }
        self.journal.append("ORDER_CONFIRMED")
        return number

    def acknowledge(self, number: str) -> str:
        order = self.orders[number]
        if order["state"] == "CANCELLED":
            raise Refused("WrongState")
        if order["state"] == "CONFIRMED":
            order["state"] = "ACKNOWLEDGED"
            self.journal.append("ORDER_ACKNOWLEDGED")
        return str(order["state"])

    def cancel(self, number: str) -> str:
        order = self.orders[number]
        if order["state"] in {"ISSUED", "RELEASED"}:
            raise Refused("WrongState")
        if order["state"] != "CANCELLED":
            order["state"] = "CANCELLED"
            self.committed -= order["count"] * FACE_VALUE
            self.journal.append("ORDER_CANCELLED")
        return "CANCELLED"

    def issue(self, number: str, on: date) -> int:
        order = self.orders[number]
        if order["state"] in {"ISSUED", "RELEASED"}:
            return int(order["count"])
        if order["state"] != "ACKNOWLEDGED":
            raise Refused("NotAcknowledged")
        if last_use(order["vintage"]) <= on:
            raise Refused("VintageOver")
        order["state"] = "ISSUED"
        for vouchers, delivery, person in order["lines"]:
            booklet = self._booklet(number, delivery, person, reissued=False)
            for _ in range(vouchers):
                self._voucher(booklet, order["vintage"], on, last_use(order["vintage"]), None)
        self.journal.append("ORDER_ISSUED")
        return int(order["count"])

    def _booklet(self, order: str, delivery: str, person: str, *, reissued: bool) -> str:
        rank = 1 + sum(booklet["order"] == order for booklet in self.booklets.values())
        reference = f"{order}-{rank:04d}"
        self.booklets[reference] = {
            "order": order,
            "delivery": delivery,
            "person": person,
            "reissued": reissued,
            "parcel": None,
            "serials": [],
        }
        return reference

    def _voucher(
        self, booklet: str, vintage: int, valid_from: date, last: date, replaces: int | None
    ) -> None:
        self.vouchers[self.serial] = {
            "state": "ISSUED",
            "vintage": vintage,
            "valid_from": valid_from,
            "last": last,
            "replaces": replaces,
            "booklet": booklet,
            "before": "",
            "stop": None,
            "holding": None,
            "lost": False,
        }
        self.booklets[booklet]["serials"].append(self.serial)
        self.serial += 1

    def release(self, number: str) -> bool:
        order = self.orders[number]
        if order["state"] in {"CONFIRMED", "ACKNOWLEDGED", "CANCELLED"}:
            raise Refused("WrongState")
        moved = order["state"] == "ISSUED"
        order["state"] = "RELEASED"
        return bool(moved)

    # Delivery

    def sendable(self, number: str, delivery: str) -> list[str]:
        found = []
        for reference, booklet in self.booklets.items():
            states = [self.vouchers[serial]["state"] for serial in booklet["serials"]]
            parcel = self.parcels.get(booklet["parcel"])
            if (
                (booklet["order"], booklet["delivery"], booklet["reissued"]) == (number, delivery, False)
                and set(states) <= {"ISSUED", "DISPATCHED"}
                and (parcel is None or parcel["status"] == "RETURNED")
            ):
                found.append(reference)
        return found

    def dispatch(self, number: str, delivery: str, parcels: Mapping[str, Sequence[str]], key: str) -> int:
        if key in self.dispatches:
            return len(self.dispatches[key]["parcels"])
        if self.orders[number]["state"] != "RELEASED":
            raise Refused("NotPrinted")
        ready = self.sendable(number, delivery)
        if any(reference not in ready for held in parcels.values() for reference in held):
            raise Refused("CannotBeSent")
        if any(tracking in self.parcels for tracking in parcels):
            raise Refused("TrackingTaken")
        self.dispatches[key] = {"order": number, "parcels": list(parcels)}
        for tracking, held in parcels.items():
            self.parcels[tracking] = {"status": "HANDED_OVER", "key": key, "proof": None}
            for reference in held:
                self.booklets[reference]["parcel"] = tracking
                for serial in self.booklets[reference]["serials"]:
                    self.vouchers[serial]["state"] = "DISPATCHED"
        self.journal.append("DISPATCH")
        return len(parcels)

    def track(self, content: bytes, seen: Mapping[str, str]) -> int:
        if content in self.tracking_files:
            return 0
        self.tracking_files.add(content)
        delivered = 0
        for tracking, status in seen.items():
            parcel = self.parcels[tracking]
            if parcel["status"] == "DELIVERED":
                continue
            parcel["status"] = status
            if status == "DELIVERED":
                delivered += 1
                self._hand_over(tracking, "TRACKED")
        self.journal.append("IMPORT_TRACKING")
        return delivered

    def _hand_over(self, tracking: str, proof: str) -> None:
        self.parcels[tracking]["proof"] = proof
        for booklet in self.booklets.values():
            if booklet["parcel"] == tracking:
                for serial in booklet["serials"]:
                    if self.vouchers[serial]["state"] in {"ISSUED", "DISPATCHED"}:
                        self.vouchers[serial]["state"] = "DELIVERED"

    def prove(self, key: str, file: str) -> int:
        parcels = {tracking: self.parcels[tracking] for tracking in self.dispatches[key]["parcels"]}
        fresh = [tracking for tracking, parcel in parcels.items() if parcel["proof"] is None]
        if not fresh:
            if all(parcel["proof"] == file for parcel in parcels.values()):
                return len(parcels)
            raise Refused("AlreadyTransferred")
        for tracking in fresh:
            self.parcels[tracking]["status"] = "DELIVERED"
            self._hand_over(tracking, file)
        self.journal.append("PROVE_TRANSFER")
        return len(fresh)

    # Stops

    def named(self, kind: str, first: str | int, last: int = 0) -> list[int]:
        def is_named(serial: int, voucher: Voucher) -> bool:
            booklet = self.booklets[voucher["booklet"]]
            match kind:
                case "NUMBER":
                    return serial == first
                case "RANGE":
                    return int(first) <= serial <= last
                case "BOOKLET":
                    return bool(voucher["booklet"] == first)
                case "ORDER":
                    return bool(booklet["order"] == first)
            return bool(booklet["person"] == first)

        return [serial for serial, voucher in self.vouchers.items() if is_named(serial, voucher)]

    def stop(self, named: Sequence[int], reason: str, key: str, confirmed: int) -> int:
        if key in self.stops:
            return int(self.stops[key]["count"])
        if not named:
            raise Refused("NothingNamed")
        taken = [serial for serial in named if self.vouchers[serial]["state"] in CIRCULATION]
        if not taken:
            raise Refused("NothingToStop")
        if len(taken) > confirmed:
            raise Refused("MoreThanConfirmed")
        self.stops[key] = {"reason": reason, "count": len(taken)}
        for serial in taken:
            voucher = self.vouchers[serial]
            voucher.update(before=voucher["state"], state="STOPPED", stop=key)
            self.listed.add(serial)
        self.journal.append("STOP")
        return len(taken)

    def held(self, key: str, chosen: Collection[int] | None) -> list[int]:
        return [
            serial
            for serial, voucher in self.vouchers.items()
            if voucher["stop"] == key
            and voucher["state"] == "STOPPED"
            and (chosen is None or serial in chosen)
        ]

    def lift(self, key: str, chosen: Collection[int] | None) -> int:
        freed = self.held(key, chosen)
        if not freed:
            raise Refused("NothingToLift")
        for serial in freed:
            voucher = self.vouchers[serial]
            voucher.update(state=voucher["before"], stop=None)
            self.listed.discard(serial)
        self.journal.append("LIFT_STOP")
        return len(freed)

    def reissue(self, key: str, chosen: Collection[int] | None, asked: date, on: date) -> int:
        reason = self.stops[key]["reason"]
        if reason not in ENTITLED:
            raise Refused("NotEntitled")
        olds = self.held(key, chosen)
        if not olds:
            raise Refused("NothingToReissue")
        if reason != "LOST_IN_POST" and any(asked > self.vouchers[old]["last"] for old in olds):
            raise Refused("AskedTooLate")
        due = max(after_working_days(asked, 3), on)
        wanted = {}
        for old in olds:
            vintage = self.vouchers[old]["vintage"]
            wanted[old] = vintage if due < self.vouchers[old]["last"] else max(vintage + 1, due.year)
        self.replace(wanted, on)
        self.journal.append("REISSUE")
        return len(olds)

    def replace(self, wanted: Mapping[int, int], on: date) -> None:
        groups: dict[tuple[object, ...], dict[str, list[int]]] = {}
        for old in sorted(wanted):
            voucher = self.vouchers[old]
            same = wanted[old] == voucher["vintage"]
            dates = (voucher["valid_from"], voucher["last"]) if same else (on, last_use(wanted[old]))
            order = self.booklets[voucher["booklet"]]["order"]
            group = groups.setdefault((order, wanted[old], *dates), {})
            group.setdefault(voucher["booklet"], []).append(old)
        for (order, vintage, valid_from, last), by_booklet in groups.items():
            for reference, olds in by_booklet.items():
                old_booklet = self.booklets[reference]
                fresh = self._booklet(
                    str(order), old_booklet["delivery"], old_booklet["person"], reissued=True
                )
                for old in olds:
                    self.vouchers[old]["state"] = "REPLACED"
                    self._voucher(fresh, vintage, valid_from, last, old)  # type: ignore[arg-type]

    # The network

    def suspend(self, shop: int) -> str:
        if shop in self.suspended:
            raise Refused("ReviewRefused")
        self.suspended.add(shop)
        self.journal.append("AFFILIATE_SUSPENDED")
        return "SUSPENDED"

    def take_back(self, shop: int) -> str:
        if shop not in self.suspended:
            raise Refused("ReviewRefused")
        self.suspended.discard(shop)
        self.journal.append("AFFILIATE_ACCEPTED")
        return "ACCEPTED"

    def verdicts(self, titles: Sequence[Title], *, presented: date, letters_required: bool) -> list[str]:
        found, seen = [], set()
        for how, text, serial in titles:
            if how in {"FORGED", "MISTYPED"}:
                found.append("FORGED" if how == "FORGED" else "UNKNOWN")
                continue
            name = serial if serial is not None else text
            if name in seen:
                found.append("TWICE_IN_BATCH")
                continue
            if serial is not None and how == "BAD_LETTERS":
                found.append("FORGED")
                continue
            if serial is not None and how == "NUMBER" and letters_required:
                found.append("UNKNOWN")
                continue
            seen.add(name)
            found.append(self._verdict(serial, presented))
        return found

    def _verdict(self, serial: int | None, presented: date) -> str:
        if serial is None:
            return "UNKNOWN"
        voucher = self.vouchers[serial]
        if voucher["state"] in ANSWERS:
            return ANSWERS[voucher["state"]]
        if presented < voucher["valid_from"]:
            return "WRONG_PERIOD"
        return "VALID" if presented <= cutoff(voucher["vintage"]) else "EXPIRED"

    def remit(
        self,
        shop: int,
        titles: Sequence[Title],
        *,
        received: date,
        postmarked: date | None,
        on: date,
        letters_required: bool,
    ) -> tuple[str, ...]:
        if received > on or (postmarked is not None and postmarked > received):
            raise Refused("PostmarkAfterReceipt")
        if shop in self.suspended:
            raise Refused("NotAccepted")
        told = self.verdicts(titles, presented=postmarked or received, letters_required=letters_required)
        content = sorted(self._spelling(*title) for title in titles)
        known = [one for one in self.remittances if (one["shop"], one["content"]) == (shop, content)]
        if known and "VALID" not in told:
            return tuple(known[-1]["verdicts"])
        used = [title[2] for title, verdict in zip(titles, told, strict=True) if verdict == "VALID"]
        for serial in used:
            assert serial is not None
            self.vouchers[serial]["state"] = "USED"
        self.uses |= {serial for serial in used if serial is not None}
        self.remittances.append(
            {"shop": shop, "content": content, "verdicts": told, "used": used, "paid": False}
        )
        self.journal.append("REMITTED")
        return tuple(told)

    @staticmethod
    def _spelling(how: str, text: str, serial: int | None) -> str:
        # A code says the number that it signs: sent by code or by number, it is the same content.
        return str(serial) if how in {"CODE", "NUMBER"} and serial is not None else text

    def pay(self) -> tuple[int, int]:
        due = [one for one in self.remittances if one["used"] and not one["paid"]]
        if not due:
            raise Refused("NothingToPay")
        for one in due:
            one["paid"] = True
            for serial in one["used"]:
                self.vouchers[serial]["state"] = "PAID"
        self.journal.append("PAID")
        return len(due), sum(len(one["used"]) for one in due)

    # The end

    def declare(self, serials: Sequence[int], holding: str) -> int:
        living = {*CIRCULATION, "STOPPED", "EXPIRED"}
        if any(self.vouchers[serial]["state"] not in living for serial in serials):
            raise Refused("CannotDeclare")
        changed = [serial for serial in serials if self.vouchers[serial]["holding"] != holding]
        for serial in changed:
            self.vouchers[serial]["holding"] = holding
        if changed:
            self.journal.append("VOUCHERS_DECLARED")
        return len(changed)

    def expire(self, vintage: int, on: date) -> int:
        if on <= cutoff(vintage):
            raise Refused("TooEarly")
        ended = [
            voucher
            for voucher in self.vouchers.values()
            if voucher["vintage"] == vintage and voucher["state"] in {*CIRCULATION, "STOPPED"}
        ]
        for voucher in ended:
            voucher.update(state="EXPIRED", lost=voucher["state"] == "STOPPED")
        if ended:
            self.journal.append("VINTAGE_EXPIRED")
        return len(ended)

    def _refunded(self, voucher: Voucher) -> bool:
        return bool(voucher["lost"] or voucher["holding"] in {"HELD", "LOST"})

    def _ended(self, vintage: int) -> list[int]:
        return [
            serial
            for serial, voucher in self.vouchers.items()
            if (voucher["vintage"], voucher["state"]) == (vintage, "EXPIRED")
        ]

    def replace_unused(self, vintage: int, on: date) -> int:
        self.expire(vintage, on)
        olds = [old for old in self._ended(vintage) if not self._refunded(self.vouchers[old])]
        if not olds:
            return 0
        fresh = vintage + 1
        while last_use(fresh) <= on:
            fresh += 1
        self.replace(dict.fromkeys(olds, fresh), on)
        self.journal.append("UNUSED_REPLACED")
        return len(olds)

    def refund(self, vintage: int, on: date) -> tuple[int, int]:
        if on <= cutoff(vintage):
            raise Refused("TooEarly")
        if self.refunds[vintage]:
            raise Refused("AlreadyRefunded")
        return self._refund(vintage)

    def regularise(self, vintage: int) -> tuple[int, int]:
        if not self.refunds[vintage]:
            raise Refused("NothingToRefund")
        return self._refund(vintage)

    def _refund(self, vintage: int) -> tuple[int, int]:
        if any(
            voucher["vintage"] == vintage and voucher["state"] in {*CIRCULATION, "STOPPED"}
            for voucher in self.vouchers.values()
        ):
            raise Refused("NotEnded")
        found = [serial for serial in self._ended(vintage) if self._refunded(self.vouchers[serial])]
        if not found:
            raise Refused("NothingToRefund")
        # One client alone has the whole pool: both readings give the value of its own vouchers.
        amount = len(found) * FACE_VALUE
        for serial in found:
            self.vouchers[serial]["state"] = "REFUNDED"
        self.refunds[vintage].append(amount)
        self.journal.append("REFUND_DECIDED")
        return len(found), amount

    def draw(self, refund: str) -> int:
        if refund in self.cheques:
            raise Refused("HasItsCheque")
        self.cheques[refund] = "DRAWN"
        self.journal.append("CHEQUE_DRAWN")
        vintage, rank = int(refund[2:6]), int(refund[7:])
        return self.refunds[vintage][rank - 1]

    def cash(self, refund: str) -> bool:
        if self.cheques[refund] == "CASHED":
            raise Refused("AlreadyCashed")
        self.cheques[refund] = "CASHED"
        self.journal.append("CHEQUE_CASHED")
        return True

    def credit(self, on: date) -> str:
        rank = 1 + sum(number.startswith(f"AV{on.year}") for number in self.notes)
        number = f"AV{on.year}-{rank:04d}"
        self.notes[number] = set()
        self.journal.append("CREDIT_NOTE_ISSUED")
        return number

    def agree(self, number: str, side: str) -> bool:
        if side in self.notes[number]:
            raise Refused("AlreadyAgreed")
        self.notes[number].add(side)
        self.journal.append("CREDIT_NOTE_AGREED")
        return len(self.notes[number]) == 2

    # What must be true

    def state(self) -> dict[str, Any]:
        """The same shape as what is read in the database."""
        return {
            "vouchers": {
                serial: (
                    voucher["state"], voucher["vintage"], FACE_VALUE, voucher["valid_from"], voucher["last"],
                    voucher["replaces"], voucher["booklet"],
                )
                for serial, voucher in self.vouchers.items()
            },
            "orders": {number: order["state"] for number, order in self.orders.items()},
            "committed": self.committed,
            "listed": self.listed,
            "uses": self.uses,
            "remittances": [(len(one["verdicts"]), len(one["used"])) for one in self.remittances],
            "refunds": {vintage: amounts for vintage, amounts in self.refunds.items() if amounts},
            "cheques": self.cheques,
            "notes": self.notes,
            "journal": self.journal,
        }  # fmt: skip

    def unbalanced(self) -> list[str]:
        """The invariants of the register, counted by hand."""
        wrong = []
        entered = sum(
            order["count"] for order in self.orders.values() if order["state"] in {"ISSUED", "RELEASED"}
        )
        replaced = sum(voucher["state"] == "REPLACED" for voucher in self.vouchers.values())
        replacing = [v["replaces"] for v in self.vouchers.values() if v["replaces"] is not None]
        if entered + replaced != len(self.vouchers):
            wrong.append("the vouchers are not those ordered and those that replace others")
        if len(replacing) != len(set(replacing)) or len(replacing) != replaced:
            wrong.append("a voucher has two descendants, or a replaced one none")
        if self.committed > CEILING:
            wrong.append("the ceiling is passed")
        return wrong
