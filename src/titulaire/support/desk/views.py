"""The pages of the desk: the adviser takes and qualifies, the supervisor sees what waits."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.support.desk import queries, services
from titulaire.support.desk.forms import ContactForm, QualificationForm, SeatForm
from titulaire.support.desk.models import Contact, Transfer
from titulaire.support.desk.rules import Lists, qualified_in_time
from titulaire.support.desk.wording import ACT_STATES, FAULTS, KINDS, OUTCOMES, SENT, STATES, TICKET_STATES
from titulaire.ui.formats import count_fr, date_fr, instant_fr, number
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Status, Table

TAKERS = (Role.ADVISER, Role.SUPERVISOR)
READERS = (
    Role.SUPERVISOR,
    Role.QUALITY_OFFICER,
    Role.CSO,
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.AUDITOR,
)
HOURS = {
    "IN": Status("IN", "Ouvert", "calm"),
    "OUT": Status("OUT", "Hors horaires", "warn"),
}


def _actor(request: HttpRequest) -> dict[str, Any]:
    return {"actor": cast(User, request.user).actor, "at": timezone.now()}


def _roles(request: HttpRequest) -> frozenset[Role]:
    return request.roles  # type: ignore[attr-defined]


def _seat(request: HttpRequest, contract: Contract) -> queries.Sitting | None:
    return queries.sitting_of(contract, cast(User, request.user), at=timezone.now())


def own(request: HttpRequest, contract: Contract, found: Any, instant: str) -> Any:
    """All of them; for an adviser, those of their number since they hold it."""
    if _sees_all(request):
        return found
    seat = _seat(request, contract)
    if seat is None:
        return found.none()
    return found.filter(adviser=seat.number, **{f"{instant}__gte": seat.since_at})


def _sees_all(request: HttpRequest) -> bool:
    return bool(set(READERS) & _roles(request))


def contact_url(contact: Contact) -> str:
    return reverse("desk_contact", args=[contact.contract.code, contact.reference])


def _called(request: HttpRequest, contract: Contract, reference: str) -> Contact:
    """The contact, when it is this person's to see: an adviser opens those of their own number."""
    found = (
        own(request, contract, queries.contacts_of(contract), "started_at")
        .filter(reference=reference)
        .first()
    )
    if found is None:
        raise Http404("no such contact")
    return cast(Contact, found)


def _lists(contract: Contract, contact: Contact | None = None) -> Lists:
    terms = terms_of(contract.code)
    calendar = queries.service_calendar(terms, terms.head.notified_on)
    return queries.lists_on(terms, calendar.local_day(contact.started_at if contact else timezone.now()))


def _refused(form: forms.Form, faults: dict[str, str]) -> None:
    for name, code in faults.items():
        form.add_error(name if name in form.fields else None, FAULTS[code])


# Taking and qualifying


