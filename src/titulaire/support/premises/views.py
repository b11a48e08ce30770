"""The pages of premises: sites, floors, places of work, equipment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.support.premises import queries, services
from titulaire.support.premises.forms import CloseForm, EquipmentForm, FloorForm, SiteForm
from titulaire.support.premises.models import FloorCheck, Site, WorkstationFound
from titulaire.support.premises.wording import (
    FLOORS,
    KINDS,
    PLACE_FAULTS,
    PLACES,
    REFUSALS,
    VERDICTS,
    lacks_fr,
)
from titulaire.support.staff.queries import members_of, standing
from titulaire.support.staff.wording import POSTS
from titulaire.ui.fields import DateField
from titulaire.ui.formats import NO_BREAK, count_fr, date_fr
from titulaire.ui.tables import Choice, Column, Period, Search, Table

READERS = (
    Role.SUPERVISOR,
    Role.PLANNER,
    Role.CSO,
    Role.AUDITOR,
    Role.BUYER_MANAGER,
    Role.BUYER_READER,
)
KEEPERS = (Role.SUPERVISOR, Role.CSO)
ONE_DAY = queries.ONE_DAY


def _keeps(request: HttpRequest) -> bool:
    return bool({*KEEPERS} & request.roles)  # type: ignore[attr-defined]


def _actor(request: HttpRequest) -> dict[str, Any]:
    return {"actor": cast(User, request.user).actor, "at": timezone.now()}


def _today(contract: Contract) -> date:
    return calendar_of(terms_of(contract.code)).local_day(timezone.now())


def _url(contract: Contract, name: str, *rest: object) -> str:
    return reverse(name, args=[contract.code, *rest])


def refused(error: services.ActRefused) -> str:
    """Why an act cannot be done."""
    return REFUSALS[error.fault].format(detail=error.detail)


def _page(table: Table, heading: str, lead: str, clause_id: str, **more: Any) -> HttpResponse:
    context = {"heading": heading, "lead_text": lead, "clause_id": clause_id, "possible": [], **more}
    return table.response("premises/page.html", context)


def _form(
    request: HttpRequest, form: forms.Form, *, heading: str, label: str, act: Callable[[], str], back: str,
    back_label: str, lead: str = "",
) -> HttpResponse:  # fmt: skip
    """One act: its form, the act itself, which gives the sentence that says it is done."""
    if request.method == "POST" and form.is_valid():
        try:
            said = act()
        except services.ActRefused as error:
            form.add_error(None, refused(error))
        else:
            messages.success(request, said)
            return redirect(back)
    context = {
        "form": form,
        "heading": heading,
        "lead": lead,
        "action_label": label,
        "cancel_url": back,
        "back_label": back_label,
    }
    return render(request, "premises/form.html", context)


def _posted(request: HttpRequest, kind: type[Any], **options: Any) -> Any:
    given = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    return kind(*given, **options)


# Sites and floors


def _floor_state(checks: Iterable[FloorCheck]) -> str:
    """Of a site: each of its floors, at its last control."""
    last: dict[str, FloorCheck] = {}
    for one in checks:
        last.setdefault(one.floor, one)
    if not last:
        return "NONE"
    return "GOOD" if all(one.is_dedicated and one.is_controlled for one in last.values()) else "BAD"


@clause("S-3.2-sites", "S-3.3.2-plateaux")
@reads(*READERS)
def sites(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Each site, its time by rail with the evidence, the state of its floors."""
    terms, keeps = terms_of(contract.code), _keeps(request)
    most = terms.count("site_max_rail_minutes", on=max(_today(contract), terms.head.notified_on))
    columns = [
        Column("code", "Code", sort="code"),
        Column("name", "Site", sort="name"),
        Column("kind", "Usage", value=lambda one: KINDS[one.kind], sort="kind"),
        Column("cpam", "CPAM la plus proche", sort="cpam"),
        Column("rail_minutes", "Train (minutes)", kind="number", sort="rail_minutes"),
        Column(
            "evidence",
            "Preuve",
            value="evidence_name",
            link=lambda one: _url(contract, "site_evidence", one.code),
        ),
        Column(
            "floors",
            "Plateaux",
            kind="status",
            value=lambda one: _floor_state(one.floor_checks.all()),
            statuses=FLOORS,
        ),
        Column("opened_on", "En service le", kind="date", sort="opened_on"),
        Column("closed_on", "Fermé le", kind="date", sort="closed_on"),
    ]
    if keeps:
        columns += [
            Column(
                "check",
                "Plateau",
                value=lambda one: "" if one.closed_on else "Contrôler",
                link=lambda one: None if one.closed_on else _url(contract, "floor_check", one.code),
                exported=False,
            ),
            Column(
                "close",
                "Acte",
                value=lambda one: "" if one.closed_on else "Fermer",
                link=lambda one: None if one.closed_on else _url(contract, "site_close", one.code),
                exported=False,
            ),
        ]
    table = Table(
        request,
        Site.objects.filter(contract=contract).prefetch_related("floor_checks"),
        name=f"sites-{contract.code}",
        caption="Sites",
        noun="site",
        columns=columns,
        filters=[
            Search("code", "name", "cpam", label="Code, ville ou CPAM"),
            Choice("usage", "Usage", list(KINDS.items()), field="kind"),
            Period("service", "En service", field="opened_on"),
        ],
        empty="Aucun site au registre.",
        empty_action=("Ajouter un site", _url(contract, "site_new")) if keeps else None,
    )
    possible = [("Ajouter un site", _url(contract, "site_new"))] if keeps else []
    possible += [("Contrôles des plateaux", _url(contract, "floors"))]
    lead = f"Production et secours à {most}{NO_BREAK}minutes de train d’une CPAM au plus, preuve à l’appui."
    return _page(table, "Sites", lead, "S-3.2-sites", possible=possible)


