"""The pages of who asks: what is asked, of whom, and what was answered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.support.incidents.sheets import Fault, SheetRefused
from titulaire.support.satisfaction import queries, services
from titulaire.support.satisfaction.forms import (
    ContactsForm,
    FactsForm,
    MonthForm,
    PlanForm,
    PublishForm,
    RefusalForm,
)
from titulaire.support.satisfaction.models import Invitation, Mark, OptOut, Reply, Wave
from titulaire.support.satisfaction.reading import COLUMNS, REQUIRED, contacts_of
from titulaire.support.satisfaction.results import (
    Group,
    Line,
    Results,
    answered_in,
    results_of,
    sides_of,
    trend_of,
)
from titulaire.support.satisfaction.rules import STANDARD, Kind, Measure, Score, Sides, gap_points
from titulaire.support.satisfaction.wording import (
    CHANNELS,
    CUTS,
    MEASURES,
    SHORT,
    SOURCES,
    UNKNOWN,
    decimal_of,
    interval_words,
    key_words,
    lost_words,
    scale_words,
    share_words,
    skipped_words,
    value_words,
)
from titulaire.support.satisfaction.wording import (
    READINGS as READING_WORDS,
)
from titulaire.ui.charts import Chart, Series, lines
from titulaire.ui.exports import csv_response
from titulaire.ui.formats import count_fr, instant_short, list_fr, month_fr, number, rate
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Table

READERS = (
    Role.SUPERVISOR,
    Role.QUALITY_OFFICER,
    Role.CSO,
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.AUDITOR,
)
ASKERS = (Role.QUALITY_OFFICER, Role.SUPERVISOR)
LINK_HEADINGS = ("contact", "canal", "lien", "expire le")


def _trace(request: HttpRequest) -> dict[str, Any]:
    return {"actor": cast(User, request.user).actor, "at": timezone.now()}


def _may_ask(request: HttpRequest) -> bool:
    return bool(set(ASKERS) & request.roles)  # type: ignore[attr-defined]


# What surveys say


@clause("S-3.3.3-satisfaction", "S-4.1-calibrage")
@reads(*READERS)
def satisfaction(request: HttpRequest, contract: Contract) -> HttpResponse:
    """A month: its figures, by reason or another cut, its trend, and what evaluators gave beside."""
    months = queries.months_asked(contract)
    if not months:
        return render(request, "satisfaction/empty.html", {"may_ask": _may_ask(request)})
    form = MonthForm(months, request.GET or None)
    given = form.cleaned_data if form.is_bound and form.is_valid() else {}
    month = next((one for one in months if f"{one:%Y-%m}" == given.get("mois")), months[0])
    by = given.get("par") or "reason"
    if not form.is_bound or not form.is_valid():
        form = MonthForm(months, {"mois": f"{month:%Y-%m}", "par": by})
    found = results_of(contract, since=month, until=queries.month_after(month), by=by)
    table = _groups_table(request, contract, found)
    if table.export:
        return table.response("satisfaction/results.html", {})
    sides = sides_of(
        contract,
        found
        if by == "reason"
        else results_of(contract, since=found.since, until=found.until, with_facts=False),
    )
    produced = _sides_table(request, contract, sides, found)
    if produced.export:
        return produced.response("satisfaction/results.html", {})
    context = {
        "form": form,
        "month": month,
        "figures": _figures(contract, found),
        "mixed": list_fr([SHORT[one] for one in found.mixed]),
        "chart": _trend(contract, found.until),
        "produced": produced,
        "readings": _readings(contract, found),
        "lost": lost_words(found.total.behaviour, found.repeat_days),
    }
    return table.response("satisfaction/results.html", context)


def _replies_url(contract: Contract, found: Results, **more: str) -> str:
    """The answers of a period: what a figure is made of."""
    period = "recue" if found.readings["survey_month"] == "ANSWER_MONTH" else "contact"
    last = found.until - queries.ONE_DAY
    asked = {f"{period}_du": found.since.isoformat(), f"{period}_au": last.isoformat(), **more}
    return f"{reverse('survey_replies', args=[contract.code])}?{urlencode(asked)}"


def _figures(contract: Contract, found: Results) -> list[Figure]:
    total, url = found.total, _replies_url(contract, found)
    figures = [
        Figure(
            "Réponses",
            number(total.answered),
            note=f"sur {number(total.invited)} sollicités, {share_words(total.rate)}",
            link=url,
            clause="S-3.3.3-satisfaction",
        )
    ]
    for line in total.lines:
        label = _line_words(line, found)
        parts = [interval_words(line.score), count_fr(line.score.answers, "réponse")]
        if line.score.kind is Kind.MEAN:
            parts.append(scale_words(line.question.scale))
        figures.append(
            Figure(
                label,
                value_words(line.score),
                note=" ; ".join(each for each in parts if each),
                link=f"{url}&mesure={line.measure}&lignee={line.lineage}",
            )
        )
    did = total.behaviour
    if did.handled:
        note = f"{interval_words(did.score)} ; {count_fr(did.followed, 'appel suivi', 'appels suivis')}"
        figures.append(Figure("FCR constaté dans les appels", value_words(did.score), note=note))
        figures.append(
            Figure(
                "Couverture",
                share_words(found.coverage(found.readings["surveyed_contacts"])),
                note=f"sollicités sur {count_fr(did.handled, 'appel traité', 'appels traités')}",
            )
        )
    return figures


def _line_columns(asked: Line, name: str, label: str, *, shown: bool) -> list[Column]:
    """What each group says of one question: the figure, how many answers, the interval."""

    def said(row: Group) -> Score | None:
        line = row.line(asked.measure, asked.lineage)
        return line.score if line else None

    def value(row: Group) -> str:
        found = said(row)
        return value_words(found) if found else ""

    def answers(row: Group) -> int:
        found = said(row)
        return found.answers if found else 0

    def interval(row: Group) -> str:
        found = said(row)
        return interval_words(found) if found else ""

    return [
        Column(name, label, value=value, shown=shown),
        Column(f"{name}-n", f"{label}, réponses", value=answers, kind="number", shown=False),
        Column(
            f"{name}-i",
            f"{label}, intervalle à 95 %",
            value=interval,
            shown=asked.measure is Measure.CSAT,
        ),
    ]


def _groups_table(request: HttpRequest, contract: Contract, found: Results) -> Table:
    by = found.by

    def opened(row: Group) -> str | None:
        name = {"reason": "motif", "flow": "flux", "site": "site"}.get(by)
        if name and row.key:
            return _replies_url(contract, found, **{name: str(row.key)})
        if by == "day":
            day = str(row.key)
            return _replies_url(contract, found, contact_du=day, contact_au=day)
        return None

    columns = [
        Column("key", CUTS[by], value=lambda row: key_words(by, row.key), link=opened, sort="oui"),
        Column("invited", "Sollicités", kind="number", sort="oui"),
        Column("answered", "Réponses", kind="number", sort="oui"),
        Column(
            "rate",
            "Taux",
            value=lambda row: None if row.rate is None else decimal_of(row.rate),
            kind="rate",
            sort="oui",
        ),
    ]
    for line in found.total.lines:
        name = f"{line.measure}{line.lineage}"
        label = _line_words(line, found)
        shown = line.measure in {Measure.CSAT, Measure.FCR, Measure.CES, Measure.NPS}
        columns += _line_columns(line, name, label, shown=shown)
    if found.total.behaviour.handled:
        columns += [
            Column("handled", "Appels traités", value="behaviour.handled", kind="number", shown=False),
            Column("followed", "Appels suivis", value="behaviour.followed", kind="number", shown=False),
            Column("fcr-calls", "FCR constaté", value=lambda row: value_words(row.behaviour.score)),
        ]
    return Table(
        request,
        list(found.groups),
        name=f"satisfaction-{contract.code}-{found.since:%Y-%m}",
        caption=f"Par {CUTS[by].lower()}",
        noun="ligne",
        columns=columns,
        filters=[Search("key", label=CUTS[by])],
        empty="Aucun contact sollicité ce mois-là.",
    )


def _sides_table(request: HttpRequest, contract: Contract, sides: Sequence[Sides], found: Results) -> Table:
    def gap(row: Sides) -> str:
        points = gap_points(row)
        return (
            ""
            if points is None
            else f"{'+' if points > 0 else ''}{number(decimal_of(points), 1)}".replace("-", "−")
        )

    return Table(
        request,
        list(sides),
        name=f"percu-produit-{contract.code}-{found.since:%Y-%m}",
        caption="Qualité perçue et qualité produite, par motif",
        noun="motif",
        prefix="q",
        columns=[
            Column("reason", "Motif", value=lambda row: row.reason or UNKNOWN, sort="oui"),
            Column("perceived", "Perçue : satisfaction", value=lambda row: value_words(row.perceived)),
            Column("interval", "Intervalle à 95 %", value=lambda row: interval_words(row.perceived)),
            Column("answers", "Réponses", value="perceived.answers", kind="number", sort="oui"),
            Column(
                "produced",
                "Produite : note sur 100",
                value=lambda row: (
                    number(decimal_of(row.produced), 1) if row.produced is not None else "non mesurable"
                ),
            ),
            Column("marks", "Notes", kind="number", sort="oui"),
            Column("gap", "Écart, points", value=gap),
        ],
        filters=[Search("reason", label="Motif")],
        empty="Ni réponse ni note ce mois-là.",
    )


def _trend(contract: Contract, until: date) -> Chart:
    groups = trend_of(contract, until=until)
    lineages = sorted({one.lineage for each in groups for one in each.lines if one.measure is Measure.CSAT})

    def value(group: Group, lineage: int) -> float | None:
        line = group.line(Measure.CSAT, lineage)
        return float(line.score.value) if line and line.score.value is not None else None

    share = all(
        one.score.kind is Kind.SHARE for each in groups for one in each.lines if one.measure is Measure.CSAT
    )
    return lines(
        "Satisfaction, mois par mois",
        "Une ligne par façon de poser la question : deux formulations ne se mêlent pas.",
        [month_fr(cast(date, one.key)) for one in groups],
        [Series(f"Question v{each}", [value(one, each) for one in groups]) for each in lineages],
        unit="rate" if share else "number",
        wide=True,
    )


def _readings(contract: Contract, found: Results) -> list[tuple[str, str]]:
    """Each reading retained, and what the other one would say."""
    total, said = found.total, []
    for line in total.lines:
        code = {Measure.CSAT: "satisfaction_score", Measure.CES: "effort_score"}.get(line.measure)
        if code is None or line.rival is None:
            continue
        other, rival = line.rival
        said.append(
            (
                _line_words(line, found),
                f"retenu : {READING_WORDS[found.readings[code]]}, {value_words(line.score)} ; "
                f"autre lecture : {READING_WORDS[other]}, {value_words(rival)}",
            )
        )
    survey = total.line(Measure.FCR)
    both = {
        "SURVEY": f"dans les réponses, {value_words(survey.score) if survey else 'non mesurable'}",
        "BEHAVIOUR": f"dans les appels, {value_words(total.behaviour.score)}",
    }
    said.append(("FCR", _beside(both, found.readings["first_contact"])))
    bases = {
        "EACH_CONTACT": f"par contact, {share_words(found.coverage('EACH_CONTACT'))}",
        "EACH_PERSON": f"par appelant, {share_words(found.coverage('EACH_PERSON'))}",
    }
    said.append(("Couverture", _beside(bases, found.readings["surveyed_contacts"])))
    invitations = Invitation.objects.filter(contract=contract)
    counts = {
        code: f"{words}, {count_fr(answered_in(invitations, found.since, found.until, code).count(), 'réponse')}"
        for code, words in (("CONTACT_MONTH", "mois du contact"), ("ANSWER_MONTH", "mois de la réponse"))
    }
    said.append(("Mois d’une réponse", _beside(counts, found.readings["survey_month"])))
    return said


def _line_words(line: Line, found: Results) -> str:
    """The measure, with its wording's version where the period has several."""
    return SHORT[line.measure] + (f" v{line.lineage}" if line.measure in found.mixed else "")


