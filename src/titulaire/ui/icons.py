"""Small drawings, always beside words: hidden from screen readers, coloured by the text around them."""

from __future__ import annotations

from functools import cache

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

SHAPES: dict[str, str] = {
    # The five tones: their outlines differ, so that a grey print tells them apart.
    "good": '<circle cx="8" cy="8" r="7" fill="currentColor"/>'
    '<path d="m4.8 8.3 2.2 2.2 4.3-4.6" class="cut" fill="none" stroke="var(--tone-soft, #fff)" '
    'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>',
    "warn": '<path d="M8 1.3 15.4 14.4H.6z" fill="currentColor" stroke="currentColor" '
    'stroke-linejoin="round"/>'
    '<path d="M8 6v3.6M8 11.9v.2" stroke="var(--tone-soft, #fff)" stroke-width="1.8" '
    'stroke-linecap="round"/>',
    "bad": '<path d="M5 .9h6L15.1 5v6L11 15.1H5L.9 11V5z" fill="currentColor"/>'
    '<path d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2" stroke="var(--tone-soft, #fff)" stroke-width="1.8" '
    'stroke-linecap="round"/>',
    "info": '<rect x="1.2" y="1.2" width="13.6" height="13.6" rx="3" fill="none" stroke="currentColor" '
    'stroke-width="1.8"/><path d="M8 7.4v4M8 4.6v.2" stroke="currentColor" stroke-width="1.9" '
    'stroke-linecap="round"/>',
    "calm": '<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.8"/>'
    '<path d="M5.2 8h5.6" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/>',
    "ascending": '<path d="M8 2 13 9H3z" fill="currentColor"/>',
    "descending": '<path d="M8 14 3 7h10z" fill="currentColor"/>',
    "sortable": '<path d="M8 1 12 6H4zM8 15l-4-5h8z" fill="currentColor"/>',
    "check": '<path d="m3 8.5 3.2 3.2L13 4.8" fill="none" stroke="currentColor" stroke-width="2.2" '
    'stroke-linecap="round" stroke-linejoin="round"/>',
    "menu": '<path d="M2 4h12M2 8h12M2 12h12" stroke="currentColor" stroke-width="1.8" '
    'stroke-linecap="round"/>',
    "clause": '<path d="M3.5 1.5h6l3 3v10h-9z" fill="none" stroke="currentColor" stroke-width="1.5" '
    'stroke-linejoin="round"/><path d="M5.8 7h4.4M5.8 10h4.4" stroke="currentColor" stroke-width="1.4" '
    'stroke-linecap="round"/>',
}

BRAND: SafeString = mark_safe(
    '<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">'
    '<rect width="32" height="32" rx="7" fill="#fff"/>'
    '<path d="M7 8.5h18v4.6H7zM13.6 15.1h4.8v2.2h-4.8zM13.6 19.3h4.8V25h-4.8z" fill="#0c3c40"/>'
    '<circle cx="24" cy="22.6" r="2.6" fill="#d98a1f"/></svg>'
)


@cache
def icon(name: str) -> SafeString:
    """The drawing, 16 by 16 units."""
    return format_html(
        '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">{}</svg>',
        mark_safe(SHAPES[name]),  # noqa: S308 - a constant
    )
