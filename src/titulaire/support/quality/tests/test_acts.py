"""Sealing, drawing, marking, correcting, sharing: each act once, at its moment, with its trace."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from titulaire.identity.models import Contract
from titulaire.identity.tests.factories import contract as make_contract
from titulaire.indicators.engine import connect, table_of
from titulaire.journal.models import Entry
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.queries import files_in_force
from titulaire.support.facts.schema import ItemKind, Marker, Record
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.quality import services
from titulaire.support.quality.models import Adviser, Draw, Evaluation, Publication, Sample, Scorecard
from titulaire.support.quality.queries import Reader, lines_of, owed_in, replay
from titulaire.support.quality.rules import Answer, Criterion

pytestmark = pytest.mark.django_db
ACTOR = "user:00000000-0000-4000-8000-000000000007"
SEALED = datetime(2026, 3, 1, 8, tzinfo=UTC)
OPENED = datetime(2026, 4, 1, 8, tzinfo=UTC)
BY = {"actor": ACTOR, "at": OPENED}
GRID = (Criterion("C1", "Accueil", 40), Criterion("C2", "Réponse", 60), Criterion("C3", "Secret", 0, True))
ALL_YES = dict.fromkeys(("C1", "C2", "C3"), Answer.YES)
HALF = ALL_YES | {"C2": Answer.PARTLY}
OURS, THEIRS = Marker.CONTRACTOR, Marker.BUYER
STAFF = Reader(OURS)


def mes() -> Contract:
    return make_contract("mes", "SUPPORT")


def calls(folder: Path, *, first: int = 1, advisers: int = 3, each: int = 6) -> None:
    """March's calls: `each` per adviser, of two reasons."""
    rows = [
        row(
            appel=f"A{who}{rank}",
            conseiller=f"C00{who}",
            arrivee=f"{2 + rank:02d}/03/2026 10:0{who}:00",
            decroche=f"{2 + rank:02d}/03/2026 10:0{who}:25",
            motif="MOTIF A" if rank % 3 else "MOTIF B",
        )
        for who in range(first, advisers + 1)
        for rank in range(each)
    ]
    made = import_file(
        contract=mes(),
        path=acd_csv(folder / f"appels-{advisers}-{each}.csv", rows),
        connector=find_connector("acd-csv"),
        actor=ACTOR,
        at=OPENED,
    )
    assert made.batch.state == "ACCEPTED", made.refusals


def sealed(**wishes: object) -> Draw:
    given = {
        "kind": ItemKind.CALL,
        "since_on": date(2026, 3, 1),
        "until_on": date(2026, 4, 1),
        "per_adviser": 2,
        "at": SEALED,
        "seed": "graine",
    } | wishes
    return services.seal_draw(contract=mes(), actor=ACTOR, **given)  # type: ignore[arg-type]


def grid(kind: ItemKind = ItemKind.CALL) -> Scorecard:
    made, _ = services.write_scorecard(
        contract=mes(), kind=kind, title="Grille", criteria=GRID, actor=ACTOR, at=SEALED
    )
    return made


def samples(folder: Path) -> list[Sample]:
    calls(folder)
    return services.open_draw(draw=sealed(), **BY)


def marked(sample: Sample, side: Marker, answers: dict[str, Answer] | None = None) -> Evaluation:
    return services.evaluate(sample=sample, side=side, scorecard=grid(), answers=answers or ALL_YES, **BY)


