"""The quality of the support contract: a draw opened, one sealed, calls marked by both sides, a session held."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from titulaire.identity.models import Contract, User
from titulaire.support.facts.schema import ItemKind, Marker
from titulaire.support.quality.models import Draw, Sample
from titulaire.support.quality.queries import midnight, scorecard_in_force
from titulaire.support.quality.rules import Answer, Criterion
from titulaire.support.quality.services import (
    NothingToDraw,
    decide_action,
    evaluate,
    follow,
    open_calibration,
    open_draw,
    publish_marks,
    reveal,
    seal_draw,
    share,
    write_scorecard,
)

ONE_DAY = timedelta(days=1)
SEED = "demonstration"
GRIDS = {
    ItemKind.CALL: (
        "Grille d’appel",
        (
            ("Accueil et présentation", 15),
            ("Écoute et reformulation", 25),
            ("Réponse juste", 40),
            ("Prise de congé", 20),
        ),
    ),
    ItemKind.FORM: (
        "Grille d’écrit",
        (("Forme et politesse", 25), ("Compréhension de la demande", 30), ("Réponse juste et complète", 45)),
    ),
    ItemKind.N2_TICKET: (
        "Grille de ticket",
        (("Description de l’incident", 50), ("Pertinence de l’escalade", 50)),
    ),
}
CONFIDENTIAL = "Confidentialité respectée"
MARKED, CALIBRATED = 12, 4
TOLD = "C001"
"""The adviser who reads the first evaluation, if he or she worked on those days."""


def inspect(contract: Contract, *, now: datetime, today: date) -> None:
    """Tell it once. Nothing is drawn while the facts of the last days are not there."""
    if Draw.objects.filter(contract=contract).exists():
        return
    officer = User.objects.get(email="perrine.galdric@demo.example").actor
    buyer = User.objects.get(email="solange.brissonnet@demo.example").actor
    since = today - 6 * ONE_DAY
    sealed_at = midnight(since) + timedelta(hours=8)
    for kind, (title, lines) in GRIDS.items():
        criteria = [Criterion(f"C{rank}", label, weight) for rank, (label, weight) in enumerate(lines, 1)]
        secret = Criterion(f"C{len(lines) + 1}", CONFIDENTIAL, 0, eliminatory=True)
        write_scorecard(
            contract=contract,
            kind=kind,
            title=title,
            criteria=[*criteria, secret],
            actor=officer,
            at=sealed_at,
        )
    draw = seal_draw(
        contract=contract, kind=ItemKind.CALL, since_on=since, until_on=today - 2 * ONE_DAY, per_adviser=1,
        seed=SEED, actor=officer, at=sealed_at,
    )  # fmt: skip
    seal_draw(
        contract=contract, kind=ItemKind.FORM, since_on=today, until_on=today + 14 * ONE_DAY, per_adviser=2,
        actor=officer, at=now,
    )  # fmt: skip
    try:
        made = open_draw(draw=draw, actor=officer, at=now - timedelta(hours=4))
    except NothingToDraw:
        return
    made.sort(key=lambda each: (each.adviser != TOLD, each.rank))
    _mark(contract, made[:MARKED], officer=officer, buyer=buyer, now=now)
    _share(contract, made[0], officer=officer, since=since, today=today, now=now)
    publish_marks(contract=contract, actor=officer, at=now)


def _mark(contract: Contract, chosen: list[Sample], *, officer: str, buyer: str, now: datetime) -> None:
    card = scorecard_in_force(contract, ItemKind.CALL.value)
    assert card is not None  # noqa: S101 - written just before
    at, rng = now - timedelta(hours=3), Random(SEED)
    session = open_calibration(
        contract=contract, title="Réponse juste : ce que chacun en attend", samples=chosen[:CALIBRATED],
        actor=officer, at=at,
    )  # fmt: skip
    for sample in chosen:
        for side, actor, strict in ((Marker.CONTRACTOR, officer, 0.2), (Marker.BUYER, buyer, 0.3)):
            answers = {
                each.code: Answer.PARTLY if rng.random() < strict and each.weight else Answer.YES
                for each in card.lines
            }
            evaluate(sample=sample, side=side, scorecard=card, answers=answers, actor=actor, at=at)
    session = reveal(
        calibration=session, conclusion="La Cnam attend que la démarche soit dite en entier, lien compris.",
        actor=officer, at=now - timedelta(hours=2),
    )  # fmt: skip
    decide_action(
        calibration=session, what="Compléter la fiche « Activer son compte » et la relire en équipe",
        due_on=now.date() + 10 * ONE_DAY, actor=officer, at=now - timedelta(hours=2),
    )  # fmt: skip


def _share(
    contract: Contract, sample: Sample, *, officer: str, since: date, today: date, now: datetime
) -> None:
    supervisor = User.objects.get(email="malik.ferrandes@demo.example")
    follow(
        contract=contract, number=sample.adviser, supervisor=supervisor,
        since_on=since.replace(day=1), actor=officer, at=now,
    )  # fmt: skip
    share(
        contract=contract, adviser=sample.adviser, held_on=today,
        summary="Appel réécouté ensemble : dire la démarche en entier.",
        evaluations=list(sample.evaluations.filter(side=Marker.CONTRACTOR.value)), actor=supervisor.actor, at=now,
    )  # fmt: skip
