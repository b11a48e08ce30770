"""From a spec to the pages of one booklet. Typst keeps what it learnt: stay in one process, never fork it."""

from __future__ import annotations

import json
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst
import zxingcpp

from titulaire.clauses import clause
from titulaire.vouchers.issuing import datamatrix
from titulaire.vouchers.issuing.printing import art, layout
from titulaire.vouchers.issuing.printing.spec import Advert, BookletSpec, JobSpec, Side, VoucherSpec
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


class Medium(StrEnum):
    """The same pages twice: for the printer (process colours, bleed, crop marks), and to keep (PDF/A-2b)."""

    PRESS = "PRESS"
    ARCHIVE = "ARCHIVE"


@clause("T-2.4-mentions", "T-2.4-nom", "T-2.4-publicite", "T-2.6-domicile")
def typeset(job: JobSpec, booklet: BookletSpec, medium: Medium) -> bytes:
    """The PDF of one booklet: letter if it is posted, cover, adverts, vouchers.

    Raises:
        TypesettingFailed: see the exception.
        UnknownPlaceholder: the letter's template asks for a value that does not exist.
    """
    sources = {"main": _template(), **_files(job, booklet, medium)}
    try:
        pdf, warnings = _compiler().compile_with_warnings(
            input=sources,
            format="pdf",
            pdf_standards=["a-2b"] if medium is Medium.ARCHIVE else [],
            timestamp=int(job.made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise TypesettingFailed(booklet.reference, (error.diagnostic, *error.hints)) from error
    if warnings:
        raise TypesettingFailed(booklet.reference, tuple(str(warning) for warning in warnings))
    return bytes(pdf)


def page_count(job: JobSpec, booklet: BookletSpec) -> int:
    """Pages of a booklet in the files: letter, cover, adverts, vouchers."""
    return first_voucher_page(job, booklet) + len(booklet.vouchers) + len(_adverts(job, Side.END))


def first_voucher_page(job: JobSpec, booklet: BookletSpec) -> int:
    """Index in the booklet, from 0, of the page of its first voucher."""
    return cover_page(job, booklet) + 1 + len(_adverts(job, Side.BEGINNING))


def cover_page(job: JobSpec, booklet: BookletSpec) -> int:
    """Index in the booklet, from 0, of its cover."""
    return 0 if job.letter_for(booklet) is None else 1


def particulars(job: JobSpec) -> tuple[str, ...]:
    """The sentences in small print that each voucher of a job bears."""
    return (
        *job.mentions,
        f"Émis par {job.issuer.line}.",
        f"À présenter au paiement à {job.presented_to.line}.",
        f"Accordé par {job.authority.line}.",
    )


def _adverts(job: JobSpec, side: Side) -> tuple[Advert, ...]:
    return tuple(advert for advert in job.adverts if advert.side is side)


def _files(job: JobSpec, booklet: BookletSpec, medium: Medium) -> dict[str, bytes]:
    press = medium is Medium.PRESS
    symbols = [datamatrix.symbol(voucher.code) for voucher in booklet.vouchers]
    symbols += [_qr(advert.address) for advert in job.adverts if advert.address]
    provided = _background(medium)
    if press:
        provided = {**provided, "symbols.pdf": art.codes_pdf(symbols)}
        names = ["symbols.pdf"] * len(symbols)
    else:
        names = [f"symbol-{index}.svg" for index in range(len(symbols))]
        provided = {
            **provided,
            **{name: art.code_svg(symbol) for name, symbol in zip(names, symbols, strict=True)},
        }
    content = _content(job, booklet, names)
    content |= {"press": press, "background": "background.pdf" if press else "background.svg"}
    return {**provided, "data.json": json.dumps(content, ensure_ascii=False).encode()}


def _content(job: JobSpec, booklet: BookletSpec, names: list[str]) -> dict[str, Any]:
    count = len(booklet.vouchers)
    figures, words = face_value_in_figures(job.face_value), amount_in_words(job.face_value)
    adverts, place = [], count
    for advert in job.adverts:
        shown: dict[str, Any] = {
            "title": advert.title,
            "paragraphs": advert.paragraphs,
            "side": advert.side,
            "address": advert.address,
        }
        if advert.address:
            shown |= {"symbol": names[place], "page": place + 1}
            place += 1
        adverts.append(shown)
    return {
        "layout": layout.figures(),
        "document": {
            "title": f"{job.title}, carnet {booklet.reference}",
            "author": job.issuer.name,
        },
        "slug-line": f"{job.reference} · {booklet.reference} · {job.batch}",
        "title": job.title,
        "authority": [job.authority.name, *job.authority.address],
        "issuer": [job.issuer.name, *job.issuer.address],
        "figures": figures,
        "words": words,
        "total": face_value_in_figures(job.face_value * count),
        "goods": job.goods,
        "validity": job.validity,
        "vintage": str(job.vintage),
        "batch": job.batch,
        "booklet": booklet.reference,
        "count": str(count),
        "count-label": "titres" if count > 1 else "titre",
        "first": booklet.vouchers[0].number.grouped,
        "last": booklet.vouchers[-1].number.grouped,
        "holder": booklet.printed_holder,
        "civility": booklet.civility if booklet.holder else "",
        "address": booklet.address,
        "cover-note": job.cover_note,
        "particulars": particulars(job),
        "specimen": job.specimen,
        "adverts": adverts,
        "letter": _letter(job, booklet),
        "vouchers": [
            _voucher(voucher, words, name, page + 1)
            for page, (voucher, name) in enumerate(zip(booklet.vouchers, names, strict=False))
        ],
    }


def _voucher(voucher: VoucherSpec, words: str, symbol: str, page: int) -> dict[str, Any]:
    once = f"{voucher.number} {words.upper()} "
    return {
        "number": voucher.number.grouped,
        "short": voucher.short_code,
        "micro": once * (200 // len(once)),
        "symbol": symbol,
        "page": page,
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
def _background(medium: Medium) -> dict[str, bytes]:
    if medium is Medium.PRESS:
        return {"background.pdf": art.background_pdf()}
    return {"background.svg": art.background_svg()}


@cache
def _qr(address: str) -> datamatrix.Modules:
    image = zxingcpp.create_barcode(address, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(
        scale=1, add_quiet_zones=False
    )
    view = memoryview(image)
    return tuple(bytes(1 if value == 0 else 0 for value in row) for row in view.tolist())


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
