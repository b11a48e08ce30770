"""What print jobs are made with: the imprint, the letter, advert pages, paper. New versions, never rewritten ones."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

from django.db import transaction
from django.utils import timezone
from pikepdf import Pdf

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.vouchers.issuing.composition import NothingToPrintWith, letter_template, party
from titulaire.vouchers.issuing.models import AdvertPage, Imprint, Letter, PaperBatch
from titulaire.vouchers.issuing.printing.art import Medium
from titulaire.vouchers.issuing.printing.pagination import leaves
from titulaire.vouchers.issuing.printing.spec import (
    PLACEHOLDERS,
    BookletSpec,
    JobSpec,
    Party,
    UnknownPlaceholder,
    VoucherSpec,
)
from titulaire.vouchers.issuing.printing.typesetting import typeset
from titulaire.vouchers.issuing.rules import BOOKLET_LIMIT, Number


class PaperRefused(ValueError):
    """The paper is not what the contract asks. `rule` says what is missing."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class PaperKnown(ValueError):
    """A paper batch of this reference is recorded already."""


class LetterTooLong(ValueError):
    """The letter, filled for a full booklet, takes `pages` pages instead of one."""

    def __init__(self, pages: int) -> None:
        super().__init__(pages)
        self.pages = pages


LETTER_TEXTS = ("place", "subject", "body", "closing", "signature", "footer")
SAMPLE_ADDRESS = (
    "MADAME MARIE-ANTOINETTE DE L’EXEMPLE",
    "APPARTEMENT 12 ESCALIER B 3E ETAGE",
    "RESIDENCE DES EXEMPLES BATIMENT C",
    "125 BIS AVENUE DU GENERAL INVENTE",
    "LIEU-DIT LE BOIS DES EXEMPLES",
    "47300 VILLENEUVE-SUR-EXEMPLE CEDEX",
)


def save_imprint(*, contract: Contract, actor: str, at: datetime, **texts: str) -> Imprint:
    """Save a new version of what vouchers say of the parties. The same texts again make no new version."""
    with transaction.atomic():
        contract = Contract.objects.select_for_update().get(pk=contract.pk)
        last = Imprint.objects.filter(contract=contract).order_by("-version").first()
        if last and all(getattr(last, name) == text for name, text in texts.items()):
            return last
        version = (last.version if last else 0) + 1
        imprint = Imprint.objects.create(
            contract=contract, version=version, saved_at=at, saved_by=actor, **texts
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="SAVE_IMPRINT",
            target=f"imprint:{version}",
            body=dict(texts),
        )
    return imprint


@clause("T-2.6-domicile")
def save_letter(
    *, contract: Contract, written_by: str, texts: dict[str, str], actor: str, at: datetime
) -> Letter:
    """Save a new version of the accompanying letter, the buyer's (`BUYER`) or the issuer's (`ISSUER`).

    The same texts again make no new version.

    Raises:
        UnknownPlaceholder: a text asks for a value that does not exist.
    """
    check_letter(texts)
    with transaction.atomic():
        contract = Contract.objects.select_for_update().get(pk=contract.pk)
        last = Letter.objects.filter(contract=contract).order_by("-version").first()
        if last and all(getattr(last, name) == text for name, text in texts.items()):
            return last
        version = (last.version if last else 0) + 1
        letter = Letter.objects.create(
            contract=contract, version=version, written_by=written_by, saved_at=at, saved_by=actor, **texts
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="SAVE_LETTER",
            target=f"letter:{letter.version}",
            body={"written_by": written_by, **texts},
        )
    return letter


def sample_letter(*, contract: Contract, texts: dict[str, str], on: date) -> bytes:
    """The letter as an invented beneficiary with a full booklet and a full address would get it: a PDF of a page.

    Raises:
        UnknownPlaceholder: a text asks for a value that does not exist.
        LetterTooLong: it does not fit one page.
        NothingToPrintWith: the contract has no imprint.
    """
    imprint = Imprint.objects.filter(contract=contract).order_by("-version").first()
    if imprint is None:
        raise NothingToPrintWith(contract.code)
    authority = party(imprint.authority_name, imprint.authority_address)
    numbers = [Number(on.year, 0, serial) for serial in range(1, BOOKLET_LIMIT + 1)]
    booklet = BookletSpec(
        reference=f"{on.year}-0000-0001",
        vouchers=tuple(VoucherSpec(number, code="") for number in numbers),
        holder="Marie-Antoinette DE L’EXEMPLE-INVENTÉ",
        civility="Madame",
        address=SAMPLE_ADDRESS,
    )
    job = JobSpec(
        reference="IMP-SPECIMEN",
        batch="SPECIMEN",
        made_at=datetime(on.year, on.month, on.day, tzinfo=UTC),
        issuer=party(imprint.issuer_name, imprint.issuer_address),
        presented_to=party(imprint.payee_name, imprint.payee_address),
        authority=authority,
        title=imprint.title,
        goods=imprint.goods,
        mentions=(),
        face_value=Decimal(10),
        vintage=on.year,
        valid_from_on=on,
        last_valid_on=on + timedelta(days=365),
        booklets=(booklet,),
        letter=letter_template(texts, authority),
        letter_on=on,
        specimen=True,
    )
    words = typeset(job, booklet, Medium.ARCHIVE)
    with Pdf.open(BytesIO(words)) as whole, Pdf.new() as alone:
        if len(whole.pages) != len(leaves(job, booklet)):
            raise LetterTooLong(len(whole.pages) - len(leaves(job, booklet)) + 1)
        alone.pages.append(whole.pages[0])
        out = BytesIO()
        alone.save(out, deterministic_id=True)
        return out.getvalue()


