"""Codes read from a scanned batch: pages of a PDF, of a TIFF, or one picture, with one title on each or several.

Each reading is verified with the public keys before it is believed: a retry may decode something else than what
was printed. Fast reading first, since most titles are clean; then slower ones, on what is still missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO

import numpy
import pypdfium2
import pypdfium2.raw as pdfium
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageSequence, UnidentifiedImageError

from titulaire.clauses import clause
from titulaire.vouchers.issuing.codes import PublicKeys, Refusal, verify
from titulaire.vouchers.network.rules import UNREADABLE, Given

MOST_BYTES = 200 * 1024 * 1024
MOST_PAGES = 500
MOST_PIXELS = 40_000_000
"""Of one page: an A3 at 400 dots per inch."""
DOTS_PER_INCH = 300

Pixels = NDArray[numpy.uint8]


class ScanRefused(ValueError):
    """The file cannot be read as a scan. `reason`: TOO_HEAVY, TOO_MANY_PAGES, TOO_LARGE, NOT_A_SCAN, LOCKED."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class PageReading:
    """What a page said: codes that verify, and those that do not."""

    page: int
    verified: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    passes: int = 0


@clause("T-1.1-reseau", "T-2.4-securite")
def read_scan(
    content: bytes,
    keys: PublicKeys,
    *,
    declared: int | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> list[Given]:
    """The vouchers of a scanned batch, page by page.

    A page on which nothing was read gives `UNREADABLE`, to be typed by hand. `declared`, the number of titles
    that the sender says, stops the search on a page once its share is found. `tell(done, of)` follows.

    Raises:
        ScanRefused: not a scan, too heavy, too long, or protected.
    """
    found: list[Given] = []
    verified = 0
    for page, of, sheet in _pages(content):
        left = None if declared is None else max(0, declared - verified)
        expected = None if left is None else math.ceil(left / (of - page + 1))
        reading = _at_a_glance(sheet, keys, page)
        if reading is None:
            reading = read_page(sheet.pixels(), keys, page=page, expected=expected)
        verified += len(reading.verified)
        texts = [*reading.verified, *reading.refused] or [UNREADABLE]
        found.extend(Given(text, page=page) for text in texts)
        if tell is not None and (page % 10 == 0 or page == of):
            tell(page, of)
    return found


def read_page(pixels: Pixels, keys: PublicKeys, *, page: int = 1, expected: int | None = None) -> PageReading:
    """Read the codes of one page. `pixels` is grey (two dimensions) or colour (three).

    A page shaped like one title is left as soon as its code is read, and is looked at first where its code
    should be. On others, what is read is painted over and the page read again, until a slower reading finds
    nothing new, or `expected` codes are read.
    """
    reading = PageReading(page)
    single = _shaped_like_one(pixels)
    if single:
        expected = 1
        for corner in _corners(pixels):
            if _decode(_brightest(corner), _FAST, keys, reading) and reading.verified:
                return reading
    picture = _brightest(pixels)
    for prepare, options in _PASSES:
        reading.passes += 1
        while new := _decode(prepare(picture) if prepare else picture, options, keys, reading):
            if expected is not None and len(reading.verified) >= expected:
                return reading
            if prepare is not None:
                break
            for symbol in new:
                _paint(picture, symbol)
        # Two unlike readings agree that there is no more: harder ones are for pages that said nothing.
        if reading.verified and reading.passes >= 2:
            break
    return reading


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page: its pixels when they are asked for, and what is ready much sooner, its light alone."""

    pixels: Callable[[], Pixels]
    light: Callable[[], Pixels | None] = lambda: None


def _at_a_glance(sheet: _Sheet, keys: PublicKeys, page: int) -> PageReading | None:
    """A single title whose code is where it should be, read without the colours; None: look better."""
    light = sheet.light()
    if light is None or not _shaped_like_one(light):
        return None
    reading = PageReading(page)
    for corner in _corners(light):
        if _decode(numpy.ascontiguousarray(corner), _FAST, keys, reading) and reading.verified:
            return reading
    return None


def _brightest(pixels: Pixels) -> Pixels:
    """Grey by the brightest channel: black ink is dark in all three, a coloured stamp is bright in one at least."""
    if pixels.ndim == 2:
        return pixels.copy()
    return numpy.maximum(numpy.maximum(pixels[:, :, 0], pixels[:, :, 1]), pixels[:, :, 2])


def _corners(pixels: Pixels) -> Iterator[Pixels]:
    """Where the code of a title should be: upright, upside down, or on its side."""
    high, wide = pixels.shape[:2]
    if wide > high:
        across, down = wide * 28 // 100, high * 45 // 100
        yield pixels[:down, wide - across :]
        yield pixels[high - down :, :across]
    else:
        across, down = wide * 45 // 100, high * 28 // 100
        yield pixels[high - down :, wide - across :]
        yield pixels[:down, :across]


_Options = dict[str, object]

_DATA_MATRIX = zxingcpp.BarcodeFormat.DataMatrix
_FAST: _Options = {
    "try_rotate": False,
    "try_downscale": False,
    "try_invert": False,
    "binarizer": zxingcpp.Binarizer.FixedThreshold,
}
_SLOW: _Options = {"try_invert": False, "binarizer": zxingcpp.Binarizer.LocalAverage}
_SLOW_GLOBAL: _Options = {"try_invert": False, "binarizer": zxingcpp.Binarizer.GlobalHistogram}


def _median(picture: Pixels) -> Pixels:
    return numpy.asarray(Image.fromarray(picture).filter(ImageFilter.MedianFilter(3)))


def _doubled(picture: Pixels) -> Pixels:
    image = Image.fromarray(picture)
    return numpy.asarray(image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC))


def _sharp(picture: Pixels) -> Pixels:
    return numpy.asarray(Image.fromarray(picture).filter(ImageFilter.UnsharpMask(4, 250, 0)))


def _lighter(picture: Pixels) -> Pixels:
    """Ink that spread: the light parts grow by one pixel."""
    return numpy.asarray(Image.fromarray(picture).filter(ImageFilter.MaxFilter(3)))


def _turned(degrees: float) -> Callable[[Pixels], Pixels]:
    def turn(picture: Pixels) -> Pixels:
        return numpy.asarray(
            Image.fromarray(picture).rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        )

    return turn


_PASSES: tuple[tuple[Callable[[Pixels], Pixels] | None, _Options], ...] = (
    (None, _FAST),
    (None, _SLOW),
    (_sharp, _SLOW),
    (_median, _SLOW),
    (_lighter, _SLOW_GLOBAL),
    (_doubled, _SLOW_GLOBAL),
    (_turned(15), _SLOW),
    (_turned(-15), _SLOW),
)


def _shaped_like_one(pixels: Pixels) -> bool:
    """Whether the page has the shape of one title, 160 by 80 mm, and not that of a sheet."""
    long, short = max(pixels.shape[:2]), min(pixels.shape[:2])
    return 1.7 <= long / max(short, 1) <= 2.3


def _decode(
    picture: Pixels, options: _Options, keys: PublicKeys, reading: PageReading
) -> list[zxingcpp.Barcode]:
    """Read the picture once; keep what verifies. Gives the symbols that were not known yet."""
    new = []
    for symbol in zxingcpp.read_barcodes(picture, formats=_DATA_MATRIX, **options):  # type: ignore[arg-type]
        text = symbol.bytes.decode("ascii", "replace").strip().upper()
        said = verify(text, keys)
        if said is Refusal.NOT_A_CODE:
            continue  # a stamp of the post, an advertisement: not one of ours
        kept = reading.refused if isinstance(said, Refusal) else reading.verified
        if text not in kept:
            kept.append(text)
            new.append(symbol)
    return new


def _paint(picture: Pixels, symbol: zxingcpp.Barcode) -> None:
    """Hide a symbol that was read, so that the next reading looks elsewhere."""
    place = symbol.position
    corners = (place.top_left, place.top_right, place.bottom_left, place.bottom_right)
    left, right = min(one.x for one in corners), max(one.x for one in corners)
    top, bottom = min(one.y for one in corners), max(one.y for one in corners)
    picture[max(0, top - 2) : bottom + 3, max(0, left - 2) : right + 3] = 255


def _pages(content: bytes) -> Iterator[tuple[int, int, _Sheet]]:
    """Each page from 1, how many there are, and how to see it."""
    if len(content) > MOST_BYTES:
        raise ScanRefused("TOO_HEAVY")
    if content[:1024].lstrip().startswith(b"%PDF"):
        yield from _pages_of_pdf(content)
    else:
        yield from _pages_of_picture(content)


def _pages_of_pdf(content: bytes) -> Iterator[tuple[int, int, _Sheet]]:
    try:
        pdf = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise ScanRefused("LOCKED" if "assword" in str(error) else "NOT_A_SCAN") from error
    try:
        if len(pdf) > MOST_PAGES:
            raise ScanRefused("TOO_MANY_PAGES")
        for index in range(len(pdf)):
            page = pdf[index]
            picture = _picture_of(page)
            yield index + 1, len(pdf), _Sheet(partial(_pixels_of, page, picture), partial(_light_of, picture))
    finally:
        pdf.close()


def _picture_of(page: pypdfium2.PdfPage) -> pypdfium2.PdfImage | None:
    """The picture that is the whole page, as scanners write them; None when the page must be drawn."""
    width, height = page.get_size()
    pictures = list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=2))
    if len(pictures) == 1 and page.get_rotation() == 0:
        left, bottom, right, top = pictures[0].get_bounds()
        if (right - left) * (top - bottom) > 0.9 * width * height:
            across, down = pictures[0].get_px_size()
            if across * down <= MOST_PIXELS and across >= width * 150 / 72:
                return pictures[0]
    return None


def _light_of(picture: pypdfium2.PdfImage | None) -> Pixels | None:
    """The light of a JPEG picture, which is written apart from its colours and decoded in half the time."""
    if picture is None or picture.get_filters() != ["DCTDecode"]:
        return None
    try:
        image = Image.open(BytesIO(bytes(picture.get_data())), formats=("JPEG",))
        image.draft("L", image.size)
        return numpy.asarray(image) if image.mode == "L" and image.size == picture.get_px_size() else None
    except (OSError, SyntaxError, Image.DecompressionBombError):
        return None


def _pixels_of(page: pypdfium2.PdfPage, picture: pypdfium2.PdfImage | None) -> Pixels:
    """The scanned picture itself when the page is one; else the page, drawn."""
    if picture is not None:
        # Kept until its pixels are copied: they are the library's own memory.
        bitmap = picture.get_bitmap(render=False)
        found = bitmap.to_numpy()
        return numpy.ascontiguousarray(found[:, :, :3] if found.ndim == 3 else found)
    width, height = page.get_size()
    scale = DOTS_PER_INCH / 72
    if width * height * scale * scale > MOST_PIXELS:
        raise ScanRefused("TOO_LARGE")
    return numpy.ascontiguousarray(page.render(scale=scale).to_numpy()[:, :, :3])


def _same(pixels: Pixels) -> Pixels:
    return pixels


def _pages_of_picture(content: bytes) -> Iterator[tuple[int, int, _Sheet]]:
    try:
        image = Image.open(BytesIO(content), formats=("TIFF", "PNG", "JPEG"))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ScanRefused("NOT_A_SCAN") from error
    with image:
        of = getattr(image, "n_frames", 1)
        if of > MOST_PAGES:
            raise ScanRefused("TOO_MANY_PAGES")
        try:
            for number, frame in enumerate(ImageSequence.Iterator(image), 1):
                if frame.width * frame.height > MOST_PIXELS:
                    raise ScanRefused("TOO_LARGE")
                grey = frame.mode in {"1", "L", "I", "I;16", "F"}
                pixels = numpy.asarray(frame.convert("L" if grey else "RGB"))
                yield number, of, _Sheet(partial(_same, pixels))
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise ScanRefused("NOT_A_SCAN") from error
