"""The register of vouchers: search, one voucher's life, and the check of what someone holds out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html

from titulaire.clauses import clause
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.ui.formats import count_fr, date_fr, money
from titulaire.ui.parts import Event
from titulaire.ui.tables import Choice, Column, Search, Table
from titulaire.vouchers.answers import READERS, operates, order_address, unbroken
from titulaire.vouchers.issuing import queries, wording
from titulaire.vouchers.issuing.codes import VerifiedCode, verify
from titulaire.vouchers.issuing.forms import CheckForm
from titulaire.vouchers.issuing.models import PrintJob, Voucher, VoucherMove, VoucherState
from titulaire.vouchers.issuing.register import IN_CIRCULATION
from titulaire.vouchers.orders.wording import DELIVERIES


@reads(*READERS, names_people=True)
def vouchers(request: HttpRequest, contract: Contract) -> HttpResponse:
    """The register: every voucher of the contract, found by whatever is known of it."""
    rows = queries.vouchers_of(contract).select_related("contract", "order", "booklet__line")
    vintages = rows.order_by("-vintage").values_list("vintage", flat=True).distinct()
    table = Table(
        request,
        rows,
        caption="Titres",
        name=f"titres-{contract.code}",
        noun="titre",
        order="-number",
        columns=[
            Column("number", "Numéro", value="grouped", sort="serial", link=_address, exported=False),
            Column("bare", "Numéro", value="number", shown=False),
            Column("state", "État", kind="status", statuses=wording.VOUCHER_STATES, sort="state"),
            Column("vintage", "Millésime", value=lambda voucher: str(voucher.vintage), sort="vintage"),
            Column("face_value", "Valeur", kind="money", sort="face_value_cents"),
            Column("last_valid_on", "Valable jusqu’au", kind="date", shown=False),
            Column(
                "booklet",
                "Carnet",
                value="booklet.reference",
                html=lambda voucher: unbroken(voucher.booklet.reference),
                sort="booklet__reference",
            ),
            Column("order", "Commande", value="order.number", shown=False),
            Column(
                "reference",
                "Référence",
                value="booklet.line.reference",
                sort="booklet__line__reference",
            ),
            Column("holder", "Bénéficiaire", value=_holder, sort="booklet__line__last_name"),
        ],
        filters=[
            _ByWhatIsKnown(
                "number",
                "booklet__reference",
                "booklet__line__reference",
                "booklet__line__last_name",
                "booklet__line__first_name",
                label="Numéro, carnet, référence ou nom",
            ),
            Search("order__number", label="Commande", key="commande"),
            Choice(
                "etat",
                "État",
                [(code, status.label) for code, status in wording.VOUCHER_STATES.items()],
                field="state",
            ),
            Choice("millesime", "Millésime", [(str(year), str(year)) for year in vintages], field="vintage"),
        ],
        empty="Aucun titre : ils naissent de l’émission d’une commande.",
        empty_action=("Voir la file de production", reverse("production_queue", args=[contract.code]))
        if operates(request)
        else None,
    )
    return table.response("issuing/vouchers.html", {"heading": "Titres et carnets"})


class _ByWhatIsKnown(Search):
    """A search that also finds a number typed in groups, as it is printed."""

    def narrow(self, rows, answers):  # type: ignore[no-untyped-def]
        typed = answers.get(self.key) or ""
        bare = "".join(typed.split())
        whole = {**answers, self.key: bare if bare.isdecimal() else typed}
        return super().narrow(rows, whole)


def _address(voucher: Voucher) -> str:
    return reverse("voucher", args=[voucher.contract.code, voucher.number])


def _holder(voucher: Voucher) -> str | None:
    line = voucher.booklet.line
    return f"{line.last_name} {line.first_name}".strip() or None


@reads(*READERS, names_people=True)
def voucher(request: HttpRequest, contract: Contract, number: str) -> HttpResponse:
    """One voucher: where it stands, what its signature says, its life so far."""
    rows = queries.vouchers_of(contract).select_related(
        "contract", "order", "booklet__line", "replaces__contract"
    )
    found: Voucher = get_object_or_404(rows, number=number)
    said = verify(found.code, queries.all_public_keys())
    line = found.booklet.line
    siblings = reverse("vouchers", args=[contract.code])
    context = {
        "heading": f"Titre {found.grouped}",
        "voucher": found,
        "state": wording.VOUCHER_STATES[found.state],
        "said": said if isinstance(said, VerifiedCode) else None,
        "agrees": isinstance(said, VerifiedCode)
        and (str(said.number), said.face_value, said.last_valid_on)
        == (found.number, found.face_value, found.last_valid_on),
        "job": PrintJob.objects.filter(order=found.order).first(),
        "facts": [
            ("Valeur", money(found.face_value)),
            ("Millésime", str(found.vintage)),
            ("Utilisable", f"du {date_fr(found.valid_from_on)} au {date_fr(found.last_valid_on)} inclus"),
            ("Code court", found.short_code),
            (
                "Bénéficiaire",
                f"{_holder(found)} (réf. {line.reference})" if line.is_named else "Titre non identifié",
            ),
            ("Livraison", DELIVERIES[line.delivery]),
            ("Campagne", line.campaign),
            *_lineage(found),
        ],
        "siblings": f"{siblings}?q={found.booklet.reference}",
        "events": _events(found),
    }
    return render(request, "issuing/voucher.html", context)


def _lineage(found: Voucher) -> list[tuple[str, str]]:
    before, after = found.replaces, Voucher.objects.filter(replaces=found).first()
    kin = (("Remplace le titre", before), ("Remplacé par le titre", after))
    return [
        (label, format_html('<a href="{}">{}</a>', _address(one), one.grouped)) for label, one in kin if one
    ]


def _events(found: Voucher) -> list[Event]:
    order, booklet = found.order, found.booklet
    code, promised = found.contract.code, date_fr(order.promised_on)
    events = [
        Event(
            order.confirmed_at,
            f"Commandé, commande {order.number}",
            count_fr(order.vouchers, "titre"),
            "info",
            link=order_address(order),
        ),
        Event(order.acknowledged_at, "Réception accusée", f"Livraison promise le {promised}", "info"),
        Event(found.issued_at, "Émis, numéroté et signé", f"Carnet {booklet.reference}", "good"),
    ]
    job = PrintJob.objects.filter(order=order).first()
    if job:
        address = reverse("print_job", args=[code, job.batch])
        if job.made_at:
            events.append(Event(job.made_at, "Page relue", f"Lot {job.batch}", "good", link=address))
        if job.released_at:
            events.append(Event(job.released_at, "Donné à l’imprimeur", "", "good", link=address))
        if job.reconciled_at and not job.reconciliation.get("differences"):
            events.append(Event(job.reconciled_at, "Rendu par l’imprimeur", "", "good", link=address))
    events += [
        Event(
            reprint.asked_at,
            "Carnet réimprimé à l’identique",
            wording.REPRINT_REASONS[reprint.reason],
            "warn",
        )
        for reprint in booklet.reprints.all()
    ]
    moves = found.moves.all()
    events += [_moved(move) for move in moves]
    return sorted(events, key=lambda event: str(event.at))


def _moved(move: VoucherMove) -> Event:
    title, tone = wording.MOVES[move.to_state]
    if move.from_state == VoucherState.STOPPED and move.to_state in IN_CIRCULATION:
        title, tone = "Opposition levée", "warn"
    return Event(move.at, title, move.target.partition(":")[2], tone)


@reads(*READERS)
@clause("T-2.4-securite")
def voucher_check(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Judge a code or a number that someone holds out."""
    form = CheckForm(request.GET if "code" in request.GET else None)
    context: dict[str, object] = {"heading": "Vérifier un titre", "form": form}
    if form.is_bound and form.is_valid():
        judged = queries.judge(form.cleaned_data["code"])
        # What another contract's register holds is nobody's business here; what a signature says is public.
        elsewhere = judged.voucher is not None and judged.voucher.contract_id != contract.pk
        own = None if elsewhere else judged.voucher
        context |= {
            "judged": judged,
            "elsewhere": elsewhere,
            "voucher": own,
            "state": wording.VOUCHER_STATES[own.state] if own else None,
            "sentence": wording.VERDICTS.get(judged.reason, ""),
            "advice": wording.VERDICT_ADVICE.get(judged.reason, ""),
        }
        if elsewhere and judged.authentic is None:
            context |= {
                "elsewhere": False,
                "sentence": wording.VERDICTS["UNKNOWN"],
                "advice": wording.VERDICT_ADVICE["UNKNOWN"],
            }
    return render(request, "issuing/voucher_check.html", context)
