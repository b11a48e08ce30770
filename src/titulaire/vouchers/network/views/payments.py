"""Paying affiliates, and destroying the paid paper."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.ui.formats import count_fr, date_fr, instant_fr, money
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Column, Period, Search, Table
from titulaire.vouchers.network import payment, queries
from titulaire.vouchers.network.forms import DestructionForm, PayForm, PayingAccountForm
from titulaire.vouchers.network.models import Destruction, PaymentRun
from titulaire.vouchers.network.views import OPERATORS, READERS, actor_in, download, is_operator
from titulaire.vouchers.network.wording import digest, masked


def _run_url(contract: Contract, number: str) -> str:
    return reverse("payment_run", args=[contract.code, number])


@clause("T-1.1-reseau", "T-3.3-tracabilite")
@reads(*READERS)
def payment_runs(request: HttpRequest, contract: Contract) -> HttpResponse:
    """What was paid, run by run, and what is due."""
    due = list(queries.unpaid(contract))
    table = Table(
        request,
        queries.runs_of(contract),
        caption="Paiements",
        name=f"paiements-{contract.code}",
        noun="paiement",
        order="-number",
        columns=[
            Column("number", "Paiement", link=lambda run: _run_url(contract, run.number), sort="number"),
            Column("execution_on", "Exécution", kind="date", sort="execution_on"),
            Column("payments_count", "Virements", kind="number", sort="payments_count"),
            Column("vouchers", "Titres", kind="number", sort="vouchers"),
            Column("amount", "Montant", kind="money", value="amount", sort="amount_cents"),
            Column("made_at", "Fait le", kind="instant", sort="made_at"),
        ],
        filters=[Search("number"), Period("execution", "Exécution", field="execution_on")],
        empty="Aucun paiement pour le moment.",
    )
    account = queries.paying_account(contract)
    return table.response(
        "network/payment_runs.html",
        {
            "may_act": is_operator(request),
            "due": due,
            "account": account,
            "account_masked": masked(account.iban) if account else "",
            "figures": [
                Figure("Remises à payer", count_fr(len(due), "remise")),
                Figure("Titres à payer", count_fr(sum(one.accepted for one in due), "titre")),
                Figure("Montant à payer", money(sum((one.amount for one in due), Decimal(0)))),
            ],
        },
    )


@clause("T-1.1-reseau")
@acts(*OPERATORS)
def pay(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Pay everything that is due, in one order to the bank."""
    today = timezone.localdate()
    due = list(queries.unpaid(contract))
    form = PayForm(request.POST or None, today=today, initial={"execution_on": today + timedelta(days=1)})
    if request.method == "POST" and form.is_valid():
        try:
            done = payment.pay(
                contract=contract,
                execution_on=form.cleaned_data["execution_on"],
                actor=actor_in(request),
                at=timezone.now(),
            )
        except payment.NothingToPay:
            messages.info(request, "Rien n’est à payer : tout l’est déjà.")
        except payment.NoPayingAccount:
            messages.error(request, "Enregistrez d’abord le compte qui paie.")
            return redirect("paying_account", contract.code)
        except payment.RegisterDisagrees as refused:
            messages.error(
                request,
                f"Rien n’est payé : {count_fr(len(refused.keys), 'titre')} ne sont plus à l’état « Utilisé ». "
                "Vérifiez leur histoire.",
            )
        else:
            messages.success(request, f"Paiement {done.run.number} : remettez le fichier à la banque.")
            return redirect(_run_url(contract, done.run.number))
        return redirect("payment_runs", contract.code)
    account = queries.paying_account(contract)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": "Payer les commerces",
            "consequences": [
                "Les titres acceptés passent à l’état « Payé ».",
                "Un fichier d’ordres de virement (SEPA pain.001) est fait, à remettre à la banque.",
            ],
            "facts": [
                ("Remises", count_fr(len(due), "remise")),
                ("Titres", count_fr(sum(one.accepted for one in due), "titre")),
                ("Montant", money(sum((one.amount for one in due), Decimal(0)))),
                (
                    "Depuis le compte",
                    f"{account.name}, {masked(account.iban)}" if account else "aucun : à enregistrer",
                ),
            ],
            "form": form,
            "action_label": "Payer",
            "cancel_url": reverse("payment_runs", args=[contract.code]),
            "grave": True,
        },
    )


