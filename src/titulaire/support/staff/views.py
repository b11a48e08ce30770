"""The pages of the staff: the register, accounts, accesses to remove, lists of users, officers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from titulaire.clauses import clause
from titulaire.contracts.queries import calendar_of, terms_held, terms_of
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, Membership, User
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.support.incidents.sheets import Fault, SheetRefused
from titulaire.support.staff import queries, services
from titulaire.support.staff.forms import (
    FIELDS,
    AccountForm,
    CheckForm,
    DayForm,
    MemberForm,
    OfficerForm,
    PostingForm,
    ReceiptForm,
    SentForm,
    SheetForm,
    StepForm,
)
from titulaire.support.staff.models import Account, AccountStep, Mandate, Member, UserList
from titulaire.support.staff.queries import Removal, Standing
from titulaire.support.staff.reading import COLUMNS, REQUIRED, members_of_sheet, told
from titulaire.support.staff.rules import ONE_DAY, StepKind, masked_email, masked_name
from titulaire.support.staff.wording import (
    APPLICATIONS,
    CHANGES,
    CHANNELS,
    FAULTS,
    LISTS,
    POSTS,
    RANKS,
    REFUSALS,
    REMOVALS,
    STANDINGS,
    STATES,
    STEPS,
    TELEWORK,
)
from titulaire.ui.formats import count_fr, date_fr, rate
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Table

BUYERS = (Role.BUYER_MANAGER, Role.BUYER_READER)
READERS = (Role.SUPERVISOR, Role.PLANNER, Role.CSO, Role.AUDITOR, *BUYERS)
KEEPERS = (Role.SUPERVISOR, Role.CSO)
"""Who keeps the register. Accounts are the officer's alone."""
OVERSEERS = (Role.CSO, Role.SUPERVISOR, Role.AUDITOR)
ACTS = {
    "bloquer": (StepKind.BLOCKED, "Bloquer le compte"),
    "debloquer": (StepKind.UNBLOCKED, "Débloquer le compte"),
    "reactiver": (StepKind.REACTIVATED, "Réactiver le compte"),
    "fermer": (StepKind.CLOSED, "Fermer le compte"),
}


def _roles(request: HttpRequest) -> frozenset[Role]:
    return request.roles  # type: ignore[attr-defined]


def _may(request: HttpRequest, *roles: Role) -> bool:
    return bool({*roles} & _roles(request))


def _actor(request: HttpRequest) -> dict[str, Any]:
    return {"actor": cast(User, request.user).actor, "at": timezone.now()}


def _today(contract: Contract) -> date:
    return calendar_of(terms_of(contract.code)).local_day(timezone.now())


def _member(contract: Contract, number: str) -> Member:
    found = queries.members_of(contract).filter(number=number).first()
    if found is None:
        raise Http404("no such member")
    return found


def _url(contract: Contract, name: str, *rest: object) -> str:
    return reverse(name, args=[contract.code, *rest])


def refused(error: services.ActRefused) -> str:
    """Why an act cannot be done, and what to do."""
    return REFUSALS[error.fault].format(detail=error.detail)


def _page(table: Table, heading: str, lead: str, clause_id: str, **more: Any) -> HttpResponse:
    context = {"heading": heading, "lead_text": lead, "clause_id": clause_id, "possible": [], **more}
    return table.response("staff/page.html", context)


def _form(
    request: HttpRequest, contract: Contract, form: forms.Form, *, heading: str, act: Callable[[], str],
    back: str, label: str = "", lead: str = "",
) -> HttpResponse:  # fmt: skip
    """One act: its form, the act itself, which gives the sentence that says it is done."""
    if request.method == "POST" and form.is_valid():
        try:
            said = act()
        except services.ActRefused as error:
            form.add_error(None, refused(error))
        except services.StaffRefused as error:
            for one in error.refusals:
                field = FIELDS.get(one.column)
                form.add_error(field if field in form.fields else None, FAULTS[one.fault])
        else:
            messages.success(request, said)
            return redirect(back)
    context = {
        "form": form,
        "heading": heading,
        "lead": lead,
        "action_label": label or heading,
        "cancel_url": back,
    }
    return render(request, "staff/form.html", context)


def _posted(request: HttpRequest, kind: type[Any], **options: Any) -> Any:
    given = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    return kind(*given, **options)


# The register


