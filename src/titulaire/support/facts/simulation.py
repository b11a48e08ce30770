"""A simulated centre: call legs, advisers' states and work items drawn from a seed and the contract's own volumes.

Nothing here is fitted on anyone's data: shapes are plain assumptions, written as constants below. The same seed
gives the same days, whatever the period asked. No person is real: advisers are numbers with invented names.
"""

from __future__ import annotations

import csv
import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from titulaire.contracts.rules import Table, Terms
from titulaire.deadlines.holidays import Territory, public_holidays

OPENS, CLOSES = 8 * 3600 + 1800, 17 * 3600 + 1800
WEEKDAYS = (1.25, 1.06, 0.97, 0.95, 0.88)
MONTHS = (1.14, 1.06, 1.05, 0.96, 0.93, 1.0, 0.9, 0.74, 1.12, 1.1, 1.06, 0.86)
QUARTERS = (
    *(0.7, 0.9, 1.05, 1.2, 1.3, 1.38, 1.4, 1.4, 1.36, 1.3, 1.25, 1.18, 1.1, 1.0, 0.88, 0.78),
    *(0.72, 0.7, 0.74, 0.8, 0.92, 1.02, 1.1, 1.14, 1.15, 1.14, 1.1, 1.06, 1.0, 0.94, 0.88, 0.8),
    *(0.72, 0.62, 0.52, 0.4),
)
FLOWS = (("3422", 0.955), ("0184903422", 0.035), ("ELIOZ", 0.01))
MAIN, ENROLMENT = "MES_N1", "MES_ENROLEMENT"
ENROLMENT_SHARE = 0.16
SITES = ("NORD", "EST", "SUD")
REASONS: tuple[tuple[str, float, float], ...] = (
    # The reason, its share of the calls, how long it takes beside the mean.
    ("Numéro série CV illisible", 0.35, 0.82),
    ("Hors périmètre Mon espace santé", 0.18, 0.62),
    ("Accompagnement enrôlement", 0.13, 1.5),
    ("Info générale sur le service", 0.08, 0.95),
    ("Intervention avec identification KO", 0.05, 1.35),
    ("Info-Incident « Compte »", 0.045, 1.25),
    ("Info-Incident « Documents »", 0.03, 1.3),
    ("Info-Incident « Profil médical »", 0.02, 1.2),
    ("Info-Incident « Messagerie »", 0.018, 1.2),
    ("Info-Incident « Appli mobile »", 0.022, 1.3),
    ("Info-Incident « Vaccinations »", 0.012, 1.1),
    ("Info-Incident « Agenda »", 0.006, 1.1),
    ("Info-Incident « Catalogue de services »", 0.005, 1.1),
    ("Autres incidents", 0.02, 1.2),
    ("Demande intervention pour opposition/clôture", 0.02, 1.7),
    ("Ajout/suppression délégation au 2nd RL", 0.008, 1.6),
    ("Information sécurité et hébergement données", 0.004, 1.1),
)
HANDLING_SECONDS = 4.16 * 60
WRAPUP_MEAN, HOLD_SHARE, HOLD_MEAN = 44.0, 0.12, 42.0
PATIENCE_SECONDS = 170.0
OCCUPANCY = 0.87
"""Share of their phone time that advisers spend on calls, when the day goes as planned."""
ADVISERS = 110
SATURATED_SECONDS, WIDENS_AFTER, OVERFLOWS_AFTER = 420, 45, 120
IVR_ONLY_SHARE, OUT_OF_HOURS_SHARE = 0.04, 0.015
TRANSFER_N1_PLUS, TRANSFER_INTERNAL = 0.052, 0.009
FICTION = ("01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98")
FORMS_TEAM = 6
FIRST_NAMES = ("Aline", "Basile", "Cyrielle", "Damien", "Élia", "Fabrice", "Garance", "Hugo", "Inès", "Joris")
LAST_NAMES = (
    *("Arvanel", "Brétillac", "Corvasque", "Delmière", "Estorval", "Fauregny", "Gravelot", "Hautepin"),
    *("Ismarel", "Jolivant", "Kerbriac"),
)

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Volumes:
    """What a year holds: calls received and forms received, from `since` to the end of that year."""

    year: int
    since: date
    calls: int
    forms: int


