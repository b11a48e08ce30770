"""Ordering outside the monthly file: named people, or booklets without name."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts
from titulaire.identity.models import Contract, User
from titulaire.ui.formats import date_fr
from titulaire.vouchers.orders import queries, services
from titulaire.vouchers.orders.forms import MOST_LINES, AdhocForm, BasePeople, PeopleForms, PersonForm
from titulaire.vouchers.orders.rules import Delivery
from titulaire.vouchers.orders.services import LineRequest
from titulaire.vouchers.orders.views import ORDERERS, posted
from titulaire.vouchers.orders.views.orders import order_url

PEOPLE = "people"
MORE_LINES = 3


@clause("T-2.1.1.2-commande-ponctuelle", "T-2.4-non-identifies", "T-2.1.1.1-transmission")
@acts(*ORDERERS)
def order_adhoc(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Order for people who missed the monthly file, or booklets without name."""
    today = timezone.localdate()
    most = queries.order_terms(contract, on=today).booklet_most
    if request.method == "POST" and "add_lines" in request.POST:
        # The form grows and nothing is refused yet: what was typed is shown again as it stands.
        form = AdhocForm(initial=request.POST.dict(), today=today, most=most)
        people = cast(BasePeople, PeopleForms(initial=_typed_people(request), prefix=PEOPLE))
    else:
        form = AdhocForm(posted(request), today=today, most=most)
        people = cast(BasePeople, PeopleForms(posted(request), prefix=PEOPLE))
        if request.method == "POST":
            good = form.is_valid()
            people.month = form.cleaned_data.get("month")
            if people.is_valid() and good:
                placed = _place(request, contract, form, people)
                if placed is not None:
                    return placed
    return render(
        request,
        "orders/adhoc.html",
        {"form": form, "people": people, "room": queries.room_left(contract, on=today), "most": most},
    )


def _typed_people(request: HttpRequest) -> list[dict[str, str]]:
    """What was typed for each person, and some more lines."""
    total = request.POST.get(f"{PEOPLE}-TOTAL_FORMS", "1")
    count = min(int(total) if total.isdecimal() else 1, MOST_LINES - MORE_LINES)
    typed = [
        {name: request.POST.get(f"{PEOPLE}-{place}-{name}", "") for name in PersonForm.base_fields}
        for place in range(count)
    ]
    return [*typed, *({} for _ in range(MORE_LINES))]


def _place(
    request: HttpRequest, contract: Contract, form: AdhocForm, people: BasePeople
) -> HttpResponse | None:
    """Place the order; None when it is refused, with the reason on the form."""
    asked = form.cleaned_data
    lines = [
        LineRequest(
            vouchers=row.vouchers,
            delivery=Delivery(row.delivery),
            reference=row.reference,
            civility=row.civility,
            last_name=row.last_name,
            first_name=row.first_name,
            address=row.address,
            campaign=row.campaign,
        )
        for row in (people.read.rows if people.read else ())
    ]
    lines += [LineRequest(vouchers=asked["titles"], delivery=Delivery.CPAM)] * (asked["booklets"] or 0)
    try:
        done = services.place_adhoc_order(
            contract=contract,
            month=asked["month"],
            lines=lines,
            request_key=asked["request_key"],
            reason=asked["reason"],
            actor=cast(User, request.user).actor,
            at=timezone.now(),
        )
    except services.NothingOrdered:
        form.add_error(None, "Indiquez au moins un bénéficiaire, ou des carnets sans nom.")
    except services.CeilingPassed as refused:
        form.add_error(None, queries.ceiling_refusal(refused.room).message)
    except services.VintageExpired as refused:
        form.add_error(
            "month", f"Les titres de ce mois n’étaient valables que jusqu’au {date_fr(refused.last_day_on)}."
        )
    except services.ContractClosed as refused:
        form.add_error(
            None,
            f"Le marché reçoit des commandes à partir du {date_fr(refused.opens_on)} "
            f"et jusqu’à la veille du {date_fr(refused.closes_on)}.",
        )
    else:
        if done.already_known:
            messages.info(request, f"Cette demande est déjà la commande {done.order.number}.")
        else:
            messages.success(request, f"Commande {done.order.number} confirmée.")
        return redirect(order_url(done.order))
    return None
