"""Accounts and roles: opened by someone in charge, activated by the person alone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime
from typing import TypeVar

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q

from titulaire.clauses import clause
from titulaire.identity.models import Contract, Invitation, MachineKey, Membership, Organisation, User
from titulaire.identity.roles import Role
from titulaire.identity.rules import ACTIVATION_LASTS, key_digest, names_a_post, same_mailbox
from titulaire.journal.services import record

Key = TypeVar("Key", bound=MachineKey)


class NotAPerson(ValueError):
    """The account would belong to a post or a team: one person, one account."""


class AccountExists(ValueError):
    """This mailbox already has an account, perhaps under another spelling."""


class LinkRefused(ValueError):
    """The activation link is unknown, used, withdrawn or too old. `reason` is one of those, in capitals."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RoleHeldAlready(ValueError):
    """The person already holds this role on this contract on one of those days."""


@clause("S-8.1-identifiants", "S-8.2-hab-01", "T-2.1.5-acces")
def open_account(
    *, email: str, first_name: str, last_name: str, organisation: Organisation, actor: str, at: datetime
) -> User:
    """Open the account of one natural person, without any password.

    Raises:
        NotAPerson: a name or the address is that of a post.
        AccountExists: the mailbox already has an account.
    """
    if names_a_post(first_name, last_name, email):
        raise NotAPerson(email)
    with transaction.atomic():
        if User.objects.filter(Q(mailbox=same_mailbox(email)) | Q(email__iexact=email)).exists():
            raise AccountExists(email)
        user = User(
            email=email.strip().lower(),
            first_name=first_name.strip(),
            last_name=last_name.strip(),
            organisation=organisation,
            created_at=at,
        )
        user.set_unusable_password()
        user.save()
        record(contract="", actor=actor, at=at, act="OPEN_ACCOUNT", target=user.actor)
    return user


def grant_role(
    *,
    user: User,
    contract: Contract,
    role: Role,
    since: date,
    actor: str,
    at: datetime,
    until: date | None = None,
) -> Membership:
    """Give a person a role on a contract from a day, until a day (not included) if it ends.

    Raises:
        RoleHeldAlready: periods of one role may not overlap.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        held = Membership.objects.filter(user=user, contract=contract, role=role.value)
        overlapping = held.filter(Q(until__isnull=True) | Q(until__gt=since))
        if until is not None:
            overlapping = overlapping.filter(since__lt=until)
        if overlapping.exists():
            raise RoleHeldAlready(role)
        membership = Membership.objects.create(
            user=user, contract=contract, role=role.value, since=since, until=until
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="GRANT_ROLE",
            target=user.actor,
            body={"role": role.value, "since": str(since), "until": str(until) if until else None},
        )
    return membership


def end_role(*, membership: Membership, on: date, actor: str, at: datetime) -> Membership:
    """End a role on a day: from that day on, the person no longer holds it. Ending it twice changes nothing."""
    with transaction.atomic():
        held = Membership.objects.select_for_update().select_related("user", "contract").get(pk=membership.pk)
        if held.until is not None and held.until <= on:
            return held
        if on <= held.since:
            held.delete()
        else:
            held.until = on
            held.save(update_fields=["until"])
        record(
            contract=held.contract.code,
            actor=actor,
            at=at,
            act="END_ROLE",
            target=held.user.actor,
            body={"role": held.role, "on": str(on)},
        )
    return held


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@clause("S-8.1-mots-de-passe", "T-2.1.5-acces")
def invite(*, user: User, actor: str, at: datetime) -> str:
    """Make the person's single-use activation link; any earlier one dies. Returns the link's secret part.

    The caller mails it to the person and shows it to nobody; only its digest is kept.
    """
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        Invitation.objects.filter(user=user, used_at__isnull=True, withdrawn_at__isnull=True).update(
            withdrawn_at=at
        )
        Invitation.objects.create(
            user=user, digest=_digest(token), sent_at=at, expires_at=at + ACTIVATION_LASTS
        )
        record(contract="", actor=actor, at=at, act="INVITE", target=user.actor)
    return token


def invited(*, token: str, at: datetime) -> Invitation:
    """The invitation behind a link, if it can still be used.

    Raises:
        LinkRefused: UNKNOWN, USED, WITHDRAWN or EXPIRED.
    """
    invitation = Invitation.objects.filter(digest=_digest(token)).select_related("user").first()
    if invitation is None or not invitation.user.is_active:
        raise LinkRefused("UNKNOWN")
    if invitation.used_at:
        raise LinkRefused("USED")
    if invitation.withdrawn_at:
        raise LinkRefused("WITHDRAWN")
    if invitation.expires_at <= at:
        raise LinkRefused("EXPIRED")
    return invitation


@clause("S-8.1-mots-de-passe")
def activate(*, token: str, password: str, at: datetime) -> User:
    """Set the password that the person has just chosen, and use the link up.

    Raises:
        LinkRefused: the link cannot be used, or was used at the same instant.
        ValidationError: the password is not good enough; the link remains.
    """
    with transaction.atomic():
        user = invited(token=token, at=at).user
        validate_password(password, user)
        used = Invitation.objects.filter(
            digest=_digest(token), used_at__isnull=True, withdrawn_at__isnull=True
        ).update(used_at=at)
        if not used:
            raise LinkRefused("USED")
        user.set_password(password)
        user.save(update_fields=["password"])
        record(contract="", actor=user.actor, at=at, act="ACTIVATE_ACCOUNT", target=user.actor)
    return user


def make_key(kind: type[Key], **said: object) -> tuple[Key, str]:
    """A new key and its text, which is shown once and never kept. To be called inside the act of a room."""
    secret = secrets.token_urlsafe(32)
    key: Key = kind.objects.create(digest=key_digest(secret), **said)  # type: ignore[attr-defined]
    return key, secret


def end_key(key: MachineKey, *, actor: str, at: datetime) -> bool:
    """End a key; false when it had already ended. To be called inside the act of a room."""
    live = type(key).objects.filter(pk=key.pk, revoked_at__isnull=True)  # type: ignore[attr-defined]
    ended: int = live.update(revoked_at=at, revoked_by=actor)
    key.refresh_from_db()
    return bool(ended)
