"""The end of each vintage: dates, reminders, replacement, refund, cheques, accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import cast

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.ui.exports import CSV_TYPE, csv_response
from titulaire.ui.formats import count_fr, date_fr, money, number
from titulaire.ui.parts import Event, Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Status, Table
from titulaire.vouchers.issuing.services import NoSeries
from titulaire.vouchers.network.wording import VERDICTS, explanation
from titulaire.vouchers.settlement import accounts, queries, refunds, reminders, services
from titulaire.vouchers.settlement.documents import euros
from titulaire.vouchers.settlement.forms import CashForm, ChequeForm, DeclareForm
from titulaire.vouchers.settlement.models import Cheque, Refund, Reminder, ReplacementRun
from titulaire.vouchers.settlement.rules import EndDates, Holding, RefundFigures
from titulaire.vouchers.settlement.views import READERS
from titulaire.vouchers.settlement.wording import BASES, REMINDER_CHANNELS, WEIGHTS

PHASES = {
    "IN_USE": Status("IN_USE", "En cours d’usage", "info"),
    "PRESENTING": Status("PRESENTING", "Remises des commerçants", "info"),
    "TO_SETTLE": Status("TO_SETTLE", "À remplacer", "warn"),
    "LATE": Status("LATE", "Remplacement en retard", "bad"),
    "TO_REFUND": Status("TO_REFUND", "À rembourser", "warn"),
    "REFUND_LATE": Status("REFUND_LATE", "Remboursement en retard", "bad"),
    "SETTLED": Status("SETTLED", "Soldé", "good"),
}


def phase(dates: EndDates, *, unused: int, to_refund: int, on: date) -> str:
    """The code, in `PHASES`, of where a vintage stands that day."""
    if on <= dates.last_use_on:
        return "IN_USE"
    if on <= dates.cutoff_on:
        return "PRESENTING"
    if unused:
        return "LATE" if on > dates.replace_by_on else "TO_SETTLE"
    if to_refund:
        return "REFUND_LATE" if on > dates.refund_by_on else "TO_REFUND"
    return "SETTLED"


def _vintage(contract: Contract, vintage: int) -> EndDates:
    if vintage not in queries.vintages_of(contract):
        raise Http404("no such vintage")
    return queries.dates_of(contract, vintage)


def _standing(contract: Contract, vintage: int) -> tuple[int, int, int]:
    """Of a vintage: vouchers in circulation, expired ones to replace, expired ones to refund."""
    found = queries.ended(contract, vintage)
    return (
        queries.in_circulation(contract, vintage).count(),
        len(queries.to_replace(found)),
        len(queries.to_refund(found)),
    )


def vintage_url(contract: Contract, vintage: int) -> str:
    return reverse("settlement_vintage", args=[contract.code, vintage])


@clause("T-2.1.4-remplacement", "T-2.1.4-remboursement")
@reads(*READERS)
def settlement(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every vintage and where its end stands."""
    today = timezone.localdate()
    rows = []
    for vintage in queries.vintages_of(contract):
        dates = queries.dates_of(contract, vintage)
        moving, replace, refund = _standing(contract, vintage)
        code = phase(dates, unused=moving + replace, to_refund=refund, on=today)
        rows.append({"dates": dates, "moving": moving + replace, "refund": refund, "phase": code})
    table = Table(
        request,
        rows,
        name=f"fin-de-vie-{contract.code}",
        caption="Millésimes",
        noun="millésime",
        columns=[
            Column(
                "vintage",
                "Millésime",
                value=lambda row: str(row["dates"].vintage),
                link=lambda row: vintage_url(contract, row["dates"].vintage),
            ),
            Column("phase", "État", kind="status", statuses=PHASES),
            Column("moving", "Titres sans emploi", kind="number"),
            Column("refund", "À rembourser", kind="number"),
            Column("last_use_on", "Dernier usage", value="dates.last_use_on", kind="date"),
            Column("cutoff_on", "Dernière remise", value="dates.cutoff_on", kind="date"),
            Column("replace_by_on", "Remplacement au plus tard", value="dates.replace_by_on", kind="date"),
            Column("refund_planned_on", "Remboursement prévu", value="dates.refund_planned_on", kind="date"),
        ],
        empty="Aucun titre émis.",
    )
    return table.response("settlement/ends.html")


