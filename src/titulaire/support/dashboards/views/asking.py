"""What an address asks of a dashboard: who may open it, which terms, which period, which cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpRequest
from django.urls import resolve, reverse

from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.support.dashboards.figures import Figures
from titulaire.support.dashboards.queries import READERS, life_of, months_open, months_with_facts
from titulaire.support.dashboards.rules import (
    Grain,
    Life,
    Period,
    before,
    following,
    period_of,
    read_period,
)
from titulaire.support.dashboards.wording import CUTS, GRAINS, period_written
from titulaire.support.penalties.entries import last_invoiced
from titulaire.ui.parts import Tab

__all__ = ["CUTS", "READERS"]


@dataclass(frozen=True)
class Asked:
    """A contract, its terms, what may be shown of it, and the period of the address."""

    contract: Contract
    terms: Terms
    life: Life
    known: list[date]
    period: Period

    @property
    def day(self) -> date:
        """The day whose terms and readings hold for the period."""
        return day_of(self.terms, self.period.since)

    @property
    def figures(self) -> Figures:
        return Figures(self.contract, self.terms)

    @property
    def is_empty(self) -> bool:
        """Has no month of the period any fact?"""
        first = self.period.since.replace(day=1)
        return not any(first <= month < self.period.until for month in self.known)

    def address(self, view: str, period: Period | None = None, *parts: str) -> str:
        """The page of a period; `parts` are what else its address holds."""
        return f"{reverse(view, args=[self.contract.code, *parts])}?periode={(period or self.period).code}"

    def neighbours(self, view: str, *parts: str) -> list[tuple[str, str, str]]:
        """The period before and the one after, where the contract has them: relation, words, address."""
        sides = (("prev", before(self.period, self.life)), ("next", following(self.period, self.life)))
        return [
            (rel, period_written(other), self.address(view, other, *parts))
            for rel, other in sides
            if other is not None
        ]

    def grains(self, view: str, *parts: str) -> list[Tab]:
        """The lengths of period that the contract asks for, and the whole of it."""
        inside = min(self.period.last_day, max(self.life.measured_until, self.life.since))
        inside = max(inside, self.period.since)
        if self.life.measured_until <= self.period.last_day and self.life.measured_until > self.period.since:
            inside = date.fromordinal(self.life.measured_until.toordinal() - 1)
        return [
            Tab(
                GRAINS[grain],
                self.address(view, period_of(grain, inside, self.life), *parts),
                grain is self.period.grain,
            )
            for grain in grains_of(self.terms, self.day)
        ]


def grains_of(terms: Terms, day: date) -> list[Grain]:
    """The periods that the contract wants dashboards for, shortest first, then the contract so far."""
    wanted = terms.texts("dashboard_periods", on=day)
    return [grain for grain in Grain if grain.value in wanted or grain is Grain.CONTRACT]


def cuts_of(terms: Terms, day: date) -> dict[str, tuple[str, str]]:
    """The cuts that the contract wants dashboards by, as the address names them."""
    wanted = terms.texts("dashboard_cuts", on=day)
    return {code: cut for code, cut in CUTS.items() if cut[0].upper() in wanted}


def terms_here(contract: Contract) -> Terms:
    """The terms of the contract, or no page at all."""
    try:
        return terms_of(contract.code)
    except NoTermsFile as unknown:
        raise Http404("no terms") from unknown


def day_of(terms: Terms, since: date) -> date:
    """The day whose terms and readings hold for a period that starts on a day."""
    return max(since, terms.head.notified_on)


def asked(request: HttpRequest, contract: Contract) -> Asked:
    """What the address asks; the last month with facts where it asks for nothing that exists."""
    terms = terms_here(contract)
    life, known = life_of(contract, terms), months_with_facts(contract)
    code = request.GET.get("periode") or request.GET.get("mois", "")
    period = read_period(code, life)
    if period is None:
        inside = [month for month in known if life.since <= month < life.until]
        month = inside[-1] if inside else terms.head.starts_on
        period = period_of(Grain.MONTH, month, life)
    return Asked(contract, terms, life, known, period)


def asked_period(contract: Contract, code: str) -> Asked:
    """The same, for an address that holds the period itself: what is none of the contract is no page."""
    terms = terms_here(contract)
    life = life_of(contract, terms)
    period = read_period(code, life)
    if period is None:
        raise Http404("no such period")
    return Asked(contract, terms, life, months_with_facts(contract), period)


def clause_url(request: HttpRequest, contract: Contract, reference: str) -> str:
    """The page of a clause, for those whom it opens to; it stands in a room with its own readers."""
    address = reverse("clause", args=[contract.code, reference])
    line = resolve(address).func.access  # type: ignore[attr-defined]
    return address if line.opens(contract, request.roles) else ""  # type: ignore[attr-defined]


def month_read(text: str) -> date | None:
    """The month of `2026-05`."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def asked_month(request: HttpRequest, contract: Contract, terms: Terms, known: list[date]) -> date:
    """The month of the address; else the last one with facts and an invoice, or the first of the service."""
    possible = months_open(contract, terms)
    month = month_read(request.GET.get("mois", ""))
    if month in possible:
        return month
    inside = [each for each in known if each in possible]
    return last_invoiced(contract, inside) or terms.head.starts_on.replace(day=1)
