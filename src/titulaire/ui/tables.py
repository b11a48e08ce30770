"""Tables that people filter, sort, page through and take away.

    table = Table(
        request, orders, name="commandes", caption="Commandes", noun="commande",
        columns=[
            Column("reference", "Référence", link=lambda order: order.url, sort="reference"),
            Column("received_on", "Reçue le", kind="date", sort="received_on"),
            Column("amount", "Montant", kind="money", sort="amount"),
        ],
        filters=[Search("reference"), Choice("etat", "État", STATES)],
    )
    return table.response("orders/list.html")

The template writes `{{ table }}`. `?export=csv` and `?export=xlsx` answer with the rows that the filters
leave, all pages together. What the address says badly (a page past the end, an unknown sort) breaks nothing.
"""

from __future__ import annotations

import operator
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, cached_property, reduce
from typing import Any, ClassVar, Protocol, cast

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from titulaire.ui import exports, formats, icons
from titulaire.ui.exports import Kind
from titulaire.ui.fields import DateField

PAGE_SIZES = (25, 50, 100, 200)
SHORT = 12
"""Signs of rows' headings that need no room kept for them: codes, dates, numbers."""
NUMERIC: frozenset[Kind] = frozenset({"number", "money", "rate"})

Rows = QuerySet[Any] | Sequence[Any]
Accessor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Status:
    """A state as people read it. `tone` is good, warn, bad, info or calm."""

    code: str
    label: str
    tone: str = "calm"

    def __str__(self) -> str:
        return self.label

    def __html__(self) -> str:
        """The shape and the word, for `format_html` and for the values of `{% facts %}`."""
        return status_html(self.code, self.label, self.tone)


@cache
def status_html(code: str, label: str, tone: str) -> SafeString:
    """A state as a shape and a word."""
    return format_html(
        '<span class="status tone-{}" data-code="{}">{}{}</span>', tone, code, icons.icon(tone), label
    )


@dataclass(frozen=True)
class Column:
    """One column.

    `value` is a function of the row or a dotted path (default: `key`); `sort` names the database field (or,
    for a list, any true text) that makes the heading a sort link; `link` gives the cell its address; `html`
    shows the cell otherwise than the export writes it; `statuses` gives codes their label and tone.
    """

    key: str
    label: str
    value: Accessor | str | None = None
    kind: Kind = "text"
    sort: str | None = None
    link: Callable[[Any], str | None] | None = None
    html: Accessor | None = None
    statuses: Mapping[str, Status] | None = None
    digits: int | None = None
    exported: bool = True
    shown: bool = True

    def read(self, row: Any) -> Any:
        """The bare value of a row."""
        if callable(self.value):
            return self.value(row)
        found = row
        for step in (self.value or self.key).split("."):
            found = found.get(step) if isinstance(found, Mapping) else getattr(found, step, None)
            if found is None:
                return None
        return found() if callable(found) else found

    def status(self, value: Any) -> Status | None:
        """The value as a status."""
        if value is None or isinstance(value, Status):
            return value
        return (self.statuses or {}).get(str(value)) or Status(str(value), str(value))

    def export(self, row: Any) -> Any:
        """The value as a file wants it: typed, and in words for a status."""
        value = self.read(row)
        if self.kind == "status":
            status = self.status(value)
            return status.label if status else None
        return value

    def text(self, value: Any) -> str:
        """The value as the page shows it."""
        if value is None or value == "":
            return formats.NONE
        if isinstance(value, bool):
            return "oui" if value else "non"
        match self.kind:
            case "number":
                return formats.number(value, self.digits)
            case "money":
                return formats.money(value)
            case "rate":
                return formats.rate(value, 1 if self.digits is None else self.digits)
            case "date":
                return formats.date_short(value)
            case "instant":
                return formats.instant_short(value)
        return str(value)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, ready to show."""

    text: Any
    css: str
    link: str | None
    status: Status | None
    heads_row: bool

    def __html__(self) -> str:
        """Written here and not by the template: this is where a page of a table spends its time."""
        inside = format_html("{}", self.status or self.text)
        if self.link:
            inside = format_html('<a href="{}">{}</a>', self.link, inside)
        start = 'th scope="row"' if self.heads_row else "td"
        css = f' class="{self.css}"' if self.css else ""
        return f"<{start}{css}>{inside}</{start[:2]}>"


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading, with the address that sorts by it."""

    label: str
    css: str
    url: str | None
    order: str | None


