"""What the buyer is told of: regulation, norms, production; and who has read it."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.governance import queries, services
from titulaire.governance.forms import NoticeForm
from titulaire.governance.models import Notice, NoticeFile
from titulaire.governance.views import CONTRACTOR, READERS, actor, form_page, kept_file, posted, roles
from titulaire.governance.wording import CHANGES
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.ui.formats import count_fr, instant_fr
from titulaire.ui.parts import Event
from titulaire.ui.tables import Choice, Column, Period, Search, Status, Table

STATES = {
    "READ": Status("READ", "Lue", "good"),
    "UNREAD": Status("UNREAD", "Lecture attendue", "info"),
}


def _state(notice: Notice) -> str:
    return "READ" if notice.read_count == notice.sent_count else "UNREAD"  # type: ignore[attr-defined]


def notice_called(contract: Contract, number: str) -> Notice:
    """The contract's notice with this number; another contract's does not exist."""
    found = queries.notices_of(contract).filter(number=number).select_related("contract").first()
    if found is None:
        raise Http404("no such notice")
    return found


@clause("T-3.2-information")
@reads(*READERS)
def notices(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every notice, with who has read it."""
    may_act = bool(set(CONTRACTOR) & roles(request))
    table = Table(
        request,
        list(queries.notices_of(contract)),
        name=f"informations-{contract.code}",
        caption="Informations",
        noun="information",
        order="-number",
        columns=[
            Column(
                "number",
                "Numéro",
                link=lambda row: reverse("notice", args=[contract.code, row.number]),
                sort="yes",
            ),
            Column("sent_at", "Adressée le", kind="instant", sort="yes"),
            Column("change", "Ce qui change", value=lambda row: CHANGES[row.change], sort="yes"),
            Column("title", "Objet", sort="yes"),
            Column("effective_on", "Prend effet le", kind="date", sort="yes"),
            Column("read", "Lectures", value=lambda row: f"{row.read_count} sur {row.sent_count}"),
            Column("state", "État", kind="status", statuses=STATES, value=_state, sort="yes"),
        ],
        filters=[
            Search("number", "title", "text", label="Numéro, objet ou texte"),
            Choice("change", "Ce qui change", list(CHANGES.items()), field="change"),
            Choice(
                "etat",
                "État",
                [(code, status.label) for code, status in STATES.items()],
                narrowed_by=lambda found, code: [row for row in found if _state(row) == code],
            ),
            Period("adressee", "Adressée", field="sent_at"),
        ],
        empty="Aucune information adressée.",
        empty_action=("Adresser une information", reverse("notice_new", args=[contract.code]))
        if may_act
        else None,
    )
    return table.response("governance/notices.html", {"may_act": may_act})


@clause("T-3.2-information")
@acts(*CONTRACTOR)
def notice_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Tell the buyer of a change."""
    people = services.may_be_informed(contract, on=timezone.localdate())
    form = NoticeForm(posted(request), request.FILES or None, people=people)
    if request.method == "POST" and form.is_valid():
        notice = services.send_notice(
            contract=contract, actor=actor(request), at=timezone.now(), **form.given()
        )
        messages.success(request, f"Information {notice.number} adressée.")
        return redirect("notice", contract.code, notice.number)
    return form_page(
        request,
        form,
        heading="Adresser une information",
        label="Adresser l’information",
        back=("Informations", reverse("notices", args=[contract.code])),
        lead="Elle part par courriel, reste ici avec ses documents, et chaque destinataire dit l’avoir lue.",
    )


@clause("T-3.2-information")
@reads(*READERS)
def notice(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """One notice: its text, its documents, who read it."""
    found = notice_called(contract, number)
    recipients = list(found.recipients.select_related("user"))
    mine = next((row for row in recipients if row.user_id == request.user.pk), None)
    events = [
        Event(found.sent_at, "Adressée", count_fr(len(recipients), "destinataire"), "info"),
        *(Event(row.read_at, "Lue", "", "good", str(row.user)) for row in recipients if row.read_at),
    ]
    if found.reminded_at:
        events.append(Event(found.reminded_at, "Rappelée à ceux qui ne l’avaient pas lue", "", "warn"))
    names = queries.names_of([found.sent_by])
    return render(
        request,
        "governance/notice.html",
        {
            "notice": found,
            "change": CHANGES[found.change],
            "state": STATES[_state(found)],
            "sender": names.get(found.sent_by, ""),
            "files": found.files.all(),
            "recipients": [
                (str(row.user), instant_fr(row.read_at) if row.read_at else "pas encore")
                for row in recipients
            ],
            "events": sorted(events, key=lambda event: event.at or found.sent_at),
            "to_read": mine is not None and mine.read_at is None,
        },
    )


@clause("T-3.2-information")
@acts(Role.BUYER_MANAGER, Role.BUYER_READER)
def notice_read(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """A recipient says to have read it."""
    found = notice_called(contract, number)
    page = HttpResponseRedirect(reverse("notice", args=[contract.code, number]))
    if request.method == "POST":
        try:
            services.acknowledge_notice(notice=found, user=cast(User, request.user), at=timezone.now())
        except services.NotARecipient:
            messages.error(request, "Cette information ne vous était pas adressée : rien n’a changé.")
        else:
            messages.success(request, f"Lecture de l’information {number} enregistrée.")
    return page


@reads(*READERS)
def notice_file(request: HttpRequest, contract: Contract, number: str, file: int) -> HttpResponse:
    """A document of a notice, as it was kept."""
    found = NoticeFile.objects.filter(notice=notice_called(contract, number), pk=file).first()
    if found is None:
        raise Http404("no such file")
    return kept_file(request, contract, found.sha256, found.name)
