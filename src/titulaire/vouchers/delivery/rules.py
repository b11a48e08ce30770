"""What a carrier's words mean, which proof passes ownership, and when a delivery is at risk before it is late."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from titulaire.clauses import clause


class ParcelStatus(StrEnum):
    """Where a parcel stands, whatever the carrier's words."""

    HANDED_OVER = "HANDED_OVER"
    IN_TRANSIT = "IN_TRANSIT"
    AVAILABLE = "AVAILABLE"
    TROUBLE = "TROUBLE"
    DELIVERED = "DELIVERED"
    RETURNED = "RETURNED"
    LOST = "LOST"


class ProofKind(StrEnum):
    """What passes the ownership of the vouchers to the buyer or to the beneficiary."""

    TRACKED_DELIVERY = "TRACKED_DELIVERY"
    SIGNED_RECEIPT = "SIGNED_RECEIPT"
    DELIVERY_SLIP = "DELIVERY_SLIP"


class Means(StrEnum):
    """How booklets travel: a tracked letter to each home, or sealed parcels to the buyer."""

    TRACKED_LETTER = "TRACKED_LETTER"
    SEALED_PARCEL = "SEALED_PARCEL"


# The first that fits wins: what undoes a delivery is looked for before the delivery itself.
_WORDS = (
    (ParcelStatus.RETURNED, r"expediteur|retour|npai|inconnu a l.adresse|n.habite pas|refuse"),
    (ParcelStatus.LOST, r"perdu|egare|spolie|detruit|introuvable"),
    (
        ParcelStatus.TROUBLE,
        r"non distribu|pas pu etre (distribu|livr|remis)|echec|incident|anomalie|probleme|retarde",
    ),
    (ParcelStatus.AVAILABLE, r"guichet|point de retrait|a retirer|bureau de poste|en instance"),
    (ParcelStatus.DELIVERED, r"\bdistribue|\blivre|\bremis (au|en main|contre|dans)"),
    (
        ParcelStatus.IN_TRANSIT,
        r"pris en charge|en cours|achemin|\btri\b|transit|mis en distribution|en livraison|traite|plateforme|expedie",
    ),
    (ParcelStatus.HANDED_OVER, r"annonce|declare|depose|prepare|attente de prise en charge"),
)
_NOT_YET = re.compile(
    r"sera (distribu|livr|remis)|en cours de (distribution|livraison)|va etre (distribu|livr)"
)


@clause("T-2.6-suivi")
def status_of_words(words: str) -> ParcelStatus | None:
    """What a carrier's sentence means; None when nobody knows, which is told and never guessed."""
    plain = unicodedata.normalize("NFD", words.casefold().replace("’", "'"))
    plain = " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())
    if plain.upper() in ParcelStatus.__members__:
        return ParcelStatus(plain.upper())
    if _NOT_YET.search(plain):
        return ParcelStatus.IN_TRANSIT
    return next((status for status, pattern in _WORDS if re.search(pattern, plain)), None)


SUIVI_CODES = {
    "DR1": ParcelStatus.HANDED_OVER,
    "PC1": ParcelStatus.IN_TRANSIT,
    "PC2": ParcelStatus.IN_TRANSIT,
    "ET1": ParcelStatus.IN_TRANSIT,
    "ET2": ParcelStatus.IN_TRANSIT,
    "ET3": ParcelStatus.IN_TRANSIT,
    "ET4": ParcelStatus.IN_TRANSIT,
    "EP1": ParcelStatus.IN_TRANSIT,
    "MD2": ParcelStatus.IN_TRANSIT,
    "PB2": ParcelStatus.IN_TRANSIT,
    "PB1": ParcelStatus.TROUBLE,
    "ND1": ParcelStatus.TROUBLE,
    "AG1": ParcelStatus.AVAILABLE,
    "RE1": ParcelStatus.RETURNED,
    "DI2": ParcelStatus.RETURNED,
    "DI1": ParcelStatus.DELIVERED,
}
"""The event codes of La Poste's tracking, version 2."""


def tracking_number(text: str) -> str:
    """A parcel's number as carriers write it: capitals, without spaces, 40 characters at most."""
    return re.sub(r"\s+", "", text).upper()[:40]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A carrier saw a parcel: when, what it means, in which words."""

    tracking: str
    at: datetime
    status: ParcelStatus
    said: str


FINAL = frozenset({ParcelStatus.DELIVERED})
"""Delivered, ownership has passed: nothing that a carrier says later takes it back."""


@clause("T-2.6-suivi")
def status_after(events: Iterable[tuple[datetime, ParcelStatus]]) -> ParcelStatus:
    """Where a parcel stands after all that was seen of it, in whatever order it was told."""
    status = ParcelStatus.HANDED_OVER
    for _, seen in sorted(events):
        if status not in FINAL:
            status = seen
    return status


class Stage(StrEnum):
    """How far an order is from its delivery."""

    TO_PRINT = "TO_PRINT"
    TO_DISPATCH = "TO_DISPATCH"
    UNDER_WAY = "UNDER_WAY"
    DONE = "DONE"


class Risk(StrEnum):
    """Whether a delivery will be late, told while something can still be done."""

    NONE = "NONE"
    AT_RISK = "AT_RISK"
    LATE = "LATE"


PRINTING_WORKING_DAYS = 2
"""What printing and binding take: measured by nobody yet, so kept on the safe side."""


@clause("T-2.6-livraison-cpam", "T-2.6-suivi")
def delivery_risk(
    stage: Stage, *, working_days_left: int, transit_working_days: int, in_trouble: bool = False
) -> Risk:
    """The risk on a delivery whose last day leaves `working_days_left` (0 on that day, negative after).

    `transit_working_days` is what the carrier usually takes.
    """
    if stage is Stage.DONE:
        return Risk.NONE
    if working_days_left < 0:
        return Risk.LATE
    needed = {
        Stage.TO_PRINT: PRINTING_WORKING_DAYS + transit_working_days,
        Stage.TO_DISPATCH: transit_working_days,
        Stage.UNDER_WAY: 1,
    }[stage]
    return Risk.AT_RISK if in_trouble or working_days_left <= needed else Risk.NONE
