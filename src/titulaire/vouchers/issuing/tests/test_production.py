"""Making, proof-reading, releasing, reconciling, reprinting: what goes to the printer is right, once, and traced."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from django.conf import settings
from django.utils import timezone

from titulaire.jobs.models import Job
from titulaire.jobs.services import run_one
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.journal.queries import verify as verify_journal
from titulaire.vouchers.issuing import work  # noqa: F401 - registers its handler
from titulaire.vouchers.issuing.composition import NothingToPrintWith
from titulaire.vouchers.issuing.materials import save_imprint, save_letter
from titulaire.vouchers.issuing.models import (
    Imprint,
    PrintJob,
    PrintState,
    Reprint,
    Voucher,
    VoucherState,
)
from titulaire.vouchers.issuing.printing.manifest import UnreadableReturn
from titulaire.vouchers.issuing.printing.production import PrintedJob, Workshop
from titulaire.vouchers.issuing.printing.spec import JobSpec
from titulaire.vouchers.issuing.production import (
    BookletGone,
    JobInWrongState,
    Made,
    PaperExpired,
    PaperOfAnotherContract,
    ReprintFaulty,
    ask_print,
    make,
    public_keys,
    reconcile_job,
    release_job,
    reprint_booklet,
    spec_of,
    store_made,
)
from titulaire.vouchers.issuing.proofreading import page_picture, proofread
from titulaire.vouchers.issuing.tests.factories import (
    IMPRINT,
    LATER,
    LETTER,
    issued,
    paper,
    printed,
    released,
    workshop,
)
from titulaire.vouchers.orders.rules import OrderState
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract

pytestmark = pytest.mark.django_db

SMALL = {"lines": 1, "vouchers": 2}


def asked(**wishes: object) -> PrintJob:
    job = issued(**{**SMALL, **wishes})  # type: ignore[arg-type]
    ask_print(job=job, actor=ACTOR, at=LATER)
    job.refresh_from_db()
    return job


# Making


@pytest.mark.clause("T-5.1-coherence", "T-2.4-mentions")
def test_a_sound_job_is_ready_with_its_three_files() -> None:
    job = printed(lines=2, vouchers=3, unnamed=1)
    assert job.state == PrintState.READY
    assert job.proof["codes_verified"] == job.proof["vouchers"] == 9
    assert job.proof["findings"] == []
    for digest in (job.press_sha256, job.archive_sha256, job.manifest_sha256):
        assert files.read(digest, contract=job.contract.code)
    assert Entry.objects.filter(act="PROOFREAD").count() == 1


def test_the_same_order_gives_the_same_bytes_even_after_its_letter_changed() -> None:
    job = asked()
    first = make(job, workshop())
    texts = {**LETTER, "body": "Une tout autre lettre."}
    save_letter(contract=job.contract, written_by="ISSUER", texts=texts, actor=ACTOR, at=LATER)
    save_imprint(contract=job.contract, actor=ACTOR, at=LATER, **{**IMPRINT, "issuer_name": "Autre nom"})
    again = make(PrintJob.objects.get(pk=job.pk), workshop())
    assert again.printed.press == first.printed.press
    assert again.printed.archive == first.printed.archive
    assert again.printed.manifest == first.printed.manifest


@pytest.mark.clause("T-2.6-domicile")
def test_a_booklet_sent_home_goes_with_its_letter_and_one_handed_over_without_name_does_not() -> None:
    job = printed(lines=1, vouchers=1, unnamed=1)
    manifest = files.read(job.manifest_sha256, contract=job.contract.code).decode("utf-8-sig")
    assert [row["courrier"] for row in csv.DictReader(io.StringIO(manifest), delimiter=";")] == ["oui", "non"]
    assert not re.search("LANDREAU|BOURDACHE", manifest), "the printer needs nobody's name"


def test_asked_twice_it_is_queued_once() -> None:
    job = asked()
    again = ask_print(job=job, actor=ACTOR, at=LATER)
    assert Job.objects.get() == again
    assert Entry.objects.filter(act="ASK_PRINT").count() == 1


def test_without_names_and_addresses_to_print_nothing_is_asked() -> None:
    job = issued(**SMALL)
    Imprint.objects.all().delete()
    with pytest.raises(NothingToPrintWith):
        ask_print(job=job, actor=ACTOR, at=LATER)
    job.refresh_from_db()
    assert job.state == PrintState.TO_MAKE and not Job.objects.exists()


def test_a_ready_job_is_not_made_again() -> None:
    with pytest.raises(JobInWrongState):
        ask_print(job=printed(**SMALL), actor=ACTOR, at=LATER)


def test_the_worker_makes_what_is_queued_and_nothing_more() -> None:
    job = asked()
    done = run_one(at=timezone.now())
    job.refresh_from_db()
    assert done and done.state == Job.DONE and done.percent == 66
    assert job.state == PrintState.READY
    assert run_one(at=timezone.now()) is None


@pytest.mark.clause("T-5.1-coherence")
def test_a_making_that_cannot_succeed_says_why_and_can_be_asked_again() -> None:
    job = issued(**SMALL)
    texts = {**LETTER, "body": "\n\n".join(["Un paragraphe de trop."] * 90)}
    save_letter(contract=job.contract, written_by="BUYER", texts=texts, actor=ACTOR, at=LATER)
    ask_print(job=job, actor=ACTOR, at=LATER)
    failed = run_one(at=timezone.now())
    assert failed and failed.state == Job.FAILED and "Raccourcissez le courrier" in failed.error
    save_letter(contract=job.contract, written_by="BUYER", texts=LETTER, actor=ACTOR, at=LATER)
    assert ask_print(job=job, actor=ACTOR, at=LATER).pk != failed.pk
    done = run_one(at=timezone.now())
    job.refresh_from_db()
    assert done and done.state == Job.DONE and job.state == PrintState.READY and job.attempt == 2


def test_the_worker_is_told_when_the_job_is_already_made() -> None:
    job = asked()
    store_made(job=job, made=make(job, workshop()), actor=ACTOR, at=LATER)
    late = run_one(at=timezone.now())
    assert late and late.state == Job.FAILED


# Held


def blanked(press: bytes, page: int) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(press)) as pdf:
        pdf.pages[page - 1].Contents = pdf.make_stream(b"")
        pdf.save(out)
    return out.getvalue()


class SpoilingWorkshop(Workshop):
    """A workshop that leaves its third page blank."""

    def print_job(self, job: JobSpec) -> PrintedJob:
        made = super().print_job(job)
        return replace(made, press=blanked(made.press, 3))


def sabotaged(job: PrintJob, page: int) -> Made:
    """The job's files with one page of the press file blanked."""
    made = make(job, workshop())
    press = blanked(made.printed.press, page)
    report = proofread(press, spec_of(job), public_keys(job.contract))
    return Made(replace(made.printed, press=press), report)