@dataclass(frozen=True, slots=True)
class Adviser:
    """A simulated person."""

    number: str
    first_name: str
    last_name: str
    site: str
    group: str


@dataclass(slots=True)
class SimulatedDay:
    """One day of the centre: rows as the exports of `acd-csv`, `etats-csv` and `dossiers-csv` name them."""

    day: date
    legs: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Closure:
    """A part of a day when calls are turned away. `incident` is empty when nothing technical explains it."""

    kind: str
    starts: int
    ends: int
    incident: str


def advisers() -> tuple[Adviser, ...]:
    """The people of the centre: invented names, three sites, two groups."""
    made = []
    for place in range(ADVISERS):
        first = FIRST_NAMES[place % len(FIRST_NAMES)]
        last = LAST_NAMES[place // len(FIRST_NAMES) % len(LAST_NAMES)]
        group = ENROLMENT if place % 6 == 5 else MAIN
        made.append(Adviser(f"C{place + 1:03d}", first, last, SITES[place % len(SITES)], group))
    return tuple(made)


def volumes_in(terms: Terms) -> list[Volumes]:
    """What the contract foresees for each year, from the day calls start."""
    starts_on = terms.head.starts_on
    calls, forms = (
        {int(year): int(count) for year, count in cast(Table, terms.value(name, on=starts_on))}
        for name in ("forecast_calls_by_year", "forecast_forms_by_year")
    )
    return [
        Volumes(year, max(starts_on, date(year, 1, 1)), count, forms[year]) for year, count in calls.items()
    ]


def open_days(since: date, until: date) -> list[date]:
    """Mondays to Fridays of a period but for public holidays, `until` not included."""
    days = (since + timedelta(days=n) for n in range((until - since).days))
    return [day for day in days if day.weekday() < 5 and not _is_holiday(day)]


def _is_holiday(day: date) -> bool:
    return day in public_holidays(Territory.METROPOLE, day.year)


def daily_volumes(volumes: Volumes, seed: int) -> dict[date, tuple[int, int]]:
    """Calls and forms of each open day of a year: they add up to the year's volumes exactly."""
    days = open_days(volumes.since, date(volumes.year + 1, 1, 1))
    rng = np.random.default_rng([seed, volumes.year])
    weights = np.array([WEEKDAYS[day.weekday()] * MONTHS[day.month - 1] for day in days])
    after = np.array([1.14 if _is_holiday(day - timedelta(days=1)) else 1.0 for day in days])
    weights = weights * after * np.exp(rng.normal(0, 0.055, len(days)))
    calls = rng.multinomial(volumes.calls, weights / weights.sum())
    forms = rng.multinomial(volumes.forms, weights / weights.sum())
    return {day: (int(c), int(f)) for day, c, f in zip(days, calls, forms, strict=True)}


def simulate(volumes: Sequence[Volumes], since: date, until: date, seed: int) -> Iterator[SimulatedDay]:
    """Each open day of a period, in order, `until` not included."""
    people = advisers()
    for year in sorted(volumes, key=lambda one: one.year):
        for day, (calls, forms) in daily_volumes(year, seed).items():
            if since <= day < until:
                yield _Day(day, calls, forms, people, seed, until).run()


EXPORTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    # What the file is called, the connector that reads it, its headings.
    "appels": (
        "acd-csv",
        (
            *(
                "appel",
                "segment",
                "arrivee",
                "decroche",
                "qualifie_le",
                "flux",
                "groupe",
                "groupe_conseiller",
            ),
            *("origine", "issue", "cause", "fermeture_exceptionnelle", "incident", "svi", "attente"),
            *("sonnerie", "conversation", "garde", "post_appel", "transfert_vers", "transfert_resultat"),
            *("motif", "qualifie_par", "site", "conseiller", "teletravail", "interne", "appelant"),
        ),
    ),
    "etats": (
        "etats-csv",
        (
            *("conseiller", "session", "debut", "duree", "etat", "activite", "raison", "groupe", "site"),
            "teletravail",
        ),
    ),
    "dossiers": (
        "dossiers-csv",
        (
            *("dossier", "nature", "evenement", "date", "motif", "site", "conseiller", "note", "note_par"),
            *("tirage", "exclusion", "reponse_type"),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Export:
    """A file of the simulated centre, and the connector that reads it."""

    path: Path
    connector: str
    rows: int


def write_exports(
    days: Iterable[SimulatedDay], directory: Path, *, by_month: bool = False
) -> Iterator[Export]:
    """Write the days as an ACD would export them: three files per day, or per month. Each is given once whole."""
    for name, group in itertools.groupby(
        days, key=lambda one: f"{one.day:%Y-%m}" if by_month else str(one.day)
    ):
        held = list(group)
        for kind, (connector, headings) in EXPORTS.items():
            path = directory / f"{kind}-{name}.csv"
            rows = 0
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, headings, delimiter=";", restval="")
                writer.writeheader()
                for one in held:
                    found = {"appels": one.legs, "etats": one.states, "dossiers": one.items}[kind]
                    writer.writerows(found)
                    rows += len(found)
            yield Export(path, connector, rows)


class _Day:
    """One day: draws everything at once, then walks the calls in order of arrival."""

    def __init__(
        self, day: date, calls: int, forms: int, people: Sequence[Adviser], seed: int, until: date
    ) -> None:
        self.day, self.calls, self.forms, self.people, self.until = day, calls, forms, people, until
        self.rng = np.random.default_rng([seed, day.toordinal()])
        self.made = SimulatedDay(day)
        self.text = f"{day:%d/%m/%Y} "
        # Civil time, as exports write it.
        self.midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
        self.segments: dict[int, list[tuple[int, int, str]]] = {}

    def run(self) -> SimulatedDay:
        self.closures = self.draw_closures()
        self.draw_staff()
        self.walk()
        self.write_states()
        self.write_forms()
        self.write_marks()
        return self.made

    def at(self, second: int) -> str:
        """A second of the day as the export writes it, past midnight included."""
        if 0 <= second < 86_400:
            return f"{self.text}{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        return (self.midnight + timedelta(seconds=second)).strftime("%d/%m/%Y %H:%M:%S")

    # The day's conditions

    def draw_closures(self) -> list[Closure]:
        rng, found = self.rng, []
        number = f"{self.day:%Y}-{self.day.timetuple().tm_yday:03d}"
        if rng.random() < 0.03:
            start = int(rng.integers(OPENS, CLOSES - 5400))
            found.append(Closure("TELECOM", start, start + int(rng.integers(600, 3600)), f"INC-{number}-T"))
        if rng.random() < 0.02:
            start = int(rng.integers(OPENS, CLOSES - 5400))
            incident = f"INC-{number}-F" if rng.random() < 0.6 else ""
            found.append(Closure("CLOSURE", start, start + int(rng.integers(900, 5400)), incident))
        return found

    def draw_staff(self) -> None:
        """How many are there, who, when they pause. The load decides; some days miss a few."""
        rng = self.rng
        load = self.calls * HANDLING_SECONDS / (CLOSES - OPENS)
        wanted = load / OCCUPANCY / 0.885 + 1.5
        present = int(np.clip(round(wanted * rng.normal(1.0, 0.035)), 6, len(self.people)))
        on_phone = list(enumerate(self.people))[:-FORMS_TEAM]
        enrolment = [i for i, one in on_phone if one.group == ENROLMENT]
        main = [i for i, one in on_phone if one.group == MAIN]
        share = max(2, min(len(enrolment), round(present * ENROLMENT_SHARE)))
        chosen = [*rng.choice(enrolment, share, replace=False)]
        chosen += [*rng.choice(main, min(len(main), present - share), replace=False)]
        self.remote = {int(i): bool(rng.random() < 0.2) for i in chosen}
        self.free: dict[str, list[tuple[int, int]]] = {MAIN: [], ENROLMENT: []}
        self.pauses: dict[int, list[tuple[int, int]]] = {}
        for place, who in enumerate(int(i) for i in chosen):
            lunch = 11 * 3600 + 2700 + (place * 7 % 8) * 900
            first = OPENS + 3600 + (place * 5 % 9) * 600
            last = 14 * 3600 + 1800 + (place * 3 % 9) * 600
            # Latest first, so that the next one is taken from the end.
            self.pauses[who] = [(last, 600), (lunch, 2700), (first, 600)]
            self.segments[who] = []
            heapq.heappush(self.free[self.people[who].group], (OPENS + place % 7, who))

    # The calls

    def draw_calls(self) -> dict[str, list[Any]]:
        rng, n = self.rng, self.calls
        weights = np.array(QUARTERS) / sum(QUARTERS)
        quarters = rng.choice(len(QUARTERS), n, p=weights)
        arrivals = OPENS + quarters * 900 + rng.integers(0, 900, n)
        late = rng.random(n) < OUT_OF_HOURS_SHARE
        early = rng.random(n) < 0.5
        arrivals = np.where(late & early, rng.integers(7 * 3600 + 1800, OPENS, n), arrivals)
        arrivals = np.where(late & ~early, rng.integers(CLOSES, 19 * 3600, n), arrivals)
        arrivals.sort()
        shares = np.array([share for _, share, _ in REASONS])
        reasons = rng.choice(len(REASONS), n, p=shares / shares.sum())
        factors = np.array([factor for _, _, factor in REASONS])
        factors /= (factors * shares / shares.sum()).sum()
        hold = np.where(rng.random(n) < HOLD_SHARE, rng.exponential(HOLD_MEAN, n), 0.0)
        talk_mean = HANDLING_SECONDS - WRAPUP_MEAN - HOLD_SHARE * HOLD_MEAN
        spread = 0.55
        talk = talk_mean * factors[reasons] * rng.lognormal(-(spread**2) / 2, spread, n)
        wrapup = rng.gamma(2.2, WRAPUP_MEAN / 2.2, n)
        flows = rng.choice(len(FLOWS), n, p=[share for _, share in FLOWS])
        return {
            "arrival": arrivals.tolist(),
            "reason": reasons.tolist(),
            "talk": np.maximum(8, np.rint(talk)).astype(np.int64).tolist(),
            "hold": np.rint(hold).astype(np.int64).tolist(),
            "wrapup": np.maximum(3, np.rint(wrapup)).astype(np.int64).tolist(),
            "patience": (4 + rng.exponential(PATIENCE_SECONDS, n)).astype(np.int64).tolist(),
            "flow": flows.tolist(),
            "ivr": rng.integers(18, 55, n).tolist(),
            "ring": rng.integers(2, 7, n).tolist(),
            "dice": rng.random((n, 4)).tolist(),
            "caller": rng.integers(0, max(20, n * 40), n).tolist(),
        }

    def walk(self) -> None:
        drawn = self.draw_calls()
        # Legs that come from another leg wait their turn: (second, order, call, group, origin, leg).
        waiting: list[tuple[int, int, int, str, str, int]] = []
        order = 0
        for call, second in enumerate(drawn["arrival"]):
            while waiting and waiting[0][0] <= second:
                at, _, other, group, origin, leg = heapq.heappop(waiting)
                order = self.leg(drawn, other, at, group, origin, leg, waiting, order)
            enrolment = drawn["reason"][call] == 2 or drawn["dice"][call][0] < 0.035
            group = ENROLMENT if enrolment else MAIN
            order = self.leg(drawn, call, second, group, "Entrant", 1, waiting, order)
        while waiting:
            at, _, other, group, origin, leg = heapq.heappop(waiting)
            order = self.leg(drawn, other, at, group, origin, leg, waiting, order)
        self.menu_only(drawn)

    def leg(
        self,
        drawn: Mapping[str, list[Any]],
        call: int,
        second: int,
        group: str,
        origin: str,
        number: int,
        waiting: list[tuple[int, int, int, str, str, int]],
        order: int,
    ) -> int:
        row = {
            "appel": f"{self.day:%Y%m%d}-{call + 1:05d}",
            "segment": number,
            "arrivee": self.at(second),
            "flux": FLOWS[drawn["flow"][call]][0],
            "groupe": group,
            "origine": origin,
            "svi": drawn["ivr"][call] if number == 1 else 0,
            "appelant": _number(drawn["caller"][call]),
            "interne": "oui" if drawn["dice"][call][3] > 0.999 else "non",
        }
        self.made.legs.append(row)
        for closure in self.closures:
            if closure.starts <= second < closure.ends:
                row |= {"issue": "Dissuadé", "cause": "Télécom" if closure.kind == "TELECOM" else "Fermeture"}
                row["incident"] = closure.incident
                row["fermeture_exceptionnelle"] = "oui" if closure.kind == "CLOSURE" else "non"
                return order
        if number == 1 and not OPENS <= second < CLOSES:
            row |= {"issue": "Dissuadé", "cause": "Fermeture"}
            return order
        patience = drawn["patience"][call]
        start, who = self.next_free(group, second)
        wait = start - second
        if origin == "Transfert" and drawn["dice"][call][1] > 0.9:
            row |= {"issue": "Repris", "attente": _hms(min(wait, 12))}
            return order
        if wait > SATURATED_SECONDS:
            row |= {"issue": "Dissuadé", "cause": "Saturation"}
            return order
        answering = group
        if wait > WIDENS_AFTER and patience > WIDENS_AFTER:
            other = ENROLMENT if group == MAIN else MAIN
            there, someone = self.next_free(other, second + WIDENS_AFTER)
            if there == second + WIDENS_AFTER:
                start, who, wait, answering = there, someone, WIDENS_AFTER, other
            elif group == ENROLMENT and origin == "Entrant" and wait > OVERFLOWS_AFTER < patience:
                row |= {"issue": "Débordé", "attente": _hms(OVERFLOWS_AFTER)}
                entry = (second + OVERFLOWS_AFTER, order, call, MAIN, "Débordement", number + 1)
                heapq.heappush(waiting, entry)
                return order + 1
        if wait > patience:
            row |= {"issue": "Abandonné", "attente": _hms(patience)}
            return order
        return self.answered(drawn, call, row, second, start, who, answering, number, waiting, order)

    def answered(
        self,
        drawn: Mapping[str, list[Any]],
        call: int,
        row: dict[str, Any],
        second: int,
        start: int,
        who: int,
        answering: str,
        number: int,
        waiting: list[tuple[int, int, int, str, str, int]],
        order: int,
    ) -> int:
        ring, talk, hold, wrapup = (drawn[name][call] for name in ("ring", "talk", "hold", "wrapup"))
        if number > 1:
            talk = max(8, talk // 2)
        heapq.heappop(self.free[answering])
        up = start + ring
        down = up + talk + hold
        heapq.heappush(self.free[answering], (down + wrapup, who))
        self.segments[who] += [
            (start, up, "Sonnerie"),
            (up, up + talk, "Conversation"),
            (up + talk, down, "Garde"),
            (down, down + wrapup, "Post-appel"),
        ]
        dice = drawn["dice"][call]
        row |= {
            "issue": "Décroché",
            "decroche": self.at(up),
            "attente": _hms(up - second),
            "sonnerie": ring,
            "conversation": _hms(talk),
            "garde": hold,
            "post_appel": wrapup,
            "groupe_conseiller": answering,
            "site": self.people[who].site,
            "conseiller": self.people[who].number,
            "teletravail": "oui" if self.remote[who] else "non",
        }
        if dice[2] > 0.003:
            row["motif"] = REASONS[drawn["reason"][call]][0]
            row["qualifie_par"] = "Automate" if dice[2] < 0.008 else "Conseiller"
            row["qualifie_le"] = self.at(down + wrapup)
        if dice[1] < TRANSFER_N1_PLUS:
            result = dice[1] / TRANSFER_N1_PLUS
            row["transfert_vers"] = "N1+"
            row["transfert_resultat"] = "Abouti" if result < 0.94 else "Repris" if result < 0.98 else "Échoué"
        elif dice[1] < TRANSFER_N1_PLUS + TRANSFER_INTERNAL and number == 1:
            other = ENROLMENT if row["groupe"] == MAIN else MAIN
            heapq.heappush(waiting, (down, order, call, other, "Transfert", 2))
            order += 1
        return order

    def next_free(self, group: str, second: int) -> tuple[int, int]:
        """When the adviser who has waited longest can take a call that arrives at `second`, and who it is."""
        heap = self.free[group]
        while True:
            free, who = heap[0]
            start = max(free, second)
            pauses = self.pauses[who]
            if not pauses or pauses[-1][0] > start:
                return start, who
            planned, length = pauses.pop()
            begins = max(planned, free)
            self.segments[who].append((begins, begins + length, "Pause"))
            heapq.heapreplace(heap, (begins + length, who))

    def menu_only(self, drawn: Mapping[str, list[Any]]) -> None:
        """Calls that the voice menu informs and turns away: presented, never received."""
        count = self.rng.binomial(self.calls, IVR_ONLY_SHARE)
        for place, second in enumerate(sorted(self.rng.integers(OPENS, CLOSES, count).tolist())):
            self.made.legs.append(
                {
                    "appel": f"{self.day:%Y%m%d}-S{place + 1:04d}",
                    "segment": 1,
                    "arrivee": self.at(second),
                    "flux": FLOWS[0][0],
                    "origine": "SVI",
                    "svi": 31,
                    "appelant": _number(int(drawn["caller"][place % len(drawn["caller"])])),
                    "issue": "Dissuadé",
                    "cause": "Hors périmètre",
                }
            )

    # Advisers' states

    def write_states(self) -> None:
        for who, segments in self.segments.items():
            person = self.people[who]
            for planned, length in reversed(self.pauses[who]):
                # Nobody called any more: the pauses left are taken in their turn.
                begins = max([planned, *(end for _, end, _ in segments)])
                if begins + length <= CLOSES:
                    segments.append((begins, begins + length, "Pause"))
            now = OPENS
            common = {
                "conseiller": person.number,
                "session": f"{person.number}-{self.day:%Y%m%d}",
                "activite": "Téléphone",
                "groupe": person.group,
                "site": person.site,
                "teletravail": "oui" if self.remote[who] else "non",
            }
            for starts, ends, state in [*sorted(segments), (CLOSES, CLOSES, "")]:
                if starts > now:
                    self.state(common, now, starts, "Disponible")
                if ends > starts:
                    self.state(common, starts, ends, state)
                now = max(now, ends)

    def state(self, common: dict[str, Any], starts: int, ends: int, state: str) -> None:
        row = {**common, "debut": self.at(starts), "duree": ends - starts, "etat": state}
        if state == "Pause":
            row["raison"] = "Déjeuner" if ends - starts > 1800 else "Pause"
        self.made.states.append(row)

    # Forms and marks

    def write_forms(self) -> None:
        """Forms of the day, each answered within a few open days by those who are on forms."""
        rng = self.rng
        days = open_days(self.day, self.day + timedelta(days=16))
        team = self.people[-FORMS_TEAM:]
        lags = np.minimum(rng.geometric(0.72, self.forms) - 1, 5).tolist()
        reasons = rng.choice(len(REASONS), self.forms, p=_shares()).tolist()
        received = rng.integers(0, 86_400, self.forms).tolist()
        dice = rng.random(self.forms).tolist()
        for place in range(self.forms):
            base = {
                "dossier": f"F{self.day:%Y%m%d}-{place + 1:04d}",
                "nature": "Formulaire",
                "motif": REASONS[reasons[place]][0],
            }
            self.made.items.append(base | {"evenement": "Reçu", "date": self.at(received[place])})
            day = days[1 + lags[place]]
            if dice[place] > 0.955 or day >= self.until:
                continue
            person = team[place % len(team)]
            answered = f"{day:%d/%m/%Y} {9 + place % 8:02d}:{place * 7 % 60:02d}:{place * 13 % 60:02d}"
            done = {"date": answered, "site": person.site, "conseiller": person.number}
            if dice[place] < 0.006:
                self.made.items.append(base | done | {"evenement": "Écarté", "exclusion": "DOUBLON"})
            else:
                done |= {"evenement": "Répondu", "reponse_type": f"RT-{place % 40:02d}/v1"}
                self.made.items.append(base | done)
        for person in team[: max(1, round(self.forms / 90))]:
            self.form_states(person)

    def form_states(self, person: Adviser) -> None:
        common = {
            "conseiller": person.number,
            "session": f"{person.number}-{self.day:%Y%m%d}",
            "activite": "Formulaires",
            "groupe": person.group,
            "site": person.site,
            "teletravail": "non",
        }
        self.state(common, OPENS, 45_000, "Formulaire")
        self.state(common, 45_000, 48_600, "Pause")
        self.state(common, 48_600, CLOSES, "Formulaire")

    def write_marks(self) -> None:
        """A few contacts marked by both sides, most of them drawn."""
        rng = self.rng
        calls = [row for row in self.made.legs if row.get("issue") == "Décroché"]
        for nature, evenings in (("Appel", 3), ("Ticket N2", 2), ("Formulaire", 2)):
            for place in range(min(evenings, len(calls))):
                call = calls[int(rng.integers(len(calls)))]
                name = (
                    f"{nature[0]}{call['appel']}-{place}" if nature != "Appel" else f"{call['appel']}-{place}"
                )
                true = float(np.clip(rng.normal(87.5, 7.5), 40, 100))
                for side, bias in (("Titulaire", 0.8), ("Acheteur", -0.8)):
                    mark = round(min(100.0, max(0.0, true + bias + float(rng.normal(0, 1.5)))) * 2) / 2
                    self.made.items.append(
                        {
                            "dossier": name,
                            "nature": nature,
                            "evenement": "Noté",
                            "date": self.at(CLOSES + 600 + place * 60),
                            "motif": call.get("motif", ""),
                            "site": call["site"],
                            "conseiller": call["conseiller"],
                            "note": f"{mark:.1f}".replace(".", ","),
                            "note_par": side,
                            "tirage": "Tiré au sort" if rng.random() < 0.9 else "Choisi",
                        }
                    )


def _shares() -> npt.NDArray[np.float64]:
    shares = np.array([share for _, share, _ in REASONS])
    return shares / shares.sum()


def _hms(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _number(caller: int) -> str:
    """A number that nobody has: of the ranges kept for fiction."""
    prefix = FICTION[caller // 10_000 % len(FICTION)]
    return f"{prefix} {caller // 100 % 100:02d} {caller % 100:02d}"
