"""Reading a press file as a merchant, a postman and a forger would, before anyone prints it.

Nothing of what made the file is trusted: pages are rendered by pdfium, codes are read from the pixels by
zxing-cpp (our own writer drew them) and verified with the public keys alone, words come from the text layer.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from io import BytesIO

import numpy
import numpy.typing
import pikepdf
import pypdfium2
import zxingcpp

from titulaire.clauses import clause
from titulaire.vouchers.issuing.codes import CodeContent, PublicKeys, Refusal, verify
from titulaire.vouchers.issuing.printing import layout
from titulaire.vouchers.issuing.printing.layout import POINTS, Rectangle
from titulaire.vouchers.issuing.printing.pagination import Leaf, PageKind, leaves
from titulaire.vouchers.issuing.printing.spec import Advert, BookletSpec, JobSpec, VoucherSpec
from titulaire.vouchers.issuing.printing.typesetting import FONT_NAMES, particulars
from titulaire.vouchers.issuing.rules import amount_in_words, date_in_words, face_value_in_figures

DOTS_PER_INCH = 120
_DATA_MATRIX = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
Pixels = numpy.typing.NDArray[numpy.uint8]

DARK = 150
_LEFT, _LEFT_DOTS = Rectangle(8.0, 23.0, 12.0, 39.0), 60
_CODE_ZONE = layout.CODE.grown(layout.QUIET)
_RIGHT = Rectangle(132.0, 5.0, 23.0, 30.0)
_INKED = (
    (_RIGHT, Rectangle(133.0, layout.NUMBER.y, 21.0, layout.NUMBER.height), "le numéro"),
    (_LEFT, Rectangle(8.0, 23.0, 12.0, 8.0), "la valeur"),
    (_LEFT, Rectangle(8.0, 33.0, 12.0, 6.0), "la valeur en lettres"),
    (_LEFT, Rectangle(8.0, 43.0, 12.0, 3.0), "la nature des achats"),
    (_LEFT, Rectangle(8.0, 46.5, 12.0, 5.5), "la validité"),
    (_LEFT, Rectangle(8.0, 52.5, 12.0, 7.5), "le bloc des mentions"),
)
_SAFE = Rectangle(0.0, 0.0, layout.TITLE_WIDTH, layout.TITLE_HEIGHT).grown(-3.0)
"""Words nearer to the edge than this may be cut."""
_INK_SHARE = 0.03
"""Least share of dark pixels where a voucher has words, which may be in the file yet under a patch."""


class Check(StrEnum):
    """What can be wrong with a page."""

    PAGES = "PAGES"
    BOXES = "BOXES"
    FONTS = "FONTS"
    MENTION = "MENTION"
    NUMBER = "NUMBER"
    WINDOW = "WINDOW"
    LETTER = "LETTER"
    CODE_UNREADABLE = "CODE_UNREADABLE"
    CODE_REFUSED = "CODE_REFUSED"
    CODE_DIFFERS = "CODE_DIFFERS"
    FAINT = "FAINT"


@dataclass(frozen=True)
class Finding:
    """One fault. `page` counts from 1, 0 is the whole file; `message` is French, for the screen."""

    page: int
    booklet: str
    check: Check
    message: str


@dataclass(frozen=True)
class ProofReport:
    """What was read, and every fault found. A job is released only when it passed."""

    pages: int
    vouchers: int
    codes_verified: int
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        return not self.findings

    @property
    def failing_pages(self) -> tuple[int, ...]:
        return tuple(sorted({finding.page for finding in self.findings if finding.page}))


@clause("T-2.4-mentions", "T-2.4-nom", "T-2.4-securite")
def proofread(press: bytes, job: JobSpec, public_keys: PublicKeys) -> ProofReport:
    """Read a press file page by page against what it should say."""
    return _Reading(press, job, public_keys).report()


def page_picture(press: bytes, page: int, dots_per_inch: int = 110) -> bytes:
    """A page as PNG, for the screen that shows why a job is held. `page` counts from 1."""
    with pypdfium2.PdfDocument(press) as pdf:
        out = BytesIO()
        pdf[page - 1].render(scale=dots_per_inch / 72).to_pil().save(out, "PNG")
        return out.getvalue()


def required_texts(job: JobSpec) -> tuple[str, ...]:
    """What every voucher of a job must say in clear, whatever its number (T-2.4-mentions)."""
    return (
        job.title.upper(),
        job.authority.name,
        job.issuer.name,
        face_value_in_figures(job.face_value),
        amount_in_words(job.face_value),
        job.goods,
        job.validity,
        str(job.vintage),
        job.batch,
        "Cachet du commerçant",
        *particulars(job),
    )


class _Page:
    """A page of the file, measured in millimetres from the top left corner of its trimmed page."""

    def __init__(self, page: pypdfium2.PdfPage, slug: float) -> None:
        self._page = page
        self._slug = slug
        self.width, self.height = page.get_size()
        self._text = page.get_textpage()

    @cached_property
    def _shown(self) -> str:
        return self._text.get_text_range()

    @cached_property
    def bare(self) -> str:
        return _DROPPED.sub("", self._shown)

    def text_in(self, zone: Rectangle) -> str:
        left, bottom, right, top = self._points(zone)
        return _bare(self._text.get_text_bounded(left, bottom, right, top))

    def holds(self, zone: Rectangle, text: str) -> bool:
        """Whether the text stands in the zone, every character of it, on one line or more."""
        wanted, places = _bare(text), self._places
        start = self.bare.find(wanted)
        while start >= 0:
            if all(self._is_inside(zone, index) for index in places[start : start + len(wanted)]):
                return True
            start = self.bare.find(wanted, start + 1)
        return False

    @cached_property
    def _places(self) -> list[int]:
        """For each character of `bare`, its rank on the page."""
        return [index for index, character in enumerate(self._shown) if not _DROPPED.match(character)]

    def _is_inside(self, zone: Rectangle, index: int) -> bool:
        left, bottom, right, top = self._text.get_charbox(index)
        edges = self._points(zone)
        return edges[0] <= left and edges[1] <= bottom and right <= edges[2] and top <= edges[3]

    def pixels(self, zone: Rectangle, dots_per_inch: int) -> Pixels:
        left, bottom, right, top = self._points(zone)
        crop = (left, bottom, self.width - right, self.height - top)
        return self._page.render(scale=dots_per_inch / 72, crop=crop, grayscale=True).to_numpy()

    def _points(self, zone: Rectangle) -> tuple[float, float, float, float]:
        x, y = (zone.x + self._slug) * POINTS, (zone.y + self._slug) * POINTS
        return x, self.height - y - zone.height * POINTS, x + zone.width * POINTS, self.height - y


class _Reading:
    def __init__(self, press: bytes, job: JobSpec, public_keys: PublicKeys) -> None:
        self._press = press
        self._job = job
        self._keys = public_keys
        self._required = tuple((text, _bare(text)) for text in required_texts(job))
        self._findings: list[Finding] = []
        self._verified = 0

    def report(self) -> ProofReport:
        plan = [(booklet, leaf) for booklet in self._job.booklets for leaf in leaves(self._job, booklet)]
        with pypdfium2.PdfDocument(self._press) as pdf:
            if len(pdf) != len(plan):
                self._add(0, "", Check.PAGES, f"Le fichier compte {len(pdf)} pages au lieu de {len(plan)}.")
            for index, (booklet, leaf) in enumerate(plan[: len(pdf)]):
                self._read(pdf, index, booklet, leaf)
            self._read_fonts()
            return ProofReport(len(pdf), self._job.voucher_count, self._verified, tuple(self._findings))

    def _read(self, pdf: pypdfium2.PdfDocument, index: int, booklet: BookletSpec, leaf: Leaf) -> None:
        if leaf.kind is PageKind.LETTER:
            self._read_letter(pdf, index, booklet)
        elif leaf.kind is PageKind.COVER:
            self._read_cover(pdf, index, booklet)
        elif leaf.voucher is not None:
            self._read_voucher(pdf, index, booklet, leaf.voucher)
        elif leaf.advert is not None:
            self._read_advert(pdf, index, booklet, leaf.advert)

    def _read_letter(self, pdf: pypdfium2.PdfDocument, index: int, booklet: BookletSpec) -> None:
        page = self._opened(pdf, index, booklet, layout.LETTER_WIDTH, layout.LETTER_HEIGHT, 0.0)
        letter = self._job.letter_for(booklet)
        if page is None or letter is None:
            return
        for text in (letter.subject, *letter.paragraphs, letter.closing, letter.signature, letter.footer):
            if _bare(text) not in page.bare:
                self._add(index + 1, booklet.reference, Check.LETTER, f"Le courrier ne dit pas « {text} ».")
        for line in booklet.address:
            if not page.holds(layout.LETTER_WINDOW, line):
                message = f"La ligne d’adresse « {line} » n’est pas dans la fenêtre de l’enveloppe."
                self._add(index + 1, booklet.reference, Check.WINDOW, message)

    def _read_cover(self, pdf: pypdfium2.PdfDocument, index: int, booklet: BookletSpec) -> None:
        page = self._opened(pdf, index, booklet)
        if page is None:
            return
        if not page.holds(layout.COVER_WINDOW, booklet.printed_holder):
            message = f"« {booklet.printed_holder} » n’est pas dans la fenêtre de la couverture."
            self._add(index + 1, booklet.reference, Check.WINDOW, message)
        ends = (booklet.vouchers[0].number.grouped, booklet.vouchers[-1].number.grouped)
        for text in (self._job.authority.name, booklet.reference, self._job.validity, *ends):
            if _bare(text) not in page.bare:
                self._add(
                    index + 1, booklet.reference, Check.MENTION, f"La couverture ne dit pas « {text} »."
                )

    def _read_advert(
        self, pdf: pypdfium2.PdfDocument, index: int, booklet: BookletSpec, advert: Advert
    ) -> None:
        page = self._opened(pdf, index, booklet)
        if page is None:
            return
        for text in (advert.title, *advert.paragraphs, advert.address):
            if _bare(text) not in page.bare:
                message = f"La page d’information ne dit pas « {text} »."
                self._add(index + 1, booklet.reference, Check.MENTION, message)

    def _read_voucher(
        self, pdf: pypdfium2.PdfDocument, index: int, booklet: BookletSpec, voucher: VoucherSpec
    ) -> None:
        page = self._opened(pdf, index, booklet)
        if page is None:
            return
        shown = page.text_in(_SAFE)
        for text, bare in self._required:
            if bare not in shown:
                message = f"Le titre {voucher.number.grouped} ne porte pas la mention « {text} »."
                self._add(index + 1, booklet.reference, Check.MENTION, message)
        if str(voucher.number) not in page.text_in(layout.NUMBER):
            message = f"Le numéro imprimé n’est pas {voucher.number.grouped}."
            self._add(index + 1, booklet.reference, Check.NUMBER, message)
        seen = {_LEFT: page.pixels(_LEFT, _LEFT_DOTS), _RIGHT: page.pixels(_RIGHT, DOTS_PER_INCH)}
        for part, zone, name in _INKED:
            pixels = _cut(seen[part], part, zone)
            if numpy.count_nonzero(pixels < DARK) < _INK_SHARE * pixels.size:
                message = f"Sur le titre {voucher.number.grouped}, {name} ne se voit pas."
                self._add(index + 1, booklet.reference, Check.FAINT, message)
        code = numpy.ascontiguousarray(_cut(seen[_RIGHT], _RIGHT, _CODE_ZONE))
        self._read_code(page, code, index, booklet, voucher)

    def _read_code(
        self, page: _Page, pixels: Pixels, index: int, booklet: BookletSpec, voucher: VoucherSpec
    ) -> None:
        found = _decoded(page, pixels)
        if found is None:
            message = f"Le code du titre {voucher.number.grouped} est illisible."
            self._add(index + 1, booklet.reference, Check.CODE_UNREADABLE, message)
            return
        code = verify(found, self._keys)
        if isinstance(code, Refusal):
            message = f"Le code du titre {voucher.number.grouped} n’est pas authentique ({code})."
            self._add(index + 1, booklet.reference, Check.CODE_REFUSED, message)
            return
        expected = CodeContent(voucher.number, self._job.face_value, self._job.last_valid_on)
        if CodeContent(code.number, code.face_value, code.last_valid_on) != expected:
            message = (
                f"Le code dit {code.number.grouped}, {face_value_in_figures(code.face_value)}, jusqu’au "
                f"{date_in_words(code.last_valid_on)} : ce n’est pas ce qui est imprimé."
            )
            self._add(index + 1, booklet.reference, Check.CODE_DIFFERS, message)
            return
        self._verified += 1

    def _opened(
        self,
        pdf: pypdfium2.PdfDocument,
        index: int,
        booklet: BookletSpec,
        width: float = layout.TITLE_WIDTH,
        height: float = layout.TITLE_HEIGHT,
        slug: float = layout.SLUG,
    ) -> _Page | None:
        """The page, once its trim is right; a page of another size is not read further."""
        page = pdf[index]
        left, bottom, right, top = (edge / POINTS for edge in page.get_trimbox())
        expected = (slug, slug, slug + width, slug + height)
        if any(
            abs(edge - wanted) > 0.1
            for edge, wanted in zip((left, bottom, right, top), expected, strict=True)
        ):
            found = f"{right - left:.1f} × {top - bottom:.1f} mm"
            message = f"La page est coupée à {found}, pas à {width:g} × {height:g}."
            self._add(index + 1, booklet.reference, Check.BOXES, message)
            return None
        return _Page(page, slug)

    def _read_fonts(self) -> None:
        names = set()
        with pikepdf.open(BytesIO(self._press)) as pdf:
            for item in pdf.objects:
                if (
                    not isinstance(item, pikepdf.Dictionary)
                    or item.get("/Type") != pikepdf.Name.FontDescriptor
                ):
                    continue
                name = str(item.FontName)[1:]
                if not any(key in item for key in ("/FontFile", "/FontFile2", "/FontFile3")):
                    self._add(0, "", Check.FONTS, f"La police {name} n’est pas incorporée.")
                names.add(re.sub(r"^[A-Z]{6}\+", "", name).split("-")[0])
        for name in sorted(names - FONT_NAMES):
            self._add(0, "", Check.FONTS, f"La police {name} n’est pas celle de la maquette.")
        if not names:
            self._add(0, "", Check.FONTS, "Le fichier ne contient aucune police.")

    def _add(self, page: int, booklet: str, check: Check, message: str) -> None:
        self._findings.append(Finding(page, booklet, check, message))


def _cut(pixels: Pixels, part: Rectangle, zone: Rectangle) -> Pixels:
    """The pixels of a zone, out of those of the part of the page that was rendered."""
    left, top, right, bottom = _edges(pixels.shape[1] / part.width, part, zone)
    return pixels[top:bottom, left:right]


@cache
def _edges(per_millimetre: float, part: Rectangle, zone: Rectangle) -> tuple[int, ...]:
    edges = (zone.x - part.x, zone.y - part.y, zone.right - part.x, zone.bottom - part.y)
    return tuple(round(edge * per_millimetre) for edge in edges)


def _decoded(page: _Page, pixels: Pixels) -> str | None:
    """What a reader finds in the zone of the code: upright and plain first, then finer and harder."""
    text = _read_symbol(pixels, harder=False)
    if text is None:
        text = _read_symbol(page.pixels(_CODE_ZONE, 300), harder=True)
    return text


def _read_symbol(pixels: Pixels, *, harder: bool) -> str | None:
    found = zxingcpp.read_barcodes(
        pixels,
        formats=_DATA_MATRIX,
        try_rotate=harder,
        try_downscale=harder,
        try_invert=False,
        binarizer=zxingcpp.Binarizer.LocalAverage if harder else zxingcpp.Binarizer.FixedThreshold,
    )
    return found[0].bytes.decode("ascii", "replace") if len(found) == 1 else None


_DROPPED = re.compile(r"[\s\x00-\x1f\ufffe\-\u2010\u2011\u00ad]+")


def _bare(text: str) -> str:
    """Without spaces, line ends and hyphens, which a text layer does not keep faithfully."""
    return _DROPPED.sub("", unicodedata.normalize("NFC", text))
