"""Vouchers presented in time whose life had ended meanwhile: the list, one of them, the decision."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.ui.formats import date_fr, instant_fr, money
from titulaire.ui.tables import Choice, Column, Period, Search, Table
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.network import claims, queries
from titulaire.vouchers.network.forms import ClaimForm
from titulaire.vouchers.network.models import ClaimDecision, RemittanceLine
from titulaire.vouchers.network.rules import Bar, bar
from titulaire.vouchers.network.views import OPERATORS, READERS, actor_in, download, is_operator
from titulaire.vouchers.network.wording import BARS, CLAIM_STATES, claim_state, digest


def _claim(contract: Contract, line: int) -> RemittanceLine:
    found = queries.late_claims(contract).filter(pk=line).first()
    if found is None:
        raise Http404("no such claim")
    return found


def _narrowed(rows: Any, wanted: str) -> Any:
    return (
        rows.filter(decision__isnull=True) if wanted == "WAITING" else rows.filter(decision__outcome=wanted)
    )


@clause("T-1.1-reseau", "T-3.3-tracabilite")
@reads(*READERS)
def late_claims(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every late claim of the contract, decided or not."""
    table = Table(
        request,
        queries.late_claims(contract),
        caption="Demandes tardives",
        name=f"demandes-tardives-{contract.code}",
        noun="demande",
        order="-presented_on",
        columns=[
            Column(
                "title",
                "Titre",
                value=lambda line: line.grouped,
                link=lambda line: reverse("late_claim", args=[contract.code, line.pk]),
                sort="number",
            ),
            Column(
                "affiliate",
                "Commerce",
                value=lambda line: line.remittance.affiliate.name,
                sort="remittance__affiliate__name",
            ),
            Column(
                "remittance",
                "Remise",
                value=lambda line: line.remittance.number,
                link=lambda line: reverse("remittance_detail", args=[contract.code, line.remittance.number]),
                sort="remittance__number",
            ),
            Column(
                "presented_on",
                "Présenté le",
                kind="date",
                value=lambda line: line.remittance.presented_on,
                sort="remittance__presented_on",
            ),
            Column(
                "vintage", "Millésime", value=lambda line: str(line.voucher.vintage), sort="voucher__vintage"
            ),
            Column(
                "value",
                "Valeur",
                kind="money",
                value=lambda line: line.voucher.face_value,
                sort="voucher__face_value_cents",
            ),
            Column("state", "État", kind="status", value=claim_state, statuses=CLAIM_STATES),
            Column(
                "decided_at",
                "Décidée le",
                kind="instant",
                value=lambda line: getattr(_decision(line), "decided_at", None),
                sort="decision__decided_at",
            ),
        ],
        filters=[
            Search(
                "number",
                "remittance__number",
                "remittance__affiliate__name",
                label="Titre, remise ou commerce",
            ),
            Choice(
                "etat",
                "État",
                [(code, one.label) for code, one in CLAIM_STATES.items()],
                every="Toutes",
                narrowed_by=_narrowed,
            ),
            Period("presentee", "Présentée", field="remittance__presented_on"),
        ],
        empty="Aucun titre présenté à temps n’a été remplacé, périmé ou remboursé entre-temps.",
    )
    return table.response("network/late_claims.html", {})


def _decision(line: RemittanceLine) -> ClaimDecision | None:
    return getattr(line, "decision", None)


def _titled(voucher: Voucher) -> str:
    return f"{voucher.grouped}, {voucher.state_label.lower()}"


def _facts(contract: Contract, line: RemittanceLine, heir: Voucher) -> list[tuple[str, str]]:
    voucher, decision = line.voucher, _decision(line)
    assert voucher is not None, "a claim is on a voucher of the register"  # noqa: S101 - `late_claims` has no other
    facts = [
        ("Titre", _titled(voucher)),
        ("Valeur", money(voucher.face_value)),
        ("Dernier jour d’usage", date_fr(voucher.last_valid_on)),
        ("Commerce", f"{line.remittance.affiliate.name}, {line.remittance.affiliate.town}"),
        ("Remise", line.remittance.number),
        ("Date qui compte", date_fr(line.remittance.presented_on)),
        ("Utilisé le", date_fr(line.used_on) if line.used_on else ""),
        ("Titre qui l’a remplacé", _titled(heir) if heir.pk != voucher.pk else "aucun"),
    ]
    if decision is not None:
        facts += [
            ("Décision", CLAIM_STATES[decision.outcome].label),
            ("Décidée le", instant_fr(decision.decided_at)),
            ("Motif", decision.reason),
            ("Payée par la remise", decision.remittance.number if decision.remittance else ""),
            (
                "Accord de l’acheteur",
                f"{decision.agreed_by}, le {date_fr(decision.agreed_on)}" if decision.agreed_on else "",
            ),
            ("Empreinte de l’accord", digest(decision.agreement_sha256)),
        ]
    return [(label, value) for label, value in facts if value]


