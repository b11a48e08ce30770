"""`titulaire meetings`: the meetings that the contract asks for, their minutes, what they decided."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from django import forms
from django.utils import timezone

from titulaire.cli.options import (
    Code,
    a_file,
    actor_for,
    answered,
    by_person,
    contract_called,
    of_contract,
    person_for,
)
from titulaire.cli.output import as_json, console, print_json, print_table, refuse
from titulaire.governance import queries, services
from titulaire.governance.forms import (
    ActionForm,
    BecauseForm,
    DoneForm,
    HeldForm,
    MeetingFileForm,
    MinutesForm,
    MoveForm,
    PlanForm,
    RemarksForm,
    upload_of,
)
from titulaire.governance.models import Action, Meeting, MeetingFile
from titulaire.governance.queries import MinutesLine, SlotLine
from titulaire.governance.rules import MeetingKind
from titulaire.governance.views import CONTRACTOR
from titulaire.governance.views.meetings import BOTH, KINDS_OF
from titulaire.governance.wording import (
    ACTION_STATES,
    AGENDAS,
    APPROVALS,
    KINDS,
    MEETING_STATES,
    SIDES,
    SLOT_STATES,
)
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.journal import files as kept
from titulaire.ui.formats import date_short, instant_fr, instant_short

on_contract = of_contract()
numbered = click.argument("number", metavar="RÉUNION")
BUYER = (Role.BUYER_MANAGER,)
Given = dict[str, Any]


@click.group("meetings")
def command() -> None:
    """Les réunions et comités : prévus, tenus, leurs comptes rendus et leurs actions."""


# Reading


@command.command("list")
@on_contract
@as_json
def list_(code: str, json_output: bool) -> None:
    """Les réunions, la dernière d’abord, et où en est leur compte rendu."""
    contract = contract_called(code, json_output=json_output)
    found = list(queries.meetings_of(contract))
    lines = _lines(found)
    if json_output:
        print_json({"contract": code, "meetings": [_told(one, lines.get(one.pk)) for one in found]})
        return
    print_table(
        f"Réunions de {contract}",
        ("Numéro", "Réunion", "Prévue le", "État", "Compte rendu", "Actions"),
        [
            (
                one.number,
                KINDS[one.kind],
                instant_short(one.planned_at),
                MEETING_STATES[one.state].label,
                APPROVALS[lines[one.pk].approval.value].label if one.pk in lines else "",
                len(one.actions.all()),
            )
            for one in found
        ],
    )


@command.command("asked")
@on_contract
@click.option(
    "--late", is_flag=True, help="Seulement celles dont la date est passée sans qu’elles soient tenues."
)
@as_json
def asked(code: str, late: bool, json_output: bool) -> None:
    """Les réunions que le contrat demande, et celle qui a répondu à chacune."""
    contract = contract_called(code, json_output=json_output)
    today = timezone.localdate()
    found = [row for row in queries.slot_lines(contract, on=today) if not late or row.state(today) == "LATE"]
    if json_output:
        print_json({"contract": code, "asked": [_slot(row) for row in found]})
        return
    print_table(
        f"Ce que le contrat demande, {contract}",
        ("Au plus tard le", "Réunion", "Répondue par", "Tenue le", "État"),
        [
            (
                date_short(row.slot.due_on),
                KINDS[row.slot.kind.value],
                row.meeting.number if row.meeting else "",
                date_short(row.held_on),
                SLOT_STATES[row.state(today)].label,
            )
            for row in found
        ],
    )


@command.command("actions")
@on_contract
@click.option("--open", "only_open", is_flag=True, help="Seulement celles qui restent à faire.")
@as_json
def actions(code: str, only_open: bool, json_output: bool) -> None:
    """Le plan d’actions que les réunions ont décidé."""
    contract = contract_called(code, json_output=json_output)
    found = queries.actions_of(contract)
    rows = list(found.filter(done_on__isnull=True) if only_open else found)
    if json_output:
        print_json({"contract": code, "actions": [_action(one) for one in rows]})
        return
    print_table(
        f"Plan d’actions de {contract}",
        ("Réunion", "N°", "Action", "Responsable", "Pour le", "Faite le", "État"),
        [
            (
                one.meeting.number,
                one.rank,
                one.what,
                f"{one.owner}, {SIDES[one.side].lower()}",
                date_short(one.due_on),
                date_short(one.done_on),
                ACTION_STATES[_action_state(one)].label,
            )
            for one in rows
        ],
    )


@command.command("show")
@numbered
@on_contract
@click.option(
    "--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Écrire le dernier compte rendu."
)
@as_json
def show(number: str, code: str, pdf: Path | None, json_output: bool) -> None:
    """Une réunion : son ordre du jour, les présents, ses comptes rendus, ses actions."""
    contract = contract_called(code, json_output=json_output)
    found = _called(contract, number, json_output)
    if pdf is not None:
        last = found.minutes.last()
        if last is None:
            refuse(f"{number} n’a pas encore de compte rendu (meetings minutes).", json_output=json_output)
        pdf.write_bytes(kept.read(last.pdf_sha256, contract=contract.code))
    _tell(found, json_output)


# Acting


@command.command("plan")
@click.argument("kind", metavar="SORTE", type=Code([each.value for each in MeetingKind]))
@on_contract
@click.option("--at", "planned_at", metavar="INSTANT", required=True, help="Quand, comme 2026-05-04T10:30.")
@click.option("--place", required=True, help="Lieu ou lien de visioconférence.")
@click.option("--agenda", help="Ordre du jour, un point par ligne ; celui du contrat sinon.")
@click.option("--extra", is_flag=True, help="Une réunion en plus de ce que le contrat demande.")
@by_person
@as_json
def plan(
    kind: str,
    code: str,
    planned_at: str,
    place: str,
    agenda: str | None,
    extra: bool,
    email: str | None,
    json_output: bool,
) -> None:
    """Prévoir une réunion ; l’échéance à laquelle elle répond est trouvée d’après la date."""
    contract = contract_called(code, json_output=json_output)
    kinds = KINDS_OF[contract.kind]
    if kind not in {each.value for each in kinds}:
        known = ", ".join(each.value for each in kinds)
        refuse(f"ce marché n’a pas de réunion {kind} (connues : {known}).", json_output=json_output)
    form = answered(
        PlanForm,
        {
            "kind": kind,
            "planned_at": planned_at,
            "place": place,
            "agenda": agenda or AGENDAS.get(kind),
            "slot": PlanForm.NONE if extra else PlanForm.AUTOMATIC,
        },
        json_output=json_output,
        kinds=kinds,
        free=[],
    )
    try:
        made = services.plan_meeting(
            contract=contract,
            actor=actor_for(contract, email, BOTH, json_output=json_output),
            at=timezone.now(),
            **form.given(),
        )
    except services.SlotTaken as taken:
        refuse(
            f"la réunion {taken.number} y répond déjà (--extra pour une de plus).", json_output=json_output
        )
    _tell(_called(contract, made.number, json_output), json_output)


@command.command("move")
@numbered
@on_contract
@click.option("--at", "planned_at", metavar="INSTANT", help="Quand.")
@click.option("--place", help="Lieu ou lien de visioconférence.")
@click.option("--agenda", help="Ordre du jour, un point par ligne.")
@by_person
@as_json
def move(number: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Changer le jour, le lieu ou l’ordre du jour d’une réunion prévue."""
    contract = contract_called(code, json_output=json_output)
    found = _called(contract, number, json_output)
    if not any(given.values()):
        refuse("dites ce qui change : --at, --place ou --agenda.", json_output=json_output)
    stood = {name: getattr(found, name) for name in given}
    form = answered(
        MoveForm, {name: value or stood[name] for name, value in given.items()}, json_output=json_output
    )
    _do(found, services.move_meeting, form.cleaned_data, email, BOTH, json_output)


