"""What the worker does for this room with nobody's act: reminders of what was not read, of papers that end."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from titulaire.deadlines.calendars import ONE_DAY
from titulaire.governance.models import Evidence, Notice
from titulaire.governance.rules import WARN_DAYS
from titulaire.governance.services import remind_notice, remind_paper
from titulaire.jobs.services import Work, enqueue, handles

SYSTEM = "system:governance"
NOTICE, PAPER = "governance.remind_notice", "governance.remind_paper"


def plan(at: datetime) -> None:
    """Queue, once a day, the reminders that may be due; each act judges for itself."""
    day = timezone.localdate(at)
    unread = Notice.objects.filter(reminded_at__isnull=True, recipients__read_at__isnull=True).distinct()
    ending = Evidence.objects.filter(
        reminded_at__isnull=True,
        replaced_by_paper__isnull=True,
        last_on__lte=day + WARN_DAYS * ONE_DAY,
    )
    with transaction.atomic():
        for kind, pk in [
            *((NOTICE, pk) for pk in unread.values_list("pk", flat=True)),
            *((PAPER, pk) for pk in ending.values_list("pk", flat=True)),
        ]:
            enqueue(kind=kind, key=f"{kind}:{pk}:{day:%Y-%m-%d}", at=at, payload={"pk": pk})


@handles(NOTICE)
def remind_of_notice(work: Work) -> None:
    """Send a notice again to those who have not read it."""
    notice = Notice.objects.get(pk=int(str(work.payload["pk"])))
    with work.finishing() as finish:
        finish({"sent": remind_notice(notice=notice, actor=SYSTEM, at=timezone.now())})


@handles(PAPER)
def remind_of_paper(work: Work) -> None:
    """Warn that a paper ends."""
    evidence = Evidence.objects.get(pk=int(str(work.payload["pk"])))
    with work.finishing() as finish:
        finish({"sent": remind_paper(evidence=evidence, actor=SYSTEM, at=timezone.now())})
