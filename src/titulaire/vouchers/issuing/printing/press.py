"""The file for the printer, and the file to keep: the booklets of a job, one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf

from titulaire.clauses import clause
from titulaire.vouchers.issuing.printing import layout
from titulaire.vouchers.issuing.printing.spec import JobSpec

POINTS = 72 / 25.4


@clause("T-2.4-securite")
def press_file(job: JobSpec, booklets: Iterable[bytes]) -> bytes:
    """One PDF for the press: process colours on their own plates, trim and bleed boxes on every page.

    Typst wraps each embedded drawing in an RGB transparency group, which would send the black of the codes to
    the four plates, where the slightest misregistration blurs them: the groups are taken out.
    """
    with Pdf.new() as pdf:
        for booklet in booklets:
            with Pdf.open(BytesIO(booklet)) as source:
                pdf.pages.extend(source.pages)
        _share_drawings(pdf)
        for page in pdf.pages:
            _set_boxes(page)
        pdf.trailer.Info = pdf.make_indirect(
            Dictionary(Title=f"{job.reference} {job.batch}", Creator="Titulaire", Trapped=Name.False_)
        )
        return _saved(pdf)


def archive_file(booklets: Iterable[bytes]) -> bytes:
    """One PDF/A-2b to keep: the first booklet's file, with its metadata and output intent, gets the pages of all."""
    parts = iter(booklets)
    with Pdf.open(BytesIO(next(parts))) as pdf:
        for booklet in parts:
            with Pdf.open(BytesIO(booklet)) as source:
                pdf.pages.extend(source.pages)
        for gone in ("/Outlines", "/StructTreeRoot", "/MarkInfo", "/PageLabels"):
            if gone in pdf.Root:  # they speak of the first booklet only
                del pdf.Root[gone]
        return _saved(pdf)


def _saved(pdf: Pdf) -> bytes:
    out = BytesIO()
    pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _share_drawings(pdf: Pdf) -> None:
    """Take out the transparency groups, and keep one copy of the drawings that several booklets repeat."""
    kept: dict[bytes, pikepdf.Object] = {}
    for page in pdf.pages:
        if "/Group" in page.obj:
            del page.obj["/Group"]
        _flatten(page.obj, kept)


def _flatten(holder: pikepdf.Object, kept: dict[bytes, pikepdf.Object]) -> None:
    resources = holder.get("/Resources")
    drawings = None if resources is None else resources.get("/XObject")
    if drawings is None:
        return
    for name in list(drawings.keys()):
        drawing = drawings[name]
        if drawing.get("/Subtype") != Name.Form:
            continue
        if "/Group" in drawing:
            del drawing["/Group"]
        _flatten(drawing, kept)
        drawings[name] = kept.setdefault(_fingerprint(drawing), drawing)


def _fingerprint(drawing: pikepdf.Object) -> bytes:
    digest = hashlib.sha256(drawing.read_raw_bytes())
    for key in sorted(drawing.keys()):
        if key != "/Resources":
            digest.update(f"{key}{drawing[key]!r}".encode())
    resources = drawing.get("/Resources")
    if resources is not None:
        digest.update(resources.unparse(resolved=False))
    return digest.digest()


def _set_boxes(page: pikepdf.Page) -> None:
    left, bottom, right, top = (float(edge) for edge in page.mediabox)
    slug = layout.SLUG * POINTS
    is_letter = abs((top - bottom) - layout.LETTER_HEIGHT * POINTS) < 1
    cut, bleed = (0.0, 0.0) if is_letter else (slug, slug - layout.BLEED * POINTS)
    for name, inset in (("/TrimBox", cut), ("/BleedBox", bleed)):
        page.obj[name] = Array(
            [round(edge, 3) for edge in (left + inset, bottom + inset, right - inset, top - inset)]
        )
    page.obj["/CropBox"] = page.obj["/MediaBox"]
