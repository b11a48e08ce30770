"""What the contract says, how it is read, how it was amended, and what carries each clause."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from titulaire.clauses import carried_by, register
from titulaire.clauses.register import Clause
from titulaire.contracts import services
from titulaire.contracts.forms import AmendmentForm, ReadingForm, ValueFormSet, new_values
from titulaire.contracts.models import Amendment
from titulaire.contracts.queries import amendments_of, codes_with_terms, terms_of
from titulaire.contracts.rules import AlreadyDated, DatedValue, Reading, Retained, Term, Terms
from titulaire.contracts.wording import shown
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.ui.formats import date_fr
from titulaire.ui.tables import Choice, Column, Search, Status, Table

READERS = (
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.VOUCHER_OPERATOR,
    Role.SUPERVISOR,
    Role.AUDITOR,
)
RECORDERS = (Role.VOUCHER_OPERATOR, Role.SUPERVISOR)

ONE_DAY = timedelta(days=1)

View = Callable[..., HttpResponseBase]


def _with_terms(view: View) -> View:
    """A contract without a terms file has none of these pages."""

    @wraps(view)
    def opened(request: HttpRequest, contract: Contract, **kwargs: str) -> HttpResponseBase:
        if contract.code not in codes_with_terms():
            raise Http404("this contract has no terms file")
        return view(request, contract, **kwargs)

    return opened


@dataclass(frozen=True, slots=True)
class TermRow:
    """A term as the page lists it, as of today."""

    name: str
    label: str
    value: str
    since: date
    changes: str
    clause: str
    source: str
    note: str


@reads(*READERS)
@_with_terms
def terms(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every term as of today, or of the day that the contract is notified if that is to come."""
    known = terms_of(contract.code)
    day = _today(known)
    rows = [_term_row(term, day) for term in known.terms.values()]
    table = Table(
        request,
        rows,
        caption=f"Valeurs en vigueur le {date_fr(day)}",
        name=f"valeurs-{contract.code}",
        noun="valeur",
        page_size=200,
        columns=[
            Column(
                "clause",
                "Clause",
                sort="clause",
                link=lambda row: _to("clause", contract, row.clause),
            ),
            Column("label", "Terme", sort="label", link=lambda row: _to("term", contract, row.name)),
            Column("value", "Valeur"),
            Column("since", "Depuis le", kind="date", sort="since"),
            Column("changes", "Prochaine valeur"),
            Column("source", "Source"),
            Column("note", "Remarque", shown=False),
            Column("name", "Nom", shown=False),
        ],
        filters=[Search("label", "name", "value", "clause", "source", "note")],
    )
    return table.response(
        "contracts/terms.html",
        {
            "heading": "Ce que dit le contrat",
            "lead": f"Valeurs en vigueur le {date_fr(day)}, avec leur clause et leur source.",
            "head": known.head,
            "last_day": known.head.ends_on - ONE_DAY,
            "firm_last_day": known.head.firm_until_on - ONE_DAY,
        },
    )


def _term_row(term: Term, day: date) -> TermRow:
    value = term.on(day)
    coming = next((later for later in term.values if later.from_on > day), None)
    return TermRow(
        name=term.spec.name,
        label=term.spec.label,
        value=shown(term.spec, value.value),
        since=value.from_on,
        changes=f"{shown(term.spec, coming.value)} le {date_fr(coming.from_on)}" if coming else "",
        clause=value.clause,
        source=value.source,
        note=value.note,
    )


