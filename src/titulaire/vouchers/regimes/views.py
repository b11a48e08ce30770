"""The regimes compared, the mentions of a voucher, the conflict register."""

from __future__ import annotations

import functools
from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from titulaire.contracts.rules import AnnualDay
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.ui.formats import date_fr, date_short
from titulaire.ui.tables import Choice, Column, Search, Status, Table
from titulaire.vouchers.regimes import chart, labels, queries
from titulaire.vouchers.regimes.rules import (
    CONTRACT,
    Certainty,
    Conflict,
    Mention,
    State,
    Subject,
    Timeline,
)

READERS = (Role.BUYER_MANAGER, Role.BUYER_READER, Role.VOUCHER_OPERATOR, Role.AUDITOR)
VINTAGES_AHEAD = 2
NOTICE = timedelta(days=365)
SHORT_NAMES = {CONTRACT: "Contrat", "CAP": "CAP", "CESU": "CESU", "TITRE_RESTAURANT": "Titre-restaurant"}

CERTAINTY: dict[str, Status] = {
    Certainty.PRIMARY: Status("PRIMARY", labels.CERTAINTIES[Certainty.PRIMARY], "good"),
    Certainty.SECONDARY: Status("SECONDARY", labels.CERTAINTIES[Certainty.SECONDARY], "info"),
    Certainty.UNVERIFIED: Status("UNVERIFIED", labels.CERTAINTIES[Certainty.UNVERIFIED], "warn"),
}
STATE: dict[str, Status] = {
    State.OPEN: Status("OPEN", labels.STATES[State.OPEN], "warn"),
    State.AGREED: Status("AGREED", labels.STATES[State.AGREED], "good"),
}


def name_of(code: str) -> str:
    """The short name of a regime, or of the contract."""
    return SHORT_NAMES.get(code, code)


