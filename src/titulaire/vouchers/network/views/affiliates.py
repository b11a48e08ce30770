"""Affiliates: the list, a request, one of them, its review, its people, its account."""

from __future__ import annotations

from decimal import Decimal
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
from titulaire.journal import files
from titulaire.ui.formats import count_fr, date_fr, instant_fr, money
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Choice, Column, Search, Table
from titulaire.vouchers.network import affiliation, queries
from titulaire.vouchers.network.affiliation import Commitment, Establishment
from titulaire.vouchers.network.forms import AccountForm, AffiliationForm, LinkForm, ReasonForm
from titulaire.vouchers.network.models import Affiliate
from titulaire.vouchers.network.rules import REVIEWS, Activity, AffiliateState
from titulaire.vouchers.network.views import (
    OPERATORS,
    READERS,
    actor_in,
    download,
    is_operator,
    own_affiliates,
)
from titulaire.vouchers.network.views.remittances import remittance_columns
from titulaire.vouchers.network.wording import ACTIVITIES, AFFILIATE_STATES, digest, masked

OUTCOMES = {
    "accepter": (AffiliateState.ACCEPTED, "Accepter cette affiliation"),
    "refuser": (AffiliateState.REFUSED, "Refuser cette affiliation"),
    "suspendre": (AffiliateState.SUSPENDED, "Suspendre ce commerce"),
}


def affiliate_url(affiliate: Affiliate) -> str:
    return reverse("affiliate_detail", args=[affiliate.contract.code, affiliate.siret])


def affiliate_called(request: HttpRequest, contract: Contract, siret: str) -> Affiliate:
    """The contract's affiliate, for those who may see it; for others it does not exist."""
    found = queries.affiliates_of(contract).filter(siret=siret).select_related("contract").first()
    own = own_affiliates(request, contract)
    if found is None or (own is not None and not own.filter(pk=found.pk).exists()):
        raise Http404("no such affiliate")
    return found


@clause("T-1.1-reseau")
@reads(*READERS)
def affiliates(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every establishment of the network, whatever its state."""
    table = Table(
        request,
        queries.affiliates_of(contract).select_related("contract"),
        caption="Commerces",
        name=f"affilies-{contract.code}",
        noun="commerce",
        order="town",
        columns=[
            Column("name", "Nom", link=affiliate_url, sort="name"),
            Column("town", "Commune", sort="town_key"),
            Column("postcode", "Code postal", sort="postcode"),
            Column("activity", "Activité", value=lambda one: ACTIVITIES[one.activity], sort="activity"),
            Column("state", "État", kind="status", statuses=AFFILIATE_STATES, sort="state"),
            Column("siret", "SIRET"),
            Column("commitment_signed_on", "Engagement signé le", kind="date", shown=False),
        ],
        filters=[
            Search("name", "siret", "town", "postcode", label="Nom, SIRET, commune ou code postal"),
            Choice(
                "etat", "État", [(code, one.label) for code, one in AFFILIATE_STATES.items()], field="state"
            ),
            Choice("activite", "Activité", list(ACTIVITIES.items()), field="activity", every="Toutes"),
        ],
        empty="Aucun commerce pour le moment.",
        empty_action=("Enregistrer une demande", reverse("affiliate_new", args=[contract.code]))
        if is_operator(request)
        else None,
    )
    return table.response("network/affiliates.html", {"may_act": is_operator(request)})


@clause("T-1.1-reseau")
@acts(*OPERATORS)
def affiliate_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Record a request of affiliation."""
    form = AffiliationForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            affiliate = affiliation.request_affiliation(
                contract=contract,
                establishment=Establishment(
                    siret=asked["siret"],
                    name=asked["name"],
                    street=asked["street"],
                    postcode=asked["postcode"],
                    town=asked["town"],
                    activity=asked["activity"],
                    email=asked["email"],
                    iban=asked["iban"],
                ),
                commitment=Commitment(
                    PurePath(asked["commitment"].name or "engagement").name,
                    asked["commitment"].read(),
                    asked["signed_on"],
                    asked["signed_by"],
                ),
                actor=actor_in(request),
                at=timezone.now(),
            )
        except affiliation.AffiliatedAlready:
            form.add_error("siret", "Cet établissement a déjà une demande : retrouvez-la dans la liste.")
        except affiliation.CommitmentMissing:
            form.add_error("signed_on", "L’engagement doit être signé, à une date qui n’est pas à venir.")
        else:
            messages.success(request, f"Demande de {affiliate.name} enregistrée : elle attend votre examen.")
            return redirect(affiliate_url(affiliate))
    return render(request, "network/affiliate_new.html", {"form": form})


@clause("T-1.1-reseau")
@reads(*READERS, Role.AFFILIATE)
def affiliate_detail(request: HttpRequest, contract: Contract, siret: str) -> HttpResponse:
    """One establishment: what it says, its commitment, its remittances."""
    affiliate = affiliate_called(request, contract, siret)
    remitted = queries.remittances_of(contract).filter(affiliate=affiliate)
    table = Table(
        request,
        remitted,
        caption="Remises",
        name=f"remises-{affiliate.siret}",
        noun="remise",
        order="-number",
        columns=[column for column in remittance_columns(contract) if column.key != "affiliate"],
        empty="Aucune remise pour le moment.",
    )
    if table.export:
        return table.export_response()
    lines = list(remitted.values_list("accepted", "given", "amount_cents"))
    state = AFFILIATE_STATES[AffiliateState(affiliate.state)]
    may_act = is_operator(request)
    outcomes = [
        (word, label) for word, (outcome, label) in OUTCOMES.items() if affiliate.state in REVIEWS[outcome]
    ]
    return render(
        request,
        "network/affiliate.html",
        {
            "affiliate": affiliate,
            "state": state,
            "activity": ACTIVITIES[affiliate.activity],
            "table": table,
            "may_act": may_act,
            "outcomes": outcomes if may_act else [],
            "people": affiliate.people.select_related("user").order_by("linked_at") if may_act else [],
            "facts": [
                ("SIRET", affiliate.siret),
                ("Activité", ACTIVITIES[affiliate.activity]),
                ("Adresse", f"{affiliate.street}, {affiliate.postcode} {affiliate.town}"),
                ("Adresse électronique", affiliate.email),
                ("Compte", masked(affiliate.iban)),
                ("Demande du", instant_fr(affiliate.applied_at)),
                ("Examinée le", instant_fr(affiliate.reviewed_at) if affiliate.reviewed_at else "pas encore"),
            ],
            "commitment": [
                ("Signé par", affiliate.commitment_signed_by),
                ("Le", date_fr(affiliate.commitment_signed_on)),
                ("Fichier", affiliate.commitment_name),
                ("Empreinte SHA-256", digest(affiliate.commitment_sha256)),
            ],
            "figures": [
                Figure("Remises", count_fr(len(lines), "remise")),
                Figure("Titres acceptés", count_fr(sum(one[0] for one in lines), "titre")),
                Figure("Titres refusés", count_fr(sum(one[1] - one[0] for one in lines), "titre")),
                Figure("Montant accepté", money(sum((one.amount for one in remitted), start=Decimal(0)))),
            ],
        },
    )


@clause("T-1.1-reseau")
@acts(*OPERATORS)
def affiliate_review(request: HttpRequest, contract: Contract, siret: str, word: str) -> HttpResponse:
    """Accept, refuse or suspend, once asked again."""
    affiliate = affiliate_called(request, contract, siret)
    if word not in OUTCOMES:
        raise Http404("no such outcome")
    outcome, label = OUTCOMES[word]
    needs_reason = outcome is not AffiliateState.ACCEPTED
    form = ReasonForm(request.POST or None) if needs_reason else None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            done = affiliation.review(
                affiliate=affiliate,
                outcome=outcome,
                reason=form.cleaned_data["reason"] if form else "",
                actor=actor_in(request),
                at=timezone.now(),
            )
        except affiliation.ReviewRefused:
            messages.error(request, "Cette affiliation a changé d’état entre-temps : voyez où elle en est.")
        else:
            messages.success(request, f"{done.name} : {AFFILIATE_STATES[outcome].label.lower()}.")
        return redirect(affiliate_url(affiliate))
    consequences = {
        AffiliateState.ACCEPTED: [
            "Ce commerce paraît dans la recherche publique et peut remettre des titres."
        ],
        AffiliateState.REFUSED: ["Ce commerce ne pourra pas remettre de titres."],
        AffiliateState.SUSPENDED: [
            "Ce commerce quitte la recherche publique et ne peut plus remettre de titres.",
            "Ce qui est déjà accepté lui reste dû.",
        ],
    }[outcome]
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": label,
            "consequences": consequences,
            "facts": [
                ("Commerce", affiliate.name),
                ("SIRET", affiliate.siret),
                ("Activité", ACTIVITIES[Activity(affiliate.activity)]),
                (
                    "Engagement",
                    f"signé par {affiliate.commitment_signed_by} le {date_fr(affiliate.commitment_signed_on)}",
                ),
            ],
            "form": form,
            "action_label": label,
            "cancel_url": affiliate_url(affiliate),
        },
    )


