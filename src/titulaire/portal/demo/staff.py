"""The support contract's staff: invented people under numbers, their accounts, a departure, a long absence."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from titulaire.contracts.rules import Terms
from titulaire.deadlines.calendars import Calendar
from titulaire.identity.models import Contract, User
from titulaire.identity.rules import plain_text
from titulaire.support.facts import simulation
from titulaire.support.premises.rules import SiteKind, Workstation
from titulaire.support.premises.services import NewSite, check_equipment, check_floor, enter_site
from titulaire.support.staff.models import Member
from titulaire.support.staff.rules import Application, Channel, Post, Rank, StepKind
from titulaire.support.staff.services import (
    Doing,
    NewMember,
    Proof,
    change_account,
    check_workstation,
    enter_members,
    leave,
    make_list,
    name_officer,
    open_account,
    receive_list,
    send_list,
    start_absence,
)

WITH_ACCOUNTS = 14
"""For how many of them the demonstration tells every account."""
UNCHECKED = {7, 8}
"""Whose workstation nobody checked: two dates late on the board."""
ONE_DAY = timedelta(days=1)


def tell_staff(contract: Contract, terms: Terms, calendar: Calendar, now: datetime) -> None:
    """Tell once who works here and what they may open; told before, nothing changes."""
    if Member.objects.of(contract).exists():
        return
    today = calendar.local_day(now)
    start = max(terms.head.starts_on, today - timedelta(days=150))
    supervisor = User.objects.get(email="malik.ferrandes@demo.example")
    officer = User.objects.get(email="bastien.ouvrelle@demo.example")

    def at(days_ago: int) -> datetime:
        return datetime.combine(max(start, today - days_ago * ONE_DAY), time(9), calendar.zone)

    people = [_adviser(rank, one, start) for rank, one in enumerate(simulation.advisers())]
    people.append(
        NewMember(
            "S001", supervisor.first_name, supervisor.last_name, supervisor.email,
            Doing(start, Post.SUPERVISOR, simulation.SITES[0], Decimal(1)),
        )
    )  # fmt: skip
    members = enter_members(contract=contract, members=people, actor=supervisor.actor, at=at(150))
    name_officer(
        contract=contract, user=officer, rank=Rank.MAIN, since_on=start, actor=supervisor.actor, at=at(149)
    )
    safeguards = terms.texts("telework_safeguards", on=today)
    for rank, member in enumerate(members[:-1]):
        if rank not in UNCHECKED:
            check_workstation(
                member=member, on=at(60).date(), safeguards=safeguards, actor=supervisor.actor, at=at(60)
            )
    for member in members[:WITH_ACCOUNTS]:
        for application in (Application.TELEPHONY, Application.PORTAL, Application.VPN):
            open_account(
                member=member, application=application, identifier=member.email.partition("@")[0],
                at=at(120), actor=officer.actor,
            )  # fmt: skip
    _tell_premises(contract, supervisor.actor, start, at(90))
    made = make_list(contract=contract, at=at(119), actor=officer.actor)
    send_list(made=made, sent_to="Guichet des comptes du portail", at=at(118), actor=officer.actor)
    receive_list(made=made, receipt="Accusé du guichet", at=at(117), actor=officer.actor)
    start_absence(member=members[2], since_on=at(100).date(), actor=supervisor.actor, at=at(99))
    left = leave(member=members[5], left_on=at(2).date(), actor=supervisor.actor, at=at(2))
    phone = left.accounts.get(application=Application.TELEPHONY.value)
    change_account(
        account=phone, kind=StepKind.CLOSED, reason="Départ", at=at(1),
        proof=Proof("accuse-fermeture.txt", "Compte fermé à la demande du CSO.\n".encode()), actor=officer.actor,
    )  # fmt: skip


def _tell_premises(contract: Contract, actor: str, start: date, at: datetime) -> None:
    """Two sites and a backup, their floors, and some workstations of which one lacks something."""
    cpams = ("CPAM de Meurthe-et-Moselle", "CPAM d’Ille-et-Vilaine", "CPAM de la Sarthe")
    found = [(code, SiteKind.PRODUCTION, cpam) for code, cpam in zip(simulation.SITES, cpams, strict=False)]
    for code, kind, cpam in (*found, ("SECOURS", SiteKind.BACKUP, cpams[-1])):
        minutes = 20 + 5 * len(code)
        said = NewSite(
            code, f"Site {code.capitalize()}", kind, cpam, minutes, start, f"train-{code.lower()}.txt",
            f"Temps de train jusqu’à la {cpam} : {minutes} minutes.\n".encode(),
        )  # fmt: skip
        site = enter_site(contract=contract, said=said, actor=actor, at=at)
        check_floor(
            site=site, floor="Plateau 1", on=at.date(), is_dedicated=kind is SiteKind.PRODUCTION, is_controlled=True,
            control="Badge nominatif et sas", actor=actor, at=at,
        )  # fmt: skip
    items = ("ordinateur professionnel", "casque ou écouteurs", "clavier et souris", "écrans")
    for rank in (1, 2, 3, 4):
        station = Workstation(
            items, 16, 6200, 1920, 1080, "Firefox", "128.0" if rank == 3 else "133.0", f"01840000{rank:02}"
        )
        check_equipment(
            contract=contract, number=f"C{rank:03}", found=station, on=at.date(), actor=actor, at=at
        )


def _adviser(rank: int, one: simulation.Adviser, start: date) -> NewMember:
    """Somebody of the simulated telephony, under the same number and on the same site."""
    channels = (Channel.PHONE, Channel.FORMS) if rank % 3 == 0 else (Channel.PHONE,)
    country = "" if rank % 9 == 8 else "FR"
    doing = Doing(start, Post.ADVISER, one.site, Decimal(1), channels, ("Portail PSN1",), country)
    email = f"{plain_text(one.first_name)}.{plain_text(one.last_name)}.{one.number.lower()}@demo.example"
    return NewMember(one.number, one.first_name, one.last_name, email.replace(" ", "-"), doing)
