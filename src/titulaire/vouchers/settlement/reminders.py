"""The reminders that limit the unused: mail to the buyer, letters, messages; what was unused each time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import typst
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.ui.exports import csv_bytes
from titulaire.ui.formats import count_fr, date_fr, money
from titulaire.vouchers.issuing.rules import face_value_in_figures
from titulaire.vouchers.orders.models import OrderLine
from titulaire.vouchers.settlement import queries
from titulaire.vouchers.settlement.documents import euros
from titulaire.vouchers.settlement.models import Reminder
from titulaire.vouchers.settlement.rules import ReminderStep, reminder_steps

TEMPLATE = Path(__file__).with_name("reminder.typ")
CHANNELS = ("EMAIL", "LETTER", "SMS")

MAIL = """Bonjour,

{unused} du millésime {vintage}, soit {value}, n’ont pas encore été présentés par un commerçant. Leur dernier jour
d’usage est le {last_use}.

Vous pouvez le rappeler aux bénéficiaires. Les titres qui resteront inutilisés seront remplacés sans démarche ; ceux
que vous détenez encore sont à déclarer dans votre espace de gestion, pour être remboursés.
"""


class NotItsDay(Exception):
    """The reminder is sent from its day to the last day of use, not before nor after."""

    def __init__(self, due_on: date, last_use_on: date) -> None:
        super().__init__(due_on.isoformat(), last_use_on.isoformat())
        self.due_on, self.last_use_on = due_on, last_use_on


class AlreadyReminded(Exception):
    """That reminder was sent."""


class NoSuchReminder(LookupError):
    """The contract plans no reminder so many days before, or by that channel."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A beneficiary with unused vouchers: the newest line that names them, how many, in cents."""

    line: OrderLine
    vouchers: int
    cents: int


def ladder(contract: Contract, vintage: int) -> tuple[ReminderStep, ...]:
    """The reminders of a vintage."""
    terms = terms_of(contract.code)
    days = terms.counts("reminder_days_before", on=queries.read_on(vintage, terms))
    return reminder_steps(queries.dates_of(contract, vintage), days)


def holders(contract: Contract, vintage: int) -> list[Holder]:
    """The beneficiaries whose vouchers of a vintage nobody presented yet."""
    found = (
        queries.in_circulation(contract, vintage)
        .filter(booklet__line__beneficiary__isnull=False)
        .order_by("booklet__line__beneficiary")
        .values("booklet__line__beneficiary")
        .annotate(count=Count("pk"), cents=Sum("face_value_cents"))
    )
    volumes = {row["booklet__line__beneficiary"]: row for row in found}
    lines = OrderLine.objects.filter(order__contract=contract, beneficiary__in=volumes).order_by("pk")
    newest = {line.beneficiary_id: line for line in lines}
    return [Holder(newest[key], row["count"], row["cents"]) for key, row in volumes.items() if key in newest]


@clause("T-2.1.4-relances")
def send_reminder(
    *, contract: Contract, vintage: int, days_before: int, channel: str, actor: str, at: datetime
) -> Reminder:
    """Send one reminder of the ladder by one channel, with what is unused that day. Nobody is named in the mail.

    EMAIL writes to the buyer's managers; LETTER makes the letters to print and SMS the messages to send, as
    files: the buyer gives neither address nor telephone to send them to.

    Raises:
        NoSuchReminder: no such step, or no such channel.
        NotItsDay: its day has not come, or the last day of use has passed.
        AlreadyReminded: it was sent.
    """
    step = next((each for each in ladder(contract, vintage) if each.days_before == days_before), None)
    if step is None or channel not in CHANNELS:
        raise NoSuchReminder(days_before, channel)
    last_use_on, today = queries.dates_of(contract, vintage).last_use_on, timezone.localdate(at)
    if not step.due_on <= today <= last_use_on:
        raise NotItsDay(step.due_on, last_use_on)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        if Reminder.objects.filter(
            contract=held, vintage=vintage, days_before=days_before, channel=channel
        ).exists():
            raise AlreadyReminded(days_before, channel)
        unused = queries.in_circulation(held, vintage).aggregate(
            count=Count("pk"), cents=Sum("face_value_cents")
        )
        people = [] if channel == "EMAIL" else holders(held, vintage)
        addresses = _managers(held, today) if channel == "EMAIL" else []
        made = {"LETTER": _letters, "SMS": _messages}.get(channel)
        content = made(held, vintage, last_use_on, people) if made and people else b""
        reminder = Reminder.objects.create(
            contract=held,
            vintage=vintage,
            days_before=days_before,
            channel=channel,
            due_on=step.due_on,
            recipients=len(addresses) or len(people),
            unused=unused["count"],
            unused_cents=unused["cents"] or 0,
            file_sha256=files.keep(content, contract=held.code) if content else "",
            sent_at=at,
            sent_by=actor,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="REMINDER_SENT",
            target=f"reminder:{vintage}/J-{days_before}/{channel}",
            body={"recipients": reminder.recipients, "unused": reminder.unused},
        )
        if addresses:
            # Last in the transaction: a mail that cannot leave undoes the word that it left.
            send_mail(
                f"Titres {vintage} : {count_fr(reminder.unused, 'titre')} à utiliser jusqu’au {date_fr(last_use_on)}",
                MAIL.format(
                    unused=count_fr(reminder.unused, "titre"),
                    vintage=vintage,
                    value=money(euros(reminder.unused_cents)),
                    last_use=date_fr(last_use_on),
                ),
                None,
                addresses,
            )
    return reminder


def _managers(contract: Contract, on: date) -> list[str]:
    held = contract.memberships.current(on=on).filter(role=Role.BUYER_MANAGER.value)
    managers = User.objects.filter(pk__in=held.values("user_id"), is_active=True)
    return list(managers.order_by("email").values_list("email", flat=True))


def _letters(contract: Contract, vintage: int, last_use_on: date, people: Sequence[Holder]) -> bytes:
    content = {
        "sender": contract.contractor.name,
        "buyer": contract.buyer.name,
        "vintage": str(vintage),
        "last_use_on": date_fr(last_use_on),
        "people": [
            {
                "address": list(each.line.address),
                "vouchers": count_fr(each.vouchers, "titre"),
                "value": face_value_in_figures(euros(each.cents)),
            }
            for each in people
        ],
    }
    return bytes(
        typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )
    )


def _messages(contract: Contract, vintage: int, last_use_on: date, people: Sequence[Holder]) -> bytes:
    """One line per beneficiary under the buyer's own reference: the buyer's gateway knows the telephone."""
    return csv_bytes(
        ("Référence", "Message"),
        (
            (
                each.line.reference,
                _plain(
                    f"Il vous reste {count_fr(each.vouchers, 'titre')} {vintage} à utiliser jusqu'au "
                    f"{date_fr(last_use_on)} inclus."
                ),
            )
            for each in people
        ),
    )


def _plain(text: str) -> str:
    """A message without a space that would make it cost double."""
    return text.replace("\u00a0", " ")