@clause("S-3.2-sites")
@acts(*KEEPERS)
def site_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Write a site in the register."""
    form = _posted(request, SiteForm)

    def act() -> str:
        made = services.enter_site(contract=contract, said=form.site(), **_actor(request))
        return f"Site {made.code} ajouté."

    return _form(
        request, form, heading="Ajouter un site", label="Ajouter", act=act, back=_url(contract, "sites"),
        back_label="Sites",
    )  # fmt: skip


def _site(contract: Contract, code: str) -> Site:
    found = Site.objects.filter(contract=contract, code=code).select_related("contract").first()
    if found is None:
        raise Http404("no such site")
    return found


@clause("S-3.2-sites")
@reads(*READERS)
def site_evidence(request: HttpRequest, contract: Contract, code: str) -> HttpResponse:
    """The document that shows how near a site is."""
    found = _site(contract, code)
    content = files.read(found.evidence_sha256, contract=contract.code)
    response = HttpResponse(content, "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, found.evidence_name) or "attachment"
    return response


@acts(*KEEPERS)
def site_close(request: HttpRequest, contract: Contract, code: str) -> HttpResponse:
    """Say from which day a site no longer serves."""
    found, form = _site(contract, code), _posted(request, CloseForm, initial={"on": _today(contract)})

    def act() -> str:
        services.close_site(site=found, on=form.cleaned_data["on"], **_actor(request))
        return f"Site {code} fermé."

    return _form(
        request, form, heading=f"Fermer le site {code}", label="Fermer", act=act, back=_url(contract, "sites"),
        back_label="Sites",
    )  # fmt: skip


@clause("S-3.3.2-plateaux")
@acts(*KEEPERS)
def floor_check(request: HttpRequest, contract: Contract, code: str) -> HttpResponse:
    """Write a control of a floor."""
    found, form = _site(contract, code), _posted(request, FloorForm, initial={"on": _today(contract)})

    def act() -> str:
        services.check_floor(site=found, **form.cleaned_data, **_actor(request))
        return "Contrôle enregistré."

    return _form(
        request, form, heading=f"Contrôler un plateau du site {code}", label="Enregistrer", act=act,
        back=_url(contract, "floors"), back_label="Contrôles des plateaux",
    )  # fmt: skip


@clause("S-3.3.2-plateaux")
@reads(*READERS)
def floors(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Each control of a floor: dedicated, access controlled, how."""
    table = Table(
        request,
        FloorCheck.objects.filter(site__contract=contract).select_related("site"),
        name=f"plateaux-{contract.code}",
        caption="Contrôles des plateaux",
        noun="contrôle",
        order="-checked_on",
        columns=[
            Column("checked_on", "Contrôlé le", kind="date", sort="checked_on"),
            Column("site", "Site", value="site.code", sort="site__code"),
            Column("floor", "Plateau", sort="floor"),
            Column("is_dedicated", "Dédié", value=lambda one: "oui" if one.is_dedicated else "non"),
            Column(
                "is_controlled", "Accès contrôlé", value=lambda one: "oui" if one.is_controlled else "non"
            ),
            Column("control", "Contrôle d’accès"),
            Column("state", "État", kind="status", value=lambda one: _floor_state([one]), statuses=FLOORS),
        ],
        filters=[
            Search("site__code", "floor", label="Site ou plateau"),
            Choice("dedie", "Dédié", [("True", "Oui"), ("False", "Non")], field="is_dedicated"),
            Period("controle", "Contrôlé", field="checked_on"),
        ],
        empty="Aucun plateau contrôlé.",
    )
    lead = "Des plateaux dédiés au marché, dont l’accès est strictement contrôlé."
    return _page(table, "Contrôles des plateaux", lead, "S-3.3.2-plateaux")