@clause("T-2.1.4-remplacement", "T-2.1.4-remboursement", "T-2.1.4-prorata", "T-2.1.4-relances")
@reads(*READERS)
def settlement_vintage(request: HttpRequest, contract: Contract, vintage: int) -> HttpResponse:
    """A vintage: its dates, what was done, what is due."""
    dates, today = _vintage(contract, vintage), timezone.localdate()
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    moving, replace, refund = _standing(contract, vintage)
    done = list(
        Refund.objects.filter(contract=contract, vintage=vintage).order_by("rank").select_related("cheque")
    )
    figures = refunds.figures_of(contract, vintage)
    code = phase(dates, unused=moving + replace, to_refund=refund, on=today)
    operator = Role.VOUCHER_OPERATOR in roles
    sent = {
        (each.days_before, each.channel): each
        for each in Reminder.objects.filter(contract=contract, vintage=vintage)
    }
    return render(
        request,
        "settlement/vintage.html",
        {
            "dates": dates,
            "phase": PHASES[code],
            "figures": [
                Figure("Sans emploi", number(moving + replace), note="ni utilisés, ni opposés"),
                Figure("À rembourser", number(refund), note="détenus par l’acheteur ou perdus"),
                Figure(
                    "Au prorata", money(figures.pro_rata), note=_weights(figures), clause="T-2.1.4-prorata"
                ),
                Figure(
                    "Différence exacte",
                    money(figures.exact),
                    note=f"lecture retenue : {BASES[figures.basis]}",
                ),
            ],
            "rejections": [
                (VERDICTS[verdict], verdict.value, volume.count, euros(volume.cents))
                for verdict, volume in queries.rejections(contract, vintage)
            ],
            "credits": [
                (accounts.CREDITED[code].capitalize(), accounts.told_as(volume))
                for code, volume in queries.credited(contract, vintage).items()
            ],
            "events": _events(contract, dates),
            "runs": ReplacementRun.objects.filter(contract=contract, vintage=vintage),
            "refunds": [(each, getattr(each, "cheque", None)) for each in done],
            "steps": [
                (
                    step,
                    [
                        _reminder(
                            sent.get((step.days_before, channel)),
                            channel,
                            operator=operator,
                            open_now=step.due_on <= today <= dates.last_use_on,
                        )
                        for channel in REMINDER_CHANNELS
                    ],
                )
                for step in reminders.ladder(contract, vintage)
            ],
            "may_declare": Role.BUYER_MANAGER in roles or operator,
            "may_replace": operator and today >= dates.opens_on and moving + replace > 0,
            "may_refund": operator and today >= dates.opens_on and not moving and refund > 0 and not done,
            "may_regularise": operator
            and bool(done)
            and (refund > 0 or figures.retained != sum((each.amount for each in done), Decimal(0))),
            "may_pay": operator,
        },
    )


def _weights(figures: RefundFigures) -> str:
    weight = WEIGHTS[figures.weight]
    if figures.weight == "VALUE":
        return (
            f"{money(euros(figures.own_weight))} sur {money(euros(figures.all_weights))} commandés, {weight}"
        )
    return f"{number(figures.own_weight)} sur {number(figures.all_weights)} titres commandés, {weight}"


def _reminder(sent: Reminder | None, channel: str, *, operator: bool, open_now: bool) -> dict[str, object]:
    """One line of the ladder: what was sent by a channel, or whether it can be sent now."""
    return {
        "channel": REMINDER_CHANNELS[channel],
        "code": channel,
        "sent": sent,
        "may_send": operator and open_now and sent is None,
        "may_open": operator,
    }


def _events(contract: Contract, dates: EndDates) -> list[Event]:
    """The dates of the vintage and what was done, in their order."""
    events: list[tuple[date, Event]] = [
        (dates.last_use_on, Event(dates.last_use_on, "Dernier jour d’usage", tone="calm")),
        (dates.cutoff_on, Event(dates.cutoff_on, "Dernier jour de remise par les commerçants", tone="calm")),
        (
            dates.settles_on,
            Event(dates.settles_on, "Remplacement automatique", "sans acte de personne", "calm"),
        ),
        (dates.replace_by_on, Event(dates.replace_by_on, "Remplacement au plus tard", tone="calm")),
        (
            dates.refund_planned_on,
            Event(
                dates.refund_planned_on,
                "Remboursement par chèque",
                f"dû le {date_fr(dates.refund_by_on)}",
                "calm",
            ),
        ),
    ]
    for run in ReplacementRun.objects.filter(contract=contract, vintage=dates.vintage):
        detail = f"{count_fr(run.vouchers, 'titre')} en {count_fr(run.booklets, 'carnet')}"
        events.append(
            (timezone.localdate(run.done_at), Event(run.done_at, "Titres remplacés", detail, "good"))
        )
    for refund in Refund.objects.filter(contract=contract, vintage=dates.vintage):
        title = "Remboursement décidé" if refund.rank == 0 else "Remboursement régularisé"
        events.append(
            (
                timezone.localdate(refund.decided_at),
                Event(refund.decided_at, title, money(refund.amount), "good"),
            )
        )
    return [event for _, event in sorted(events, key=lambda each: each[0])]


