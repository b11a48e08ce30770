"""Components for every page: they take plain values and know nothing of a contract.

Built into the template engine: no `{% load %}` is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BaseFormSet, BoundField
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from titulaire.ui import charts, formats, icons
from titulaire.ui.tables import Status, Table, status_html

register = template.Library()

TONES = ("good", "warn", "bad", "info", "calm")

for _name in (
    "number",
    "money",
    "rate",
    "date_fr",
    "weekday_fr",
    "date_short",
    "month_fr",
    "instant_fr",
    "instant_short",
    "duration_fr",
):
    register.filter(_name, getattr(formats, _name))
register.simple_tag(formats.money, name="money")
register.simple_tag(formats.rate, name="rate")
register.simple_tag(charts.sparkline, name="sparkline")
register.simple_tag(formats.count_fr, name="count_fr")


# The frame


@register.simple_tag
def icon(name: str) -> SafeString:
    """A small drawing beside words."""
    return icons.icon(name)


@register.simple_tag
def brand_mark() -> SafeString:
    """The product's mark, for the dark bar."""
    return icons.BRAND


@register.simple_tag(takes_context=True)
def error_prefix(context: Context) -> str:
    """« Erreur : » when a form of the page was refused: the title is the first thing that is read aloud."""
    return "Erreur : " if any(_has_errors(value) for value in context.flatten().values()) else ""


def _has_errors(value: object) -> bool:
    if isinstance(value, Table):
        return bool(value.filters) and value.is_filtered and bool(value.form.errors)
    if isinstance(value, BaseForm):
        return value.is_bound and bool(value.errors)
    return isinstance(value, BaseFormSet) and value.is_bound and value.total_error_count() > 0


@register.simple_tag
def foot_link(view: str, label: str) -> SafeString:
    """A link of the footer; plain words until the page exists."""
    try:
        return format_html('<a href="{}">{}</a>', reverse(view), label)
    except NoReverseMatch:
        return format_html("<span>{}</span>", label)


@register.inclusion_tag("ui/breadcrumb.html")
def breadcrumb_of(links: Any) -> dict[str, Any]:
    """The breadcrumb from (label, address) pairs; the last, without address, is this page."""
    return {"links": [(label, url) for label, url in links]}


@register.inclusion_tag("ui/breadcrumb.html")
def crumbs(*parts: str) -> dict[str, Any]:
    """`{% crumbs "Commandes" orders_url "Commande 12" %}`: label and address in turn, this page last."""
    *before, here = parts
    pairs: list[tuple[str, str | None]] = list(zip(before[::2], before[1::2], strict=True))
    return {"links": [*pairs, (here, None)]}


@register.inclusion_tag("ui/notice.html")
def notice(tone: str, body: str = "", title: str = "", role: str = "") -> dict[str, Any]:
    """A framed sentence: `{% notice "warn" "…" "Titre" %}`."""
    return {"tone": _tone(tone), "title": title, "body": body, "role": role}


@register.inclusion_tag("ui/notice.html")
def message_notice(message: Any) -> dict[str, Any]:
    """One of Django's messages; refusals and warnings are said at once, the rest when the reader is free."""
    tone = {"success": "good", "warning": "warn", "error": "bad"}.get(message.level_tag, "info")
    role = "alert" if tone in {"bad", "warn"} else "status"
    return {"tone": tone, "title": "", "body": message.message, "role": role}


