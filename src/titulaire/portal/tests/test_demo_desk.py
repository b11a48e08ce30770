"""The demonstration's desk: a few contacts, made once."""

import pytest
from django.utils import timezone

from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.portal.demo.desk import ADVISER, fill_desk
from titulaire.support.desk.models import Contact, FileAct, Ticket, Transfer


@pytest.mark.django_db
def test_the_desk_has_contacts_and_what_followed_them_once() -> None:
    mes = contract("mes", "SUPPORT")
    user = person(Role.ADVISER, on=mes)
    user.email = ADVISER
    user.save()
    for _ in range(2):
        fill_desk(mes, number="C001", supervisor="user:supervisor", now=timezone.now())
    assert Contact.objects.count() == 5
    assert [FileAct.objects.get().state, Ticket.objects.get().state] == ["VERIFIED", "SENT"]
    assert Transfer.objects.get().to_site == "MSA"