@clause("S-2.1.2-canaux", "S-2.1.5-horaires")
@acts(Role.ADVISER)
def desk(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The adviser's page: take a contact, see those that wait and what the day has been."""
    seat = _seat(request, contract)
    if seat is None:
        return render(request, "desk/numberless.html")
    if not seat.site:
        return redirect("desk_seat", contract=contract.code)
    now = timezone.now()
    form = ContactForm(request.POST or None, lists=_lists(contract), initial={"started_at": now})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.open_contact(
                contract=contract, adviser=seat.number, site=seat.site, **form.cleaned_data, **_actor(request)
            )
        except services.ContactRefused as refused:
            _refused(form, refused.faults)
        except services.CallKnown as known:
            form.add_error("call_id", f"Cet appel a déjà sa fiche : {known.reference}.")
        else:
            return redirect("desk_qualify", contract.code, made.reference)
    terms = terms_of(contract.code)
    calendar = queries.service_calendar(terms, terms.head.notified_on)
    today = calendar.local_day(now)
    mine = queries.contacts_of(contract).filter(adviser=seat.number, started_at__gte=seat.since_at)
    of_day = mine.filter(started_at__gte=calendar.instant(today))
    waiting = list(mine.waiting().order_by("started_at")[:50])
    context = {
        "form": form,
        "seat": seat,
        "closed_now": not queries.open_at(terms, now),
        "hours": queries.opening_of(terms, today),
        "figures": [
            Figure("Contacts du jour", number(of_day.count()), clause="S-2.1.2-canaux"),
            Figure(
                "Reste à qualifier",
                number(len(waiting)),
                note="avant la fin de la journée",
                clause="S-2.1.7-motifs",
            ),
        ],
        "waiting": [
            (
                each.reference,
                instant_fr(each.started_at),
                reverse("desk_qualify", args=[contract.code, each.reference]),
            )
            for each in waiting
        ],
    }
    return render(request, "desk/desk.html", context, status=422 if form.errors else 200)


@acts(Role.ADVISER)
def desk_seat(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Say where one works."""
    seat = _seat(request, contract)
    form = SeatForm(request.POST or None, initial={"site": seat.site} if seat else None)
    if request.method == "POST" and form.is_valid():
        services.take_seat(contract=contract, **form.cleaned_data, **_actor(request))
        messages.success(request, "Site enregistré.")
        return redirect("desk", contract=contract.code)
    context = {
        "form": form,
        "heading": "Votre site",
        "lead": "Vos contacts portent ce site et votre matricule, jamais votre nom.",
        "action_label": "Enregistrer",
        "cancel_url": reverse("contract_home", args=[contract.code]),
    }
    return render(request, "desk/form.html", context, status=422 if form.errors else 200)


@clause("S-2.1.7-motifs", "S-2.1.5-typologies", "S-2.1.5-regimes")
@acts(*TAKERS)
def desk_qualify(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Qualify a contact, which closes it; again, saying why."""
    found = _called(request, contract, reference)
    again = found.qualified_at is not None
    initial = {name: getattr(found, name) for name in ("contact_type", "reason", "scheme", "outcome", "note")}
    form = QualificationForm(
        request.POST or None, lists=_lists(contract, found), again=again, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.qualify_contact(
                contact=found,
                said=form.said(),
                because=form.cleaned_data.get("because", ""),
                **_actor(request),
            )
        except services.ContactRefused as refused:
            _refused(form, refused.faults)
        except services.NoReason:
            form.add_error(
                None, "Ce contact vient d’être qualifié : ouvrez-le de nouveau pour dire pourquoi changer."
            )
        else:
            messages.success(request, f"Contact {reference} qualifié.")
            mine = (seat := _seat(request, contract)) is not None and seat.number == found.adviser
            return redirect("desk", contract=contract.code) if mine else redirect(contact_url(found))
    context = {
        "form": form,
        "contact": found,
        "facts": _facts(contract, found),
        "heading": f"Qualifier {reference}",
        "lead": "Un contact ne se clôt que qualifié. Dans chaque liste, tapez le numéro du choix.",
        "action_label": "Qualifier et clore",
        "cancel_url": contact_url(found),
    }
    return render(request, "desk/qualify.html", context, status=422 if form.errors else 200)


# Seeing


def _narrowed_by_hours(rows: Any, code: str) -> Any:
    return rows.filter(outside_hours=code == "OUT")


def _facts(contract: Contract, found: Contact) -> list[tuple[str, str]]:
    flows = dict(_lists(contract, found).flows)
    facts = [
        ("Canal", flows.get(found.flow, found.flow)),
        ("Appel", found.call_id),
        ("Pseudonyme", found.pseudonym),
        ("Début", instant_fr(found.started_at)),
        ("Horaires", "hors des heures d’ouverture" if found.outside_hours else "dans les heures d’ouverture"),
        ("Conseiller", f"{found.adviser}, {found.site}"),
        ("Typologie", found.contact_type),
        ("Motif", found.reason),
        ("Régime", found.scheme),
        ("Issue", OUTCOMES.get(found.outcome, "")),
        ("Note", found.note),
        (
            "Liste",
            f"en vigueur depuis le {date_fr(date.fromisoformat(found.list_since))}, version {found.list_version}"
            if found.list_version
            else "",
        ),
    ]
    return [(label, value) for label, value in facts if value]


@clause("S-2.1.7-motifs", "S-2.1.5-typologies", "S-2.1.5-regimes", "S-2.1.2-canaux", "S-2.1.5-horaires")
@reads(*READERS, Role.ADVISER)
def desk_contact(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """One contact: its facts and each qualification it was given."""
    found = _called(request, contract, reference)
    given = list(found.qualifications.all())
    events = [Event(found.started_at, "Début du contact", "", "info", found.adviser)]
    for rank, each in enumerate(given):
        title = "Qualification changée" if rank else "Qualification"
        detail = f"{each.reason} (liste {each.list_version})" + (f" : {each.because}" if each.because else "")
        events.append(Event(each.at, title, detail, "warn" if rank else "good"))
    context = {
        "contact": found,
        "state": STATES[found.state],
        "facts": _facts(contract, found),
        "events": events,
        "may_qualify": bool(set(TAKERS) & _roles(request)),
        "may_follow": Role.ADVISER in _roles(request) and _seat(request, contract) is not None,
        "cases": _cases(contract, found),
    }
    return render(request, "desk/contact.html", context)


def _cases(contract: Contract, found: Contact) -> list[tuple[str, str, Status]]:
    """What followed a contact: its name, address and state."""
    cases = [
        (
            f"{each.reference}, {KINDS[each.kind]}",
            reverse("desk_file_act", args=[contract.code, each.reference]),
            ACT_STATES[each.state],
        )
        for each in found.file_acts.all()
    ]
    cases += [
        (
            f"{each.reference}, ticket",
            reverse("desk_ticket", args=[contract.code, each.reference]),
            TICKET_STATES[each.state],
        )
        for each in found.n2_tickets.all()
    ]
    transfer = Transfer.objects.filter(contact=found).first()
    if transfer:
        cases.append(
            (f"Transfert, {transfer.to_site}", reverse("desk_transfers", args=[contract.code]), SENT)
        )
    return cases


@clause("S-2.1.2-canaux", "S-2.1.5-typologies", "S-2.1.5-regimes", "S-2.1.7-motifs", "S-2.1.5-horaires")
@reads(*READERS, Role.ADVISER)
def desk_contacts(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The contacts: all of them, or an adviser's own."""
    found = own(request, contract, queries.contacts_of(contract), "started_at")
    lists = _lists(contract)
    flows = dict(lists.flows)

    def words(names: tuple[str, ...]) -> list[tuple[str, str]]:
        return [(name, name) for name in names]

    table = Table(
        request,
        found,
        name=f"contacts-{contract.code}",
        caption="Contacts",
        noun="contact",
        order="-started_at",
        columns=[
            Column("reference", "Référence", link=contact_url, sort="rank"),
            Column("started_at", "Début", kind="instant", sort="started_at"),
            Column("flow", "Canal", value=lambda one: flows.get(one.flow, one.flow), sort="flow"),
            Column("call_id", "Appel", shown=False),
            Column("pseudonym", "Pseudonyme", shown=False),
            Column("adviser", "Conseiller", sort="adviser"),
            Column("site", "Site", sort="site", shown=False),
            Column("contact_type", "Typologie", sort="contact_type"),
            Column("reason", "Motif", sort="reason"),
            Column("scheme", "Régime", sort="scheme"),
            Column("outcome", "Issue", value=lambda one: OUTCOMES.get(one.outcome, ""), shown=False),
            Column(
                "hours",
                "Horaires",
                value=lambda one: "OUT" if one.outside_hours else "IN",
                kind="status",
                statuses=HOURS,
            ),
            Column("qualified_at", "Qualifié le", kind="instant", sort="qualified_at", shown=False),
            Column("list_version", "Version de la liste", shown=False),
            Column("state", "État", kind="status", statuses=STATES, sort="state"),
        ],
        filters=[
            Search("reference", "call_id", "pseudonym", label="Référence ou appel"),
            Choice("canal", "Canal", list(lists.flows), field="flow"),
            Choice("typologie", "Typologie", words(lists.types), field="contact_type", every="Toutes"),
            Choice("motif", "Motif", words(lists.reasons), field="reason"),
            Choice("regime", "Régime", words(lists.schemes), field="scheme"),
            Choice("etat", "État", [(code, one.label) for code, one in STATES.items()], field="state"),
            Choice(
                "horaires",
                "Horaires",
                [("OUT", "Hors horaires"), ("IN", "Ouvert")],
                narrowed_by=_narrowed_by_hours,
            ),
            Period("debut", "Début", field="started_at", instants=True),
        ],
        empty="Aucun contact.",
        empty_action=("Prendre un contact", reverse("desk", args=[contract.code]))
        if Role.ADVISER in _roles(request)
        else None,
    )
    return table.response("desk/contacts.html", {"may_take": Role.ADVISER in _roles(request)})


@clause("S-2.1.7-motifs")
@acts(Role.SUPERVISOR)
def desk_tell(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Join the qualifications to the facts now, without waiting for the worker."""
    waiting = queries.contacts_of(contract).filter(to_tell=True).count()
    if request.method == "POST":
        told = services.tell_facts(contract=contract, **_actor(request))
        messages.success(
            request,
            f"Jointes aux faits : {number(told.joined)}. En attente du fait de leur appel : {number(told.waiting)}.",
        )
        if told.refused:
            messages.error(request, f"Refusées : {number(told.refused)} ; voyez le lot aux Faits d’appels.")
        return redirect("desk_waiting", contract=contract.code)
    context = {
        "heading": "Joindre aux faits",
        "consequences": [
            f"{count_fr(waiting, 'qualification')} à joindre au fait de leur appel, comme une correction.",
            "Le reste du fait ne change pas ; un appel dont le fait n’est pas venu attend.",
            "Le système le fait aussi de lui-même, tous les quarts d’heure.",
        ],
        "action_label": "Joindre aux faits",
        "cancel_url": reverse("desk_waiting", args=[contract.code]),
    }
    return render(request, "ui/confirm.html", context)


@clause("S-2.1.7-motifs")
@reads(*READERS)
def desk_waiting(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What is left to qualify, by adviser and day, and whether that day has ended."""
    terms = terms_of(contract.code)
    calendar = queries.service_calendar(terms, terms.head.notified_on)
    now = timezone.now()
    found = queries.contacts_of(contract).waiting().order_by("adviser", "started_at")
    rows = []
    for (adviser, day), group in groupby(
        found, key=lambda one: (one.adviser, calendar.local_day(one.started_at))
    ):
        contacts = list(group)
        ends_at = calendar.end_of(day)
        in_time = qualified_in_time(None, day_ends_at=ends_at, at=now)
        rows.append(
            {
                "adviser": adviser,
                "site": contacts[0].site,
                "day": day,
                "waiting": len(contacts),
                "oldest": contacts[0].started_at,
                "first": contact_url(contacts[0]),
                "state": "LATE" if in_time is False else "RUNNING",
            }
        )
    states = {
        "RUNNING": Status("RUNNING", "Avant la fin du jour", "warn"),
        "LATE": Status("LATE", "Jour achevé", "bad"),
    }
    table = Table(
        request,
        rows,
        name=f"a-qualifier-{contract.code}",
        caption="Reste à qualifier",
        noun="ligne",
        order="day",
        columns=[
            Column("day", "Jour", kind="date", sort="oui"),
            Column("adviser", "Conseiller", sort="oui", link=lambda row: row["first"]),
            Column("site", "Site", sort="oui"),
            Column("waiting", "À qualifier", kind="number", sort="oui"),
            Column("oldest", "Le plus ancien", kind="instant", sort="oui"),
            Column("state", "Délai", kind="status", statuses=states, sort="oui"),
        ],
        filters=[
            Search("adviser", "site", label="Matricule ou site"),
            Choice("delai", "Délai", [(code, one.label) for code, one in states.items()], field="state"),
            Period("jour", "Jour", field="day"),
        ],
        empty="Tous les contacts sont qualifiés.",
    )
    late = sum(row["waiting"] for row in rows if row["state"] == "LATE")
    sentence = (
        f"{count_fr(late, 'contact')} d’un jour achevé : hors du délai retenu, à qualifier quand même."
        if late
        else ""
    )
    to_tell = queries.contacts_of(contract).filter(to_tell=True).count()
    context = {
        "late": sentence,
        "today": date_fr(calendar.local_day(now)),
        "may_tell": Role.SUPERVISOR in _roles(request),
        "figures": [
            Figure("Reste à qualifier", number(sum(row["waiting"] for row in rows)), clause="S-2.1.7-motifs"),
            Figure(
                "Qualifications à joindre aux faits", number(to_tell), note="I8 et I10 les lisent ensuite"
            ),
        ],
    }
    return table.response("desk/waiting.html", context)
