"""The dates of the contract itself: its start, its ends, what amendments and agreed readings change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse

from titulaire.contracts.catalogue import CATALOGUE
from titulaire.contracts.models import AmendedValue, ReadingChange
from titulaire.contracts.queries import codes_with_terms, terms_as_signed
from titulaire.deadlines.calendars import ONE_DAY
from titulaire.deadlines.dues import Due, Who
from titulaire.identity.models import Contract
from titulaire.ui.formats import date_fr

ROOM = "Contrat"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """Dates to know: nobody has to keep them."""
    if contract.code not in codes_with_terms():
        return
    head, page = terms_as_signed(contract.code).head, reverse("terms", args=[contract.code])
    for key, label, day in (
        ("notified", "Notification du marché", head.notified_on),
        ("start", "Début de l’exécution", head.starts_on),
        ("firm-end", "Fin de la période ferme", head.firm_until_on - ONE_DAY),
        ("end", "Fin du marché", head.ends_on - ONE_DAY),
    ):
        if key != "firm-end" or head.firm_until_on != head.ends_on:
            yield Due(key=key, label=label, who=Who.BOTH, due_on=day, binding=False, url=page)
    for value in AmendedValue.objects.filter(
        contract=contract, from_on__gte=since, from_on__lt=until
    ).select_related("amendment"):
        yield Due(
            key=f"value-{value.term}-{value.from_on}",
            label=f"Avenant n° {value.amendment.number} : {CATALOGUE[value.term].label}",
            who=Who.BOTH,
            due_on=value.from_on,
            clause=value.clause,
            binding=False,
            url=reverse("term", args=[contract.code, value.term]),
            facts=(("Avenant signé le", date_fr(value.amendment.signed_on)),),
        )
    for change in ReadingChange.objects.filter(contract=contract, from_on__gte=since, from_on__lt=until):
        yield Due(
            key=f"reading-{change.reading}-{change.from_on}",
            label=f"Lecture changée : {terms_as_signed(contract.code).readings[change.reading].question}",
            who=Who.BOTH,
            due_on=change.from_on,
            binding=False,
            url=reverse("reading", args=[contract.code, change.reading]),
        )
