"""From a spec to the pages of one booklet. Typst keeps what it learnt: stay in one process, never fork it."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from titulaire.clauses import clause
from titulaire.vouchers.issuing.printing import layout
from titulaire.vouchers.issuing.printing.art import Medium
from titulaire.vouchers.issuing.printing.pagination import leaves
from titulaire.vouchers.issuing.printing.spec import BookletSpec, JobSpec, VoucherSpec
from titulaire.vouchers.issuing.rules import (
    NO_BREAK_SPACE,
    amount_in_words,
    date_in_words,
    face_value_in_figures,
)

FONT_NAMES = frozenset({"Inter", "Spectral", "OCRB"})
"""The only faces that a page may carry, as PDF names them (before the hyphen)."""


class TypesettingFailed(Exception):
    """Typst refused a booklet, or warned: a warning here is a missing face or a text that does not fit."""

    def __init__(self, booklet: str, messages: tuple[str, ...]) -> None:
        super().__init__(booklet, messages)
        self.booklet = booklet
        self.messages = messages


@clause("T-2.4-mentions")
def typeset_face(job: JobSpec, medium: Medium) -> bytes:
    """The words that all vouchers of a job have in common: one page, repeated under each voucher.

    Raises:
        TypesettingFailed: see the exception.
    """
    return _compiled(job, job.reference, medium, {"use": "face", **_common(job, medium)})


@clause("T-2.4-nom", "T-2.6-domicile")
def typeset(job: JobSpec, booklet: BookletSpec, medium: Medium) -> bytes:
    """The words of one booklet, page by page as `leaves` gives them, without those of `typeset_face`.

    Raises:
        TypesettingFailed: see the exception.
        UnknownPlaceholder: the letter's template asks for a value that does not exist.
    """
    content = {"use": "booklet", **_common(job, medium), **_own(job, booklet)}
    return _compiled(job, booklet.reference, medium, content)


def _compiled(job: JobSpec, name: str, medium: Medium, content: dict[str, Any]) -> bytes:
    # The template under `main` is accepted, though typst's own types forget it.
    sources: Any = {"main": _template(), "data.json": json.dumps(content, ensure_ascii=False).encode()}
    try:
        pdf, warnings = _compiler().compile_with_warnings(
            input=sources,
            format="pdf",
            pdf_standards=["a-2b"] if medium is Medium.ARCHIVE else [],
            timestamp=int(job.made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise TypesettingFailed(name, (error.diagnostic, *error.hints)) from error
    if warnings:
        raise TypesettingFailed(name, tuple(str(warning) for warning in warnings))
    assert isinstance(pdf, bytes)  # a PDF is one file  # noqa: S101
    return pdf


def particulars(job: JobSpec) -> tuple[str, ...]:
    """The sentences in small print that each voucher of a job bears."""
    return (
        *job.mentions,
        f"Émis par {job.issuer.line}.",
        f"À présenter au paiement à {job.presented_to.line}.",
        f"Accordé par {job.authority.line}.",
    )


def _common(job: JobSpec, medium: Medium) -> dict[str, Any]:
    return {
        "layout": layout.figures(),
        "press": medium is Medium.PRESS,
        "document": {"title": f"{job.title} {job.reference}", "author": job.issuer.name},
        "title": job.title,
        "authority": [job.authority.name, *job.authority.address],
        "issuer": [job.issuer.name, *job.issuer.address],
        "figures": face_value_in_figures(job.face_value),
        "words": amount_in_words(job.face_value),
        "goods": job.goods,
        "validity": job.validity,
        "vintage": str(job.vintage),
        "batch": job.batch,
        "cover-note": job.cover_note,
        "particulars": particulars(job),
        "specimen": job.specimen,
    }


def _own(job: JobSpec, booklet: BookletSpec) -> dict[str, Any]:
    count = len(booklet.vouchers)
    words = amount_in_words(job.face_value)
    return {
        "slug-line": f"{job.reference} · {booklet.reference} · {job.batch}",
        "total": face_value_in_figures(job.face_value * count),
        "booklet": booklet.reference,
        "count": str(count),
        "count-label": "titres" if count > 1 else "titre",
        "first": booklet.vouchers[0].number.grouped,
        "last": booklet.vouchers[-1].number.grouped,
        "holder": booklet.printed_holder,
        "civility": booklet.civility if booklet.holder else "",
        "address": booklet.address,
        "leaves": [leaf.kind for leaf in leaves(job, booklet)],
        "letter": _letter(job, booklet),
        "adverts": [asdict(leaf.advert) for leaf in leaves(job, booklet) if leaf.advert],
        "vouchers": [_voucher(voucher, words) for voucher in booklet.vouchers],
    }


def _voucher(voucher: VoucherSpec, words: str) -> dict[str, str]:
    once = f"{voucher.number} {words.upper()} "
    return {
        "number": voucher.number.grouped,
        "short": voucher.short_code,
        "micro": once * (120 // len(once)),
    }


def _letter(job: JobSpec, booklet: BookletSpec) -> dict[str, Any] | None:
    letter = job.letter_for(booklet)
    if letter is None:
        return None
    day = job.letter_on or job.made_at.date()
    return {
        "sender": [letter.sender.name, *letter.sender.address],
        "date": f"{letter.place}, le{NO_BREAK_SPACE}{date_in_words(day)}",
        "subject": letter.subject,
        "paragraphs": letter.paragraphs,
        "closing": letter.closing,
        "signature": letter.signature,
        "reference": letter.reference,
        "footer": letter.footer,
    }


@cache
def _template() -> bytes:
    return (files(__package__) / "templates" / "booklet.typ").read_bytes()


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(Path(str(files(__package__) / "fonts")))],
    )
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=True)