class Filter(Protocol):
    """What a filter offers: form fields, and rows narrowed by what they hold."""

    @property
    def key(self) -> str: ...

    def fields(self) -> dict[str, forms.Field]: ...

    def narrow(self, rows: Rows, answers: Mapping[str, Any]) -> Rows: ...


@dataclass(frozen=True)
class Search:
    """Text looked for in one or several fields (dotted paths for a list, lookups for a queryset)."""

    in_fields: tuple[str, ...]
    label: str = "Rechercher"
    key: str = "q"

    def __init__(self, *in_fields: str, label: str = "Rechercher", key: str = "q") -> None:
        object.__setattr__(self, "in_fields", in_fields)
        object.__setattr__(self, "label", label)
        object.__setattr__(self, "key", key)

    def fields(self) -> dict[str, forms.Field]:
        widget = forms.TextInput(attrs={"type": "search", "autocomplete": "off"})
        return {self.key: forms.CharField(label=self.label, required=False, max_length=200, widget=widget)}

    def narrow(self, rows: Rows, answers: Mapping[str, Any]) -> Rows:
        words = (answers.get(self.key) or "").split()
        if isinstance(rows, QuerySet):
            for word in words:
                rows = rows.filter(
                    reduce(operator.or_, (Q(**{f"{f}__icontains": word}) for f in self.in_fields))
                )
            return rows
        plain = [_plain(word) for word in words]
        columns = [Column(path.replace("__", "."), "") for path in self.in_fields]

        def holds(row: Any) -> bool:
            text = " ".join(_plain(str(column.read(row) or "")) for column in columns)
            return all(word in text for word in plain)

        return [row for row in rows if holds(row)] if plain else rows


@dataclass(frozen=True)
class Choice:
    """One value among several. `field`: database field or path; `narrowed_by` replaces the comparison."""

    key: str
    label: str
    choices: Sequence[tuple[str, str]]
    field: str = ""
    every: str = "Tous"
    narrowed_by: Callable[[Rows, str], Rows] | None = None

    def fields(self) -> dict[str, forms.Field]:
        choices = [("", self.every), *self.choices]
        return {self.key: forms.ChoiceField(label=self.label, choices=choices, required=False)}

    def narrow(self, rows: Rows, answers: Mapping[str, Any]) -> Rows:
        wanted = answers.get(self.key) or ""
        if not wanted:
            return rows
        if self.narrowed_by:
            return self.narrowed_by(rows, wanted)
        path = self.field or self.key
        if isinstance(rows, QuerySet):
            return rows.filter(**{path: wanted})
        column = Column(path.replace("__", "."), "")
        return [row for row in rows if str(column.read(row)) == wanted]


@dataclass(frozen=True)
class Period:
    """Two dates, both included: that is how people say it. `field` holds a date or an instant."""

    key: str
    label: str
    field: str = ""
    instants: bool = False

    def fields(self) -> dict[str, forms.Field]:
        return {
            f"{self.key}_du": DateField(label=f"{self.label} du", required=False),
            f"{self.key}_au": DateField(label=f"{self.label} au", required=False),
        }

    def narrow(self, rows: Rows, answers: Mapping[str, Any]) -> Rows:
        since, until = answers.get(f"{self.key}_du"), answers.get(f"{self.key}_au")
        path = self.field or self.key
        if isinstance(rows, QuerySet):
            at = f"{path}__date" if self.instants else path
            bounds = {f"{at}__gte": since, f"{at}__lte": until}
            return rows.filter(**{bound: day for bound, day in bounds.items() if day})
        if not (since or until):
            return rows
        column = Column(path.replace("__", "."), "")

        def within(row: Any) -> bool:
            day = _day(column.read(row))
            return day is not None and (since is None or day >= since) and (until is None or day <= until)

        return [row for row in rows if within(row)]