# Forms


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One error of the summary: what to say, and where to go to mend it."""

    target: str
    label: str
    text: str


@register.inclusion_tag("ui/error_summary.html")
def error_summary(*forms: Any) -> dict[str, Any]:
    """All errors of one or several forms, each a link to its field. Nothing when all is well."""
    lines: list[SummaryLine] = []
    for form in forms:
        if isinstance(form, BaseFormSet):
            lines += [SummaryLine("", "", str(text)) for text in form.non_form_errors()]
            for each in form.forms:
                lines += _errors_of(each)
        elif isinstance(form, BaseForm):
            lines += _errors_of(form)
    return {"errors": lines}


def _errors_of(form: BaseForm) -> list[SummaryLine]:
    if not form.is_bound:
        return []
    lines = [SummaryLine("", "", str(text)) for text in form.non_field_errors()]
    for field in form:
        target = f"{field.auto_id}_0" if field.use_fieldset and field.auto_id else field.id_for_label
        lines += [SummaryLine(target, str(field.label), str(text)) for text in field.errors]
    return lines


@register.simple_tag
def plain_field(field: BoundField, label: str = "") -> SafeString:
    """A field without its hint, under another label: for forms that come from a library."""
    field.help_text = ""
    if label:
        field.label = label
    return field.as_field_group()


@register.simple_tag
def needed(field: BoundField) -> SafeString | str:
    """« (facultatif) » after the label of a field that may be left empty, except in filters."""
    if field.field.required or not getattr(field.form, "says_optional", True):
        return ""
    return format_html(' <span class="needed">{}</span>', "(facultatif)")


# Small components


@register.simple_tag
def status(code: str | Status, label: str = "", tone: str = "calm") -> SafeString:
    """A state as a shape and a word: `{% status "PAID" "Payée" "good" %}`, or `{% status value %}` for a Status.

    Tones: good, warn, bad, info, calm.
    """
    if isinstance(code, Status):
        return status_html(code.code, code.label, _tone(code.tone))
    return status_html(code, label or code, _tone(tone))


def _tone(tone: str) -> str:
    if tone not in TONES:
        raise template.TemplateSyntaxError(f"unknown tone {tone!r}: one of {', '.join(TONES)}")
    return tone


@register.simple_tag
def clause_ref(reference: str, url: str = "") -> SafeString:
    """The clause a thing rests on, as a chip that leads to its text: `{% clause_ref "T-2.1.3" url %}`."""
    mark = format_html('{}<span class="hidden-text">Clause </span>{}', icons.icon("clause"), reference)
    if url:
        return format_html('<a class="clause" href="{}">{}</a>', url, mark)
    return format_html('<span class="clause">{}</span>', mark)


@register.inclusion_tag("ui/gauge.html")
def gauge(
    value: formats.Number,
    maximum: formats.Number,
    label: str,
    unit: charts.Unit = "number",
    tone: str = "",
    mark: formats.Number | None = None,
    mark_label: str = "",
) -> dict[str, Any]:
    """A share of a whole, written and drawn: `{% gauge spent ceiling "Consommé" unit="money" %}`.

    `mark`, if given, is a level worth seeing on the way (an alert at 80 %, say).
    """
    whole = float(maximum)
    share = min(max(float(value) / whole, 0.0), 1.0) if whole > 0 else 0.0
    return {
        "label": label,
        "value": charts.written(value, unit, whole=value == int(value)),
        "maximum": charts.written(maximum, unit, whole=maximum == int(maximum)),
        "share": formats.rate(float(value) / whole) if whole > 0 else formats.NONE,
        "width": f"{share * 100:.2f}",
        "tone": _tone(tone) if tone else "",
        "mark": f"{min(float(mark) / whole, 1.0) * 100:.2f}" if mark is not None and whole > 0 else "",
        "mark_text": f"{mark_label or 'Repère'} : {charts.written(mark, unit, whole=mark == int(mark))}"
        if mark is not None
        else "",
    }


@register.inclusion_tag("ui/progress.html")
def progress(
    done: int, total: int, label: str, url: str = "", finished: bool = False, note: str = ""
) -> dict[str, Any]:
    """Work going on. With `url`, the fragment asks for its successor every two seconds until `finished`."""
    share = done / total if total else 0.0
    return {
        "done": str(done),
        "total": str(total or 1),
        "text": f"{formats.number(done)} sur {formats.number(total)} ({formats.rate(share, 0)})",
        "label": label,
        "url": "" if finished else url,
        "note": note,
        "id": f"avancement-{slugify(label)}",
    }


@register.inclusion_tag("ui/facts.html")
def facts(pairs: Any) -> dict[str, Any]:
    """Labels and values, line by line: pairs, or a mapping."""
    items = pairs.items() if hasattr(pairs, "items") else pairs
    return {"pairs": [(label, _shown(value)) for label, value in items]}


def _shown(value: Any) -> Any:
    if value is None or value == "":
        return formats.NONE
    return conditional_escape(value) if hasattr(value, "__html__") else value


@register.inclusion_tag("ui/figures.html")
def figures(items: Any) -> dict[str, Any]:
    """Key figures side by side, from `parts.Figure` values."""
    return {"items": list(items)}


@register.inclusion_tag("ui/timeline.html")
def timeline(events: Any) -> dict[str, Any]:
    """Dated facts in the order given, from `parts.Event` values."""
    made = []
    for event in events:
        is_instant = isinstance(event.at, datetime)
        written = formats.instant_fr(event.at) if is_instant else formats.date_fr(event.at)
        made.append((event, written, event.at.isoformat() if event.at else "", _tone(event.tone)))
    return {"events": made}


@register.inclusion_tag("ui/tabs.html")
def tabs(items: Any, label: str = "Rubriques") -> dict[str, Any]:
    """Links between the views of one thing, from `parts.Tab` values."""
    return {"items": list(items), "label": label}


@register.inclusion_tag("ui/steps.html")
def steps(current: int, *labels: str) -> dict[str, Any]:
    """Where one stands in a short path: `{% steps 2 "Déposer" "Contrôler" "Acquitter" %}`."""
    states = [
        "done" if place < current else "current" if place == current else "" for place in _from_one(labels)
    ]
    return {"steps": list(zip(_from_one(labels), labels, states, strict=True)), "total": len(labels)}


def _from_one(items: Sequence[object]) -> range:
    return range(1, len(items) + 1)


@register.inclusion_tag("ui/pagination.html", takes_context=True)
def pagination(
    context: Context, page: Page[Any], label: str = "liste", parameter: str = "page"
) -> dict[str, Any]:
    """Page links for a list that is not a `Table`; they keep the rest of the address."""
    query = context["request"].GET.copy()

    def address(number: int) -> str:
        query[parameter] = str(number)
        return f"?{query.urlencode()}"

    pages: list[tuple[str, str | None, bool]] = []
    for number in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1):
        if isinstance(number, int):
            pages.append((formats.number(number), address(number), number == page.number))
        else:
            pages.append(("…", None, False))
    return {
        "label": label,
        "pages": pages,
        "previous_url": address(page.number - 1) if page.has_previous() else None,
        "next_url": address(page.number + 1) if page.has_next() else None,
    }


@register.simple_block_tag
def why(content: str, summary: str = "Pourquoi ce chiffre ?") -> SafeString:
    """What a figure is made of, folded: `{% why %}…{% endwhy %}`."""
    return format_html(
        '<details class="disclose"><summary>{}</summary><div class="disclose-body">{}</div></details>',
        summary,
        content,
    )


@register.simple_block_tag
def card(content: str, title: str = "", level: int = 2) -> SafeString:
    """A framed part of the page: `{% card "Titre" %}…{% endcard %}`."""
    heading = format_html("<h{}>{}</h{}>", level, title, level) if title else ""
    return format_html('<section class="card">{}{}</section>', heading, content)
