"""The facts behind a figure, page by page and whole as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from titulaire.clauses import clause
from titulaire.identity.access import reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.indicators.rules import Value
from titulaire.indicators.wording import written
from titulaire.support.dashboards.views.asking import (
    CUTS,
    READERS,
    Asked,
    asked_period,
    clause_url,
)
from titulaire.support.dashboards.views.period import indicator_url
from titulaire.support.dashboards.wording import (
    COLUMNS,
    TABLES,
    cell_exported,
    cell_written,
    key_written,
    period_written,
    ratio_written,
)
from titulaire.support.indicators.explaining import Explanation, Listing, NothingToOpen, explain
from titulaire.support.indicators.guide import sides_written
from titulaire.ui.exports import csv_stream, xlsx_response
from titulaire.ui.formats import NO_BREAK
from titulaire.ui.parts import Tab

SHOWN = 50
READ_TOGETHER = 20_000
SHEET_ROWS = 1_000_000
"""A sheet holds little more: longer lists are taken as CSV."""
NOT_NAMED = frozenset({"adviser"})
"""What only an adviser's supervisor may read."""


@clause("S-3.3.1-tableaux-de-bord")
@reads(*READERS)
def indicator_rows(request: HttpRequest, contract: Contract, period: str, code: str) -> HttpResponseBase:
    """The exact facts behind a figure, those that count and those left out with why. No adviser is shown."""
    return _rows(request, contract, period, code, hidden=NOT_NAMED)


@clause("S-3.3.1-tableaux-de-bord")
@reads(Role.SUPERVISOR, names_people=True)
def indicator_rows_named(
    request: HttpRequest, contract: Contract, period: str, code: str
) -> HttpResponseBase:
    """The same with each adviser's number, for their supervisor alone; each opening is in the journal."""
    return _rows(request, contract, period, code, hidden=frozenset())


@dataclass(frozen=True)
class Opened:
    """A figure to open: the period, the indicator, and the part of the cuts."""

    asked: Asked
    code: str
    where: Mapping[str, Any]

    def rows(self, limit: int, offset: int) -> Explanation:
        """Some of the facts behind it."""
        try:
            return explain(
                self.asked.contract,
                self.code,
                since=self.asked.period.since,
                until=self.asked.period.until,
                where=self.where,
                terms=self.asked.terms,
                limit=limit,
                offset=offset,
            )
        except NothingToOpen as nothing:
            raise Http404("nothing to open") from nothing


def _rows(
    request: HttpRequest, contract: Contract, period: str, code: str, *, hidden: frozenset[str]
) -> HttpResponseBase:
    here = asked_period(contract, period)
    said = {par: request.GET[par] for par in (*CUTS, "heure") if par in request.GET}
    opened = Opened(here, code, _where(said))
    if request.GET.get("export") in {"csv", "xlsx"}:
        return _exported(opened, request.GET["export"], hidden, said)
    left = request.GET.get("vue") == "ecartes"
    asked = request.GET.get("page", "1")
    number_asked = max(1, int(asked)) if asked.isdecimal() and len(asked) < 8 else 1
    found = opened.rows(SHOWN, (number_asked - 1) * SHOWN)
    page = _page(found, left, number_asked)
    if page.number != number_asked:
        found = opened.rows(SHOWN, (page.number - 1) * SHOWN)
    one, total = found.indicator, _total(found)
    counted = sum(each.counted for each in found.listings)
    aside = sum(count for each in found.listings for _, count in each.left_out)
    named = reverse("indicator_rows_named", args=[contract.code, period, code])
    context = {
        "heading": f"{one.code} – {one.name}",
        "period_written": period_written(here.period),
        "indicator": one,
        "clause_url": clause_url(request, contract, one.clause),
        "where": [_part_written(par, value) for par, value in said.items()],
        "formula": sides_written(found.sides, here.terms, here.day),
        "value": written(total.exact, one.unit),
        "ratio": ratio_written(total),
        "tabs": [
            Tab("Faits comptés", f"?{urlencode(said)}", not left, counted),
            Tab("Faits écartés", f"?{urlencode({**said, 'vue': 'ecartes'})}", left, aside),
        ],
        "left": left,
        "listings": [_told(each, left, hidden) for each in found.listings],
        "page": page,
        "names_advisers": not hidden,
        "named_url": f"{named}?{urlencode(said)}" if Role.SUPERVISOR in request.roles else "",  # type: ignore[attr-defined]
        "files": [
            (kind.upper(), f"?{urlencode({**said, 'export': kind})}")
            for kind in ("xlsx", "csv")
            if kind == "csv" or counted + aside <= SHEET_ROWS
        ],
        "back": here.address("dashboard_month"),
        "page_url": indicator_url(contract, here.period, one.code),
    }
    return render(request, "dashboards/rows.html", context)


