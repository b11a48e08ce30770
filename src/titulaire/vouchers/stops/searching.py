"""Where vouchers were used, after a theft or a loss: asked with a police report, answered by a signed file."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import typst
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.ui.formats import count_fr, date_fr, instant_fr
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.issuing.signing import document_signer, sign_document
from titulaire.vouchers.stops.models import StopList, UseSearch
from titulaire.vouchers.stops.queries import NothingNamed, PlaceOfUse, named, usage_of
from titulaire.vouchers.stops.rules import Selection
from titulaire.vouchers.stops.wording import selection_sentence, state_label

TEMPLATE = Path(__file__).with_name("use_search.typ")


class PoliceReportMissing(ValueError):
    """Such a search discloses where someone shopped: it needs the reference of a police report."""


@clause("T-2.6-lieu-utilisation", "T-2.4-securite", "T-3.3-tracabilite")
def search_use(
    *,
    contract: Contract,
    selection: Selection,
    police_reference: str,
    police_on: date,
    asked_for: str,
    request_key: str,
    actor: str,
    at: datetime,
) -> UseSearch:
    """Tell where each of these vouchers was used, if it was. The same `request_key` again gives the same answer.

    The answer is what the register knew at that instant: kept, signed, and never made again with other facts.

    Raises:
        PoliceReportMissing: no reference of a police report.
        NothingNamed: the contract has no such voucher.
        NoSigningKey: the contract has no key in force.
    """
    if not police_reference.strip():
        raise PoliceReportMissing
    with transaction.atomic():
        StopList.objects.get_or_create(contract=contract)
        # One answer at a time: each gets its rank, and stops do not change meanwhile.
        StopList.objects.select_for_update(of=("self",)).get(contract=contract)
        known = UseSearch.objects.filter(contract=contract, request_key=request_key).first()
        if known is not None:
            return known
        findings = _findings(contract, selection)
        year = timezone.localdate(at).year
        answers = UseSearch.objects.filter(contract=contract, year=year)
        rank = (answers.aggregate(last=Max("rank"))["last"] or 0) + 1
        search = UseSearch(
            contract=contract,
            year=year,
            rank=rank,
            number=f"REC-{year}-{rank:04d}",
            designation=selection.designation.value,
            first=selection.first,
            last=selection.last,
            police_reference=police_reference.strip(),
            police_on=police_on,
            asked_for=asked_for,
            answered_at=at,
            answered_by=actor,
            vouchers=len(findings),
            used=sum(1 for finding in findings if finding["used"]),
            findings=findings,
            request_key=request_key,
        )
        search.pdf_sha256 = files.keep(answer_pdf(search), contract=contract.code)
        signer = document_signer(contract, on=timezone.localdate(at))
        search.signature = sign_document(signer, _signed_facts(search))
        search.save()
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="SEARCH_USE",
            target=f"search:{search.number}",
            body={
                "designation": search.designation,
                "first": search.first,
                "last": search.last,
                "police_reference": search.police_reference,
                "police_on": str(police_on),
                "asked_for": asked_for,
                "vouchers": search.vouchers,
                "used": search.used,
                "pdf": search.pdf_sha256,
            },
        )
    return search


def _findings(contract: Contract, selection: Selection) -> list[dict[str, object]]:
    rows = named(contract, selection).select_related("booklet").prefetch_related("moves").order_by("serial")
    vouchers = list(rows)
    if not vouchers:
        raise NothingNamed(selection)
    places = usage_of([voucher.pk for voucher in vouchers])
    return [_finding(voucher, places.get(voucher.pk)) for voucher in vouchers]


def _finding(voucher: Voucher, place: PlaceOfUse | None) -> dict[str, object]:
    moves = sorted(voucher.moves.all(), key=lambda move: (move.at, move.pk))
    uses = [move.at for move in moves if move.to_state == "USED"]
    return {
        "number": voucher.number,
        "booklet": voucher.booklet.reference,
        "state": voucher.state,
        "used": bool(uses),
        "used_at": uses[-1].isoformat() if uses else None,
        "place": {"name": place.name, "siret": place.siret, "address": place.address} if place else None,
        "moves": [[move.to_state, move.at.isoformat()] for move in moves],
    }


def _signed_facts(search: UseSearch) -> dict[str, object]:
    return {
        "format": "titulaire-use-search/1",
        "contract": search.contract.code,
        "number": search.number,
        "answered_at": search.answered_at.isoformat(),
        "police_reference": search.police_reference,
        "pdf_sha256": search.pdf_sha256,
        "findings": search.findings,
    }


@clause("T-2.6-lieu-utilisation")
def answer_pdf(search: UseSearch) -> bytes:
    """The answer as it is handed over: dated, numbered, the same bytes for the same answer."""
    contract = search.contract
    content = {
        "number": search.number,
        "title": contract.title,
        "buyer": contract.buyer.name,
        "contractor": contract.contractor.name,
        "answered_at": instant_fr(search.answered_at),
        "selection": selection_sentence(search.selection),
        "police": f"n° {search.police_reference}, du {date_fr(search.police_on)}",
        "asked_for": search.asked_for,
        "count": count_fr(search.vouchers, "titre recherché", "titres recherchés"),
        "used": count_fr(search.used, "titre utilisé", "titres utilisés") if search.used else "aucun utilisé",
        "rows": [_row(finding) for finding in search.findings],
    }
    return bytes(
        typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        )
    )


def _row(finding: dict[str, object]) -> list[str]:
    moves = finding["moves"]
    assert isinstance(moves, list)  # noqa: S101 - our own findings
    since = instant_fr(datetime.fromisoformat(moves[-1][1])) if moves else ""
    return [
        Number.parse(str(finding["number"])).grouped,
        state_label(str(finding["state"])),
        since,
        place_sentence(finding),
    ]


def place_sentence(finding: dict[str, object]) -> str:
    """Where a voucher was used, in words."""
    place = finding["place"]
    if isinstance(place, dict):
        return f"{place['name']}, {place['address']} (SIRET {place['siret']})"
    return "Lieu non communiqué à ce jour" if finding["used"] else "Non utilisé à ce jour"
