"""From an issued order to what its print job says: every text, fixed once, so that the same order prints the same.

The snapshot is stored with the job. A letter rewritten or a merchant's address changed next month changes nothing
to a booklet printed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from django.db.models import Q

from titulaire.clauses import clause
from titulaire.vouchers.issuing.models import AdvertPage, Booklet, Imprint, Letter, Reissue, Voucher
from titulaire.vouchers.issuing.printing.spec import (
    Advert,
    BookletSpec,
    JobSpec,
    LetterTemplate,
    Party,
    Side,
    VoucherSpec,
)
from titulaire.vouchers.issuing.rules import Number, date_in_words, face_value_in_figures
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.rules import Delivery
from titulaire.vouchers.regimes.queries import printed_mentions
from titulaire.vouchers.regimes.rules import AffixedBy

PRINTED_IN_PLACE = frozenset(
    {
        "ISSUER_NAME_ADDRESS",
        "PAYEE_NAME_ADDRESS",
        "AUTHORITY_NAME",
        "FACE_VALUE",
        "CALENDAR_YEAR",
        "USE_PERIOD",
        "SERIAL_NUMBER",
        "NATURE_OF_GOODS",
    }
)
"""Mentions that have a place of their own on the voucher; the others are printed among the small sentences."""

CIVILITIES = {
    "MME": "Madame",
    "M": "Monsieur",
    "M_MME": "Madame, Monsieur",
    "MADAME": "Madame",
    "MONSIEUR": "Monsieur",
}


class NothingToPrintWith(Exception):
    """The contract has no imprint yet: the names and addresses that each voucher must bear are unknown."""

    def __init__(self, contract: str) -> None:
        super().__init__(contract)
        self.contract = contract


def snapshot(order: Order, *, on: date, reissue: Reissue | None = None) -> dict[str, object]:
    """Every text of the order's job, or of one of its reissues, as of a day, in JSON values.

    Raises:
        NothingToPrintWith: the contract has no imprint.
        MissingValue: a mention of the regimes cannot be filled.
    """
    imprint = Imprint.objects.filter(contract=order.contract).order_by("-version").first()
    if imprint is None:
        raise NothingToPrintWith(order.contract.code)
    letter = Letter.objects.filter(contract=order.contract).order_by("-version").first()
    adverts = AdvertPage.objects.filter(Q(until__isnull=True) | Q(until__gt=on), contract=order.contract)
    return {
        "title": imprint.title,
        "goods": imprint.goods,
        "cover_note": imprint.cover_note,
        "issuer": [imprint.issuer_name, imprint.issuer_address],
        "presented_to": [imprint.payee_name, imprint.payee_address],
        "authority": [imprint.authority_name, imprint.authority_address],
        "mentions": list(_sentences(_first(order, reissue), imprint, on)),
        "letter_on": str(on),
        "letter": _letter(letter) if letter else None,
        "adverts": [
            {"title": page.title, "body": page.body, "address": page.address, "side": page.side}
            for page in adverts.filter(since__lte=on)
        ],
    }


def _first(order: Order, reissue: Reissue | None) -> Voucher:
    """The first voucher to print: what it says of its vintage and dates, all the others of the file say too."""
    return order.issued_vouchers.filter(booklet__reissue=reissue).order_by("serial")[0]


@clause("T-2.4-mentions")
def _sentences(first: Voucher, imprint: Imprint, on: date) -> list[str]:
    """The mentions of the regimes that have no place of their own, filled. None is ever left out in silence."""
    values = {
        "issuer_name": imprint.issuer_name,
        "issuer_address": imprint.issuer_address,
        "payee_name": imprint.payee_name,
        "payee_address": imprint.payee_address,
        "buyer_name": imprint.authority_name,
        "buyer_address": imprint.authority_address,
        "goods": imprint.goods,
        "vintage": str(first.vintage),
        "face_value": face_value_in_figures(first.face_value),
        "valid_until": date_in_words(first.last_valid_on),
        "serial_number": "de la série",
    }
    sentences = []
    for mention in printed_mentions(first.contract.code, on=on):
        if mention.affixed_by is not AffixedBy.ISSUER:
            continue
        text = mention.text(values)
        if mention.code not in PRINTED_IN_PLACE:
            sentences.append(text if text.endswith(".") else f"{text}.")
    return sentences


def _letter(letter: Letter) -> dict[str, str]:
    return {
        "version": str(letter.version),
        "place": letter.place,
        "subject": letter.subject,
        "body": letter.body,
        "closing": letter.closing,
        "signature": letter.signature,
        "footer": letter.footer,
    }


@clause("T-2.4-nom", "T-2.4-non-identifies", "T-2.6-domicile", "T-2.4-publicite")
def job_spec(
    order: Order,
    texts: Mapping[str, object],
    *,
    batch: str,
    made_at: datetime,
    specimen: bool = False,
    reissue: Reissue | None = None,
) -> JobSpec:
    """What the order's job prints, or one of its reissues, from its rows and its snapshot."""
    booklets = (
        order.issued_booklets.filter(reissue=reissue)
        .select_related("line")
        .prefetch_related("vouchers")
        .order_by("rank")
    )
    first = _first(order, reissue)
    authority = party(*_strings(texts["authority"]))
    return JobSpec(
        reference=f"IMP-{reissue.reference if reissue else order.number}",
        batch=batch,
        made_at=made_at,
        issuer=party(*_strings(texts["issuer"])),
        presented_to=party(*_strings(texts["presented_to"])),
        authority=authority,
        title=str(texts["title"]),
        goods=str(texts["goods"]),
        mentions=tuple(_strings(texts["mentions"])),
        face_value=first.face_value,
        vintage=first.vintage,
        valid_from_on=first.valid_from_on,
        last_valid_on=first.last_valid_on,
        booklets=tuple(booklet_spec(booklet) for booklet in booklets),
        letter=letter_template(_texts(texts["letter"]), authority) if texts.get("letter") else None,
        letter_on=date.fromisoformat(str(texts["letter_on"])),
        adverts=tuple(_advert(page) for page in _dicts(texts["adverts"])),
        cover_note=str(texts["cover_note"]),
        specimen=specimen,
    )