def _refusal(refused: Exception) -> str:
    """Why an act was not done, in words."""
    match refused:
        case services.TooEarly():
            return f"Les commerçants peuvent encore remettre : rien avant le {date_fr(refused.opens_on)}."
        case refunds.NotEnded():
            return f"Encore en circulation : {count_fr(refused.count, 'titre')}. Remplacez d’abord."
        case IntegrityError():
            return "Ce numéro de chèque est déjà enregistré pour cette banque."
    return REFUSALS[type(refused)]


REFUSALS: dict[type[Exception], str] = {
    refunds.AlreadyRefunded: "Ce millésime est déjà remboursé.",
    refunds.NothingToRefund: "Rien à rembourser.",
    refunds.HasItsCheque: "Ce remboursement a déjà son chèque.",
    refunds.NothingToPay: "Ce remboursement ne donne lieu à aucun chèque.",
    refunds.AlreadyCashed: "Ce chèque est déjà encaissé.",
    reminders.AlreadyReminded: "Cette relance est déjà partie.",
    reminders.NotItsDay: "Ce n’est pas le jour de cette relance.",
    NoSeries: "Le marché n’a pas de série de numéros.",
}
REFUSED: tuple[type[Exception], ...] = (services.TooEarly, refunds.NotEnded, IntegrityError, *REFUSALS)


def _done(request: HttpRequest, act: Callable[[], str]) -> None:
    """Do an act and say so, or say why not."""
    try:
        messages.success(request, act())
    except REFUSED as refused:
        messages.error(request, _refusal(refused))


def _actor(request: HttpRequest) -> str:
    return cast(User, request.user).actor


@clause("T-2.1.4-remplacement")
@acts(Role.VOUCHER_OPERATOR)
def settlement_replace(request: HttpRequest, contract: Contract, vintage: int) -> HttpResponse:
    """Replace what nobody used, before the worker does."""
    dates = _vintage(contract, vintage)
    page = vintage_url(contract, vintage)

    def replace() -> str:
        run = services.replace_unused(
            contract=contract, vintage=vintage, actor=_actor(request), at=timezone.now()
        )
        return f"Remplacement fait : {count_fr(run.vouchers, 'titre')}." if run else "Rien à remplacer."

    if request.method == "POST":
        _done(request, replace)
        return redirect(page)
    moving, replaced, refund = _standing(contract, vintage)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"Remplacer les titres {vintage} non utilisés",
            "grave": True,
            "consequences": [
                f"Au plus {count_fr(moving + replaced, 'titre')} de {vintage} s’éteignent ; autant de {vintage + 1} "
                "naissent, de même valeur, aux mêmes carnets.",
                f"Ce qui est détenu ou perdu ({count_fr(refund, 'titre')} à ce jour) attend son remboursement.",
                "Une remise de commerçant arrivée ensuite est mise de côté : quelqu’un en décide.",
            ],
            "facts": [
                ("Dernière remise", date_fr(dates.cutoff_on)),
                ("Prévu sans acte de personne", date_fr(dates.settles_on)),
                ("Au plus tard", date_fr(dates.replace_by_on)),
            ],
            "action_label": "Remplacer",
            "cancel_url": page,
        },
    )


@clause("T-2.1.4-remboursement")
@acts(Role.BUYER_MANAGER, Role.VOUCHER_OPERATOR)
def settlement_declare(request: HttpRequest, contract: Contract, vintage: int) -> HttpResponse:
    """Declare vouchers that the buyer holds, or that are lost."""
    _vintage(contract, vintage)
    page = vintage_url(contract, vintage)
    form = DeclareForm(request.POST or None, contract=contract, vintage=vintage)
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.declare(
                contract=contract,
                keys=form.cleaned_data["references"],
                holding=Holding(form.cleaned_data["holding"]),
                actor=_actor(request),
                at=timezone.now(),
            )
        except services.CannotDeclare as refused:
            form.add_error(
                "references",
                f"Déjà utilisés, remplacés ou remboursés : {', '.join(refused.numbers)}. Rien n’est déclaré.",
            )
        else:
            messages.success(request, f"Déclaration enregistrée : {count_fr(changed, 'titre')}.")
            return redirect(page)
    return render(
        request,
        "settlement/form.html",
        {
            "form": form,
            "heading": f"Déclarer des titres {vintage} détenus ou perdus",
            "lead": "Ils seront remboursés au lieu d’être remplacés.",
            "action_label": "Déclarer",
            "cancel_url": page,
        },
    )


