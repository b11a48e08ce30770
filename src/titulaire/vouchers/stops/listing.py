"""The stop list as files that leave the house: signed JSON for machines, CSV for people."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.ui.exports import csv_bytes
from titulaire.vouchers.issuing.signing import document_signer, sign_document
from titulaire.vouchers.stops.models import StoppedVoucher
from titulaire.vouchers.stops.queries import ListedNumbers, stop_list
from titulaire.vouchers.stops.wording import REASONS

FORMAT = "titulaire-stop-list/1"


@clause("T-2.1.5-espace-gestion", "T-2.4-securite")
def signed_list(contract: Contract, *, since: int | None, at: datetime) -> dict[str, str]:
    """The list, or its changes since a version, signed and dated: a reader knows how old the one it holds is.

    Raises:
        NoSigningKey: the contract has no key in force.
        UnknownVersion: see `stop_list`.
    """
    listed = stop_list(contract, since=since, on=timezone.localdate(at))
    return sign_document(document_signer(contract, on=timezone.localdate(at)), list_document(listed, at=at))


def list_document(listed: ListedNumbers, *, at: datetime) -> dict[str, object]:
    """What the signature covers. A voucher absent from the list is not stopped; it may still have been used."""
    return {
        "format": FORMAT,
        "contract": listed.contract,
        "version": listed.version,
        "since": listed.since,
        "changed_at": listed.changed_at.isoformat() if listed.changed_at else None,
        "made_at": at.isoformat(),
        "added": list(listed.added),
        "removed": list(listed.removed),
    }


HEADINGS = ("numéro", "mouvement", "motif", "opposition", "depuis le", "version de la liste")


@clause("T-2.1.5-espace-gestion")
def list_csv(contract: Contract, *, since: int | None, on: date) -> bytes:
    """The same numbers for a spreadsheet, with the reason of each. Nobody is named.

    Raises:
        UnknownVersion: see `stop_list`.
    """
    listed = stop_list(contract, since=since, on=on)
    rows = StoppedVoucher.objects.filter(stop__contract=contract, voucher__number__in=listed.added)
    told = {
        row.voucher.number: row.stop
        for row in rows.select_related("stop", "voucher").order_by("since_version")
    }
    lines: list[tuple[object, ...]] = [
        (
            number,
            "ajout",
            REASONS[told[number].reason],
            told[number].number,
            told[number].effective_at,
            listed.version,
        )
        for number in listed.added
    ]
    lines += [(number, "retrait", "", "", "", listed.version) for number in listed.removed]
    return csv_bytes(HEADINGS, lines)