@acts(*OPERATORS)
def paying_account(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The account from which affiliates are paid."""
    form = PayingAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        payment.set_paying_account(
            contract=contract, actor=actor_in(request), at=timezone.now(), **form.cleaned_data
        )
        messages.success(request, "Les prochains paiements partiront de ce compte.")
        return redirect("payment_runs", contract.code)
    account = queries.paying_account(contract)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": "Compte qui paie les commerces",
            "facts": [("Compte actuel", f"{account.name}, {masked(account.iban)}" if account else "aucun")],
            "form": form,
            "action_label": "Enregistrer",
            "cancel_url": reverse("payment_runs", args=[contract.code]),
        },
    )


def _run(contract: Contract, number: str) -> PaymentRun:
    found = queries.runs_of(contract).filter(number=number).select_related("account").first()
    if found is None:
        raise Http404("no such run")
    return found


@clause("T-1.1-reseau", "T-3.3-tracabilite")
@reads(*READERS)
def payment_run(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """One run: the register of its payments."""
    run = _run(contract, number)
    table = Table(
        request,
        queries.payments_of(contract).filter(run=run),
        caption="Virements",
        name=f"paiement-{run.number}",
        noun="virement",
        order="end_to_end",
        columns=[
            Column("end_to_end", "Référence", sort="end_to_end"),
            Column("affiliate", "Commerce", value=lambda one: one.affiliate.name, sort="affiliate__name"),
            Column(
                "remittance",
                "Remise",
                value=lambda one: one.remittance.number,
                link=lambda one: reverse("remittance_detail", args=[contract.code, one.remittance.number]),
                sort="remittance__number",
            ),
            Column("account", "Compte", value=lambda one: masked(one.iban)),
            Column("vouchers", "Titres", kind="number", sort="vouchers"),
            Column("amount", "Montant", kind="money", value="amount", sort="amount_cents"),
        ],
        filters=[Search("affiliate__name", "end_to_end", label="Commerce ou référence")],
    )
    if table.export:
        return table.export_response()
    return render(
        request,
        "network/payment_run.html",
        {
            "run": run,
            "table": table,
            "may_act": is_operator(request),
            "facts": [
                ("Date d’exécution", date_fr(run.execution_on)),
                ("Fait le", instant_fr(run.made_at)),
                ("Depuis le compte", f"{run.account.name}, {masked(run.account.iban)}"),
                ("Virements", count_fr(run.payments_count, "virement")),
                ("Titres", count_fr(run.vouchers, "titre")),
                ("Montant", money(run.amount)),
                ("Empreinte du fichier", digest(run.sha256)),
            ],
        },
    )


@reads(*OPERATORS)
def payment_file(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The file for the bank."""
    run = _run(contract, number)
    return download(
        files.read(run.sha256, contract=contract.code), f"virements-{run.number}.xml", "application/xml"
    )


@clause("T-2.4-securite")
@reads(*READERS)
def destructions(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The records of destroyed paper."""
    table = Table(
        request,
        Destruction.objects.filter(contract=contract),
        caption="Procès-verbaux de destruction",
        name=f"destructions-{contract.code}",
        noun="procès-verbal",
        plural="procès-verbaux",
        order="-number",
        columns=[
            Column(
                "number",
                "Procès-verbal",
                link=lambda one: reverse("destruction_report", args=[contract.code, one.number]),
                sort="number",
            ),
            Column("destroyed_on", "Détruits le", kind="date", sort="destroyed_on"),
            Column("vouchers", "Titres payés", kind="number", sort="vouchers"),
            Column("counted", "Titres comptés", kind="number", sort="counted"),
            Column("signed_by", "Signataire", sort="signed_by"),
            Column("witnessed_by", "Témoin", sort="witnessed_by"),
        ],
        empty="Aucun titre détruit pour le moment.",
    )
    return table.response(
        "network/destructions.html",
        {"may_act": is_operator(request), "waiting": queries.paid_paper(contract).count()},
    )


@clause("T-2.4-securite")
@acts(*OPERATORS)
def destruction_new(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Record that paid paper was counted, then destroyed."""
    form = DestructionForm(
        request.POST or None, remittances=queries.paid_paper(contract), today=timezone.localdate()
    )
    if request.method == "POST" and form.is_valid():
        asked = dict(form.cleaned_data)
        numbers = [one.number for one in asked.pop("remittances")]
        try:
            done = payment.record_destruction(
                contract=contract, remittances=numbers, actor=actor_in(request), at=timezone.now(), **asked
            )
        except payment.CountsDisagree as refused:
            form.add_error(
                "counted",
                f"Ces remises ont {refused.concordance.paid} titres payés, vous en avez compté "
                f"{refused.concordance.counted} : recomptez avant de détruire.",
            )
        except payment.NothingToDestroy:
            form.add_error(
                "remittances", "Le papier d’une de ces remises est déjà détruit, ou n’est pas payé."
            )
        else:
            messages.success(request, f"Procès-verbal {done.number} enregistré : imprimez-le et signez-le.")
            return redirect("destructions", contract.code)
    return render(request, "network/destruction_new.html", {"form": form})


@reads(*READERS)
def destruction_report(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The record to sign."""
    found = Destruction.objects.filter(contract=contract, number=number).first()
    if found is None:
        raise Http404("no such record")
    content = files.read(found.sha256, contract=contract.code)
    return download(content, f"destruction-{found.number}.pdf", "application/pdf")
