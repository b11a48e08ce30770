"""The pages of incidents: to declare, follow to the end, and agree on what they set aside."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from titulaire.clauses import clause
from titulaire.deadlines.clocks import State as Delay
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.support.incidents import queries, services
from titulaire.support.incidents.forms import (
    AgreeForm,
    ClaimForm,
    DeclareForm,
    DocumentForm,
    EndForm,
    ImportForm,
    MobiliseForm,
    RefuseForm,
    ReopenForm,
    ResolveForm,
    ToldForm,
    WithdrawForm,
)
from titulaire.support.incidents.models import Claim, Dysfunction
from titulaire.support.incidents.queries import Followed, Named
from titulaire.support.incidents.reading import COLUMNS, REQUIRED, declarations_of
from titulaire.support.incidents.rules import NEXT, ClaimState, Side, State, StepKind
from titulaire.support.incidents.services import Declaration
from titulaire.support.incidents.sheets import SheetRefused
from titulaire.support.incidents.wording import (
    CLAIM_FAULTS,
    CLAIMS,
    INTERRUPTIONS,
    LINES,
    NO_CLAIM,
    SIDES,
    STATES,
    STEPS,
)
from titulaire.ui.formats import count_fr, duration_fr, instant_fr, instant_short, list_fr, number
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Status, Table

READERS = (
    Role.SUPERVISOR,
    Role.PLANNER,
    Role.QUALITY_OFFICER,
    Role.CSO,
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.AUDITOR,
)
DECLARERS = (Role.SUPERVISOR, Role.PLANNER)


def interruption_code(row: Followed) -> str:
    """The code, in `INTERRUPTIONS`, of how the interruption stands now."""
    if row.clock is None:
        return "NONE"
    state = row.clock.state(timezone.now())
    if state is Delay.MET:
        return "MET_IN_TIME" if row.clock.met_in_time else "MET_LATE"
    return state.value


def claim_status(dysfunction: Dysfunction) -> Status:
    """Where its last claim stands."""
    claims = list(dysfunction.claims.all())
    return CLAIMS[claims[-1].state] if claims else NO_CLAIM


def incident_url(dysfunction: Dysfunction) -> str:
    return reverse("incident_detail", args=[dysfunction.contract.code, dysfunction.reference])


def _called(contract: Contract, reference: str) -> Dysfunction:
    found = queries.dysfunction_called(contract, reference)
    if found is None:
        raise Http404("no such incident")
    return found


@clause("S-3.2-incidents", "S-10.1.3-support", "S-3.3.2-continuite")
@reads(*READERS)
def incident_list(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The register: every dysfunction, who it comes from, how long, what it sets aside."""
    rows = queries.followed(contract, queries.dysfunctions_of(contract))
    may_declare = bool(set(DECLARERS) & request.roles)  # type: ignore[attr-defined]
    every_claim = {**CLAIMS, NO_CLAIM.code: NO_CLAIM}
    table = Table(
        request,
        rows,
        name=f"incidents-{contract.code}",
        caption="Incidents",
        noun="incident",
        order="-reference",
        columns=[
            Column(
                "reference",
                "Référence",
                value="dysfunction.reference",
                link=lambda row: incident_url(row.dysfunction),
                sort="oui",
            ),
            Column("what", "Constat", value="dysfunction.what"),
            Column("side", "Origine", value=lambda row: SIDES[row.dysfunction.side], sort="oui"),
            Column("since_at", "Début", value="dysfunction.since_at", kind="instant", sort="oui"),
            Column("until_at", "Fin", value="dysfunction.until_at", kind="instant", sort="oui", shown=False),
            Column("declared_at", "Déclaré le", value="dysfunction.declared_at", kind="instant", shown=False),
            Column(
                "told",
                "Acheteur informé le",
                value="dysfunction.buyer_told_at",
                kind="instant",
                shown=False,
            ),
            Column("other", "Référence externe", value="dysfunction.other_reference", shown=False),
            Column("flows", "Flux", value=lambda row: ", ".join(row.dysfunction.flows), shown=False),
            Column("sites", "Sites", value=lambda row: ", ".join(row.dysfunction.sites), shown=False),
            Column(
                "interruption", "Interruption", value=interruption_code, kind="status", statuses=INTERRUPTIONS
            ),
            Column(
                "claim",
                "Neutralisation",
                value=lambda row: claim_status(row.dysfunction).code,
                kind="status",
                statuses=every_claim,
            ),
            Column("state", "État", value="dysfunction.state", kind="status", statuses=STATES, sort="oui"),
        ],
        filters=[
            Search(
                "dysfunction.reference",
                "dysfunction.what",
                "dysfunction.description",
                "dysfunction.other_reference",
                label="Référence ou constat",
            ),
            Choice("origine", "Origine", list(SIDES.items()), field="dysfunction.side", every="Toutes"),
            Choice("etat", "État", [(c, s.label) for c, s in STATES.items()], field="dysfunction.state"),
            Choice(
                "neutralisation",
                "Neutralisation",
                [(c, s.label) for c, s in every_claim.items()],
                every="Toutes",
                narrowed_by=lambda found, code: [
                    row for row in found if claim_status(row.dysfunction).code == code
                ],
            ),
            Period("debut", "Début", field="dysfunction.since_at", instants=True),
        ],
        empty="Aucun incident déclaré.",
        empty_action=("Déclarer un incident", reverse("incident_new", args=[contract.code]))
        if may_declare
        else None,
    )
    over = [row for row in rows if interruption_code(row) in {"LATE", "AMBER", "RUNNING"}]
    return table.response(
        "incidents/list.html",
        {"may_declare": may_declare, "figures": _figures(rows), "running": [_running(row) for row in over]},
    )


