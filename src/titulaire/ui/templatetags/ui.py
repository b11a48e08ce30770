"""Components for every page: they take plain values and know nothing of a contract.

Built into the template engine: no `{% load %}` is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.forms import BaseForm, BaseFormSet, BoundField
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from titulaire.ui import formats, icons
from titulaire.ui.tables import Table

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
def needed(field: BoundField) -> SafeString | str:
    """« (facultatif) » after the label of a field that may be left empty, except in filters."""
    if field.field.required or not getattr(field.form, "says_optional", True):
        return ""
    return format_html(' <span class="needed">{}</span>', "(facultatif)")


# Small components


@register.simple_tag
def status(code: str, label: str = "", tone: str = "calm") -> SafeString:
    """A state as a shape and a word: `{% status "PAID" "Payée" "good" %}`. For the tones, see TONES."""
    tone = _tone(tone)
    return format_html(
        '<span class="status tone-{}" data-code="{}">{}{}</span>', tone, code, icons.icon(tone), label or code
    )


def _tone(tone: str) -> str:
    if tone not in TONES:
        raise template.TemplateSyntaxError(f"unknown tone {tone!r}: one of {', '.join(TONES)}")
    return tone
