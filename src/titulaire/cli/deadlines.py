"""`titulaire deadlines`: where a delay ends, and why."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import click

from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.deadlines.calendars import ONE_DAY, Calendar, Closure, Counting, OpenAndClosed, Reason
from titulaire.deadlines.days import (
    add_calendar_days,
    add_months,
    add_working_days,
    same_date,
    uncounted_days,
    working_days_between,
)
from titulaire.deadlines.holidays import (
    FIRST_YEAR,
    LAST_YEAR,
    PLACES,
    Territory,
    YearOutsideTable,
    public_holidays,
)
from titulaire.deadlines.hours import READINGS
from titulaire.deadlines.opening import BadOpeningHours, OpeningHours

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
DEFAULT_WINDOWS = ("08:30-12:30", "13:30-17:30")
READING_CODES = {"days": "DAYS", "opening": "OPENING"}
LONGEST = 20_000
MOST_DAYS_SHOWN = 60
TERRITORIES = {territory.value.lower().replace("_", "-"): territory for territory in Territory}


class BadInput(Exception):
    """What was typed cannot be carried out; the message is French, for the person who typed it."""


@dataclass(frozen=True)
class End:
    """Where a delay ends and what explains it; `text` is the answer, alone on its line."""

    text: str
    sentence: str
    passed_over: list[tuple[date, Closure]]
    facts: dict[str, object]


@click.group(name="deadlines")
def command() -> None:
    """Compter les délais : jours ouvrés, mois, heures ouvrées, jours fériés."""


def answers(function: Callable[..., None]) -> Callable[..., None]:
    """Turn what the rules refuse into a French sentence and exit code 2."""

    @functools.wraps(function)
    def answer(*args: object, json_output: bool, **options: object) -> None:
        try:
            function(*args, json_output=json_output, **options)
        except BadInput as error:
            refuse(str(error), json_output=json_output)
        except BadOpeningHours as error:
            refuse(
                f"la plage « {error.text} » n’est pas valable ; écrivez par exemple 08:30-12:30.",
                json_output=json_output,
            )
        except OpenAndClosed as error:
            days = ", ".join(in_words(day) for day in sorted(error.days))
            refuse(f"le même jour est donné ouvert et fermé : {days}.", json_output=json_output)
        except YearOutsideTable as error:
            refuse(
                "les jours fériés sont connus "
                f"de {FIRST_YEAR} à {LAST_YEAR} ; or ce calcul va en {error.year}.",
                json_output=json_output,
            )

    return answer


def with_calendar(function: Callable[..., None]) -> Callable[..., None]:
    """The options that say which days count."""
    options = (
        click.option(
            "--territory",
            default="metropole",
            show_default=True,
            metavar="TERRITOIRE",
            help=f"Jours fériés de : {', '.join(TERRITORIES)}.",
        ),
        click.option("--closed", multiple=True, metavar="DATE", help="Jour fermé de plus (répétable)."),
        click.option(
            "--open", "opened", multiple=True, metavar="DATE", help="Jour ouvert de plus (répétable)."
        ),
        click.option(
            "--ouvrables", is_flag=True, help="Compter du lundi au samedi au lieu du lundi au vendredi."
        ),
        as_json,
    )
    for option in reversed(options):
        function = option(function)
    return function


@command.command()
@click.argument("start", required=False, metavar="DATE")
@click.option(
    "--from",
    "start_option",
    metavar="DATE",
    help="Le fait qui fait partir le délai, s’il n’est pas déjà donné.",
)
@click.option("--working-days", metavar="N", help="Jours ouvrés (négatif : à rebours, J-10).")
@click.option("--days", metavar="N", help="Jours calendaires ; la fin se reporte au jour ouvré suivant.")
@click.option("--months", metavar="N", help="Mois, de quantième à quantième ; même report.")
@click.option(
    "--hours", metavar="N", help="Heures ouvrées ; la DATE porte alors une heure : 2027-04-30T16:00."
)
@click.option(
    "--reading", metavar="days|opening", help="days : 24 h = un jour ouvré ; opening : heures d’ouverture."
)
@click.option(
    "--window",
    multiple=True,
    metavar="HH:MM-HH:MM",
    help=f"Plage d’ouverture (répétable). [défaut : {' '.join(DEFAULT_WINDOWS)}]",
)
@with_calendar
@answers
def add(
    start: str | None,
    start_option: str | None,
    working_days: str | None,
    days: str | None,
    months: str | None,
    hours: str | None,
    reading: str | None,
    window: tuple[str, ...],
    territory: str,
    closed: tuple[str, ...],
    opened: tuple[str, ...],
    ouvrables: bool,
    json_output: bool,
) -> None:
    """Dire quand finit un délai parti de DATE. La première ligne est la réponse, les suivantes l’expliquent.

    titulaire deadlines add 2027-04-28 --working-days 10
    """
    given = {"working_days": working_days, "days": days, "months": months, "hours": hours}
    chosen = [(unit, number) for unit, number in given.items() if number is not None]
    if len(chosen) != 1:
        raise BadInput("donnez une durée et une seule : --working-days, --days, --months ou --hours.")
    if (start is None) == (start_option is None):
        raise BadInput("donnez la date de départ une fois : 2027-04-28, ou --from 2027-04-28.")
    if reading is not None and hours is None:
        raise BadInput("--reading ne va qu’avec --hours.")
    if window and reading != "opening":
        raise BadInput("--window ne va qu’avec --hours et --reading opening.")
    if ouvrables and working_days is None:
        raise BadInput("--ouvrables ne va qu’avec --working-days.")
    fact, (unit, text) = start or start_option or "", chosen[0]
    number = read_number(text)
    calendar = read_calendar(territory, closed, opened, window or DEFAULT_WINDOWS)
    if unit == "hours":
        end = end_in_hours(fact, number, reading, calendar)
    else:
        end = end_in_days(fact, number, unit, calendar, Counting.OUVRABLES if ouvrables else Counting.OUVRES)
    show(end, calendar, json_output=json_output)


@command.command()
@click.argument("first", metavar="DATE")
@click.argument("last", metavar="DATE")
@with_calendar
@answers
def between(
    first: str,
    last: str,
    territory: str,
    closed: tuple[str, ...],
    opened: tuple[str, ...],
    ouvrables: bool,
    json_output: bool,
) -> None:
    """Compter les jours ouvrés entre deux dates, la première exclue, la seconde comprise."""
    start, end = read_day(first), read_day(last)
    calendar = read_calendar(territory, closed, opened)
    counting = Counting.OUVRABLES if ouvrables else Counting.OUVRES
    number = working_days_between(start, end, calendar, counting)
    sentence = (
        f"{in_number(number, *_UNITS[counting])}, du {in_words(start)} (exclu) au {in_words(end)} (compris)"
    )
    passed_over = uncounted_days(start, end, calendar, counting)
    facts = {"start_on": start, "end_on": end, "counting": counting, "working_days": number}
    show(End(str(number), sentence, passed_over, facts), calendar, json_output=json_output)


@command.command()
@click.argument("year", metavar="ANNÉE")
@click.option(
    "--territory", default="metropole", show_default=True, metavar="TERRITOIRE", help=", ".join(TERRITORIES)
)
@as_json
@answers
def holidays(year: str, territory: str, json_output: bool) -> None:
    """Lister les jours fériés d’une année sur un territoire."""
    place = read_territory(territory)
    try:
        named = public_holidays(place, int(year))
    except YearOutsideTable:
        raise
    except ValueError:
        raise BadInput(f"« {year} » n’est pas une année ; écrivez par exemple 2027.") from None
    if json_output:
        print_json(
            {
                "territory": place,
                "year": int(year),
                "holidays": [{"on": day, "name": name} for day, name in named.items()],
            }
        )
        return
    for day, name in named.items():
        click.echo(f"{day}  {WEEKDAYS[day.weekday()]:<8}  {name}")


_UNITS = {
    "days": ("jour calendaire", "jours calendaires"),
    "months": ("mois", "mois"),
    Counting.OUVRES: ("jour ouvré", "jours ouvrés"),
    Counting.OUVRABLES: ("jour ouvrable", "jours ouvrables"),
}


def end_in_days(text: str, number: int, unit: str, calendar: Calendar, counting: Counting) -> End:
    """The end of a delay that starts on a date, moved or not."""
    start = read_day(text)
    facts: dict[str, object] = {"start_on": start, unit: number}
    if unit == "working_days":
        unmoved = end = add_working_days(start, number, calendar, counting)
        passed_over = uncounted_days(start, end, calendar, counting)
        words = _UNITS[counting]
        facts["counting"] = counting
    else:
        unmoved = start + timedelta(days=number) if unit == "days" else same_date(start, number)
        end = (add_calendar_days if unit == "days" else add_months)(start, number, calendar)
        # Only the days that moved the end: calendar days all count until then.
        step = ONE_DAY if end >= unmoved else -ONE_DAY
        passed_over = [] if end == unmoved else uncounted_days(unmoved - step, end, calendar)
        words = _UNITS[unit]
        facts["unmoved_on"] = unmoved
    if number > 0:
        sentence = (
            f"{in_number(number, *words)} après le {in_words(start)} : "
            f"du {in_words(start + ONE_DAY)} à 0 h au {in_words(end)} à minuit"
        )
    else:
        sentence = (
            f"{in_number(-number, *words)} avant le {in_words(start)} : au plus tard le {in_words(end)}"
        )
    if end != unmoved:
        sentence += f", car le {in_words(unmoved)} n’est pas un jour ouvré"
    return End(end.isoformat(), sentence, passed_over, {**facts, "ends_on": end})


def end_in_hours(text: str, number: int, reading: str | None, calendar: Calendar) -> End:
    """The end of a delay that starts at an instant, in « heures ouvrées » as they are read."""
    if reading not in READING_CODES:
        raise BadInput("dites comment lire les heures ouvrées : --reading days ou --reading opening.")
    start = read_instant(text, calendar)
    end = READINGS[READING_CODES[reading]].add(start, timedelta(hours=number), calendar, ())
    how = (
        "24 h valent un jour ouvré"
        if reading == "days"
        else f"seules comptent les heures d’ouverture ({opening_words(calendar)})"
    )
    way = "après" if number >= 0 else "avant"
    sentence = (
        f"{in_number(abs(number), 'heure ouvrée', 'heures ouvrées')} {way} le {instant_words(start)} : "
        f"le {instant_words(end)} ; {how}"
    )
    passed_over = uncounted_days(start.date(), end.date(), calendar)
    facts = {"start_at": start, "hours": number, "reading": READING_CODES[reading], "ends_at": end}
    return End(end.isoformat(timespec="minutes"), sentence, passed_over, dict(facts))


def show(end: End, calendar: Calendar, *, json_output: bool) -> None:
    """Print the answer alone on the first line, then the reasons; or one JSON document."""
    if json_output:
        days = [{"on": day, "reason": why.reason, "name": why.name} for day, why in end.passed_over]
        print_json({**end.facts, "territory": calendar.territory, "uncounted": days})
        return
    click.echo(end.text)
    click.echo(f"{end.sentence} (calendrier : {PLACES[calendar.territory].name}).")
    if end.passed_over:
        click.echo("Jours non comptés :")
    for day, why in end.passed_over[:MOST_DAYS_SHOWN]:
        click.echo(f"  {in_words(day)}{reason_words(why)}")
    if (unshown := len(end.passed_over) - MOST_DAYS_SHOWN) > 0:
        click.echo(f"  … et {unshown} autres (--json les donne tous).")


def read_number(text: str) -> int:
    """A duration as typed."""
    try:
        number = int(text)
    except ValueError:
        raise BadInput(f"« {text} » n’est pas un nombre entier.") from None
    if abs(number) > LONGEST:
        raise BadInput(f"{text} est trop long : {LONGEST} au plus.")
    return number


def read_day(text: str) -> date:
    """A date as typed."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"« {text} » n’est pas une date ; écrivez par exemple 2027-04-28.") from None
    return in_table(day)