@pytest.mark.clause("T-2.4-mentions", "T-2.4-securite", "T-5.1-coherence")
def test_a_sabotaged_job_is_held_and_its_page_can_be_shown() -> None:
    job = asked()
    job = store_made(job=job, made=sabotaged(job, 3), actor=ACTOR, at=LATER)
    assert job.state == PrintState.HELD
    assert {finding["page"] for finding in job.proof["findings"]} == {3}
    checks = {finding["check"] for finding in job.proof["findings"]}
    assert {"MENTION", "CODE_UNREADABLE"} <= checks
    picture = page_picture(files.read(job.press_sha256, contract=job.contract.code), 3)
    assert picture.startswith(b"\x89PNG")
    with pytest.raises(JobInWrongState):
        release_job(job=job, paper=paper(job.contract), actor=ACTOR, at=LATER)


def test_a_held_job_is_made_again_under_its_next_attempt() -> None:
    job = asked()
    job = store_made(job=job, made=sabotaged(job, 3), actor=ACTOR, at=LATER)
    ask_print(job=job, actor=ACTOR, at=LATER)
    job.refresh_from_db()
    job = store_made(job=job, made=make(job, workshop()), actor=ACTOR, at=LATER)
    assert job.state == PrintState.READY and job.attempt == 2 and Job.objects.count() == 2


# Release


@pytest.mark.clause("T-2.4-papier-durable", "T-5.1-coherence")
def test_release_needs_a_ready_job() -> None:
    for job in (issued(**SMALL), asked(key="autre")):
        batch = paper(job.contract, reference=f"PAP-{job.pk}")
        with pytest.raises(JobInWrongState):
            release_job(job=job, paper=batch, actor=ACTOR, at=LATER)
        job.order.refresh_from_db()
        assert job.order.state == OrderState.ISSUED


