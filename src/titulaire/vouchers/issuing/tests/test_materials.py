"""Imprint, letter, adverts, paper: versions kept, nonsense refused by its name."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pikepdf
import pypdfium2
import pytest
from django.utils import timezone

from titulaire.journal import files
from titulaire.journal.models import Entry
from titulaire.vouchers.issuing.composition import NothingToPrintWith, snapshot
from titulaire.vouchers.issuing.materials import (
    LetterTooLong,
    PaperKnown,
    PaperRefused,
    check_letter,
    end_advert,
    sample_letter,
    save_advert,
    save_imprint,
    save_letter,
)
from titulaire.vouchers.issuing.models import AdvertPage, Imprint, Letter, PaperBatch
from titulaire.vouchers.issuing.printing.spec import PLACEHOLDERS, UnknownPlaceholder
from titulaire.vouchers.issuing.services import make_key, open_series
from titulaire.vouchers.issuing.tests.factories import IMPRINT, LETTER, equip, issued, paper
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract

pytestmark = pytest.mark.django_db
TODAY = date(2026, 10, 5)


# Letter


@pytest.mark.clause("T-2.6-domicile")
@pytest.mark.parametrize("field", ["place", "subject", "body", "closing", "signature", "footer"])
@pytest.mark.parametrize("name", ["prenom", "Civilite", "", "carnet "])
def test_a_placeholder_that_does_not_exist_is_refused_by_its_name(field: str, name: str) -> None:
    with pytest.raises(UnknownPlaceholder) as refused:
        save_letter(
            contract=make_contract(),
            written_by="BUYER",
            texts={**LETTER, field: f"Bonjour {{{name}}}"},
            actor=ACTOR,
            at=AT,
        )
    assert refused.value.name == name and set(refused.value.known) == set(PLACEHOLDERS)
    assert not Letter.objects.exists()


@pytest.mark.parametrize(("text", "name"), [("Bonjour {nom", "nom"), ("Bonjour nom}", ""), ("{{nom}}", "")])
def test_a_brace_without_its_other_half_is_refused(text: str, name: str) -> None:
    with pytest.raises(UnknownPlaceholder) as refused:
        check_letter({"body": text})
    assert refused.value.name == name


def test_every_placeholder_may_be_used() -> None:
    check_letter({**LETTER, "body": " ".join(f"{{{name}}}" for name in PLACEHOLDERS)})


@pytest.mark.clause("T-2.6-domicile")
def test_a_new_letter_is_a_new_version_and_the_same_letter_is_none() -> None:
    contract = equip(make_contract())
    save_letter(contract=contract, written_by="ISSUER", texts=LETTER, actor=ACTOR, at=AT)
    assert Letter.objects.count() == 1
    save_letter(
        contract=contract, written_by="ISSUER", texts={**LETTER, "place": "Paris"}, actor=ACTOR, at=AT
    )
    assert list(Letter.objects.values_list("version", "written_by", "place")) == [
        (2, "ISSUER", "Paris"),
        (1, "BUYER", "Agen"),
    ]
    assert Entry.objects.filter(act="SAVE_LETTER").count() == 2


@pytest.mark.clause("T-2.6-domicile")
def test_a_letter_is_seen_as_its_reader_will_get_it() -> None:
    contract = equip(make_contract())
    content = sample_letter(contract=contract, texts=LETTER, on=TODAY)
    assert sample_letter(contract=contract, texts=LETTER, on=TODAY) == content
    with pypdfium2.PdfDocument(content) as pdf:
        assert len(pdf) == 1
        said = " ".join(pdf[0].get_textpage().get_text_range().split())
    for words in ("Madame", "25 titres", "10 €", "deux-cent-cinquante euros", "VILLENEUVE-SUR-EXEMPLE"):
        assert words in said
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert len(opened.pages) == 1


def test_a_letter_of_two_pages_is_refused_before_any_booklet_is_printed() -> None:
    texts = {**LETTER, "body": "\n\n".join(["Un paragraphe de trop."] * 90)}
    with pytest.raises(LetterTooLong):
        sample_letter(contract=equip(make_contract()), texts=texts, on=TODAY)


def test_no_letter_is_shown_without_the_names_that_it_bears() -> None:
    with pytest.raises(NothingToPrintWith):
        sample_letter(contract=make_contract(), texts=LETTER, on=TODAY)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_paragraphs_are_the_same_from_a_browser_as_from_a_file(line_end: str) -> None:
    contract = equip(make_contract())
    texts = {**LETTER, "body": f"Un.{line_end}{line_end}Deux."}
    content = sample_letter(contract=contract, texts=texts, on=TODAY)
    assert content == sample_letter(contract=contract, texts={**LETTER, "body": "Un.\n\nDeux."}, on=TODAY)


# Imprint


def test_the_same_imprint_again_makes_no_version() -> None:
    contract = equip(make_contract())
    assert save_imprint(contract=contract, actor=ACTOR, at=AT, **IMPRINT).version == 1
    assert save_imprint(contract=contract, actor=ACTOR, at=AT, **{**IMPRINT, "goods": "Repas"}).version == 2
    assert Imprint.objects.count() == Entry.objects.filter(act="SAVE_IMPRINT").count() == 2


# Adverts


@pytest.mark.clause("T-2.4-publicite", "T-1.1-avantages")
@pytest.mark.parametrize(("days", "printed"), [(-1, False), (0, True), (9, True), (10, False)], ids=str)
def test_a_page_is_printed_from_its_first_day_until_its_end_not_included(days: int, printed: bool) -> None:
    job = issued(lines=1, vouchers=1)
    AdvertPage.objects.all().delete()
    save_advert(
        contract=job.contract,
        title="Avantage",
        body="Un avantage.",
        side="BEGINNING",
        since=TODAY,
        until=TODAY + timedelta(days=10),
        address="",
        actor=ACTOR,
        at=AT,
    )
    adverts = snapshot(job.order, on=TODAY + timedelta(days=days))["adverts"]
    assert bool(adverts) is printed


def test_an_ended_page_stays_ended_and_one_that_never_started_is_gone() -> None:
    page = equip(make_contract()).advert_pages.get()
    end_advert(page=page, on=TODAY, actor=ACTOR, at=AT)
    end_advert(page=page, on=TODAY + timedelta(days=5), actor=ACTOR, at=AT)
    page.refresh_from_db()
    assert page.until == TODAY
    assert Entry.objects.filter(act="END_ADVERT").count() == 1
    future = AdvertPage.objects.create(
        contract=page.contract,
        title="À venir",
        body="…",
        side="END",
        since=TODAY,
        saved_at=AT,
        saved_by=ACTOR,
    )
    end_advert(page=future, on=TODAY, actor=ACTOR, at=AT)
    assert not AdvertPage.objects.filter(title="À venir").exists()


# Paper


@pytest.mark.clause("T-2.4-papier-durable")
@pytest.mark.parametrize(
    ("wishes", "rule"),
    [
        ({}, ""),
        ({"fibre": "CERTIFIED", "certified_percent": 75}, ""),
        ({"fibre": "CERTIFIED", "certified_percent": 74}, "FIBRE"),
        ({"fibre": "RECYCLED", "certified_percent": 99}, "FIBRE"),
        ({"fibre": "OTHER"}, "FIBRE"),
        ({"iso_14001": False}, "ISO_14001"),
        ({"bleaching": "ECF"}, ""),
        ({"bleaching": "NONE"}, "BLEACHING"),
        ({"ink": "OTHER"}, "INK"),
        ({"ink": "OTHER", "ink_justification": "  "}, "INK"),
        ({"ink": "OTHER", "ink_justification": "Encre de sécurité, avis du fournisseur joint."}, ""),
        ({"evidence": b""}, "EVIDENCE"),
        ({"until": timezone.localdate(AT) - timedelta(days=1)}, "EXPIRED"),
        ({"until": timezone.localdate(AT)}, ""),
    ],
)
def test_paper_is_what_the_contract_asks_or_is_refused(wishes: dict[str, object], rule: str) -> None:
    contract = make_contract()
    if rule:
        with pytest.raises(PaperRefused) as refused:
            paper(contract, **wishes)  # type: ignore[arg-type]
        assert refused.value.rule == rule and not PaperBatch.objects.exists()
    else:
        kept = paper(contract, **wishes)  # type: ignore[arg-type]
        assert files.read(kept.evidence_sha256, contract=contract.code) == b"%PDF-1.7 certificat"


def test_a_paper_reference_is_recorded_once() -> None:
    contract = make_contract()
    paper(contract)
    with pytest.raises(PaperKnown):
        paper(contract)
    assert Entry.objects.filter(act="RECORD_PAPER").count() == 1


# Keys


@pytest.mark.clause("T-2.4-securite")
def test_a_rotation_asked_twice_turns_once() -> None:
    contract = make_contract()
    open_series(contract=contract, issuer=47, actor=ACTOR, at=AT)
    first = make_key(contract=contract, vintage=2027, actor=ACTOR, at=AT, replaces=0)
    assert make_key(contract=contract, vintage=2027, actor=ACTOR, at=AT, replaces=0) == first
    second = make_key(
        contract=contract, vintage=2027, actor=ACTOR, at=AT, because="poste volé", replaces=first.key_id
    )
    again = make_key(
        contract=contract, vintage=2027, actor=ACTOR, at=AT, because="poste volé", replaces=first.key_id
    )
    assert again == second != first
    first.refresh_from_db()
    assert first.retired_because == "poste volé"
    assert Entry.objects.filter(act="MAKE_SIGNING_KEY").count() == 2
