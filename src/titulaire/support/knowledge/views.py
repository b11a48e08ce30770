"""The pages of knowledge: texts and their versions, who vouches, who has read, what each adviser has to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.support.knowledge import queries, services
from titulaire.support.knowledge.forms import VersionForm, VouchForm
from titulaire.support.knowledge.models import Article, Version
from titulaire.support.knowledge.rules import Kind, changes, state_of
from titulaire.support.knowledge.wording import KINDS, READINGS, STATES
from titulaire.support.training.queries import number_of
from titulaire.ui.fields import DateField
from titulaire.ui.formats import count_fr, date_fr
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Choice, Column, Search, Table

FOLLOWERS = (
    Role.TRAINER,
    Role.SUPERVISOR,
    Role.QUALITY_OFFICER,
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
    Role.AUDITOR,
)
READERS = (*FOLLOWERS, Role.ADVISER, Role.PLANNER)
WRITERS = (Role.TRAINER, Role.SUPERVISOR, Role.QUALITY_OFFICER)
WORDS = {"+": "Ajouté", "-": "Retiré", " ": "Inchangé"}


def _roles(request: HttpRequest) -> frozenset[Role]:
    return request.roles  # type: ignore[attr-defined]


def _actor(request: HttpRequest) -> dict[str, Any]:
    return {"actor": cast(User, request.user).actor, "at": timezone.now()}


def _may_write(request: HttpRequest) -> bool:
    return bool(set(WRITERS) & _roles(request))


def _article(contract: Contract, code: str) -> Article:
    return get_object_or_404(queries.articles_of(contract), code=code)


def _version(contract: Contract, code: str, rank: int) -> Version:
    found = Version.objects.select_related("article__contract").prefetch_related("readings")
    return get_object_or_404(found, article__contract=contract, article__code=code, number=rank)


def _address(contract: Contract, code: str, name: str = "knowledge_article", *more: int) -> str:
    return reverse(name, args=[contract.code, code, *more])


@dataclass(frozen=True, slots=True)
class ArticleLine:
    """An article as the list tells it on a day."""

    article: Article
    held: Version | None
    drafts: int

    @property
    def text(self) -> str:
        return self.held.text if self.held else ""


def _shown_to(request: HttpRequest, found: list[Version]) -> list[Version]:
    """Drafts are the contractor's own, and the auditor's."""
    if _may_write(request) or Role.AUDITOR in _roles(request):
        return found
    return [one for one in found if one.vouched_at is not None]


@clause("S-5.3-formation-continue")
@reads(*READERS)
def articles(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every script, instruction and article, found by its code, its title or its words."""
    today = timezone.localdate()
    lines = []
    for one in queries.articles_of(contract):
        versions = list(one.versions.all())
        if _shown_to(request, versions):
            drafts = sum(each.vouched_at is None for each in versions)
            lines.append(ArticleLine(one, queries.version_on(one, today), drafts))
    may_write = _may_write(request)
    table = Table(
        request,
        lines,
        name=f"connaissances-{contract.code}",
        caption="Scripts, consignes et articles",
        noun="texte",
        order="code",
        columns=[
            Column(
                "code",
                "Code",
                value=lambda one: one.article.code,
                link=lambda one: _address(contract, one.article.code),
                sort="oui",
            ),
            Column("title", "Titre", value=lambda one: one.article.title, sort="oui"),
            Column("kind", "Nature", value=lambda one: KINDS[one.article.kind], sort="oui"),
            Column(
                "version", "Version en vigueur", kind="number", value=lambda one: one.held and one.held.number
            ),
            Column(
                "since",
                "Depuis le",
                kind="date",
                value=lambda one: one.held and one.held.in_force_on,
                sort="oui",
            ),
            Column(
                "read_by", "À lire avant le", kind="date", value=lambda one: one.held and one.held.read_by_on
            ),
            Column(
                "drafts",
                "À valider",
                kind="number",
                value=lambda one: one.drafts or None,
                shown=may_write,
                exported=may_write,
            ),
        ],
        filters=[
            Search("article.code", "article.title", "text", label="Code, titre ou mots du texte"),
            Choice(
                "nature",
                "Nature",
                list(KINDS.items()),
                narrowed_by=lambda every, code: [
                    one for one in cast(list[ArticleLine], every) if one.article.kind == code
                ],
                every="Toutes",
            ),
        ],
        empty="Aucun texte.",
        empty_action=("Écrire un texte", reverse("knowledge_new", args=[contract.code]))
        if may_write
        else None,
    )
    return table.response("knowledge/list.html", {"may_write": may_write})


class DayForm(forms.Form):
    """The day on which to read a text."""

    le = DateField(label="Texte en vigueur le")


