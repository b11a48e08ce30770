"""What this room shows on the home page of a contract: dates, notices to read, whom to call."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.deadlines.calendars import ONE_DAY
from titulaire.deadlines.dues import DueState, When
from titulaire.governance import queries
from titulaire.governance.board import board, whole_life
from titulaire.governance.wording import MATTERS
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.ui.formats import count_fr, date_short, list_fr

AHEAD_DAYS = 31
MOST_LINES, MOST_LATE = 6, 3


@clause("T-3.1-referents", "T-3.2-information")
def card(contract: Contract, user: User, roles: frozenset[Role]) -> dict[str, object]:
    """The context of `governance/home.html`."""
    now, today = timezone.now(), timezone.localdate()
    since, _ = whole_life(contract, today)
    lines = [
        line
        for line in board(contract, since=since, until=today + AHEAD_DAYS * ONE_DAY, at=now, roles=roles)
        if line.when is not When.OVER and line.state is not DueState.FACT
    ]
    late = [line for line in lines if line.when is When.LATE]
    shown = late[-MOST_LATE:]
    shown += [line for line in lines if line.when is not When.LATE][: MOST_LINES - len(shown)]
    gaps = queries.contact_gaps(contract, on=today)
    return {
        "late": len(late),
        "late_label": count_fr(len(late), "échéance en retard", "échéances en retard"),
        "lines": [
            (line, date_short(line.due.due_on), reverse("deadline", args=[contract.code, line.key]))
            for line in shown
        ],
        "unread": list(queries.unread_by(contract, user)),
        "contacts": [(MATTERS[each.matter], each) for each in queries.contacts_on(contract, on=today)],
        "gaps": f"Le contrat en demande un pour : {list_fr([MATTERS[gap].lower() for gap in gaps])}."
        if gaps
        else "",
    }
