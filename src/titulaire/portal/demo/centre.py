"""The support contract's centre: months of simulated facts, and what both parties did of them, through the acts.

What follows the facts (plans kept but for a few mornings, hours produced) is drawn from the facts themselves, so
that pages agree with one another as they would in a real centre.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from io import StringIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter
from django.utils import timezone

from titulaire.billing.models import Profile
from titulaire.billing.services import issue_invoice, save_profile
from titulaire.contracts.models import LevelChange
from titulaire.contracts.queries import terms_of
from titulaire.contracts.services import note_silences, notify_level_change
from titulaire.identity.models import Contract, User
from titulaire.portal.demo.desk import fill_desk
from titulaire.portal.demo.money import parties
from titulaire.portal.demo.quality import inspect
from titulaire.portal.demo.staff import tell_staff
from titulaire.portal.demo.surveys import ask_callers
from titulaire.portal.demo.teams import Teams
from titulaire.support.dashboards.models import AdviserNumber, Subscription
from titulaire.support.dashboards.rules import Grain
from titulaire.support.dashboards.services import subscribe, tie_adviser
from titulaire.support.facts import simulation
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.models import Batch, Manifest
from titulaire.support.facts.services import Correction, import_file
from titulaire.support.forecasts.models import ForecastVolume
from titulaire.support.forecasts.rules import Channel, Volume
from titulaire.support.forecasts.services import state_forecast
from titulaire.support.incidents.models import Dysfunction
from titulaire.support.incidents.rules import Side as BrokenSide
from titulaire.support.incidents.services import (
    Declaration,
    agree_claim,
    close,
    declare,
    mobilise,
    propose_claim,
    resolve,
    tell_buyer,
)
from titulaire.support.indicators.evaluation import measures_of
from titulaire.support.indicators.kept import keep_sums
from titulaire.support.ledger.models import Ledger, UnitPrice, WorkOrder
from titulaire.support.ledger.queries import after, ledger_of
from titulaire.support.ledger.rules import LedgerState, Ordered, Produced, WorkUnit
from titulaire.support.ledger.services import (
    NewEntry,
    close_ledger,
    draft_ledger_invoice,
    enter,
    enter_order,
    set_price,
)
from titulaire.support.months.queries import issues_of
from titulaire.support.months.rules import Verdict
from titulaire.support.months.services import answer_month, freeze_month
from titulaire.support.penalties.entries import entered_for
from titulaire.support.penalties.freezing import amounts_in
from titulaire.support.penalties.models import PenaltyProposal
from titulaire.support.penalties.queries import current_of
from titulaire.support.penalties.rules import ExchangeState, Outcome, Side
from titulaire.support.penalties.services import (
    close_exchange,
    credit_penalties,
    decide_line,
    propose_penalties,
    remark,
)
from titulaire.support.presence.models import GapExplanation, StaffPlan
from titulaire.support.presence.queries import calendar_of, mornings, present_in_facts
from titulaire.support.presence.rules import Cause, Origin, PlannedDay, State, monday_of
from titulaire.support.presence.services import count_from_facts, count_present, explain_gap, send_staff_plan
from titulaire.support.readings.letters import letter_pdf
from titulaire.support.readings.models import ReadingQuestion
from titulaire.support.readings.queries import read_month
from titulaire.support.readings.services import ask_question

SEED = 3422
FINISHED_MONTHS = 3
"""How many whole months are told before the current one. Each is some 600,000 rows, and ten seconds."""
ONE_DAY, ONE_WEEK = timedelta(days=1), timedelta(days=7)
LONGEST_ANSWER = timedelta(days=16)
WRITTEN = "%d/%m/%Y %H:%M:%S"
"""How exports write an instant."""
HOURS_A_DAY = Decimal("7.5")
HOURS_PER_HANDLED_HOUR = 1.24
"""Productive hours for an hour of calls: waiting, post-call work and the forms team are paid too."""
AMBITIOUS = 1.08
"""Every other month, the order counts on more advisers than the centre has: the plan is missed."""
PRICE = Decimal("36.40")
SIMULATION = "system:simulation"
Tell = Callable[[str, int, int], None]


class NotBroughtIn(RuntimeError):
    """A file of the simulated centre was refused: the simulation and the import no longer agree."""

    def __init__(self, name: str, rules: Mapping[str, int]) -> None:
        super().__init__(name, dict(rules))
        self.name, self.rules = name, rules


@dataclass(slots=True)
class _Breakdown:
    """An incident that the simulated telephony named in its calls."""

    reference: str
    moments: list[datetime] = field(default_factory=list)

    @property
    def since_on(self) -> date:
        return min(self.moments).date()


class Centre:
    """The life of the support contract, from its first told month to now. Running it again goes on."""

    def __init__(self, now: datetime, tell: Tell) -> None:
        self.now, self.tell = now, tell
        self.contract = Contract.objects.get(code="mes")
        self.terms = terms_of("mes")
        self.calendar = calendar_of(self.terms)
        self.today = self.calendar.local_day(now)
        self.buyer = User.objects.get(email="solange.brissonnet@demo.example")
        self.supervisor = User.objects.get(email="malik.ferrandes@demo.example").actor
        self.planner = User.objects.get(email="ingrid.castelnou@demo.example").actor
        self.volumes = simulation.volumes_in(self.terms)
        self.breakdowns: dict[str, _Breakdown] = {}

    def live(self) -> None:
        """Everything up to now; nothing before calls are taken."""
        if self.today <= self.terms.head.starts_on:
            return
        self.first = self._first_month()
        finished = list(self._months(self.first, self.today.replace(day=1)))
        steps = len(finished) + 3
        self._tell_facts()
        self.tell("Mois antérieurs", 0, steps)
        self._earlier()
        notified_at = self._at(after(self.first) + timedelta(days=5), 10)
        self._level("Seuil du taux de décroché", "penalty_answer_rate_trigger", "0.93", notified_at)
        for rank, month in enumerate(finished):
            self.tell(f"Centre de contacts : {month:%m/%Y}", rank + 1, steps)
            self._month(month, rank)
        self.tell("Prévisions et présence", len(finished) + 1, steps)
        self._staff()
        self.tell("Incidents, lectures, niveaux", len(finished) + 2, steps)
        months = [*finished, self.today.replace(day=1)]
        ask_callers(self.contract, months, calendar=self.calendar, actor=self.supervisor, now=self.now)
        self._incidents_now()
        tell_staff(self.contract, self.terms, self.calendar, self.now)
        self._level("Qualité des tickets", "ticket_quality_target", "0.92", self.now - timedelta(days=2))
        self._question(finished)
        self._subscriptions()
        self._number()
        fill_desk(self.contract, number="C001", supervisor=self.supervisor, now=self.now)
        inspect(self.contract, now=self.now, today=self.today)
        for month in self._months(self.first, after(self.today)):
            keep_sums(self.contract, self.terms, month)
        Teams(self.contract, self.terms, self.calendar, self.now).live(finished)
        self.tell("Centre de contacts", steps, steps)

    def _first_month(self) -> date:
        known = Manifest.objects.filter(contract=self.contract, record="LEGS").order_by("month").first()
        if known is not None:
            return known.month
        month = self.today.replace(day=1)
        for _ in range(FINISHED_MONTHS):
            month = (month - ONE_DAY).replace(day=1)
        return max(month, self.terms.head.starts_on.replace(day=1))

    def _months(self, since: date, until: date) -> Iterator[date]:
        while since < until:
            yield since
            since = after(since)

    def _at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute), self.calendar.zone)

    # What telephony and forms said

    def _tell_facts(self) -> None:
        """Bring in each day that is not yet told, a file per month and kind, yesterday included."""
        told = Batch.objects.accepted().filter(contract=self.contract, record="LEGS").order_by("pk")
        days = [date.fromisoformat(str(day)) for batch in told for day in batch.days]
        since = max(days) + ONE_DAY if days else self.first
        # Forms received before these days and answered in them are told again by simulating them again.
        earlier = since - LONGEST_ANSWER if days else since
        with TemporaryDirectory() as scratch:
            found = _by_day(simulation.simulate(self.volumes, earlier, self.today, SEED), since)
            for export in simulation.write_exports(self._watched(found), Path(scratch), by_month=True):
                self.tell(f"Centre simulé : {export.path.name}", 0, 1)
                month = datetime.strptime(export.path.stem[-7:], "%Y-%m").date()  # noqa: DTZ007
                self._import(export.path, export.connector, at=min(self._at(after(month), 6), self.now))
                export.path.unlink()

    def _import(
        self, path: Path, connector: str, *, at: datetime, correction: Correction | None = None
    ) -> None:
        imported = import_file(
            contract=self.contract, path=path, connector=find_connector(connector), actor=SIMULATION, at=at,
            correction=correction,
        )  # fmt: skip
        if imported.batch.state != "ACCEPTED":
            raise NotBroughtIn(path.name, imported.batch.refused_by_rule)

    def _watched(self, days: Iterator[simulation.SimulatedDay]) -> Iterator[simulation.SimulatedDay]:
        """The same days, noting the incidents that their calls name."""
        for one in days:
            for leg in one.legs:
                if number := leg.get("incident"):
                    moment = datetime.strptime(str(leg["arrivee"]), WRITTEN)  # noqa: DTZ007
                    broken = self.breakdowns.setdefault(number, _Breakdown(number))
                    broken.moments.append(moment.replace(tzinfo=self.calendar.zone))
            yield one

    # One finished month

    def _month(self, month: date, rank: int) -> None:
        self._prepare()
        self._forecast(month)
        self._order(month)
        self._plan(month, after(month))
        self._incidents_of(month, rank)
        self._ledger(month)
        if rank == 1:
            self._report(month)
        self._freeze(month, rank)
        self._exchange(month)

    def _prepare(self) -> None:
        at = self._at(self.terms.head.notified_on + ONE_DAY, 9)
        if not Profile.objects.filter(contract=self.contract).exists():
            save_profile(
                contract=self.contract,
                parties=parties(
                    self.contract.contractor.name, self.contract.buyer.name, rank=800, reference="2025-MES-N1"
                ),
                series="MES",
                engagement_number="EJ-2025-3422",
                service_code="MES-N1",
                actor=self.supervisor,
                at=at,
            )
        if not UnitPrice.objects.filter(contract=self.contract).exists():
            set_price(
                contract=self.contract, unit=WorkUnit.UO1, from_on=self.terms.head.starts_on, amount=PRICE,
                source="Bordereau des prix (exemple, prix inventé)", actor=self.supervisor, at=at,
            )  # fmt: skip

    def _forecast(self, month: date) -> None:
        """The buyer's forecast of a month, some percent away from what comes."""
        told = ForecastVolume.objects.filter(
            forecast__contract=self.contract, on__gte=month, on__lt=after(month)
        )
        if told.exists():
            return
        expected = self._expected(month)
        text = "jour;canal;flux;volume\n" + "".join(
            f"{one.on:%d/%m/%Y};{one.channel};;{one.contacts}\n" for one in expected
        )
        state_forecast(
            contract=self.contract, volumes=expected, source="Comité de prévision", content=text.encode(),
            file_name=f"previsions-{month:%Y-%m}.csv", actor=self.planner,
            at=min(self._at(month - timedelta(days=12), 11), self.now),
        )  # fmt: skip

    def _expected(self, month: date) -> list[Volume]:
        year = next(one for one in self.volumes if one.year == month.year)
        rng = Random(f"previsions {month}")
        return [
            Volume(day, Channel.PHONE, "", round(calls * rng.normalvariate(0.99, 0.04) / 10) * 10)
            for day, (calls, _) in simulation.daily_volumes(year, SEED).items()
            if month <= day < after(month)
        ]

    def _order(self, month: date) -> None:
        """The hours ordered for a month: what its expected calls take, rounded to the hundred."""
        reference = f"CMD-{month:%Y-%m}"
        if WorkOrder.objects.filter(contract=self.contract, reference=reference).exists():
            return
        contacts = sum(one.contacts for one in self._expected(month))
        rank = (month.year - self.first.year) * 12 + month.month - self.first.month
        worked = contacts * simulation.HANDLING_SECONDS / 3600 * HOURS_PER_HANDLED_HOUR
        worked *= AMBITIOUS if rank % 2 == 0 else 1
        enter_order(
            contract=self.contract,
            reference=reference,
            ordered=Ordered(
                WorkUnit.UO1, month, after(month), Decimal(round(worked / 100) * 100), contacts=contacts
            ),
            ordered_on=month - timedelta(days=10),
            actor=self.supervisor,
            at=min(self._at(month - timedelta(days=10), 10), self.now),
        )

    # Staff: weeks announced, mornings counted

    def _plan(self, since: date, until: date) -> None:
        """The weeks of past days, as the facts then showed them but for three mornings."""
        seen = present_in_facts(self.contract, monday_of(since), until, self.terms)
        weeks = sorted({monday_of(on) for on, _ in seen})
        for week in weeks:
            days = {on: here for (on, site), here in seen.items() if monday_of(on) == week and site}
            self._announce(week, {key: here for key, here in seen.items() if key[0] in days})

    def _announce(self, week: date, heads: Mapping[tuple[date, str], int]) -> None:
        if not heads or StaffPlan.objects.filter(contract=self.contract, week=week).exists():
            return
        days = [
            PlannedDay(
                on, site, planned, hours=planned * HOURS_A_DAY,
                training_hours=Decimal(4 if on.weekday() == 3 else 0), internal_hours=Decimal(2),
            )
            for (on, site), here in sorted(heads.items())
            for planned in [here + _missing(on, site, self.today)]
        ]  # fmt: skip
        text = StringIO()
        text.write("jour;site;effectif;heures;formation;interne\n")
        for one in days:
            text.write(f"{one.on:%d/%m/%Y};{one.site};{one.heads};{one.hours};{one.training_hours};")
            text.write(f"{one.internal_hours}\n")
        late = week.day <= 7 and week.month % 2 == 0
        sent_at = self._at(week + ONE_DAY if late else week - timedelta(days=4), 16)
        send_staff_plan(
            contract=self.contract, week=week, days=days, content=text.getvalue().encode(),
            file_name=f"plan-{week:%G-S%V}.csv", actor=self.planner, at=min(sent_at, self.now),
        )  # fmt: skip

    def _staff(self) -> None:
        month = self.today.replace(day=1)
        for expected in (month, after(month)):
            self._forecast(expected)
            self._order(expected)
        self._plan(month, self.today)
        self._coming_weeks()
        count_from_facts(
            contract=self.contract, since=self.first, until=self.today, actor=SIMULATION, at=self.now
        )
        self._explain()
        if self.calendar.counts(self.today) and self.now > self._at(self.today, 9, 30):
            count_present(
                contract=self.contract, on=self.today, present={"NORD": 21, "EST": 19, "SUD": 20},
                origin=Origin.ENTERED, actor=self.supervisor, at=self.now,
            )  # fmt: skip

    def _coming_weeks(self) -> None:
        """This week's days to come, when it is not announced, and the two weeks after."""
        seen = present_in_facts(self.contract, self.today - 2 * ONE_WEEK, self.today, self.terms)
        for week in (monday_of(self.today) + n * ONE_WEEK for n in range(3)):
            heads = {
                (week + timedelta(days=on.weekday()), site): here
                for (on, site), here in sorted(seen.items())
                if self.calendar.counts(week + timedelta(days=on.weekday()))
            }
            self._announce(week, heads)

    def _explain(self) -> None:
        """Explain every gap but those of the last days."""
        since = self.terms.head.starts_on
        for one in mornings(self.contract, since, self.today, at=self.now, terms=self.terms):
            waits = one.state in {State.TO_EXPLAIN, State.UNEXPLAINED}
            if not waits or one.on >= self.today - timedelta(days=4):
                continue
            if GapExplanation.objects.filter(contract=self.contract, on=one.on, site=one.site).exists():
                continue
            explain_gap(
                contract=self.contract, on=one.on, site=one.site, cause=Cause.TRANSPORT,
                text="Trains supprimés ce matin-là ; les conseillers sont arrivés avant 10 h.",
                actor=self.supervisor, at=min(self._at(one.on, 11), self.now),
            )  # fmt: skip

    # Dysfunctions

    def _incidents_of(self, month: date, rank: int) -> None:
        """Those that the calls name; and every other month one of the buyer's, claimed, agreed the first time."""
        found = [_said(broken) for broken in self.breakdowns.values() if broken.since_on >= month]
        found = [said for said in found if said.since_at < self._at(after(month), 0)]
        if rank % 2 == 0:
            found.append(self._of_the_buyer(month))
        for said in sorted(found, key=lambda one: one.since_at):
            broken = self._broke(said)
            if broken is not None and said.side is BrokenSide.BUYER:
                self._claim(broken, agreed=rank == 0)

    def _of_the_buyer(self, month: date) -> Declaration:
        wednesdays = (month + timedelta(days=n) for n in range(9, 31))
        day = next(day for day in wednesdays if day.weekday() == 2 and self.calendar.counts(day))
        since_at = self._at(day, 10)
        return Declaration(
            what="Authentification des usagers indisponible", side=BrokenSide.BUYER, since_at=since_at,
            until_at=since_at + timedelta(hours=2), flows=("3422",), tools="Mon espace santé",
            description="Les usagers rappellent en nombre tant que la connexion échoue.",
            other_reference=f"CNAM-{day:%Y%m%d}", buyer_told_at=since_at + timedelta(minutes=15),
        )  # fmt: skip

    def _claim(self, found: Dysfunction, *, agreed: bool) -> None:
        asked_at = self._at(self.calendar.local_day(found.since_at) + ONE_DAY, 9)
        claim = propose_claim(
            dysfunction=found, since_at=found.since_at, until_at=found.since_at + timedelta(hours=2),
            flows=("3422",), actor=self.supervisor, at=asked_at,
            because="Les appels de ces deux heures viennent de la panne, constatée par la Cnam.",
        )  # fmt: skip
        if agreed:
            agree_claim(
                claim=claim, note="Panne confirmée.", actor=self.buyer.actor, at=asked_at + timedelta(days=2)
            )

    def _broke(self, said: Declaration) -> Dysfunction | None:
        """Declare a dysfunction of the past, solved the same day. None when it was told before."""
        if Dysfunction.objects.filter(contract=self.contract, other_reference=said.other_reference).exists():
            return None
        at = (said.until_at or said.since_at) + timedelta(minutes=30)
        found = declare(contract=self.contract, said=said, actor=self.supervisor, at=at)
        resolve(
            dysfunction=found, resolution="Service rétabli et vérifié par des appels d’essai.",
            actor=self.supervisor, at=at + timedelta(hours=1),
        )  # fmt: skip
        return found

    def _incidents_now(self) -> None:
        """One is open now, since two hours."""
        known = Dysfunction.objects.filter(contract=self.contract)
        for found in known.filter(state="RESOLVED", resolved_at__lt=self.now - timedelta(days=40)):
            if not found.claims.filter(state="PROPOSED").exists():
                close(dysfunction=found, actor=self.supervisor, at=self.now - timedelta(days=1))
        if known.filter(state="OPEN").exists():
            return
        since_at = self.now - timedelta(hours=2)
        found = declare(
            contract=self.contract,
            said=Declaration(
                what="Coupures pendant les transferts vers le niveau N1+", side=BrokenSide.CONTRACTOR,
                since_at=since_at, flows=("3422",), sites=("EST",), tools="Bandeau de téléphonie",
                description="Un transfert sur trois est coupé avant le décroché.",
            ),
            actor=self.supervisor, at=since_at + timedelta(minutes=20),
        )  # fmt: skip
        tell_buyer(
            dysfunction=found, told_at=since_at + timedelta(minutes=30), how="Courriel et téléphone",
            actor=self.supervisor, at=since_at + timedelta(minutes=35),
        )  # fmt: skip
        mobilise(
            dysfunction=found, done_at=since_at + timedelta(minutes=45),
            what="L’équipe réseau du site EST relève les traces.",
            actor=self.supervisor, at=since_at + timedelta(minutes=50),
        )  # fmt: skip

    # The month's ledger and its invoice

    def _ledger(self, month: date) -> None:
        """Hours as measured, rounded to the tenth; closed on the second of the next month, invoiced on the third."""
        at = self._at(after(month) + ONE_DAY, 9)
        if at > self.now:
            return
        ledger = ledger_of(self.contract, month)
        if ledger is None:
            hours = self._hours(month)
            text = "".join(f"{on};{site};{hours[on, site]}\n" for on, site in sorted(hours))
            enter(
                contract=self.contract,
                month=month,
                entries=[
                    NewEntry(Produced(WorkUnit.UO1, on, on + ONE_DAY, quantity, site), row)
                    for row, ((on, site), quantity) in enumerate(sorted(hours.items()), 2)
                ],
                actor=self.supervisor, at=at, file_name=f"heures-{month:%Y-%m}.csv",
                file_sha256=sha256(text.encode()).hexdigest(),
            )  # fmt: skip
            ledger = Ledger.objects.get(contract=self.contract, month=month)
        if ledger.state == LedgerState.OPEN.value:
            ledger = close_ledger(
                ledger=ledger, explanation="Arrondis au dixième d’heure.",
                actor=self.supervisor, at=at + timedelta(hours=6),
            )  # fmt: skip
        invoiced_at = self._at(after(month) + 2 * ONE_DAY, 10)
        if invoiced_at <= self.now and (ledger.invoice is None or not ledger.invoice.is_issued):
            done = draft_ledger_invoice(ledger=ledger, actor=self.supervisor, at=invoiced_at)
            issue_invoice(
                document=done.document, actor=self.supervisor, at=invoiced_at + timedelta(minutes=20)
            )

    def _hours(self, month: date) -> dict[tuple[date, str], Decimal]:
        """Productive hours by day and site, as the facts tell them."""
        found = measures_of(self.contract, month, after(month), by=("day", "site"), names=PRODUCTIVE).found
        hours = {}
        for (day, site), measured in found.items():
            quantity = round(Decimal(sum(measured.values())) / 3_600_000, 1)
            if quantity > 0 and site:
                hours[day, str(site)] = quantity
        return hours

    # The telephony's own report, one month

    def _report(self, month: date) -> None:
        """A daily report by group that says what the calls say, but for a few cells."""
        known = Manifest.objects.filter(contract=self.contract, record="AGGREGATES", month=month)
        at = self._at(after(month) + ONE_DAY, 8)
        if known.exists() or at > self.now:
            return
        found = measures_of(self.contract, month, after(month), by=("day", "flow", "group")).found
        rng = Random(f"rapport {month}")
        places = [key for key in sorted(found, key=str) if all(key) and found[key].get("presented")]
        apart = set(rng.sample(range(len(places)), k=min(4, len(places))))
        self._bring_report(month, [(key, found[key], row in apart) for row, key in enumerate(places)], at)

    def _bring_report(
        self, month: date, rows: Sequence[tuple[tuple[date, str, str], Mapping[str, int], bool]], at: datetime
    ) -> None:
        """Write a report of day, flow and group as the telephony does, and bring it in."""
        measures = find_connector("odigo-xlsx").measures
        with TemporaryDirectory() as scratch:
            path = Path(scratch) / f"statistiques-{month:%Y-%m}.xlsx"
            with xlsxwriter.Workbook(path) as book:
                sheet = book.add_worksheet("Statistiques")
                sheet.write_row(3, 0, ["Date", "Flux", "Groupe", *(one.heading for one in measures)])
                for row, ((day, flow, group), measured, off) in enumerate(rows):
                    said = [_cell(measured, one.measure.value, off=off) for one in measures]
                    sheet.write_row(row + 4, 0, [f"{day:%d/%m/%Y}", flow, group, *said])
            self._import(path, "odigo-xlsx", at=at)

    # The months before: no call of them is told, but the obligations were kept

    def _earlier(self) -> None:
        """From the first day of service to the first month told: reports, months agreed, weeks announced."""
        for month in self._months(self.terms.head.starts_on.replace(day=1), self.first):
            if not Manifest.objects.filter(contract=self.contract, month=month).exists():
                at = self._at(after(month) + ONE_DAY, 8)
                self._bring_report(month, list(self._reported(month)), at)
                issue = freeze_month(
                    contract=self.contract, month=month, actor=self.supervisor, at=at + timedelta(days=3),
                    entered=None,
                )  # fmt: skip
                answer_month(
                    issue=issue, verdict=Verdict.APPROVED, actor=self.buyer.actor, at=at + timedelta(days=6)
                )
        week = monday_of(self.terms.head.starts_on)
        while week < self.first:
            self._earlier_week(week)
            week += ONE_WEEK

    def _reported(self, month: date) -> Iterator[tuple[tuple[date, str, str], Mapping[str, int], bool]]:
        """What the telephony counted, day by day, in the volumes of the contract."""
        year = next(one for one in self.volumes if one.year == month.year)
        rng = Random(f"rapports {month}")
        for day, (calls, _) in simulation.daily_volumes(year, SEED).items():
            if not month <= day < after(month):
                continue
            for group, share in ((simulation.MAIN, 0.85), (simulation.ENROLMENT, 0.15)):
                presented = round(calls * share)
                answered = round(presented * min(0.97, rng.normalvariate(0.925, 0.015)))
                handled = answered * simulation.HANDLING_SECONDS * rng.normalvariate(1, 0.02)
                yield (
                    (day, "3422", group),
                    {
                        "presented": presented, "received_inbound": presented, "queued": presented,
                        "answered": answered, "abandoned": presented - answered,
                        "qualified": round(answered * 0.97), "wait_ms": presented * 38_000,
                        "talk_ms": round(handled * 760), "hold_ms": round(handled * 60),
                        "wrapup_ms": round(handled * 180),
                    },
                    False,
                )  # fmt: skip

    def _earlier_week(self, week: date) -> None:
        """A week announced, and its mornings counted as announced."""
        if StaffPlan.objects.filter(contract=self.contract, week=week).exists():
            return
        days = [day for n in range(5) if self.calendar.counts(day := week + timedelta(days=n))]
        if any(day >= self.first for day in days):
            return  # The facts of its end tell who came.
        served = [day for day in days if day >= self.terms.head.starts_on]
        days = served or days[-1:]
        heads = {(day, site): 19 + rank for day in days for rank, site in enumerate(("EST", "SUD", "NORD"))}
        self._announce(week, heads)
        for day in days:
            count_present(
                contract=self.contract, on=day, present={site: heads[on, site] for on, site in heads if on == day},
                origin=Origin.ENTERED, actor=self.supervisor, at=self._at(day, 9, 20),
            )  # fmt: skip

    # The month stated, answered, corrected

    def _freeze(self, month: date, rank: int) -> None:
        """Stated on the fifth. The second month told is contested, its facts corrected, and stated again."""
        at = self._at(after(month) + timedelta(days=4), 9)
        if at > self.now:
            return
        issue = issues_of(self.contract, month).first()
        if issue is None:
            issue = freeze_month(
                contract=self.contract, month=month, actor=self.supervisor, at=at,
                entered=entered_for(self.contract, month),
            )  # fmt: skip
        answers_at = at + timedelta(days=2)
        if rank != 1 and answers_at + timedelta(days=20) <= self.now and not issue.answers.exists():
            answer_month(issue=issue, verdict=Verdict.APPROVED, actor=self.buyer.actor, at=answers_at)
        if rank != 1 or issue.number > 1 or at + timedelta(days=5) > self.now:
            return
        if not issue.answers.exists():
            answer_month(
                issue=issue, verdict=Verdict.CONTESTED, contested=("I7",), actor=self.buyer.actor,
                at=answers_at, remarks="La durée de traitement du second mardi nous paraît trop longue.",
            )  # fmt: skip
        self._correct(month, at=at + timedelta(days=4))
        freeze_month(
            contract=self.contract, month=month, actor=self.supervisor, at=at + timedelta(days=5),
            entered=entered_for(self.contract, month),
        )  # fmt: skip

    def _correct(self, month: date, *, at: datetime) -> None:
        """The second Tuesday's after-call times were counted twice: the day comes again, halved."""
        day = next(day for day in (month + timedelta(days=n) for n in range(7, 31)) if day.weekday() == 1)
        with TemporaryDirectory() as scratch:
            days = list(simulation.simulate(self.volumes, day, day + ONE_DAY, SEED))
            for leg in (leg for one in days for leg in one.legs):
                if leg.get("post_appel"):
                    leg["post_appel"] = _halved(str(leg["post_appel"]))
            for export in simulation.write_exports(days, Path(scratch)):
                if export.connector == "acd-csv":
                    self._import(
                        export.path, export.connector, at=at,
                        correction=Correction(
                            "DAYS", "Post-appels comptés deux fois par la téléphonie ce jour-là.", (day,)
                        ),
                    )  # fmt: skip

    # Penalties

    def _exchange(self, month: date) -> None:
        """Proposed on the 13th, remarked on the next day, decided five weeks after the month, then credited."""
        entered = entered_for(self.contract, month)
        at = self._at(after(month) + timedelta(days=12), 9)
        if entered is None or at > self.now:
            return
        proposal = current_of(self.contract, month)
        if proposal is None:
            proposal = propose_penalties(
                contract=self.contract, month=month, entered=entered, side=Side.CONTRACTOR,
                actor=self.supervisor, at=at,
            )  # fmt: skip
        lines = {line: amount for line, amount in amounts_in(proposal.frozen).items() if amount}
        if lines and at + ONE_DAY <= self.now and not proposal.remarks.exists():
            self._remark(proposal, min(lines), at + ONE_DAY)
        decided_at = self._at(after(month) + timedelta(days=35), 14)
        if proposal.state == ExchangeState.OPEN.value and decided_at <= self.now:
            for rank, (line, amount) in enumerate(sorted(lines.items())):
                reduced = rank == 0
                decide_line(
                    proposal=proposal, line=line, outcome=Outcome.REDUCED if reduced else Outcome.KEPT,
                    amount=round(amount * Decimal("0.8"), 2) if reduced else None,
                    reason="Matinées sans trains, expliquées à leur date." if reduced else "",
                    side=Side.BUYER, actor=self.buyer.actor, at=decided_at,
                )  # fmt: skip
            proposal = close_exchange(
                proposal=proposal, side=Side.BUYER, actor=self.buyer.actor, at=decided_at + timedelta(hours=1)
            )
        credited_at = decided_at + timedelta(days=4)
        if proposal.state == ExchangeState.CLOSED.value and proposal.decided_due and credited_at <= self.now:
            credit_penalties(proposal=proposal, side=Side.CONTRACTOR, actor=self.supervisor, at=credited_at)

    def _remark(self, proposal: PenaltyProposal, line: str, at: datetime) -> None:
        remark(
            proposal=proposal, side=Side.CONTRACTOR, line=line, actor=self.supervisor, at=at,
            text="Les matinées sans trains, expliquées à leur date, pèsent sur ce résultat.",
        )  # fmt: skip
        if at + timedelta(days=3) <= self.now:
            remark(
                proposal=proposal, side=Side.BUYER, actor=self.buyer.actor, at=at + timedelta(days=3),
                text="Nous étudions le détail par jour et par site avant de décider.",
            )  # fmt: skip

    # Levels, readings, mail

    def _level(self, title: str, name: str, value: str, at: datetime) -> None:
        """The buyer notifies a change of level, once; silence accepts it."""
        known = LevelChange.objects.filter(contract=self.contract, title=title)
        if at <= self.now and not known.exists():
            notify_level_change(
                contract=self.contract, title=title, values={name: Decimal(value)}, notified_at=at,
                actor=self.buyer.actor, at=at,
            )  # fmt: skip
        note_silences(contract=self.contract, actor="system:worker", at=self.now)

    def _question(self, finished: list[date]) -> None:
        """A reading that moves figures, asked to the buyer with its letter."""
        if not finished or ReadingQuestion.objects.filter(contract=self.contract).exists():
            return
        month = finished[-1]
        at = max(self._at(after(month) + timedelta(days=8), 15), self.now - timedelta(days=10))
        at = min(at, self.now)
        one = next(
            one
            for one in read_month(self.contract, month, terms=self.terms)
            if one.reading.code == "accessibility"
        )
        letter = letter_pdf(self.contract, one, month=month, on=timezone.localdate(at))
        ask_question(
            contract=self.contract, reading=one.reading.code, letter=letter, actor=self.supervisor, at=at
        )

    def _subscriptions(self) -> None:
        if not Subscription.objects.filter(contract=self.contract).exists():
            for grain, cuts in ((Grain.WEEK, ("site",)), (Grain.MONTH, ("site",))):
                subscribe(
                    contract=self.contract, user=self.buyer, grain=grain, cuts=cuts,
                    actor=self.buyer.actor, at=self.now,
                )  # fmt: skip

    def _number(self) -> None:
        """One adviser reads their own figures; another still waits for a number."""
        adviser = User.objects.get(email="firmin.castandet@demo.example")
        if not AdviserNumber.objects.filter(contract=self.contract).exists():
            tie_adviser(
                contract=self.contract, user=adviser, number="C001", since=self.first,
                actor=self.supervisor, at=self._at(self.first, 9),
            )  # fmt: skip