def read_instant(text: str, calendar: Calendar) -> datetime:
    """A date and time as typed, on the clocks of the territory unless it bears its own offset."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or "T" not in text:
        raise BadInput(
            f"« {text} » n’est pas un instant ; écrivez la date et l’heure, par exemple 2027-04-30T16:00."
        )
    in_table(at.date())
    if at.tzinfo is not None:
        return calendar.local(at)
    local = at.replace(tzinfo=calendar.zone)
    if local.astimezone(UTC).astimezone(calendar.zone).replace(tzinfo=None) != at:
        raise BadInput(f"{text} n’existe pas : les horloges avancent d’une heure ce jour-là.")
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise BadInput(f"{text} arrive deux fois ce jour-là ; ajoutez le décalage, par exemple +01:00.")
    return local


def in_table(day: date) -> date:
    """Give the day back, if the holidays of its year are known."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise YearOutsideTable(day.year)
    return day


def read_territory(text: str) -> Territory:
    """A territory as typed."""
    if text.lower() not in TERRITORIES:
        raise BadInput(f"territoire inconnu : « {text} ». Connus : {', '.join(TERRITORIES)}.")
    return TERRITORIES[text.lower()]


def read_calendar(
    territory: str,
    closed: tuple[str, ...],
    opened: tuple[str, ...],
    windows: tuple[str, ...] = DEFAULT_WINDOWS,
) -> Calendar:
    """The calendar that the options describe."""
    return Calendar(
        read_territory(territory),
        frozenset(map(read_day, closed)),
        frozenset(map(read_day, opened)),
        OpeningHours.weekly(*windows),
    )


