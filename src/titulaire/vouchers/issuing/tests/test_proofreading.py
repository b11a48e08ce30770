"""Each test spoils a good job in one way: the reading must say which page, and what."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest

from titulaire.vouchers.issuing.codes import CodeContent, KeyPair, PublicKeys
from titulaire.vouchers.issuing.printing import layout
from titulaire.vouchers.issuing.printing.layout import POINTS, Rectangle
from titulaire.vouchers.issuing.printing.production import Workshop
from titulaire.vouchers.issuing.printing.spec import JobSpec, VoucherSpec
from titulaire.vouchers.issuing.proofreading import Check, ProofReport, page_picture, proofread
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.issuing.tests.samples import job, public_keys, signer

GOOD = job()
VOUCHER_PAGE = 3


def printed(order: JobSpec = GOOD) -> bytes:
    return Workshop(0).print_job(order).press


def read(press: bytes) -> ProofReport:
    return proofread(press, GOOD, public_keys())


def faults(report: ProofReport) -> set[tuple[int, Check]]:
    return {(finding.page, finding.check) for finding in report.findings}


def with_first_voucher(voucher: VoucherSpec) -> JobSpec:
    booklet = replace(GOOD.booklets[0], vouchers=(voucher, *GOOD.booklets[0].vouchers[1:]))
    return replace(GOOD, booklets=(booklet, *GOOD.booklets[1:]))


def painted(press: bytes, page: int, zone: Rectangle, colour: str = "1 1 1 rg") -> bytes:
    """The file with a patch over a zone of a page."""
    with pikepdf.open(BytesIO(press)) as pdf:
        target = pdf.pages[page - 1]
        height = float(target.mediabox[3])
        x, y = (layout.SLUG + zone.x) * POINTS, height - (layout.SLUG + zone.y + zone.height) * POINTS
        patch = f"q {colour} {x:.2f} {y:.2f} {zone.width * POINTS:.2f} {zone.height * POINTS:.2f} re f Q"
        target.contents_add(patch.encode())
        out = BytesIO()
        pdf.save(out)
    return out.getvalue()


@pytest.mark.clause("T-2.4-mentions", "T-2.4-nom", "T-2.4-securite")
def test_a_good_job_passes_with_every_code_verified() -> None:
    report = read(printed())
    assert report.findings == ()
    assert report.passed
    assert (report.pages, report.vouchers, report.codes_verified) == (11, 5, 5)


@pytest.mark.clause("T-2.4-non-identifies")
def test_a_good_job_without_names_passes() -> None:
    order = job((2,), named=False)
    assert proofread(printed(order), order, public_keys()).passed


def test_a_job_of_the_longest_texts_passes() -> None:
    order = job((1,))
    booklet = replace(
        order.booklets[0],
        holder="Marie-Antoinette DE LA ROCHEFOUCAULD-MONTBEL-MONTMORENCY",
        address=tuple("MWMWMWMWMW MWMWMWMWMW MWMWMWMWMW MWMWM" for _ in range(6)),
    )
    order = replace(order, booklets=(booklet,))
    report = proofread(printed(order), order, public_keys())
    assert report.findings == ()


def test_a_wrong_number_on_the_paper_is_found() -> None:
    booklet = GOOD.booklets[1]
    shifted = tuple(replace(v, number=Number(2027, 47, v.number.serial + 100)) for v in booklet.vouchers)
    order = replace(
        GOOD, booklets=(GOOD.booklets[0], replace(booklet, vouchers=shifted, address=())), letter=None
    )
    expected = replace(order, booklets=(GOOD.booklets[0], replace(booklet, address=())))
    report = proofread(printed(order), expected, public_keys())
    assert faults(report) == {(6, Check.MENTION), (7, Check.NUMBER), (8, Check.NUMBER)}


@pytest.mark.clause("T-2.4-mentions")
@pytest.mark.parametrize(
    "change",
    [
        {"mentions": GOOD.mentions[1:]},
        {"goods": "Repas."},
        {"last_valid_on": date(2027, 12, 31)},
        {"face_value": Decimal(20)},
        {"presented_to": replace(GOOD.presented_to, address=("75000 PARIS",))},
        {"authority": replace(GOOD.authority, name="CPAM du Lot")},
        {"batch": "L27-0002"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_missing_or_different_mention_is_found_on_every_voucher(change: dict[str, object]) -> None:
    report = read(printed(replace(GOOD, **change)))  # type: ignore[arg-type]
    pages = {finding.page for finding in report.findings if finding.check is Check.MENTION}
    assert {3, 4, 5, 9, 10} <= pages


@pytest.mark.clause("T-2.4-nom")
def test_a_name_out_of_the_covers_window_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as moved:
        moved.setattr(layout, "COVER_WINDOW", Rectangle(14.0, 52.0, 92.0, 23.0))
        press = printed()
    assert faults(read(press)) == {(2, Check.WINDOW), (8, Check.WINDOW)}


@pytest.mark.clause("T-2.4-nom")
def test_another_name_on_the_cover_is_found() -> None:
    swapped = tuple(
        replace(booklet, holder=other.holder)
        for booklet, other in zip(GOOD.booklets, GOOD.booklets[::-1], strict=True)
    )
    report = read(printed(replace(GOOD, booklets=swapped)))
    assert {(2, Check.WINDOW), (8, Check.WINDOW)} <= faults(report)


@pytest.mark.clause("T-2.6-domicile")
def test_an_address_out_of_the_envelopes_window_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as moved:
        moved.setattr(layout, "LETTER_WINDOW", Rectangle(100.0, 70.0, 90.0, 34.0))
        press = printed()
    assert faults(read(press)) == {(1, Check.WINDOW), (7, Check.WINDOW)}


def test_a_letter_that_says_something_else_is_found() -> None:
    assert GOOD.letter is not None
    letter = replace(GOOD.letter, closing="Bien à vous.")
    assert faults(read(printed(replace(GOOD, letter=letter)))) == {(1, Check.LETTER), (7, Check.LETTER)}


@pytest.mark.parametrize("colour", ["1 1 1 rg", "0 0 0 rg"])
def test_a_code_that_cannot_be_read_is_found(colour: str) -> None:
    half = replace(layout.CODE, height=9.0)
    report = read(painted(printed(), VOUCHER_PAGE, half, colour))
    assert faults(report) == {(VOUCHER_PAGE, Check.CODE_UNREADABLE)}
    assert report.codes_verified == 4


def test_a_code_signed_by_another_key_is_found() -> None:
    impostor = KeyPair.generate(key_id=1, issuer=47, vintage=2027, passphrase="x").signer("x")
    voucher = GOOD.booklets[0].vouchers[0]
    forged = impostor.sign(CodeContent(voucher.number, GOOD.face_value, GOOD.last_valid_on))
    report = read(printed(with_first_voucher(replace(voucher, code=forged))))
    assert faults(report) == {(VOUCHER_PAGE, Check.CODE_REFUSED)}


def test_codes_are_refused_when_the_public_key_is_not_in_force() -> None:
    report = proofread(printed(), GOOD, PublicKeys([]))
    assert report.codes_verified == 0
    assert {check for _, check in faults(report)} == {Check.CODE_REFUSED}


@pytest.mark.parametrize(
    "content",
    [
        CodeContent(Number(2027, 47, 2), Decimal(10), date(2028, 1, 31)),
        CodeContent(Number(2027, 47, 1), Decimal(20), date(2028, 1, 31)),
        CodeContent(Number(2027, 47, 1), Decimal(10), date(2029, 1, 31)),
    ],
    ids=["number", "face value", "validity"],
)
def test_a_genuine_code_of_something_else_is_found(content: CodeContent) -> None:
    voucher = replace(GOOD.booklets[0].vouchers[0], code=signer().sign(content))
    assert faults(read(printed(with_first_voucher(voucher)))) == {(VOUCHER_PAGE, Check.CODE_DIFFERS)}


def test_a_blank_page_is_found() -> None:
    with pikepdf.open(BytesIO(printed())) as pdf:
        pdf.pages[VOUCHER_PAGE - 1].Contents = pdf.make_stream(b"")
        out = BytesIO()
        pdf.save(out)
    kinds = {check for page, check in faults(read(out.getvalue())) if page == VOUCHER_PAGE}
    assert {Check.MENTION, Check.NUMBER, Check.CODE_UNREADABLE} <= kinds


@pytest.mark.clause("T-2.4-mentions")
def test_words_hidden_under_a_patch_are_found() -> None:
    patch = Rectangle(6.0, 52.0, 90.0, 16.0)
    assert faults(read(painted(printed(), VOUCHER_PAGE, patch))) == {(VOUCHER_PAGE, Check.FAINT)}


def test_mentions_that_run_over_the_edge_are_found() -> None:
    order = replace(GOOD, mentions=tuple(f"Mention n° {rank}." for rank in range(20)))
    report = proofread(printed(order), order, public_keys())
    assert (VOUCHER_PAGE, Check.MENTION) in faults(report)


def test_a_number_hidden_under_a_patch_is_found() -> None:
    assert faults(read(painted(printed(), VOUCHER_PAGE, layout.NUMBER))) == {(VOUCHER_PAGE, Check.FAINT)}


def test_a_missing_page_is_found() -> None:
    with pikepdf.open(BytesIO(printed())) as pdf:
        del pdf.pages[VOUCHER_PAGE - 1]
        out = BytesIO()
        pdf.save(out)
    report = read(out.getvalue())
    assert (0, Check.PAGES) in faults(report)
    assert (VOUCHER_PAGE, Check.CODE_DIFFERS) in faults(report)


def test_a_wrong_trim_is_found() -> None:
    with pikepdf.open(BytesIO(printed())) as pdf:
        page = pdf.pages[VOUCHER_PAGE - 1]
        page.trimbox = [0, 0, 500, 280]
        out = BytesIO()
        pdf.save(out)
    assert faults(read(out.getvalue())) == {(VOUCHER_PAGE, Check.BOXES)}


def test_a_face_that_is_not_embedded_or_not_ours_is_found() -> None:
    with pikepdf.open(BytesIO(printed())) as pdf:
        descriptor = next(
            item
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == pikepdf.Name.FontDescriptor
        )
        for key in ("/FontFile2", "/FontFile3"):
            if key in descriptor:
                del descriptor[key]
        descriptor.FontName = pikepdf.Name("/ABCDEF+Arial-Bold")
        out = BytesIO()
        pdf.save(out)
    messages = [finding.message for finding in read(out.getvalue()).findings if finding.check is Check.FONTS]
    assert len(messages) == 2


def test_the_failing_page_is_shown() -> None:
    press = painted(printed(), VOUCHER_PAGE, layout.CODE)
    report = read(press)
    assert report.failing_pages == (VOUCHER_PAGE,)
    assert "27\u00a0047\u00a00000\u00a00001" in report.findings[0].message
    assert page_picture(press, VOUCHER_PAGE).startswith(b"\x89PNG")