def booklet_spec(booklet: Booklet) -> BookletSpec:
    """One booklet with its vouchers; a letter's address only when it goes home."""
    line = booklet.line
    vouchers = tuple(
        VoucherSpec(Number.parse(voucher.number), voucher.code, voucher.short_code)
        for voucher in sorted(booklet.vouchers.all(), key=lambda voucher: voucher.serial)
    )
    spec = BookletSpec(reference=booklet.reference, vouchers=vouchers)
    if not line.is_named:
        return spec
    civility = CIVILITIES.get(line.civility.upper(), line.civility)
    spec = replace(spec, holder=f"{line.first_name} {line.last_name}".strip(), civility=civility)
    if line.delivery == Delivery.HOME:
        spec = replace(spec, address=tuple(line.address))
    return spec


def party(name: str, address: str) -> Party:
    """A name and its address, whose lines are parted by commas."""
    return Party(name, tuple(part.strip() for part in address.split(",") if part.strip()))


def letter_template(texts: Mapping[str, str], sender: Party) -> LetterTemplate:
    """The letter that these texts make; an empty line parts two paragraphs of the body."""
    return LetterTemplate(
        sender=sender,
        place=texts["place"],
        subject=texts["subject"],
        paragraphs=_paragraphs(texts["body"]),
        closing=texts["closing"],
        signature=texts["signature"],
        footer=texts["footer"],
    )


def _paragraphs(text: str) -> tuple[str, ...]:
    # A browser sends its line ends as \r\n.
    lines = text.replace("\r\n", "\n")
    return tuple(part.strip() for part in lines.split("\n\n") if part.strip())


def _advert(page: Mapping[str, object]) -> Advert:
    return Advert(
        str(page["title"]), _paragraphs(str(page["body"])), Side(str(page["side"])), str(page["address"])
    )


def _strings(value: object) -> list[str]:
    assert isinstance(value, list)  # noqa: S101 - our own snapshot
    return [str(part) for part in value]


def _texts(value: object) -> dict[str, str]:
    assert isinstance(value, dict)  # noqa: S101 - our own snapshot
    return {str(key): str(text) for key, text in value.items()}


def _dicts(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)  # noqa: S101 - our own snapshot
    return value
