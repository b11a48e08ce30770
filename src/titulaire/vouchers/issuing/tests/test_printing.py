import hashlib
import shutil
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from titulaire.vouchers.issuing.printing import layout, press
from titulaire.vouchers.issuing.printing.art import Medium
from titulaire.vouchers.issuing.printing.layout import POINTS
from titulaire.vouchers.issuing.printing.pagination import PageKind, leaves
from titulaire.vouchers.issuing.printing.production import PrintedJob, Workshop
from titulaire.vouchers.issuing.printing.spec import (
    PLACEHOLDERS,
    AddressTooLong,
    BookletSpec,
    JobSpec,
    Side,
    UnknownPlaceholder,
)
from titulaire.vouchers.issuing.printing.typesetting import TypesettingFailed, typeset, typeset_face
from titulaire.vouchers.issuing.proofreading import proofread
from titulaire.vouchers.issuing.rules import numbers
from titulaire.vouchers.issuing.tests.samples import ADVERT, LETTER, job, public_keys

HASHES = """
import hashlib
from titulaire.vouchers.issuing.printing.production import Workshop
from titulaire.vouchers.issuing.tests import samples
import sys, pickle
made = Workshop(0).print_job(pickle.loads(sys.stdin.buffer.read()))
print(hashlib.sha256(made.press).hexdigest(), hashlib.sha256(made.archive).hexdigest())
"""


@pytest.fixture(scope="module")
def order() -> JobSpec:
    return job()


@pytest.fixture(scope="module")
def made(order: JobSpec) -> PrintedJob:
    return Workshop(0).print_job(order)


