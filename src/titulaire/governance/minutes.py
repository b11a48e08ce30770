"""Minutes as both parties file them: the same bytes for the same facts."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import typst

from titulaire.clauses import clause
from titulaire.governance.models import Meeting
from titulaire.governance.wording import KINDS, SIDES
from titulaire.ui.formats import date_fr, instant_fr

TEMPLATE = Path(__file__).with_name("minutes.typ")


@clause("T-4.3-reunions", "S-3.1-comptes-rendus")
def minutes_pdf(
    meeting: Meeting, *, version: int, text: str, sent_at: datetime, document_sha256: str
) -> bytes:
    """The minutes as a PDF: when, where, who was there, what was said, and the action plan as it then stands."""
    assert meeting.held_at is not None  # noqa: S101 - minutes are of a meeting that was held
    contract = meeting.contract
    content = {
        "title": contract.title,
        "buyer": contract.buyer.name,
        "contractor": contract.contractor.name,
        "heading": KINDS[meeting.kind],
        "number": meeting.number,
        "version": version,
        "sent_at": instant_fr(sent_at),
        "facts": [
            ["Prévue le", instant_fr(meeting.planned_at)],
            ["Tenue jusqu’au", instant_fr(meeting.held_at)],
            ["Lieu", meeting.place],
        ],
        "people": [
            [each.name, each.post, SIDES[each.side], "" if each.present else "excusé"]
            for each in meeting.attendances.all()
        ],
        "agenda": meeting.agenda.splitlines(),
        "text": text.splitlines(),
        "actions": [
            [str(each.rank), each.what, f"{each.owner}, {SIDES[each.side].lower()}", date_fr(each.due_on)]
            for each in meeting.actions.order_by("rank")
        ],
        "document": document_sha256,
    }
    return bytes(
        typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )
    )