def _where(said: Mapping[str, str]) -> dict[str, Any]:
    """The part of the cuts that the address names."""
    where: dict[str, Any] = {CUTS[par][0]: value or None for par, value in said.items() if par in CUTS}
    if "heure" in said:
        hour = said["heure"]
        if not (hour.isascii() and hour.isdecimal() and int(hour[:3]) < 24):
            raise Http404("no such hour")
        where["hour"] = int(hour)
    return where


def _part_written(par: str, value: str) -> tuple[str, str]:
    if par == "heure":
        return "Heure", f"{value}{NO_BREAK}h"
    return CUTS[par][1], key_written(value or None)


def _page(opened: Explanation, left: bool, asked: int) -> Page[int]:
    """The page asked; two tables behind one figure are leafed through together."""
    totals = (sum(count for _, count in each.left_out) if left else each.counted for each in opened.listings)
    return Paginator(range(max(totals, default=0)), SHOWN).get_page(asked)


def _total(opened: Explanation) -> Value:
    below = None if opened.sides.denominator is None else sum(each.denominator for each in opened.listings)
    return Value(sum(each.numerator for each in opened.listings), below, opened.sides.factor)


def _told(listing: Listing, left: bool, hidden: frozenset[str]) -> dict[str, Any]:
    rows = listing.left_out_rows if left else listing.rows
    names = [name for name in (rows[0] if rows else ()) if name not in hidden]
    return {
        "table": listing.table,
        "title": TABLES[listing.table],
        "counted": listing.counted,
        "reasons": listing.left_out,
        "headings": [COLUMNS.get(name, name) for name in names],
        "rows": [[cell_written(name, row) for name in names] for row in rows],
    }


# The whole list as a file


@clause("S-10.1-statistiques")
def _exported(opened: Opened, kind: str, hidden: frozenset[str], said: Mapping[str, str]) -> HttpResponseBase:
    """Every fact behind the figure, counted or left out with why."""
    first = opened.rows(0, 0)
    names = _names(opened, first, hidden)
    headings = ["Faits", "Compté", *(COLUMNS.get(name, name) for name in names)]
    parts = "-".join([opened.asked.period.code, opened.code, *(value or "vide" for value in said.values())])
    rows = _all_rows(opened, first, names)
    if kind == "csv":
        return csv_stream(f"faits-{parts}", headings, rows)
    length = sum(each.counted + sum(n for _, n in each.left_out) for each in first.listings)
    if length > SHEET_ROWS:
        return HttpResponse("Cette liste dépasse une feuille : prenez le CSV.", status=413)
    return xlsx_response(f"faits-{parts}", headings, rows, sheet=opened.code)


def _names(opened: Opened, first: Explanation, hidden: frozenset[str]) -> list[str]:
    """The columns of every table behind the figure, in order, those of the two sides last."""
    one = opened.rows(1, 0)
    found: dict[str, None] = {}
    for listing in one.listings:
        for row in (*listing.rows, *listing.left_out_rows):
            found |= dict.fromkeys(row)
    ends = ("numerator", "denominator", "why")
    return [name for name in found if name not in (*hidden, *ends)] + list(ends)


def _all_rows(opened: Opened, first: Explanation, names: list[str]) -> Iterator[list[Any]]:
    longest = max((max(each.counted, sum(n for _, n in each.left_out)) for each in first.listings), default=0)
    for offset in range(0, longest, READ_TOGETHER):
        for listing in opened.rows(READ_TOGETHER, offset).listings:
            for counted, rows in ((True, listing.rows), (False, listing.left_out_rows)):
                for row in rows:
                    cells = [cell_exported(name, row.get(name)) for name in names]
                    yield [TABLES[listing.table], counted, *cells]
