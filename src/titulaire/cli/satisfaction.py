"""`titulaire satisfaction`: what callers thought, whom to ask, and the links to answer."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from django.utils import timezone

from titulaire.cli.options import (
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
from titulaire.support.incidents.sheets import SheetRefused
from titulaire.support.satisfaction import queries, services
from titulaire.support.satisfaction.forms import FactsForm, PlanForm, RefusalForm
from titulaire.support.satisfaction.models import Invitation, Wave
from titulaire.support.satisfaction.reading import contacts_of
from titulaire.support.satisfaction.results import (
    CUTS,
    Followed,
    Group,
    Results,
    answered_in,
    results_of,
    sides_of,
)
from titulaire.support.satisfaction.rules import STANDARD, Score, gap_points
from titulaire.support.satisfaction.views import ASKERS, LINK_HEADINGS, link_row
from titulaire.support.satisfaction.wording import (
    CUTS as CUT_WORDS,
)
from titulaire.support.satisfaction.wording import (
    SHORT,
    SOURCES,
    decimal_of,
    interval_words,
    key_words,
    lost_words,
    share_words,
    skipped_words,
    value_words,
)
from titulaire.ui.exports import csv_bytes
from titulaire.ui.formats import instant_short, month_fr, number

on_contract = of_contract("SUPPORT")


@click.group("satisfaction")
def command() -> None:
    """La satisfaction des usagers : solliciter, recueillir les réponses, lire les résultats."""


@command.command("results")
@on_contract
@click.option("--month", type=a_month, help="Le mois, comme 2026-05 ; le dernier sollicité sinon.")
@click.option("--by", "cut", type=click.Choice(CUTS), default="reason", help="Ce qui ouvre les chiffres.")
@as_json
def results(code: str, month: Any, cut: str, json_output: bool) -> None:
    """Les résultats d’un mois, avec leurs intervalles et leurs lectures."""
    contract = support_contract(code, json_output=json_output)
    known = queries.months_asked(contract)
    if not (month or known):
        refuse("aucun contact n’a encore été sollicité.", json_output=json_output)
    first = month_of(month) if month else known[0]
    found = results_of(contract, since=first, until=queries.month_after(first), by=cut)
    if json_output:
        print_json(_document(contract, found))
        return
    lines = found.total.lines
    names = [SHORT[one.measure] + (f" v{one.lineage}" if one.measure in found.mixed else "") for one in lines]
    print_table(
        f"Satisfaction, {month_fr(first)}",
        (CUT_WORDS[cut], "Sollicités", "Réponses", "Taux", *names, "FCR constaté"),
        [
            (
                "Tout" if each is found.total else key_words(cut, each.key),
                each.invited,
                each.answered,
                share_words(each.rate),
                *(
                    value_words(line.score) if (line := each.line(one.measure, one.lineage)) else ""
                    for one in lines
                ),
                value_words(each.behaviour.score),
            )
            for each in (*found.groups, found.total)
        ],
    )
    for one, name in zip(lines, names, strict=True):
        said = interval_words(one.score)
        click.echo(
            f"{name} : {value_words(one.score)}{f' ({said})' if said else ''}, {one.score.answers} réponses."
        )
    click.echo(f"FCR constaté : {lost_words(found.total.behaviour, found.repeat_days)}.")


def _document(contract: Contract, found: Results) -> dict[str, Any]:
    sides = sides_of(contract, found) if found.by == "reason" else ()
    invitations = Invitation.objects.filter(contract=contract)
    return {
        "contract": contract.code,
        "since": found.since,
        "until": found.until,
        "by": found.by,
        "confidence": "0.95",
        "readings": dict(found.readings),
        "coverage": {code: _rate(found.coverage(code)) for code in ("EACH_CONTACT", "EACH_PERSON")},
        "answers_by_month": {
            code: answered_in(invitations, found.since, found.until, code).count()
            for code in ("CONTACT_MONTH", "ANSWER_MONTH")
        },
        "mixed": list(found.mixed),
        "repeat_days": found.repeat_days,
        "total": _group(found.total),
        "groups": [_group(one) for one in found.groups],
        "perceived_and_produced": [
            {
                "reason": one.reason,
                "perceived": _score(one.perceived),
                "produced": _rate(one.produced),
                "marks": one.marks,
                "gap_points": _rate(gap_points(one)),
            }
            for one in sides
        ],
    }


def _rate(share: Any) -> Any:
    return None if share is None else decimal_of(share)


def _score(score: Score) -> dict[str, Any]:
    return {
        "kind": score.kind,
        "numerator": score.kept,
        "answers": score.answers,
        "value": _rate(score.value),
        "low": score.low,
        "high": score.high,
    }


def _behaviour(did: Followed) -> dict[str, Any]:
    return {
        "handled": did.handled,
        "callers": did.callers,
        "followed": did.followed,
        "not_followed": did.lost,
        "without_caller": did.unknown,
        **_score(did.score),
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "key": group.key,
        "invited": group.invited,
        "answered": group.answered,
        "rate": _rate(group.rate),
        "scores": [
            {
                "measure": one.measure,
                "lineage": one.lineage,
                "question": one.question.wording,
                "scale": [one.question.scale.least, one.question.scale.most],
                "high_is_good": one.question.scale.high_is_good,
                **_score(one.score),
                "rival": {"reading": one.rival[0], **_score(one.rival[1])} if one.rival else None,
            }
            for one in group.lines
        ],
        "fcr_by_behaviour": _behaviour(group.behaviour),
    }


@command.command("waves")
@on_contract
@as_json
def waves(code: str, json_output: bool) -> None:
    """Les envois préparés, le dernier d’abord."""
    contract = support_contract(code, json_output=json_output)
    found = list(queries.waves_of(contract))
    if json_output:
        print_json({"contract": code, "waves": [_told(one) for one in found]})
        return
    print_table(
        f"Envois de {contract}",
        ("Envoi", "Préparé le", "Source", "Contacts", "Sollicités", "Écartés", "Réponses"),
        [
            (
                one.rank,
                instant_short(one.made_at),
                SOURCES[one.source],
                number(one.considered),
                number(one.invitations.count()),
                skipped_words(one.skipped),
                number(one.invitations.filter(answered_at__isnull=False).count()),
            )
            for one in found
        ],
    )


def _told(wave: Wave) -> dict[str, Any]:
    return {
        "wave": wave.rank,
        "made_at": wave.made_at,
        "source": wave.source,
        "considered": wave.considered,
        "invited": wave.invitations.count(),
        "skipped": wave.skipped,
        "answered": wave.invitations.filter(answered_at__isnull=False).count(),
    }


@command.command("publish")
@on_contract
@by_person
@as_json
def publish(code: str, email: str | None, json_output: bool) -> None:
    """Publier le questionnaire proposé ; la page en publie d’autres."""
    contract = support_contract(code, json_output=json_output)
    actor = actor_for(contract, email, ASKERS, json_output=json_output)
    try:
        made = services.publish(contract=contract, questions=STANDARD, actor=actor, at=timezone.now())
    except services.SameQuestionnaire:
        refuse("c’est déjà le questionnaire en vigueur : rien n’a changé.", json_output=json_output)
    if json_output:
        print_json({"contract": code, "version": made.version})
    else:
        click.echo(f"Questionnaire v{made.version} publié.")


@command.command("plan")
@on_contract
@click.option("--from", "from_on", metavar="JOUR", required=True, help="À partir du, comme 2026-05-04.")
@click.option("--percent", required=True, help="Part des contacts, en % ; 100 : chaque contact.")
@click.option("--quota", "daily_quota", help="Au plus, par jour ; sans limite sinon.")
@by_person
@as_json
def plan(code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Dire quelle part des contacts est sollicitée."""
    contract = support_contract(code, json_output=json_output)
    said = answered(PlanForm, given, json_output=json_output).cleaned_data
    actor = actor_for(contract, email, ASKERS, json_output=json_output)
    try:
        made = services.plan(
            contract=contract,
            from_on=said["from_on"],
            share=said["percent"] / 100,
            daily_quota=said["daily_quota"],
            actor=actor,
            at=timezone.now(),
        )
    except services.PastPlan:
        refuse("un plan vaut à partir d’aujourd’hui au plus tôt.", json_output=json_output)
    if json_output:
        print_json(
            {"contract": code, "from_on": made.from_on, "share": made.share, "quota": made.daily_quota}
        )
    else:
        click.echo("Plan enregistré.")


