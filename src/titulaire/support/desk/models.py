"""Who sits at the desk, the contacts, and each qualification that was given to them."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract
from titulaire.support.desk.rules import ActKind, ActState, ContactState, Identity, Outcome, TicketState


def _codes(codes: type[StrEnum]) -> list[tuple[str, str]]:
    return [(each.value, each.value) for each in codes]


class Seat(models.Model):
    """The site where a person works, as they say it. Their number is a supervisor’s word, and not kept here."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="seats")
    actor = models.CharField(max_length=80)
    site = models.CharField(max_length=40)
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "actor"], name="one_seat_per_person"),
        ]

    def __str__(self) -> str:
        return self.site


class ContactQuerySet(models.QuerySet["Contact"]):
    def of(self, contract: Contract) -> ContactQuerySet:
        return self.filter(contract=contract)

    def waiting(self) -> ContactQuerySet:
        """Those that nobody has qualified yet."""
        return self.filter(state=ContactState.OPEN.value)


class Contact(models.Model):
    """One contact taken by an adviser, with the qualification in force. `call_id` is telephony's own name of the
    call, `pseudonym` another party's; neither says who called.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="desk_contacts")
    rank = models.PositiveIntegerField()
    reference = models.CharField(max_length=12)
    flow = models.CharField(max_length=40)
    call_id = models.CharField(max_length=64, blank=True)
    pseudonym = models.CharField(max_length=64, blank=True)
    adviser = models.CharField(max_length=40)
    site = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    opened_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    outside_hours = models.BooleanField(default=False)
    state = models.CharField(max_length=6, choices=_codes(ContactState))
    contact_type = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=80, blank=True)
    scheme = models.CharField(max_length=80, blank=True)
    outcome = models.CharField(max_length=10, choices=_codes(Outcome), blank=True)
    note = models.CharField(max_length=500, blank=True)
    # Which list the words come from: the day its words apply from, and their digest.
    list_since = models.CharField(max_length=10, blank=True)
    list_version = models.CharField(max_length=12, blank=True)
    qualified_at = models.DateTimeField(null=True)
    # Whether the qualification in force is still to be joined to the fact of its call, and the batch that did.
    to_tell = models.BooleanField(default=False)
    told_batch = models.CharField(max_length=32, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "rank"], name="one_contact_per_rank"),
            models.UniqueConstraint(fields=["contract", "reference"], name="one_contact_per_reference"),
            models.UniqueConstraint(
                fields=["contract", "call_id"], condition=~Q(call_id=""), name="one_contact_per_call"
            ),
            models.CheckConstraint(
                condition=Q(state=ContactState.OPEN.value, qualified_at__isnull=True)
                | (
                    Q(state=ContactState.CLOSED.value, qualified_at__isnull=False)
                    & ~Q(reason="")
                    & ~Q(contact_type="")
                    & ~Q(scheme="")
                    & ~Q(outcome="")
                    & ~Q(list_version="")
                ),
                name="a_closed_contact_is_qualified",
            ),
            models.CheckConstraint(
                condition=Q(started_at__lte=F("opened_at")), name="a_contact_starts_then_is_opened"
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "state", "started_at"], name="contacts_waiting"),
            models.Index(fields=["contract", "adviser", "started_at"], name="contacts_of_an_adviser"),
            models.Index(fields=["contract", "to_tell"], name="contacts_to_tell"),
        ]

    def __str__(self) -> str:
        return self.reference


class Given(models.Model):
    """One qualification, as it was given. Never changed: the last one is in force on the contact."""

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="qualifications")
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    contact_type = models.CharField(max_length=80)
    reason = models.CharField(max_length=80)
    scheme = models.CharField(max_length=80)
    outcome = models.CharField(max_length=10, choices=_codes(Outcome))
    list_version = models.CharField(max_length=12)
    because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.contact_id}: {self.reason}"


class FileAct(models.Model):
    """What was asked on a file, and what became of it. The file itself is in the buyer's tools, not here."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="file_acts")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="file_acts")
    rank = models.PositiveIntegerField()
    reference = models.CharField(max_length=12)
    kind = models.CharField(max_length=14, choices=_codes(ActKind))
    identity = models.CharField(max_length=16, choices=_codes(Identity))
    adviser = models.CharField(max_length=40)
    site = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=_codes(ActState))
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    refusal = models.CharField(max_length=300, blank=True)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "rank"], name="one_file_act_per_rank"),
            models.UniqueConstraint(
                fields=["contact", "kind"],
                condition=Q(state=ActState.ASKED.value),
                name="one_file_act_waits_per_contact_and_kind",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ActState.EXECUTED.value, ActState.VERIFIED.value])
                | (~Q(identity=Identity.NOT_PROVEN.value) & Q(ended_at__isnull=False)),
                name="a_file_act_is_executed_for_a_known_asker",
            ),
            models.CheckConstraint(
                condition=~Q(state=ActState.REFUSED.value) | ~Q(refusal=""),
                name="a_refused_file_act_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state=ActState.VERIFIED.value)
                | (Q(verified_at__isnull=False) & ~Q(verified_by=F("ended_by"))),
                name="a_file_act_is_verified_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Ticket(models.Model):
    """A case sent to level 2. `other_reference` is the other side's; the last refusal's reason stays."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="n2_tickets")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="n2_tickets")
    rank = models.PositiveIntegerField()
    reference = models.CharField(max_length=12)
    what = models.CharField(max_length=300)
    adviser = models.CharField(max_length=40)
    site = models.CharField(max_length=40)
    other_reference = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=9, choices=_codes(TicketState))
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "rank"], name="one_ticket_per_rank"),
            models.UniqueConstraint(
                fields=["contract", "other_reference"],
                condition=~Q(other_reference=""),
                name="one_ticket_per_other_reference",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[TicketState.SENT.value, TicketState.CLOSED.value])
                | ~Q(other_reference=""),
                name="a_sent_ticket_has_the_other_reference",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False, state=TicketState.CLOSED.value)
                | (Q(closed_at__isnull=True) & ~Q(state=TicketState.CLOSED.value)),
                name="a_closed_ticket_says_when",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class TicketStep(models.Model):
    """One step of a ticket's life. Never changed."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=9, choices=_codes(TicketState))
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    text = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.state}"


class Transfer(models.Model):
    """A call that a person sent to level 1+, and why its identification needed the tools of the other side."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="n1plus_transfers")
    contact = models.OneToOneField(Contact, on_delete=models.PROTECT, related_name="transfer")
    to_site = models.CharField(max_length=80)
    because = models.CharField(max_length=300)
    adviser = models.CharField(max_length=40)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=~Q(because=""), name="a_transfer_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}: {self.to_site}"


class ItemFact(models.Model):
    """What happened to a request or a ticket, as the facts are to know it, once: written with the act itself."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="desk_item_facts")
    item_id = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    event = models.CharField(max_length=12)
    occurred_at = models.DateTimeField()
    flow = models.CharField(max_length=40)
    reason = models.CharField(max_length=80, blank=True)
    adviser = models.CharField(max_length=40)
    site = models.CharField(max_length=40)
    told_batch = models.CharField(max_length=32, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["contract", "told_batch"], name="item_facts_to_tell")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.event}"