@pytest.mark.clause("S-4.1-controles")
def test_a_draw_is_sealed_before_and_opened_after_and_anyone_finds_it_again(tmp_path: Path) -> None:
    draw = sealed()
    assert "graine" not in str(list(Entry.objects.values_list("content__body", flat=True)))
    with pytest.raises(services.DrawRefused, match="NOT_CLOSED"):
        services.open_draw(draw=draw, actor=ACTOR, at=datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC))
    with pytest.raises(services.NothingToDraw):
        services.open_draw(draw=draw, **BY)
    calls(tmp_path)
    made = services.open_draw(draw=draw, actor=ACTOR, at=datetime(2026, 3, 31, 22, tzinfo=UTC))
    assert sorted(each.adviser for each in made) == ["C001", "C001", "C002", "C002", "C003", "C003"]
    assert {each.reason for each in made if each.adviser == "C001"} == {"MOTIF A", "MOTIF B"}
    assert list(Adviser.objects.values_list("number", flat=True)) == ["C001", "C002", "C003"]
    with pytest.raises(services.DrawRefused, match="ALREADY_OPENED"):
        services.open_draw(draw=draw, **BY)
    assert replay(draw).holds
    # What comes later does not change the draw: it is made again from what was stated then.
    calls(tmp_path, first=4, advisers=4, each=1)
    assert replay(draw).holds
    Sample.objects.filter(pk=made[0].pk).update(item="A99")
    found = replay(draw)
    assert (found.seed_holds, found.population_holds, found.sample_holds) == (True, True, False)
    Draw.objects.update(seed="autre")
    assert not replay(Draw.objects.get()).seed_holds


@pytest.mark.parametrize(
    ("wishes", "fault"),
    [
        ({"at": datetime(2026, 3, 31, 22, tzinfo=UTC)}, "ALREADY_CLOSED"),
        ({"until_on": date(2026, 3, 1)}, "NO_PERIOD"),
        ({"since_on": date(2026, 3, 31), "until_on": date(2026, 5, 1)}, "OVERLAPS"),
    ],
)
def test_a_seed_is_refused_too_late_or_over_another(wishes: dict[str, object], fault: str) -> None:
    if fault == "OVERLAPS":
        sealed()
    with pytest.raises(services.DrawRefused, match=fault):
        sealed(**wishes)


@pytest.mark.clause("S-4.1-controles")
def test_nobody_picks_in_what_a_sealed_draw_covers_nor_an_item_twice(tmp_path: Path) -> None:
    calls(tmp_path)
    wanted = {"contract": mes(), "kind": ItemKind.CALL, "day": date(2026, 3, 2), "because": "Réclamation"}
    first = services.pick(item="A10", actor=ACTOR, at=SEALED, **wanted)  # type: ignore[arg-type]
    assert (first.adviser, first.sampling.value) == ("C001", "PICKED")
    draw = sealed()
    with pytest.raises(services.MayBeDrawn):
        services.pick(item="A20", **wanted, **BY)  # type: ignore[arg-type]
    with pytest.raises(services.UnknownItem):
        services.pick(item="A77", **wanted, **BY)  # type: ignore[arg-type]
    with pytest.raises(services.ItemTaken):
        services.pick(item="A10", **wanted, **BY)  # type: ignore[arg-type]
    made = services.open_draw(draw=draw, **BY)
    assert "A10" not in {each.item for each in made} and replay(draw).holds


@pytest.mark.clause("S-4.1-controles", "S-4.1-calibrage")
def test_marks_are_blind_then_published_once_then_corrected_with_a_reason(tmp_path: Path) -> None:
    first, second, third, *_ = samples(tmp_path)
    ours = marked(first, OURS)
    assert "10000" not in str(Entry.objects.filter(act="QUALITY_MARKED").values("content__body"))
    with pytest.raises(services.MarkingRefused, match="ALREADY_MARKED"):
        marked(first, OURS)
    buyer = {line.sample.pk: line for line in lines_of(mes(), Reader(THEIRS, named=False))}
    assert (buyer[first.pk].ours, buyer[first.pk].adviser) == (None, "")
    assert services.publish_marks(contract=mes(), **BY) == []
    marked(first, THEIRS, HALF)
    marked(second, OURS)
    services.waive(sample=second, side=THEIRS, **BY)
    with pytest.raises(services.MarkingRefused, match="WAIVED"):
        marked(second, THEIRS)
    marked(third, OURS)
    buyer = {line.sample.pk: line for line in lines_of(mes(), Reader(THEIRS, named=False))}
    assert buyer[first.pk].gap == 3000 and buyer[second.pk].ours and not buyer[third.pk].ours
    (sent,) = services.publish_marks(contract=mes(), **BY)
    assert (sent.corrects, sent.evaluations.count()) == (False, 3)
    assert services.publish_marks(contract=mes(), **BY) == []
    with pytest.raises(services.NoReason):
        services.correct(evaluation=ours, answers=HALF, because=" ", **BY)
    later = {"actor": ACTOR, "at": OPENED + timedelta(days=3)}
    services.correct(evaluation=ours, answers=HALF, because="Réécoute", **later)
    with pytest.raises(services.AlreadyCorrected):
        services.correct(evaluation=ours, answers=HALF, because="Encore", **later)
    (again,) = services.publish_marks(contract=mes(), **later)
    assert again.corrects and "Réécoute" in again.reason
    assert sorted(_marks()) == [
        (first.item, "BUYER", 7000, "DRAWN"),
        (first.item, "CONTRACTOR", 7000, "DRAWN"),
        (second.item, "CONTRACTOR", 10000, "DRAWN"),
    ]