def _figures(rows: list[Followed]) -> list[Figure]:
    found = [row.dysfunction for row in rows]
    late = sum(interruption_code(row) in {"LATE", "MET_LATE"} for row in rows)
    awaiting = sum(claim_status(each).code == ClaimState.PROPOSED for each in found)
    return [
        Figure("À résoudre", number(sum(each.state == State.OPEN for each in found))),
        Figure("Interruptions trop longues", number(late), clause="S-3.3.2-continuite"),
        Figure("Neutralisations en attente", number(awaiting), note="de la réponse de l’acheteur"),
    ]


def _running(row: Followed) -> dict[str, Any]:
    assert row.clock is not None  # noqa: S101 - only interruptions are running
    due = row.clock.due_at
    late = interruption_code(row) == "LATE"
    said = "devait être rétabli avant le" if late else "à rétablir avant le"
    return {
        "tone": "bad" if late else "warn",
        "url": incident_url(row.dysfunction),
        "sentence": f"{row.dysfunction.reference}, {row.dysfunction.what} : {said} {instant_fr(due) if due else ''}.",
    }


@clause("S-3.2-incidents", "S-10.1.3-support", "S-3.3.2-continuite", "S-3.3.2-accessibilite")
@reads(*READERS)
def incident_detail(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """One dysfunction: its facts, its life, its documents, what it sets aside."""
    found = _called(contract, reference)
    (row,) = queries.followed(contract, [found])
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    state = State(found.state)
    possible = [
        (label, reverse(name, args=[contract.code, reference]))
        for kind, name, label, who in ACTIONS
        if state in NEXT[kind] and who & roles and not (kind is StepKind.RESOLVED and not found.until_at)
    ]
    interruption = INTERRUPTIONS[interruption_code(row)]
    context = {
        "incident": found,
        "state": STATES[found.state],
        "interruption": interruption if row.clock else None,
        "facts": _facts(found, row),
        "events": _events(found, row),
        "possible": possible,
        "claims": [_claim(each, roles) for each in found.claims.all()],
        "documents": [
            (each, reverse("incident_document", args=[contract.code, reference, each.pk]))
            for each in found.documents.all()
        ],
    }
    return render(request, "incidents/detail.html", context)


def _facts(found: Dysfunction, row: Followed) -> list[tuple[str, str]]:
    until = found.until_at or timezone.now()
    lasted = duration_fr(int((until - found.since_at).total_seconds()))
    due = row.clock.due_at if row.clock else None
    facts = [
        ("Origine", SIDES[found.side]),
        ("Référence externe", found.other_reference),
        ("Début", instant_fr(found.since_at)),
        ("Fin", instant_fr(found.until_at) if found.until_at else "il dure encore"),
        ("Durée", lasted if found.until_at else f"{lasted} à cet instant"),
        ("Service à rétablir avant", instant_fr(due) if due else ""),
        ("Flux", ", ".join(found.flows)),
        ("Sites", ", ".join(found.sites)),
        ("Outils", found.tools),
        ("Déclaré", instant_fr(found.declared_at)),
        ("Acheteur informé", instant_fr(found.buyer_told_at) if found.buyer_told_at else "pas encore"),
    ]
    return [(label, value) for label, value in facts if value]


def _events(found: Dysfunction, row: Followed) -> list[Event]:
    steps = list(found.steps.all())
    keys = {step.actor.removeprefix("user:") for step in steps if step.actor.startswith("user:")}
    names = {user.actor: str(user) for user in User.objects.filter(key__in=keys)}
    events = [
        Event(step.at, STEPS[step.kind][0], step.text, STEPS[step.kind][1], names.get(step.actor, ""))
        for step in steps
    ]
    events.insert(0, Event(found.since_at, "Début de l’incident", found.what, "warn"))
    if row.clock and row.clock.due_at and not found.until_at:
        events.append(Event(row.clock.due_at, "Fin de la durée admise d’interruption", "", "calm"))
    return sorted(events, key=lambda event: cast(Any, event.at))


def _claim(claim: Claim, roles: frozenset[Role]) -> dict[str, Any]:
    address = [claim.dysfunction.contract.code, claim.dysfunction.reference, claim.pk]
    awaits = claim.state == ClaimState.PROPOSED
    return {
        "claim": claim,
        "status": CLAIMS[claim.state],
        "facts": [
            (label, value)
            for label, value in (
                ("Temps", f"du {instant_short(claim.since_at)} au {instant_short(claim.until_at)}"),
                (
                    "Lignes",
                    list_fr([LINES[each] for each in claim.lines]) or "toutes celles de la téléphonie",
                ),
                ("Flux", ", ".join(claim.flows) or "tous"),
                ("Demandée", instant_fr(claim.proposed_at)),
                ("Motif", claim.because),
                ("Réponse", instant_fr(claim.answered_at) if claim.answered_at else ""),
                ("Dit dans la réponse", claim.answer),
            )
            if value
        ],
        "agree": reverse("incident_agree", args=address) if awaits and Role.BUYER_MANAGER in roles else "",
        "refuse": reverse("incident_refuse", args=address) if awaits and Role.BUYER_MANAGER in roles else "",
        "withdraw": reverse("incident_withdraw", args=address) if awaits and Role.SUPERVISOR in roles else "",
    }


@reads(*READERS)
def incident_document(
    request: HttpRequest, contract: Contract, reference: str, document: int
) -> HttpResponse:
    """A document joined to a dysfunction."""
    found = _called(contract, reference).documents.filter(pk=document).first()
    if found is None:
        raise Http404("no such document")
    response = HttpResponse(files.read(found.sha256, contract=contract.code), "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    return response


# Acts


def _actor(request: HttpRequest) -> dict[str, Any]:
    return {"actor": cast(User, request.user).actor, "at": timezone.now()}


def _form_page(
    request: HttpRequest, form: forms.Form, heading: str, label: str, cancel_url: str, lead: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "heading": heading,
        "lead": lead,
        "action_label": label,
        "cancel_url": cancel_url,
    }
    return render(request, "incidents/form.html", context)


@clause("S-3.2-incidents")
@acts(*DECLARERS)
def incident_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Declare a dysfunction."""
    form = DeclareForm(
        request.POST or None,
        initial={"since_at": timezone.now(), "other_reference": request.GET.get("reference", "")},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = services.declare(
                contract=contract,
                said=Declaration(**{**given, "side": Side(given["side"])}),
                **_actor(request),
            )
        except services.ImpossibleInstant:
            form.add_error(None, "Ni début ni fin dans l’avenir, et la fin suit le début.")
        except services.ReferenceTaken:
            form.add_error("other_reference", "Un autre incident porte déjà cette référence.")
        else:
            messages.success(request, f"Incident {made.reference} déclaré.")
            return redirect(incident_url(made))
    return _form_page(
        request,
        form,
        "Déclarer un incident",
        "Déclarer l’incident",
        reverse("incident_list", args=[contract.code]),
    )


@clause("S-3.2-incidents")
@acts(*DECLARERS)
def incident_import(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Declare the dysfunctions of a file, all or none."""
    form = ImportForm(request.POST or None, request.FILES or None)
    faults: list[Any] = []
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read()
        try:
            made, known = services.declare_all(
                contract=contract,
                said=declarations_of(content),
                source_sha256=hashlib.sha256(content).hexdigest(),
                **_actor(request),
            )
        except SheetRefused as refused:
            faults = refused.faults
        except services.ImpossibleInstant as refused:
            form.add_error("file", f"Un instant est dans l’avenir : {instant_fr(refused.given)}.")
        except services.ReferenceTaken as refused:
            form.add_error("file", f"La référence externe « {refused.reference} » est déjà prise.")
        else:
            said = count_fr(len(made), "incident")
            text = f"Ce fichier était déjà importé ({said})." if known else f"{said} importés."
            messages.success(request, text if len(made) > 1 or known else "1 incident importé.")
            return redirect("incident_list", contract=contract.code)
    context = {"form": form, "faults": faults, "columns": COLUMNS, "required": REQUIRED, "sides": SIDES}
    return render(request, "incidents/import.html", context)


def _act(
    request: HttpRequest,
    contract: Contract,
    reference: str,
    *,
    heading: str,
    label: str,
    done: str,
    act: Callable[..., object],
    form_class: type[forms.Form] = forms.Form,
    initial: dict[str, Any] | None = None,
    instant_field: str | None = None,
    **given: object,
) -> HttpResponse:
    """One act on a dysfunction: its form, the act itself, the sentence that says it is done."""
    found = _called(contract, reference)
    sent = request.method == "POST"
    form = form_class(request.POST if sent else None, request.FILES if sent else None, initial=initial)
    if sent and form.is_valid():
        try:
            act(**({} if given else {"dysfunction": found}), **given, **form.cleaned_data, **_actor(request))
        except services.DysfunctionStands as refused:
            state = STATES[refused.state].label.lower()
            messages.error(request, f"L’incident {reference} est « {state} » : rien n’a changé.")
        except services.ClaimAnswered as refused:
            state = CLAIMS[refused.state].label.lower()
            messages.error(request, f"Cette demande est déjà « {state} » : rien n’a changé.")
        except services.StillRunning:
            messages.error(request, "Constatez d’abord la fin de l’incident.")
        except services.ClaimRefused as refused:
            form.add_error(None, CLAIM_FAULTS[refused.fault])
        except services.ImpossibleInstant:
            form.add_error(
                instant_field,
                "Ni dans l’avenir, ni avant le début, ni avant la fin d’un temps déjà neutralisé.",
            )
        else:
            messages.success(request, f"Incident {reference} : {done}.")
        if not form.errors:
            return redirect(incident_url(found))
    return _form_page(request, form, f"{heading} {reference}", label, incident_url(found), found.what)


@clause("S-3.2-incidents")
@acts(*DECLARERS)
def incident_tell(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Say when the buyer was told."""
    return _act(
        request, contract, reference, heading="Acheteur informé de", label="Enregistrer", done="information notée",
        act=services.tell_buyer, form_class=ToldForm, initial={"told_at": timezone.now()}, instant_field="told_at",
    )  # fmt: skip


@clause("S-10.1.3-support")
@acts(*DECLARERS, Role.CSO)
def incident_mobilise(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Note a mobilisation."""
    return _act(
        request, contract, reference, heading="Mobilisation sur", label="Enregistrer", done="mobilisation notée",
        act=services.mobilise, form_class=MobiliseForm, initial={"done_at": timezone.now()}, instant_field="done_at",
    )  # fmt: skip


@clause("S-3.3.2-continuite")
@acts(*DECLARERS)
def incident_end(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Say when it stopped."""
    return _act(
        request, contract, reference, heading="Fin de", label="Enregistrer la fin", done="fin notée",
        act=services.note_end, form_class=EndForm, initial={"ended_at": timezone.now()}, instant_field="ended_at",
    )  # fmt: skip


@clause("S-10.1.3-support")
@acts(*DECLARERS)
def incident_resolve(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Say how it was solved."""
    return _act(
        request, contract, reference, heading="Résoudre", label="Enregistrer la résolution", done="résolu",
        act=services.resolve, form_class=ResolveForm,
    )  # fmt: skip


@acts(Role.SUPERVISOR, Role.BUYER_MANAGER)
def incident_close(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Put it away."""
    return _act(
        request, contract, reference, heading="Clore", label="Clore l’incident", done="clos", act=services.close
    )  # fmt: skip


@acts(Role.SUPERVISOR, Role.BUYER_MANAGER)
def incident_reopen(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """It is not solved after all."""
    return _act(
        request, contract, reference, heading="Rouvrir", label="Rouvrir l’incident", done="rouvert",
        act=services.reopen, form_class=ReopenForm,
    )  # fmt: skip


@acts(*DECLARERS, Role.BUYER_MANAGER)
def incident_join(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Join a document."""

    def join(*, dysfunction: Dysfunction, file: Any, **trace: Any) -> None:
        services.join_document(dysfunction=dysfunction, name=file.name, content=file.read(), **trace)

    return _act(
        request, contract, reference, heading="Joindre un document à", label="Joindre", done="document joint",
        act=join, form_class=DocumentForm,
    )  # fmt: skip


@clause("S-9-penalites", "S-3.3.2-accessibilite")
@acts(Role.SUPERVISOR)
def incident_claim(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Ask for a piece of its time to be set aside."""
    found = _called(contract, reference)
    initial = {"since_at": found.since_at, "until_at": found.until_at, "flows": ", ".join(found.flows)}
    return _act(
        request, contract, reference, heading="Neutraliser", label="Demander l’accord de l’acheteur",
        done="neutralisation demandée", act=services.propose_claim, form_class=ClaimForm, initial=initial,
    )  # fmt: skip


def _claimed(contract: Contract, reference: str, key: int) -> Claim:
    found = (
        Claim.objects.filter(dysfunction__contract=contract, dysfunction__reference=reference, pk=key)
        .select_related("dysfunction__contract")
        .first()
    )
    if found is None:
        raise Http404("no such claim")
    return found


@clause("S-9-penalites")
@acts(Role.BUYER_MANAGER)
def incident_agree(request: HttpRequest, contract: Contract, reference: str, claim: int) -> HttpResponse:
    """The buyer agrees to set the time aside."""
    return _act(
        request, contract, reference, heading="Accepter la neutralisation de", label="Accepter la neutralisation",
        done="neutralisation acceptée", act=services.agree_claim, form_class=AgreeForm,
        claim=_claimed(contract, reference, claim),
    )  # fmt: skip


@clause("S-9-penalites")
@acts(Role.BUYER_MANAGER)
def incident_refuse(request: HttpRequest, contract: Contract, reference: str, claim: int) -> HttpResponse:
    """The buyer refuses, and says why."""
    return _act(
        request, contract, reference, heading="Refuser la neutralisation de", label="Refuser la neutralisation",
        done="neutralisation refusée", act=services.refuse_claim, form_class=RefuseForm,
        claim=_claimed(contract, reference, claim),
    )  # fmt: skip


@acts(Role.SUPERVISOR)
def incident_withdraw(request: HttpRequest, contract: Contract, reference: str, claim: int) -> HttpResponse:
    """The contractor gives its claim up."""
    return _act(
        request, contract, reference, heading="Retirer la demande de neutralisation de", label="Retirer la demande",
        done="demande retirée", act=services.withdraw_claim, form_class=WithdrawForm,
        claim=_claimed(contract, reference, claim),
    )  # fmt: skip


_DECLARERS, _SUPERVISOR = frozenset(DECLARERS), frozenset({Role.SUPERVISOR})
_CLOSERS = frozenset({Role.SUPERVISOR, Role.BUYER_MANAGER})
ACTIONS: tuple[tuple[StepKind, str, str, frozenset[Role]], ...] = (
    (StepKind.RESOLVED, "incident_resolve", "Résoudre", _DECLARERS),
    (StepKind.ENDED, "incident_end", "Constater la fin", _DECLARERS),
    (StepKind.MOBILISED, "incident_mobilise", "Noter une mobilisation", _DECLARERS | {Role.CSO}),
    (StepKind.BUYER_TOLD, "incident_tell", "Acheteur informé", _DECLARERS),
    (StepKind.CLAIM_PROPOSED, "incident_claim", "Demander à neutraliser", _SUPERVISOR),
    (StepKind.DOCUMENTED, "incident_join", "Joindre un document", _DECLARERS | {Role.BUYER_MANAGER}),
    (StepKind.CLOSED, "incident_close", "Clore", _CLOSERS),
    (StepKind.REOPENED, "incident_reopen", "Rouvrir", _CLOSERS),
)


# What facts bear


@clause("S-3.2-incidents", "S-3.3.2-accessibilite")
@reads(*READERS)
def incident_references(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The references that calls bear: which incident is behind each, and those that nothing explains."""
    until = timezone.localdate() + timedelta(days=1)
    try:
        since = date.fromisoformat(request.GET.get("depuis", ""))
    except ValueError:
        since = date(until.year - 1, until.month, 1)
    rows = queries.references_in_facts(contract, since=min(since, until - timedelta(days=1)), until=until)
    may_declare = bool(set(DECLARERS) & request.roles)  # type: ignore[attr-defined]
    known = {
        "KNOWN": Status("KNOWN", "Au registre", "good"),
        "UNKNOWN": Status("UNKNOWN", "Inconnue", "bad"),
    }

    def opened(row: Named) -> str | None:
        if row.dysfunction is not None:
            return reverse("incident_detail", args=[contract.code, row.dysfunction.reference])
        address = reverse("incident_new", args=[contract.code])
        return f"{address}?reference={row.reference}" if may_declare else None

    table = Table(
        request,
        rows,
        name=f"references-d-incidents-{contract.code}",
        caption="Références portées par les appels",
        noun="référence",
        columns=[
            Column("reference", "Référence", link=opened, sort="oui"),
            Column(
                "state",
                "État",
                value=lambda row: "KNOWN" if row.dysfunction else "UNKNOWN",
                kind="status",
                statuses=known,
            ),
            Column("calls", "Appels", kind="number", sort="oui"),
            Column("first_on", "Du", kind="date", sort="oui"),
            Column("last_on", "Au", kind="date", sort="oui"),
            Column("what", "Incident", value=lambda row: row.dysfunction.what if row.dysfunction else ""),
        ],
        filters=[
            Search("reference", label="Référence"),
            Choice(
                "etat",
                "État",
                [(each.code, each.label) for each in known.values()],
                narrowed_by=lambda found, code: [
                    row for row in found if (row.dysfunction is not None) == (code == "KNOWN")
                ],
            ),
        ],
        empty="Aucun appel ne porte de référence d’incident.",
    )
    unknown = sum(row.dysfunction is None for row in rows)
    return table.response(
        "incidents/references.html",
        {
            "since": since,
            "unknown": f"{count_fr(unknown, 'référence')} sans incident au registre." if unknown else "",
        },
    )