PRODUCTIVE = ("productive_ms",)


def _by_day(days: Iterator[simulation.SimulatedDay], since: date) -> Iterator[simulation.SimulatedDay]:
    """The days from `since`, each with what happened on it to forms and marks, whenever they were received."""
    later: dict[date, list[dict[str, Any]]] = {}
    for one in days:
        for item in one.items:
            on = datetime.strptime(str(item["date"]), WRITTEN).date()  # noqa: DTZ007
            later.setdefault(on, []).append(item)
        one.items = later.pop(one.day, [])
        if one.day >= since:
            yield one


def _missing(on: date, site: str, today: date) -> int:
    """How many more were announced than came: none but for one morning a month, and three days ago at most."""
    if site == "EST" and today - timedelta(days=5) < on < today and on.weekday() in (1, 3):
        return 2
    return 3 if site == "NORD" and on.weekday() == 1 and 8 <= on.day <= 14 else 0


def _said(broken: _Breakdown) -> Declaration:
    """What the register says of an incident that calls name; the simulation ends telecom ones by a T."""
    since_at, telecom = min(broken.moments), broken.reference.endswith("T")
    return Declaration(
        what="Appels dissuadés : panne de l’opérateur de téléphonie"
        if telecom
        else "Fermeture : outil de gestion des dossiers indisponible",
        side=BrokenSide.OPERATOR if telecom else BrokenSide.CONTRACTOR,
        since_at=since_at, until_at=max(broken.moments) + timedelta(minutes=1), flows=("3422",),
        other_reference=broken.reference, buyer_told_at=since_at + timedelta(minutes=20),
    )  # fmt: skip


def _halved(text: str) -> str:
    hours, minutes, seconds = (int(part) for part in text.split(":")) if ":" in text else (0, 0, int(text))
    return str(max(1, (hours * 3600 + minutes * 60 + seconds) // 2))


def _cell(measured: Mapping[str, int], measure: str, *, off: bool) -> int | str:
    """What a report's cell says of a measure; `off`, a little more than the calls."""
    name = measure.lower()
    if name == "communication_ms":
        value = measured.get("talk_ms", 0) + measured.get("hold_ms", 0)
    else:
        value = measured.get(name, 0)
    if off and name in {"answered", "wait_ms"}:
        value = value * 104 // 100 + 2
    if not name.endswith("_ms"):
        return value
    seconds = round(value / 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def inhabit(now: datetime, tell: Tell) -> None:
    """The centre of the support contract, up to now."""
    Centre(now, tell).live()