@clause("T-2.1.4-remboursement", "T-2.1.4-prorata")
@acts(Role.VOUCHER_OPERATOR)
def settlement_refund(request: HttpRequest, contract: Contract, vintage: int) -> HttpResponse:
    """Decide the refund of a vintage, or regularise it."""
    dates = _vintage(contract, vintage)
    page = vintage_url(contract, vintage)
    first = not Refund.objects.filter(contract=contract, vintage=vintage).exists()
    act = refunds.refund_vintage if first else refunds.regularise_refund

    def refund() -> str:
        made = act(contract=contract, vintage=vintage, actor=_actor(request), at=timezone.now())
        return f"{made.number} : {money(made.amount)} pour {count_fr(made.vouchers, 'titre')}."

    if request.method == "POST":
        _done(request, refund)
        return redirect(page)
    figures = refunds.figures_of(contract, vintage)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"{'Rembourser' if first else 'Régulariser le remboursement de'} {vintage}",
            "grave": True,
            "consequences": [
                "Les titres détenus par l’acheteur ou perdus passent à l’état « remboursé ».",
                "Ce qui sera connu plus tard fera une ligne de régularisation.",
            ],
            "facts": [
                ("Au prorata", f"{money(figures.pro_rata)} ({_weights(figures)})"),
                ("Différence exacte", money(figures.exact)),
                ("Écart", money(figures.gap)),
                ("Lecture retenue", BASES[figures.basis]),
                ("Chèque prévu le", date_fr(dates.refund_planned_on)),
            ],
            "action_label": "Décider le remboursement" if first else "Régulariser",
            "cancel_url": page,
        },
    )


def _refund(contract: Contract, reference: str) -> Refund:
    found = Refund.objects.filter(contract=contract, number=reference).select_related("contract").first()
    if found is None:
        raise Http404("no such refund")
    return found