def _beside(said: Mapping[str, str], retained: str) -> str:
    others = "".join(f" ; autre lecture : {words}" for code, words in said.items() if code != retained)
    return f"retenu : {said[retained]}{others}"


# What is asked


@clause("S-3.3.3-satisfaction")
@reads(*READERS)
def questionnaires(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every version with its questions, and the plan of today."""
    versions = queries.questionnaires_of(contract)
    table = Table(
        request,
        queries.questions_of(contract),
        name=f"questionnaires-{contract.code}",
        caption="Questions de chaque version",
        noun="question",
        columns=[
            Column(
                "version", "Version", value="questionnaire.version", kind="number", sort="questionnaire__version"
            ),
            Column("published_at", "Publiée le", value="questionnaire.published_at", kind="instant"),
            Column("measure", "Mesure", value=lambda row: SHORT[row.measure], sort="measure"),
            Column("wording", "Question"),
            Column("scale", "Échelle", value=lambda row: scale_words(row.scale)),
            Column("lineage", "Posée ainsi depuis", value=lambda row: f"v{row.lineage}", sort="lineage"),
            Column("because", "Pourquoi", value="questionnaire.because", shown=False),
        ],
        filters=[
            Search("wording", label="Question"),
            Choice("mesure", "Mesure", list(MEASURES.items()), field="measure", every="Toutes"),
            Choice(
                "version",
                "Version",
                [(str(one.version), f"v{one.version}") for one in versions],
                field="questionnaire__version",
                every="Toutes",
            ),
        ],
        empty="Aucun questionnaire publié : personne n’est encore sollicité.",
        empty_action=("Publier un questionnaire", reverse("questionnaire_new", args=[contract.code]))
        if _may_ask(request)
        else None,
    )  # fmt: skip
    today = timezone.localdate()
    said, terms = queries.planned_on(contract, today), terms_of(contract.code)
    on = max(today, terms.head.notified_on)
    facts = [
        ("Part des contacts sollicités", rate(said.share)),
        ("Au plus, par jour", number(said.daily_quota) if said.daily_quota is not None else "sans limite"),
        ("Repos d’une personne", count_fr(terms.count("survey_quiet_days", on=on), "jour")),
        ("Durée d’un lien", count_fr(terms.count("survey_link_days", on=on), "jour")),
        ("Plan dit", f"le {instant_short(said.plan.said_at)}" if said.plan else "rien : chaque contact"),
    ]
    return table.response("satisfaction/questionnaires.html", {"plan": facts, "may_ask": _may_ask(request)})


@clause("S-3.3.3-satisfaction")
@acts(*ASKERS)
def questionnaire_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Publish the next version."""
    current = queries.in_force(contract)
    asked = [one.question for one in queries.asked_in(current)] if current else list(STANDARD)
    form = PublishForm(asked, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.publish(
                contract=contract,
                questions=form.questions,
                because=form.cleaned_data["because"],
                **_trace(request),
            )
        except services.NothingAsked:
            form.add_error(None, "Posez au moins une question.")
        except services.SameQuestionnaire:
            form.add_error(None, "C’est déjà le questionnaire en vigueur : rien n’a changé.")
        else:
            messages.success(request, f"Questionnaire v{made.version} publié.")
            return redirect("questionnaires", contract=contract.code)
    return _form(
        request, form, "Publier un questionnaire", "Publier", "questionnaires",
        "Une question laissée vide n’est pas posée. Changer un mot ou une échelle ouvre une nouvelle lignée : "
        "ses réponses ne se mêlent pas aux anciennes.",
    )  # fmt: skip


@clause("S-3.3.3-satisfaction")
@acts(*ASKERS)
def survey_plan(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Say who is asked from a day on."""
    said = queries.planned_on(contract, timezone.localdate())
    form = PlanForm(
        request.POST if request.method == "POST" else None,
        initial={
            "from_on": timezone.localdate(),
            "percent": said.share * 100,
            "daily_quota": said.daily_quota,
        },
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.plan(
                contract=contract,
                from_on=given["from_on"],
                share=Decimal(given["percent"]) / 100,
                daily_quota=given["daily_quota"],
                **_trace(request),
            )
        except services.PastPlan:
            form.add_error("from_on", "Un plan vaut à partir d’aujourd’hui au plus tôt.")
        else:
            messages.success(request, "Plan enregistré.")
            return redirect("questionnaires", contract=contract.code)
    return _form(request, form, "Changer le plan d’enquête", "Enregistrer le plan", "questionnaires")


def _form(
    request: HttpRequest, form: Any, heading: str, label: str, back: str, lead: str = ""
) -> HttpResponse:
    contract: Contract = request.contract  # type: ignore[attr-defined]
    context = {
        "form": form,
        "heading": heading,
        "lead": lead,
        "action_label": label,
        "cancel_url": reverse(back, args=[contract.code]),
    }
    return render(request, "satisfaction/form.html", context, status=422 if form.errors else 200)


# Who is asked


@clause("S-3.3.3-satisfaction")
@reads(*READERS)
def survey_waves(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every wave: how many contacts, how many asked, why others were not, how many answered."""
    may_ask = _may_ask(request)
    table = Table(
        request,
        queries.waves_of(contract),
        name=f"envois-{contract.code}",
        caption="Envois d’enquêtes",
        noun="envoi",
        order="-rank",
        columns=[
            Column(
                "rank",
                "Envoi",
                kind="number",
                sort="rank",
                link=(lambda row: reverse("survey_links", args=[contract.code, row.rank]))
                if may_ask
                else None,
            ),
            Column("made_at", "Préparé le", kind="instant", sort="made_at"),
            Column("source", "Source", value=lambda row: SOURCES[row.source], sort="source"),
            Column("considered", "Contacts", kind="number", sort="considered"),
            Column("invited", "Sollicités", kind="number", sort="invited"),
            Column("skipped", "Écartés", value=lambda row: skipped_words(row.skipped)),
            Column("answered", "Réponses", kind="number", sort="answered"),
        ],
        filters=[
            Choice("source", "Source", list(SOURCES.items()), field="source", every="Toutes"),
            Period("prepare", "Préparé", field="made_at", instants=True),
        ],
        empty="Aucun envoi préparé.",
        empty_action=("Importer des contacts", reverse("survey_from_file", args=[contract.code]))
        if may_ask
        else None,
    )
    refused = OptOut.objects.filter(contract=contract).count()
    return table.response("satisfaction/waves.html", {"may_ask": may_ask, "refused": refused})


@clause("S-3.3.3-satisfaction")
@acts(*ASKERS)
def survey_from_facts(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Follow the answered calls of some days by a survey."""
    yesterday = timezone.localdate() - timedelta(days=1)
    form = FactsForm(
        request.POST if request.method == "POST" else None, initial={"since": yesterday, "last": yesterday}
    )
    if request.method == "POST" and form.is_valid():
        try:
            wave = services.invite_from_facts(
                contract=contract,
                since=form.cleaned_data["since"],
                until=form.cleaned_data["last"] + queries.ONE_DAY,
                **_trace(request),
            )
        except services.NoQuestionnaire:
            form.add_error(None, "Publiez d’abord un questionnaire.")
        else:
            return _prepared(request, wave, known=False)
    return _form(
        request, form, "Solliciter des appelants", "Préparer l’envoi", "survey_waves",
        "Les appelants sont connus par leur pseudonyme, qui change chaque mois : un refus ou un repos ne passe pas "
        "d’un mois à l’autre. Un fichier de contacts n’a pas cette limite.",
    )  # fmt: skip


@clause("S-3.3.3-satisfaction")
@acts(*ASKERS)
def survey_from_file(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Follow the contacts of a file by a survey, all read or none."""
    sent = request.method == "POST"
    form = ContactsForm(request.POST if sent else None, request.FILES if sent else None)
    faults: list[Fault] = []
    if sent and form.is_valid():
        content = form.cleaned_data["file"].read()
        try:
            wave, known = services.invite_from_file(
                contract=contract,
                named=contacts_of(content),
                sha256=hashlib.sha256(content).hexdigest(),
                **_trace(request),
            )
        except SheetRefused as refused:
            faults = refused.faults
        except services.NoQuestionnaire:
            form.add_error(None, "Publiez d’abord un questionnaire.")
        else:
            return _prepared(request, wave, known=known)
    context = {"form": form, "faults": faults, "columns": COLUMNS, "required": REQUIRED, "channels": CHANNELS}
    return render(request, "satisfaction/import.html", context, status=422 if faults or form.errors else 200)


def _prepared(request: HttpRequest, wave: Wave, *, known: bool) -> HttpResponse:
    asked = count_fr(wave.invitations.count(), "contact sollicité", "contacts sollicités")
    if known:
        messages.info(request, f"Ce fichier était déjà l’envoi {wave.rank} ({asked}) : rien n’a changé.")
    else:
        said = f"Envoi {wave.rank} préparé : {asked} ; écartés : {skipped_words(wave.skipped)}."
        messages.success(request, said)
    return redirect("survey_waves", contract=wave.contract.code)


@clause("S-3.3.3-satisfaction")
@acts(*ASKERS)
def survey_links(request: HttpRequest, contract: Contract, rank: int) -> HttpResponse:
    """Hand a wave's open links to the tool that sends them."""
    wave = Wave.objects.filter(contract=contract, rank=rank).first()
    if wave is None:
        raise Http404("no such wave")
    if request.method == "POST":
        links = services.give_links(wave=wave, **_trace(request))
        rows = [link_row(one, token) for one, token in links]
        response = csv_response(f"liens-envoi-{rank}", LINK_HEADINGS, rows)
        response["Cache-Control"] = "private, no-store"
        return response
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"Liens de l’envoi {rank}",
            "consequences": [
                "Chaque lien permet de répondre une fois à la place de la personne.",
                "Remettez ce fichier à l’outil d’envoi seul.",
                "La remise est inscrite au journal.",
            ],
            "facts": [
                ("Sollicités", number(wave.invitations.count())),
                ("Réponses", number(wave.invitations.filter(answered_at__isnull=False).count())),
                ("Écartés", skipped_words(wave.skipped)),
            ],
            "action_label": "Télécharger les liens",
            "cancel_url": reverse("survey_waves", args=[contract.code]),
        },
    )


def link_row(invitation: Invitation, token: str) -> tuple[object, ...]:
    """A line for the tool that sends: it knows the address by the contact's reference."""
    address = settings.SITE_ADDRESS.rstrip("/") + reverse("survey", args=[token])
    return invitation.reference, CHANNELS[invitation.channel], address, invitation.expires_at


@clause("S-3.3.3-satisfaction")
@acts(*ASKERS)
def survey_opt_out(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Keep somebody's refusal, by a hash alone."""
    form = RefusalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        services.refuse_address(contract=contract, address=form.cleaned_data["address"], **_trace(request))
        messages.success(request, "Refus enregistré : cette personne ne sera plus sollicitée.")
        return redirect("survey_waves", contract=contract.code)
    return _form(
        request, form, "Ne plus solliciter une personne", "Enregistrer le refus", "survey_waves",
        "Le refus vaut pour les envois faits d’un fichier de contacts.",
    )  # fmt: skip


# What was answered


@clause("S-3.3.3-satisfaction")
@reads(*READERS)
def survey_replies(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every answer: its marks, its comment, the contact it is about."""
    may_ask = _may_ask(request)
    invitations = Invitation.objects.filter(contract=contract)

    table = Table(
        request,
        queries.replies_of(contract, invitations),
        name=f"reponses-{contract.code}",
        caption="Réponses aux enquêtes",
        noun="réponse",
        order="-answered_at",
        columns=[
            Column(
                "answered_at",
                "Reçue le",
                value="invitation.answered_at",
                kind="instant",
                sort="invitation__answered_at",
            ),
            Column("day", "Contact du", value="invitation.day", kind="date", sort="invitation__day"),
            Column("reason", "Motif", value="invitation.reason", sort="invitation__reason"),
            Column("flow", "Flux", value="invitation.flow", sort="invitation__flow", shown=False),
            Column("site", "Site", value="invitation.site", sort="invitation__site"),
            Column("channel", "Canal", value=lambda row: CHANNELS[row.invitation.channel], shown=False),
            *(_mark_column(measure) for measure in Measure),
            Column("comment", "Commentaire", value=lambda row: row.comment),
            Column("masked", "Mentions retirées", kind="number", shown=False),
            Column("version", "Questionnaire", value=lambda row: f"v{row.invitation.questionnaire.version}"),
            *(
                [
                    Column(
                        "erase",
                        "Effacer",
                        value=lambda row: "Effacer le commentaire" if row.comment else "",
                        link=lambda row: reverse("survey_erase", args=[contract.code, row.pk])
                        if row.comment
                        else None,
                        exported=False,
                    )
                ]
                if may_ask
                else []
            ),
        ],
        filters=[
            Search("comment", label="Commentaire"),
            *(
                Choice(name, CUTS[field], _known(invitations, field), field=f"invitation__{field}", every="Tous")
                for name, field in (("motif", "reason"), ("flux", "flow"), ("site", "site"))
            ),
            Choice(
                "version",
                "Questionnaire",
                [(str(one.version), f"v{one.version}") for one in queries.questionnaires_of(contract)],
                field="invitation__questionnaire__version",
            ),
            Choice(
                "mesure",
                "Ayant répondu à",
                list(SHORT.items()),
                every="Toutes",
                narrowed_by=lambda found, code: cast(QuerySet[Reply], found).filter(**_asked(request, code)),
            ),
            Choice(
                "dit",
                "Commentaire",
                [("OUI", "Avec un commentaire"), ("RETIRE", "Mentions retirées")],
                narrowed_by=_commented,
            ),
            Period("contact", "Contact", field="invitation__day"),
            Period("recue", "Reçue", field="invitation__answered_at", instants=True),
        ],
        empty="Aucune réponse.",
    )  # fmt: skip
    return table.response("satisfaction/replies.html", {})


def _mark_column(measure: Measure) -> Column:
    def mark(row: Reply) -> int | None:
        return next((one.value for one in row.marks.all() if one.asked.measure == measure), None)

    shown = measure in {Measure.CSAT, Measure.FCR, Measure.CES, Measure.NPS}
    return Column(measure, SHORT[measure], value=mark, kind="number", shown=shown)


def _commented(found: Any, code: str) -> Any:
    return found.exclude(comment="") if code == "OUI" else found.filter(masked__gt=0)


def _asked(request: HttpRequest, measure: str) -> dict[str, Any]:
    """Answers to a measure; to one wording of it when the address names its lineage."""
    given = Mark.objects.filter(asked__measure=measure)
    lineage = request.GET.get("lignee", "")
    if lineage.isdecimal():
        given = given.filter(asked__lineage=int(lineage))
    return {"pk__in": given.values("reply")}


def _known(invitations: Any, field: str) -> list[tuple[str, str]]:
    found = invitations.exclude(**{field: ""}).order_by(field).values_list(field, flat=True).distinct()
    return [(each, each) for each in found]


@acts(*ASKERS)
def survey_erase(request: HttpRequest, contract: Contract, reply: int) -> HttpResponse:
    """Put out a comment that still says who somebody is."""
    found = (
        Reply.objects.filter(invitation__contract=contract, pk=reply)
        .select_related("invitation__contract")
        .first()
    )
    if found is None:
        raise Http404("no such reply")
    if request.method == "POST":
        services.erase_comment(reply=found, **_trace(request))
        messages.success(request, "Commentaire effacé ; les notes restent.")
        return redirect("survey_replies", contract=contract.code)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": "Effacer un commentaire",
            "consequences": [
                "Le texte disparaît pour toujours ; les notes restent.",
                "À faire quand il dit encore qui est quelqu’un.",
            ],
            "facts": [("Commentaire", found.comment or "déjà effacé")],
            "action_label": "Effacer le commentaire",
            "cancel_url": reverse("survey_replies", args=[contract.code]),
            "grave": True,
        },
    )
