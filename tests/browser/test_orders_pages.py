"""The pages of orders in a browser: axe-core, narrow screens, and the way of a newcomer's own file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.pages import audit, reflow
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract, person
from titulaire.vouchers.orders import agreements, deposits, queries
from titulaire.vouchers.orders.models import DryRun
from titulaire.vouchers.orders.rules import proposed_calendar
from titulaire.vouchers.orders.tests.factories import ACTOR, make_order

pytestmark = pytest.mark.browser

HEADINGS = "Référence;Civilité;Nom;Prénom;Adresse 1;Code postal;Ville;Nombre de titres"
BAD_FILE = "\n".join(
    [
        HEADINGS,
        "B001;Mme;Landreau;Odile;14 rue des Tilleuls;47000;Agen;10",
        "B002;M.;Bourdache;Émile;3 chemin du Lac;4730;Pujols;26",
        "B003;Mme;Tessonneau;Aïcha;8 place de la Mairie;47000;Agen;dix",
        ";M.;Cazevielle;Yann;12 allée des Pins;47200;Marmande;5",
    ]
)
GOOD_FILE = BAD_FILE.replace(";4730;", ";47300;").replace(";dix", ";12").replace("\n;M.", "\nB004;M.")

PAGES = [
    "",
    "deposer/",
    "ponctuelle/",
    "calendrier/",
    "calendrier/{next_year}/proposer/",
    "calendrier/{next_year}/1/approuver/",
    "valeur-faciale/",
    "valeur-faciale/changer/",
    "plafond/",
    "historique/?since=2026-01-01&until=2026-12-31",
    "cles/",
    "{order}/",
    "{order}/beneficiaires/",
    "{order}/accuser/",
    "{order}/annuler/",
    "deposer/{token}/",
    "deposer/{odd}/colonnes/",
]


@pytest.fixture
def cpam() -> Contract:
    return contract()


@pytest.fixture
def signed_in(live_server, page: Page, cpam: Contract) -> Page:
    client = Client()
    client.force_login(person(Role.BUYER_MANAGER, Role.VOUCHER_OPERATOR, on=cpam))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )
    return page


@pytest.fixture
def lived(cpam: Contract) -> dict[str, object]:
    """A contract with an order, a calendar in waiting and two files under examination."""
    now, today = timezone.now(), timezone.localdate()
    month = today.replace(day=1)
    order = make_order(cpam, unnamed=2, at=now - timedelta(days=1), month=month)
    days = queries.working_days(cpam)
    year = today.year + 1
    agreements.propose_calendar(
        contract=cpam,
        year=year,
        months=proposed_calendar(year, add_working_days=days.add, is_working_day=days.is_working_day),
        actor=ACTOR,
        at=now,
    )
    examined = {
        name: deposits.open_dry_run(
            contract=cpam, data=data.encode(), name="f.csv", actor=ACTOR, at=now, default_month=month
        ).token
        for name, data in {"token": BAD_FILE, "odd": "Code;Famille;Nombre de titres\nB1;Landreau;3"}.items()
    }
    return {"order": order.number, "next_year": year, **examined}


@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing(live_server, signed_in: Page, lived: dict[str, object], address: str):
    for scheme in ("light", "dark"):
        signed_in.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        answer = signed_in.goto(f"{live_server.url}/marches/cpam47/commandes/{address.format(**lived)}")
        assert answer and answer.status == 200
        for folded in signed_in.locator("details").all():
            folded.evaluate("each => { each.open = true }")
        assert [str(each) for each in audit(signed_in)] == []
    assert reflow(signed_in) == 0


def test_a_newcomer_mends_three_bad_rows_and_orders(
    live_server, signed_in: Page, cpam: Contract, tmp_path: Path
):
    upload = f"{live_server.url}/marches/cpam47/commandes/deposer/"
    bad, good = tmp_path / "commande.csv", tmp_path / "corrigee.csv"
    bad.write_text(BAD_FILE, encoding="utf-8")
    good.write_text(GOOD_FILE, encoding="cp1252")
    month = timezone.localdate().strftime("%Y-%m")

    def deposit(path: Path) -> None:
        signed_in.goto(upload)
        signed_in.get_by_label("Fichier de commande").set_input_files(path)
        signed_in.get_by_label("Mois des titres").select_option(month)
        signed_in.get_by_role("button", name="Examiner le fichier").click()

    deposit(bad)
    assert signed_in.get_by_role("heading", name="3 lignes refusées").is_visible()
    assert signed_in.get_by_text("« dix » n’est pas un nombre entier.").is_visible()
    signed_in.get_by_role("button", name="Confirmer la commande").click()
    assert signed_in.get_by_text("Cochez cette case").first.is_visible()
    assert [str(each) for each in audit(signed_in)] == []

    deposit(good)
    assert signed_in.get_by_text("53\u00a0titres").first.is_visible()
    signed_in.get_by_role("button", name="Confirmer la commande").click()
    order = DryRun.objects.exclude(order=None).get().order
    assert order and order.vouchers == 53
    assert order.number in signed_in.get_by_role("heading", level=1).inner_text()

    signed_in.get_by_role("link", name="Accuser réception").click()
    signed_in.get_by_role("button", name="Accuser réception").click()
    with signed_in.expect_download() as download:
        signed_in.get_by_role("link", name="Accusé de réception (PDF)").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