@clause("T-2.1.4-remboursement")
@acts(Role.VOUCHER_OPERATOR)
def cheque_new(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Register the cheque of a refund; its letter is made at once."""
    refund = _refund(contract, reference)
    page = vintage_url(contract, refund.vintage)
    form = ChequeForm(request.POST or None, initial={"drawn_on": refund.planned_on})
    if request.method == "POST" and form.is_valid():

        def draw() -> str:
            cheque = refunds.draw_cheque(
                refund=refund, actor=_actor(request), at=timezone.now(), **form.cleaned_data
            )
            return f"Chèque {cheque.number} de {money(cheque.amount)} enregistré ; sa lettre est prête."

        _done(request, draw)
        return redirect(page)
    return render(
        request,
        "settlement/form.html",
        {
            "form": form,
            "heading": f"Chèque du remboursement {refund.number}",
            "lead": f"{money(refund.amount)}, à remettre le {date_fr(refund.planned_on)} au plus tard.",
            "action_label": "Enregistrer le chèque",
            "cancel_url": page,
        },
    )


@clause("T-2.1.4-remboursement")
@acts(Role.BUYER_MANAGER, Role.VOUCHER_OPERATOR)
def cheque_cash(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """Note that a cheque was cashed."""
    refund = _refund(contract, reference)
    cheque = Cheque.objects.filter(refund=refund).first()
    if cheque is None:
        raise Http404("no cheque yet")
    form = CashForm(request.POST or None, initial={"cashed_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["cashed_on"] < cheque.drawn_on:
            form.add_error("cashed_on", f"Le chèque a été tiré le {date_fr(cheque.drawn_on)}.")
        else:

            def cash() -> str:
                refunds.cash_cheque(
                    cheque=cheque, actor=_actor(request), at=timezone.now(), **form.cleaned_data
                )
                return f"Encaissement du chèque {cheque.number} noté."

            _done(request, cash)
            return redirect("cheques", contract=contract.code)
    return render(
        request,
        "settlement/form.html",
        {
            "form": form,
            "heading": f"Encaissement du chèque {cheque.number}",
            "action_label": "Noter l’encaissement",
            "cancel_url": reverse("cheques", args=[contract.code]),
        },
    )


@clause("T-2.1.4-remboursement")
@reads(*READERS)
def cheques(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The register of cheques."""
    roles: frozenset[Role] = request.roles  # type: ignore[attr-defined]
    may_cash = bool({Role.BUYER_MANAGER, Role.VOUCHER_OPERATOR} & roles)
    table = Table(
        request,
        Cheque.objects.filter(refund__contract=contract).select_related("refund"),
        name=f"cheques-{contract.code}",
        caption="Registre des chèques",
        noun="chèque",
        order="-drawn_on",
        columns=[
            Column("number", "Numéro"),
            Column("bank", "Banque"),
            Column("refund", "Remboursement", value="refund.number",
                   link=lambda row: vintage_url(contract, row.refund.vintage)),
            Column("amount", "Montant", kind="money", sort="amount"),
            Column("drawn_on", "Tiré le", kind="date", sort="drawn_on"),
            Column("due_on", "Dû le", value="refund.due_on", kind="date"),
            Column("cashed_on", "Encaissé le", kind="date", sort="cashed_on"),
            Column("letter", "Lettre", value=lambda row: "PDF", exported=False,
                   link=lambda row: reverse("cheque_letter", args=[contract.code, row.refund.number])),
            *([Column("act", "Acte", value=lambda row: "" if row.cashed_on else "Noter l’encaissement",
                      link=lambda row: None if row.cashed_on
                      else reverse("cheque_cash", args=[contract.code, row.refund.number]), exported=False)]
              if may_cash else []),
        ],
        filters=[Period("tire", "Tiré", field="drawn_on")],
        empty="Aucun chèque tiré.",
    )  # fmt: skip
    return table.response("settlement/cheques.html")


def _download(body: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@clause("T-2.1.4-remboursement")
@reads(*READERS)
def cheque_letter(request: HttpRequest, contract: Contract, reference: str) -> HttpResponse:
    """The letter of a cheque, as it was kept."""
    cheque = Cheque.objects.filter(refund=_refund(contract, reference)).first()
    if cheque is None:
        raise Http404("no cheque yet")
    body = files.read(cheque.letter_sha256, contract=contract.code)
    return _download(body, "application/pdf", f"lettre-{reference}.pdf")


@clause("T-2.1.4-relances")
@acts(Role.VOUCHER_OPERATOR)
def reminder_send(
    request: HttpRequest, contract: Contract, vintage: int, days_before: int, channel: str
) -> HttpResponse:
    """Send a reminder before the worker does."""
    dates = _vintage(contract, vintage)
    if channel not in REMINDER_CHANNELS:
        raise Http404("no such channel")
    page = vintage_url(contract, vintage)

    def send() -> str:
        try:
            sent = reminders.send_reminder(
                contract=contract,
                vintage=vintage,
                days_before=days_before,
                channel=channel,
                actor=_actor(request),
                at=timezone.now(),
            )
        except reminders.NoSuchReminder:
            raise Http404("no such reminder") from None
        return f"Relance faite : {count_fr(sent.recipients, 'destinataire')}."

    if request.method == "POST":
        _done(request, send)
        return redirect(page)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": f"Relance à {days_before} jours, {REMINDER_CHANNELS[channel].lower()}",
            "consequences": [
                "Le nombre de titres sans emploi est noté : la relance suivante en mesure l’effet."
            ],
            "facts": [("Dernier jour d’usage", date_fr(dates.last_use_on))],
            "action_label": "Faire la relance",
            "cancel_url": page,
        },
    )


@clause("T-2.1.4-relances")
@reads(Role.VOUCHER_OPERATOR, names_people=True)
def reminder_file(
    request: HttpRequest, contract: Contract, vintage: int, days_before: int, channel: str
) -> HttpResponse:
    """The letters or messages of a reminder: they name people."""
    sent = Reminder.objects.filter(
        contract=contract, vintage=vintage, days_before=days_before, channel=channel
    ).first()
    if sent is None or not sent.file_sha256:
        raise Http404("no such file")
    body = files.read(sent.file_sha256, contract=contract.code)
    letters = channel == "LETTER"
    kind, extension = ("application/pdf", "pdf") if letters else (CSV_TYPE, "csv")
    return _download(body, kind, f"relance-{vintage}-{days_before}-{channel.lower()}.{extension}")