@command.command("invite")
@on_contract
@click.option("--since", metavar="JOUR", help="Appels du ; hier sinon.")
@click.option("--last", metavar="JOUR", help="Au, ce jour compris ; hier sinon.")
@click.option("--file", "path", type=a_file, help="Un fichier de contacts, au lieu des appels du logiciel.")
@by_person
@as_json
def invite(
    code: str, since: str | None, last: str | None, path: Path | None, email: str | None, json_output: bool
) -> None:
    """Choisir qui solliciter, parmi les appels traités ou les contacts d’un fichier."""
    contract = support_contract(code, json_output=json_output)
    actor, known = actor_for(contract, email, ASKERS, json_output=json_output), False
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    try:
        if path:
            content = path.read_bytes()
            wave, known = services.invite_from_file(
                contract=contract,
                named=contacts_of(content),
                sha256=hashlib.sha256(content).hexdigest(),
                actor=actor,
                at=timezone.now(),
            )
        else:
            given = {"since": since or yesterday, "last": last or since or yesterday}
            said = answered(FactsForm, given, json_output=json_output).cleaned_data
            wave = services.invite_from_facts(
                contract=contract,
                since=said["since"],
                until=said["last"] + timedelta(days=1),
                actor=actor,
                at=timezone.now(),
            )
    except services.NoQuestionnaire:
        refuse("publiez d’abord un questionnaire (satisfaction publish).", json_output=json_output)
    except SheetRefused as sheet:
        refuse(
            " ".join(f"Ligne {one.row}, {one.column} : {one.message}" for one in sheet.faults),
            json_output=json_output,
            refused=[{"row": one.row, "column": one.column, "rule": one.rule} for one in sheet.faults],
        )
    if json_output:
        print_json({"contract": code, "new": not known, **_told(wave)})
    else:
        told = "déjà préparé" if known else "préparé"
        asked = number(wave.invitations.count())
        click.echo(
            f"Envoi {wave.rank} {told} : {asked} sollicités ; écartés : {skipped_words(wave.skipped)}."
        )