@dataclass
class Table:
    """Rows shown page by page, as the address asks.

    `noun` counts the rows (`noun="commande"` gives « 3 commandes », with `plural` when it is irregular);
    `order` is the sort before anyone chooses, `-key` to descend; `prefix` tells apart two tables of a page;
    `empty` and `empty_action` (label, address) say what to do when there is nothing yet.
    """

    request: HttpRequest
    rows: Rows
    columns: Sequence[Column]
    caption: str
    name: str = "export"
    filters: Sequence[Filter] = ()
    noun: str = "ligne"
    plural: str = ""
    order: str = ""
    prefix: str = ""
    page_size: int = 50
    empty: str = "Rien à afficher pour le moment."
    empty_action: tuple[str, str] | None = None
    exportable: bool = True
    notes: Sequence[tuple[str, str]] = field(default_factory=tuple)

    template: ClassVar[str] = "ui/table.html"

    # What the address asks

    def parameter(self, name: str) -> str:
        """The name, in the address, of one of this table's own parameters."""
        return f"{self.prefix}-{name}" if self.prefix else name

    @property
    def asked(self) -> QueryDict:
        return self.request.GET

    @cached_property
    def form(self) -> forms.Form:
        """The filters as a form, filled with what the address holds."""
        fields: dict[str, Any] = {"says_optional": False}
        for each in self.filters:
            fields |= each.fields()
        kind = type("FilterForm", (forms.Form,), fields)
        data = self.asked if self.is_filtered else None
        return cast(forms.Form, kind(data, prefix=self.prefix or None, auto_id="filtre_%s"))

    @cached_property
    def is_filtered(self) -> bool:
        """Whether the address holds any filter."""
        return any(self.asked.get(self.parameter(name)) for name in self._filter_names)

    @cached_property
    def sort(self) -> tuple[Column, bool] | None:
        """The column that sorts and whether it descends."""
        for wanted in (self.asked.get(self.parameter("tri"), ""), self.order):
            key = wanted.removeprefix("-")
            for column in self.columns:
                if column.key == key and column.sort:
                    return column, wanted.startswith("-")
        return None

    @cached_property
    def size(self) -> int:
        asked = self.asked.get(self.parameter("par_page"), "")
        return int(asked) if asked in {str(size) for size in self.sizes} else self.page_size

    @property
    def sizes(self) -> list[int]:
        return sorted({*PAGE_SIZES, self.page_size})

    # Rows

    @cached_property
    def filtered(self) -> Rows:
        """Every row that the filters leave, sorted."""
        rows = self.rows
        if self.filters and self.is_filtered:
            self.form.is_valid()
            answers = self.form.cleaned_data
            for each in self.filters:
                rows = each.narrow(rows, answers)
        return self._sorted(rows)

    def _sorted(self, rows: Rows) -> Rows:
        if self.sort is None:
            return rows if not isinstance(rows, QuerySet) or rows.ordered else rows.order_by("pk")
        column, descends = self.sort
        if isinstance(rows, QuerySet):
            by = F(column.sort or column.key)
            first = by.desc(nulls_last=True) if descends else by.asc(nulls_last=True)
            return rows.order_by(first, "pk")
        known = [row for row in rows if column.read(row) is not None]
        unknown = [row for row in rows if column.read(row) is None]
        known.sort(key=lambda row: _sort_key(column.read(row)), reverse=descends)
        return known + unknown

    @cached_property
    def count(self) -> int:
        return self.paginator.count

    @cached_property
    def paginator(self) -> Paginator[Any]:
        return Paginator(cast("Sequence[Any]", self.filtered), self.size)

    @cached_property
    def page(self) -> Page[Any]:
        return self.paginator.get_page(self.asked.get(self.parameter("page"), 1))

    @property
    def body(self) -> SafeString:
        """The rows of this page."""
        return format_html_join("\n", "<tr>{}</tr>", ((self._row(row),) for row in self.page))

    def _row(self, row: Any) -> SafeString:
        return format_html_join("", "{}", ((cell,) for cell in self._cells(row)))

    def _cells(self, row: Any) -> list[Cell]:
        cells = []
        for place, column in enumerate(self.visible):
            value = column.read(row)
            status = column.status(value) if column.kind == "status" and not column.html else None
            shown = column.html(row) if column.html else column.text(value)
            link = column.link(row) if column.link else None
            cells.append(Cell(shown, _css(column), link, status, place == 0))
        return cells

    @property
    def has_short_heads(self) -> bool:
        """Are the headings of the rows all codes, dates or numbers? A wide column would stand half empty."""
        first = self.visible[0]
        return all(len(str(first.text(first.read(row)))) <= SHORT for row in self.page)

    @property
    def visible(self) -> list[Column]:
        return [column for column in self.columns if column.shown]

    @property
    def headings(self) -> list[Heading]:
        made = []
        for column in self.visible:
            order = None
            if self.sort and self.sort[0] is column:
                order = "descending" if self.sort[1] else "ascending"
            wanted = f"-{column.key}" if order == "ascending" else column.key
            url = self.address(tri=wanted, page=None) if column.sort else None
            made.append(Heading(column.label, _css(column), url, order))
        return made

    # Words and addresses

    @property
    def count_text(self) -> str:
        """« 128 commandes », or « 12 commandes trouvées »."""
        text = formats.count_fr(self.count, self.noun, self.plural)
        if self.paginator.num_pages > 1:
            first, last = formats.number(self.page.start_index()), formats.number(self.page.end_index())
            text += f", de {first} à {last}"
        return text

    def address(self, **changes: str | int | None) -> str:
        """This page's address with some of this table's parameters changed (None: removed)."""
        query = self.asked.copy()
        query.pop(self.parameter("export"), None)
        for name, value in changes.items():
            query.pop(self.parameter(name), None)
            if value is not None:
                query[self.parameter(name)] = str(value)
        return f"?{query.urlencode()}"

    @property
    def clear_url(self) -> str:
        """The address without this table's filters."""
        query = self.asked.copy()
        for name in [*self._filter_names, "page", "export"]:
            query.pop(self.parameter(name), None)
        return f"?{query.urlencode()}"

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Parameters of the address that the filter form must carry along."""
        return self._carried(*self._filter_names, "page", "export")

    @property
    def kept_for_size(self) -> list[tuple[str, str]]:
        """Parameters that the page size form must carry along."""
        return self._carried("par_page", "page", "export")

    @property
    def _filter_names(self) -> list[str]:
        return [name for each in self.filters for name in each.fields()]

    def _carried(self, *own: str) -> list[tuple[str, str]]:
        left = {self.parameter(name) for name in own}
        return [(name, value) for name, values in self.asked.lists() if name not in left for value in values]

    @property
    def csv_url(self) -> str:
        return self.address(export="csv", page=None)

    @property
    def xlsx_url(self) -> str:
        return self.address(export="xlsx", page=None)

    @property
    def pages(self) -> list[tuple[str, str | None, bool]]:
        """(text, address, whether it is this page); an address of None is a gap."""
        made: list[tuple[str, str | None, bool]] = []
        for number in self.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1):
            if isinstance(number, int):
                made.append((formats.number(number), self.address(page=number), number == self.page.number))
            else:
                made.append(("…", None, False))
        return made

    @property
    def previous_url(self) -> str | None:
        return self.address(page=self.page.number - 1) if self.page.has_previous() else None

    @property
    def next_url(self) -> str | None:
        return self.address(page=self.page.number + 1) if self.page.has_next() else None

    @property
    def size_choices(self) -> list[tuple[int, bool]]:
        return [(size, size == self.size) for size in self.sizes]

    @property
    def size_name(self) -> str:
        return self.parameter("par_page")

    @property
    def ids(self) -> str:
        """The beginning of the ids of this table's parts."""
        return f"{self.prefix or 'premier'}-tableau"

    # Answers

    @property
    def export(self) -> str:
        """`csv`, `xlsx`, or nothing when a page is asked."""
        asked = self.asked.get(self.parameter("export"), "")
        return asked if self.exportable and asked in {"csv", "xlsx"} else ""

    def export_response(self) -> HttpResponse:
        """The filtered rows as the file that the address asks for."""
        columns = [column for column in self.columns if column.exported]
        headings = [column.label for column in columns]
        found = self.filtered
        every = found.iterator(chunk_size=2000) if isinstance(found, QuerySet) else found
        rows = ([column.export(row) for column in columns] for row in every)
        name = f"{self.name}-{timezone.localdate():%Y-%m-%d}"
        if self.export == "csv":
            return exports.csv_response(name, headings, rows)
        return exports.xlsx_response(
            name,
            headings,
            rows,
            sheet=self.caption,
            kinds=[column.kind for column in columns],
            notes=self.notes,
        )

    def response(self, template: str, context: dict[str, Any] | None = None) -> HttpResponse:
        """The export if the address asks for it, else the page, with this table as `table`."""
        if self.export:
            return self.export_response()
        return render(self.request, template, {"table": self, **(context or {})})

    def __html__(self) -> str:
        return self.render()

    def __str__(self) -> str:
        return self.render()

    def render(self) -> SafeString:
        """The table, its filters, its count and its pages."""
        return render_to_string(self.template, {"table": self}, request=self.request)


def _css(column: Column) -> str:
    if column.kind in NUMERIC:
        return "num"
    return "nowrap" if column.kind in {"date", "instant", "status"} else ""


def _plain(text: str) -> str:
    """The text without case or accents, for searching and sorting."""
    parts = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def _sort_key(value: Any) -> Any:
    if isinstance(value, Status):
        return _plain(value.label)
    return _plain(value) if isinstance(value, str) else value


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value if isinstance(value, date) else None