# Places of work


class DayForm(forms.Form):
    """The day looked at."""

    jour = DateField(label="Jour")


@clause("S-3.3.2-plateaux", "S-8.1-teletravail")
@reads(*READERS)
def workplaces(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Where each adviser worked on a day, as the facts say, beside what the register allows."""
    asked = DayForm(request.GET if "jour" in request.GET else None)
    on = asked.cleaned_data["jour"] if asked.is_bound and asked.is_valid() else _today(contract) - ONE_DAY
    if not asked.is_bound:
        asked = DayForm(initial={"jour": on})
    rows = queries.worked_on(contract, on)
    wrong = sum(not one.is_allowed for one in rows)
    table = Table(
        request,
        rows,
        name=f"lieux-{contract.code}-{on}",
        caption=f"Lieux de travail du {date_fr(on)}",
        noun="conseiller",
        order="number",
        columns=[
            Column("number", "Matricule", sort="oui"),
            Column("place", "Lieu", value=lambda one: PLACES[one.place], sort="oui"),
            Column("sites", "Site des faits", value=lambda one: ", ".join(one.sites)),
            Column("posted_to", "Site du registre", sort="oui"),
            Column("hours", "Heures", kind="number", digits=1, sort="oui"),
            Column(
                "faults",
                "Écart",
                value=lambda one: ", ".join(PLACE_FAULTS[each] for each in one.faults),
            ),
            Column(
                "verdict",
                "État",
                kind="status",
                value=lambda one: "GOOD" if one.is_allowed else "BAD",
                statuses=VERDICTS,
            ),
        ],
        filters=[
            Search("number", "posted_to", label="Matricule ou site"),
            Choice("lieu", "Lieu", list(PLACES.items()), field="place"),
            Choice(
                "ecart",
                "Écart",
                list(PLACE_FAULTS.items()),
                narrowed_by=lambda found, code: [one for one in cast(Any, found) if code in one.faults],
            ),
        ],
        empty="Aucun fait ne dit où l’on a travaillé ce jour-là : importez les états des conseillers.",
    )
    said = count_fr(wrong, "lieu de travail ne s’accorde pas", "lieux de travail ne s’accordent pas")
    notices = [("warn", f"{said} avec le registre du personnel.", "Écarts")] if wrong else []
    lead = "Ce que disent les états de la téléphonie : sur site ou à distance, et où."
    return _page(table, "Lieux de travail", lead, "S-3.3.2-plateaux", asked=asked, notices=notices)


# Equipment


@clause("S-10.1.4-materiel", "S-10.1-odigo", "S-10.1.2-psn1")
@reads(*READERS)
def equipment(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Each workstation as it was last found, what it lacks, and who was never checked."""
    today, keeps = _today(contract), _keeps(request)
    found = WorkstationFound.objects.filter(contract=contract, is_last=True)
    checked = set(found.values_list("number", flat=True))
    here = [standing(one, on=today) for one in members_of(contract).present(on=today)]
    never = [
        one.member.number
        for one in here
        if one.posting and one.posting.post in {"ADVISER", "SUPERVISOR"} and one.member.number not in checked
    ]
    table = Table(
        request,
        found,
        name=f"materiel-{contract.code}",
        caption="Postes de travail",
        noun="poste",
        order="number",
        columns=[
            Column("number", "Matricule", sort="number"),
            Column("post", "Fonction", value=lambda one: POSTS[one.post], sort="post"),
            Column("checked_on", "Contrôlé le", kind="date", sort="checked_on"),
            Column("items", "Matériel", value=lambda one: ", ".join(one.items), shown=False),
            Column("ram_gb", "Mémoire (Go)", kind="number", sort="ram_gb"),
            Column("cpu_score", "Processeur", kind="number", sort="cpu_score"),
            Column("screen", "Écran", value=lambda one: f"{one.width}{NO_BREAK}×{NO_BREAK}{one.height}"),
            Column("browser", "Navigateur", value=lambda one: f"{one.browser} {one.version}"),
            Column("agreed", "Accord pour un mobile", shown=False),
            Column("lacks", "Il manque", value=lambda one: lacks_fr(one.lacks)),
            Column(
                "state",
                "État",
                kind="status",
                value=lambda one: "BAD" if one.lacks else "GOOD",
                statuses=VERDICTS,
            ),
        ],
        filters=[
            Search("number", "browser", label="Matricule ou navigateur"),
            Choice("fonction", "Fonction", list(POSTS.items()), field="post", every="Toutes"),
            Choice(
                "etat",
                "État",
                [(one.code, one.label) for one in VERDICTS.values()],
                narrowed_by=lambda rows, code: (
                    cast(Any, rows).filter(lacks=[]) if code == "GOOD" else cast(Any, rows).exclude(lacks=[])
                ),
            ),
            Period("controle", "Contrôlé", field="checked_on"),
        ],
        empty="Aucun poste contrôlé.",
        empty_action=("Contrôler un poste", _url(contract, "equipment_check")) if keeps else None,
    )
    notices = []
    if never:
        more = f" et {len(never) - 8} autres" if len(never) > 8 else ""
        notices = [("warn", f"{', '.join(never[:8])}{more}.", "Postes jamais contrôlés")]
    possible = [("Contrôler un poste", _url(contract, "equipment_check"))] if keeps else []
    lead = "Chaque poste de conseiller et de superviseur, à côté du minimum du marché."
    known = _asked(contract, today)
    return _page(
        table, "Matériel", lead, "S-10.1.4-materiel", notices=notices, possible=possible, known=known
    )


def _asked(contract: Contract, on: date) -> list[tuple[str, str]]:
    """The minimum of the contract, in words."""
    terms = terms_of(contract.code)
    adviser, chief = (queries.minimum_of(terms, post, on=on) for post in ("ADVISER", "SUPERVISOR"))

    def versions(browsers: Any) -> str:
        return ", ".join(f"{name} {'.'.join(map(str, version))}" for name, version in browsers.items())

    return [
        ("Matériel", ", ".join(adviser.items)),
        ("Mémoire", f"{adviser.ram_gb}{NO_BREAK}Go"),
        ("Processeur (CPU Mark)", f"conseiller {adviser.cpu_score}, superviseur {chief.cpu_score}"),
        ("Écran", f"{adviser.width} × {adviser.height}"),
        ("Navigateurs de la téléphonie", versions(adviser.telephony_browsers)),
        ("Navigateurs du portail", versions(adviser.portal_browsers)),
        ("Téléphone", "numéro fixe, sauf accord de la Cnam" if adviser.landline else "au choix"),
    ]


@clause("S-10.1.4-materiel", "S-10.1-odigo", "S-10.1.2-psn1")
@acts(*KEEPERS)
def equipment_check(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Write a workstation as it was found."""
    today, terms = _today(contract), terms_of(contract.code)
    items = queries.minimum_of(terms, "ADVISER", on=today).items
    form = _posted(request, EquipmentForm, items=items, initial={"on": today})

    def act() -> str:
        made = services.check_equipment(
            contract=contract,
            number=form.cleaned_data["number"].strip(),
            found=form.found(),
            on=form.cleaned_data["on"],
            **_actor(request),
        )
        return (
            f"Contrôle enregistré ; il manque : {lacks_fr(made.lacks)}." if made.lacks else "Poste conforme."
        )

    return _form(
        request, form, heading="Contrôler un poste", label="Enregistrer le contrôle", act=act,
        back=_url(contract, "equipment"), back_label="Matériel",
    )  # fmt: skip
