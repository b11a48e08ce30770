"""`titulaire quality`: sealed draws anyone makes again, marks given to the facts, what a month owes."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from django.utils import timezone

from titulaire.cli.options import (
    Code,
    a_file,
    a_month,
    actor_for,
    answered,
    by_person,
    month_of,
    of_contract,
    support_contract,
)
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.identity.models import Contract
from titulaire.support.facts.schema import ItemKind
from titulaire.support.quality import queries, services
from titulaire.support.quality.forms import SealForm
from titulaire.support.quality.models import Draw
from titulaire.support.quality.rules import Candidate, drawn, population_digest, seed_digest
from titulaire.support.quality.views import STAFF, draw_code
from titulaire.support.quality.wording import DRAW_FAULTS, DRAWS, KINDS
from titulaire.ui.formats import date_short, month_fr

on_contract = of_contract("SUPPORT")
called = click.argument("reference", metavar="TIRAGE")


@click.group("quality")
def command() -> None:
    """La qualité : tirages scellés que chacun refait, notes versées aux faits, évaluations dues."""


def _called(code: str, reference: str, json_output: bool) -> Draw:
    found = queries.draw_called(support_contract(code, json_output=json_output), reference)
    if found is None:
        refuse(f"il n’y a pas de tirage « {reference} » (quality draws les donne).", json_output=json_output)
    return found


def _told(draw: Draw) -> dict[str, object]:
    return {
        "reference": draw.reference,
        "kind": draw.kind,
        "since_on": draw.since_on,
        "until_on": draw.until_on - timedelta(days=1),
        "per_adviser": draw.per_adviser,
        "sealed_at": draw.sealed_at,
        "seed_sha256": draw.seed_sha256,
        "state": draw_code(draw),
        "opened_at": draw.opened_at,
        "seed": draw.seed if draw.opened_at else None,
        "population": draw.population,
        "population_sha256": draw.population_sha256 or None,
        "drawn": [each.item for each in draw.samples.all()],
    }


@command.command("draws")
@on_contract
@as_json
def draws(code: str, json_output: bool) -> None:
    """Les tirages, le dernier d’abord, avec l’empreinte de leur graine."""
    found = list(queries.draws_of(support_contract(code, json_output=json_output)))
    if json_output:
        print_json({"contract": code, "draws": [_told(each) for each in found]})
        return
    print_table(
        "Tirages",
        ("Référence", "Nature", "Du", "Au", "État", "Empreinte de la graine"),
        [
            (
                each.reference,
                KINDS[each.kind],
                date_short(each.since_on),
                date_short(each.until_on - timedelta(days=1)),
                DRAWS[draw_code(each)].label,
                each.seed_sha256,
            )
            for each in found
        ],
    )


@command.command("seal")
@on_contract
@click.option("--kind", type=Code(list(KINDS)), required=True, help="La nature des éléments.")
@click.option("--since", "since_on", metavar="JOUR", required=True, help="Premier jour, comme 2026-05-01.")
@click.option("--until", "until_on", metavar="JOUR", required=True, help="Dernier jour, compris.")
@click.option("--per-adviser", type=click.IntRange(1, 50), required=True, help="Éléments par conseiller.")
@by_person
@as_json
def seal(code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Sceller un tirage avant la fin de sa période."""
    contract = support_contract(code, json_output=json_output)
    said = answered(SealForm, given, json_output=json_output).cleaned_data
    actor = actor_for(contract, email, STAFF, json_output=json_output)
    try:
        made = services.seal_draw(
            contract=contract,
            kind=ItemKind(said["kind"]),
            since_on=said["since_on"],
            until_on=said["until_on"] + timedelta(days=1),
            per_adviser=said["per_adviser"],
            actor=actor,
            at=timezone.now(),
        )
    except services.DrawRefused as refused:
        refuse(DRAW_FAULTS[refused.fault], json_output=json_output, fault=refused.fault)
    _say(made, json_output)


@command.command("draw")
@called
@on_contract
@by_person
@as_json
def draw(reference: str, code: str, email: str | None, json_output: bool) -> None:
    """Ouvrir un tirage dont la période est finie."""
    found = _called(code, reference, json_output)
    actor = actor_for(found.contract, email, STAFF, json_output=json_output)
    try:
        services.open_draw(draw=found, actor=actor, at=timezone.now())
    except services.DrawRefused as refused:
        refuse(DRAW_FAULTS[refused.fault], json_output=json_output, fault=refused.fault)
    except services.NothingToDraw:
        refuse(
            "les faits de cette période ne sont pas là : importez-les, puis ouvrez.", json_output=json_output
        )
    _say(found, json_output)