@clause("S-5.3-formation-continue", "S-5.4-encadrement")
@reads(*READERS)
def article(request: HttpRequest, contract: Contract, code: str) -> HttpResponse:
    """A text as it held on a day, its versions, and what the last one changes."""
    found = _article(contract, code)
    day_form = DayForm(request.GET if "le" in request.GET else None, initial={"le": timezone.localdate()})
    on = day_form.cleaned_data["le"] if day_form.is_valid() else timezone.localdate()
    versions = _shown_to(request, list(found.versions.all()))
    if not versions:
        raise Http404("nothing vouched for")
    shown = queries.version_on(found, on)
    table = _versions(request, contract, versions, on)
    if table.export:
        return table.export_response()
    pair = versions[:2] if len(versions) > 1 else []
    context = {
        "article": found,
        "kind": KINDS[found.kind],
        "sentence": _sentence(shown, on),
        "shown": shown,
        "day_form": day_form,
        "newer": pair[0] if pair else None,
        "older": pair[1] if pair else None,
        "changes": [
            {"sign": line.sign, "word": WORDS[line.sign], "text": line.text}
            for line in changes(pair[1].text, pair[0].text)
        ]
        if pair
        else [],
        "actions": _actions(request, contract, found, versions),
        "table": table,
    }
    return render(request, "knowledge/article.html", context)


def _sentence(shown: Version | None, on: date) -> str:
    if shown is None or shown.in_force_on is None:
        return f"Rien n’est en vigueur le {date_fr(on)}."
    return f"Le {date_fr(on)} : version {shown.number}, en vigueur depuis le {date_fr(shown.in_force_on)}."


def _actions(
    request: HttpRequest, contract: Contract, found: Article, versions: list[Version]
) -> list[tuple[str, str]]:
    actions = []
    last = versions[0]
    if Role.SUPERVISOR in _roles(request) and last.vouched_at is None:
        label = f"Garantir la version {last.number}"
        actions.append((label, _address(contract, found.code, "knowledge_vouch", last.number)))
    if _may_write(request):
        actions.append(("Modifier le texte", _address(contract, found.code, "knowledge_change")))
    return actions


def _versions(request: HttpRequest, contract: Contract, versions: list[Version], on: date) -> Table:
    values = [one.as_value() for one in versions]
    follows = bool(set(FOLLOWERS) & _roles(request))
    return Table(
        request,
        versions,
        name=f"versions-{contract.code}",
        caption="Versions",
        noun="version",
        order="-number",
        columns=[
            Column("number", "Version", kind="number", sort="oui"),
            Column("written_at", "Écrite le", kind="instant", sort="oui"),
            Column("vouched_at", "Garantie le", kind="instant", sort="oui"),
            Column("in_force_on", "En vigueur le", kind="date", sort="oui"),
            Column("read_by_on", "À lire avant le", kind="date", sort="oui"),
            Column(
                "read",
                "Lectures",
                kind="number",
                value=lambda one: one.readings.count() if one.vouched_at else None,
                link=lambda one: (
                    _address(contract, one.article.code, "knowledge_readers", one.number)
                    if follows and one.vouched_at
                    else None
                ),
            ),
            Column(
                "state",
                "État",
                kind="status",
                value=lambda one: state_of(one.as_value(), values, on).value,
                statuses=STATES,
            ),
        ],
        empty="Aucune version.",
    )


def _form_page(
    request: HttpRequest, form: forms.Form, heading: str, label: str, cancel_url: str
) -> HttpResponse:
    context = {"form": form, "heading": heading, "action_label": label, "cancel_url": cancel_url}
    return render(request, "knowledge/form.html", context)


def _write(
    request: HttpRequest, contract: Contract, form: VersionForm, said: dict[str, str]
) -> HttpResponse | None:
    """Write what the form says; None where it is refused, with the reason on the form."""
    try:
        made = services.write_version(
            contract=contract,
            code=said["code"],
            kind=Kind(said["kind"]),
            title=said["title"],
            text=said["text"],
            source=said["source"],
            **_actor(request),
        )
    except services.OtherKind as other:
        form.add_error("code", f"Ce code est déjà celui d’un texte de nature « {KINDS[other.kind]} ».")
        return None
    messages.success(request, f"Version {made.number} enregistrée : un superviseur doit la garantir.")
    return redirect(_address(contract, made.article.code))