@command.command("cancel")
@numbered
@on_contract
@click.option("--reason", "because", required=True, help="Pourquoi.")
@by_person
@as_json
def cancel(number: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Annuler une réunion prévue ; l’échéance du contrat reste à tenir."""
    _act(code, number, BecauseForm, given, services.cancel_meeting, email, BOTH, json_output)


@command.command("hold")
@numbered
@on_contract
@click.option("--ended", "held_at", metavar="INSTANT", required=True, help="Quand elle a fini.")
@click.option(
    "--buyer", "buyers", multiple=True, metavar="NOM, FONCTION", help="Présent pour l’acheteur (répétable)."
)
@click.option(
    "--contractor",
    "contractors",
    multiple=True,
    metavar="NOM, FONCTION",
    help="Présent pour le Titulaire (répétable).",
)
@by_person
@as_json
def hold(
    number: str,
    code: str,
    held_at: str,
    buyers: tuple[str, ...],
    contractors: tuple[str, ...],
    email: str | None,
    json_output: bool,
) -> None:
    """Dire qu’une réunion s’est tenue, jusqu’à quand et avec qui."""
    contract = contract_called(code, json_output=json_output)
    found = _called(contract, number, json_output)
    if not buyers or not contractors:
        refuse(
            "une réunion se tient à deux : nommez une personne de chaque partie (--buyer et --contractor).",
            json_output=json_output,
        )
    form = answered(
        HeldForm,
        {"held_at": held_at, "buyers": "\n".join(buyers), "contractors": "\n".join(contractors)},
        json_output=json_output,
    )
    _do(found, services.hold_meeting, form.given(), email, BOTH, json_output)


@command.command("minutes")
@numbered
@click.argument("file", metavar="FICHIER", type=a_file)
@on_contract
@click.option("--document", type=a_file, help="Un document joint.")
@by_person
@as_json
def minutes(
    number: str, file: Path, code: str, document: Path | None, email: str | None, json_output: bool
) -> None:
    """Remettre le compte rendu, écrit dans un fichier de texte : il est figé."""
    contract = contract_called(code, json_output=json_output)
    found = _called(contract, number, json_output)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        refuse(f"{file} n’est pas un texte en UTF-8 ; joignez-le par --document.", json_output=json_output)
    form = answered(MinutesForm, {"text": text}, {"document": document}, json_output=json_output)
    said = form.cleaned_data
    given = {"text": said["text"], "document": upload_of(said["document"])}
    _do(found, services.send_minutes, given, email, CONTRACTOR, json_output)


@command.command("approve")
@numbered
@on_contract
@by_person
@as_json
def approve(number: str, code: str, email: str | None, json_output: bool) -> None:
    """L’acheteur valide le compte rendu."""
    _buyer_act(code, number, forms.Form, {}, services.approve_minutes, email, json_output)


@command.command("remark")
@numbered
@click.argument("remarks", metavar="REMARQUES")
@on_contract
@by_person
@as_json
def remark(number: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """L’acheteur fait des remarques : le silence ne vaut plus validation de cette version."""
    _buyer_act(code, number, RemarksForm, given, services.remark_on_minutes, email, json_output)


@command.command("volumes")
@numbered
@click.argument("file", metavar="FICHIER", type=a_file)
@on_contract
@by_person
@as_json
def volumes(number: str, file: Path, code: str, email: str | None, json_output: bool) -> None:
    """L’acheteur envoie les volumes d’un comité de prévisions."""
    contract = contract_called(code, json_output=json_output)
    found = _called(contract, number, json_output)
    if found.kind != MeetingKind.FORECAST:
        refuse(f"{number} n’est pas un comité de prévisions.", json_output=json_output)
    person_for(contract, email, BUYER, json_output=json_output)
    _join(found, file, MeetingFile.VOLUMES, email, BUYER, json_output)


@command.command("document")
@numbered
@click.argument("file", metavar="FICHIER", type=a_file)
@on_contract
@by_person
@as_json
def document(number: str, file: Path, code: str, email: str | None, json_output: bool) -> None:
    """Joindre le document sur lequel la réunion travaille."""
    contract = contract_called(code, json_output=json_output)
    found = _called(contract, number, json_output)
    _join(found, file, MeetingFile.SUPPORT, email, CONTRACTOR, json_output)


def _join(
    found: Meeting, file: Path, purpose: str, email: str | None, roles: tuple[Role, ...], json_output: bool
) -> None:
    form = answered(MeetingFileForm, {}, {"document": file}, json_output=json_output)
    given = {"purpose": purpose, "document": upload_of(form.cleaned_data["document"])}
    _do(found, services.add_meeting_file, given, email, roles, json_output)


@command.command("decide")
@numbered
@click.argument("what", metavar="ACTION")
@on_contract
@click.option("--side", type=Code(list(SIDES)), required=True, help="À la charge de qui.")
@click.option("--owner", required=True, help="Le responsable.")
@click.option("--due-on", metavar="JOUR", required=True, help="Pour quand.")
@by_person
@as_json
def decide(number: str, code: str, email: str | None, json_output: bool, **given: Any) -> None:
    """Ajouter une action au plan d’actions d’une réunion tenue."""
    _act(code, number, ActionForm, given, services.decide_action, email, BOTH, json_output)


@command.command("done")
@numbered
@click.argument("rank", metavar="N°", type=int)
@on_contract
@click.option("--on", "done_on", metavar="JOUR", help="Faite ce jour ; aujourd’hui sinon.")
@click.option("--outcome", help="Ce qui en est sorti.")
@by_person
@as_json
def done(
    number: str,
    rank: int,
    code: str,
    done_on: str | None,
    outcome: str | None,
    email: str | None,
    json_output: bool,
) -> None:
    """Dire qu’une action est faite."""
    contract = contract_called(code, json_output=json_output)
    found = queries.actions_of(contract).filter(meeting__number=number.upper(), rank=rank).first()
    if found is None:
        refuse(f"aucune action n° {rank} de {number} (meetings actions).", json_output=json_output)
    form = answered(
        DoneForm, {"done_on": done_on or timezone.localdate(), "outcome": outcome}, json_output=json_output
    )
    try:
        made = services.complete_action(
            action=found,
            **form.cleaned_data,
            actor=actor_for(contract, email, BOTH, json_output=json_output),
            at=timezone.now(),
        )
    except services.AlreadyDone:
        refuse("cette action était déjà faite : rien n’a changé.", json_output=json_output)
    if json_output:
        print_json({"contract": code, **_action(made)})
    else:
        click.echo(f"Action n° {rank} de {made.meeting.number} : faite.")


@command.command("close")
@numbered
@on_contract
@by_person
@as_json
def close(number: str, code: str, email: str | None, json_output: bool) -> None:
    """Clore une réunion dont le compte rendu est validé ; ses actions suivent leur cours."""
    _act(code, number, forms.Form, {}, services.close_meeting, email, BOTH, json_output)


def _act(
    code: str,
    number: str,
    form_class: type[forms.Form],
    given: Given,
    act: Callable[..., object],
    email: str | None,
    roles: tuple[Role, ...],
    json_output: bool,
) -> None:
    """One act on a meeting, as its page does it."""
    contract = contract_called(code, json_output=json_output)
    found = _called(contract, number, json_output)
    form = answered(form_class, given, json_output=json_output)
    _do(found, act, form.cleaned_data, email, roles, json_output)


def _buyer_act(
    code: str,
    number: str,
    form_class: type[forms.Form],
    given: Given,
    act: Callable[..., object],
    email: str | None,
    json_output: bool,
) -> None:
    """The buyer's word on minutes: somebody of the buyer gives it, never a machine."""
    contract = contract_called(code, json_output=json_output)
    person_for(contract, email, BUYER, json_output=json_output)
    _act(code, number, form_class, given, act, email, BUYER, json_output)


def _do(
    found: Meeting,
    act: Callable[..., object],
    given: Given,
    email: str | None,
    roles: tuple[Role, ...],
    json_output: bool,
) -> None:
    actor = actor_for(found.contract, email, roles, json_output=json_output)
    try:
        act(meeting=found, **given, actor=actor, at=timezone.now())
    except services.MeetingStands as stands:
        state = MEETING_STATES[stands.state].label.lower()
        refuse(f"la réunion {stands.number} est « {state} » : rien n’a changé.", json_output=json_output)
    except services.AlreadyAnswered as answer:
        label = APPROVALS[answer.approval.value].label.lower()
        refuse(f"le compte rendu est « {label} » : rien n’a changé.", json_output=json_output)
    except services.MinutesAwaited:
        refuse(
            "le compte rendu n’est pas encore remis ou validé (meetings minutes, meetings approve).",
            json_output=json_output,
        )
    except services.NobodyPresent:
        refuse("une réunion se tient à deux : nommez une personne de chaque partie.", json_output=json_output)
    except services.ImpossibleInstant:
        refuse("cette date ne se peut pas : à venir, ou avant la réunion.", json_output=json_output)
    _tell(_called(found.contract, found.number, json_output), json_output)


def _called(contract: Contract, number: str, json_output: bool) -> Meeting:
    found = queries.meetings_of(contract).filter(number=number.upper()).first()
    if found is None:
        refuse(
            f"le marché {contract.code} n’a pas de réunion « {number} » (meetings list les donne).",
            json_output=json_output,
        )
    return found


# What is told


def _lines(found: list[Meeting]) -> dict[int, MinutesLine]:
    return {line.meeting.pk: line for line in queries.minutes_lines(found, at=timezone.now())}


def _told(one: Meeting, line: MinutesLine | None) -> Given:
    return {
        "number": one.number,
        "kind": one.kind,
        "state": one.state,
        "planned_at": one.planned_at,
        "held_at": one.held_at,
        "place": one.place,
        "slot": one.slot or None,
        "minutes": None
        if line is None
        else {
            "approval": line.approval.value,
            "version": line.minutes.version if line.minutes else None,
            "sent_at": line.minutes.sent_at if line.minutes else None,
            "due_at": line.writing.due_at if line.writing else None,
            "silence_approves_at": line.silence.due_at if line.silence else None,
        },
    }


def _tell(found: Meeting, json_output: bool) -> None:
    line = _lines([found]).get(found.pk)
    if json_output:
        print_json(
            {
                "contract": found.contract.code,
                **_told(found, line),
                "agenda": found.agenda,
                "people": [
                    {"side": each.side, "name": each.name, "post": each.post, "present": each.present}
                    for each in found.attendances.all()
                ],
                "versions": [
                    {
                        "version": each.version,
                        "text": each.text,
                        "pdf_sha256": each.pdf_sha256,
                        "sent_at": each.sent_at,
                        "approved_at": each.approved_at,
                        "remarks": each.remarks,
                    }
                    for each in found.minutes.all()
                ],
                "files": [
                    {"purpose": each.purpose, "name": each.name, "sha256": each.sha256}
                    for each in found.files.all()
                ],
                "actions": [_action(each) for each in found.actions.all()],
            }
        )
        return
    told = [f"{found.number}, {KINDS[found.kind]}, {instant_fr(found.planned_at)}, {found.place}"]
    told.append(f"État : {MEETING_STATES[found.state].label}.")
    if line is not None:
        told.append(f"Compte rendu : {APPROVALS[line.approval.value].label}.")
        if line.minutes is None and line.writing is not None:
            told.append(f"À remettre avant le {instant_fr(line.writing.due_at)}.")
        elif line.silence is not None and line.approval.value == "AWAITED":
            told.append(f"Sans remarque, validé par le silence le {instant_fr(line.silence.due_at)}.")
    console.print("\n".join(told), markup=False)


def _slot(row: SlotLine) -> Given:
    return {
        "key": row.slot.key,
        "kind": row.slot.kind,
        "due_on": row.slot.due_on,
        "meeting": row.meeting.number if row.meeting else None,
        "held_on": row.held_on,
        "state": row.state(timezone.localdate()),
    }


def _action_state(action: Action) -> str:
    if action.done_on is not None:
        return "DONE"
    return "LATE" if action.due_on < timezone.localdate() else "OPEN"


def _action(one: Action) -> Given:
    return {
        "meeting": one.meeting.number,
        "number": one.rank,
        "what": one.what,
        "side": one.side,
        "owner": one.owner,
        "due_on": one.due_on,
        "done_on": one.done_on,
        "outcome": one.outcome,
        "state": _action_state(one),
    }
