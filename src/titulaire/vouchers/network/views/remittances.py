"""Remittances: the list, sending vouchers in, one of them with its verdicts, its slip."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.ui.formats import count_fr, date_fr, instant_fr, money
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Table
from titulaire.vouchers.network import files, queries, services
from titulaire.vouchers.network.documents import slip_pdf
from titulaire.vouchers.network.forms import RemitForm
from titulaire.vouchers.network.models import Affiliate, Remittance
from titulaire.vouchers.network.rules import AffiliateState, Channel, Given, Note, Proof, Ruling, Verdict
from titulaire.vouchers.network.services import Remitted, Source
from titulaire.vouchers.network.views import (
    OPERATORS,
    READERS,
    actor_in,
    download,
    is_operator,
    own_affiliates,
    reader_of,
    roles_in,
)
from titulaire.vouchers.network.wording import (
    CHANNELS,
    NOTES,
    PROOFS,
    REMITTANCE_STATES,
    VERDICT_NOTES,
    VERDICTS,
    digest,
    explanation,
    masked,
    remittance_state,
)


def remittance_url(remittance: Remittance) -> str:
    return reverse("remittance_detail", args=[remittance.contract.code, remittance.number])


def remittance_numbered(request: HttpRequest, contract: Contract, number: str) -> Remittance:
    """The contract's remittance, for those who may see it; for others it does not exist."""
    found = queries.remittances_of(contract, affiliates=own_affiliates(request, contract))
    remittance = found.filter(number=number).select_related("contract__contractor").first()
    if remittance is None:
        raise Http404("no such remittance")
    return remittance


def remittance_columns(contract: Contract) -> list[Column]:
    """The columns of a list of remittances."""
    return [
        Column(
            "number",
            "Remise",
            link=lambda one: reverse("remittance_detail", args=[contract.code, one.number]),
            sort="number",
        ),
        Column("affiliate", "Commerce", value=lambda one: one.affiliate.name, sort="affiliate__name"),
        Column("presented_on", "Présentée le", kind="date", sort="presented_on"),
        Column("channel", "Moyen", value=lambda one: CHANNELS[Channel(one.channel)], sort="channel"),
        Column("given", "Remis", kind="number", sort="given"),
        Column("accepted", "Acceptés", kind="number", sort="accepted"),
        Column("refused", "Refusés", kind="number", value="refused"),
        Column("amount", "Montant", kind="money", value="amount", sort="amount_cents"),
        Column("state", "État", kind="status", value=remittance_state, statuses=REMITTANCE_STATES),
    ]