@pytest.mark.clause("T-2.4-papier-durable")
@pytest.mark.parametrize(("days", "released_then"), [(-1, False), (0, True), (1, True)])
def test_release_needs_paper_whose_evidence_holds_that_day(days: int, released_then: bool) -> None:
    job = printed(**SMALL)
    last_on = timezone.localdate(LATER) + timedelta(days=30)
    batch = paper(job.contract, until=last_on)
    at = LATER + timedelta(days=30 - days)
    if released_then:
        assert release_job(job=job, paper=batch, actor=ACTOR, at=at).paper == batch
    else:
        with pytest.raises(PaperExpired) as refused:
            release_job(job=job, paper=batch, actor=ACTOR, at=at)
        assert (refused.value.reference, refused.value.last_on) == ("PAP-1", last_on)


def test_the_paper_of_another_contract_is_refused() -> None:
    job, other = printed(**SMALL), make_contract("autre")
    with pytest.raises(PaperOfAnotherContract):
        release_job(job=job, paper=paper(other), actor=ACTOR, at=LATER)


def test_released_twice_is_released_once() -> None:
    job = released(**SMALL)
    other = paper(job.contract, reference="PAP-2")
    again = release_job(job=job, paper=other, actor="user:autre", at=LATER + timedelta(days=900))
    assert (again.paper, again.released_by, again.released_at) == (job.paper, ACTOR, LATER)
    assert Entry.objects.filter(act="RELEASE_PRINT").count() == 1
    job.order.refresh_from_db()
    assert job.order.state == OrderState.RELEASED


# Reconciliation


def returned(job: PrintJob, change: str = "", to: str = "") -> bytes:
    text = files.read(job.manifest_sha256, contract=job.contract.code).decode("utf-8-sig")
    return text.replace(change, to, 1).encode() if change else text.encode()


@pytest.mark.clause("T-5.1-coherence")
def test_a_return_that_agrees_closes_the_job() -> None:
    job = released(**SMALL)
    job = reconcile_job(job=job, printer_return=returned(job), actor=ACTOR, at=LATER)
    assert job.state == PrintState.RECONCILED and job.reconciliation["differences"] == []


@pytest.mark.clause("T-5.1-coherence")
def test_a_missing_booklet_is_told_and_the_job_stays_open() -> None:
    job = released(lines=2, vouchers=2)
    whole = returned(job).decode()
    short = "\r\n".join(whole.splitlines()[:-1]).encode("cp1252")
    job = reconcile_job(job=job, printer_return=short, actor=ACTOR, at=LATER)
    assert job.state == PrintState.RELEASED
    (difference,) = job.reconciliation["differences"]
    assert (difference["kind"], difference["booklet"]) == ("MISSING", f"{job.order.number}-0002")
    assert files.read(job.reconciliation["file"], contract=job.contract.code) == short
    job = reconcile_job(job=job, printer_return=whole.encode(), actor=ACTOR, at=LATER)
    assert job.state == PrintState.RECONCILED


def test_the_same_return_twice_is_compared_once() -> None:
    job = released(**SMALL)
    reconcile_job(job=job, printer_return=returned(job), actor=ACTOR, at=LATER)
    job.refresh_from_db()
    reconcile_job(job=job, printer_return=returned(job), actor=ACTOR, at=LATER)
    assert Entry.objects.filter(act="RECONCILE_PRINT").count() == 1


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"carnet,titres\r\n1,2", b'carnet;"\x00'])
def test_an_unreadable_return_changes_nothing(content: bytes) -> None:
    job = released(**SMALL)
    with pytest.raises(UnreadableReturn):
        reconcile_job(job=job, printer_return=content, actor=ACTOR, at=LATER)
    job.refresh_from_db()
    assert job.reconciliation == {}


def test_a_job_that_was_not_released_is_not_reconciled() -> None:
    job = printed(**SMALL)
    with pytest.raises(JobInWrongState):
        reconcile_job(job=job, printer_return=returned(job), actor=ACTOR, at=LATER)


# Reprint