def texts(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def size(page: pikepdf.Page, box: str) -> tuple[float, float]:
    left, bottom, right, top = (float(edge) for edge in page.obj[box])
    return round((right - left) / POINTS, 1), round((top - bottom) / POINTS, 1)


@pytest.mark.clause("T-2.4-publicite")
@pytest.mark.parametrize("side", [Side.BEGINNING, Side.END])
def test_adverts_stand_at_one_end_of_the_booklet(side: Side) -> None:
    order = replace(job((2,)), adverts=(replace(ADVERT, side=side),))
    kinds = [leaf.kind for leaf in leaves(order, order.booklets[0])]
    vouchers = [PageKind.VOUCHER] * 2
    advert = [PageKind.ADVERT]
    middle = advert + vouchers if side is Side.BEGINNING else vouchers + advert
    assert kinds == [PageKind.LETTER, PageKind.COVER, *middle]
    pages = texts(typeset(order, order.booklets[0], Medium.PRESS))
    assert ["Où utiliser" in page for page in pages] == [kind is PageKind.ADVERT for kind in kinds]


@pytest.mark.clause("T-2.6-domicile")
def test_a_booklet_without_an_address_has_no_letter() -> None:
    order = job((1,), letters=False)
    assert leaves(order, order.booklets[0])[0].kind is PageKind.COVER
    without_template = replace(job((1,)), letter=None)
    assert without_template.letter_for(without_template.booklets[0]) is None


@pytest.mark.clause("T-2.4-non-identifies")
def test_a_booklet_without_a_name_says_so_on_its_cover() -> None:
    order = job((2,), named=False)
    assert "Au porteur" in texts(typeset(order, order.booklets[0], Medium.PRESS))[0]


@pytest.mark.clause("T-2.4-nom")
@pytest.mark.parametrize("name", ["Cœur L’HAŸ", "ŁUKASZ DOĞAN", "Ștefan Őze", "N\u2011Golo Ðurić", "Ο Νίκος"])
def test_names_of_all_europe_are_printed_in_our_own_face(name: str) -> None:
    order = job((1,), letters=False)
    booklet = replace(order.booklets[0], holder=name)
    for medium in Medium:  # the archive's standard refuses a letter that no face has
        assert name.replace("\u2011", "") in texts(typeset(order, booklet, medium))[0].replace(
            "\u2011", ""
        ).replace("\ufffe", "").replace("\x02", "")


def test_a_name_that_no_face_can_print_holds_the_job() -> None:
    order = job((1,), letters=False)
    booklet = replace(order.booklets[0], holder="李 小龍")
    with pytest.raises(TypesettingFailed) as failed:
        Workshop(0).print_job(replace(order, booklets=(booklet,)))
    assert failed.value.booklet == booklet.reference


def test_thin_spaces_and_typographic_apostrophes_are_printed() -> None:
    order = replace(job((1,), letters=False), goods="1\u202f000 repas d’œuvre — n° 5")
    (page,) = texts(typeset_face(order, Medium.ARCHIVE))
    assert "000 repas d’œuvre — n° 5" in page


@pytest.mark.clause("T-2.6-domicile")
def test_a_letter_may_use_every_known_placeholder_and_no_other() -> None:
    order = job((1,))
    assert set(order.placeholders(order.booklets[0])) == set(PLACEHOLDERS)
    template = replace(LETTER, closing="Bien à vous, {prenom}.")
    with pytest.raises(UnknownPlaceholder) as unknown:
        typeset(replace(order, letter=template), order.booklets[0], Medium.PRESS)
    assert unknown.value.name == "prenom"


def test_a_value_with_braces_in_a_name_is_not_filled_again() -> None:
    order = job((1,))
    booklet = replace(order.booklets[0], holder="{montant}")
    letter = replace(order, letter=replace(LETTER, closing="{nom}")).letter_for(booklet)
    assert letter is not None
    assert letter.closing == "{montant}"


def test_text_that_looks_like_markup_is_printed_as_it_is() -> None:
    order = job((1,), letters=False)
    booklet = replace(order.booklets[0], holder="#panic() *Jean* $x$ \\n")
    assert "#panic() *Jean* $x$ \\n" in texts(typeset(order, booklet, Medium.PRESS))[0]


@pytest.mark.parametrize("address", [("A" * 39,), ("A",) * 7])
def test_an_address_that_does_not_fit_the_window_is_refused(address: tuple[str, ...]) -> None:
    with pytest.raises(AddressTooLong):
        replace(job((1,)).booklets[0], address=address)


@pytest.mark.clause("T-2.4-carnets")
def test_a_booklet_has_one_to_twenty_five_vouchers_in_a_row() -> None:
    vouchers = job((25,), letters=False).booklets[0].vouchers
    with pytest.raises(ValueError, match="of 0 vouchers"):
        BookletSpec("X", ())
    with pytest.raises(ValueError, match="of 26 vouchers"):
        extra = replace(vouchers[0], number=next(numbers(2027, 47, 26, 1)))
        BookletSpec("X", (*vouchers, extra))
    with pytest.raises(ValueError, match="do not follow"):
        BookletSpec("X", (vouchers[0], vouchers[2]))


def test_a_job_never_prints_a_number_twice() -> None:
    order = job((2,))
    with pytest.raises(ValueError, match="twice"):
        replace(order, booklets=order.booklets * 2)
    with pytest.raises(ValueError, match="vintage"):
        replace(order, vintage=2028)


def test_pages_are_cut_to_160_by_80_with_3_of_bleed_and_room_for_marks(
    order: JobSpec, made: PrintedJob
) -> None:
    kinds = [leaf.kind for booklet in order.booklets for leaf in leaves(order, booklet)]
    with pikepdf.open(BytesIO(made.press)) as pdf:
        assert len(pdf.pages) == len(kinds)
        for page, kind in zip(pdf.pages, kinds, strict=True):
            if kind is PageKind.LETTER:
                assert size(page, "/TrimBox") == size(page, "/MediaBox") == (210.0, 297.0)
            else:
                assert size(page, "/TrimBox") == (160.0, 80.0)
                assert size(page, "/BleedBox") == (166.0, 86.0)
                assert size(page, "/MediaBox") == (180.0, 100.0)


def test_the_archive_declares_pdf_a_2b_and_shows_trimmed_pages(order: JobSpec, made: PrintedJob) -> None:
    with pikepdf.open(BytesIO(made.archive)) as pdf:
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
        assert "/OutputIntents" in pdf.Root
        assert size(pdf.pages[1], "/MediaBox") == (160.0, 80.0)
        assert len(pdf.pages) == sum(len(leaves(order, booklet)) for booklet in order.booklets)
        colours = b"".join(
            page.Contents.read_bytes()
            if isinstance(page.Contents, pikepdf.Stream)
            else b"".join(part.read_bytes() for part in page.Contents)
            for page in pdf.pages
        )
    assert b" k " not in colours


def test_the_archive_says_the_same_words_as_the_press_file(made: PrintedJob) -> None:
    def words(pdf: bytes) -> list[set[str]]:
        return [{word for word in page.split() if not word.startswith("IMP-")} for page in texts(pdf)]

    for pressed, kept in zip(words(made.press), words(made.archive), strict=True):
        assert kept <= pressed


@pytest.mark.clause("T-2.4-securite")
def test_only_our_faces_are_embedded(made: PrintedJob) -> None:
    for pdf_bytes in (made.press, made.archive):
        with pikepdf.open(BytesIO(pdf_bytes)) as pdf:
            names = {
                str(item.FontName)[8:]
                for item in pdf.objects
                if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == pikepdf.Name.FontDescriptor
            }
        assert names == {
            "Inter-Regular", "Inter-SemiBold", "Spectral-Medium", "Spectral-MediumItalic", "OCRB-Regular",
        }  # fmt: skip


def test_background_and_face_are_in_the_file_once(made: PrintedJob) -> None:
    with pikepdf.open(BytesIO(made.press)) as pdf:
        forms = [
            item
            for item in pdf.objects
            if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Form"
        ]
    assert len(forms) == 2


@pytest.mark.clause("T-2.3-papier")
def test_the_same_order_gives_the_same_bytes_in_another_process(order: JobSpec, made: PrintedJob) -> None:
    import pickle

    ours = [hashlib.sha256(made.press).hexdigest(), hashlib.sha256(made.archive).hexdigest()]
    run = subprocess.run(
        [sys.executable, "-c", HASHES], input=pickle.dumps(order), capture_output=True, check=True
    )
    assert run.stdout.decode().split() == ours


def test_spawned_workers_make_the_same_bytes(order: JobSpec, made: PrintedJob) -> None:
    with Workshop(1) as workshop:
        assert workshop.print_job(order) == made
        assert workshop.print_job(order) == made


def test_a_reprint_of_one_booklet_is_its_pages_of_the_job(order: JobSpec, made: PrintedJob) -> None:
    again = Workshop(0).print_job(replace(order, booklets=order.booklets[1:]))
    start = made.manifest[1].first_page - 1
    for before, after in zip(texts(made.press)[start:], texts(again.press), strict=True):
        assert before == after


def test_missing_pages_are_not_finished(order: JobSpec) -> None:
    words = [typeset(order, order.booklets[0], Medium.PRESS)]
    with pytest.raises(press.PagesMissing):
        press.press_file(order, typeset_face(order, Medium.PRESS), words)


def plates(press: bytes, folder: Path, page: int) -> dict[str, numpy.ndarray]:
    """The page as the printer's plates, 300 dpi, 0 is full ink."""
    (folder / "job.pdf").write_bytes(press)
    subprocess.run(
        ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=tiffsep", "-r300", f"-dFirstPage={page}",
         f"-dLastPage={page}", "-sOutputFile=plate-%d.tif", "job.pdf"],
        cwd=folder, check=True,
    )  # fmt: skip
    return {
        file.stem.partition("(")[2].removesuffix(")"): numpy.asarray(Image.open(file).convert("L"))
        for file in folder.glob("plate-*(*).tif")
    }