@command.command("list")
@click.option("--contract", "code", required=True, metavar="CODE", help="Le marché, ex. cpam47.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Premier jour, inclus ; sinon la notification."
)
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help="Jour de fin, exclu ; sinon dans trois mois."
)
@click.option("--room", help="Un seul domaine, par son code : governance, orders, delivery…")
@click.option(
    "--state",
    type=click.Choice(["OPEN", "LATE", "DONE", "DONE_LATE", "DEEMED", "FACT"]),
    multiple=True,
    help="À répéter ; sans lui, tous.",
)
@as_json
def list_(
    code: str,
    since: datetime | None,
    until: datetime | None,
    room: str | None,
    state: tuple[str, ...],
    json_output: bool,
) -> None:
    """Les échéances d’un marché, avec leur état : les mêmes que la page « Échéances »."""
    # The other commands of this group count without settings or database; this one reads a contract.
    from titulaire.cli.main import set_up

    set_up()
    from django.utils import timezone

    from titulaire.governance.board import board, document, doors, whole_life
    from titulaire.governance.wording import DUE_STATES, WHOS
    from titulaire.identity.models import Contract

    contract = Contract.objects.filter(code=code).first()
    if contract is None:
        known = list(Contract.objects.values_list("code", flat=True))
        refuse(f"aucun marché ne porte le code « {code} ».", json_output=json_output, contracts=known)
    rooms = [door.room for door in doors()]
    if room is not None and room not in rooms:
        refuse(f"aucun domaine ne porte le code « {room} ».", json_output=json_output, rooms=rooms)
    now, today = timezone.now(), timezone.localdate()
    first = since.date() if since else whole_life(contract, today)[0]
    last = until.date() if until else same_date(today, 3)
    lines = [
        line
        for line in board(contract, since=first, until=last, at=now)
        if (room is None or line.room == room) and (not state or line.state.value in state)
    ]
    if json_output:
        print_json(
            {"contract": code, "since": first, "until": last, "dates": [document(line) for line in lines]}
        )
        return
    print_table(
        f"Échéances de {code}",
        ["Échéance", "Quoi", "État", "À la charge de", "Domaine"],
        [
            (
                f"{line.due.due_on:%d/%m/%Y}",
                line.due.label,
                DUE_STATES[line.state.value].label,
                WHOS[line.due.who.value],
                line.title,
            )
            for line in lines
        ],
    )


def in_number(number: int, one: str, many: str) -> str:
    """A count with its noun: in French, zero and one are singular."""
    return f"{number} {one if abs(number) < 2 else many}"


def in_words(day: date) -> str:
    """« jeudi 13 mai 2027 »."""
    return (
        f"{WEEKDAYS[day.weekday()]} {'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"
    )


def instant_words(at: datetime) -> str:
    """« lundi 3 mai 2027 à 16 h 00 »."""
    return f"{in_words(at.date())} à {at.hour} h {at:%M}"


def opening_words(calendar: Calendar) -> str:
    """The windows of a Monday, for all the days the command knows."""
    assert calendar.opening is not None  # noqa: S101 - the command always gives opening hours
    return ", ".join(map(str, calendar.opening.by_weekday[0]))


def reason_words(closure: Closure) -> str:
    """Why a day does not count, after the day; a Saturday speaks for itself."""
    match closure.reason:
        case Reason.HOLIDAY:
            return f" : {closure.name}"
        case Reason.CLOSED_BY_CONTRACT:
            return " : fermé d’après le marché"
        case Reason.WEEKEND:
            return ""
