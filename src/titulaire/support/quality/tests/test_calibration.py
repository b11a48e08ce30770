"""Calibration: blind until all is there, revealed together, followed by actions, on its clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from titulaire.identity.roles import Role
from titulaire.support.facts.schema import Marker
from titulaire.support.quality import services
from titulaire.support.quality.clocks import dates
from titulaire.support.quality.models import Calibration, CalibrationAction, Sample
from titulaire.support.quality.queries import Reader, agreement_in, lines_of
from titulaire.support.quality.tests.test_acts import BY, HALF, OPENED, calls, marked, mes, samples, sealed
from titulaire.support.quality.tests.test_pages import ROOT, client

pytestmark = pytest.mark.django_db
THEIRS, OURS = Marker.BUYER, Marker.CONTRACTOR


def session(chosen: list[Sample]) -> Calibration:
    return services.open_calibration(contract=mes(), title="Avril", samples=chosen, **BY)


@pytest.mark.clause("S-4.1-calibrage", "S-3.3.2-formulaires-qualite")
def test_marks_of_a_session_are_hidden_until_all_are_revealed_together(tmp_path: Path) -> None:
    first, second, third, *_ = samples(tmp_path)
    marked(third, OURS)
    with pytest.raises(services.NotBlind):
        session([first, third])
    found = session([first, second])
    with pytest.raises(services.NotBlind):
        session([first])
    with pytest.raises(services.NoReason):
        services.decide_action(calibration=found, what="Trop tôt", due_on=date(2026, 5, 1), **BY)
    for sample, ours, theirs in ((first, None, HALF), (second, None, None)):
        marked(sample, OURS, ours)
        marked(sample, THEIRS, theirs) if sample == first else None
    with pytest.raises(services.MarksMissing) as missing:
        services.reveal(calibration=found, conclusion="Vu", **BY)
    assert missing.value.count == 1
    lines = {line.sample.pk: line for line in lines_of(mes(), Reader(THEIRS, named=False))}
    assert lines[first.pk].ours is None, "both have marked it, and yet the session still hides it"
    assert services.publish_marks(contract=mes(), **BY) == []
    marked(second, THEIRS)
    services.reveal(calibration=found, conclusion="Écart sur la réponse", **BY)
    with pytest.raises(services.AlreadyRevealed):
        services.reveal(calibration=found, conclusion="Encore", **BY)
    compared = agreement_in(mes(), lines_of(mes(), Reader(THEIRS)), on=date(2026, 4, 1))
    assert compared and (compared.agreement.bias.mean, compared.agreement.means_hold) == (15.0, False)
    (sent,) = services.publish_marks(contract=mes(), **BY)
    assert sent.evaluations.count() == 4


@pytest.mark.clause("S-4.1-calibrage")
def test_a_calibration_is_due_each_period_and_its_actions_at_their_date(tmp_path: Path) -> None:
    def due(at: datetime) -> list[tuple[str, date, date | None]]:
        asked = dates(mes(), since=date(2026, 1, 1), until=date(2027, 1, 1), at=at)
        return [(each.label, each.due_on, each.done_on) for each in asked if each.clause == "S-4.1-calibrage"]

    made = samples(tmp_path)
    label = "Tenir un calibrage"
    assert due(OPENED) == [(label, date(2026, 4, 1), None)]
    found = session(made[:1])
    marked(made[0], OURS)
    marked(made[0], THEIRS)
    found = services.reveal(calibration=found, conclusion="Vu", **BY)
    action = services.decide_action(calibration=found, what="Fiche", due_on=date(2026, 4, 20), **BY)
    assert due(OPENED) == [
        (label, date(2026, 4, 1), date(2026, 4, 1)),
        (label, date(2026, 5, 1), None),
        ("CAL-0001 : Fiche", date(2026, 4, 20), None),
    ]
    done_at = datetime(2026, 4, 20, 21, 59, 59, tzinfo=UTC)
    said = {"action": action, "outcome": "Lue", "actor": "system:test", "at": done_at}
    services.finish_action(**said)  # type: ignore[arg-type]
    with pytest.raises(services.AlreadyDone):
        services.finish_action(**said)  # type: ignore[arg-type]
    assert due(done_at)[-1] == ("CAL-0001 : Fiche", date(2026, 4, 20), date(2026, 4, 20))
    assert due(done_at - timedelta(seconds=1))[-1][2] is None


@pytest.mark.clause("S-4.1-controles")
def test_the_board_tells_what_a_month_owes_and_which_draw_is_to_open(tmp_path: Path) -> None:
    def due(at: datetime) -> dict[str, tuple[date, date | None]]:
        asked = dates(mes(), since=date(2026, 3, 1), until=date(2026, 5, 1), at=at)
        return {each.key: (each.due_on, each.done_on) for each in asked if each.clause == "S-4.1-controles"}

    draw = sealed()
    assert due(OPENED) == {"TIR-0001": (date(2026, 4, 1), None)}
    calls(tmp_path)
    services.open_draw(draw=draw, **BY)
    assert due(OPENED) == {
        "TIR-0001": (date(2026, 4, 1), date(2026, 4, 1)),
        "evaluations-2026-03": (date(2026, 3, 31), None),
        "evaluations-2026-04": (date(2026, 4, 30), None),
    }


@pytest.mark.clause("S-4.1-calibrage")
def test_a_session_is_opened_marked_revealed_and_followed_on_screen(tmp_path: Path) -> None:
    first, *_ = samples(tmp_path)
    staff, buyer = client(Role.QUALITY_OFFICER), client(Role.BUYER_MANAGER)
    page = f"{ROOT}calibrages/CAL-0001/"
    said = {"title": "Avril", "samples": [first.pk]}
    assert buyer.post(f"{ROOT}calibrages/ouvrir/", said).status_code == 403
    staff.post(f"{ROOT}calibrages/ouvrir/", said)
    marked(first, OURS)
    assert "1\xa0note" in staff.post(f"{page}reveler/", {"conclusion": "Vu"}).content.decode()
    marked(first, THEIRS, HALF)
    staff.post(f"{page}reveler/", {"conclusion": "Écart sur la réponse"})
    shown = buyer.get(page).content.decode()
    for words in ("Écart sur la réponse", "Au-delà", "30,0", "Écart des moyennes"):
        assert words in shown
    assert "C001" not in shown and client(Role.SUPERVISOR).get(page).status_code == 403
    staff.post(f"{page}decider/", {"what": "Refaire la fiche", "due_on": "2026-12-01"})
    action = CalibrationAction.objects.get()
    staff.post(f"{ROOT}actions/{action.pk}/", {"outcome": "Fiche lue"})
    assert "Fiche lue" in buyer.get(page).content.decode()
    twice = staff.post(f"{ROOT}actions/{action.pk}/", {"outcome": "Encore"}, follow=True)
    assert "déjà faite" in twice.content.decode()
    assert "Appels notés par les deux parties" in buyer.get(f"{ROOT}calibrages/").content.decode()
