"""Which months have something to show."""

from __future__ import annotations

from datetime import date

from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.support.facts.models import Manifest
from titulaire.support.facts.queries import months_between


def months_with_facts(contract: Contract) -> list[date]:
    """The first day of each month that has facts, in order."""
    found = Manifest.objects.filter(contract=contract).order_by("month")
    return list(found.values_list("month", flat=True).distinct())


def months_open(contract: Contract, terms: Terms) -> list[date]:
    """The months that may be shown: those of the contract's life."""
    return months_between(terms.head.notified_on.replace(day=1), terms.head.ends_on)