def _channels(found: Standing) -> str:
    return ", ".join(CHANNELS[one] for one in found.posting.channels) if found.posting else ""


@clause("S-5.1-ressources", "S-3.3.2-plateaux", "S-8.1-teletravail")
@reads(*READERS)
def staff(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every member by number: post, site, share of time, channels, telework."""
    today = _today(contract)
    rows = [queries.standing(one, on=today) for one in queries.members_of(contract)]
    here = [one for one in rows if one.state in {"HERE", "AWAY"}]
    table = Table(
        request,
        rows,
        name=f"personnel-{contract.code}",
        caption="Registre du personnel",
        noun="collaborateur",
        order="number",
        columns=[
            Column(
                "number",
                "Matricule",
                value="member.number",
                sort="oui",
                link=lambda one: _url(contract, "staff_member", one.member.number),
            ),
            Column(
                "post", "Poste", value=lambda one: POSTS[one.posting.post] if one.posting else "", sort="oui"
            ),
            Column("site", "Site", value="posting.site", sort="oui"),
            Column("dedication", "Temps dédié", kind="rate", value="posting.dedication", sort="oui"),
            Column("channels", "Canaux", value=_channels),
            Column(
                "skills",
                "Compétences",
                value=lambda one: ", ".join(one.posting.skills) if one.posting else "",
                shown=False,
            ),
            Column("telework", "Télétravail", kind="status", statuses=TELEWORK, sort="oui"),
            Column("checked_until", "Poste contrôlé jusqu’au", kind="date", value=_last_day, shown=False),
            Column("arrived_on", "Arrivée", kind="date", value="member.arrived_on", sort="oui"),
            Column("left_on", "Départ", kind="date", value="member.left_on", shown=False),
            Column("state", "Situation", kind="status", statuses=STANDINGS, sort="oui"),
        ],
        filters=[
            Search("member__number", "posting__site", label="Matricule ou site"),
            Choice("poste", "Poste", list(POSTS.items()), field="posting__post"),
            Choice("situation", "Situation", [(s.code, s.label) for s in STANDINGS.values()], field="state"),
            Choice(
                "teletravail", "Télétravail", [(s.code, s.label) for s in TELEWORK.values()], field="telework"
            ),
            Period("arrivee", "Arrivée", field="member__arrived_on"),
        ],
        empty="Personne au registre.",
        empty_action=("Ajouter un collaborateur", _url(contract, "staff_new"))
        if _may(request, *KEEPERS)
        else None,
    )
    figures = [
        Figure("Au marché aujourd’hui", str(len(here))),
        Figure("Absents", str(sum(one.state == "AWAY" for one in here))),
        Figure("En télétravail permis", str(sum(one.telework == "OPEN" for one in here))),
        Figure("Postes à contrôler", str(sum(one.telework == "CLOSED" for one in here))),
    ]
    possible = (
        [
            ("Ajouter un collaborateur", _url(contract, "staff_new")),
            ("Importer", _url(contract, "staff_import")),
        ]
        if _may(request, *KEEPERS)
        else []
    )
    lead = "Chacun par son matricule : ce qu’il fait, où, depuis quand, et s’il peut travailler de chez lui."
    return _page(table, "Personnel", lead, "S-5.1-ressources", figures=figures, possible=possible)


def _last_day(found: Standing) -> date | None:
    return found.checked_until - ONE_DAY if found.checked_until else None


@clause("S-5.1-ressources", "S-8.1-teletravail", "S-8.1-departs", "S-3.3.2-plateaux")
@reads(*READERS)
def staff_member(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """A member, without name: postings, absences, checks of the workstation, accounts."""
    today = _today(contract)
    member = _member(contract, number)
    found = queries.standing(member, on=today)
    sees = _may(request, *OVERSEERS)
    facts = [("Arrivée", date_fr(member.arrived_on))]
    if sees:
        facts = [
            ("Nom", masked_name(member.first_name, member.last_name)),
            ("Courriel", masked_email(member.email)),
            *facts,
        ]
    if member.left_on:
        facts.append(("Dernier jour", date_fr(member.left_on)))
    if found.checked_until:
        facts.append(("Poste contrôlé jusqu’au", date_fr(found.checked_until - ONE_DAY)))
    accounts = [
        (APPLICATIONS[one.application], STATES[queries.state_of(one, on=today)])
        for one in member.accounts.all()
    ]
    context = {
        "member": member,
        "standing": STANDINGS[found.state],
        "telework": TELEWORK[found.telework],
        "facts": facts,
        "postings": [_posting(one) for one in member.postings.all()],
        "events": _events(member),
        "accounts": accounts if sees else [],
        "possible": _member_acts(request, contract, found),
    }
    return render(request, "staff/member.html", context)


def _posting(one: Any) -> tuple[str, str]:
    parts = [POSTS[one.post], f"site {one.site}", rate(one.dedication)]
    parts += [", ".join(CHANNELS[each] for each in one.channels)] if one.channels else []
    parts += [", ".join(one.skills)] if one.skills else []
    parts += [f"télétravail depuis {one.country}"] if one.teleworks else ["sur site"]
    return f"Depuis le {date_fr(one.from_on)}", " ; ".join(parts)


def _events(member: Member) -> list[Event]:
    found = [
        Event(
            one.since_on,
            "Absence",
            f"retour le {date_fr(one.until_on)}" if one.until_on else "en cours",
            "warn",
        )
        for one in member.absences.all()
    ]
    found += [
        Event(
            one.checked_on,
            "Poste de télétravail contrôlé",
            f"{', '.join(one.safeguards)} ; jusqu’au {date_fr(one.until_on - ONE_DAY)}",
            "good",
        )
        for one in member.checks.all()
    ]
    return sorted(found, key=lambda one: cast(date, one.at), reverse=True)


def _member_acts(request: HttpRequest, contract: Contract, found: Standing) -> list[tuple[str, str]]:
    acts_ = []
    if _may(request, *KEEPERS):
        acts_.append(("Voir le nom", "staff_identity"))
        if found.state != "GONE" and not found.member.left_on:
            acts_ += [("Affecter", "staff_post"), ("Contrôler le poste", "staff_check")]
            acts_.append(("Écrire le retour", "staff_back") if found.away else ("Absence", "staff_away"))
            acts_.append(("Départ", "staff_leave"))
    return [(label, _url(contract, name, found.member.number)) for label, name in acts_]


@clause("S-8.1-identifiants")
@reads(*KEEPERS, names_people=True)
def staff_identity(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The name and address of one member; each opening is written in the journal."""
    member = _member(contract, number)
    context = {
        "member": member,
        "facts": [
            ("Prénom", member.first_name),
            ("Nom", member.last_name),
            ("Courriel", member.email),
        ],
    }
    return render(request, "staff/identity.html", context)


@clause("S-5.1-ressources", "S-8.1-identifiants", "S-8.1-teletravail")
@acts(*KEEPERS)
def staff_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Write one member in the register."""
    form = _posted(request, MemberForm)

    def act() -> str:
        made = services.enter_members(contract=contract, members=[form.member()], **_actor(request))
        return f"Matricule {made[0].number} ajouté."

    return _form(
        request, contract, form, heading="Ajouter un collaborateur", act=act, label="Ajouter",
        back=_url(contract, "staff"),
    )  # fmt: skip


@clause("S-5.1-ressources")
@acts(*KEEPERS)
def staff_import(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Write the members of a file, all or none."""
    form = _posted(request, SheetForm)
    faults: Sequence[Fault] = ()
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read()
        try:
            made = services.enter_members(
                contract=contract,
                members=members_of_sheet(content),
                file_sha256=hashlib.sha256(content).hexdigest(),
                **_actor(request),
            )
        except SheetRefused as sheet:
            faults = sheet.faults
        except services.StaffRefused as error:
            faults = told(error.refusals)
        else:
            messages.success(
                request, f"{count_fr(len(made), 'collaborateur ajouté', 'collaborateurs ajoutés')}."
            )
            return redirect(_url(contract, "staff"))
    context = {
        "form": form,
        "faults": faults,
        "required": REQUIRED,
        "columns": COLUMNS,
        "posts": POSTS,
        "channels": CHANNELS,
    }
    return render(request, "staff/import.html", context)


@clause("S-5.1-ressources", "S-8.1-teletravail", "S-3.3.2-plateaux")
@acts(*KEEPERS)
def staff_post(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Say what a member does from a day on."""
    member = _member(contract, number)
    last = next(iter(member.postings.all()), None)
    initial: dict[str, object] = {"from_on": _today(contract)}
    if last is not None:
        initial |= {
            "post": last.post,
            "site": last.site,
            "dedication": round(last.dedication * 100),
            "channels": last.channels,
            "skills": ", ".join(last.skills),
            "country": last.country,
        }
    form = _posted(request, PostingForm, initial=initial)

    def act() -> str:
        services.change_posting(member=member, doing=form.doing(), **_actor(request))
        return "Affectation enregistrée."

    return _form(
        request, contract, form, heading=f"Affecter le matricule {number}", act=act, label="Enregistrer",
        back=_url(contract, "staff_member", number),
    )  # fmt: skip


@clause("S-8.1-teletravail")
@acts(*KEEPERS)
def staff_check(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Write the check of a workstation at home."""
    member, today = _member(contract, number), _today(contract)
    terms = terms_of(contract.code)
    on = max(today, terms.head.notified_on)
    form = _posted(
        request,
        CheckForm,
        safeguards=terms.texts("telework_safeguards", on=on),
        initial={"on": today},
    )

    def act() -> str:
        made = services.check_workstation(member=member, **form.cleaned_data, **_actor(request))
        return f"Poste contrôlé, jusqu’au {date_fr(made.until_on - ONE_DAY)}."

    months = count_fr(terms.count("telework_check_months", on=on), "mois", "mois")
    return _form(
        request, contract, form, heading=f"Contrôler le poste du matricule {number}", act=act,
        label="Enregistrer le contrôle", back=_url(contract, "staff_member", number),
        lead=f"Toutes les protections sont exigées. Le contrôle vaut {months} : sans lui, le télétravail est fermé.",
    )  # fmt: skip


@clause("S-8.1-departs")
@acts(*KEEPERS)
def staff_away(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Write the first day of an absence."""
    member = _member(contract, number)
    form = _posted(request, DayForm, label="Premier jour d’absence", initial={"on": _today(contract)})
    terms = terms_of(contract.code)
    days = terms.days("absence_days", on=max(_today(contract), terms.head.notified_on))

    def act() -> str:
        services.start_absence(member=member, since_on=form.cleaned_data["on"], **_actor(request))
        return "Absence enregistrée."

    return _form(
        request, contract, form, heading=f"Absence du matricule {number}", act=act, label="Enregistrer",
        back=_url(contract, "staff_member", number),
        lead=f"Au-delà de {days} jours, ses comptes tombent d’eux-mêmes ; le chargé de sécurité les réactive.",
    )  # fmt: skip


@clause("S-8.1-departs")
@acts(*KEEPERS)
def staff_back(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Write the day of a return."""
    member = _member(contract, number)
    form = _posted(request, DayForm, label="Premier jour de retour", initial={"on": _today(contract)})

    def act() -> str:
        services.end_absence(member=member, back_on=form.cleaned_data["on"], **_actor(request))
        return "Retour enregistré."

    return _form(
        request, contract, form, heading=f"Retour du matricule {number}", act=act, label="Enregistrer",
        back=_url(contract, "staff_member", number),
    )  # fmt: skip


@clause("S-8.1-departs")
@acts(*KEEPERS)
def staff_leave(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """Write a departure."""
    member = _member(contract, number)
    form = _posted(request, DayForm, label="Dernier jour de travail", initial={"on": _today(contract)})

    def act() -> str:
        services.leave(member=member, left_on=form.cleaned_data["on"], **_actor(request))
        return "Départ enregistré : les comptes à fermer sont à la page « Accès à retirer »."

    return _form(
        request, contract, form, heading=f"Départ du matricule {number}", act=act,
        label="Enregistrer le départ", back=_url(contract, "staff_member", number),
        lead="Ses rôles ici s’arrêtent avec son dernier jour ; chaque autre compte devient une tâche datée.",
    )  # fmt: skip


# Accounts


@clause("S-8.1-identifiants", "S-8.2-hab-01")
@reads(*OVERSEERS)
def staff_accounts(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every account, its application, its state."""
    today = _today(contract)
    with terms_held():
        rows = [
            {"account": one, "state": queries.state_of(one, on=today).value}
            for one in queries.accounts_of(contract)
        ]
    table = Table(
        request,
        rows,
        name=f"comptes-{contract.code}",
        caption="Comptes",
        noun="compte",
        order="number",
        columns=[
            Column("number", "Matricule", value="account.member.number", sort="oui"),
            Column(
                "application",
                "Application",
                value=lambda one: APPLICATIONS[one["account"].application],
                sort="oui",
                link=lambda one: _account_url(request, one["account"]),
            ),
            Column("identifier", "Identifiant", value=lambda one: _masked(one["account"].identifier)),
            Column("opened_at", "Ouvert le", kind="instant", value="account.opened_at", sort="oui"),
            Column("closed_at", "Fermé le", kind="instant", value="account.closed_at", sort="oui"),
            Column("state", "État", kind="status", statuses=STATES, sort="oui"),
        ],
        filters=[
            Search("account__member__number", label="Matricule"),
            Choice(
                "application",
                "Application",
                list(APPLICATIONS.items()),
                field="account__application",
                every="Toutes",
            ),
            Choice("etat", "État", [(s.code, s.label) for s in STATES.values()], field="state"),
        ],
        empty="Aucun compte au registre.",
        empty_action=("Ouvrir un compte", _url(contract, "staff_account_open"))
        if _may(request, Role.CSO)
        else None,
    )
    possible = [("Ouvrir un compte", _url(contract, "staff_account_open"))] if _may(request, Role.CSO) else []
    lead = "Un identifiant par personne et par application, tenu par le seul chargé de sécurité."
    return _page(table, "Comptes et habilitations", lead, "S-8.1-identifiants", possible=possible)


def _masked(identifier: str) -> str:
    return masked_email(identifier) if "@" in identifier else f"{identifier[:1]}…"


def _account_url(request: HttpRequest, account: Account) -> str | None:
    if not _may(request, Role.CSO, Role.AUDITOR):
        return None
    return _url(account.contract, "staff_account", account.pk)


def _account(contract: Contract, pk: int) -> Account:
    found = queries.accounts_of(contract).filter(pk=pk).first()
    if found is None:
        raise Http404("no such account")
    return found


@clause("S-8.1-identifiants")
@reads(Role.CSO, Role.AUDITOR, names_people=True)
def staff_account(request: HttpRequest, contract: Contract, account: int) -> HttpResponse:
    """An account: its history, who did what and the proofs."""
    found = _account(contract, account)
    state = queries.state_of(found, on=_today(contract))
    people = {one.actor: str(one) for one in User.objects.filter(organisation=contract.contractor)}
    events = [
        Event(
            one.at,
            STEPS[one.kind],
            one.reason,
            "info",
            people.get(one.actor, ""),
            _url(contract, "staff_proof", found.pk, one.pk) if one.proof_sha256 else "",
        )
        for one in found.steps.all()
    ]
    possible = [
        (label, _url(contract, "staff_account_change", found.pk, name))
        for name, (kind, label) in ACTS.items()
        if state in services.NEXT[kind][0]
    ]
    context = {
        "account": found,
        "application": APPLICATIONS[found.application],
        "state": STATES[state],
        "events": events,
        "possible": possible if _may(request, Role.CSO) else [],
        "facts": [("Matricule", found.member.number), ("Identifiant", found.identifier)],
    }
    return render(request, "staff/account.html", context)


@clause("S-8.1-identifiants", "S-8.2-hab-01")
@acts(Role.CSO)
def staff_account_open(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Write that an account was opened."""
    form = _posted(request, AccountForm)

    def act() -> str:
        member = Member.objects.of(contract).filter(number=form.cleaned_data["member"].strip()).first()
        if member is None:
            raise services.StaffRefused([services.Refusal("UNKNOWN_CODE", "matricule")])
        services.open_account(
            member=member,
            application=form.applied(),
            identifier=form.cleaned_data["identifier"],
            proof=form.joined(),
            **_actor(request),
        )
        return "Compte ouvert."

    return _form(
        request, contract, form, heading="Ouvrir un compte", act=act, back=_url(contract, "staff_accounts")
    )


@clause("S-8.1-identifiants", "S-8.1-departs")
@acts(Role.CSO)
def staff_account_change(request: HttpRequest, contract: Contract, account: int, act: str) -> HttpResponse:
    """Block, unblock, reactivate or close an account."""
    found = _account(contract, account)
    if act not in ACTS:
        raise Http404("no such act")
    kind, heading = ACTS[act]
    form = _posted(request, StepForm, proved=kind is StepKind.CLOSED)

    def done() -> str:
        services.change_account(
            account=found,
            kind=kind,
            reason=form.cleaned_data["reason"],
            proof=form.joined(),
            **_actor(request),
        )
        return f"{STEPS[kind.value]} enregistrée." if kind is not StepKind.BLOCKED else "Blocage enregistré."

    return _form(
        request, contract, form, heading=f"{heading} {APPLICATIONS[found.application]}", act=done,
        label=heading, back=_url(contract, "staff_account", found.pk),
        lead=f"Matricule {found.member.number}.",
    )  # fmt: skip


@reads(Role.CSO, Role.AUDITOR)
def staff_proof(request: HttpRequest, contract: Contract, account: int, step: int) -> HttpResponse:
    """The proof of a step."""
    found = AccountStep.objects.filter(account__contract=contract, account=account, pk=step).first()
    if found is None or not found.proof_sha256:
        raise Http404("no such proof")
    return _download(contract, found.proof_sha256, found.proof_name)


def _download(contract: Contract, sha256: str, name: str) -> HttpResponse:
    response = HttpResponse(files.read(sha256, contract=contract.code), "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@clause("S-8.1-departs")
@reads(*OVERSEERS, *BUYERS)
def staff_removals(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The accesses of those who left: to remove, or removed, and in time or not."""
    today = _today(contract)
    with terms_held():
        rows = queries.removals(contract, at=timezone.now())

    def state(one: Removal) -> str:
        if one.done_on:
            return "DONE" if one.done_on <= one.due_on else "DONE_LATE"
        return "LATE" if one.due_on < today else "OPEN"

    table = Table(
        request,
        rows,
        name=f"acces-a-retirer-{contract.code}",
        caption="Accès à retirer",
        noun="accès",
        plural="accès",
        order="due_on",
        columns=[
            Column("number", "Matricule", value="account.member.number", sort="oui"),
            Column(
                "application",
                "Application",
                value=lambda one: APPLICATIONS[one.account.application],
                link=lambda one: _account_url(request, one.account),
            ),
            Column("left_on", "Départ", kind="date", sort="oui"),
            Column("due_on", "À retirer avant la fin du", kind="date", sort="oui"),
            Column("done_on", "Retiré le", kind="date", sort="oui"),
            Column("state", "État", kind="status", value=state, statuses=REMOVALS),
        ],
        filters=[
            Search("account__member__number", label="Matricule"),
            Choice(
                "etat",
                "État",
                [(s.code, s.label) for s in REMOVALS.values()],
                narrowed_by=lambda found, code: [one for one in cast(Any, found) if state(one) == code],
            ),
            Period("depart", "Départ", field="left_on"),
        ],
        empty="Aucun départ n’a laissé de compte.",
    )
    lead = "Chaque départ ouvre une tâche par compte, à faire en jours ouvrés, fériés exclus."
    return _page(table, "Accès à retirer", lead, "S-8.1-departs")


# Lists of users


def _list_state(one: UserList, last: int, today: date) -> str:
    if one.received_at:
        return "RECEIVED"
    if one.sent_at:
        return "SENT"
    if one.version < last:
        return "OLD"
    return "LATE" if one.due_on and one.due_on < today else "MADE"


@clause("S-8.2-hab-02", "S-8.2-hab-03")
@reads(*OVERSEERS, *BUYERS)
def staff_lists(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Each version of the list of users, what it changed, when it was sent and received; what is to be told."""
    today = _today(contract)
    rows = list(UserList.objects.filter(contract=contract))
    last = rows[0].version if rows else 0
    with terms_held():
        changes = queries.changes_to_tell(contract, on=today)
        due_on = queries.list_to_send_by(contract, on=today)
    columns = [
        Column("version", "Version", kind="number", sort="oui"),
        Column("on", "Établie le", kind="date", sort="oui"),
        Column("people", "Personnes", kind="number", value=lambda one: len(one.numbers), sort="oui"),
        Column("arrivals", "Arrivées", value=lambda one: ", ".join(one.arrivals)),
        Column("departures", "Départs", value=lambda one: ", ".join(one.departures)),
        Column("due_on", "À envoyer avant la fin du", kind="date", sort="oui"),
        Column("sent_at", "Envoyée", kind="instant", sort="oui"),
        Column("receipt", "Accusé de réception"),
        Column(
            "state", "État", kind="status", value=lambda one: _list_state(one, last, today), statuses=LISTS
        ),
    ]
    if _may(request, Role.CSO, Role.BUYER_MANAGER):
        columns.append(
            Column(
                "file",
                "Fichier",
                value=lambda _: "CSV",
                link=lambda one: _url(contract, "staff_list_file", one.version),
                exported=False,
            )
        )
    if _may(request, Role.CSO):
        columns.append(
            Column(
                "act",
                "Acte",
                value=lambda one: _list_act(contract, one, last)[0],
                link=lambda one: _list_act(contract, one, last)[1] or None,
                exported=False,
            )
        )
    table = Table(
        request,
        rows,
        name=f"listes-utilisateurs-{contract.code}",
        caption="Versions de la liste des utilisateurs",
        noun="version",
        order="-version",
        columns=columns,
        filters=[
            Search("receipt", "sent_to", label="Accusé ou destinataire"),
            Choice(
                "etat",
                "État",
                [(s.code, s.label) for s in LISTS.values()],
                narrowed_by=lambda found, code: [
                    one for one in cast(Any, found) if _list_state(one, last, today) == code
                ],
            ),
            Period("etablie", "Établie", field="on"),
        ],
        empty="Aucune liste établie.",
    )
    possible = (
        [("Établir la liste", _url(contract, "staff_list_make"))]
        if _may(request, Role.CSO) and changes
        else []
    )
    lead = "Nom, prénom et adresse unique de ceux qui ouvrent le portail : trois colonnes, aucune autre."
    return _page(
        table,
        "Liste des utilisateurs",
        lead,
        "S-8.2-hab-02",
        possible=possible,
        notices=_to_tell(changes, due_on, today),
    )


def _to_tell(changes: Sequence[Any], due_on: date | None, today: date) -> list[tuple[str, str, str]]:
    if due_on is None:
        return []
    said = " ; ".join(f"{CHANGES[one.kind]} de {one.number} ({date_fr(one.on)})" for one in changes[:8])
    more = f" ; et {len(changes) - 8} autres" if len(changes) > 8 else ""
    tone = "bad" if due_on < today else "warn"
    verb = "devait partir" if due_on < today else "doit partir"
    return [(tone, f"{said}{more}. La liste {verb} avant la fin du {date_fr(due_on)}.", "À transmettre")]


def _list_act(contract: Contract, one: UserList, last: int) -> tuple[str, str]:
    if one.sent_at is None and one.version == last:
        return "Marquer envoyée", _url(contract, "staff_list_send", one.version)
    if one.sent_at is not None and one.received_at is None:
        return "Écrire l’accusé", _url(contract, "staff_list_receive", one.version)
    return "", ""


def _list(contract: Contract, version: int) -> UserList:
    found = UserList.objects.filter(contract=contract, version=version).select_related("contract").first()
    if found is None:
        raise Http404("no such list")
    return found


@clause("S-8.2-hab-02")
@reads(Role.CSO, Role.BUYER_MANAGER, names_people=True)
def staff_list_file(request: HttpRequest, contract: Contract, version: int) -> HttpResponse:
    """The file of a version; each opening is written in the journal."""
    found = _list(contract, version)
    return _download(contract, found.file_sha256, f"utilisateurs-psn1-v{found.version}-{found.on}.csv")


@clause("S-8.2-hab-02", "S-8.2-hab-03")
@acts(Role.CSO)
def staff_list_make(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Write the next version of the list."""
    form = _posted(request, forms.Form)

    def act() -> str:
        made = services.make_list(contract=contract, **_actor(request))
        return f"Version {made.version} établie : {count_fr(len(made.numbers), 'personne')}."

    return _form(
        request, contract, form, heading="Établir la liste", act=act, back=_url(contract, "staff_lists"),
        lead="La version se tire des comptes ouverts du portail, au jour d’aujourd’hui.",
    )  # fmt: skip


@clause("S-8.2-hab-03")
@acts(Role.CSO)
def staff_list_send(request: HttpRequest, contract: Contract, version: int) -> HttpResponse:
    """Mark a version as sent."""
    found, form = _list(contract, version), _posted(request, SentForm)

    def act() -> str:
        services.send_list(made=found, sent_to=form.cleaned_data["sent_to"], **_actor(request))
        return f"Version {version} envoyée."

    return _form(
        request, contract, form, heading=f"Marquer la version {version} envoyée", act=act,
        back=_url(contract, "staff_lists"),
    )  # fmt: skip


@clause("S-8.2-hab-03")
@acts(Role.CSO)
def staff_list_receive(request: HttpRequest, contract: Contract, version: int) -> HttpResponse:
    """Write the receipt of a version."""
    found, form = _list(contract, version), _posted(request, ReceiptForm)

    def act() -> str:
        services.receive_list(made=found, receipt=form.cleaned_data["receipt"], **_actor(request))
        return f"Accusé de réception de la version {version} enregistré."

    return _form(
        request, contract, form, heading=f"Accusé de réception de la version {version}", act=act,
        label="Enregistrer", back=_url(contract, "staff_lists"),
    )  # fmt: skip


# Officers


@clause("S-8.2-hab-03")
@reads(*READERS, names_people=True)
def staff_officers(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Who is in charge of security, who stands in, since when."""
    may = _may(request, *KEEPERS)
    columns = [
        Column("name", "Personne", value=lambda one: str(one.user)),
        Column("rank", "Rang", value=lambda one: RANKS[one.rank], sort="rank"),
        Column("since_on", "Du", kind="date", sort="since_on"),
        Column("until_on", "Au (non compris)", kind="date", sort="until_on"),
    ]
    if may:
        columns.append(
            Column(
                "act",
                "Acte",
                value=lambda one: "" if one.until_on else "Terminer",
                link=lambda one: None if one.until_on else _url(contract, "staff_officer_end", one.pk),
                exported=False,
            )
        )
    found = queries.officers_of(contract)
    table = Table(
        request,
        found,
        name=f"charges-de-securite-{contract.code}",
        caption="Mandats",
        noun="mandat",
        columns=columns,
        filters=[
            Search("user__last_name", "user__first_name", label="Personne"),
            Choice("rang", "Rang", list(RANKS.items()), field="rank"),
            Period("du", "Début", field="since_on"),
        ],
        empty="Personne n’est désigné : aucun compte ne devrait être ouvert.",
        empty_action=("Désigner", _url(contract, "staff_officer_name")) if may else None,
    )
    held = {one.rank for one in found if one.until_on is None}
    notices = [
        ("warn", f"{label} : personne n’est désigné.", "À désigner")
        for code, label in RANKS.items()
        if code not in held
    ]
    lead = "Le Chargé de sécurité des opérations et son suppléant ouvrent, bloquent et ferment les comptes."
    possible = [("Désigner", _url(contract, "staff_officer_name"))] if may else []
    return _page(table, "Chargés de sécurité", lead, "S-8.2-hab-03", possible=possible, notices=notices)


@clause("S-8.2-hab-03")
@acts(*KEEPERS)
def staff_officer_name(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Name the officer in charge, or who stands in."""
    today = _today(contract)
    held = Membership.objects.filter(contract=contract, role=Role.CSO.value).current(on=today)
    people = [one.user for one in held.select_related("user")]
    form = _posted(request, OfficerForm, people=people, initial={"since_on": today})

    def act() -> str:
        user = next(one for one in people if str(one.key) == form.cleaned_data["user"])
        services.name_officer(
            contract=contract,
            user=user,
            rank=form.ranked(),
            since_on=form.cleaned_data["since_on"],
            **_actor(request),
        )
        return "Désignation enregistrée."

    return _form(
        request, contract, form, heading="Désigner un chargé de sécurité", act=act, label="Désigner",
        back=_url(contract, "staff_officers"), lead="Celui du même rang s’arrête ce jour-là.",
    )  # fmt: skip


@clause("S-8.2-hab-03")
@acts(*KEEPERS)
def staff_officer_end(request: HttpRequest, contract: Contract, mandate: int) -> HttpResponse:
    """End a mandate; the last one is not ended."""
    found = Mandate.objects.filter(contract=contract, pk=mandate).select_related("user").first()
    if found is None:
        raise Http404("no such mandate")
    form = _posted(request, DayForm, label="Premier jour sans mandat", initial={"on": _today(contract)})

    def act() -> str:
        services.end_mandate(mandate=found, on=form.cleaned_data["on"], **_actor(request))
        return "Mandat terminé."

    return _form(
        request, contract, form, heading="Terminer un mandat", act=act, back=_url(contract, "staff_officers"),
        lead=RANKS[found.rank],
    )  # fmt: skip
