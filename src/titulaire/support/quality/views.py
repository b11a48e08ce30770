"""The pages of quality: grids, sealed draws, blind evaluations, what is owed, what each adviser reads."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.support.facts.schema import ItemKind, Marker, Sampling
from titulaire.support.quality import queries, services
from titulaire.support.quality.forms import (
    AcknowledgeForm,
    ActionForm,
    CalibrationForm,
    FollowForm,
    MarkForm,
    OutcomeForm,
    PickForm,
    RevealForm,
    ScorecardForm,
    SealForm,
    ShareForm,
)
from titulaire.support.quality.models import (
    Adviser,
    Calibration,
    CalibrationAction,
    Draw,
    Evaluation,
    Sample,
    Scorecard,
)
from titulaire.support.quality.queries import Line, Reader
from titulaire.support.quality.rules import NothingApplies, marking_fault
from titulaire.support.quality.wording import (
    ANSWERS,
    CALIBRATIONS,
    DRAW_FAULTS,
    DRAWS,
    HIDDEN,
    KINDS,
    MARK_FAULTS,
    MARKED,
    OPENABLE,
    OPENED,
    REVEALED,
    RUNNING,
    SAMPLINGS,
    SEALED,
    SETTLED,
    STANDINGS,
    TO_MARK,
    WAIVED,
)
from titulaire.ui.exports import csv_response
from titulaire.ui.formats import count_fr, date_fr, instant_fr, month_fr, number
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Table

STAFF = (Role.QUALITY_OFFICER,)
MARKERS = (Role.QUALITY_OFFICER, Role.BUYER_MANAGER)
BUYERS = frozenset({Role.BUYER_MANAGER, Role.BUYER_READER})
READERS = (Role.QUALITY_OFFICER, Role.SUPERVISOR, Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR)
CALIBRATORS = (Role.QUALITY_OFFICER, Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR)
INSIDERS = (Role.QUALITY_OFFICER, Role.SUPERVISOR, Role.AUDITOR)


def points(hundredths: int | None) -> str:
    """A mark in points, as French writes it."""
    return "—" if hundredths is None else f"{hundredths / 100:.2f}".replace(".", ",").replace(",00", "")


def reader_of(request: HttpRequest, contract: Contract) -> Reader:
    """What the person who asks may read: the widest of what their roles give."""
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    user = cast(User, request.user)
    if Role.QUALITY_OFFICER in roles:
        return Reader(Marker.CONTRACTOR)
    if roles & BUYERS:
        return Reader(Marker.BUYER, named=False)
    if Role.SUPERVISOR in roles:
        return Reader(Marker.CONTRACTOR, queries.team_of(contract, user))
    if Role.AUDITOR in roles:
        return Reader(None, named=False)
    return queries.own_reader(contract, user)


def standing_code(line: Line) -> str:
    """The code, in `STANDINGS`, of where an item stands for its reader."""
    standing, side = line.standing, line.reader.side
    if standing.settled:
        return SETTLED
    if side is None:
        return MARKED if standing.marked_by else TO_MARK
    if side in standing.marked_by:
        return MARKED
    if marking_fault(standing, side):
        return WAIVED
    return HIDDEN if standing.marked_by else TO_MARK


def _url(name: str, contract: Contract, *args: object) -> str:
    return reverse(name, args=[contract.code, *args])


def _line(request: HttpRequest, contract: Contract, reference: str) -> Line:
    rank = reference.removeprefix("EVA-")
    if not rank.isdecimal():
        raise Http404("no such item")
    found = queries.lines_of(contract, reader_of(request, contract), only=queries.ranked(int(rank)))
    if not found:
        raise Http404("no such item")
    return found[0]


def _actor(request: HttpRequest) -> dict[str, Any]:
    return {"actor": cast(User, request.user).actor, "at": timezone.now()}


def _form_page(
    request: HttpRequest,
    form: forms.Form,
    *,
    heading: str,
    label: str,
    back: tuple[str, str],
    lead: str = "",
    facts: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "heading": heading,
        "lead": lead,
        "action_label": label,
        "cancel_url": back[1],
        "back_label": back[0],
        "facts": facts,
    }
    return render(request, "quality/form.html", context)


def _sent(request: HttpRequest) -> Any:
    """What was typed, were it nothing at all; None while the form is only shown."""
    return request.POST if request.method == "POST" else None


# Items


@clause("S-4.1-controles")
@reads(*READERS)
def quality_items(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every item drawn or picked, with the marks that the reader may see."""
    reader = reader_of(request, contract)
    lines = queries.lines_of(contract, reader)
    table = _items_table(request, contract, lines, reader)
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    staff = bool(set(STAFF) & roles)
    to_mark = sum(standing_code(each) in {TO_MARK, HIDDEN} for each in lines)
    context = {
        "staff": staff,
        "figures": [
            Figure("À noter", number(to_mark), note="par votre partie"),
            Figure("Notés", number(sum(standing_code(each) == SETTLED for each in lines))),
            Figure(
                "Choisis",
                number(sum(each.sample.sampling is Sampling.PICKED for each in lines)),
                note="hors des indicateurs",
                clause="S-4.1-controles",
            ),
        ],
    }
    return table.response("quality/items.html", context)


