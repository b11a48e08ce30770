"""Joining the network: who may ask, what is checked, who decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from titulaire.identity.access import roles_of
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.vouchers.network.affiliation import (
    ActivityExcluded,
    AffiliatedAlready,
    CommitmentMissing,
    InvalidIban,
    InvalidSiret,
    ReasonMissing,
    ReviewRefused,
    change_account,
    link_person,
    request_affiliation,
    review,
)
from titulaire.vouchers.network.models import Affiliate
from titulaire.vouchers.network.queries import affiliates_for, open_to_all
from titulaire.vouchers.network.rules import EXCLUDED, Activity, AffiliateState
from titulaire.vouchers.network.tests.factories import (
    AT,
    COMMITMENT,
    TODAY,
    establishment,
    make_affiliate,
    siret,
)
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract

pytestmark = pytest.mark.django_db


@pytest.mark.clause("T-1.1-reseau")
def test_a_request_keeps_its_signed_commitment_and_waits_for_a_review() -> None:
    affiliate = make_affiliate(accepted=False)
    assert affiliate.state == AffiliateState.PENDING
    kept = files.read(affiliate.commitment_sha256, contract=affiliate.contract.code)
    assert kept == COMMITMENT.content
    assert Entry.objects.get(act="AFFILIATION_REQUESTED").target == f"affiliate:{siret()}"


@pytest.mark.clause("T-1.1-reseau")
@pytest.mark.parametrize("activity", sorted(EXCLUDED))
def test_alcohol_and_hygiene_are_refused_by_category_whatever_is_signed(activity: Activity) -> None:
    with pytest.raises(ActivityExcluded):
        make_affiliate(activity=activity)
    assert Affiliate.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"siret": "12345678901234"}, InvalidSiret),
        ({"siret": siret()[:-1]}, InvalidSiret),
        ({"iban": "FR7630006000011234567890180"}, InvalidIban),
        ({"iban": "ZZ00"}, InvalidIban),
    ],
)
def test_numbers_that_do_not_check_are_refused(changes: dict[str, str], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        make_affiliate(**changes)


@pytest.mark.clause("T-1.1-reseau")
@pytest.mark.parametrize(
    "commitment",
    [
        replace(COMMITMENT, content=b""),
        replace(COMMITMENT, signed_by=""),
        replace(COMMITMENT, signed_on=TODAY + timedelta(days=1)),
    ],
)
def test_without_a_signed_commitment_nobody_joins(commitment: object) -> None:
    with pytest.raises(CommitmentMissing):
        request_affiliation(
            contract=make_contract(), establishment=establishment(), commitment=commitment,  # type: ignore[arg-type]
            actor=ACTOR, at=AT,
        )  # fmt: skip


def test_an_establishment_asks_once() -> None:
    make_affiliate()
    with pytest.raises(AffiliatedAlready):
        make_affiliate()


@pytest.mark.clause("T-1.1-reseau")
def test_a_suspended_affiliate_leaves_the_public_list_and_may_come_back() -> None:
    affiliate = make_affiliate()
    assert list(open_to_all("agen")) == [affiliate]
    suspended = review(
        affiliate=affiliate, outcome=AffiliateState.SUSPENDED, reason="Alcool vendu", actor=ACTOR, at=AT
    )
    assert (suspended.reason, list(open_to_all("agen"))) == ("Alcool vendu", [])
    review(affiliate=affiliate, outcome=AffiliateState.ACCEPTED, actor=ACTOR, at=AT)
    assert list(open_to_all("")) == [affiliate]


@pytest.mark.parametrize(
    ("accepted", "outcome"),
    [
        (True, AffiliateState.ACCEPTED),
        (True, AffiliateState.REFUSED),
        (False, AffiliateState.SUSPENDED),
        (True, AffiliateState.PENDING),
    ],
)
def test_an_outcome_that_does_not_follow_is_refused(accepted: bool, outcome: AffiliateState) -> None:
    with pytest.raises(ReviewRefused):
        review(affiliate=make_affiliate(accepted=accepted), outcome=outcome, reason="x", actor=ACTOR, at=AT)


def test_a_refusal_says_why_and_the_database_holds_it() -> None:
    affiliate = make_affiliate(accepted=False)
    with pytest.raises(ReasonMissing):
        review(affiliate=affiliate, outcome=AffiliateState.REFUSED, reason=" ", actor=ACTOR, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Affiliate.objects.update(state="REFUSED")


@pytest.mark.parametrize("place", ["Saint-Étienne-de-Fougères", "st etienne", "47380", "47"])
def test_a_town_is_found_as_people_write_it(place: str) -> None:
    affiliate = make_affiliate(town="St-Étienne de Fougères", postcode="47380")
    make_affiliate(rank=2, town="Bordeaux", postcode="33000")
    assert list(open_to_all(place)) == [affiliate]


@pytest.mark.clause("T-1.1-reseau")
def test_a_linked_person_gets_the_role_and_that_shop_alone() -> None:
    mine, _ = make_affiliate(rank=1), make_affiliate(rank=2)
    someone = person()
    link_person(affiliate=mine, user=someone, actor=ACTOR, at=AT)
    link_person(affiliate=mine, user=someone, actor=ACTOR, at=AT)
    assert roles_of(someone, mine.contract) == {Role.AFFILIATE}
    assert list(affiliates_for(someone, mine.contract)) == [mine]
    assert Entry.objects.filter(act="AFFILIATE_PERSON_LINKED").count() == 1


def test_a_change_of_account_is_traced_by_its_end_only() -> None:
    affiliate = change_account(
        affiliate=make_affiliate(), iban="DE89 3704 0044 0532 0130 00", actor=ACTOR, at=AT
    )
    assert affiliate.iban == "DE89370400440532013000"
    assert Entry.objects.get(act="AFFILIATE_ACCOUNT_CHANGED").content.body == {"from": "0189", "to": "3000"}
