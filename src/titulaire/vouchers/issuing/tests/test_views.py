"""The pages of production: right role, wrong role, another tenant's object, done twice, and what they say."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.jobs.models import Job
from titulaire.jobs.services import run_one
from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.vouchers.issuing import wording, work  # noqa: F401 - work registers its handler
from titulaire.vouchers.issuing.codes import PublicKeys, VerifiedCode, verify
from titulaire.vouchers.issuing.lateness import Lateness, lateness
from titulaire.vouchers.issuing.models import (
    VOUCHER_STATE_LABELS,
    AdvertPage,
    Imprint,
    Letter,
    PaperBatch,
    PrintJob,
    PrintState,
    Reprint,
    SigningKey,
    Voucher,
    VoucherState,
)
from titulaire.vouchers.issuing.printing.manifest import DifferenceKind
from titulaire.vouchers.issuing.printing.spec import PLACEHOLDERS
from titulaire.vouchers.issuing.proofreading import Check
from titulaire.vouchers.issuing.queries import Stage, production_queue
from titulaire.vouchers.issuing.tests.factories import (
    IMPRINT,
    LETTER,
    acknowledged,
    equip,
    issued,
    paper,
    printed,
    released,
)
from titulaire.vouchers.orders.rules import OrderState
from titulaire.vouchers.orders.services import cancel_order
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract, make_order

pytestmark = pytest.mark.django_db

SMALL = {"lines": 1, "vouchers": 2}


def client(role: Role = Role.VOUCHER_OPERATOR, on: Contract | None = None) -> Client:
    opened = Client()
    opened.force_login(person(role, on=on or make_contract()))
    return opened


def url(name: str, *arguments: object, on: str = "cpam47") -> str:
    return reverse(name, args=[on, *arguments])


def text(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", answer.content.decode().replace("\u00a0", " ").replace("\u202f", " "))


# Who may open what, on things that exist


def everything() -> tuple[PrintJob, list[tuple[str, tuple[object, ...], set[Role]]]]:
    """A released job with a return, and each address that reads it, with the roles that may."""
    job = released(**SMALL)
    held = PrintJob.objects.get(pk=job.pk)
    held.proof["findings"] = [{"page": 2, "booklet": "", "check": "MENTION", "message": "essai"}]
    held.reconciliation = {"file": files.keep(b"x", contract="cpam47"), "differences": []}
    held.save()
    booklet = job.order.issued_booklets.get()
    Reprint.objects.create(
        booklet=booklet, rank=1, reason="MISCUT", sha256=job.press_sha256, asked_at=AT, asked_by=ACTOR
    )
    everyone = {Role.VOUCHER_OPERATOR, Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR}
    operator = {Role.VOUCHER_OPERATOR}
    return job, [
        ("production_queue", (), {Role.VOUCHER_OPERATOR, Role.AUDITOR}),
        ("print_jobs", (), everyone),
        ("print_job", (job.batch,), everyone),
        ("print_page", (job.batch, 2), everyone),
        ("print_press", (job.batch,), operator),
        ("print_archive", (job.batch,), operator | {Role.BUYER_MANAGER}),
        ("print_manifest", (job.batch,), operator),
        ("print_return", (job.batch,), operator),
        ("print_reconcile", (job.batch,), operator),
        ("booklet_reprint", (booklet.reference,), operator),
        ("reprint_file", (booklet.reference, 1), operator),
        ("vouchers", (), everyone),
        ("voucher", (booklet.vouchers.all()[0].number,), everyone),
        ("voucher_check", (), everyone),
        ("paper_batches", (), everyone),
        ("paper_new", (), operator),
        ("paper_evidence", (PaperBatch.objects.get().pk,), everyone),
        ("letters", (), everyone),
        ("letter_edit", (), operator | {Role.BUYER_MANAGER}),
        ("letter_version", (1,), everyone),
        ("letter_preview", (1,), everyone),
        ("imprint_edit", (), operator),
        ("advert_new", (), operator),
        ("advert_end", (AdvertPage.objects.get().pk,), operator),
        ("signing_keys", (), everyone),
        ("signing_key_new", (), operator),
    ]


@pytest.mark.clause("T-2.1.5-acces", "T-2.1.5-espace-gestion")
def test_each_page_opens_to_its_roles_on_its_own_contract_only() -> None:
    _, pages = everything()
    other = equip(make_contract("autre"))
    roles = [Role.VOUCHER_OPERATOR, Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR, Role.ADVISER]
    clients = {role: client(role) for role in roles}
    outsider, stranger = client(on=other), Client()
    for name, arguments, allowed in pages:
        for role, opened in clients.items():
            status = opened.get(url(name, *arguments)).status_code
            assert status == (200 if role in allowed else 403), (name, role)
        assert outsider.get(url(name, *arguments)).status_code == 404, name
        assert stranger.get(url(name, *arguments)).status_code == 302, name
        if arguments and name not in {"letter_version", "letter_preview"}:
            # The same object asked through one's own contract.
            assert outsider.get(url(name, *arguments, on="autre")).status_code == 404, name


@pytest.mark.clause("T-3.3-tracabilite")
@pytest.mark.parametrize(
    "name", ["vouchers", "voucher", "print_job", "print_press", "print_archive", "print_page"]
)
def test_a_page_that_names_people_is_recorded(name: str) -> None:
    _, pages = everything()
    arguments = next(arguments for page, arguments, _ in pages if page == name)
    client().get(url(name, *arguments))
    assert Entry.objects.filter(act="READ", target=url(name, *arguments)).count() == 1


def test_an_auditor_sees_the_queue_and_can_do_nothing_from_it() -> None:
    make_order(make_contract())
    page = text(client(Role.AUDITOR).get(url("production_queue")))
    assert "À accuser" in page and "production/commandes/" not in page


# The queue


def test_an_order_goes_through_the_queue_act_by_act_and_each_twice_is_once() -> None:
    contract = equip(make_contract())
    order, operator = make_order(contract, **SMALL), client()
    for name, state, act in (
        ("production_acknowledge", OrderState.ACKNOWLEDGED, "ORDER_ACKNOWLEDGED"),
        ("production_issue", OrderState.ISSUED, "ORDER_ISSUED"),
        ("production_make", OrderState.ISSUED, "ASK_PRINT"),
    ):
        for _ in range(2):
            assert operator.post(url(name, order.number)).status_code == 302
        order.refresh_from_db()
        assert order.state == state
        assert Entry.objects.filter(act=act).count() == 1
    assert Voucher.objects.count() == 2 and Job.objects.count() == 1
    assert "En fabrication" in text(operator.get(url("production_queue")))
    run_one(at=timezone.now())
    assert "Donner à l’imprimeur" in text(operator.get(url("production_queue")))


def test_getting_an_act_does_nothing() -> None:
    order = make_order(equip(make_contract()))
    for name in ("production_acknowledge", "production_issue"):
        assert client().get(url(name, order.number)).status_code == 302
    order.refresh_from_db()
    assert order.state == OrderState.CONFIRMED


def test_an_act_out_of_turn_says_what_to_do_first() -> None:
    contract = equip(make_contract())
    order, operator = make_order(contract), client()
    said = text(operator.post(url("production_issue", order.number), follow=True))
    assert "accusez-en d’abord réception" in said
    cancel_order(order=order, because="doublon", actor=ACTOR, at=AT)
    assert "rien à accuser" in text(operator.post(url("production_acknowledge", order.number), follow=True))
    assert operator.post(url("production_make", order.number)).status_code == 404


def test_a_contract_without_series_or_imprint_says_how_to_mend_it() -> None:
    contract = make_contract()
    order, operator = make_order(contract), client()
    operator.post(url("production_acknowledge", order.number))
    assert "open-series" in text(operator.post(url("production_issue", order.number), follow=True))
    job = issued(contract, key="autre", **SMALL)
    Imprint.objects.all().delete()
    answer = operator.post(url("production_make", job.order.number), follow=True)
    assert answer.redirect_chain[-1][0] == url("imprint_edit")


def test_a_failed_making_shows_its_reason_and_a_button() -> None:
    job, operator = issued(**SMALL), client()
    operator.post(url("production_make", job.order.number))
    Job.objects.update(state=Job.FAILED, error="Un texte déborde de sa page.")
    page = text(operator.get(url("production_queue")))
    assert "Un texte déborde de sa page." in page and "Fabriquer de nouveau" in page
    operator.post(url("production_make", job.order.number))
    assert Job.objects.count() == 2


def test_progress_is_told_then_the_page_is_asked_to_reload() -> None:
    job, operator = issued(**SMALL), client()
    operator.post(url("production_make", job.order.number))
    Job.objects.update(state=Job.RUNNING, done_parts=1, all_parts=3)
    fragment = operator.get(url("print_progress", job.batch))
    assert "1 sur 3" in text(fragment) and "hx-get" in text(fragment)
    Job.objects.update(state=Job.QUEUED, done_parts=0)
    run_one(at=timezone.now())
    assert operator.get(url("print_progress", job.batch))["HX-Refresh"] == "true"


@pytest.mark.clause("T-2.6-livraison-cpam")
@pytest.mark.parametrize(
    ("left", "risk"),
    [(-1, Lateness.LATE), (0, Lateness.SOON), (2, Lateness.SOON), (3, Lateness.ON_TIME)],
)
def test_a_delivery_is_late_the_day_after_its_last_day(left: int, risk: Lateness) -> None:
    assert lateness(left) is risk


@pytest.mark.clause("T-2.6-livraison-cpam")
def test_the_queue_counts_the_working_days_left() -> None:
    order = acknowledged(**SMALL)  # acknowledged on Monday 5 October 2026: 10 working days
    assert order.promised_on == date(2026, 10, 19)
    for day, left, risk in (
        (date(2026, 10, 5), 10, Lateness.ON_TIME),
        (date(2026, 10, 15), 2, Lateness.SOON),
        (date(2026, 10, 17), 1, Lateness.SOON),
        (date(2026, 10, 19), 0, Lateness.SOON),
        (date(2026, 10, 20), -1, Lateness.LATE),
    ):
        (line,) = production_queue(order.contract, on=day)
        assert (line.stage, line.days_left, line.risk) == (Stage.TO_ISSUE, left, risk), day


def test_a_contract_without_orders_has_an_empty_queue() -> None:
    assert production_queue(make_contract("autre"), on=date(2026, 10, 5)) == []


def test_the_queue_is_read_in_a_constant_number_of_queries(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    contract = make_contract()
    for number in range(4):
        issued(contract, key=str(number), **SMALL)
    with django_assert_max_num_queries(8):
        assert len(production_queue(contract, on=date(2026, 10, 6))) == 4


# Print jobs


def test_the_downloads_are_the_files_that_were_kept() -> None:
    job, operator = printed(**SMALL), client()
    for name, sha256, filename in (
        ("print_press", job.press_sha256, f"IMP-{job.order.number}.pdf"),
        ("print_archive", job.archive_sha256, f"IMP-{job.order.number}-archive.pdf"),
        ("print_manifest", job.manifest_sha256, f"IMP-{job.order.number}-bordereau.csv"),
    ):
        answer = operator.get(url(name, job.batch))
        assert answer.content == files.read(sha256, contract="cpam47")
        assert answer["Content-Disposition"] == f'attachment; filename="{filename}"'
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.clause("T-5.1-coherence")
def test_an_altered_file_is_not_handed_out() -> None:
    job = printed(**SMALL)
    place = Path(settings.DATA_DIR) / "files" / "cpam47" / job.press_sha256[:2] / job.press_sha256
    content = place.read_bytes()
    try:
        place.write_bytes(b"autre chose")
        answer = client().get(url("print_press", job.batch))
        assert answer.status_code == 409 and "Fichier altéré" in text(answer)
        assert job.press_sha256 in text(answer)
    finally:
        place.write_bytes(content)


def test_files_that_do_not_exist_yet_are_not_found() -> None:
    job = issued(**SMALL)
    for name in ("print_press", "print_archive", "print_manifest", "print_return"):
        assert client().get(url(name, job.batch)).status_code == 404


@pytest.mark.clause("T-2.4-mentions", "T-5.1-coherence")
def test_a_held_job_shows_its_findings_and_the_picture_of_each_failing_page_alone() -> None:
    job, operator = printed(**SMALL), client()
    job.state = PrintState.HELD.value
    job.proof["findings"] = [
        {
            "page": 3,
            "booklet": "2026-0001-0001",
            "check": "MENTION",
            "message": "Il manque la mention d’essai.",
        }
    ]
    job.save()
    page = text(operator.get(url("print_job", job.batch)))
    assert "Il manque la mention d’essai." in page and url("print_page", job.batch, 3) in page
    picture = operator.get(url("print_page", job.batch, 3))
    assert picture["Content-Type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    for other in (1, 99):
        assert operator.get(url("print_page", job.batch, other)).status_code == 404


@pytest.mark.clause("T-2.4-papier-durable")
def test_a_release_asks_for_a_valid_paper_and_done_twice_is_done_once() -> None:
    job, operator = printed(**SMALL), client()
    page = text(operator.get(url("print_release", job.batch)))
    assert "Aucun papier n’a de justificatif valable" in page and url("paper_new") in page
    valid, other = paper(job.contract), paper(make_contract("autre"), reference="AILLEURS")
    expired = paper(job.contract, reference="VIEUX")
    PaperBatch.objects.filter(pk=expired.pk).update(
        evidence_expires_on=timezone.localdate() - timedelta(days=1)
    )
    for choice in ("", str(expired.pk), str(other.pk), "x"):
        answer = operator.post(url("print_release", job.batch), {"paper": choice})
        assert answer.status_code == 200 and "error-summary" in text(answer), choice
    for _ in range(2):
        assert operator.post(url("print_release", job.batch), {"paper": valid.pk}).status_code == 302
    job.refresh_from_db()
    assert job.state == PrintState.RELEASED and job.paper == valid
    assert Entry.objects.filter(act="RELEASE_PRINT").count() == 1


def test_a_job_that_is_not_ready_is_not_released() -> None:
    job = issued(**SMALL)
    batch = paper(job.contract)
    answer = client().post(url("print_release", job.batch), {"paper": batch.pk}, follow=True)
    job.refresh_from_db()
    assert job.state == PrintState.TO_MAKE and "Rien à faire" in text(answer)


def upload(content: bytes, name: str = "retour.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.mark.clause("T-5.1-coherence")
def test_the_return_of_the_printer_is_compared_and_its_differences_are_told() -> None:
    job, operator = released(lines=2, vouchers=2), client()
    whole = files.read(job.manifest_sha256, contract="cpam47")
    short = b"\r\n".join(whole.splitlines()[:-1])
    address = url("print_reconcile", job.batch)
    said = text(operator.post(address, {"file": upload(short)}, follow=True))
    assert "1 différence" in said and "Carnet absent du retour" in said
    assert operator.get(url("print_return", job.batch)).content == short
    said = text(operator.post(address, {"file": upload(whole)}, follow=True))
    assert "Retour conforme" in said and "Rapprochée" in said


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"a;b\r\n1;2\r\n", "retour.csv", "« carnet »"),
        (b"x", "retour.pdf", "n’est pas un fichier attendu"),
        (b"", "retour.csv", "vide"),
    ],
)
def test_a_return_that_cannot_be_read_says_why(content: bytes, name: str, said: str) -> None:
    job = released(**SMALL)
    answer = client().post(url("print_reconcile", job.batch), {"file": upload(content, name)})
    assert answer.status_code == 200 and said in text(answer)


@pytest.mark.clause("T-2.4-securite", "T-3.3-tracabilite")
def test_a_booklet_is_reprinted_once_per_press_and_its_file_is_there() -> None:
    job, operator = released(**SMALL), client()
    reference = job.order.issued_booklets.get().reference
    wish = {"rank": 1, "reason": "SPOILED", "note": ""}
    for _ in range(2):
        assert operator.post(url("booklet_reprint", reference), wish).status_code == 302
    assert Reprint.objects.count() == 1 and Voucher.objects.count() == 2
    assert operator.get(url("reprint_file", reference, 1)).content.startswith(b"%PDF")
    too_early = operator.post(url("booklet_reprint", reference), {**wish, "rank": 5})
    assert "rouvrez cette page" in text(too_early)
    Voucher.objects.update(state=VoucherState.DELIVERED)
    gone = operator.post(url("booklet_reprint", reference), {**wish, "rank": 2})
    assert "faites opposition" in text(gone) and Reprint.objects.count() == 1


def test_nothing_is_reprinted_before_the_printer_has_it() -> None:
    reference = printed(**SMALL).order.issued_booklets.get().reference
    answer = client().post(url("booklet_reprint", reference), {"rank": 1, "reason": "SPOILED"}, follow=True)
    assert "pas encore chez l’imprimeur" in text(answer) and not Reprint.objects.exists()


# Register


@pytest.mark.clause("T-2.1.5-espace-gestion")
def test_a_voucher_is_found_by_whatever_is_known_of_it() -> None:
    contract = make_contract()
    issued(contract, lines=2, vouchers=2)
    one = Voucher.objects.select_related("booklet__line").order_by("serial")[0]
    line = one.booklet.line
    for known in (
        one.number,
        one.grouped,
        one.grouped.replace("\u00a0", " "),
        one.booklet.reference,
        line.reference,
        line.last_name,
    ):
        answer = client().get(url("vouchers"), {"q": known})
        assert url("voucher", one.number) in answer.content.decode(), known
    nobody = client().get(url("vouchers"), {"q": "INCONNU"})
    assert url("voucher", one.number) not in nobody.content.decode()
    export = client().get(url("vouchers"), {"export": "csv", "etat": "ISSUED", "millesime": "2026"})
    assert one.number in export.content.decode("utf-8-sig")


@pytest.mark.clause("T-2.4-securite")
def test_a_voucher_tells_its_life_and_what_its_signature_proves() -> None:
    job = released(**SMALL)
    one = job.order.issued_vouchers.order_by("serial")[0]
    page = text(client().get(url("voucher", one.number)))
    for words in (
        "Signature authentique",
        "jamais l’absence d’usage",
        "Émis, numéroté et signé",
        "Donné à l’imprimeur",
    ):
        assert words in page
    Voucher.objects.filter(pk=one.pk).update(face_value_cents=5000)
    assert "Signature et registre diffèrent" in text(client().get(url("voucher", one.number)))
    Voucher.objects.filter(pk=one.pk).update(code="A" * 124)
    assert "Signature refusée" in text(client().get(url("voucher", one.number)))


@pytest.mark.clause("T-2.4-securite")
def test_a_code_and_a_number_held_out_are_judged_in_plain_words() -> None:
    one = issued(**SMALL).order.issued_vouchers.order_by("serial")[0]
    wrong_digit = one.number[:-1] + str((int(one.number[-1]) + 1) % 10)
    forged = one.code[:-6] + ("AAAAAA" if one.code[-6:] != "AAAAAA" else "BBBBBA")
    for code, said in (
        (one.code, "Signature authentique"),
        (one.number, "Numéro connu"),
        (one.grouped, "Numéro connu"),
        (wrong_digit, "mal recopié"),
        ("bonjour, ceci n’est pas un code de titre", "Ce n’est pas un code de titre"),
        (forged, "Ce n’est pas un code|contrefaçon"),
        ("", "Collez un code"),
    ):
        assert re.search(said, text(client().get(url("voucher_check"), {"code": code}))), code


def test_the_register_of_another_contract_stays_its_own() -> None:
    theirs = issued(**SMALL).order.issued_vouchers.order_by("serial")[0]
    other = make_contract("autre")
    elsewhere = client(on=other)
    by_code = text(elsewhere.get(url("voucher_check", on="autre"), {"code": theirs.code}))
    assert "Titre d’un autre marché" in by_code and "Au registre" not in by_code
    by_number = text(elsewhere.get(url("voucher_check", on="autre"), {"code": theirs.number}))
    assert "ne connaît pas ce numéro" in by_number and "autre marché" not in by_number
    assert theirs.number not in elsewhere.get(url("vouchers", on="autre"), {"q": "26"}).content.decode()


# Paper


def paper_answers(**changes: object) -> dict[str, object]:
    return {
        "reference": "PAP-9",
        "supplier": "Papeterie inventée",
        "fibre": "RECYCLED",
        "label": "Ange bleu",
        "certified_percent": "100",
        "iso_14001": "on",
        "bleaching": "TCF",
        "ink": "VEGETABLE",
        "ink_justification": "",
        "evidence": SimpleUploadedFile("certificat.pdf", b"%PDF-1.7 preuve"),
        "evidence_expires_on": "31/12/2099",
        **changes,
    }


@pytest.mark.clause("T-2.4-papier-durable")
def test_a_paper_is_recorded_with_its_evidence_once() -> None:
    operator = client()
    assert operator.post(url("paper_new"), paper_answers()).status_code == 302
    again = operator.post(url("paper_new"), paper_answers())
    assert "déjà enregistré" in text(again) and PaperBatch.objects.count() == 1
    answer = operator.get(url("paper_evidence", PaperBatch.objects.get().pk))
    assert answer.content == b"%PDF-1.7 preuve" and answer["Content-Type"] == "application/pdf"


@pytest.mark.clause("T-2.4-papier-durable")
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"certified_percent": "99"}, "FIBRE"),
        ({"iso_14001": ""}, "ISO_14001"),
        ({"bleaching": "NONE"}, "BLEACHING"),
        ({"ink": "OTHER"}, "INK"),
        ({"evidence": SimpleUploadedFile("certificat.pdf", b"")}, "EVIDENCE"),
        ({"evidence_expires_on": "2020-01-01"}, "EXPIRED"),
    ],
)
def test_a_paper_that_the_contract_refuses_says_how_to_mend_it(changes: dict[str, object], rule: str) -> None:
    answer = client().post(url("paper_new"), paper_answers(**changes))
    field, sentence = wording.PAPER_FAULTS[rule]
    assert answer.context["form"].errors[field] == [sentence]
    assert not PaperBatch.objects.exists()


# Letter, imprint, adverts


@pytest.mark.clause("T-2.6-domicile")
@pytest.mark.parametrize(
    ("role", "writer"), [(Role.BUYER_MANAGER, "BUYER"), (Role.VOUCHER_OPERATOR, "ISSUER")]
)
def test_a_letter_belongs_to_who_wrote_it(role: Role, writer: str) -> None:
    equip(make_contract())
    opened = client(role)
    for _ in range(2):
        answer = opened.post(url("letter_edit"), {**LETTER, "place": "Nérac"})
        assert answer.status_code == 302
    assert Letter.objects.count() == 2
    latest = Letter.objects.first()
    assert latest and (latest.place, latest.written_by) == ("Nérac", writer)


@pytest.mark.clause("T-2.6-domicile")
def test_a_placeholder_that_does_not_exist_is_named_beside_its_field() -> None:
    answer = client().post(url("letter_edit"), {**LETTER, "body": "Bonjour {prenom}", "footer": "{pied}"})
    errors = answer.context["form"].errors
    assert "« {prenom} »" in errors["body"][0] and "{civilite}" in errors["body"][0]
    assert "« {pied} »" in errors["footer"][0]
    assert not Letter.objects.exists()


@pytest.mark.clause("T-2.6-domicile")
def test_a_letter_is_seen_filled_before_it_is_saved() -> None:
    equip(make_contract())
    answer = client().post(url("letter_edit"), {**LETTER, "place": "Nérac", "preview": "1"})
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    assert Letter.objects.count() == 1
    long = client().post(url("letter_edit"), {**LETTER, "body": "\r\n\r\n".join(["Un paragraphe."] * 90)})
    assert "raccourcissez-le" in text(long) and Letter.objects.count() == 1


def test_without_names_to_print_a_letter_is_saved_but_not_shown() -> None:
    make_contract()
    answer = client().post(url("letter_edit"), {**LETTER, "preview": "1"})
    assert "Saisissez d’abord les noms" in text(answer) and not Letter.objects.exists()
    assert client().post(url("letter_edit"), LETTER).status_code == 302
    assert client().get(url("letter_preview", 1)).status_code == 404


@pytest.mark.clause("T-2.4-mentions")
def test_the_names_printed_are_saved_as_a_new_version() -> None:
    equip(make_contract())
    operator = client()
    assert operator.post(url("imprint_edit"), IMPRINT).status_code == 302
    assert operator.post(url("imprint_edit"), {**IMPRINT, "goods": "Repas"}).status_code == 302
    assert Imprint.objects.count() == 2
    assert "error-summary" in text(operator.post(url("imprint_edit"), {**IMPRINT, "title": ""}))


@pytest.mark.clause("T-2.4-publicite", "T-1.1-avantages")
def test_an_advert_is_added_then_withdrawn_once() -> None:
    make_contract()
    operator = client()
    wish = {
        "title": "Avantage",
        "body": "Un avantage.",
        "side": "BEGINNING",
        "since": "2026-01-01",
        "address": "",
    }
    refused = operator.post(url("advert_new"), {**wish, "until": "2026-01-01", "address": "pas une adresse"})
    assert set(refused.context["form"].errors) == {"until", "address"}
    assert operator.post(url("advert_new"), wish).status_code == 302
    page = AdvertPage.objects.get()
    for _ in range(2):
        assert operator.post(url("advert_end", page.pk)).status_code == 302
    assert Entry.objects.filter(act="END_ADVERT").count() == 1
    assert "Retirée" in text(operator.get(url("letters")))


# Keys


@pytest.mark.clause("T-2.4-securite")
def test_a_key_is_made_once_per_press_and_says_why() -> None:
    equip(make_contract())
    operator, year = client(), timezone.localdate().year
    shown = operator.get(url("signing_key_new")).context["form"].fields["replaces"].initial
    wish = {"vintage": year, "because": "poste volé", "replaces": shown}
    for _ in range(2):
        assert operator.post(url("signing_key_new"), wish).status_code == 302
    assert SigningKey.objects.count() == 1
    shown = operator.get(url("signing_key_new")).context["form"].fields["replaces"].initial
    for _ in range(2):
        operator.post(url("signing_key_new"), {**wish, "replaces": shown})
    assert SigningKey.objects.count() == 2
    assert "poste volé" in text(operator.get(url("signing_keys")))
    refused = operator.post(url("signing_key_new"), {**wish, "vintage": year - 5})
    assert "vintage" in refused.context["form"].errors


def test_no_key_is_made_before_the_series_is_open() -> None:
    make_contract()
    answer = client().post(
        url("signing_key_new"), {"vintage": 2026, "because": "x", "replaces": "-"}, follow=True
    )
    assert "open-series" in text(answer) and not SigningKey.objects.exists()


@pytest.mark.clause("T-2.4-securite")
def test_anyone_may_take_the_public_keys_and_verify_with_them_alone() -> None:
    one = issued(**SMALL).order.issued_vouchers.all()[0]
    answer = Client().get(reverse("public_keys"))
    assert answer.status_code == 200 and answer["Access-Control-Allow-Origin"] == "*"
    assert "private" not in answer.content.decode() and '"d"' not in answer.content.decode()
    assert isinstance(verify(one.code, PublicKeys.from_jwks(answer.json())), VerifiedCode)


# Words


def test_every_code_of_the_room_has_its_french_words() -> None:
    assert set(wording.VOUCHER_STATES) == {state.value for state in VOUCHER_STATE_LABELS}
    assert set(wording.PRINT_STATES) == {state.value for state in PrintState}
    assert set(wording.STAGES) == {stage.value for stage in Stage}
    assert set(wording.CHECKS) == set(Check)
    assert set(wording.DIFFERENCES) == {kind.value for kind in DifferenceKind}
    assert tuple(wording.PLACEHOLDER_MEANINGS) == PLACEHOLDERS
    assert set(wording.VERDICTS) == set(wording.VERDICT_ADVICE)
    reasons = {code for code, _ in Reprint._meta.get_field("reason").choices or ()}
    assert set(wording.REPRINT_REASONS) == reasons


def test_empty_pages_say_what_to_do_next() -> None:
    make_contract()
    operator = client()
    for name, said in (
        ("production_queue", "Voir les impressions faites"),
        ("print_jobs", "Voir la file de production"),
        ("vouchers", "Voir la file de production"),
        ("paper_batches", "Enregistrer un papier"),
        ("letters", "Écrire le courrier"),
        ("signing_keys", "Créer une clé"),
    ):
        assert said in text(operator.get(url(name))), name
