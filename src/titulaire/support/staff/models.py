"""Members of staff, where they work, what they may open, and the lists that name them."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from titulaire.identity.models import Contract, User
from titulaire.identity.rules import same_mailbox
from titulaire.support.staff.rules import AccountState, Application, Away, Post, Rank, StepKind


def _codes(kind: type[Post | Application | AccountState | StepKind | Rank]) -> list[tuple[str, str]]:
    return [(each.value, each.value) for each in kind]


WRITTEN_STATES = [code for code in _codes(AccountState) if code[0] != AccountState.DISABLED]


class MemberQuerySet(models.QuerySet["Member"]):
    def of(self, contract: Contract) -> MemberQuerySet:
        return self.filter(contract=contract)

    def present(self, *, on: date) -> MemberQuerySet:
        """Those who have arrived and have not left; the day of departure is a day of work."""
        return self.filter(Q(left_on__isnull=True) | Q(left_on__gte=on), arrived_on__lte=on)


class Member(models.Model):
    """A person who works on the contract, known elsewhere by `number` alone.

    `left_on` is the last day of work. `user` is their account of this software, if they have one.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="staff")
    number = models.CharField(max_length=40)
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    email = models.EmailField(max_length=254)
    mailbox = models.CharField(max_length=254, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    arrived_on = models.DateField()
    left_on = models.DateField(null=True)
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)

    objects = MemberQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_member_per_number"),
            # The same mailbox under another spelling would be a second identity of one person.
            models.UniqueConstraint(fields=["contract", "mailbox"], name="one_member_per_mailbox"),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("arrived_on")),
                name="a_member_leaves_after_arriving",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: object, **kwargs: object) -> None:
        self.mailbox = same_mailbox(self.email)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Posting(models.Model):
    """What a member does from a day on, until the next one: post, site, share of time, channels, place."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="postings")
    from_on = models.DateField()
    post = models.CharField(max_length=10, choices=_codes(Post))
    site = models.CharField(max_length=40)
    dedication = models.DecimalField(max_digits=3, decimal_places=2, help_text="0 to 1.")
    channels = models.JSONField(default=list)
    skills = models.JSONField(default=list)
    teleworks = models.BooleanField(default=False)
    country = models.CharField(max_length=2, blank=True, help_text="Where they telework, ISO 3166.")
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-from_on"]
        constraints = [
            models.UniqueConstraint(fields=["member", "from_on"], name="one_posting_per_day"),
            models.CheckConstraint(
                condition=Q(dedication__gt=0, dedication__lte=1), name="a_posting_has_a_share_of_time"
            ),
            models.CheckConstraint(
                condition=Q(teleworks=False, country="") | Q(teleworks=True) & ~Q(country=""),
                name="telework_says_from_where",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.from_on}"


class Absence(models.Model):
    """Days of absence, `until_on` not included; null while it lasts."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="absences")
    since_on = models.DateField()
    until_on = models.DateField(null=True)
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-since_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(until_on__isnull=True), name="one_absence_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gt=F("since_on")), name="an_absence_has_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.since_on}"

    def as_value(self) -> Away:
        return Away(self.since_on, self.until_on)


class WorkstationCheck(models.Model):
    """The safeguards found on a member's workstation on a day; all of those that the contract asked for."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="checks")
    checked_on = models.DateField()
    until_on = models.DateField(help_text="Not included.")
    safeguards = models.JSONField()
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-checked_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(until_on__gt=F("checked_on")), name="a_check_holds_for_days")
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.checked_on}"


class Account(models.Model):
    """An account of one person in one application. `usable_since_on`: its opening or its last reactivation."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="accounts")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="staff_accounts")
    application = models.CharField(max_length=10, choices=_codes(Application))
    identifier = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=WRITTEN_STATES)
    opened_at = models.DateTimeField()
    usable_since_on = models.DateField()
    changed_on = models.DateField(help_text="The day of its last step.")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["member__number", "application", "-opened_at"]
        constraints = [
            models.UniqueConstraint(
                "contract", "application", Lower("identifier"), name="one_account_per_identifier"
            ),
            models.UniqueConstraint(
                fields=["member", "application"],
                condition=~Q(state=AccountState.CLOSED.value),
                name="one_live_account_per_application",
            ),
            models.CheckConstraint(
                condition=Q(state=AccountState.CLOSED.value, closed_at__isnull=False)
                | (~Q(state=AccountState.CLOSED.value) & Q(closed_at__isnull=True)),
                name="a_closed_account_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.identifier}"


class AccountStep(models.Model):
    """What was done to an account, by whom, why, and the proof of it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=12, choices=_codes(StepKind))
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    proof_name = models.CharField(max_length=200, blank=True)
    proof_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.account_id} {self.kind}"


class Mandate(models.Model):
    """The person in charge of security on the contract, or who stands in, until a day not included."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="security_mandates")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    rank = models.CharField(max_length=6, choices=_codes(Rank))
    since_on = models.DateField()
    until_on = models.DateField(null=True)
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-since_on", "rank"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "rank"], condition=Q(until_on__isnull=True), name="one_officer_of_a_rank"
            ),
            models.UniqueConstraint(
                fields=["contract", "user"],
                condition=Q(until_on__isnull=True),
                name="one_mandate_per_officer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rank} {self.since_on}"


class UserList(models.Model):
    """A version of the list of the portal's users: its file, the numbers on it, when it was sent and received."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="user_lists")
    version = models.PositiveIntegerField()
    on = models.DateField()
    numbers = models.JSONField()
    arrivals = models.JSONField()
    departures = models.JSONField()
    file_sha256 = models.CharField(max_length=64)
    due_on = models.DateField(null=True, help_text="When the changes it tells were to be sent at the latest.")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    sent_at = models.DateTimeField(null=True)
    sent_to = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "version"], name="one_user_list_per_version"),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True) | Q(sent_at__isnull=False),
                name="a_list_is_received_once_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"
