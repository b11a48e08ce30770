"""What a month's penalties need besides facts, from what the other rooms hold: invoices, orders, incidents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from titulaire.billing.queries import production_of
from titulaire.billing.rules import Channel
from titulaire.clauses import clause
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.penalties.rules import Invoice
from titulaire.support.incidents.queries import AGREED, AGREED_OR_PROPOSED, incidents_of
from titulaire.support.indicators.evaluation import after
from titulaire.support.ledger.queries import orders_ending_in
from titulaire.support.penalties.assessing import Entered


def last_invoiced(contract: Contract, months: Sequence[date]) -> date | None:
    """The last of these months whose production was invoiced, else the last of all; None without any."""
    return next(
        (month for month in reversed(months) if production_of(contract, start_on=month, end_on=after(month))),
        months[-1] if months else None,
    )


@clause("S-9-penalites", "S-9-120")
def entered_for(
    contract: Contract, month: date, terms: Terms | None = None, *, with_proposed: bool = False
) -> Entered | None:
    """A month's invoices as issued, its orders and the incidents that both parties set aside.

    None when no production was invoiced for the month: there is nothing that a penalty is a share of.
    `with_proposed`: also the incidents that await the buyer's answer, for the rival figure.
    """
    since = month.replace(day=1)
    until = after(since)
    invoice = Invoice(
        production_of(contract, start_on=since, end_on=until, channel=Channel.PHONE),
        production_of(contract, start_on=since, end_on=until, channel=Channel.FORMS),
    )
    if not invoice.total:
        return None
    states = AGREED_OR_PROPOSED if with_proposed else AGREED
    return Entered(
        invoice,
        orders=orders_ending_in(contract, since),
        incidents=incidents_of(contract, since=since, until=until, states=states),
    )
