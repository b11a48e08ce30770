"""What the callers of the invented centre say: a few days of each month, through the acts of the room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from titulaire.deadlines.calendars import Calendar
from titulaire.identity.models import Contract
from titulaire.support.satisfaction.models import Invitation, Questionnaire
from titulaire.support.satisfaction.rules import STANDARD, Measure
from titulaire.support.satisfaction.services import answer, invite_from_facts, plan, publish

ONE_DAY = timedelta(days=1)
A_DAY, ANSWERING, COMMENTING = 25, 0.45, 0.4
COMMENTS = (
    "Réponse claire et rapide, merci.",
    "J’ai dû répéter trois fois ma demande.",
    "Très aimable, mais le site ne marchait toujours pas ensuite.",
    "Rappelez-moi au 01 99 00 12 34, je n’ai pas compris l’étape du code.",
    "Attente un peu longue.",
)


def ask_callers(
    contract: Contract, months: Sequence[date], *, calendar: Calendar, actor: str, now: datetime
) -> None:
    """Three days of each month are asked about; in the third month a question changes. Twice changes nothing."""
    versions = Questionnaire.objects.filter(contract=contract)
    for rank, month in enumerate(months):
        opened_at = datetime.combine(month, time(8), calendar.zone)
        if opened_at > now:
            return
        if rank == 0 and not versions.exists():
            publish(contract=contract, questions=STANDARD, actor=actor, at=opened_at)
            plan(
                contract=contract,
                from_on=month,
                share=Decimal(1),
                daily_quota=A_DAY,
                actor=actor,
                at=opened_at,
            )
        if rank == 2 and versions.count() == 1:
            plainer = [
                replace(one, wording="Il m’a été facile d’obtenir une réponse.")
                if one.measure is Measure.CES
                else one
                for one in STANDARD
            ]
            because = "Phrase plus claire, relue par des usagers."
            publish(contract=contract, questions=plainer, because=because, actor=actor, at=opened_at)
        days = [month + timedelta(days=n) for n in range(21)]
        for day in [day for day in days if calendar.counts(day)][1::6]:
            _ask_about(contract, day, calendar, actor, now)


def _ask_about(contract: Contract, day: date, calendar: Calendar, actor: str, now: datetime) -> None:
    asked_at = datetime.combine(day + ONE_DAY, time(8), calendar.zone)
    if asked_at > now or Invitation.objects.filter(contract=contract, day=day).exists():
        return
    wave = invite_from_facts(contract=contract, since=day, until=day + ONE_DAY, actor=actor, at=asked_at)
    found = wave.invitations.select_related("contract", "questionnaire").order_by("reference")
    for rank, invitation in enumerate(found):
        drawn = Random(invitation.reference)
        at = asked_at + timedelta(hours=drawn.uniform(1, 60))
        if drawn.random() < ANSWERING and at <= now:
            said = COMMENTS[rank % len(COMMENTS)] if drawn.random() < COMMENTING else ""
            answer(invitation=invitation, marks=_marks(drawn), comment=said, at=at)


def _marks(drawn: Random) -> dict[Measure, int]:
    """Answers that hang together: who is content finds it clear, easy and solved."""
    content = drawn.choices((1, 2, 3, 4, 5), (5, 6, 12, 37, 40))[0]

    def near(value: float, least: int, most: int) -> int:
        return max(least, min(most, round(value + drawn.gauss(0, 0.7))))

    return {
        Measure.CSAT: content,
        Measure.CLARITY: near(content, 1, 5),
        Measure.COURTESY: near(content + 0.5, 1, 5),
        Measure.RESOLUTION: near(content - 0.2, 1, 5),
        Measure.FCR: int(drawn.random() < content / 5.5),
        Measure.CES: near(content * 1.4, 1, 7),
        Measure.NPS: near(content * 1.9, 0, 10),
    }