@acts(*OPERATORS)
def affiliate_link(request: HttpRequest, contract: Contract, siret: str) -> HttpResponse:
    """Let a person act for an affiliate."""
    affiliate = affiliate_called(request, contract, siret)
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and form.person is not None:
        affiliation.link_person(
            affiliate=affiliate, user=form.person, actor=actor_in(request), at=timezone.now()
        )
        messages.success(request, f"{form.person} agit désormais pour {affiliate.name}, et pour lui seul.")
        return redirect(affiliate_url(affiliate))
    return _form_page(request, affiliate, form, "Relier une personne", "Relier")


@acts(*OPERATORS)
def affiliate_account(request: HttpRequest, contract: Contract, siret: str) -> HttpResponse:
    """Change the account on which an affiliate is paid."""
    affiliate = affiliate_called(request, contract, siret)
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        affiliation.change_account(
            affiliate=affiliate, iban=form.cleaned_data["iban"], actor=actor_in(request), at=timezone.now()
        )
        messages.success(request, f"Les prochains paiements de {affiliate.name} iront sur ce compte.")
        return redirect(affiliate_url(affiliate))
    return _form_page(request, affiliate, form, "Changer de compte", "Changer")


def _form_page(
    request: HttpRequest, affiliate: Affiliate, form: object, heading: str, label: str
) -> HttpResponse:
    context = {
        "heading": heading,
        "facts": [("Commerce", affiliate.name), ("Compte actuel", masked(affiliate.iban))],
        "form": form,
        "action_label": label,
        "cancel_url": affiliate_url(affiliate),
    }
    return render(request, "ui/confirm.html", context)


@reads(*OPERATORS, Role.AUDITOR)
def affiliate_commitment(request: HttpRequest, contract: Contract, siret: str) -> HttpResponse:
    """The signed commitment, as it was handed in."""
    affiliate = affiliate_called(request, contract, siret)
    content = files.read(affiliate.commitment_sha256, contract=contract.code)
    end = PurePath(affiliate.commitment_name).suffix.lower()
    kind = {".pdf": "application/pdf", ".png": "image/png"}.get(end, "image/jpeg")
    return download(content, f"engagement-{affiliate.siret}{end if end else '.pdf'}", kind)
