"""The dates of the staff: accesses to remove after a departure, lists of users to send, workstations to check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse

from titulaire.clauses import clause
from titulaire.contracts.queries import calendar_of, codes_with_terms, terms_of
from titulaire.deadlines.clocks import WorkingDays
from titulaire.deadlines.dues import Counted, Due, Who
from titulaire.identity.models import Contract
from titulaire.support.staff import queries
from titulaire.support.staff.rules import ONE_DAY
from titulaire.support.staff.wording import APPLICATIONS
from titulaire.ui.formats import count_fr, date_fr

ROOM = "Personnel et accès"


@clause("S-8.1-departs", "S-8.2-hab-03", "S-8.1-teletravail")
def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """One date per account to close after a departure, one for the list to send, one per check that ends."""
    if contract.code not in codes_with_terms():
        return
    terms = terms_of(contract.code)
    calendar = calendar_of(terms)
    today = calendar.local_day(at)
    for one in queries.removals(contract, at=at):
        account = one.account
        days = terms.days("leaver_working_days", on=max(one.left_on, terms.head.notified_on))
        yield Due(
            key=f"removal-{account.pk}",
            label=f"Retirer un accès du matricule {account.member.number} : {APPLICATIONS[account.application]}",
            who=Who.CONTRACTOR,
            due_on=one.due_on,
            done_on=one.done_on,
            clause="S-8.1-departs",
            url=reverse("staff_removals", args=[contract.code]),
            facts=(("Départ", date_fr(one.left_on)),),
            counted=Counted("Départ", calendar.instant(one.left_on), WorkingDays(days), calendar),
        )
    due_on = queries.list_to_send_by(contract, on=today)
    if due_on is not None:
        changes = queries.changes_to_tell(contract, on=today)
        yield Due(
            key=f"user-list-{due_on}",
            label="Transmettre la liste des utilisateurs du portail de support",
            who=Who.CONTRACTOR,
            due_on=due_on,
            clause="S-8.2-hab-03",
            url=reverse("staff_lists", args=[contract.code]),
            facts=(("À dire", count_fr(len(changes), "arrivée ou départ", "arrivées ou départs")),),
        )
    for member in queries.members_of(contract).present(on=today):
        found = queries.standing(member, on=today)
        if found.telework == "NO" or found.posting is None:
            continue
        ends_on = found.checked_until or found.posting.from_on
        yield Due(
            key=f"workstation-{member.number}-{ends_on}",
            label=f"Contrôler le poste de télétravail du matricule {member.number}",
            who=Who.CONTRACTOR,
            due_on=ends_on - ONE_DAY,
            clause="S-8.1-teletravail",
            url=reverse("staff_member", args=[contract.code, member.number]),
            facts=(("Sans contrôle", "le télétravail est fermé"),),
        )