@clause("T-1.1-reseau", "T-3.3-tracabilite")
@reads(*READERS)
def late_claim(request: HttpRequest, contract: Contract, line: int) -> HttpResponse:
    """One late claim: what became of the voucher, what forbids paying it, what was decided."""
    claim = _claim(contract, line)
    heir = queries.heir_of(claim.voucher)  # type: ignore[arg-type]
    decision = _decision(claim)
    barred = bar(queries.claim_facts(claim, heir)) if decision is None else None
    return render(
        request,
        "network/late_claim.html",
        {
            "claim": claim,
            "state": CLAIM_STATES[claim_state(claim)],
            "facts": _facts(contract, claim, heir),
            "barred": BARS[barred] if barred else "",
            "may_decide": is_operator(request) and decision is None,
            "decision": decision,
        },
    )


@clause("T-1.1-reseau", "T-2.4-securite")
@acts(*OPERATORS)
def late_claim_decide(request: HttpRequest, contract: Contract, line: int) -> HttpResponse:
    """Pay a late claim with the buyer's agreement, or refuse it with a reason."""
    claim = _claim(contract, line)
    address = reverse("late_claim", args=[contract.code, claim.pk])
    if _decision(claim) is not None:
        messages.info(request, "Cette demande est déjà décidée.")
        return redirect(address)
    heir = queries.heir_of(claim.voucher)  # type: ignore[arg-type]
    barred = bar(queries.claim_facts(claim, heir))
    form = ClaimForm(
        request.POST or None, request.FILES or None, today=timezone.localdate(), payable=barred is None
    )
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request, claim, form)
        except claims.AlreadyDecided:
            messages.info(request, "Cette demande était déjà décidée.")
        except claims.Barred as refused:
            messages.error(request, BARS[refused.bar])
        return redirect(address)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"Décider du titre {claim.grouped}",
            "consequences": _consequences(barred, heir, claim),
            "facts": _facts(contract, claim, heir),
            "form": form,
            "action_label": "Décider",
            "cancel_url": address,
            "grave": True,
        },
    )


def _consequences(barred: Bar | None, heir: Voucher, claim: RemittanceLine) -> list[str]:
    if barred is not None:
        return [BARS[barred], "Seul un refus est possible."]
    said = ["Payer : une remise de ce seul titre entre dans le prochain paiement du commerce."]
    if heir.pk != claim.voucher_id:
        said.append(
            f"Le titre {heir.grouped}, qui l’a remplacé, passe alors à l’état « Utilisé » : son porteur ne pourra "
            "plus s’en servir."
        )
    return [*said, "Refuser : le commerce lit le motif sur sa remise."]


def _decide(request: HttpRequest, claim: RemittanceLine, form: ClaimForm) -> None:
    asked, actor, now = form.cleaned_data, actor_in(request), timezone.now()
    if asked["outcome"] == ClaimDecision.REFUSED:
        claims.refuse_claim(line=claim, reason=asked["reason"], actor=actor, at=now)
        messages.success(request, "Demande refusée : le commerce lit le motif sur sa remise.")
        return
    file = asked["agreement"]
    agreement = claims.Agreement(
        PurePath(file.name).name, file.read(), asked["agreed_by"], asked["agreed_on"]
    )
    done = claims.pay_claim(line=claim, agreement=agreement, actor=actor, at=now)
    messages.success(request, f"Remise {done.number} : {money(done.amount)} au prochain paiement.")


@reads(*READERS)
def late_claim_agreement(request: HttpRequest, contract: Contract, line: int) -> HttpResponse:
    """The buyer's agreement, as it was joined."""
    decision = _decision(_claim(contract, line))
    if decision is None or not decision.agreement_sha256:
        raise Http404("no agreement")
    content = files.read(decision.agreement_sha256, contract=contract.code)
    return download(content, decision.agreement_name.replace('"', ""), "application/octet-stream")