@reads(*READERS)
@_with_terms
def term(request: HttpRequest, contract: Contract, name: str) -> HttpResponse:
    """The history of one term."""
    known = terms_of(contract.code)
    if name not in known.terms:
        raise Http404("no such term")
    found = known.terms[name]
    day = _today(known)
    table = Table(
        request,
        list(reversed(found.values)),
        caption=f"Historique : {found.spec.label}",
        name=f"{name}-{contract.code}",
        noun="valeur",
        columns=[
            Column("value", "Valeur", value=lambda value: shown(found.spec, value.value)),
            Column("from_on", "Du", kind="date"),
            Column("until_on", "Au (exclu)", kind="date"),
            Column("state", "État", kind="status", value=lambda value: _state(value, day)),
            Column("clause", "Clause", link=lambda value: _to("clause", contract, value.clause)),
            Column("source", "Source"),
            Column("note", "Remarque"),
        ],
    )
    return table.response(
        "contracts/term.html",
        {
            "heading": found.spec.label,
            "term": found,
            "now": shown(found.spec, found.on(day).value),
            "day": day,
        },
    )


def _state(value: DatedValue | Retained, day: date) -> Status:
    if value.from_on > day:
        return Status("COMING", "à venir", "info")
    if value.until_on is not None and value.until_on <= day:
        return Status("PAST", "passée", "calm")
    return Status("IN_FORCE", "en vigueur", "good")


