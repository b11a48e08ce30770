"""The register, accounts, departures, absences, lists, officers: each act once, at its moment, with its trace."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from titulaire.identity.access import roles_of
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract as make_contract
from titulaire.identity.tests.factories import person
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.support.incidents.sheets import SheetRefused
from titulaire.support.staff import queries, services
from titulaire.support.staff.clocks import dates
from titulaire.support.staff.models import Account, Mandate, Member, UserList
from titulaire.support.staff.reading import members_of_sheet
from titulaire.support.staff.rules import AccountState, Application, Channel, Post, Rank, StepKind
from titulaire.support.staff.services import ActRefused, Doing, NewMember, Proof, StaffRefused

pytestmark = pytest.mark.django_db
ACTOR = "user:00000000-0000-4000-8000-000000000005"
DAY = timedelta(days=1)
AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)  # a Monday
TODAY = AT.date()
FIRST = date(2026, 1, 5)
BY = {"actor": ACTOR, "at": AT}
SHEET = (
    "matricule;prenom;nom;courriel;poste;site;arrivee;canaux;teletravail;pays\n"
    "A1;Léa;Brunel;lea@ex.org;Conseiller;EST;05/01/2026;Téléphone, Formulaires;oui;fr\n"
    "S1;Marc;Tavel;marc@ex.org;Superviseur;EST;2026-01-05;;;\n"
)


def mes() -> Contract:
    return make_contract("mes", "SUPPORT")


def doing(**wishes: object) -> Doing:
    given = {
        "from_on": FIRST,
        "post": Post.ADVISER,
        "site": "EST",
        "dedication": Decimal(1),
        "channels": (Channel.PHONE,),
    } | wishes
    return Doing(**given)  # type: ignore[arg-type]


def entered(number: str = "A1", **wishes: object) -> Member:
    said = NewMember(
        number, "Prénom", f"Nom{number}", str(wishes.pop("email", f"{number}@ex.org")), doing(**wishes)
    )
    return services.enter_members(contract=mes(), members=[said], **BY)[0]


def opened(member: Member, application: Application = Application.PORTAL, at: datetime = AT) -> Account:
    return services.open_account(
        member=member,
        application=application,
        identifier=f"id.{member.number}.{application}",
        actor=ACTOR,
        at=at,
    )


def state(account: Account, on: date = TODAY) -> AccountState:
    return queries.state_of(queries.accounts_of(account.contract).get(pk=account.pk), on=on)


def faults(refused: pytest.ExceptionInfo[StaffRefused]) -> set[str]:
    return {one.fault for one in refused.value.refusals}


@pytest.mark.clause("S-5.1-ressources", "S-8.1-identifiants")
def test_a_file_enters_whole_or_not_at_all() -> None:
    made = services.enter_members(contract=mes(), members=members_of_sheet(SHEET.encode()), **BY)
    found = queries.standing(queries.members_of(mes()).get(number="A1"), on=TODAY)
    assert found.posting and found.posting.channels == ["PHONE", "FORMS"] and found.telework == "CLOSED"
    twins = (
        SHEET.replace("A1", "A2").replace("lea@", "LÉA+2@").replace("S1", "A2").replace("marc@", "plateau1@")
    )
    with pytest.raises(StaffRefused) as refused:
        services.enter_members(contract=mes(), members=members_of_sheet(twins.encode()), **BY)
    assert faults(refused) == {"TWIN_EMAIL", "NUMBER_TAKEN", "GENERIC", "NOT_AN_EMAIL"}
    assert {one.row for one in refused.value.refusals} == {2, 3}
    with pytest.raises(SheetRefused) as unread:
        members_of_sheet(SHEET.replace("Téléphone", "Fax").replace(";fr", ";").encode())
    assert [one.rule for one in unread.value.faults] == ["COUNTRY", "UNKNOWN_CODE"]
    assert Member.objects.count() == len(made) == 2
    body = Entry.objects.get(act="STAFF_ENTERED").content.body
    assert body["numbers"] == ["A1", "S1"] and "Brunel" not in str(body)


@pytest.mark.clause("S-5.1-ressources", "S-8.1-teletravail", "S-3.3.2-plateaux")
@pytest.mark.parametrize(
    ("wishes", "fault"),
    [
        ({"dedication": Decimal("0.99")}, "NOT_DEDICATED"),
        ({"post": Post.SUPERVISOR, "dedication": Decimal("0.5")}, "NOT_DEDICATED"),
        ({"country": "GB"}, "OUTSIDE_UNION"),
        ({"channels": ()}, "NO_CHANNEL"),
        ({"site": ""}, "NO_SITE"),
    ],
)
def test_what_the_contract_refuses_is_not_written(wishes: dict[str, object], fault: str) -> None:
    with pytest.raises(StaffRefused) as refused:
        entered(**wishes)
    assert faults(refused) == {fault} and not Member.objects.exists()


@pytest.mark.clause("S-5.1-ressources", "S-8.1-teletravail")
def test_what_somebody_does_is_dated_and_telework_opens_with_a_whole_check() -> None:
    member = entered(post=Post.TRAINER, dedication=Decimal("0.4"))
    services.change_posting(member=member, doing=doing(from_on=TODAY, country="PT"), **BY)
    with pytest.raises(StaffRefused):
        services.change_posting(member=member, doing=doing(from_on=TODAY), **BY)

    def telework(on: date) -> str:
        return queries.standing(queries.members_of(mes()).get(), on=on).telework

    assert (telework(TODAY - DAY), telework(TODAY)) == ("NO", "CLOSED")
    every = ["Antivirus, IPS, pare-feu, EDR", "Mises à jour régulières", "VPN IPsec", "Rebond sécurisé (VDI)"]
    with pytest.raises(ActRefused, match="VPN IPsec"):
        services.check_workstation(member=member, on=TODAY, safeguards=every[:2], **BY)
    with pytest.raises(ActRefused, match="FUTURE"):
        services.check_workstation(member=member, on=TODAY + DAY, safeguards=every, **BY)
    made = services.check_workstation(member=member, on=TODAY, safeguards=every, **BY)
    assert made.until_on == date(2026, 11, 4)
    assert (telework(TODAY), telework(date(2026, 11, 3)), telework(date(2026, 11, 4))) == (
        "OPEN",
        "OPEN",
        "CLOSED",
    )
    (due,) = dates(mes(), since=TODAY, until=date(2027, 1, 1), at=AT)
    assert (due.due_on, due.clause) == (date(2026, 11, 3), "S-8.1-teletravail")


@pytest.mark.clause("S-8.1-identifiants", "S-8.2-hab-01")
def test_an_account_is_one_persons_and_one_per_application() -> None:
    member, other = entered(), entered("A2")
    account = opened(member, Application.TELEPHONY)

    def asked(identifier: str, who: Member = other, what: Application = Application.TELEPHONY) -> str:
        with pytest.raises(ActRefused) as refused:
            services.open_account(member=who, application=what, identifier=identifier, **BY)
        return refused.value.fault

    for generic in ("accueil", "Plateau1", "ADMIN", "superviseurs", "plateau-2", ""):
        assert asked(generic) == "GENERIC"
    assert asked("autre", member) == "HAS_ONE"
    assert asked("ID.a1.Téléphony".replace("é", "e").upper()) == "TAKEN"
    assert asked("íd.A1.telephony") == "TAKEN"
    assert asked("moi", what=Application.PLATFORM) == "NO_USER"
    proof = Proof("capture.png", b"image")
    services.change_account(account=account, kind=StepKind.BLOCKED, reason="Trois échecs", **BY)
    with pytest.raises(ActRefused, match="STANDS"):
        services.change_account(account=account, kind=StepKind.BLOCKED, reason="Encore", **BY)
    with pytest.raises(ActRefused, match="NO_REASON"):
        services.change_account(account=account, kind=StepKind.CLOSED, reason=" ", **BY)
    services.change_account(account=account, kind=StepKind.UNBLOCKED, reason="Identité vérifiée", **BY)
    services.change_account(account=account, kind=StepKind.CLOSED, reason="Fin", proof=proof, **BY)
    assert asked("id.A1.TELEPHONY") == "TAKEN"  # a closed identifier is never somebody else's
    assert [one.kind for one in account.steps.all()] == ["OPENED", "BLOCKED", "UNBLOCKED", "CLOSED"]
    last = account.steps.get(kind="CLOSED")
    assert files.read(last.proof_sha256, contract="mes") == b"image"
    # Kept a whole year after its closing, and gone the day after.
    year = datetime(2027, 5, 4, 8, tzinfo=UTC)
    assert services.purge_history(contract=mes(), actor=ACTOR, at=year) == 0
    assert services.purge_history(contract=mes(), actor=ACTOR, at=year + DAY) == 1
    assert not Account.objects.exists()
    assert services.purge_history(contract=mes(), actor=ACTOR, at=year + DAY) == 0


@pytest.mark.clause("S-8.1-departs")
def test_a_departure_cuts_our_account_at_once_and_opens_a_dated_task_for_each_other() -> None:
    user = person(Role.ADVISER, on=mes())
    member = entered(email=user.email)
    for application in Application:
        opened(member, application)
    assert roles_of(user, mes()) == {Role.ADVISER}
    left_on = date(2026, 5, 1)
    services.leave(member=member, left_on=left_on, **BY)
    assert roles_of(user, mes()) == frozenset()
    with pytest.raises(ActRefused, match="GONE"):
        services.leave(member=member, left_on=TODAY, **BY)
    with pytest.raises(ActRefused, match="GONE"):
        opened(entered_again(member), Application.VPN)
    found = {one.account.application: one for one in queries.removals(mes(), at=AT)}
    assert set(found) == set(Application) and found["PLATFORM"].done_on == TODAY
    assert {one.due_on for one in found.values()} == {date(2026, 5, 6)}
    account = found["VPN"].account
    services.change_account(account=account, kind=StepKind.CLOSED, reason="Départ", **BY)
    dues = {one.key: one for one in dates(mes(), since=FIRST, until=TODAY + DAY, at=AT)}
    assert dues[f"removal-{account.pk}"].kept_in_time is True
    assert dues[f"removal-{found['PORTAL'].account.pk}"].done_on is None
    assert len([key for key in dues if key.startswith("removal-")]) == 5


def entered_again(member: Member) -> Member:
    return Member.objects.get(pk=member.pk)


def test_a_departure_to_come_leaves_the_last_day_of_work() -> None:
    user = person(Role.ADVISER, on=mes())
    member = entered(email=user.email)
    own = opened(member, Application.PLATFORM)
    services.leave(member=member, left_on=TODAY + DAY, **BY)
    assert user.memberships.get().until == TODAY + 2 * DAY
    assert services.cut_absent(contract=mes(), actor=ACTOR, at=AT + DAY) == 0
    services.cut_absent(contract=mes(), actor=ACTOR, at=AT + 2 * DAY)
    own.refresh_from_db()
    assert own.state == "CLOSED"


@pytest.mark.clause("S-8.1-departs")
def test_an_absence_beyond_ninety_days_disables_until_the_officer_reactivates() -> None:
    user = person(Role.ADVISER, on=mes())
    member = entered(email=user.email, from_on=date(2025, 12, 1))
    account = opened(member, at=datetime(2026, 1, 2, 9, tzinfo=UTC))
    opened(member, Application.PLATFORM, at=datetime(2026, 1, 2, 9, tzinfo=UTC))
    services.start_absence(member=member, since_on=FIRST, **BY)
    with pytest.raises(ActRefused, match="AWAY"):
        services.start_absence(member=member, since_on=TODAY, **BY)
    assert (state(account, date(2026, 4, 4)), state(account, date(2026, 4, 5))) == ("OPEN", "DISABLED")
    assert queries.entitled(mes(), on=date(2026, 4, 4)) and not queries.entitled(mes(), on=date(2026, 4, 5))
    before = datetime(2026, 4, 4, 9, tzinfo=UTC)
    assert services.cut_absent(contract=mes(), actor=ACTOR, at=before) == 0
    assert services.cut_absent(contract=mes(), actor=ACTOR, at=before + DAY) == 1
    assert services.cut_absent(contract=mes(), actor=ACTOR, at=before + DAY) == 0
    assert roles_of(user, mes()) == frozenset()
    again = {"account": account, "kind": StepKind.REACTIVATED, "reason": "Retour vérifié"}
    with pytest.raises(ActRefused, match="STILL_AWAY"):
        services.change_account(**again, **BY)  # type: ignore[arg-type]
    services.end_absence(member=member, back_on=TODAY, **BY)
    with pytest.raises(ActRefused, match="NOT_AWAY"):
        services.end_absence(member=member, back_on=TODAY, **BY)
    assert state(account) == "DISABLED"
    services.change_account(**again, **BY)  # type: ignore[arg-type]
    assert state(account) == "OPEN"


@pytest.mark.clause("S-8.2-hab-03", "S-8.1-identifiants")
def test_somebody_is_always_in_charge_of_security() -> None:
    first, second, stranger = (
        person(Role.CSO, on=mes()),
        person(Role.CSO, on=mes()),
        person(Role.PLANNER, on=mes()),
    )
    asked = {"contract": mes(), "since_on": FIRST} | BY
    with pytest.raises(ActRefused, match="NOT_CSO"):
        services.name_officer(user=stranger, rank=Rank.MAIN, **asked)  # type: ignore[arg-type]
    main = services.name_officer(user=first, rank=Rank.MAIN, **asked)  # type: ignore[arg-type]
    with pytest.raises(ActRefused, match="HOLDS"):
        services.name_officer(user=first, rank=Rank.DEPUTY, **asked)  # type: ignore[arg-type]
    with pytest.raises(ActRefused, match="LAST"):
        services.end_mandate(mandate=main, on=TODAY, **BY)
    member = entered(email=first.email)
    opened(member, Application.PLATFORM)
    with pytest.raises(ActRefused, match="IN_CHARGE"):
        services.leave(member=member, left_on=TODAY, **BY)
    services.name_officer(user=second, rank=Rank.DEPUTY, **asked)  # type: ignore[arg-type]
    services.end_mandate(mandate=main, on=TODAY, **BY)
    with pytest.raises(ActRefused, match="ENDED"):
        services.end_mandate(mandate=main, on=TODAY, **BY)
    assert Mandate.objects.filter(until_on__isnull=True).get().user == second


@pytest.mark.clause("S-8.2-hab-02", "S-8.2-hab-03")
def test_the_list_of_users_has_three_columns_and_tells_who_came_and_went() -> None:
    members = [entered(number) for number in ("A1", "A2")]
    Member.objects.filter(number="A1").update(last_name="=cmd|' /C calc'!A0", first_name="Léa")
    for one in members:
        opened(one)
    assert queries.list_to_send_by(mes(), on=TODAY) == date(2026, 5, 7)
    made = services.make_list(contract=mes(), **BY)
    rows = files.read(made.file_sha256, contract="mes").decode("utf-8-sig").splitlines()
    assert rows[0] == "nom;prénom;adresse électronique unique" and len(rows) == 3
    assert rows[1].startswith("'=cmd") and all(row.count(";") == 2 for row in rows)
    assert (made.version, made.arrivals, made.departures) == (1, ["A1", "A2"], [])
    with pytest.raises(ActRefused, match="SAME"):
        services.make_list(contract=mes(), **BY)
    with pytest.raises(ActRefused, match="NOT_SENT"):
        services.receive_list(made=made, receipt="AR 1", **BY)
    services.send_list(made=made, sent_to="Guichet du portail", **BY)
    services.receive_list(made=made, receipt="AR 1", **BY)
    for again, act in (("SENT", services.send_list), ("RECEIVED", services.receive_list)):
        with pytest.raises(ActRefused, match=again):
            act(made=made, **({"sent_to": "x"} if again == "SENT" else {"receipt": "x"}), **BY)  # type: ignore[arg-type]
    assert queries.list_to_send_by(mes(), on=TODAY) is None
    services.leave(member=members[0], left_on=TODAY, **BY)
    assert queries.list_to_send_by(mes(), on=TODAY) is None  # still at work that day
    tomorrow = AT + DAY
    opened(entered("A3"), at=tomorrow)
    changes = queries.changes_to_tell(mes(), on=tomorrow.date())
    assert [(one.number, one.kind.value) for one in changes] == [("A1", "DEPARTURE"), ("A3", "ARRIVAL")]
    # Monday's departure: three working days, Thursday; Friday is late.
    assert queries.list_to_send_by(mes(), on=tomorrow.date()) == date(2026, 5, 7)
    due = next(
        one for one in dates(mes(), since=FIRST, until=TODAY, at=tomorrow) if one.key.startswith("user-list")
    )
    assert due.due_on == date(2026, 5, 7)
    second = services.make_list(contract=mes(), actor=ACTOR, at=tomorrow)
    assert (second.arrivals, second.departures, second.numbers) == (["A3"], ["A1"], ["A2", "A3"])
    assert UserList.objects.count() == 2
