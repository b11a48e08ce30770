"""The dates of the contract itself: its start, its ends, what amendments, readings and notices of levels change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.urls import reverse

from titulaire.contracts.catalogue import CATALOGUE
from titulaire.contracts.models import AmendedValue, ReadingChange
from titulaire.contracts.queries import calendar_of, codes_with_terms, level_changes_of, terms_as_signed
from titulaire.contracts.rules import Terms
from titulaire.deadlines.calendars import ONE_DAY
from titulaire.deadlines.dues import Due, Who
from titulaire.identity.models import Contract
from titulaire.ui.formats import date_fr, instant_fr, month_fr

ROOM = "Contrat"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """Dates to know, that nobody has to keep, and the answers to changes of service levels."""
    if contract.code not in codes_with_terms():
        return
    terms = terms_as_signed(contract.code)
    head, page = terms.head, reverse("terms", args=[contract.code])
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
    yield from _levels(contract, terms, at)


def _levels(contract: Contract, terms: Terms, at: datetime) -> Iterator[Due]:
    """One answer for each change of level notified by then; silence accepts."""
    calendar = calendar_of(terms, on=terms.head.notified_on)
    for change in level_changes_of(contract).filter(notified_at__lte=at):
        answered = change.answered_at if change.answered_at and change.answered_at <= at else None
        yield Due(
            key=f"level-{change.number}",
            label=f"Répondre à la modification de niveau n° {change.number} : {change.title}",
            who=Who.CONTRACTOR,
            due_on=calendar.local_day(change.answer_ends_at - timedelta(microseconds=1)),
            due_at=change.answer_ends_at,
            done_on=calendar.local_day(answered) if answered else None,
            done_at=answered,
            silence=True,
            clause="S-9-modification",
            url=reverse("level_change", args=[contract.code, change.number]),
            facts=(
                ("Notifiée le", instant_fr(change.notified_at)),
                ("S’applique à partir de", month_fr(change.from_on)),
                ("Silence", "vaut acceptation"),
            ),
        )
