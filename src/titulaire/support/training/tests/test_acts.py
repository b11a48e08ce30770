"""Sessions planned, signed, held, corrected, cancelled, imported: each once, at its moment, with its trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.identity.tests.factories import contract as make_contract
from titulaire.journal.models import Entry
from titulaire.support.incidents.sheets import SheetRefused
from titulaire.support.training import services
from titulaire.support.training.models import Seat, Session
from titulaire.support.training.queries import trained_of
from titulaire.support.training.reading import sessions_of_sheet
from titulaire.support.training.rules import Outcome, SessionState
from titulaire.support.training.services import Mark, NewSession, Sheet
from titulaire.ui.exports import xlsx_bytes

pytestmark = pytest.mark.django_db
ACTOR = "user:00000000-0000-4000-8000-000000000007"
TRACE = {"actor": ACTOR, "at": datetime(2026, 3, 5, 17, 0, tzinfo=UTC)}
INTRO, PRODUCT, PORTAL, SCRIPTS = (
    "Institutions, régimes et cadre légal",
    "Le service Mon espace santé",
    "Portail PSN1 et escalade",
    "Scripts et consignes",
)
MODULES = {INTRO: "0.5", PRODUCT: "1", PORTAL: "0.5", SCRIPTS: "1.5"}
SHEET = Sheet("feuille.pdf", b"%PDF-1")
HEADING = "module;debut;fin;jours;contenu;formateur;site;lieu;matricule;present;resultat"


def mes() -> Contract:
    return make_contract("mes", "SUPPORT")


def new(module: str = INTRO, day: int = 2, **wishes: object) -> NewSession:
    days = Decimal(MODULES.get(module, "0.5"))
    starts_on = date(2026, 3, day)
    ends_on = date(2026, 3, day + (1 if days > 1 else 0))
    return replace(NewSession(module, "v1", starts_on, ends_on, days, "F01"), **wishes)  # type: ignore[arg-type]


def planned(*advisers: str, **wishes: object) -> Session:
    return services.plan_session(
        contract=mes(), new=new(**wishes), advisers=advisers or ("C001",), **TRACE  # type: ignore[arg-type]
    )  # fmt: skip


def course(*advisers: str, day: int = 2) -> None:
    """Every module of the course, attended by these advisers: over on the fourth day after its first."""
    told = [
        new(module, day + rank, marks=dict.fromkeys(advisers, Mark(present=True)))
        for rank, module in enumerate(MODULES)
    ]
    sheet = Sheet(f"cours-{day}.csv", f"{day} {advisers}".encode())
    at = datetime(2026, 3, 31, tzinfo=UTC)
    services.import_sessions(contract=mes(), sessions=told, sheet=sheet, actor=ACTOR, at=at)


@pytest.mark.clause("S-5.2-formation-initiale")
def test_who_signs_on_screen_needs_no_sheet_and_the_others_do() -> None:
    session = planned("C001", "C002", " C002 ")
    first, again = (services.sign_seat(session=session, adviser="C001", **TRACE) for _ in range(2))
    assert first.signed_at == again.signed_at
    with pytest.raises(services.NotSeated):
        services.sign_seat(session=session, adviser="C003", **TRACE)
    marks = {"C001": Mark(present=True, outcome=Outcome.PASSED), "C002": Mark(present=True)}
    with pytest.raises(services.SheetMissing) as missing:
        services.hold_session(session=session, marks=marks, **TRACE)
    assert missing.value.advisers == ("C002",)
    with pytest.raises(services.NotSeated):
        services.hold_session(session=session, marks={"C001": Mark(present=True)}, **TRACE)
    services.hold_session(session=session, marks=marks | {"C002": Mark(present=False)}, **TRACE)
    assert list(Seat.objects.values_list("adviser", "presence", "outcome")) == [
        ("C001", "PRESENT", "PASSED"),
        ("C002", "ABSENT", ""),
    ]
    with pytest.raises(services.NoReason):
        services.hold_session(session=session, marks=marks, sheet=SHEET, **TRACE)
    services.hold_session(session=session, marks=marks, sheet=SHEET, reason="Arrivée tard", **TRACE)
    assert Seat.objects.filter(presence="PRESENT").count() == 2
    with pytest.raises(services.SessionOver):
        services.cancel_session(session=session, reason="Erreur", **TRACE)
    assert list(Entry.objects.order_by("pk").values_list("act", flat=True)) == [
        "TRAINING_SESSION_PLANNED", "TRAINING_SEAT_SIGNED", "TRAINING_SESSION_HELD",
        "TRAINING_ATTENDANCE_CORRECTED",
    ]  # fmt: skip


@pytest.mark.clause("S-5.2-formation-initiale")
def test_nobody_signs_before_the_session_nor_writes_it_before_its_end() -> None:
    session = planned(module=SCRIPTS, day=5)
    early = TRACE | {"at": datetime(2026, 3, 4, 12, tzinfo=UTC)}
    with pytest.raises(services.SessionNotOver):
        services.sign_seat(session=session, adviser="C001", **early)
    services.sign_seat(session=session, adviser="C001", **TRACE)
    marks = {"C001": Mark(present=True)}
    with pytest.raises(services.SessionNotOver):
        services.hold_session(session=session, marks=marks, **TRACE)
    services.hold_session(
        session=session, marks=marks, **(TRACE | {"at": datetime(2026, 3, 6, 17, tzinfo=UTC)})
    )


@pytest.mark.parametrize(
    ("wishes", "fault"),
    [
        ({"module": "Yoga"}, "UNKNOWN_MODULE"),
        ({"ends_on": date(2026, 3, 1)}, "ENDS_BEFORE"),
        ({"days": Decimal(0)}, "NO_LENGTH"),
        ({"days": Decimal("1.5")}, "TOO_LONG"),
    ],
)
def test_a_session_that_cannot_be_is_refused(wishes: dict[str, object], fault: str) -> None:
    with pytest.raises(services.SessionRefused) as refused:
        planned(**wishes)
    assert refused.value.fault == fault
    with pytest.raises(services.SessionRefused):
        services.plan_session(contract=mes(), new=new(), advisers=[" "], **TRACE)


def test_a_session_is_cancelled_once_and_says_why() -> None:
    session = planned()
    with pytest.raises(services.NoReason):
        services.cancel_session(session=session, reason=" ", **TRACE)
    for _ in range(2):
        services.cancel_session(session=session, reason="Formateur absent", **TRACE)
    with pytest.raises(services.SessionOver):
        services.sign_seat(session=session, adviser="C001", **TRACE)
    with pytest.raises(services.SessionOver):
        services.hold_session(session=session, marks={"C001": Mark(present=False)}, **TRACE)
    assert Session.objects.get().state == SessionState.CANCELLED
    assert Entry.objects.filter(act="TRAINING_SESSION_CANCELLED").count() == 1


def sheet(*rows: str) -> bytes:
    return "\n".join([HEADING, *rows]).encode()


@pytest.mark.clause("S-5.2-formation-initiale")
def test_a_file_makes_one_session_of_the_rows_alike_and_enters_once() -> None:
    content = sheet(
        f"{INTRO};02/03/2026;;0,5;v1;F01;NORD;Salle 2;C001;oui;Acquis",
        f"{INTRO};02/03/2026;;0,5;v1;F01;NORD;Salle 2;C002;non;",
        f"{SCRIPTS};2026-03-03;2026-03-04;1.5;v1;F01;NORD;Salle 2;C001;;",
    )
    told = sessions_of_sheet(content)
    assert [(one.module, len(one.marks)) for one in told] == [(INTRO, 2), (SCRIPTS, 1)]
    for known in (False, True):
        made, was_known = services.import_sessions(
            contract=mes(), sessions=told, sheet=Sheet("p.csv", content), **TRACE
        )
        assert (len(made), was_known) == (2, known)
    with pytest.raises(services.SessionsRefused) as refused:
        services.import_sessions(contract=mes(), sessions=told, sheet=Sheet("q.csv", b"autre"), **TRACE)
    assert [(one.fault, one.row) for one in refused.value.refusals] == [
        ("ALREADY_HELD", 2),
        ("ALREADY_HELD", 4),
    ]
    late = [new("Yoga", day=20, marks={"C001": Mark(present=True)})]
    with pytest.raises(services.SessionsRefused) as refused:
        services.import_sessions(contract=mes(), sessions=late, sheet=Sheet("r.csv", b"tard"), **TRACE)
    assert [one.fault for one in refused.value.refusals] == ["UNKNOWN_MODULE", "NOT_OVER"]
    assert Session.objects.count() == 2


def test_every_row_at_fault_is_told_at_once() -> None:
    with pytest.raises(SheetRefused) as refused:
        sessions_of_sheet(
            sheet(
                f"{INTRO};02/03/2026;;0,5;v1;F01;;;C001;peut-être;",
                f"{INTRO};02/03/2026;;0,7;v1;F01;;;C001;oui;",
                f"{INTRO};hier;;long;v1;;;;;oui;Bien",
            )
        )
    assert [(one.row, one.column) for one in refused.value.faults] == [
        (2, "present"), (3, "jours"), (3, "matricule"), (4, "debut"), (4, "jours"), (4, "formateur"),
        (4, "matricule"), (4, "resultat"),
    ]  # fmt: skip
    book = xlsx_bytes(["module", "debut", "jours", "contenu", "formateur", "matricule"], [
        [INTRO, date(2026, 3, 2), Decimal("0.5"), "v1", "F01", "C001"],
    ])  # fmt: skip
    assert sessions_of_sheet(book)[0].marks == {"C001": Mark(present=True)}


@pytest.mark.clause("S-3.3.2-formation", "S-5.2-formation-initiale")
def test_an_adviser_is_trained_by_the_attendance_written_down() -> None:
    terms, day = terms_of("mes"), date(2026, 3, 31)
    assert trained_of(mes(), terms, day) is None
    course("C001")
    planned("C002")
    assert trained_of(mes(), terms, day) == {"C001": date(2026, 3, 6)}
    session = Session.objects.get(module=PORTAL)
    services.hold_session(session=session, marks={"C001": Mark(present=False)}, reason="Erreur", **TRACE)
    assert trained_of(mes(), terms, day) == {}
