"""People, organisations, contracts as walls; who holds which role on which contract, and when."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from titulaire.identity.roles import ROLE_LABELS, Role
from titulaire.identity.rules import same_mailbox


class Organisation(models.Model):
    """A party or a participant: the buyer, the contractor, an affiliate, an auditor's firm."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Creates people without a password: each chooses their own through a single-use link."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """One natural person, one account, whatever the number of contracts."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    # The same mailbox under another spelling would be a second account of one person.
    mailbox = models.CharField(max_length=254, unique=True, editable=False)
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="people")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        ordering = ["last_name", "first_name"]
        constraints = [models.UniqueConstraint(Lower("email"), name="one_account_per_email")]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.mailbox = same_mailbox(self.email)
        super().save(*args, **kwargs)

    @property
    def actor(self) -> str:
        """How the journal names this person: a key without a name, so that a name can be erased."""
        return f"user:{self.key}"


KINDS = ("VOUCHERS", "SUPPORT")
"""The two halves of the house, and so the two kinds of contract: a room of one is not open to the other."""


class ContractQuerySet(models.QuerySet["Contract"]):
    def visible_to(self, user: User, *, on: date) -> ContractQuerySet:
        """The contracts on which the person holds any role on that day."""
        return self.filter(pk__in=Membership.objects.filter(user=user).current(on=on).values("contract_id"))


class Contract(models.Model):
    """A contract as a wall between tenants. What the contract says is in its terms (room `contracts`)."""

    code = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in KINDS])
    buyer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="bought")
    contractor = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="carried_out")
    opened_at = models.DateTimeField()

    objects = ContractQuerySet.as_manager()

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self, *, on: date) -> MembershipQuerySet:
        """Roles held on that day: a period includes its start, not its end."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=on), since__lte=on)


class Membership(models.Model):
    """A role that a person holds on a contract from a day, until a day (not included) if it ends."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=models.F("since")),
                name="a_role_ends_after_its_start",
            ),
            # An auditor's access always ends.
            models.CheckConstraint(
                condition=~Q(role=Role.AUDITOR.value) | Q(until__isnull=False), name="an_auditor_has_an_end"
            ),
            models.UniqueConstraint(
                fields=["user", "contract", "role"],
                condition=Q(until__isnull=True),
                name="one_open_role_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} on {self.contract_id}"

    @property
    def label(self) -> str:
        """The role in French."""
        return ROLE_LABELS[Role(self.role)]


class Invitation(models.Model):
    """A single-use link by which a person chooses a password. Only the link's digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation of {self.user_id}, sent at {self.sent_at:%Y-%m-%d %H:%M}"


class MachineKey(models.Model):
    """A key with which a party's own software speaks to one contract. Only its digest is kept.

    Each room that receives has its own table, with its own `contract`: a key opens one address, no other.
    """

    contract: models.ForeignKey[Contract, Contract]
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=80, blank=True)

    class Meta:
        abstract = True
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.label