def check_letter(texts: dict[str, str]) -> None:
    """Fill the letter, or some of its texts, with sample values.

    Raises:
        UnknownPlaceholder: a text asks for a value that does not exist, or has a brace without its other half.
    """
    whole = {**dict.fromkeys(LETTER_TEXTS, ""), **texts}
    letter_template(whole, Party("")).filled(dict.fromkeys(PLACEHOLDERS, "…"))
    for text in texts.values():
        left = re.sub(r"\{[^{}]*\}", "", text)
        if alone := re.search(r"[{}].{0,20}", left):
            raise UnknownPlaceholder(alone.group().strip("{}"), PLACEHOLDERS)


@clause("T-2.4-publicite", "T-1.1-avantages")
def save_advert(
    *,
    contract: Contract,
    title: str,
    body: str,
    side: str,
    since: date,
    until: date | None,
    address: str,
    actor: str,
    at: datetime,
) -> AdvertPage:
    """Add a page of advantages or advertising at the `BEGINNING` or the `END` of booklets, for a period."""
    with transaction.atomic():
        page = AdvertPage.objects.create(
            contract=contract,
            title=title,
            body=body,
            side=side,
            since=since,
            until=until,
            address=address,
            saved_at=at,
            saved_by=actor,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="SAVE_ADVERT",
            target=f"advert:{page.pk}",
            body={"title": title, "side": side, "since": str(since), "until": str(until) if until else None},
        )
    return page


def end_advert(*, page: AdvertPage, on: date, actor: str, at: datetime) -> AdvertPage:
    """Stop printing a page from a day on. Ending it twice changes nothing."""
    with transaction.atomic():
        page = AdvertPage.objects.select_for_update(of=("self",)).select_related("contract").get(pk=page.pk)
        if page.until is not None and page.until <= on:
            return page
        if on <= page.since:
            page.delete()
        else:
            page.until = on
            page.save(update_fields=["until"])
        record(
            contract=page.contract.code,
            actor=actor,
            at=at,
            act="END_ADVERT",
            target=f"advert:{page.title}",
            body={"on": str(on)},
        )
    return page


@clause("T-2.4-papier-durable")
def record_paper(
    *,
    contract: Contract,
    reference: str,
    supplier: str,
    fibre: str,
    label: str,
    certified_percent: int,
    iso_14001: bool,
    bleaching: str,
    ink: str,
    ink_justification: str,
    evidence: bytes,
    evidence_name: str,
    evidence_expires_on: date,
    actor: str,
    at: datetime,
) -> PaperBatch:
    """Record a batch of paper with its evidence, which holds until `evidence_expires_on`, included.

    Raises:
        PaperRefused: FIBRE (neither recycled nor 75 % certified), ISO_14001, BLEACHING, INK (neither vegetable
            nor justified), EVIDENCE (an empty document), EXPIRED (it no longer holds).
        PaperKnown: the reference exists.
    """
    if not (fibre == PaperBatch.RECYCLED and certified_percent == 100) and not (
        fibre == PaperBatch.CERTIFIED and certified_percent >= 75
    ):
        raise PaperRefused("FIBRE")
    if not iso_14001:
        raise PaperRefused("ISO_14001")
    if bleaching not in {"TCF", "ECF"}:
        raise PaperRefused("BLEACHING")
    if ink != PaperBatch.VEGETABLE and not ink_justification.strip():
        raise PaperRefused("INK")
    if not evidence:
        raise PaperRefused("EVIDENCE")
    if evidence_expires_on < timezone.localdate(at):
        raise PaperRefused("EXPIRED")
    sha256 = files.keep(evidence, contract=contract.code)
    with transaction.atomic():
        contract = Contract.objects.select_for_update().get(pk=contract.pk)
        if PaperBatch.objects.filter(contract=contract, reference=reference).exists():
            raise PaperKnown(reference)
        paper = PaperBatch.objects.create(
            contract=contract,
            reference=reference,
            supplier=supplier,
            fibre=fibre,
            label=label,
            certified_percent=certified_percent,
            iso_14001=iso_14001,
            bleaching=bleaching,
            ink=ink,
            ink_justification=ink_justification,
            evidence_name=evidence_name,
            evidence_sha256=sha256,
            evidence_expires_on=evidence_expires_on,
            recorded_at=at,
            recorded_by=actor,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="RECORD_PAPER",
            target=f"paper:{reference}",
            body={"fibre": fibre, "percent": certified_percent, "ink": ink, "evidence": sha256},
        )
    return paper
