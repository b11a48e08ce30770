"""The teams of the simulated centre: who was trained when, what each was given to read."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from titulaire.contracts.rules import Terms
from titulaire.deadlines.calendars import Calendar
from titulaire.deadlines.days import add_working_days, previous_working_day
from titulaire.identity.models import Contract, User
from titulaire.support.indicators.evaluation import first_productive_days
from titulaire.support.knowledge.models import Article
from titulaire.support.knowledge.rules import Kind
from titulaire.support.knowledge.services import say_read, vouch_version, write_version
from titulaire.support.training.models import RateSent, Session
from titulaire.support.training.queries import course_on
from titulaire.support.training.services import (
    Mark,
    NewSession,
    Sheet,
    import_sessions,
    plan_session,
    tell_rate,
)

CLASS = 15
LATE = 2
"""Advisers whose last module came too late, so that a breach can be seen."""
ONE_DAY = timedelta(days=1)
TEXTS = (
    (
        "CON-TRACE", Kind.INSTRUCTION, "Tracer chaque demande",
        "Qualifier l’appel avant la fin de journée.\nUn seul motif par appel, de la liste du marché.",
    ),
    (
        "ART-ACTIVER", Kind.ARTICLE, "Activer Mon espace santé",
        "L’usager a besoin de son numéro de série de carte Vitale et d’un code provisoire.\n"
        "Le code provisoire vaut pour une seule activation.",
    ),
    (
        "SCR-OPPOSITION", Kind.SCRIPT, "Opposition à la création",
        "Bonjour, que puis-je faire pour vous ?\nVous souhaitez vous opposer à la création du compte.\n"
        "Je vérifie votre identité avant d’enregistrer votre choix.",
    ),
)  # fmt: skip
NEWER = (
    "Bonjour, que puis-je faire pour vous ?\nVous souhaitez vous opposer à la création du compte.\n"
    "Je vérifie votre identité, puis je vous relis votre choix avant de l’enregistrer."
)


class Teams:
    """Training and knowledge of the support contract, up to now. Running it again goes on."""

    def __init__(self, contract: Contract, terms: Terms, calendar: Calendar, now: datetime) -> None:
        self.contract, self.terms, self.calendar, self.now = contract, terms, calendar, now
        self.today = calendar.local_day(now)
        self.supervisor = User.objects.get(email="malik.ferrandes@demo.example").actor
        self.writer = User.objects.get(email="perrine.galdric@demo.example").actor
        self.reader = User.objects.get(email="firmin.castandet@demo.example")

    def live(self, finished: list[date]) -> None:
        """Sessions, the rates told of finished months but the last, and texts to read."""
        self._train()
        for month in finished[:-1]:
            if not RateSent.objects.filter(contract=self.contract, month=month).exists():
                told_on = (month.replace(day=28) + timedelta(days=14)).replace(day=8)
                tell_rate(contract=self.contract, month=month, actor=self.supervisor, at=self._at(told_on))
        self._write()

    def _at(self, day: date, hour: int = 10) -> datetime:
        return min(datetime.combine(day, time(hour), self.calendar.zone), self.now)

    def _train(self) -> None:
        """Each class follows the course in the week before its first call; a class to come is planned."""
        if Session.objects.filter(contract=self.contract).exists():
            return
        until = self.today + ONE_DAY
        first_days, _ = first_productive_days(self.contract, until=until, terms=self.terms)
        advisers = sorted(first_days, key=lambda one: (first_days[one], one))
        for rank, start in enumerate(range(0, len(advisers), CLASS)):
            members = advisers[start : start + CLASS]
            last = start + CLASS >= len(advisers)
            self._class(
                rank, members, min(first_days[one] for one in members), late=members[-LATE:] if last else []
            )
        modules = course_on(self.terms, self.today).every
        name, days = list(modules.items())[-1]
        for day, members in ((self.today, ["C001", "C002"]), (self._after(5), ["N001", "N002", "N003"])):
            plan_session(
                contract=self.contract,
                new=NewSession(name, "Référentiel v2", day, day, days, "F01", "", "Salle Ondine"),
                advisers=members, actor=self.supervisor, at=self.now,
            )  # fmt: skip

    def _after(self, days: int) -> date:
        return add_working_days(self.today, days, self.calendar)

    def _class(self, rank: int, members: list[str], first_on: date, *, late: list[str]) -> None:
        """The modules one after the other, ending on the eve of the first call; who is late ends a week after."""
        sessions = []
        ends_on = first_on - ONE_DAY
        required = list(course_on(self.terms, first_on).required.items())
        for module, days in reversed(required):
            ends_on = previous_working_day(ends_on, self.calendar)
            starts_on = ends_on if days <= 1 else previous_working_day(ends_on - ONE_DAY, self.calendar)
            there = {one: Mark(present=one not in late or module != required[-1][0]) for one in members}
            sessions.append(
                NewSession(
                    module, "Référentiel v1", starts_on, ends_on, days, "F01", "", "Salle Ondine", there
                )
            )
            ends_on = starts_on - ONE_DAY
        again = add_working_days(first_on, 5, self.calendar)
        if late and again < self.today:
            module, days = required[-1]
            there = {one: Mark(present=True) for one in late}
            sessions.append(
                NewSession(
                    module, "Référentiel v1", again - ONE_DAY, again, days, "F02", "", "À distance", there
                )
            )
        sheet = Sheet(f"presences-promotion-{rank + 1}.csv", f"Promotion {rank + 1}\n{members}".encode())
        import_sessions(
            contract=self.contract, sessions=sessions, sheet=sheet, actor=self.supervisor,
            at=self._at(max(one.ends_on for one in sessions) + ONE_DAY),
        )  # fmt: skip

    def _write(self) -> None:
        if Article.objects.filter(contract=self.contract).exists():
            return
        day = self.today - timedelta(days=40)
        for code, kind, title, text in TEXTS:
            version = write_version(
                contract=self.contract, code=code, kind=kind, title=title, text=text,
                source="Base de connaissance v3", actor=self.writer, at=self._at(day),
            )  # fmt: skip
            vouch_version(
                version=version, in_force_on=day, read_by_on=day + timedelta(days=7), actor=self.supervisor,
                at=self._at(day, 15),
            )  # fmt: skip
            say_read(version=version, adviser="C001", actor=self.reader.actor, at=self._at(day + ONE_DAY))
        code, kind, title, _ = TEXTS[-1]
        newer = write_version(
            contract=self.contract, code=code, kind=kind, title=title, text=NEWER,
            source="Base de connaissance v4", actor=self.writer, at=self.now,
        )  # fmt: skip
        vouch_version(
            version=newer,
            in_force_on=self.today,
            read_by_on=self._after(3),
            actor=self.supervisor,
            at=self.now,
        )
        write_version(
            contract=self.contract, code="CON-RAPPEL", kind=Kind.INSTRUCTION, title="Rappeler un usager",
            text="Rappeler dans la demi-journée.\nDeux essais au plus.", actor=self.writer, at=self.now,
        )  # fmt: skip