@clause("T-1.1-reseau", "T-3.3-tracabilite")
@reads(*READERS, Role.AFFILIATE)
def remittances(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The remittances of the contract; an affiliate sees its own alone."""
    own = own_affiliates(request, contract)
    table = Table(
        request,
        queries.remittances_of(contract, affiliates=own),
        caption="Remises",
        name=f"remises-{contract.code}",
        noun="remise",
        order="-number",
        columns=remittance_columns(contract),
        filters=[
            Search("number", "affiliate__name", "affiliate__siret", label="Remise, commerce ou SIRET"),
            Choice(
                "moyen", "Moyen", [(code.value, label) for code, label in CHANNELS.items()], field="channel"
            ),
            Period("presentee", "Présentée", field="presented_on"),
        ],
        empty="Aucune remise pour le moment.",
        empty_action=("Remettre des titres", reverse("remit", args=[contract.code]))
        if _may_remit(request)
        else None,
    )
    return table.response("network/remittances.html", {"may_remit": _may_remit(request)})


def _may_remit(request: HttpRequest) -> bool:
    return bool(roles_in(request) & {Role.VOUCHER_OPERATOR, Role.AFFILIATE})


@clause("T-1.1-reseau", "T-2.4-securite")
@acts(*OPERATORS, Role.AFFILIATE)
def remit(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Send vouchers in: typed, in a list, or scanned; or ask what would be answered."""
    paper = is_operator(request)
    own = own_affiliates(request, contract)
    accepted = (queries.affiliates_of(contract) if own is None else own).filter(
        state=AffiliateState.ACCEPTED.value
    )
    form = RemitForm(
        request.POST or None,
        request.FILES or None,
        affiliates=accepted.select_related("contract"),
        today=timezone.localdate(),
        paper=paper,
    )
    table = None
    if request.method == "POST" and form.is_valid():
        given = form.given()
        if form.is_valid():
            asked_first = "preview" in request.POST and bool(given)
            try:
                if asked_first:
                    table = _preview_table(request, form, given, letters_required=not paper)
                else:
                    return _remitted(request, _remit(request, form, given, letters_required=not paper))
            except services.NotAccepted:
                form.add_error("affiliate", "Ce commerce n’est pas affilié : ses remises sont suspendues.")
            except services.NothingGiven:
                form.add_error(None, "Aucun titre dans cet envoi.")
            except services.TooMany as refused:
                form.add_error(
                    None,
                    f"{refused.given} titres : une remise en contient 10 000 au plus. Envoyez-en plusieurs.",
                )
    return render(
        request,
        "network/remit.html",
        {"form": form, "table": table, "none": not accepted, "paper": paper},
    )


def _dates(form: RemitForm) -> dict[str, object]:
    return {
        "received_on": form.cleaned_data.get("received_on"),
        "postmarked_on": form.cleaned_data.get("postmarked_on"),
    }


def _remit(request: HttpRequest, form: RemitForm, given: list[Given], *, letters_required: bool) -> Remitted:
    file = form.cleaned_data.get("file")
    affiliate: Affiliate = form.cleaned_data["affiliate"]
    source = None
    if file:
        file.seek(0)
        source = Source(PurePath(file.name).name, file.read())
        if files.is_scan(file.name):
            return services.deposit_scan(
                affiliate=affiliate,
                source=source,
                declared=form.cleaned_data.get("declared"),
                actor=actor_in(request),
                at=timezone.now(),
                **_dates(form),  # type: ignore[arg-type]
            )
    return services.remit(
        affiliate=affiliate,
        titles=given,
        channel=Channel.FILE if source else Channel.TYPED,
        source=source,
        letters_required=letters_required,
        actor=actor_in(request),
        at=timezone.now(),
        **_dates(form),  # type: ignore[arg-type]
    )


def _remitted(request: HttpRequest, done: Remitted) -> HttpResponse:
    remittance = done.remittance
    if done.already_known:
        messages.info(
            request, f"Cet envoi est déjà la remise {remittance.number} : rien n’est compté deux fois."
        )
    elif remittance.state == Remittance.READING:
        messages.success(request, f"Remise {remittance.number} reçue : la lecture des codes commence.")
    else:
        messages.success(
            request,
            f"Remise {remittance.number} : {count_fr(remittance.accepted, 'titre accepté', 'titres acceptés')}, "
            f"{money(remittance.amount)} à payer.",
        )
    return redirect(remittance_url(remittance))


def _preview_table(
    request: HttpRequest, form: RemitForm, given: list[Given], *, letters_required: bool
) -> Table:
    rulings = services.preview(
        affiliate=form.cleaned_data["affiliate"],
        titles=given,
        letters_required=letters_required,
        at=timezone.now(),
        **_dates(form),  # type: ignore[arg-type]
    )
    form.data = form.data | {"titles": "\n".join(one.text for one in given)}  # type: ignore[operator]
    return Table(
        request,
        list(enumerate(rulings, 1)),
        caption="Ce qui serait répondu",
        noun="titre",
        page_size=500,
        exportable=False,
        columns=[
            Column("position", "N°", kind="number", value=lambda row: row[0]),
            Column(
                "title",
                "Titre",
                value=lambda row: row[1].presented.number or row[1].presented.given.text[:30],
            ),
            Column(
                "verdict", "Réponse", kind="status", value=lambda row: row[1].verdict.value, statuses=VERDICTS
            ),
            Column("note", "Ce que cela veut dire", value=lambda row: _note(row[1])),
        ],
    )


def _note(ruling: Ruling) -> str:
    return NOTES[Note(ruling.note)] or VERDICT_NOTES.get(ruling.verdict, "")


@clause("T-1.1-reseau", "T-3.3-tracabilite")
@reads(*READERS, Role.AFFILIATE)
def remittance_detail(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """One remittance: what is due, and the verdict on each voucher."""
    remittance = remittance_numbered(request, contract, number)
    reader = reader_of(request, contract, remittance.affiliate)
    table = Table(
        request,
        queries.lines_of(remittance),
        caption="Titres de la remise",
        name=f"remise-{remittance.number}",
        noun="titre",
        order="position",
        columns=[
            Column("position", "N°", kind="number", sort="position"),
            Column("title", "Titre", value=lambda line: line.grouped, sort="number"),
            Column("page", "Page", kind="number", value=lambda line: line.page or None, sort="page"),
            Column("verdict", "Réponse", kind="status", statuses=VERDICTS, sort="verdict"),
            Column("note", "Ce que cela veut dire", value=lambda line: explanation(line, reader=reader)),
            Column("proof", "Lu par", value=lambda line: PROOFS[Proof(line.proof)]),
            Column("used_on", "Utilisé le", kind="date", sort="used_on", shown=False),
        ],
        filters=[
            Search("number", "given", label="Numéro de titre"),
            Choice(
                "reponse",
                "Réponse",
                [(code, one.label) for code, one in VERDICTS.items()],
                field="verdict",
            ),
        ],
        empty="Aucun titre lu.",
    )
    if table.export:
        return table.export_response()
    payment = getattr(remittance, "payment", None)
    return render(
        request,
        "network/remittance.html",
        {
            "remittance": remittance,
            "state": REMITTANCE_STATES[remittance_state(remittance)],
            "table": table,
            "reading": remittance.state == Remittance.READING,
            "progress_url": reverse("remittance_progress", args=[contract.code, remittance.number]),
            "figures": _figures(remittance),
            "facts": [
                (label, value)
                for label, value in (
                    ("Commerce", f"{remittance.affiliate.name}, {remittance.affiliate.town}"),
                    ("SIRET", remittance.affiliate.siret),
                    ("Moyen", CHANNELS[Channel(remittance.channel)]),
                    ("Fichier", remittance.source_name),
                    ("Empreinte du fichier", digest(remittance.source_sha256)),
                    ("Enregistrée le", instant_fr(remittance.recorded_at)),
                    ("Reçue le", date_fr(remittance.received_on)),
                    (
                        "Cachet de la poste",
                        date_fr(remittance.postmarked_on) if remittance.postmarked_on else "",
                    ),
                    ("Date qui compte", date_fr(remittance.presented_on)),
                    ("Titres déclarés", str(remittance.declared) if remittance.declared else ""),
                    (
                        "Payée par",
                        f"{payment.run.number}, le {date_fr(payment.run.execution_on)}" if payment else "",
                    ),
                    ("Sur le compte", masked(payment.iban) if payment else ""),
                )
                if value
            ],
            "explained": _explained(remittance),
        },
    )


def _figures(remittance: Remittance) -> list[Figure]:
    return [
        Figure("Titres remis", count_fr(remittance.given, "titre")),
        Figure("Acceptés", count_fr(remittance.accepted, "titre"), clause="T-1.1-reseau"),
        Figure("Refusés", count_fr(remittance.refused, "titre")),
        Figure("À payer", money(remittance.amount)),
    ]


def _explained(remittance: Remittance) -> list[tuple[str, str]]:
    told = Counter(remittance.lines.values_list("verdict", flat=True))
    return [
        (VERDICTS[verdict].label, count_fr(told[verdict], "titre")) for verdict in Verdict if told[verdict]
    ]


@reads(*READERS, Role.AFFILIATE)
def remittance_progress(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """How far the reading of a scan is."""
    remittance = remittance_numbered(request, contract, number)
    done, of = queries.reading_progress(remittance)
    finished = remittance.state != Remittance.READING
    response = render(
        request,
        "network/progress.html",
        {
            "done": done,
            "of": of,
            "finished": finished,
            "progress_url": reverse("remittance_progress", args=[contract.code, number]),
        },
    )
    if finished:
        response["HX-Refresh"] = "true"
    return response


@clause("T-1.1-reseau")
@reads(*READERS, Role.AFFILIATE)
def remittance_slip(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The slip of a remittance, to keep with the paper."""
    remittance = remittance_numbered(request, contract, number)
    if remittance.state == Remittance.READING:
        raise Http404("not read yet")
    content = slip_pdf(remittance, reader=reader_of(request, contract, remittance.affiliate))
    return download(content, f"bordereau-{remittance.number}.pdf", "application/pdf")
