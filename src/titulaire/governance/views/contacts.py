"""Who to call at the contractor's, matter by matter."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.governance import queries, services
from titulaire.governance.forms import ContactForm, EndForm
from titulaire.governance.models import Contact
from titulaire.governance.rules import Matter
from titulaire.governance.views import CONTRACTOR, READERS, actor, form_page, posted, roles
from titulaire.governance.wording import MATTERS
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.ui.formats import date_fr, list_fr
from titulaire.ui.tables import Choice, Column, Search, Status, Table

STATES = {
    "NOW": Status("NOW", "En fonction", "good"),
    "LATER": Status("LATER", "À venir", "info"),
    "OVER": Status("OVER", "Ancien", "calm"),
}


def state_of(contact: Contact, on: date) -> str:
    """NOW, LATER or OVER."""
    if contact.as_value().on(on):
        return "NOW"
    return "LATER" if contact.since > on else "OVER"


def contacts_url(contract: Contract) -> str:
    return reverse("contacts", args=[contract.code])


@clause("T-3.1-referents")
@reads(*READERS)
def contacts(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The contacts, in force and past, and the matters that nobody holds."""
    today = timezone.localdate()
    may_act = bool(set(CONTRACTOR) & roles(request))
    rows = list(queries.contacts_of(contract))
    columns = [
        Column("matter", "Domaine", value=lambda row: MATTERS[row.matter], sort="yes"),
        Column("name", "Nom", sort="yes"),
        Column("post", "Fonction"),
        Column("phone", "Téléphone"),
        Column("email", "Courriel"),
        Column("since", "Depuis le", kind="date", sort="yes"),
        Column("until", "Jusqu’au (exclu)", kind="date"),
        Column(
            "state",
            "État",
            kind="status",
            statuses=STATES,
            value=lambda row: state_of(row, today),
            sort="yes",
        ),
    ]
    if may_act:
        columns.append(
            Column(
                "act",
                "Acte",
                value=lambda row: "Mettre fin" if row.until is None else None,
                link=lambda row: (
                    reverse("contact_end", args=[contract.code, row.pk]) if row.until is None else None
                ),
                exported=False,
            )
        )
    table = Table(
        request,
        sorted(rows, key=lambda row: (("NOW", "LATER", "OVER").index(state_of(row, today)), row.matter)),
        name=f"interlocuteurs-{contract.code}",
        caption="Interlocuteurs",
        noun="interlocuteur",
        columns=columns,
        filters=[
            Search("name", "post", "email", "phone", label="Nom, fonction, courriel ou téléphone"),
            Choice("domaine", "Domaine", list(MATTERS.items()), field="matter"),
            Choice(
                "etat",
                "État",
                [(code, status.label) for code, status in STATES.items()],
                narrowed_by=lambda found, code: [row for row in found if state_of(row, today) == code],
            ),
        ],
        empty="Aucun interlocuteur n’est encore désigné.",
        empty_action=("Désigner un interlocuteur", reverse("contact_new", args=[contract.code]))
        if may_act
        else None,
    )
    gaps = queries.contact_gaps(contract, on=today)
    return table.response(
        "governance/contacts.html",
        {
            "may_act": may_act,
            "in_force": [(MATTERS[each.matter], each) for each in queries.contacts_on(contract, on=today)],
            "gaps": list_fr([MATTERS[gap].lower() for gap in gaps]),
        },
    )


@clause("T-3.1-referents")
@acts(*CONTRACTOR)
def contact_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Name a contact."""
    today = timezone.localdate()
    current = list(queries.contacts_of(contract).filter(until__isnull=True))
    asked = request.GET.get("domaine", "")
    form = ContactForm(
        posted(request),
        in_force=current,
        initial={"since": today, "matter": asked if asked in MATTERS else ""},
    )
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        services.name_contact(
            contract=contract,
            matter=Matter(given.pop("matter")),
            actor=actor(request),
            at=timezone.now(),
            **given,
        )
        messages.success(request, f"{given['name']} est désigné à partir du {date_fr(given['since'])}.")
        return redirect(contacts_url(contract))
    return form_page(
        request,
        form,
        heading="Désigner un interlocuteur",
        label="Désigner",
        back=("Interlocuteurs", contacts_url(contract)),
        lead="L’acheteur le voit aussitôt, avec son téléphone et son courriel.",
    )


@clause("T-3.1-referents")
@acts(*CONTRACTOR)
def contact_end(request: HttpRequest, contract: Contract, contact: int) -> HttpResponse:
    """Say from when a contact no longer answers."""
    found = queries.contacts_of(contract).filter(pk=contact).first()
    if found is None:
        raise Http404("no such contact")
    form = EndForm(posted(request), initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["on"]
        try:
            services.end_contact(contact=found, on=day, actor=actor(request), at=timezone.now())
        except services.EndsBeforeItStarts as early:
            form.add_error("on", f"Après le {date_fr(early.since)}, premier jour de cette personne.")
        except services.AlreadyDone:
            messages.error(request, f"{found.name} avait déjà cessé : rien n’a changé.")
            return redirect(contacts_url(contract))
        else:
            messages.success(request, f"{found.name} ne répond plus à partir du {date_fr(day)}.")
            return redirect(contacts_url(contract))
    return form_page(
        request,
        form,
        heading=f"Mettre fin : {found.name}",
        label="Enregistrer",
        back=("Interlocuteurs", contacts_url(contract)),
        lead=MATTERS[found.matter],
    )
