"""What print jobs are made with: the imprint, the letter, advert pages, paper. New versions, never rewritten ones."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.vouchers.issuing.models import AdvertPage, Imprint, Letter, PaperBatch
from titulaire.vouchers.issuing.printing.spec import PLACEHOLDERS, LetterTemplate, Party


class PaperRefused(ValueError):
    """The paper is not what the contract asks. `rule` says what is missing."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class PaperKnown(ValueError):
    """A paper batch of this reference is recorded already."""


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

    Raises:
        UnknownPlaceholder: a text asks for a value that does not exist.
    """
    check_letter(texts)
    with transaction.atomic():
        contract = Contract.objects.select_for_update().get(pk=contract.pk)
        last = Letter.objects.filter(contract=contract).aggregate(last=Max("version"))["last"] or 0
        letter = Letter.objects.create(
            contract=contract, version=last + 1, written_by=written_by, saved_at=at, saved_by=actor, **texts
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


def check_letter(texts: dict[str, str]) -> None:
    """Fill the letter with sample values.

    Raises:
        UnknownPlaceholder: a text asks for a value that does not exist.
    """
    template = LetterTemplate(
        sender=Party("", ()),
        place=texts.get("place", ""),
        subject=texts.get("subject", ""),
        paragraphs=(texts.get("body", ""),),
        closing=texts.get("closing", ""),
        signature=texts.get("signature", ""),
        footer=texts.get("footer", ""),
    )
    template.filled(dict.fromkeys(PLACEHOLDERS, "…"))


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
    """Record a batch of paper with its evidence.

    Raises:
        PaperRefused: FIBRE (neither recycled nor 75 % certified), ISO_14001, BLEACHING, INK (neither vegetable
            nor justified), EVIDENCE (an empty document).
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
