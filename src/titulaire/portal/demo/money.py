"""The money of the demonstration: what each month is invoiced, the end of a vintage, the year's report."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from titulaire.billing.models import Document, Profile
from titulaire.billing.parties import Parties, Party
from titulaire.billing.rules import InvoiceLine, Item, Means, charge
from titulaire.billing.services import draft_invoice, issue_invoice, record_payment, save_profile
from titulaire.identity.models import Contract
from titulaire.portal.demo.network import invented_iban, invented_siret
from titulaire.vouchers.delivery.queries import postage
from titulaire.vouchers.delivery.services import deliver_sleeves, order_sleeves
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.settlement import queries
from titulaire.vouchers.settlement.models import CreditNote, Refund, Reminder, YearlyReport
from titulaire.vouchers.settlement.refunds import cash_cheque, draw_cheque, refund_vintage
from titulaire.vouchers.settlement.reminders import ladder, send_reminder
from titulaire.vouchers.settlement.rules import Holding
from titulaire.vouchers.settlement.services import (
    agree_credit_note,
    bill_credit_note,
    declare,
    freeze_report,
    issue_credit_note,
)

PARIS = ZoneInfo("Europe/Paris")
SLEEVE_PRICE = Decimal("0.35")
INTEREST = "taux directeur de la Banque centrale européenne majoré de huit points"


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), PARIS)


def vat_of(siret: str) -> str:
    """The French VAT number that goes with an establishment."""
    siren = siret[:9]
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02}{siren}"


def parties(seller: str, buyer: str, *, rank: int, reference: str) -> Parties:
    """Both sides of a contract, with well-formed numbers that nobody bears."""
    siret = invented_siret(rank)
    return Parties(
        seller=Party(
            name=seller,
            siret=siret,
            vat_id=vat_of(siret),
            street=("12 rue des Exemples",),
            postcode="47000",
            city="Agen",
            legal_form="SAS au capital de 100 000 €",
        ),
        buyer=Party(
            name=buyer,
            siret=invented_siret(rank + 1),
            street=("2 rue des Exemples",),
            postcode="47000",
            city="Agen",
        ),
        iban=invented_iban(rank),
        bic="AAAAFRPPXXX",
        contract_reference=reference,
        payment_days=30,
        late_interest=INTEREST,
    )


class Money:
    """Invoices, reminders, refund, credit notes and reports of the voucher contract, each done once."""

    def __init__(self, contract: Contract, now: datetime, *, operator: str, manager: str) -> None:
        self.contract, self.now = contract, now
        self.operator, self.manager = operator, manager

    def prepare(self, at: datetime) -> None:
        """Who invoices whom, and the first sleeves."""
        if not Profile.objects.filter(contract=self.contract).exists():
            save_profile(
                contract=self.contract,
                parties=parties(
                    "Titres Garonne (exemple)", self.contract.buyer.name, rank=700, reference="2024-47-TS"
                ),
                engagement_number="EJ-2025-0047",
                service_code="ASS-47",
                actor=self.operator,
                at=at,
            )

    def month(self, month: date) -> None:
        """Invoice the month that ended, on the third; then what the calendar of the vintages asks."""
        self._invoice(month)
        self._remind(month)
        if month.month == 2:
            self._declare(month)
        if month.month == 4:
            self._refund(month)
        if month.month == 1:
            self._report(month)
        if month.month in (1, 9):
            self._sleeves(month)

    def _invoice(self, month: date) -> None:
        start_on = (month - timedelta(days=1)).replace(day=1)
        at = _at(month.replace(day=3), 9)
        if at > self.now:
            return
        key = f"demo-{start_on:%Y-%m}"
        # Lived again after an interruption, a month may count what came since: what was issued stands.
        known = Document.objects.filter(contract=self.contract, request_key=key).first()
        if known is None:
            lines = self._lines(start_on, month)
            if not lines:
                return
            known = draft_invoice(
                contract=self.contract, start_on=start_on, end_on=month, lines=lines, request_key=key,
                actor=self.operator, at=at,
            ).document  # fmt: skip
        document = issue_invoice(document=known, actor=self.operator, at=at).document
        # The buyer pays at 24 days, but once a year at 41; the invoice of the last month is still due.
        paid_on = month.replace(day=3) + timedelta(days=41 if month.month == 7 else 24)
        if _at(paid_on, 12) < self.now and not document.payments.exists():
            record_payment(
                invoice=document,
                amount=document.totals().gross,
                paid_on=paid_on,
                means=Means.TRANSFER,
                reference=f"VIR {paid_on:%Y%m%d}",
                request_key=f"demo-{start_on:%Y-%m}",
                actor=self.operator,
                at=_at(paid_on, 12),
            )

    def _lines(self, start_on: date, end_on: date) -> list[InvoiceLine]:
        """The titles of the orders acknowledged in the month at face value, the postage, the sleeves."""
        since, until = _at(start_on, 0), _at(end_on, 0)
        lines = []
        for order in Order.objects.filter(
            contract=self.contract, confirmed_at__gte=since, confirmed_at__lt=until
        ).order_by("number"):
            own = Voucher.objects.filter(order=order, booklet__reissue__isnull=True)
            count = own.count()
            first = own.first()
            if first is not None:
                lines.append(
                    charge(
                        Item.FACE_VALUE,
                        "Titres émis à leur valeur faciale",
                        Decimal(count),
                        Decimal(first.face_value_cents) / 100,
                        source=f"Commande {order.number}",
                    )
                )
        cost = postage(self.contract, since=since, until=until)
        if cost:
            lines.append(
                charge(
                    Item.POSTAGE,
                    "Affranchissement des envois du mois",
                    Decimal(1),
                    cost,
                    source="Bons d’expédition du mois",
                )
            )
        sleeves = sum(
            self.contract.sleeve_orders.filter(delivered_at__gte=since, delivered_at__lt=until).values_list(
                "quantity", flat=True
            )
        )
        if sleeves:
            lines.append(charge(Item.SLEEVES, "Pochettes", Decimal(sleeves), SLEEVE_PRICE))
        return lines

    def _sleeves(self, month: date) -> None:
        at = _at(month.replace(day=12), 10)
        if at + timedelta(days=6) > self.now:
            return
        ordered = order_sleeves(
            contract=self.contract,
            quantity=400,
            request_key=f"demo-{month:%Y-%m}",
            actor=self.manager,
            at=at,
        )
        if ordered.delivered_at is None:
            deliver_sleeves(sleeves=ordered, actor=self.operator, at=at + timedelta(days=6))

    # The end of a vintage

    def _remind(self, month: date) -> None:
        vintage = month.year - 1
        if vintage not in queries.vintages_of(self.contract):
            return
        for step in ladder(self.contract, vintage):
            at = _at(step.due_on, 9)
            if step.due_on.replace(day=1) != month or at > self.now:
                continue
            for channel in ("EMAIL", "LETTER", "SMS"):
                sent = Reminder.objects.filter(
                    contract=self.contract, vintage=vintage, days_before=step.days_before, channel=channel
                )
                if not sent.exists():
                    send_reminder(
                        contract=self.contract,
                        vintage=vintage,
                        days_before=step.days_before,
                        channel=channel,
                        actor="system:worker",
                        at=at,
                    )

    def _declare(self, month: date) -> None:
        """The buyer says what it still holds of the vintage that ended, and what is lost."""
        vintage, at = month.year - 1, _at(month.replace(day=12), 10)
        if at > self.now:
            return
        unused = list(
            queries.in_circulation(self.contract, vintage).order_by("serial").values_list("pk", flat=True)
        )
        for keys, holding in ((unused[:12], Holding.HELD), (unused[12:17], Holding.LOST)):
            if keys:
                declare(contract=self.contract, keys=keys, holding=holding, actor=self.manager, at=at)

    def _refund(self, month: date) -> None:
        vintage, at = month.year - 1, _at(month.replace(day=10), 10)
        if (
            at + timedelta(days=20) > self.now
            or vintage not in queries.vintages_of(self.contract)
            or Refund.objects.filter(contract=self.contract, vintage=vintage).exists()
        ):
            return
        refund = refund_vintage(contract=self.contract, vintage=vintage, actor=self.operator, at=at)
        if refund.amount > 0:
            cheque = draw_cheque(
                refund=refund,
                number=f"{7000000 + vintage}",
                bank="Banque des Exemples",
                drawn_on=refund.planned_on,
                actor=self.operator,
                at=at + timedelta(hours=1),
            )
            cash_cheque(
                cheque=cheque,
                cashed_on=month.replace(day=27),
                actor=self.operator,
                at=_at(month.replace(day=28), 9),
            )
        note = CreditNote.objects.filter(contract=self.contract, cause="DELIVERY").first()
        if note is None:
            note = issue_credit_note(
                contract=self.contract,
                cause="DELIVERY",
                cause_reference="Lettres perdues par le transporteur",
                label="Affranchissement des lettres perdues, rendu à la caisse",
                amount=Decimal("12.30"),
                actor=self.operator,
                at=at + timedelta(days=1),
            )
            agree_credit_note(
                note=note, side="CONTRACTOR", actor=self.operator, at=at + timedelta(days=1, hours=1)
            )
            agree_credit_note(note=note, side="BUYER", actor=self.manager, at=at + timedelta(days=3))
            self._bill(note, at + timedelta(days=4))

    def _bill(self, note: CreditNote, at: datetime) -> None:
        """Take a credit note off the latest invoice that charged postage."""
        for invoice, lines in queries.lines_to_take_back(note):
            for line in lines:
                if line.item == Item.POSTAGE and line.net > note.amount:
                    bill_credit_note(note=note, invoice=invoice, place=line.place, actor=self.operator, at=at)
                    return

    def _report(self, month: date) -> None:
        year, at = month.year - 1, _at(month.replace(day=27), 10)
        head_year = self.contract.opened_at.year
        if year <= head_year or at > self.now:
            return
        if not YearlyReport.objects.filter(contract=self.contract, year=year).exists():
            freeze_report(contract=self.contract, year=year, actor=self.operator, at=at)
