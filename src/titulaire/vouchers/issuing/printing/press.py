"""The file for the printer, and the file to keep: the booklets of a job, finished and joined."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from io import BytesIO

import numpy
import pikepdf
import zxingcpp
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from titulaire.clauses import clause
from titulaire.vouchers.issuing import datamatrix
from titulaire.vouchers.issuing.printing import art, layout
from titulaire.vouchers.issuing.printing.art import Medium
from titulaire.vouchers.issuing.printing.layout import POINTS, Rectangle
from titulaire.vouchers.issuing.printing.pagination import Leaf, PageKind, leaves
from titulaire.vouchers.issuing.printing.spec import JobSpec


class PagesMissing(Exception):
    """The typeset booklets do not have the pages of their job."""

    def __init__(self, job: str, expected: int, found: int) -> None:
        super().__init__(job, expected, found)
        self.job = job
        self.expected = expected
        self.found = found


@clause("T-2.4-securite")
def press_file(job: JobSpec, face: bytes, booklets: Iterable[bytes]) -> bytes:
    """One PDF for the press: codes and small text on the black plate alone, trim and bleed on every page.

    `face` and `booklets` are the typeset words: those common to all vouchers, then of each booklet in order.

    Raises:
        PagesMissing: see the exception.
    """
    with Pdf.new() as pdf:
        for booklet in booklets:
            with Pdf.open(BytesIO(booklet)) as source:
                pdf.pages.extend(source.pages)
        _finish(pdf, job, face, Medium.PRESS)
        pdf.trailer.Info = pdf.make_indirect(
            Dictionary(Title=f"{job.reference} {job.batch}", Creator="Titulaire", Trapped=Name.False_)
        )
        return _saved(pdf)


def archive_file(job: JobSpec, face: bytes, booklets: Iterable[bytes]) -> bytes:
    """One PDF/A-2b to keep: the first booklet's file, its metadata and output intent, gets the pages of all.

    Raises:
        PagesMissing: see the exception.
    """
    parts = iter(booklets)
    with Pdf.open(BytesIO(next(parts))) as pdf:
        for booklet in parts:
            with Pdf.open(BytesIO(booklet)) as source:
                pdf.pages.extend(source.pages)
        for gone in ("/Outlines", "/StructTreeRoot", "/MarkInfo", "/PageLabels"):
            if gone in pdf.Root:  # they speak of the first booklet only
                del pdf.Root[gone]
        _finish(pdf, job, face, Medium.ARCHIVE)
        return _saved(pdf)


def _saved(pdf: Pdf) -> bytes:
    out = BytesIO()
    pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _finish(pdf: Pdf, job: JobSpec, face: bytes, medium: Medium) -> None:
    """Draw what is not words, and set the boxes."""
    plan = [leaf for booklet in job.booklets for leaf in leaves(job, booklet)]
    if len(plan) != len(pdf.pages):
        raise PagesMissing(job.reference, len(plan), len(pdf.pages))
    slug = layout.SLUG if medium is Medium.PRESS else 0.0
    shared = _Shared(pdf, face, medium, slug, uv_mark=job.uv_mark and medium is Medium.PRESS)
    marks = pdf.make_stream(art.crop_marks())
    for page, leaf in zip(pdf.pages, plan, strict=True):
        obj = page.obj
        # An RGB transparency group on the page would send the black of codes and text to all four plates.
        if "/Group" in obj:
            del obj["/Group"]
        drawn = _drawn(leaf, medium, slug)
        if leaf.kind is PageKind.VOUCHER:
            shared.lay(obj)
        added = [pdf.make_stream(drawn.encode())] if drawn else []
        if medium is Medium.PRESS:
            _set_boxes(obj, leaf)
            if leaf.kind is not PageKind.LETTER:
                added.append(marks)
        obj.Contents = Array([*_streams(obj), *added])


class _Shared:
    """What all vouchers share, once in the file: background and face under their words, UV mark over them."""

    def __init__(self, pdf: Pdf, face: bytes, medium: Medium, slug: float, *, uv_mark: bool) -> None:
        bounds = Array([0, 0, round(100 * art.WIDTH), round(100 * art.HEIGHT)])
        form = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": bounds}
        self._background = pdf.make_stream(art.background(medium), **form, Resources=Dictionary())
        with Pdf.open(BytesIO(face)) as source:
            form_of_face = source.pages[0].as_form_xobject()
            if "/Group" in form_of_face:
                del form_of_face["/Group"]
            self._face = pdf.copy_foreign(source.make_indirect(form_of_face))
        self._mark = pdf.make_stream(art.uv_mark(), **form, Resources=_uv_resources()) if uv_mark else None
        # From hundredths of a millimetre counted downwards to points counted upwards.
        top = (slug + layout.TITLE_HEIGHT + layout.BLEED) * POINTS
        left = (slug - layout.BLEED) * POINTS
        place = f"{POINTS / 100:.8f} 0 0 {-POINTS / 100:.8f} {left:.4f} {top:.4f} cm"
        self._call = pdf.make_stream(f"q {place} /Background Do Q q /Face Do Q q".encode())
        mark = f" q {place} /UvMark Do Q" if uv_mark else ""
        self._end = pdf.make_stream(f"Q{mark}".encode())

    def lay(self, page: pikepdf.Object) -> None:
        resources = page.Resources
        if "/XObject" not in resources:
            resources.XObject = Dictionary()
        resources.XObject.Background = self._background
        resources.XObject.Face = self._face
        if self._mark is not None:
            resources.XObject.UvMark = self._mark
        page.Contents = Array([self._call, *_streams(page), self._end])


def _uv_resources() -> Dictionary:
    """A plate of its own, printed over the others without cutting them out; a light yellow on screens."""
    seen = Dictionary(FunctionType=2, Domain=[0, 1], C0=[0, 0, 0, 0], C1=[0.04, 0, 0.3, 0], N=1)
    ink = Array([Name.Separation, Name("/" + art.UV_INK), Name.DeviceCMYK, seen])
    over = Dictionary(Type=Name.ExtGState, OP=True, op=True, OPM=1)
    return Dictionary(ColorSpace=Dictionary(Uv=ink), ExtGState=Dictionary(Over=over))


def _streams(page: pikepdf.Object) -> list[pikepdf.Object]:
    contents = page.Contents
    return [contents] if isinstance(contents, Stream) else list(contents)


def _drawn(leaf: Leaf, medium: Medium, slug: float) -> str:
    """The code of a page, as the end of its content."""
    if leaf.voucher is not None:
        return _placed(datamatrix.symbol(leaf.voucher.code), layout.CODE, medium, slug)
    if leaf.advert is not None and leaf.advert.address:
        return _placed(_qr(leaf.advert.address), layout.ADVERT_CODE, medium, slug)
    return ""


def _placed(modules: datamatrix.Modules, zone: Rectangle, medium: Medium, slug: float) -> str:
    side = zone.width * POINTS / len(modules)
    left = (slug + zone.x) * POINTS
    bottom = (slug + layout.TITLE_HEIGHT - zone.y - zone.height) * POINTS
    return f"q {side:.6f} 0 0 {side:.6f} {left:.4f} {bottom:.4f} cm {art.code(modules, medium)} Q"


@cache
def _qr(address: str) -> datamatrix.Modules:
    image = zxingcpp.create_barcode(address, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(
        scale=1, add_quiet_zones=False
    )
    return tuple(row.tobytes() for row in (numpy.array(image) == 0).astype(numpy.uint8))


def _set_boxes(page: pikepdf.Object, leaf: Leaf) -> None:
    left, bottom, right, top = (float(edge) for edge in page.MediaBox)
    slug = layout.SLUG * POINTS
    cut, bleed = (0.0, 0.0) if leaf.kind is PageKind.LETTER else (slug, slug - layout.BLEED * POINTS)
    for name, inset in (("/TrimBox", cut), ("/BleedBox", bleed)):
        page[name] = Array(
            [round(edge, 3) for edge in (left + inset, bottom + inset, right - inset, top - inset)]
        )
