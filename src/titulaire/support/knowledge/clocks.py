"""The dates of knowledge: the day by which each adviser has read a text, chosen by who vouched for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from titulaire.deadlines.dues import Due, Who
from titulaire.identity.models import Contract
from titulaire.support.knowledge.queries import awaited, read_on, readers_on
from titulaire.support.knowledge.rules import all_read_on, still_to_read
from titulaire.ui.formats import count_fr

ROOM = "Connaissances"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """Each version to be read by a day, done when the last adviser in place has read it."""
    for version in awaited(contract, at).filter(read_by_on__gte=since, read_by_on__lt=until):
        if version.read_by_on is None:
            continue
        # Who came after the last day is not late of it.
        readers = readers_on(contract, min(version.read_by_on, timezone.localdate(at)))
        read = read_on(version)
        late = still_to_read(readers, read)
        yield Due(
            key=f"read-{version.article.code}-{version.number}",
            label=f"Faire lire {version.article.code}, version {version.number} : {version.article.title}",
            who=Who.CONTRACTOR,
            due_on=version.read_by_on,
            done_on=all_read_on(readers, read),
            # Nobody is late of a reading that nobody has to make.
            binding=bool(readers),
            clause="S-5.3-formation-continue",
            url=reverse("knowledge_readers", args=[contract.code, version.article.code, version.number]),
            facts=(
                ("Reste à lire", count_fr(len(late), "conseiller")),
                ("Délai", "choisi par le superviseur qui s’en porte garant"),
            ),
        )