def _items_table(request: HttpRequest, contract: Contract, lines: list[Line], reader: Reader) -> Table:
    named = [Column("adviser", "Conseiller", value="adviser", sort="oui")] if reader.named else []
    return Table(
        request,
        lines,
        name=f"evaluations-{contract.code}",
        caption="Éléments à évaluer",
        noun="élément",
        order="-reference",
        columns=[
            Column(
                "reference",
                "Référence",
                value="sample.reference",
                link=lambda row: _url("quality_item", contract, row.sample.reference),
                sort="oui",
            ),
            Column("kind", "Nature", value=lambda row: KINDS[row.sample.kind], sort="oui"),
            Column("item", "Élément", value="sample.item"),
            Column("day", "Jour", value="sample.day", kind="date", sort="oui"),
            *named,
            Column("reason", "Motif", value="sample.reason", shown=False),
            Column(
                "sampling",
                "Tirage",
                value=lambda row: row.sample.sampling.value,
                kind="status",
                statuses=SAMPLINGS,
            ),
            Column("draw", "Tirage n°", value=lambda row: str(row.sample.draw or ""), shown=False),
            Column("ours", "Titulaire", value=lambda row: points(row.ours.mark if row.ours else None)),
            Column("theirs", "Acheteur", value=lambda row: points(row.theirs.mark if row.theirs else None)),
            Column("gap", "Écart", value=lambda row: points(row.gap)),
            Column("state", "État", value=standing_code, kind="status", statuses=STANDINGS),
        ],
        filters=[
            Search(
                "sample.reference", "sample.item", "sample.reason", "adviser", label="Référence ou élément"
            ),
            Choice("nature", "Nature", list(KINDS.items()), field="sample.kind", every="Toutes"),
            Choice(
                "tirage",
                "Tirage",
                [(code, one.label) for code, one in SAMPLINGS.items()],
                narrowed_by=lambda found, code: [row for row in found if row.sample.sampling == code],
            ),
            Choice(
                "etat",
                "État",
                [(code, one.label) for code, one in STANDINGS.items()],
                narrowed_by=lambda found, code: [row for row in found if standing_code(row) == code],
            ),
            Period("jour", "Jour", field="sample.day"),
        ],
        empty="Aucun élément à évaluer : scellez un tirage, puis ouvrez-le quand sa période est finie.",
    )