@clause("S-5.3-formation-continue")
@acts(*WRITERS)
def article_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Write a text."""
    form = VersionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        if queries.articles_of(contract).filter(code=code).exists():
            form.add_error("code", "Ce code existe déjà : ouvrez ce texte pour le modifier.")
        elif (answer := _write(request, contract, form, form.cleaned_data)) is not None:
            return answer
    back = reverse("knowledge", args=[contract.code])
    return _form_page(request, form, "Écrire un texte", "Enregistrer", back)


@clause("S-5.3-formation-continue")
@acts(*WRITERS)
def article_change(request: HttpRequest, contract: Contract, code: str) -> HttpResponse:
    """Write the next version of a text."""
    found = _article(contract, code)
    last = found.versions.all()[0]
    fixed = {"code": found.code, "kind": found.kind}
    initial = fixed | {"title": found.title, "text": last.text, "source": last.source}
    form = VersionForm(request.POST or None, initial=initial)
    for name in fixed:
        form.fields[name].disabled = True
    if (
        request.method == "POST"
        and form.is_valid()
        and (answer := _write(request, contract, form, form.cleaned_data | fixed)) is not None
    ):
        return answer
    return _form_page(request, form, f"Modifier {code}", "Enregistrer une version", _address(contract, code))


@clause("S-5.3-formation-continue", "S-5.4-encadrement")
@acts(Role.SUPERVISOR)
def version_vouch(request: HttpRequest, contract: Contract, code: str, number: int) -> HttpResponse:
    """Vouch for a version that another wrote, and spread it."""
    version = _version(contract, code, number)
    form = VouchForm(request.POST or None, initial={"in_force_on": timezone.localdate()})
    back = _address(contract, code)
    if request.method == "POST" and form.is_valid():
        try:
            services.vouch_version(
                version=version,
                in_force_on=form.cleaned_data["in_force_on"],
                read_by_on=form.cleaned_data["read_by_on"],
                **_actor(request),
            )
        except services.SameEyes:
            form.add_error(None, "Vous avez écrit cette version : un autre superviseur doit la garantir.")
        except services.InThePast:
            form.add_error("in_force_on", "Choisissez aujourd’hui ou plus tard, pour les deux dates.")
        except services.AlreadyVouched:
            form.add_error(None, "Cette version est déjà garantie, à d’autres dates : écrivez-en une autre.")
        else:
            messages.success(request, f"Version {number} garantie et diffusée.")
            return redirect(back)
    return _form_page(request, form, f"Garantir {code}, version {number}", "Garantir et diffuser", back)


@dataclass(frozen=True, slots=True)
class Reader:
    """An adviser, and when they said to have read."""

    adviser: str
    read_at: datetime | None

    @property
    def state(self) -> str:
        return "READ" if self.read_at else "UNREAD"


@clause("S-5.3-formation-continue", "S-5.4-encadrement")
@reads(*FOLLOWERS)
def version_readers(request: HttpRequest, contract: Contract, code: str, number: int) -> HttpResponse:
    """Who has read a version, and who has not, by number."""
    version = _version(contract, code, number)
    if version.vouched_at is None:
        raise Http404("not spread")
    read = {one.adviser: one.read_at for one in version.readings.all()}
    in_place = queries.readers_on(contract, timezone.localdate())
    lines = [Reader(each, read.get(each)) for each in sorted({*in_place, *read})]
    late = [one for one in lines if one.read_at is None]
    table = Table(
        request,
        lines,
        name=f"lectures-{code}-{number}",
        caption="Lectures",
        noun="conseiller",
        order="state",
        columns=[
            Column("adviser", "Matricule", sort="oui"),
            Column("read_at", "Lu le", kind="instant", sort="oui"),
            Column("state", "État", kind="status", statuses=READINGS, sort="oui"),
        ],
        filters=[
            Search("adviser", label="Matricule"),
            Choice(
                "etat",
                "État",
                [(one.code, one.label) for one in READINGS.values()],
                narrowed_by=lambda every, state: [
                    one for one in cast(list[Reader], every) if one.state == state
                ],
            ),
        ],
        empty="Aucun conseiller n’a de matricule rattaché à un compte.",
    )
    by = f"À lire avant la fin du {date_fr(version.read_by_on)}." if version.read_by_on else "Lecture libre."
    context = {
        "version": version,
        "sentence": by,
        "figures": [
            Figure("Ont lu", count_fr(len(lines) - len(late), "conseiller")),
            Figure("N’ont pas lu", count_fr(len(late), "conseiller")),
        ],
        "may_remind": bool(late) and Role.SUPERVISOR in _roles(request),
    }
    return table.response("knowledge/readers.html", context)


@clause("S-5.4-encadrement")
@acts(Role.SUPERVISOR)
@require_POST
def version_remind(request: HttpRequest, contract: Contract, code: str, number: int) -> HttpResponse:
    """Write to those who have not read."""
    try:
        late = services.remind_readers(version=_version(contract, code, number), **_actor(request))
    except services.NotVouched as draft:
        raise Http404("not spread") from draft
    if late:
        messages.success(request, f"Rappel envoyé à {count_fr(len(late), 'conseiller')}.")
    else:
        messages.info(request, "Rien à envoyer : tous ont lu, ou le rappel est déjà parti aujourd’hui.")
    return redirect(_address(contract, code, "knowledge_readers", number))


@clause("S-5.3-formation-continue")
@reads(Role.ADVISER)
def my_readings(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What an adviser has still to read."""
    today = timezone.localdate()
    mine = number_of(contract, cast(User, request.user), today)
    context = {"number": mine, "versions": queries.to_read(contract, mine, today) if mine else []}
    return render(request, "knowledge/mine.html", context)


@clause("S-5.3-formation-continue")
@acts(Role.ADVISER)
@require_POST
def my_reading(request: HttpRequest, contract: Contract, code: str, number: int) -> HttpResponse:
    """Say to have read a version."""
    mine = number_of(contract, cast(User, request.user), timezone.localdate())
    if mine is None:
        raise Http404("no number")
    try:
        services.say_read(version=_version(contract, code, number), adviser=mine, **_actor(request))
    except services.NotVouched as draft:
        raise Http404("not spread") from draft
    messages.success(request, f"{code} : lecture enregistrée.")
    return redirect("my_readings", contract.code)
