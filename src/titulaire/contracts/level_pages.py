"""Pages of the changes of service level: the list with its clock, a change, its notice, its answer."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts import services
from titulaire.contracts.level_forms import LevelAnswerForm, LevelFormSet, NoticeForm, today_or_later
from titulaire.contracts.levels import ONE_DAY, Standing, schedule, standing
from titulaire.contracts.loading import value_written
from titulaire.contracts.models import LevelChange
from titulaire.contracts.queries import calendar_of, codes_with_terms, level_changes_of, notice_rule, terms_of
from titulaire.contracts.rules import AlreadyDated, Terms
from titulaire.contracts.wording import shown
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.ui.formats import date_fr, instant_fr
from titulaire.ui.parts import Event
from titulaire.ui.tables import Choice, Column, Search, Status, Table

READERS = (Role.BUYER_MANAGER, Role.BUYER_READER, Role.SUPERVISOR, Role.PLANNER, Role.AUDITOR)
NOTIFIERS = (Role.BUYER_MANAGER, Role.SUPERVISOR)
ANSWERERS = (Role.SUPERVISOR,)
STATES = {
    Standing.WAITING: Status("WAITING", "à répondre", "warn"),
    Standing.ACCEPTED: Status("ACCEPTED", "acceptée", "good"),
    Standing.REFUSED: Status("REFUSED", "refusée", "bad"),
    Standing.DEEMED: Status("DEEMED", "acceptée par silence", "info"),
}


def standing_of(change: LevelChange, at: datetime) -> Standing:
    """Where a change stands at an instant."""
    return standing(
        accepted=change.accepted,
        answered_at=change.answered_at,
        answer_ends_at=change.answer_ends_at,
        at=at,
    )


def _terms(contract: Contract) -> Terms:
    """The terms of a contract whose levels change by notice; others have none of these pages."""
    if contract.code not in codes_with_terms():
        raise Http404("this contract has no terms file")
    terms = terms_of(contract.code)
    if "change_notice_day" not in terms.terms:
        raise Http404("the levels of this contract change by amendment alone")
    return terms


def _values(change: LevelChange, terms: Terms) -> list[tuple[str, str, str]]:
    """Each value: the term, what it is before the change, what it becomes."""
    found = []
    for row in change.values.all():
        term = terms.term(row.term)
        before = [value for value in term.values if value.from_on < change.from_on]
        found.append(
            (
                term.spec.label,
                shown(term.spec, before[-1].value) if before else "",
                shown(term.spec, value_written(term.spec, row.value)),
            )
        )
    return found


@clause("S-9-modification", "S-3.3.2-evolution")
@reads(*READERS)
def level_changes(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every change notified: its values, until when it is answered, what became of it, from when it applies."""
    terms, now = _terms(contract), timezone.now()

    def written(change: LevelChange) -> str:
        values = " ; ".join(f"{label} : {new}" for label, _, new in _values(change, terms))
        return values or change.definition

    changes = list(level_changes_of(contract))
    table = Table(
        request,
        changes,
        caption="Modifications de niveaux de service",
        name=f"modifications-{contract.code}",
        noun="modification",
        columns=[
            Column(
                "number",
                "Numéro",
                value=lambda one: str(one.number),
                link=lambda one: reverse("level_change", args=[contract.code, one.number]),
                sort="number",
            ),
            Column("title", "Objet", sort="title"),
            Column("values", "Ce qui change", value=written),
            Column("notified_at", "Notifiée le", kind="instant", sort="notified_at"),
            Column("answer_on", "Réponse jusqu’au", kind="date", value=_last_day, sort="answer_ends_at"),
            Column("state", "État", kind="status", value=lambda one: STATES[standing_of(one, now)]),
            Column("from_on", "Applicable le", kind="date", sort="from_on"),
        ],
        filters=[
            Search("title", "definition"),
            Choice(
                "etat",
                "État",
                [(code.value, status.label) for code, status in STATES.items()],
                narrowed_by=lambda rows, wanted: [
                    one for one in rows if standing_of(one, now).value == wanted
                ],
            ),
        ],
        empty="Aucune modification notifiée : les niveaux sont ceux du contrat et de ses avenants.",
    )
    day = today_or_later(terms.head.notified_on)
    rule = notice_rule(terms, on=day)
    coming = schedule(now, None, rule, calendar_of(terms, on=day))
    return table.response(
        "contracts/level_changes.html",
        {
            "heading": "Modifications des niveaux de service",
            "lead": "L’acheteur notifie, le Titulaire répond ; le silence vaut accord.",
            "may_notify": bool(set(NOTIFIERS) & request.roles),  # type: ignore[attr-defined]
            "waiting": [one for one in changes if standing_of(one, now) is Standing.WAITING],
            "coming": coming,
            "last_answer_on": calendar_of(terms, on=day).local_day(coming.answer_ends_at) - ONE_DAY,
            "rule": rule,
        },
    )


def _last_day(change: LevelChange) -> object:
    """The last day on which an answer counts."""
    return timezone.localdate(change.answer_ends_at) - ONE_DAY


def _change(contract: Contract, number: int) -> LevelChange:
    return get_object_or_404(level_changes_of(contract), number=number)