@clause("S-4.1-controles")
@reads(*READERS, Role.ADVISER)
def quality_item(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """One item: what it is, the marks that its reader may see, the grid of the reader's side."""
    line = _line(request, contract, reference)
    sample, reader = line.sample, line.reader
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    side = reader.side
    may_mark = bool(set(MARKERS) & roles) and side is not None
    own = line.ours if side is Marker.CONTRACTOR else line.theirs if side is Marker.BUYER else None
    facts = [
        ("Nature", KINDS[sample.kind]),
        ("Élément", sample.item),
        ("Jour", date_fr(sample.day)),
        ("Conseiller", line.adviser),
        ("Motif", sample.reason),
        ("Site", sample.site if reader.named else ""),
        ("Choisi", sample.because),
        ("Note du Titulaire", points(line.ours.mark) if line.ours else ""),
        ("Note de l’acheteur", points(line.theirs.mark) if line.theirs else ""),
        ("Écart", points(line.gap) if line.gap is not None else ""),
    ]
    context = {
        "line": line,
        "sample": sample,
        "own": own,
        "state": STANDINGS[standing_code(line)],
        "sampling": SAMPLINGS[sample.sampling.value],
        "facts": [(label, value) for label, value in facts if value],
        "grid": _grid(own),
        "history": _history(sample, side),
        "draw_url": _url("quality_draw", contract, sample.draw.reference)
        if sample.draw and Role.ADVISER not in roles
        else "",
        "may_mark": may_mark and side is not None and not marking_fault(line.standing, side),
        "may_correct": may_mark and own is not None and bool(own.answers),
        "list_url": _url("quality_mine" if roles == {Role.ADVISER} else "quality_items", contract),
        "list_label": "Mes évaluations" if roles == {Role.ADVISER} else "Évaluations",
    }
    return render(request, "quality/item.html", context)


def _grid(evaluation: Evaluation | None) -> list[tuple[str, str]]:
    if evaluation is None:
        return []
    return [
        (f"{each.label} (poids {each.weight})", ANSWERS[evaluation.answers[each.code]])
        for each in evaluation.scorecard.lines
        if each.code in evaluation.answers
    ]


def _history(sample: Sample, side: Marker | None) -> list[Event]:
    events = [Event(sample.chosen_at, SAMPLINGS[sample.sampling.value].label, sample.because)]
    for each in sample.evaluations.all():
        if side is not None and each.side == side:
            title = "Évaluation corrigée" if each.replaces_id else "Évaluation"
            events.append(Event(each.made_at, f"{title} : {points(each.mark)}", each.because, "good"))
    return sorted(events, key=lambda event: cast(Any, event.at))


def _side(request: HttpRequest, contract: Contract) -> Marker:
    side = reader_of(request, contract).side
    assert side is not None  # noqa: S101 - those who mark have a side
    return side


@clause("S-4.1-controles")
@acts(*MARKERS)
def quality_mark(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Mark an item with the grid in force."""
    line = _line(request, contract, reference)
    back = (reference, _url("quality_item", contract, reference))
    card = queries.scorecard_in_force(contract, line.sample.kind)
    if card is None:
        messages.error(request, "Il n’y a pas encore de grille pour cette nature : écrivez-la d’abord.")
        return redirect(back[1])
    form = MarkForm(_sent(request), criteria=card.lines)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.evaluate(
                sample=line.sample,
                side=_side(request, contract),
                scorecard=card,
                answers=form.answers,
                comment=form.cleaned_data["comment"],
                **_actor(request),
            )
        except NothingApplies:
            form.add_error(None, "Un critère au moins s’applique : sinon, renoncez à noter cet élément.")
        except services.MarkingRefused as refused:
            messages.error(request, MARK_FAULTS[refused.fault])
            return redirect(back[1])
        else:
            messages.success(request, f"Note de {reference} : {points(made.mark)} sur 100.")
            return redirect(back[1])
    facts = [("Élément", line.sample.item), ("Jour", date_fr(line.sample.day)), ("Grille", str(card))]
    return _form_page(
        request, form, heading=f"Noter {reference}", label="Enregistrer la note", back=back, facts=facts
    )


@clause("S-4.1-controles")
@acts(*MARKERS)
def quality_correct(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Replace a wrong evaluation of one's own side, with a reason."""
    line = _line(request, contract, reference)
    back = (reference, _url("quality_item", contract, reference))
    wrong = queries.current_of(line.sample, _side(request, contract))
    if wrong is None:
        raise Http404("nothing to correct")
    form = MarkForm(
        _sent(request),
        criteria=wrong.scorecard.lines,
        correcting=True,
        initial={**wrong.answers, "comment": wrong.comment},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.correct(
                evaluation=wrong,
                answers=form.answers,
                because=form.cleaned_data["because"],
                comment=form.cleaned_data["comment"],
                **_actor(request),
            )
        except NothingApplies:
            form.add_error(None, "Un critère au moins s’applique.")
        except services.AlreadyCorrected:
            messages.error(request, "Cette évaluation vient d’être corrigée : rien n’a changé.")
            return redirect(back[1])
        else:
            messages.success(request, f"Note corrigée : {points(made.mark)} sur 100.")
            return redirect(back[1])
    return _form_page(request, form, heading=f"Corriger {reference}", label="Corriger la note", back=back)


@clause("S-4.1-controles")
@acts(*MARKERS)
def quality_waive(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Give up marking an item: what the other side said of it may then be read."""
    line = _line(request, contract, reference)
    url = _url("quality_item", contract, reference)
    if request.method == "POST":
        try:
            services.waive(sample=line.sample, side=_side(request, contract), **_actor(request))
        except services.MarkingRefused as refused:
            messages.error(request, MARK_FAULTS[refused.fault])
        return redirect(url)
    context = {
        "heading": f"Renoncer à noter {reference}",
        "consequences": [
            "Votre partie ne pourra plus noter cet élément.",
            "Elle lira la note de l’autre partie ; l’élément ne compte pas comme calibrage.",
        ],
        "action_label": "Renoncer à noter",
        "cancel_url": url,
    }
    return render(request, "ui/confirm.html", context)


@clause("S-4.1-controles")
@acts(*STAFF)
def quality_pick(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Choose an item by hand, apart from the sample."""
    form = PickForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = services.pick(
                contract=contract, **{**given, "kind": ItemKind(given["kind"])}, **_actor(request)
            )
        except services.UnknownItem:
            form.add_error("item", "Aucun conseiller n’a traité cet élément ce jour-là, d’après les faits.")
        except services.ItemTaken as taken:
            form.add_error("item", f"Cet élément est déjà à évaluer : {taken.reference}.")
        except services.MayBeDrawn as sealed:
            form.add_error("day", f"Le tirage scellé {sealed.reference} couvre ce jour : ouvrez-le d’abord.")
        else:
            return redirect("quality_item", contract.code, made.reference)
    return _form_page(
        request,
        form,
        heading="Choisir un élément",
        label="Ajouter l’élément",
        back=("Évaluations", _url("quality_items", contract)),
        lead="Un élément choisi sert à accompagner : sa note reste hors des indicateurs.",
    )


@clause("S-4.1-controles", "S-3.3.2-formulaires-qualite")
@acts(*STAFF)
def quality_publish(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Give the settled marks to the facts."""
    url = _url("quality_items", contract)
    if request.method == "POST":
        try:
            done = services.publish_marks(contract=contract, **_actor(request))
        except services.MarksRefused as refused:
            messages.error(request, f"Les faits ont refusé ces notes : {', '.join(refused.reasons)}.")
        else:
            sent = sum(each.evaluations.count() for each in done)
            text = (
                f"{count_fr(sent, 'note')} au total dans les faits." if sent else "Rien de nouveau à verser."
            )
            messages.success(request, text)
        return redirect(url)
    context = {
        "heading": "Verser les notes aux faits",
        "consequences": [
            "Les notes que plus rien ne cache entrent dans les faits ; I11, I12 et I18 les lisent.",
            "Une note déjà versée n’y entre pas deux fois ; une note corrigée y corrige la sienne.",
        ],
        "action_label": "Verser les notes",
        "cancel_url": url,
    }
    return render(request, "ui/confirm.html", context)


# Draws


def draw_code(draw: Draw) -> str:
    """The code, in `DRAWS`, of where a draw stands now."""
    if draw.opened_at:
        return OPENED
    return OPENABLE if timezone.now() >= queries.midnight(draw.until_on) else SEALED


@clause("S-4.1-controles")
@reads(*READERS)
def quality_draws(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every draw, with the digest of its seed."""
    draws = list(queries.draws_of(contract))
    table = Table(
        request,
        draws,
        name=f"tirages-{contract.code}",
        caption="Tirages au sort",
        noun="tirage",
        order="-reference",
        columns=[
            Column(
                "reference",
                "Référence",
                value="reference",
                link=lambda row: _url("quality_draw", contract, row.reference),
                sort="oui",
            ),
            Column("kind", "Nature", value=lambda row: KINDS[row.kind], sort="oui"),
            Column("since_on", "Du", value="since_on", kind="date", sort="oui"),
            Column("until_on", "Au", value=lambda row: row.until_on - timedelta(days=1), kind="date"),
            Column("per_adviser", "Par conseiller", value="per_adviser", kind="number"),
            Column("sealed_at", "Scellé le", value="sealed_at", kind="instant", sort="oui"),
            Column("seed_sha256", "Empreinte de la graine", value="seed_sha256", shown=False),
            Column("population", "Population", value="population", kind="number"),
            Column("taken", "Tirés", value=lambda row: len(row.samples.all()), kind="number"),
            Column("state", "État", value=draw_code, kind="status", statuses=DRAWS),
        ],
        filters=[
            Search("reference", "seed_sha256", label="Référence ou empreinte"),
            Choice("nature", "Nature", list(KINDS.items()), field="kind", every="Toutes"),
            Choice(
                "etat",
                "État",
                [(code, one.label) for code, one in DRAWS.items()],
                narrowed_by=lambda found, code: [row for row in found if draw_code(row) == code],
            ),
            Period("debut", "Début", field="since_on"),
        ],
        empty="Aucun tirage. La graine se scelle avant la fin de la période.",
    )
    staff = bool(set(STAFF) & request.roles)  # type: ignore[attr-defined]
    return table.response("quality/draws.html", {"staff": staff})


def _draw(contract: Contract, reference: str) -> Draw:
    found = queries.draw_called(contract, reference)
    if found is None:
        raise Http404("no such draw")
    return found


@clause("S-4.1-controles")
@reads(*READERS)
def quality_draw(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """One draw: its seal, and once opened what it drew and whether it is found again."""
    draw = _draw(contract, reference)
    last = draw.until_on - timedelta(days=1)
    facts = [
        ("Nature", KINDS[draw.kind]),
        ("Période", f"du {date_fr(draw.since_on)} au {date_fr(last)} compris"),
        ("Éléments par conseiller", number(draw.per_adviser)),
        ("Scellé", instant_fr(draw.sealed_at)),
        ("Empreinte SHA-256 de la graine", draw.seed_sha256),
    ]
    if draw.opened_at:
        facts += [
            ("Ouvert", instant_fr(draw.opened_at)),
            ("Graine", draw.seed),
            ("Population", count_fr(draw.population or 0, "élément")),
            ("Empreinte SHA-256 de la population", draw.population_sha256),
            ("Éléments tirés", number(draw.samples.count())),
        ]
    staff = bool(set(STAFF) & request.roles)  # type: ignore[attr-defined]
    context = {
        "draw": draw,
        "facts": facts,
        "state": DRAWS[draw_code(draw)],
        "may_open": staff and draw_code(draw) == OPENABLE,
        "replay": queries.replay(draw) if draw.opened_at and "refaire" in request.GET else None,
    }
    return render(request, "quality/draw.html", context)


@clause("S-4.1-controles")
@reads(*READERS)
def quality_population(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """What an opened draw chose from, for whoever wants to draw again: advisers are groups, not numbers."""
    draw = _draw(contract, reference)
    if draw.opened_at is None:
        raise Http404("not opened")
    found = queries.replay(draw)
    taken = {each.item for each in found.found}
    rows = [
        (each.item, each.group, each.reason, "oui" if each.item in taken else "") for each in found.population
    ]
    return csv_response(f"population-{reference}", ["element", "groupe", "motif", "tire"], rows)


@clause("S-4.1-controles")
@acts(*STAFF)
def quality_seal(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Seal a seed for a period that is not over."""
    today = timezone.localdate()
    month_end = queries.month_after(today.replace(day=1)) - timedelta(days=1)
    initial = {"since_on": today.replace(day=1), "until_on": month_end, "per_adviser": 4}
    form = SealForm(_sent(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = services.seal_draw(
                contract=contract,
                kind=ItemKind(given["kind"]),
                since_on=given["since_on"],
                until_on=given["until_on"] + timedelta(days=1),
                per_adviser=given["per_adviser"],
                **_actor(request),
            )
        except services.DrawRefused as refused:
            form.add_error(None, DRAW_FAULTS[refused.fault])
        else:
            messages.success(request, f"Tirage {made.reference} scellé : son empreinte est au journal.")
            return redirect("quality_draw", contract.code, made.reference)
    return _form_page(
        request,
        form,
        heading="Sceller un tirage",
        label="Sceller le tirage",
        back=("Tirages", _url("quality_draws", contract)),
        lead="La graine est choisie au hasard et reste secrète ; son empreinte est montrée dès maintenant.",
    )


@clause("S-4.1-controles")
@acts(*STAFF)
def quality_open(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Open a draw whose period is over."""
    draw = _draw(contract, reference)
    url = _url("quality_draw", contract, reference)
    if request.method == "POST":
        try:
            made = services.open_draw(draw=draw, **_actor(request))
        except services.DrawRefused as refused:
            messages.error(request, DRAW_FAULTS[refused.fault])
        except services.NothingToDraw:
            messages.error(request, "Les faits de cette période ne sont pas là : importez-les, puis ouvrez.")
        else:
            messages.success(request, f"{count_fr(len(made), 'élément')} à évaluer.")
        return redirect(url)
    context = {
        "heading": f"Ouvrir le tirage {reference}",
        "consequences": [
            "La graine est montrée à tous.",
            "Les éléments tirés des faits connus à cet instant deviennent à évaluer ; ils ne changent plus.",
        ],
        "action_label": "Ouvrir le tirage",
        "cancel_url": url,
    }
    return render(request, "ui/confirm.html", context)


# Scorecards


@clause("S-4.1-controles")
@reads(*READERS)
def quality_scorecards(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every version of every grid."""
    table = Table(
        request,
        list(queries.scorecards_of(contract)),
        name=f"grilles-{contract.code}",
        caption="Grilles de notation",
        noun="version",
        columns=[
            Column("kind", "Nature", value=lambda row: KINDS[row.kind], sort="oui"),
            Column("title", "Titre", value="title", sort="oui"),
            Column("version", "Version", value="version", kind="number", sort="oui"),
            Column("made_at", "Écrite le", value="made_at", kind="instant", sort="oui"),
            Column("criteria", "Critères", value=_criteria),
        ],
        filters=[
            Search("title", label="Titre"),
            Choice("nature", "Nature", list(KINDS.items()), field="kind", every="Toutes"),
        ],
        empty="Aucune grille : la première se recopie de celle que la Cnam transmet.",
    )
    staff = bool(set(STAFF) & request.roles)  # type: ignore[attr-defined]
    return table.response("quality/scorecards.html", {"staff": staff})


def _criteria(card: Scorecard) -> str:
    return " ; ".join(
        f"{each.label} ({each.weight}{', éliminatoire' if each.eliminatory else ''})" for each in card.lines
    )


@clause("S-4.1-controles")
@acts(*STAFF)
def quality_scorecard_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Write the next version of a grid."""
    form = ScorecardForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made, new = services.write_scorecard(
            contract=contract, **{**given, "kind": ItemKind(given["kind"])}, **_actor(request)
        )
        messages.success(request, f"{made} : {'écrite' if new else 'inchangée'}.")
        return redirect("quality_scorecards", contract.code)
    return _form_page(
        request,
        form,
        heading="Écrire une grille",
        label="Écrire la version",
        back=("Grilles", _url("quality_scorecards", contract)),
        lead="La nouvelle version sert aux évaluations suivantes ; celles déjà faites gardent la leur.",
    )


# What is owed


@clause("S-4.1-controles")
@reads(*INSIDERS)
def quality_owed(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The ledger of a month: evaluations and sessions owed to each adviser, and those missing."""
    month = _month(request)
    reader = reader_of(request, contract)
    rows = [
        each
        for each in queries.owed_in(contract, month)
        if reader.advisers is None or each.adviser in reader.advisers
    ]
    staff = bool({Role.QUALITY_OFFICER, Role.SUPERVISOR} & request.roles)  # type: ignore[attr-defined]
    table = Table(
        request,
        rows,
        name=f"evaluations-dues-{contract.code}-{month:%Y-%m}",
        caption=f"Évaluations dues, {month_fr(month)}",
        noun="conseiller",
        columns=[
            Column(
                "adviser",
                "Conseiller",
                value="adviser",
                sort="oui",
                link=(lambda row: _url("quality_share", contract, row.adviser)) if staff else None,
            ),
            Column("evaluations", "Évaluations", value="evaluations", kind="number", sort="oui"),
            Column("owed", "Dues", value="evaluations_owed", kind="number"),
            Column("missing", "Manquent", value="evaluations_missing", kind="number", sort="oui"),
            Column("sessions", "Sessions", value="sessions", kind="number", sort="oui"),
            Column("sessions_owed", "Dues (sessions)", value="sessions_owed", kind="number"),
            Column("sessions_missing", "Manquent (sessions)", value="sessions_missing", kind="number"),
        ],
        filters=[
            Search("adviser", label="Matricule"),
            Choice(
                "etat",
                "État",
                [("MISSING", "Il en manque"), ("KEPT", "Tout est fait")],
                narrowed_by=lambda found, code: [row for row in found if row.kept is (code == "KEPT")],
            ),
        ],
        empty="Aucun conseiller suivi ce mois-là : ouvrez un tirage, ou ajoutez un conseiller.",
    )
    before = (month - timedelta(days=1)).replace(day=1)
    context = {
        "month": month,
        "staff": Role.QUALITY_OFFICER in request.roles,  # type: ignore[attr-defined]
        "before": f"{before:%Y-%m}",
        "after": f"{queries.month_after(month):%Y-%m}",
        "figures": [
            Figure("Conseillers suivis", number(len(rows))),
            Figure(
                "Évaluations qui manquent",
                number(sum(each.evaluations_missing for each in rows)),
                clause="S-4.1-controles",
            ),
            Figure("Sessions qui manquent", number(sum(each.sessions_missing for each in rows))),
        ],
    }
    return table.response("quality/owed.html", context)


def _month(request: HttpRequest) -> date:
    asked = request.GET.get("mois", "")
    try:
        return date.fromisoformat(f"{asked}-01")
    except ValueError:
        return timezone.localdate().replace(day=1)


@clause("S-4.1-controles")
@acts(*STAFF)
def quality_follow(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Say who supervises an adviser."""
    known = Adviser.objects.filter(contract=contract, number=request.GET.get("matricule", "")).first()
    initial: dict[str, Any] = {"since_on": timezone.localdate().replace(day=1)}
    if known:
        initial = {
            "number": known.number,
            "supervisor": known.supervisor_id,
            "since_on": known.since_on,
            "until_on": known.until_on,
        }
    form = FollowForm(_sent(request), contract=contract, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.follow(contract=contract, **form.cleaned_data, **_actor(request))
        messages.success(request, "Conseiller enregistré.")
        return redirect("quality_owed", contract.code)
    return _form_page(
        request,
        form,
        heading="Suivre un conseiller",
        label="Enregistrer",
        back=("Évaluations dues", _url("quality_owed", contract)),
    )


@clause("S-4.1-controles")
@acts(Role.QUALITY_OFFICER, Role.SUPERVISOR)
def quality_share(request: HttpRequest, contract: Contract, adviser: str) -> HttpResponse:
    """Write down a feedback session held with an adviser."""
    reader = reader_of(request, contract)
    if reader.advisers is not None and adviser not in reader.advisers:
        raise Http404("not of this team")
    evaluations = queries.shareable(contract, adviser)
    form = ShareForm(_sent(request), evaluations=evaluations, initial={"held_on": timezone.localdate()})
    back = ("Évaluations dues", _url("quality_owed", contract))
    if request.method == "POST" and form.is_valid():
        chosen = set(form.cleaned_data["evaluations"])
        try:
            services.share(
                contract=contract,
                adviser=adviser,
                held_on=form.cleaned_data["held_on"],
                evaluations=[each for each in evaluations if each.pk in chosen],
                summary=form.cleaned_data["summary"],
                **_actor(request),
            )
        except services.ImpossibleDay:
            form.add_error("held_on", "Une session se note après avoir été tenue.")
        else:
            messages.success(request, "Session enregistrée : le conseiller peut la reconnaître.")
            return redirect(back[1])
    lead = "" if evaluations else "Ce conseiller n’a aucune évaluation à partager."
    return _form_page(
        request, form, heading=f"Session avec {adviser}", label="Enregistrer la session", back=back, lead=lead
    )


@clause("S-4.1-controles")
@reads(Role.ADVISER)
def quality_mine(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What an adviser reads: his or her own evaluations and sessions, nobody else's."""
    reader = queries.own_reader(contract, cast(User, request.user))
    own = ", ".join(dict.fromkeys(each.number for each in reader.own or ()))
    lines = [each for each in queries.lines_of(contract, reader) if each.ours]
    sessions = queries.sessions_of(contract, reader)
    table = Table(
        request,
        lines,
        name="mes-evaluations",
        caption="Mes évaluations",
        noun="évaluation",
        columns=[
            Column(
                "reference",
                "Référence",
                value="sample.reference",
                link=lambda row: _url("quality_item", contract, row.sample.reference),
                sort="oui",
            ),
            Column("kind", "Nature", value=lambda row: KINDS[row.sample.kind], sort="oui"),
            Column("day", "Jour", value="sample.day", kind="date", sort="oui"),
            Column("mark", "Note", value=lambda row: points(row.ours.mark)),
        ],
        filters=[
            Search("sample.reference", label="Référence"),
            Choice("nature", "Nature", list(KINDS.items()), field="sample.kind", every="Toutes"),
            Period("jour", "Jour", field="sample.day"),
        ],
        empty="Aucune évaluation pour l’instant.",
    )
    shown = [
        {
            "facts": [
                ("Tenue", date_fr(each.held_on)),
                ("Ce qui a été dit", each.summary),
                ("Reconnue", instant_fr(each.acknowledged_at) if each.acknowledged_at else "pas encore"),
                *([("Vos observations", each.words)] if each.words else []),
            ],
            "url": "" if each.acknowledged_at else _url("quality_acknowledge", contract, each.pk),
        }
        for each in sessions
    ]
    return table.response("quality/mine.html", {"own": own, "sessions": shown})


@clause("S-4.1-controles")
@acts(Role.ADVISER)
def quality_acknowledge(request: HttpRequest, contract: Contract, session: int) -> HttpResponse:
    """The adviser acknowledges his or her own session."""
    reader = queries.own_reader(contract, cast(User, request.user))
    found = queries.sessions_of(contract, reader).filter(pk=session).first()
    if found is None:
        raise Http404("no such session")
    back = ("Mes évaluations", _url("quality_mine", contract))
    form = AcknowledgeForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.acknowledge(feedback=found, words=form.cleaned_data["words"], **_actor(request))
        except services.AlreadyAcknowledged:
            messages.error(request, "Cette session est déjà reconnue : rien n’a changé.")
        else:
            messages.success(request, "Session reconnue.")
        return redirect(back[1])
    facts = [("Tenue", date_fr(found.held_on)), ("Ce qui a été dit", found.summary)]
    return _form_page(
        request, form, heading="Reconnaître la session", label="Reconnaître", back=back, facts=facts
    )


# Calibration


def calibration_code(calibration: Calibration) -> str:
    """The code, in `CALIBRATIONS`, of where a session stands."""
    return REVEALED if calibration.revealed_at else RUNNING


def _compared_figures(contract: Contract, lines: list[Line], on: date) -> list[Figure]:
    """What two sides' marks say of each other, in figures; nothing while no pair can be read."""
    found = queries.agreement_in(contract, lines, on=on)
    if found is None:
        return []
    agreement, mean = found.agreement, found.mean
    gap = agreement.bias.mean
    limits = (
        f"limites d’accord à 95 % : {decimal(agreement.low)} à {decimal(agreement.high)}"
        if agreement.low is not None and agreement.high is not None
        else "une seule paire : pas de limites d’accord"
    )
    interval = (
        f"entre {decimal(max(mean.low, 0))} et {decimal(min(mean.high, 100))}, à 95 %"
        if mean.low is not None and mean.high is not None
        else "une seule note : pas d’intervalle"
    )
    held = (
        ("GOOD", "Dans la limite", "good") if agreement.means_hold else ("BAD", "Au-delà : à rejuger", "bad")
    )
    return [
        Figure("Éléments notés par les deux", number(agreement.pairs)),
        Figure("Note moyenne", decimal(mean.mean), note=interval),
        Figure(
            "Écart des moyennes",
            decimal(gap),
            note=f"Titulaire moins acheteur ; {decimal(agreement.gap_max)} points au plus",
            status=held,
            clause="S-3.3.2-formulaires-qualite",
        ),
        Figure("Biais", decimal(gap), note=limits, clause="S-4.1-calibrage"),
        Figure("Éléments trop écartés", number(agreement.apart), note="un par un"),
        Figure(
            "Éléments pour ± 2,5 points",
            number(found.needed) if found.needed else "—",
            note="à dispersion égale",
        ),
    ]


def decimal(points_on_100: float) -> str:
    """Points, with one decimal, as French writes them."""
    return f"{points_on_100:.1f}".replace(".", ",").replace("-", "−")


@clause("S-4.1-calibrage")
@reads(*CALIBRATORS)
def quality_calibrations(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every session, and how both sides agree on all the items that both have marked."""
    lines = queries.lines_of(contract, reader_of(request, contract))
    today = timezone.localdate()
    table = Table(
        request,
        list(queries.calibrations_of(contract)),
        name=f"calibrages-{contract.code}",
        caption="Calibrages",
        noun="calibrage",
        order="-reference",
        columns=[
            Column(
                "reference",
                "Référence",
                value="reference",
                link=lambda row: _url("quality_calibration", contract, row.reference),
                sort="oui",
            ),
            Column("title", "Objet", value="title"),
            Column("items", "Éléments", value=lambda row: len(row.samples.all()), kind="number"),
            Column("missing", "Notes attendues", value=queries.unmarked_in, kind="number"),
            Column("opened_at", "Ouvert le", value="opened_at", kind="instant", sort="oui"),
            Column("revealed_at", "Révélé le", value="revealed_at", kind="instant", sort="oui"),
            Column(
                "actions",
                "Actions à faire",
                value=lambda row: sum(each.done_at is None for each in row.actions.all()),
                kind="number",
            ),
            Column("state", "État", value=calibration_code, kind="status", statuses=CALIBRATIONS),
        ],
        filters=[
            Search("reference", "title", label="Référence ou objet"),
            Choice(
                "etat",
                "État",
                [(code, one.label) for code, one in CALIBRATIONS.items()],
                narrowed_by=lambda found, code: [row for row in found if calibration_code(row) == code],
            ),
            Period("ouvert", "Ouvert", field="opened_at", instants=True),
        ],
        empty="Aucun calibrage : il s’ouvre sur des éléments que personne n’a encore notés.",
    )
    context = {
        "staff": bool(set(STAFF) & request.roles),  # type: ignore[attr-defined]
        "kinds": [
            (KINDS[kind], figures)
            for kind in (ItemKind.CALL, ItemKind.FORM)
            if (
                figures := _compared_figures(
                    contract, [each for each in lines if each.sample.kind == kind], today
                )
            )
        ],
    }
    return table.response("quality/calibrations.html", context)


def _calibration(contract: Contract, reference: str) -> Calibration:
    found = queries.calibration_called(contract, reference)
    if found is None:
        raise Http404("no such calibration")
    return found


@clause("S-4.1-calibrage")
@reads(*CALIBRATORS)
def quality_calibration(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """One session: its items, the marks once revealed, how they agree, what was decided."""
    found = _calibration(contract, reference)
    reader = reader_of(request, contract)
    lines = queries.lines_of(contract, reader, only=Q(calibrations=found))
    staff = bool(set(STAFF) & request.roles)  # type: ignore[attr-defined]
    table = _items_table(request, contract, lines, reader)
    on = timezone.localdate(found.revealed_at) if found.revealed_at else timezone.localdate()
    context = {
        "calibration": found,
        "state": CALIBRATIONS[calibration_code(found)],
        "missing": queries.unmarked_in(found),
        "figures": _compared_figures(contract, lines, on) if found.revealed_at else [],
        "staff": staff,
        "actions": [
            {
                "facts": [
                    ("Action", each.what),
                    ("À faire avant le", date_fr(each.due_on)),
                    ("Faite", instant_fr(each.done_at) if each.done_at else "pas encore"),
                    *([("Effet constaté", each.outcome)] if each.outcome else []),
                ],
                "url": _url("quality_action_done", contract, each.pk) if staff and not each.done_at else "",
            }
            for each in found.actions.all()
        ],
    }
    return table.response("quality/calibration.html", context)


@clause("S-4.1-calibrage")
@acts(*STAFF)
def quality_calibration_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Open a session on items that nobody has marked."""
    samples = queries.calibrable(contract)
    form = CalibrationForm(_sent(request), samples=samples)
    if request.method == "POST" and form.is_valid():
        chosen = set(form.cleaned_data["samples"])
        try:
            made = services.open_calibration(
                contract=contract,
                title=form.cleaned_data["title"],
                samples=[each for each in samples if each.pk in chosen],
                **_actor(request),
            )
        except services.NotBlind:
            form.add_error("samples", "L’un de ces éléments vient d’être noté : choisissez encore.")
        else:
            return redirect("quality_calibration", contract.code, made.reference)
    return _form_page(
        request,
        form,
        heading="Ouvrir un calibrage",
        label="Ouvrir le calibrage",
        back=("Calibrages", _url("quality_calibrations", contract)),
        lead="Chaque partie note les mêmes éléments ; toutes les notes se révèlent ensemble.",
    )


@clause("S-4.1-calibrage")
@acts(*STAFF)
def quality_reveal(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Show both sides all the marks of a session at once."""
    found = _calibration(contract, reference)
    back = (reference, _url("quality_calibration", contract, reference))
    form = RevealForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.reveal(calibration=found, **form.cleaned_data, **_actor(request))
        except services.MarksMissing as missing:
            form.add_error(
                None, f"{count_fr(missing.count, 'note')} manquent : les deux parties notent tout."
            )
        except services.AlreadyRevealed:
            messages.error(request, "Ce calibrage est déjà révélé : rien n’a changé.")
            return redirect(back[1])
        else:
            messages.success(request, "Notes révélées aux deux parties.")
            return redirect(back[1])
    return _form_page(request, form, heading=f"Révéler {reference}", label="Révéler les notes", back=back)


@clause("S-4.1-calibrage")
@acts(*STAFF)
def quality_action_new(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Decide an action of a revealed session."""
    found = _calibration(contract, reference)
    back = (reference, _url("quality_calibration", contract, reference))
    form = ActionForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.decide_action(calibration=found, **form.cleaned_data, **_actor(request))
        except services.NoReason:
            form.add_error(None, "Révélez d’abord les notes : l’action en découle.")
        else:
            return redirect(back[1])
    return _form_page(
        request, form, heading=f"Décider une action, {reference}", label="Décider l’action", back=back
    )


@clause("S-4.1-calibrage")
@acts(*STAFF)
def quality_action_done(request: HttpRequest, contract: Contract, action: int) -> HttpResponse:
    """Say that an action is done."""
    found = CalibrationAction.objects.filter(calibration__contract=contract, pk=action)
    one = found.select_related("calibration__contract").first()
    if one is None:
        raise Http404("no such action")
    reference = one.calibration.reference
    back = (reference, _url("quality_calibration", contract, reference))
    form = OutcomeForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.finish_action(action=one, **form.cleaned_data, **_actor(request))
        except services.AlreadyDone:
            messages.error(request, "Cette action est déjà faite : rien n’a changé.")
        return redirect(back[1])
    return _form_page(
        request,
        form,
        heading="Action faite",
        label="Enregistrer",
        back=back,
        facts=[("Action", one.what), ("À faire avant le", date_fr(one.due_on))],
    )