def _say(found: Draw, json_output: bool) -> None:
    if json_output:
        print_json(_told(found))
        return
    click.echo(f"{found.reference} : {DRAWS[draw_code(found)].label.lower()}, graine {found.seed_sha256}.")
    if found.opened_at:
        click.echo(f"{found.samples.count()} éléments tirés sur {found.population}, graine « {found.seed} ».")


@command.command("verify")
@called
@on_contract
@as_json
def verify(reference: str, code: str, json_output: bool) -> None:
    """Refaire un tirage depuis les faits de son ouverture ; sort en 1 s’il ne se retrouve pas."""
    found = _called(code, reference, json_output)
    if found.opened_at is None:
        refuse("ce tirage n’est pas encore ouvert.", json_output=json_output)
    again = queries.replay(found)
    told = {
        "reference": reference,
        "seed_holds": again.seed_holds,
        "population_holds": again.population_holds,
        "sample_holds": again.sample_holds,
    }
    if json_output:
        print_json(told)
    else:
        for label, holds in (
            ("Graine", again.seed_holds),
            ("Population", again.population_holds),
            ("Éléments", again.sample_holds),
        ):
            click.echo(f"{label} : {'se retrouve' if holds else 'NE SE RETROUVE PAS'}")
    if not again.holds:
        raise SystemExit(1)


@command.command("replay")
@click.argument("file", metavar="FICHIER", type=a_file)
@click.option("--seed", required=True, help="La graine, montrée à l’ouverture.")
@click.option("--per-adviser", type=click.IntRange(1), required=True, help="Éléments par conseiller.")
@as_json
def replay(file: Path, seed: str, per_adviser: int, json_output: bool) -> None:
    """Refaire un tirage depuis le fichier de sa population, sans rien savoir d’autre."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    try:
        population = [Candidate(row["element"], row["groupe"], row["motif"]) for row in rows]
    except KeyError as missing:
        refuse(
            f"le fichier n’a pas de colonne {missing} : prenez « Population (CSV) ».", json_output=json_output
        )
    found = [each.item for each in drawn(population, seed=seed, per_adviser=per_adviser)]
    told = {
        "seed_sha256": seed_digest(seed),
        "population_sha256": population_digest(population),
        "drawn": found,
    }
    if json_output:
        print_json(told)
        return
    click.echo(f"Empreinte de la graine : {told['seed_sha256']}")
    click.echo(f"Empreinte de la population : {told['population_sha256']}")
    click.echo("\n".join(found))


@command.command("publish")
@on_contract
@by_person
@as_json
def publish(code: str, email: str | None, json_output: bool) -> None:
    """Verser aux faits les notes que plus rien ne cache, une fois."""
    contract = support_contract(code, json_output=json_output)
    actor = actor_for(contract, email, STAFF, json_output=json_output)
    try:
        done = services.publish_marks(contract=contract, actor=actor, at=timezone.now())
    except services.MarksRefused as refused:
        refuse(f"les faits ont refusé ces notes : {', '.join(refused.reasons)}.", json_output=json_output)
    sent = sum(each.evaluations.count() for each in done)
    if json_output:
        print_json({"contract": code, "marks": sent, "batches": [each.batch for each in done]})
    else:
        click.echo(f"Notes versées : {sent}.")


@command.command("owed")
@on_contract
@click.option("--month", type=a_month, help="Le mois, comme 2026-05 ; celui d’aujourd’hui sinon.")
@as_json
def owed(code: str, month: datetime | None, json_output: bool) -> None:
    """Les évaluations et les sessions dues à chaque conseiller, et ce qui manque."""
    contract: Contract = support_contract(code, json_output=json_output)
    first = month_of(month) if month else timezone.localdate().replace(day=1)
    rows = queries.owed_in(contract, first)
    if json_output:
        told = [
            {
                "adviser": each.adviser,
                "evaluations": each.evaluations,
                "evaluations_missing": each.evaluations_missing,
                "sessions": each.sessions,
                "sessions_missing": each.sessions_missing,
            }
            for each in rows
        ]
        print_json({"contract": code, "month": f"{first:%Y-%m}", "advisers": told})
        return
    print_table(
        f"Évaluations dues, {month_fr(first)}",
        ("Conseiller", "Évaluations", "Manquent", "Sessions", "Manquent"),
        [
            (each.adviser, each.evaluations, each.evaluations_missing, each.sessions, each.sessions_missing)
            for each in rows
        ],
    )