@pytest.mark.clause("T-2.4-securite")
@pytest.mark.skipif(shutil.which("gs") is None, reason="Ghostscript is not installed")
def test_the_code_is_on_the_black_plate_alone(made: PrintedJob, tmp_path: Path) -> None:
    zone, scale = layout.CODE, 300 / 25.4
    left, top, right, bottom = (
        round((layout.SLUG + edge) * scale) for edge in (zone.x, zone.y, zone.right, zone.bottom)
    )
    code = {name: plate[top:bottom, left:right] for name, plate in plates(made.press, tmp_path, 3).items()}
    assert set(code) == {"Cyan", "Magenta", "Yellow", "Black"}
    assert 0.4 < (code.pop("Black") < 128).mean() < 0.75
    assert all(plate.min() == 255 for plate in code.values())


@pytest.mark.skipif(shutil.which("gs") is None, reason="Ghostscript is not installed")
def test_the_uv_mark_has_its_own_plate_and_cuts_nothing_out(
    order: JobSpec, made: PrintedJob, tmp_path: Path
) -> None:
    marked = Workshop(0).print_job(replace(order, uv_mark=True))
    (tmp_path / "with").mkdir()
    separate = plates(marked.press, tmp_path / "with", 3)
    plain = plates(made.press, tmp_path, 3)
    assert separate.pop("UV invisible").min() == 0
    # but for a stray pixel of Ghostscript's own where it cuts the page in bands
    assert all((separate[name] != plain[name]).mean() < 1e-5 for name in plain)
    assert proofread(marked.press, order, public_keys()).passed
    assert marked.archive == made.archive
