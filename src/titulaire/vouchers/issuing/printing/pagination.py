"""Which page of a booklet is what: said once, for those who set, finish, count and read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from titulaire.clauses import clause
from titulaire.vouchers.issuing.printing.spec import Advert, BookletSpec, JobSpec, Side, VoucherSpec


class PageKind(StrEnum):
    LETTER = "LETTER"
    COVER = "COVER"
    ADVERT = "ADVERT"
    VOUCHER = "VOUCHER"


@dataclass(frozen=True)
class Leaf:
    """One page. A voucher's leaf has its voucher, an advert's its advert."""

    kind: PageKind
    voucher: VoucherSpec | None = None
    advert: Advert | None = None


@clause("T-2.4-publicite")
def leaves(job: JobSpec, booklet: BookletSpec) -> tuple[Leaf, ...]:
    """The pages of a booklet in order: letter if it is posted, cover, adverts, vouchers, adverts."""
    letter = () if job.letter is None or not booklet.address else (Leaf(PageKind.LETTER),)
    adverts = [Leaf(PageKind.ADVERT, advert=advert) for advert in job.adverts]
    return (
        *letter,
        Leaf(PageKind.COVER),
        *(leaf for leaf in adverts if leaf.advert and leaf.advert.side is Side.BEGINNING),
        *(Leaf(PageKind.VOUCHER, voucher=voucher) for voucher in booklet.vouchers),
        *(leaf for leaf in adverts if leaf.advert and leaf.advert.side is Side.END),
    )