@command.command("links")
@click.argument("rank", metavar="ENVOI", type=int)
@on_contract
@click.option(
    "--to", "path", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Où les écrire."
)
@by_person
@as_json
def links(rank: int, code: str, path: Path, email: str | None, json_output: bool) -> None:
    """Écrire les liens ouverts d’un envoi, en CSV, pour l’outil qui les envoie."""
    contract = support_contract(code, json_output=json_output)
    wave = Wave.objects.filter(contract=contract, rank=rank).first()
    if wave is None:
        refuse(f"aucun envoi {rank} (voir satisfaction waves).", json_output=json_output)
    actor = actor_for(contract, email, ASKERS, json_output=json_output)
    given = services.give_links(wave=wave, actor=actor, at=timezone.now())
    path.write_bytes(csv_bytes(LINK_HEADINGS, [link_row(one, token) for one, token in given]))
    if json_output:
        print_json({"contract": code, "wave": rank, "links": len(given), "file": str(path)})
    else:
        click.echo(f"{len(given)} liens écrits dans {path}.")


@command.command("refuse")
@click.argument("address", metavar="DESTINATAIRE")
@on_contract
@by_person
@as_json
def refuse_(address: str, code: str, email: str | None, json_output: bool) -> None:
    """Ne plus solliciter un téléphone ou une adresse électronique, qui n’est pas gardé."""
    contract = support_contract(code, json_output=json_output)
    said = answered(RefusalForm, {"address": address}, json_output=json_output).cleaned_data
    actor = actor_for(contract, email, ASKERS, json_output=json_output)
    services.refuse_address(contract=contract, address=said["address"], actor=actor, at=timezone.now())
    if json_output:
        print_json({"contract": code, "refused": True})
    else:
        click.echo("Refus enregistré.")