@reads(*READERS)
def regimes(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The dates of a vintage under the contract and under each regime; what the law changes."""
    today = timezone.localdate()
    current = queries.current_vintage(contract.code, on=today)
    choices = range(queries.overrides(contract.code).first_vintage, current + VINTAGES_AHEAD + 1)
    asked = request.GET.get("millesime", "")
    vintage = int(asked) if asked in {str(choice) for choice in choices} else current
    applied = queries.applied_timeline(contract.code, vintage)
    profiles = queries.compared_profiles(contract.code)
    known = {profile.code: profile for profile in profiles}
    timelines = [applied, *(line for line in queries.timelines(vintage) if line.owner in known)]
    subjects = [
        subject for subject in Subject if any(line.milestone(subject) is not None for line in timelines)
    ]
    table = Table(
        request,
        subjects,
        caption=f"Dates du millésime {vintage}",
        name=f"regimes-millesime-{vintage}",
        noun="échéance",
        columns=[
            Column("subject", "Échéance", value=labels.SUBJECTS.__getitem__),
            *(_date_column(line) for line in timelines),
            Column("planned", "À faire pour le", value=functools.partial(_planned, applied), kind="date"),
        ],
    )
    return table.response(
        "regimes/regimes.html",
        {
            "heading": f"Régimes du titre : millésime {vintage}",
            "lead": "Le contrat applique ses propres dates ; voici celles que chaque régime donnerait au même titre.",
            "vintage": vintage,
            "vintages": choices,
            "drawing": chart.draw(timelines, SHORT_NAMES),
            "profiles": profiles,
            "changes": [
                (name_of(code), labels.SUBJECTS[fact.subject], fact)
                for code, fact in queries.changes_of_law(
                    contract.code, since=today - NOTICE, until=today + NOTICE
                )
            ],
            "open_count": sum(line.state == State.OPEN for line in queries.register(contract.code, on=today)),
        },
    )


def _date_column(line: Timeline) -> Column:
    return Column(line.owner, name_of(line.owner), value=line.due_on, kind="date")


def _planned(applied: Timeline, subject: Subject) -> date | None:
    stone = applied.milestone(subject)
    return stone.planned_on if stone and stone.planned_on != stone.due_on else None


@reads(*READERS)
def regime_facts(request: HttpRequest, contract: Contract, regime: str) -> HttpResponse:
    """Everything that a regime says, with its provision, its date and how sure we are."""
    profile = next(
        (found for found in queries.compared_profiles(contract.code) if found.slug == regime), None
    )
    if profile is None:
        raise Http404("no such regime")
    today = timezone.localdate()
    table = Table(
        request,
        [fact for subject in Subject for fact in profile.facts if fact.subject == subject],
        caption=profile.name,
        name=f"regime-{regime}",
        noun="fait",
        page_size=100,
        columns=[
            Column("subject", "Sujet", value=lambda fact: labels.SUBJECTS[fact.subject]),
            Column("since", "À partir du", kind="date", sort="since"),
            Column("text", "Ce que dit le régime"),
            Column("provision", "Texte"),
            Column("certainty", "Sûreté", kind="status", statuses=CERTAINTY),
            Column("in_force", "En vigueur", value=lambda fact: profile.fact(fact.subject, on=today) is fact),
        ],
        filters=[
            Search("text", "provision"),
            Choice(
                "surete",
                "Sûreté",
                [(code.value, word) for code, word in labels.CERTAINTIES.items()],
                field="certainty",
                every="Toutes",
            ),
        ],
        notes=[("Version", profile.version), ("Empreinte", profile.fingerprint)],
    )
    return table.response(
        "regimes/facts.html", {"heading": profile.name, "lead": profile.summary, "profile": profile}
    )


@reads(*READERS)
def mentions(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What is printed on a voucher made today, where, and who asks for it."""
    today = timezone.localdate()
    overrides = queries.overrides(contract.code)
    asked_by = [*overrides.mention_regimes, CONTRACT]
    table = Table(
        request,
        queries.printed_mentions(contract.code, on=today),
        caption="Mentions d’un titre",
        name="mentions",
        noun="mention",
        columns=[
            Column("label", "Mention"),
            Column("template", "Texte imprimé", value=_shown_template),
            Column("side", "Face", value=lambda mention: labels.SIDES[mention.side]),
            Column("affixed_by", "Apposée par", value=lambda mention: labels.AFFIXED_BY[mention.affixed_by]),
            *(
                Column(code, name_of(code), value=functools.partial(_provision, asked_by=code))
                for code in asked_by
            ),
        ],
        notes=[("Règle", "Réunion des mentions des régimes retenus par le contrat")],
    )
    return table.response(
        "regimes/mentions.html",
        {
            "heading": "Mentions imprimées",
            "lead": f"Un titre fabriqué le {date_fr(today)} porte toutes ces mentions.",
            "retained": [name_of(code) for code in overrides.mention_regimes],
            "left_out": [
                name_of(code) for code in overrides.regimes if code not in overrides.mention_regimes
            ],
            "decision_url": reverse(
                "regime_conflict", args=[contract.code, labels.SLUG_OF[Subject.MENTIONS]]
            ),
        },
    )


PLACEHOLDER_WORDS = {
    "issuer_name": "nom de l’émetteur",
    "issuer_address": "adresse de l’émetteur",
    "buyer_name": "nom de l’organisme",
    "payee_name": "nom du payeur",
    "payee_address": "adresse du payeur",
    "serial_number": "numéro",
    "face_value": "valeur",
    "vintage": "année",
    "valid_until": "date",
    "goods": "nature des achats",
}


def _shown_template(mention: Mention) -> str:
    return mention.text({name: f"[{PLACEHOLDER_WORDS.get(name, name)}]" for name in mention.placeholders})


def _provision(mention: Mention, *, asked_by: str) -> str | None:
    found = [asker.provision for asker in mention.required_by if asker.asked_by == asked_by]
    return " ; ".join(found) or None


@reads(*READERS)
def conflict_register(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Where the regimes and the contract differ, what is applied, what to ask."""
    today = timezone.localdate()
    lines = queries.register(contract.code, on=today)
    codes = queries.overrides(contract.code).regimes

    def address(line: Conflict) -> str:
        return reverse("regime_conflict", args=[contract.code, labels.SLUG_OF[line.subject]])

    sources = sorted({line.applied_from for line in lines if line.applied_from})
    table = Table(
        request,
        lines,
        caption="Registre des conflits",
        name="registre-des-conflits",
        noun="sujet",
        page_size=100,
        columns=[
            Column("subject", "Sujet", value=lambda line: labels.SUBJECTS[line.subject], link=address),
            *(
                Column(code, name_of(code), value=functools.partial(_told, code=code), shown=False)
                for code in codes
            ),
            Column("contract", "Contrat", value=lambda line: line.contract or "Muet"),
            Column("clauses", "Clauses", value=lambda line: ", ".join(line.clauses), shown=False),
            Column("applied", "Appliqué", value=lambda line: line.applied or "Rien : à décider"),
            Column(
                "applied_from", "Origine", value=lambda line: _source(line.applied_from), sort="applied_from"
            ),
            Column("why", "Pourquoi", shown=False),
            Column("consequence", "Conséquence", shown=False),
            Column("question", "Question au client", shown=False),
            Column("state", "État", kind="status", statuses=STATE),
            Column("agreed_on", "Convenu le", kind="date", shown=False),
        ],
        filters=[
            Search("contract", "applied", "why", "consequence", "question", label="Rechercher"),
            Choice(
                "etat", "État", [(code.value, word) for code, word in labels.STATES.items()], field="state"
            ),
            Choice(
                "origine",
                "Origine",
                [(code, _source(code)) for code in sources],
                field="applied_from",
                every="Toutes",
            ),
        ],
        notes=[
            ("Marché", contract.title),
            ("Arrêté au", date_short(today)),
            ("Version", queries.overrides(contract.code).version),
            ("Empreinte", queries.overrides(contract.code).fingerprint),
        ],
    )
    return table.response(
        "regimes/conflicts.html",
        {
            "heading": "Registre des conflits",
            "lead": "Pour chaque point où les régimes divergent : ce qui est appliqué, et la question à poser.",
            "open_count": sum(line.state == State.OPEN for line in lines),
            "undecided": [labels.SUBJECTS[line.subject] for line in lines if line.applied is None],
        },
    )


def _told(line: Conflict, *, code: str) -> str:
    fact = dict(line.regimes).get(code)
    return f"{fact.text} ({fact.provision})" if fact else "Muet"


def _source(code: str | None) -> str:
    return labels.APPLIED_FROM.get(code or "", name_of(code or "Personne"))


@reads(*READERS)
def conflict(request: HttpRequest, contract: Contract, subject: str) -> HttpResponse:
    """One subject: the positions side by side, the one applied, why, what follows, what to ask."""
    wanted = labels.SLUGS.get(subject)
    today = timezone.localdate()
    line = next(
        (found for found in queries.register(contract.code, on=today) if found.subject == wanted), None
    )
    if line is None:
        raise Http404("no such conflict")
    vintage = queries.current_vintage(contract.code, on=today)
    return render(
        request,
        "regimes/conflict.html",
        {
            "heading": labels.SUBJECTS[line.subject],
            "line": line,
            "state": STATE[line.state],
            "source": _source(line.applied_from),
            "vintage": vintage,
            "applied_on": _of(line.applied_date, vintage),
            "positions": [
                (
                    name_of(code),
                    fact,
                    fact and CERTAINTY[fact.certainty],
                    _of(fact.date if fact else None, vintage),
                    code == line.applied_from,
                )
                for code, fact in line.regimes
            ],
        },
    )


def _of(rule: AnnualDay | None, vintage: int) -> date | None:
    return rule.of(vintage) if rule else None
