"""Joining the network: an establishment asks, somebody reviews, an accepted one may be suspended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from stdnum import iban as iban_number
from stdnum.exceptions import ValidationError
from stdnum.fr import siret as siret_number

from titulaire.clauses import clause
from titulaire.identity.models import Contract, Membership, User
from titulaire.identity.roles import Role
from titulaire.identity.services import grant_role
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.vouchers.network.models import Affiliate, AffiliatePerson
from titulaire.vouchers.network.queries import town_key
from titulaire.vouchers.network.rules import REVIEWS, Activity, AffiliateState, may_join


class AffiliationRefused(ValueError):
    """The request cannot be taken."""


class ActivityExcluded(AffiliationRefused):
    """Shops of this activity are never affiliates."""


class InvalidSiret(AffiliationRefused):
    """These are not the 14 digits of an establishment."""


class InvalidIban(AffiliationRefused):
    """This is not an account."""


class AffiliatedAlready(AffiliationRefused):
    """The establishment already asked; its request is in hand or settled."""


class CommitmentMissing(AffiliationRefused):
    """No signed commitment, or one signed in the future."""


class ReviewRefused(ValueError):
    """This outcome does not follow the state in which the affiliation stands."""

    def __init__(self, state: str, wanted: str) -> None:
        super().__init__(state, wanted)
        self.state = state
        self.wanted = wanted


class ReasonMissing(ValueError):
    """A refusal or a suspension says why."""


@dataclass(frozen=True, slots=True)
class Establishment:
    """What an establishment says of itself."""

    siret: str
    name: str
    street: str
    postcode: str
    town: str
    activity: Activity
    email: str
    iban: str


@dataclass(frozen=True, slots=True)
class Commitment:
    """The signed promise to take no voucher for alcohol or hygiene products."""

    name: str
    content: bytes
    signed_on: date
    signed_by: str


@clause("T-1.1-reseau")
def request_affiliation(
    *, contract: Contract, establishment: Establishment, commitment: Commitment, actor: str, at: datetime
) -> Affiliate:
    """Record a request with its signed commitment; it waits for a review.

    Raises:
        ActivityExcluded, InvalidSiret, InvalidIban, AffiliatedAlready, CommitmentMissing.
    """
    if not may_join(establishment.activity):
        raise ActivityExcluded(establishment.activity)
    siret, iban = compact_siret(establishment.siret), compact_iban(establishment.iban)
    if not commitment.content or not commitment.signed_by or commitment.signed_on > timezone.localdate(at):
        raise CommitmentMissing
    digest = files.keep(commitment.content, contract=contract.code)
    try:
        with transaction.atomic():
            affiliate = Affiliate.objects.create(
                contract=contract,
                siret=siret,
                name=establishment.name.strip(),
                street=establishment.street.strip(),
                postcode=establishment.postcode.strip(),
                town=establishment.town.strip(),
                town_key=town_key(establishment.town),
                activity=establishment.activity.value,
                email=establishment.email.strip().lower(),
                iban=iban,
                commitment_name=commitment.name[:255],
                commitment_sha256=digest,
                commitment_signed_on=commitment.signed_on,
                commitment_signed_by=commitment.signed_by.strip(),
                state=AffiliateState.PENDING.value,
                applied_at=at,
            )
            record(
                contract=contract.code,
                actor=actor,
                at=at,
                act="AFFILIATION_REQUESTED",
                target=f"affiliate:{siret}",
                body={"activity": establishment.activity.value, "commitment": digest},
            )
    except IntegrityError as error:
        if Affiliate.objects.filter(contract=contract, siret=siret).exists():
            raise AffiliatedAlready(siret) from error
        raise
    return affiliate


def compact_siret(text: str) -> str:
    """The 14 digits of an establishment.

    Raises:
        InvalidSiret: wrong length or check digit.
    """
    try:
        return str(siret_number.validate(text))
    except ValidationError as error:
        raise InvalidSiret(text) from error


def compact_iban(text: str) -> str:
    """The account, without spaces, in capitals.

    Raises:
        InvalidIban: wrong country, length or check digits.
    """
    try:
        return str(iban_number.validate(text))
    except ValidationError as error:
        raise InvalidIban(text) from error


@clause("T-1.1-reseau", "T-3.3-tracabilite")
def review(
    *, affiliate: Affiliate, outcome: AffiliateState, actor: str, at: datetime, reason: str = ""
) -> Affiliate:
    """Accept, refuse, suspend or take back an affiliate; a refusal or a suspension says why.

    Raises:
        ReviewRefused: the outcome does not follow the present state.
        ReasonMissing: no reason was given.
    """
    reason = reason.strip()
    if outcome is not AffiliateState.ACCEPTED and not reason:
        raise ReasonMissing
    with transaction.atomic():
        allowed = [state.value for state in REVIEWS.get(outcome, frozenset())]
        changed = Affiliate.objects.filter(pk=affiliate.pk, state__in=allowed).update(
            state=outcome.value, reason=reason, reviewed_at=at, reviewed_by=actor
        )
        affiliate = Affiliate.objects.select_related("contract").get(pk=affiliate.pk)
        if not changed:
            raise ReviewRefused(affiliate.state, outcome.value)
        record(
            contract=affiliate.contract.code,
            actor=actor,
            at=at,
            act=f"AFFILIATE_{outcome.value}",
            target=f"affiliate:{affiliate.siret}",
            body={"reason": reason},
        )
    return affiliate


def change_account(*, affiliate: Affiliate, iban: str, actor: str, at: datetime) -> Affiliate:
    """Change the account on which an affiliate is paid, from now on.

    Raises:
        InvalidIban: this is not an account.
    """
    compact = compact_iban(iban)
    with transaction.atomic():
        affiliate = (
            Affiliate.objects.select_for_update(of=("self",)).select_related("contract").get(pk=affiliate.pk)
        )
        before, affiliate.iban = affiliate.iban, compact
        if before == compact:
            return affiliate
        affiliate.save(update_fields=["iban"])
        record(
            contract=affiliate.contract.code,
            actor=actor,
            at=at,
            act="AFFILIATE_ACCOUNT_CHANGED",
            target=f"affiliate:{affiliate.siret}",
            body={"from": before[-4:], "to": compact[-4:]},
        )
    return affiliate


def link_person(*, affiliate: Affiliate, user: User, actor: str, at: datetime) -> AffiliatePerson:
    """Let a person act for an affiliate, and for it alone. Linking twice changes nothing."""
    contract, today = affiliate.contract, timezone.localdate(at)
    with transaction.atomic():
        link, made = AffiliatePerson.objects.get_or_create(
            affiliate=affiliate, user=user, defaults={"linked_at": at, "linked_by": actor}
        )
        held = Membership.objects.filter(user=user, contract=contract, role=Role.AFFILIATE.value)
        if not held.current(on=today).exists():
            grant_role(user=user, contract=contract, role=Role.AFFILIATE, since=today, actor=actor, at=at)
        if made:
            record(
                contract=contract.code,
                actor=actor,
                at=at,
                act="AFFILIATE_PERSON_LINKED",
                target=f"affiliate:{affiliate.siret}",
                body={"person": user.actor},
            )
    return link
