"""The pages of production in a browser, with orders at every stage: axe-core, narrow screens, the keyboard."""

import io
from dataclasses import replace

import pikepdf
import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.jobs.models import Job
from titulaire.journal import files
from titulaire.vouchers.issuing.models import PrintJob, SigningKey
from titulaire.vouchers.issuing.production import (
    Made,
    ask_print,
    make,
    public_keys,
    reconcile_job,
    reprint_booklet,
    spec_of,
    store_made,
)
from titulaire.vouchers.issuing.proofreading import proofread
from titulaire.vouchers.issuing.tests.factories import (
    LATER,
    acknowledged,
    equip,
    issued,
    paper,
    printed,
    released,
    workshop,
)
from titulaire.vouchers.orders.tests.factories import ACTOR, make_contract, make_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = [
    "",
    "impressions/",
    "impressions/{held}/",
    "impressions/{ready}/",
    "impressions/{ready}/imprimeur/",
    "impressions/{released}/",
    "impressions/{released}/retour/",
    "impressions/carnets/{booklet}/reimprimer/",
    "titres/",
    "titres/{voucher}/",
    "titres/verifier/",
    "titres/verifier/?code={code}",
    "titres/verifier/?code=27-047",
    "papiers/",
    "papiers/nouveau/",
    "courrier/",
    "courrier/modifier/",
    "courrier/1/",
    "courrier/mentions/",
    "courrier/pages/nouvelle/",
    "courrier/pages/{advert}/retirer/",
    "cles/",
    "cles/nouvelle/",
]


def every_stage() -> tuple[Contract, dict[str, object]]:
    """A contract with one order at each stage, and what the addresses of its pages need."""
    contract = equip(make_contract("cpam47"))
    paper(contract, reference="PAP-2026-118", label="Ange bleu")
    make_order(contract, lines=5, vouchers=12, key="a")
    acknowledged(contract, lines=4, vouchers=10, key="b")
    issued(contract, lines=3, vouchers=8, key="c")
    running = issued(contract, lines=2, vouchers=6, key="d")
    ask_print(job=running, actor=ACTOR, at=LATER)
    Job.objects.update(state=Job.RUNNING, done_parts=1, all_parts=3)
    held = _held(issued(contract, lines=2, vouchers=3, key="e"))
    ready = printed(issued(contract, lines=2, vouchers=5, key="f", unnamed=1))
    out = released(issued(contract, lines=3, vouchers=4, key="g"))
    booklet = out.order.issued_booklets.get(rank=1)
    reprint_booklet(
        booklet=booklet,
        rank=1,
        reason="SPOILED",
        note="Pli au façonnage",
        actor=ACTOR,
        at=LATER,
        workshop=workshop(),
    )
    whole = files.read(out.manifest_sha256, contract=contract.code).decode("utf-8-sig").splitlines()
    reconcile_job(job=out, printer_return="\r\n".join(whole[:-1]).encode(), actor=ACTOR, at=LATER)
    voucher = booklet.vouchers.order_by("serial")[0]
    return contract, {
        "held": held.batch,
        "ready": ready.batch,
        "released": out.batch,
        "booklet": booklet.reference,
        "voucher": voucher.number,
        "code": voucher.code,
        "advert": contract.advert_pages.get().pk,
    }


def _held(job: PrintJob) -> PrintJob:
    ask_print(job=job, actor=ACTOR, at=LATER)
    job.refresh_from_db()
    made = make(job, workshop())
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(made.printed.press)) as pdf:
        pdf.pages[2].Contents = pdf.make_stream(b"")
        pdf.save(out)
    report = proofread(out.getvalue(), spec_of(job), public_keys(job.contract))
    spoiled = Made(replace(made.printed, press=out.getvalue()), report)
    return store_made(job=job, made=spoiled, actor=ACTOR, at=LATER)


def sign_in(page: Page, address: str, contract: Contract, role: Role) -> None:
    client = Client()
    client.force_login(person(role, on=contract))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])


def test_axe_finds_nothing_and_nothing_scrolls_sideways(live_server, page: Page):
    contract, words = every_stage()
    sign_in(page, live_server.url, contract, Role.VOUCHER_OPERATOR)
    wrong: dict[str, object] = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for template in PAGES:
            address = template.format(**words)
            answer = page.goto(f"{live_server.url}/marches/cpam47/production/{address}")
            found = [str(each) for each in audit(page)]
            beyond = reflow(page)
            if not answer or not answer.ok or found or beyond:
                wrong[f"{scheme} {address[:60]}"] = (answer and answer.status, found, beyond)
    assert wrong == {}


def test_an_order_goes_from_the_queue_to_the_printer_by_the_keyboard(live_server, page: Page):
    contract = equip(make_contract("cpam47"))
    paper(contract)
    order = make_order(contract, lines=1, vouchers=2)
    sign_in(page, live_server.url, contract, Role.VOUCHER_OPERATOR)
    page.goto(f"{live_server.url}/marches/cpam47/production/")
    for label in ("Accuser réception", "Émettre les titres", "Fabriquer les fichiers"):
        page.get_by_role("button", name=label).press("Enter")
    page.get_by_text("fabrication demandée").wait_for()
    assert page.get_by_role("progressbar").count() == 1
    job = PrintJob.objects.select_related("order__contract", "contract").get(order=order)
    store_made(job=job, made=make(job, workshop()), actor=ACTOR, at=LATER)
    page.get_by_role("link", name="Donner à l’imprimeur").press("Enter")  # the page reloaded by itself
    page.get_by_label("Papier").select_option(index=1)
    page.get_by_role("button", name="Donner à l’imprimeur").press("Enter")
    page.get_by_text("est donné à l’imprimeur").wait_for()
    assert SigningKey.objects.count() == 1