def _marks() -> list[tuple[str, str, int, str]]:
    files = files_in_force(mes(), Record.ITEMS, since=date(2026, 3, 1), until=date(2026, 5, 1))
    with connect() as backend:
        found = backend.to_pyarrow(table_of(backend, files)).to_pylist()
    return [(one["item_id"], one["marked_by"], one["mark"], one["sampling"]) for one in found]


def test_a_publication_that_was_cut_is_taken_up_and_brought_once(tmp_path: Path) -> None:
    first, *_ = samples(tmp_path)
    marked(first, OURS)
    marked(first, THEIRS)
    (sent,) = services.publish_marks(contract=mes(), **BY)
    Publication.objects.update(batch="")
    (again,) = services.publish_marks(contract=mes(), **BY)
    assert (again.batch, len(_marks())) == (sent.batch, 2)


@pytest.mark.clause("S-4.1-controles")
def test_a_month_says_what_it_owes_until_evaluations_are_made_and_shared(tmp_path: Path) -> None:
    made = samples(tmp_path)
    april = date(2026, 4, 1)
    assert [
        (one.adviser, one.evaluations_missing, one.sessions_missing) for one in owed_in(mes(), april)
    ] == [
        ("C001", 4, 1),
        ("C002", 4, 1),
        ("C003", 4, 1),
    ]
    mine = [marked(each, OURS) for each in made if each.adviser == "C001"]
    shared = {"contract": mes(), "adviser": "C001", "summary": "Bien", **BY}
    with pytest.raises(services.ImpossibleDay):
        services.share(held_on=april + timedelta(days=1), evaluations=mine, **shared)  # type: ignore[arg-type]
    other = marked(next(each for each in made if each.adviser == "C002"), OURS)
    with pytest.raises(services.NotTheAdvisers):
        services.share(held_on=april, evaluations=[other], **shared)  # type: ignore[arg-type]
    feedback = services.share(held_on=april, evaluations=mine, **shared)  # type: ignore[arg-type]
    services.acknowledge(feedback=feedback, words="Vu", **BY)
    with pytest.raises(services.AlreadyAcknowledged):
        services.acknowledge(feedback=feedback, words="Encore", **BY)
    first = owed_in(mes(), april)[0]
    assert (first.evaluations, first.sessions, first.evaluations_missing) == (2, 1, 2)
    assert owed_in(mes(), date(2026, 2, 1)) == []


def test_a_grid_never_changes_the_next_version_does() -> None:
    one = grid()
    assert grid() == one
    again, new = services.write_scorecard(
        contract=mes(), kind=ItemKind.CALL, title="Grille", criteria=GRID[:1], actor=ACTOR, at=OPENED
    )
    assert new and (one.version, again.version) == (1, 2)
    with pytest.raises(services.NoCriteria):
        services.write_scorecard(
            contract=mes(), kind=ItemKind.CALL, title="Vide", criteria=GRID[2:], actor=ACTOR, at=OPENED
        )