# Accounts


@clause("T-5.2-controle")
@reads(*READERS)
def order_accounts(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The account of each order."""
    table = Table(
        request,
        accounts.order_accounts(contract),
        name=f"comptes-{contract.code}",
        caption="Compte de chaque commande",
        noun="commande",
        columns=[
            Column("number", "Commande", value="order.number",
                   link=lambda row: reverse("order_account", args=[contract.code, row.order.number])),
            Column("vintage", "Millésime", value=lambda row: str(row.order.vintage)),
            Column("amount", "Commandé", value=lambda row: euros(row.line.ordered.cents), kind="money"),
            Column("ordered", "Titres", value="line.ordered.count", kind="number"),
            Column("circulation", "En circulation", value="line.in_circulation.count", kind="number"),
            Column("used", "Utilisés ou payés",
                   value=lambda row: row.line.of("USED").count + row.line.of("PAID").count, kind="number"),
            Column("stopped", "Opposés", value=lambda row: row.line.of("STOPPED").count, kind="number"),
            Column("replaced", "Échangés", value=lambda row: row.line.of("REPLACED").count, kind="number"),
            Column("expired", "Périmés", value=lambda row: row.line.of("EXPIRED").count, kind="number"),
            Column("refunded", "Remboursés", value=lambda row: row.line.of("REFUNDED").count, kind="number"),
        ],
        empty="Aucune commande.",
    )  # fmt: skip
    return table.response("settlement/accounts.html", {"vintages": queries.vintages_of(contract)})


@clause("T-5.2-controle")
@reads(*READERS)
def order_account(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """The account of one order, as a PDF."""
    found = next((each for each in accounts.order_accounts(contract) if each.order.number == number), None)
    if found is None:
        raise Http404("no such order")
    return _download(accounts.order_account_pdf(contract, found), "application/pdf", f"releve-{number}.pdf")


@clause("T-5.2-controle")
@reads(*READERS)
def rejected(request: HttpRequest, contract: Contract, vintage: int) -> HttpResponse:
    """What the network refused of a vintage, presentation by presentation."""
    _vintage(contract, vintage)
    table = Table(
        request,
        queries.rejected(contract, vintage),
        name=f"rejets-{contract.code}-{vintage}",
        caption="Titres rejetés par le réseau",
        noun="présentation",
        order="-presented_on",
        columns=[
            Column("title", "Titre", value="grouped", sort="number",
                   link=lambda row: reverse("voucher", args=[contract.code, row.voucher.number])),
            Column("verdict", "Réponse", kind="status", statuses=VERDICTS, sort="verdict"),
            Column("note", "Ce que cela veut dire", value=lambda row: explanation(row, reader=None)),
            Column("value", "Valeur", kind="money", value="voucher.face_value", sort="voucher__face_value_cents"),
            Column("affiliate", "Commerce", value="remittance.affiliate.name", sort="remittance__affiliate__name"),
            Column("remittance", "Remise", value="remittance.number", sort="remittance__number",
                   link=lambda row: reverse("remittance_detail", args=[contract.code, row.remittance.number])),
            Column("presented_on", "Présenté le", kind="date", value="remittance.presented_on",
                   sort="remittance__presented_on"),
        ],
        filters=[
            Search("number", "remittance__number", "remittance__affiliate__name", label="Titre, remise ou commerce"),
            Choice("reponse", "Réponse", [(code, one.label) for code, one in VERDICTS.items() if code != "VALID"],
                   field="verdict", every="Toutes"),
            Period("presentee", "Présenté", field="remittance__presented_on"),
        ],
        empty="Le réseau n’a rejeté aucun titre de ce millésime.",
    )  # fmt: skip
    return table.response("settlement/rejected.html", {"vintage": vintage})


@clause("T-5.2-controle")
@reads(*READERS)
def annual_account(request: HttpRequest, contract: Contract, vintage: int, extension: str) -> HttpResponse:
    """The account of a vintage, as PDF or CSV."""
    _vintage(contract, vintage)
    name = f"compte-annuel-{contract.code}-{vintage}"
    if extension == "csv":
        rows = accounts.account_told(contract, vintage)
        return csv_response(
            name,
            ("Ligne", "Titres", "Valeur"),
            ((label, volume.count, euros(volume.cents)) for label, volume in rows),
        )
    if extension != "pdf":
        raise Http404("no such file")
    return _download(accounts.annual_account_pdf(contract, vintage), "application/pdf", f"{name}.pdf")