@clause("S-9-modification")
@reads(*READERS)
def level_change(request: HttpRequest, contract: Contract, number: int) -> HttpResponse:
    """One change: before and after, its clock, its answer."""
    terms, now = _terms(contract), timezone.now()
    change = _change(contract, number)
    stands = standing_of(change, now)
    events = [Event(change.notified_at, "Notifiée par l’acheteur", change.document_name, "info")]
    if change.answered_at is not None:
        words = "Acceptée par le Titulaire" if change.accepted else "Refusée par le Titulaire"
        tone = "good" if change.accepted else "bad"
        events.append(Event(change.answered_at, words, change.answer_reasons, tone))
    elif stands is Standing.DEEMED:
        events.append(
            Event(change.answer_ends_at, "Acceptée par silence", "Le délai de réponse s’est achevé.", "info")
        )
    day = timezone.localdate(change.notified_at)
    dates = schedule(
        change.notified_at, change.asked_from_on, notice_rule(terms, on=day), calendar_of(terms, on=day)
    )
    return render(
        request,
        "contracts/level_change.html",
        {
            "heading": f"Modification n° {change.number}",
            "lead": change.title,
            "change": change,
            "state": STATES[stands],
            "values": _values(change, terms),
            "last_day": _last_day(change),
            "notice_due_on": dates.notice_due_on,
            "is_late": dates.is_late,
            "events": events,
            "may_answer": stands is Standing.WAITING and bool(set(ANSWERERS) & request.roles),  # type: ignore[attr-defined]
        },
    )


@clause("S-9-modification", "S-3.3.2-evolution")
@acts(*NOTIFIERS)
def level_change_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Notify a change: the buyer at this instant, or the contractor one that a letter brought."""
    terms, now = _terms(contract), timezone.now()
    day = today_or_later(terms.head.notified_on)
    is_buyer = Role.BUYER_MANAGER in request.roles  # type: ignore[attr-defined]
    form = NoticeForm(request.POST or None, request.FILES or None, is_buyer=is_buyer)
    values = LevelFormSet(request.POST or None, form_kwargs={"terms": terms, "on": day}, prefix="valeurs")
    if request.method == "POST" and form.is_valid() and values.is_valid():
        given = form.cleaned_data
        new = [one.cleaned_data for one in values.forms if one.has_changed()]
        twice = [name for name, times in Counter(one["term"] for one in new).items() if times > 1]
        try:
            if twice:
                raise AlreadyDated(twice[0], day)
            change = services.notify_level_change(
                contract=contract,
                title=given["title"],
                definition=given["definition"],
                asked_from_on=given["asked_from_on"],
                values={one["term"]: one["typed"] for one in new},
                notified_at=now if is_buyer else given["received_at"],
                document_name=form.document_name if form.has_document else "",
                document_sha256=form.document_sha256 if form.has_document else "",
                actor=_actor(request),
                at=now,
            )
        except services.ChangesNothing:
            form.add_error(None, "Écrivez au moins une nouvelle valeur, ou la définition qui change.")
        except services.NotifiedLater:
            form.add_error(
                "received_at",
                f"Choisissez un instant entre la notification du marché, le "
                f"{date_fr(terms.head.notified_on)}, et maintenant.",
            )
        except AlreadyDated as refused:
            label = terms.term(refused.name).spec.label
            form.add_error(
                None, f"« {label} » reçoit déjà une valeur le {date_fr(refused.from_on)} : gardez-en une."
            )
        else:
            messages.success(
                request,
                f"La modification n° {change.number} est notifiée. Le Titulaire répond jusqu’au "
                f"{instant_fr(change.answer_ends_at)} ; elle s’appliquera le {date_fr(change.from_on)}.",
            )
            return redirect("level_change", contract.code, change.number)
    return render(
        request,
        "contracts/level_change_new.html",
        {"heading": "Notifier une modification", "form": form, "values": values},
        status=422 if form.is_bound else 200,
    )


@clause("S-9-modification")
@acts(*ANSWERERS)
def level_change_answer(request: HttpRequest, contract: Contract, number: int) -> HttpResponse:
    """Accept or refuse a change."""
    terms = _terms(contract)
    change = _change(contract, number)
    form = LevelAnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        accepted = form.cleaned_data["answer"] == "oui"
        try:
            services.answer_level_change(
                change=change,
                accepted=accepted,
                reasons=form.cleaned_data["reasons"],
                actor=_actor(request),
                at=timezone.now(),
            )
        except services.TooLateToAnswer:
            form.add_error(
                None,
                f"Le délai s’est achevé le {date_fr(_last_day(change))} : le silence a valu accord.",  # type: ignore[arg-type]
            )
        except services.AlreadyAnswered:
            form.add_error(None, "Cette modification a déjà sa réponse.")
        else:
            messages.success(request, "La réponse est enregistrée.")
            return redirect("level_change", contract.code, change.number)
    return render(
        request,
        "contracts/level_change_answer.html",
        {
            "heading": "Répondre à la modification",
            "lead": change.title,
            "change": change,
            "values": _values(change, terms),
            "last_day": _last_day(change),
            "form": form,
        },
        status=422 if form.is_bound else 200,
    )


def _actor(request: HttpRequest) -> str:
    assert isinstance(request.user, User)  # noqa: S101 - the access line let a person in
    return request.user.actor
