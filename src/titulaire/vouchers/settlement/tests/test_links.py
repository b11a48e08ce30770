"""A complaint, the stop and reissue that answered it, and its credit note name each other on their pages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.vouchers.complaints.queries import UnknownReference
from titulaire.vouchers.complaints.services import answer_complaint
from titulaire.vouchers.complaints.tests.test_acts import opened
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract
from titulaire.vouchers.settlement.models import CreditNote
from titulaire.vouchers.settlement.services import issue_credit_note
from titulaire.vouchers.stops.tests.test_reissue import reissue, stopped_order

pytestmark = pytest.mark.django_db


def credited(number: str) -> CreditNote:
    return issue_credit_note(
        contract=make_contract(), cause="COMPLAINT", cause_reference=number, label="Carnet absent.",
        amount=Decimal(10), actor=ACTOR, at=AT,
    )  # fmt: skip


@pytest.mark.clause("T-2.1.2-reclamations", "T-2.1.2-avoirs", "T-3.3-tracabilite")
def test_each_page_leads_to_the_others() -> None:
    (claim,) = reissue(stopped_order())
    complaint = opened()
    note = credited(complaint.number)
    client = Client()
    client.force_login(person(Role.VOUCHER_OPERATOR, on=make_contract()))
    chosen = {"answer": "Remplacé.", "reissue": claim.reissue.reference, "credit_note": note.number}
    solve = reverse("complaint_answer", args=["cpam47", complaint.number])
    assert f'value="{note.number}"' in client.get(solve).content.decode()
    assert client.post(solve, chosen).status_code == 302
    own = reverse("complaint_detail", args=["cpam47", complaint.number])
    others = [
        reverse("reissue", args=["cpam47", claim.reissue.reference]),
        reverse("stop", args=["cpam47", claim.stop.number]),
        reverse("credit_note", args=["cpam47", note.number]),
    ]
    page = client.get(own).content.decode()
    for other in others:
        assert f'href="{other}"' in page
        assert f'href="{own}"' in client.get(other).content.decode()


@pytest.mark.clause("T-2.1.2-reclamations")
@pytest.mark.parametrize("link", ["reissue", "credit_note"])
def test_what_the_contract_does_not_have_is_refused(link: str) -> None:
    complaint = opened()
    with pytest.raises(UnknownReference):
        answer_complaint(complaint=complaint, answer="Oui.", actor=ACTOR, at=AT, **{link: "RE-1"})  # type: ignore[arg-type]
    complaint.refresh_from_db()
    assert complaint.state == "OPEN"
    client = Client()
    client.force_login(person(Role.VOUCHER_OPERATOR, on=make_contract()))
    solve = reverse("complaint_answer", args=["cpam47", complaint.number])
    assert client.post(solve, {"answer": "Oui.", link: "RE-1"}).status_code == 200


@pytest.mark.clause("T-2.1.2-avoirs")
def test_a_credit_note_for_a_complaint_that_does_not_exist_is_refused_on_its_form() -> None:
    client = Client()
    client.force_login(person(Role.VOUCHER_OPERATOR, on=make_contract()))
    asked = {
        "cause": "COMPLAINT",
        "cause_reference": "R2026-0099",
        "label": "X",
        "vouchers": "0",
        "amount": "10",
    }
    page = client.post(reverse("credit_note_new", args=["cpam47"]), asked)
    assert page.status_code == 200 and "Aucune réclamation" in page.content.decode()
    assert not CreditNote.objects.exists()
