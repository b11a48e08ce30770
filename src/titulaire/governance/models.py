"""Contacts, information notices, meetings with their minutes and actions, papers with an end, keys of calendars."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from django.db import models
from django.db.models import F, Q

from titulaire.governance.rules import Change, EvidenceKind, Held, Matter, MeetingKind, MeetingState
from titulaire.identity.models import Contract, User


def _codes(codes: Iterable[StrEnum]) -> list[tuple[str, str]]:
    return [(code.value, code.value) for code in codes]


SIDES = ("BUYER", "CONTRACTOR")


class Contact(models.Model):
    """A person of the contractor who answers for a matter from a day, until a day (not included) if it ends.

    A telephone number that changes is a new row: what the buyer was told stays as it was told.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="contacts")
    matter = models.CharField(max_length=20, choices=_codes(Matter))
    name = models.CharField(max_length=120)
    post = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=30)
    email = models.EmailField()
    since = models.DateField()
    until = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["matter", "-since", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
                name="a_contact_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(phone="") & ~Q(email=""), name="a_contact_can_be_reached"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.matter}: {self.name}"

    def as_value(self) -> Held:
        return Held(self.matter, self.since, self.until)


class Notice(models.Model):
    """What the contractor told the buyer of a change. Never changed once sent: a correction is another notice."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="notices")
    year = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    change = models.CharField(max_length=20, choices=_codes(Change))
    title = models.CharField(max_length=200)
    text = models.TextField()
    effective_on = models.DateField(null=True)
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=80)
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-year", "-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year", "rank"], name="one_notice_per_rank"),
            models.CheckConstraint(condition=~Q(title="") & ~Q(text=""), name="a_notice_says_something"),
        ]

    def __str__(self) -> str:
        return self.number


class NoticeFile(models.Model):
    """A document that goes with a notice, kept by its SHA-256."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.name


class Recipient(models.Model):
    """A person whom a notice was sent to, and when they said to have read it."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="recipients")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notices_received")
    email = models.EmailField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "user"], name="a_notice_is_sent_once_to_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} to {self.user_id}"


class Meeting(models.Model):
    """A meeting of the parties. `slot` is the key of the meeting that the contract asks for, empty for any other."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="meetings")
    year = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, choices=_codes(MeetingKind))
    slot = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=_codes(MeetingState))
    planned_at = models.DateTimeField()
    place = models.CharField(max_length=200)
    agenda = models.TextField()
    called_at = models.DateTimeField()
    called_by = models.CharField(max_length=80)
    held_at = models.DateTimeField(
        null=True, help_text="When it ended: the delay of the minutes starts there."
    )
    cancelled_because = models.CharField(max_length=300, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-planned_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year", "rank"], name="one_meeting_per_rank"),
            models.UniqueConstraint(
                fields=["contract", "slot"],
                condition=~Q(slot="") & ~Q(state=MeetingState.CANCELLED.value),
                name="one_meeting_for_what_the_contract_asks",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PLANNED", "CANCELLED"], held_at__isnull=True)
                | Q(state__in=["HELD", "CLOSED"], held_at__isnull=False),
                name="a_meeting_held_says_when",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Attendance(models.Model):
    """A person expected or met at a meeting."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="attendances")
    side = models.CharField(max_length=10, choices=[(side, side) for side in SIDES])
    name = models.CharField(max_length=120)
    post = models.CharField(max_length=120, blank=True)
    present = models.BooleanField()

    class Meta:
        ordering = ["side", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "side", "name"], name="a_person_attends_once")
        ]

    def __str__(self) -> str:
        return self.name


class MeetingFile(models.Model):
    """A document of a meeting: the presentation, or the volumes that the buyer sends before a forecast committee."""

    VOLUMES, SUPPORT = "VOLUMES", "SUPPORT"

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="files")
    purpose = models.CharField(max_length=10, choices=[(VOLUMES, VOLUMES), (SUPPORT, SUPPORT)])
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Minutes(models.Model):
    """A version of a meeting's minutes, frozen when sent: a remark leads to the next version."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="minutes")
    version = models.PositiveSmallIntegerField()
    text = models.TextField()
    file_name = models.CharField(max_length=200, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    pdf_sha256 = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=80)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=80, blank=True)
    remarks = models.TextField(blank=True)
    remarks_at = models.DateTimeField(null=True)
    remarks_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["version"]
        verbose_name_plural = "minutes"
        constraints = [
            models.UniqueConstraint(fields=["meeting", "version"], name="one_text_per_version_of_minutes"),
            models.CheckConstraint(
                condition=Q(remarks="", remarks_at__isnull=True)
                | (~Q(remarks="") & Q(remarks_at__isnull=False)),
                name="remarks_say_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meeting_id} v{self.version}"


class Action(models.Model):
    """Something that a meeting decided: who does it, until when, and when it was done."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="meeting_actions")
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="actions")
    rank = models.PositiveSmallIntegerField()
    what = models.CharField(max_length=300)
    side = models.CharField(max_length=10, choices=[(side, side) for side in SIDES])
    owner = models.CharField(max_length=120)
    due_on = models.DateField()
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80)
    done_on = models.DateField(null=True)
    outcome = models.CharField(max_length=300, blank=True)
    recorded_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["meeting", "rank"], name="one_action_per_rank")]

    def __str__(self) -> str:
        return f"{self.meeting_id}/{self.rank}"


class Evidence(models.Model):
    """A paper of the contractor with its file. `last_on` is its last day, included; None when it has no end."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=20, choices=_codes(EvidenceKind))
    title = models.CharField(max_length=200)
    issuer = models.CharField(max_length=120, blank=True)
    issued_on = models.DateField()
    last_on = models.DateField(null=True)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by_paper"
    )
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["kind", "-issued_on", "-pk"]
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__isnull=True) | Q(last_on__gte=F("issued_on")), name="a_paper_lasts"
            )
        ]

    def __str__(self) -> str:
        return self.title


class FeedKey(models.Model):
    """A person's secret address of a contract's calendar. Only its digest is kept; revoked, it opens nothing."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="feed_keys")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="feed_keys")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.label} of {self.user_id}"