@reads(*READERS)
@_with_terms
def readings(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The sentences that can be read in several ways, and the one retained."""
    known = terms_of(contract.code)
    day = _today(known)
    table = Table(
        request,
        list(known.readings.values()),
        caption="Lectures",
        name=f"lectures-{contract.code}",
        noun="lecture",
        page_size=100,
        columns=[
            Column("clause", "Clause", link=lambda one: _to("clause", contract, one.clause)),
            Column("question", "Question", link=lambda one: _to("reading", contract, one.code)),
            Column("retained", "Lecture retenue", value=lambda one: one.option(one.on(day).option).sentence),
            Column("since", "Depuis le", kind="date", value=lambda one: one.on(day).from_on),
            Column("state", "Accord", kind="status", value=lambda one: _agreed(one, day)),
            Column("why", "Pourquoi", shown=False),
            Column("effect", "Effet", shown=False),
            Column("ask", "Question à l’acheteur", shown=False),
        ],
        filters=[
            Search("question", "code", "clause", "why", "effect"),
            Choice(
                "accord",
                "Accord",
                [("OPEN", "à confirmer"), ("AGREED", "des deux parties")],
                narrowed_by=lambda rows, wanted: [one for one in rows if _agreed(one, day).code == wanted],
            ),
        ],
    )
    return table.response(
        "contracts/readings.html",
        {
            "heading": "Lectures",
            "lead": "Ce que le texte laisse comprendre de plusieurs façons, et ce qui est appliqué.",
        },
    )


def _agreed(one: Reading, day: date) -> Status:
    if one.on(day).agreed:
        return Status("AGREED", "des deux parties", "good")
    return Status("OPEN", "à confirmer", "warn")


@reads(*READERS)
@_with_terms
def reading(request: HttpRequest, contract: Contract, code: str) -> HttpResponse:
    """One reading: its options, why, effect, and the question to ask."""
    known = terms_of(contract.code)
    one = _reading(known, code)
    day = _today(known)
    kept = one.on(day)
    return render(
        request,
        "contracts/reading.html",
        {
            "heading": one.question,
            "reading": one,
            "kept": kept,
            "kept_option": one.option(kept.option),
            "rivals": one.rivals(day),
            "agreed": _agreed(one, day),
            "history": [
                (one.option(past.option), past, _state(past, day)) for past in reversed(one.retained)
            ],
            "clause": register.register().get(one.clause),
            "may_record": _may_record(request),
        },
    )


def _reading(known: Terms, code: str) -> Reading:
    if code not in known.readings:
        raise Http404("no such reading")
    return known.readings[code]


@acts(*RECORDERS)
@_with_terms
def reading_change(request: HttpRequest, contract: Contract, code: str) -> HttpResponse:
    """Record that both parties agreed on another reading."""
    one = _reading(terms_of(contract.code), code)
    form = ReadingForm(request.POST or None, request.FILES or None, reading=one)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.change_reading(
                contract=contract,
                reading=one.code,
                option=given["option"],
                from_on=given["from_on"],
                buyer_agreed_on=given["buyer_agreed_on"],
                contractor_agreed_on=given["contractor_agreed_on"],
                document_name=form.document_name,
                document_sha256=form.document_sha256,
                actor=_actor(request),
                at=timezone.now(),
            )
        except services.Retroactive as refused:
            form.add_error(
                "from_on", f"Choisissez une date à partir du {date_fr(refused.agreed_on)}, jour de l’accord."
            )
        except services.SignedLater as refused:
            form.add_error(None, _bad_signature(contract, refused.signed_on))
        except AlreadyDated as refused:
            form.add_error("from_on", f"Une lecture commence déjà le {date_fr(refused.from_on)}.")
        else:
            messages.success(request, "La nouvelle lecture est enregistrée.")
            return redirect(_to("reading", contract, one.code))
    return render(
        request,
        "contracts/reading_change.html",
        {"heading": "Convenir d’une autre lecture", "reading": one, "form": form},
        status=422 if form.is_bound else 200,
    )


@reads(*READERS)
@_with_terms
def amendments(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The amendments recorded."""
    known = terms_of(contract.code)
    may_record = _may_record(request)
    table = Table(
        request,
        amendments_of(contract),
        caption="Avenants",
        name=f"avenants-{contract.code}",
        noun="avenant",
        order="-number",
        columns=[
            Column("number", "Numéro", kind="number", sort="number"),
            Column("title", "Objet", sort="title"),
            Column("signed_on", "Signé le", kind="date", sort="signed_on"),
            Column("values", "Valeurs ajoutées", value=lambda one: _values_of(one, known)),
            Column("document_name", "Document"),
            Column("document_sha256", "Empreinte SHA-256", html=lambda one: f"{one.document_sha256[:12]}…"),
            Column("recorded_at", "Enregistré le", kind="instant", sort="recorded_at"),
        ],
        filters=[Search("title", "values__term", "document_name")],
        empty="Aucun avenant : le contrat s’applique tel qu’il a été notifié.",
        empty_action=("Enregistrer un avenant", _to("amendment_new", contract)) if may_record else None,
    )
    return table.response(
        "contracts/amendments.html",
        {
            "heading": "Avenants",
            "lead": "Un avenant ajoute des valeurs datées ; il n’en réécrit aucune.",
            "may_record": may_record,
        },
    )


def _values_of(one: Amendment, known: Terms) -> str:
    return " ; ".join(
        f"{known.term(row.term).spec.label} : "
        f"{shown(known.term(row.term).spec, known.value(row.term, on=row.from_on))} "
        f"le {date_fr(row.from_on)}"
        for row in one.values.all()
    )


@acts(*RECORDERS)
@_with_terms
def amendment_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Record an amendment and the values it adds."""
    known = terms_of(contract.code)
    form = AmendmentForm(request.POST or None, request.FILES or None)
    values = ValueFormSet(request.POST or None, form_kwargs={"terms": known}, prefix="valeurs")
    if request.method == "POST" and form.is_valid() and values.is_valid():
        given = form.cleaned_data
        try:
            services.record_amendment(
                contract=contract,
                number=given["number"],
                title=given["title"],
                signed_on=given["signed_on"],
                document_name=form.document_name,
                document_sha256=form.document_sha256,
                values=new_values(values),
                actor=_actor(request),
                at=timezone.now(),
            )
        except services.AmendsNothing:
            form.add_error(None, "Écrivez au moins une valeur : c’est ce que l’avenant change.")
        except services.NumberTaken as refused:
            form.add_error("number", f"L’avenant n° {refused.number} est déjà enregistré.")
        except services.SignedLater as refused:
            form.add_error("signed_on", _bad_signature(contract, refused.signed_on))
        except services.Retroactive as refused:
            form.add_error(
                None,
                f"« {known.term(refused.name).spec.label} » ne peut pas changer avant la signature, "
                f"le {date_fr(refused.agreed_on)}.",
            )
        except AlreadyDated as refused:
            form.add_error(
                None,
                f"« {known.term(refused.name).spec.label} » a déjà une valeur à partir du "
                f"{date_fr(refused.from_on)} : choisissez un autre jour.",
            )
        else:
            messages.success(request, f"L’avenant n° {given['number']} est enregistré.")
            return redirect(_to("amendments", contract))
    return render(
        request,
        "contracts/amendment_new.html",
        {"heading": "Enregistrer un avenant", "form": form, "values": values},
        status=422 if form.is_bound else 200,
    )


@reads(*READERS)
@_with_terms
def clauses(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Each clause of the contract, and whether the software carries it."""
    here = list(register.clauses_of(contract.code))
    done = sum(one.done for one in here)
    table = Table(
        request,
        here,
        caption="Clauses",
        name=f"clauses-{contract.code}",
        noun="clause",
        page_size=100,
        columns=[
            Column("id", "Clause", link=lambda one: _to("clause", contract, one.id)),
            Column("section", "Article"),
            Column("summary", "Ce qu’elle demande"),
            Column("state", "État", kind="status", value=_carried),
            Column("rules", "Règles", kind="number", value=lambda one: len(carried_by(one.id))),
            Column("screens", "Écrans", kind="number", value=lambda one: len(one.screens)),
        ],
        filters=[
            Search("id", "summary"),
            Choice(
                "etat",
                "État",
                [("DONE", "couverte"), ("OPEN", "à couvrir")],
                narrowed_by=lambda rows, wanted: [one for one in rows if _carried(one).code == wanted],
            ),
        ],
    )
    return table.response(
        "contracts/clauses.html",
        {"heading": "Clauses", "lead": f"{done} clauses couvertes sur {len(here)}."},
    )


def _carried(one: Clause) -> Status:
    return Status("DONE", "couverte", "good") if one.done else Status("OPEN", "à couvrir", "calm")


@reads(*READERS)
@_with_terms
def clause(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """One clause: what it asks, the terms and readings that cite it, its rules and screens."""
    one = register.register().get(reference)
    if one is None or one.contract != contract.code:
        raise Http404("no such clause")
    known = terms_of(contract.code)
    day = _today(known)
    cited = [
        (each.spec, shown(each.spec, each.on(day).value))
        for each in known.terms.values()
        if each.on(day).clause == reference
    ]
    return render(
        request,
        "contracts/clause.html",
        {
            "heading": one.summary.rstrip("."),
            "clause": one,
            "state": _carried(one),
            "terms": cited,
            "readings": [each for each in known.readings.values() if each.clause == reference],
            "rules": carried_by(reference),
            "screens": list(_screens(one.screens, contract)),
        },
    )


def _screens(names: Iterable[str], contract: Contract) -> Iterable[tuple[str, str]]:
    """Each screen's URL name and its address on this contract; empty for a page about one object."""
    for name in names:
        try:
            yield name, reverse(name, args=[contract.code])
        except NoReverseMatch:
            yield name, ""


def _today(known: Terms) -> date:
    """Today, or the notification of a contract still to come: before it, no value applies."""
    return max(timezone.localdate(), known.head.notified_on)


def _to(name: str, contract: Contract, *rest: str) -> str:
    return reverse(name, args=[contract.code, *rest])


def _may_record(request: HttpRequest) -> bool:
    held: frozenset[Role] = getattr(request, "roles", frozenset())
    return bool(held & set(RECORDERS))


def _actor(request: HttpRequest) -> str:
    assert isinstance(request.user, User)  # noqa: S101 - the access line let a person in
    return request.user.actor


def _bad_signature(contract: Contract, signed_on: date) -> str:
    notified_on = terms_of(contract.code).head.notified_on
    return (
        f"Le {date_fr(signed_on)} ne peut pas être une date de signature : choisissez un jour entre la "
        f"notification, le {date_fr(notified_on)}, et aujourd’hui."
    )