@pytest.mark.clause("T-2.4-securite", "T-3.3-tracabilite")
def test_a_reprint_is_the_same_booklet_and_makes_no_voucher() -> None:
    job = released(lines=2, vouchers=3)
    booklet = job.order.issued_booklets.get(rank=2)
    before = list(Voucher.objects.order_by("pk").values())
    reprint, press = reprint_booklet(
        booklet=booklet, rank=1, reason="SPOILED", note="", actor=ACTOR, at=LATER, workshop=workshop()
    )
    assert list(Voucher.objects.order_by("pk").values()) == before
    with pikepdf.open(io.BytesIO(files.read(job.press_sha256, contract=job.contract.code))) as whole:
        pages = len(whole.pages)
    with pikepdf.open(io.BytesIO(press)) as alone:
        assert len(alone.pages) * 2 == pages
    assert files.read(reprint.sha256, contract=job.contract.code) == press
    assert Entry.objects.filter(act="REPRINT_BOOKLET", target=f"booklet:{booklet.reference}").count() == 1


def test_a_reprint_asked_twice_is_made_once_and_a_second_one_has_the_next_rank() -> None:
    job = released(**SMALL)
    booklet = job.order.issued_booklets.get()
    wish = {
        "booklet": booklet,
        "reason": "MISCUT",
        "note": "",
        "actor": ACTOR,
        "at": LATER,
        "workshop": workshop(),
    }
    first = reprint_booklet(rank=1, **wish)  # type: ignore[arg-type]
    assert reprint_booklet(rank=1, **wish) == first  # type: ignore[arg-type]
    assert Reprint.objects.count() == Entry.objects.filter(act="REPRINT_BOOKLET").count() == 1
    with pytest.raises(ValueError, match="too early"):
        reprint_booklet(rank=3, **wish)  # type: ignore[arg-type]
    second, press = reprint_booklet(rank=2, **wish)  # type: ignore[arg-type]
    assert second.rank == 2 and press == first[1]


@pytest.mark.clause("T-2.4-securite")
def test_what_left_the_printer_is_never_printed_again() -> None:
    job = released(**SMALL)
    booklet = job.order.issued_booklets.get()
    Voucher.objects.filter(booklet=booklet, serial=booklet.last_serial).update(state=VoucherState.DISPATCHED)
    with pytest.raises(BookletGone):
        reprint_booklet(
            booklet=booklet, rank=1, reason="SPOILED", note="", actor=ACTOR, at=LATER, workshop=workshop()
        )
    assert not Reprint.objects.exists()


@pytest.mark.clause("T-2.4-mentions", "T-5.1-coherence")
def test_a_faulty_reprint_never_reaches_the_printer() -> None:
    booklet = released(**SMALL).order.issued_booklets.get()
    with pytest.raises(ReprintFaulty) as refused, SpoilingWorkshop(workers=0) as spoiling:
        reprint_booklet(
            booklet=booklet, rank=1, reason="SPOILED", note="", actor=ACTOR, at=LATER, workshop=spoiling
        )
    assert refused.value.report.failing_pages == (3,)
    assert not Reprint.objects.exists()


def test_nothing_is_reprinted_before_it_was_printed() -> None:
    booklet = printed(**SMALL).order.issued_booklets.get()
    with pytest.raises(JobInWrongState):
        reprint_booklet(
            booklet=booklet, rank=1, reason="SPOILED", note="", actor=ACTOR, at=LATER, workshop=workshop()
        )


# Evidence


@pytest.mark.clause("T-5.1-coherence")
def test_a_file_altered_or_lost_on_disk_is_never_served() -> None:
    job = printed(**SMALL)
    place = Path(settings.DATA_DIR) / "files" / job.contract.code / job.press_sha256[:2] / job.press_sha256
    content = place.read_bytes()
    try:
        place.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(files.FileAltered):
            files.read(job.press_sha256, contract=job.contract.code)
        place.unlink()
        with pytest.raises(files.FileLost):
            files.read(job.press_sha256, contract=job.contract.code)
    finally:
        place.write_bytes(content)


def test_the_whole_life_of_a_job_leaves_a_journal_that_verifies() -> None:
    job = released(**SMALL)
    reconcile_job(job=job, printer_return=returned(job), actor=ACTOR, at=LATER)
    acts = list(Entry.objects.filter(target=f"order:{job.order.number}").values_list("act", flat=True))
    assert acts[-5:] == ["ORDER_ISSUED", "ASK_PRINT", "PROOFREAD", "RELEASE_PRINT", "RECONCILE_PRINT"]
    assert verify_journal().holds
