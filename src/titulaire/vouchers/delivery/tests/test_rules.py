"""What carriers' words mean, and when a delivery is at risk."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from titulaire.vouchers.delivery.carriers import Simulator
from titulaire.vouchers.delivery.reading import UnreadableFile, read_packing, read_suivi, read_tracking
from titulaire.vouchers.delivery.rules import (
    ParcelStatus,
    Risk,
    Stage,
    delivery_risk,
    status_after,
    status_of_words,
)

AT = datetime(2026, 10, 8, 9, tzinfo=UTC)


@pytest.mark.clause("T-2.6-suivi")
@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Votre envoi est distribué", "DELIVERED"),
        ("DISTRIBUE DANS LA BOITE AUX LETTRES", "DELIVERED"),
        ("Livré", "DELIVERED"),
        ("Remis au destinataire contre signature", "DELIVERED"),
        ("Votre courrier est distribué à l’expéditeur", "RETURNED"),
        ("Retour à l'expéditeur", "RETURNED"),
        ("NPAI", "RETURNED"),
        ("Refusé par le destinataire", "RETURNED"),
        ("Votre envoi n’a pas pu être distribué", "TROUBLE"),
        ("Non distribuable", "TROUBLE"),
        ("En attente d’être retiré au guichet", "AVAILABLE"),
        ("Mis à disposition en bureau de poste", "AVAILABLE"),
        ("Mis en distribution", "IN_TRANSIT"),
        ("En cours de livraison", "IN_TRANSIT"),
        ("Votre envoi sera distribué demain", "IN_TRANSIT"),
        ("Pris en charge par La Poste", "IN_TRANSIT"),
        ("En cours d’acheminement", "IN_TRANSIT"),
        ("Envoi perdu", "LOST"),
        ("Votre envoi est annoncé", "HANDED_OVER"),
        ("delivered", "DELIVERED"),
        ("RETURNED", "RETURNED"),
        ("blablabla", None),
        ("", None),
    ],
)
def test_a_carrier_s_words_mean_one_status_or_none(words: str, status: str | None) -> None:
    assert status_of_words(words) == (ParcelStatus(status) if status else None)


@pytest.mark.clause("T-2.6-suivi")
def test_a_delivery_is_never_taken_back_whatever_the_order_of_the_telling() -> None:
    later = AT.replace(hour=12)
    delivered = (AT, ParcelStatus.DELIVERED)
    for events in (
        [delivered, (later, ParcelStatus.IN_TRANSIT)],
        [(later, ParcelStatus.RETURNED), delivered],
    ):
        assert status_after(events) is ParcelStatus.DELIVERED
    assert status_after([(later, ParcelStatus.RETURNED), (AT, ParcelStatus.LOST)]) is ParcelStatus.RETURNED
    assert status_after([]) is ParcelStatus.HANDED_OVER


@pytest.mark.clause("T-2.6-livraison-cpam", "T-2.6-suivi")
@pytest.mark.parametrize(
    ("stage", "left", "trouble", "risk"),
    [
        (Stage.TO_PRINT, 5, False, Risk.NONE),
        (Stage.TO_PRINT, 4, False, Risk.AT_RISK),
        (Stage.TO_DISPATCH, 3, False, Risk.NONE),
        (Stage.TO_DISPATCH, 2, False, Risk.AT_RISK),
        (Stage.UNDER_WAY, 2, False, Risk.NONE),
        (Stage.UNDER_WAY, 1, False, Risk.AT_RISK),
        (Stage.UNDER_WAY, 8, True, Risk.AT_RISK),
        (Stage.UNDER_WAY, 0, False, Risk.AT_RISK),
        (Stage.UNDER_WAY, -1, False, Risk.LATE),
        (Stage.DONE, -9, True, Risk.NONE),
    ],
)
def test_the_risk_is_told_before_the_delay_ends(stage: Stage, left: int, trouble: bool, risk: Risk) -> None:
    assert delivery_risk(stage, working_days_left=left, transit_working_days=2, in_trouble=trouble) is risk


@pytest.mark.clause("T-2.6-suivi")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize(
    "text",
    [
        "Numéro de suivi;Date;Statut\r\nAB 12;08/10/2026 11:00;Distribué\r\n",
        "date\tstatut\tn° de suivi\n2026-10-08T11:00:00\tdistribué\tab12\n",
        "tracking,libellé,date,heure\nAB12,Livré,08/10/2026,11h00\n",
        "idShip;code;date\nAB12;DI1;2026-10-08T09:00:00+00:00\n",
    ],
)
def test_a_carrier_s_file_is_read_whatever_its_shape(text: str, encoding: str) -> None:
    report = read_tracking(text.encode(encoding))
    ((line, seen),) = report.sightings
    assert report.refused == ()
    assert (line, seen.tracking, seen.at, seen.status) == (2, "AB12", AT, ParcelStatus.DELIVERED)


def test_bad_rows_are_told_with_their_line_and_rule() -> None:
    report = read_tracking(
        "suivi;date;statut\n;08/10/2026;distribué\nA;hier;distribué\n\nB;08/10/2026;mystère\n".encode()
    )
    assert [(row.row, row.rule) for row in report.refused] == [
        (2, "EMPTY"),
        (3, "DATE"),
        (5, "UNKNOWN_STATUS"),
    ]


@pytest.mark.parametrize("content", [b"", b"a;b\n1;2\n", b"\x00\x01", b"suivi;date\nA;08/10/2026\n"])
def test_what_is_no_tracking_file_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read_tracking(content)


def test_a_packing_list_groups_booklets_by_parcel() -> None:
    listed = read_packing(b"carnet;suivi;envoi\nC1;S 1;x\nC2;S1;x\nC3;;x\nC1;S2;x\n")
    assert listed.parcels == {"S1": ("C1", "C2")}
    assert [(row.row, row.rule) for row in listed.refused] == [(4, "EMPTY"), (5, "TWICE")]


@pytest.mark.clause("T-2.6-suivi")
def test_the_simulator_answers_as_la_poste_does_and_always_the_same() -> None:
    carrier, numbers = Simulator(), {f"SD{number:09d}": AT for number in range(400)}
    end = AT.replace(day=28)
    last = {number: list(carrier.follow({number: AT}, at=end))[-1].status for number in numbers}
    assert list(carrier.follow(numbers, at=end)) == list(carrier.follow(numbers, at=end))
    share = sum(1 for status in last.values() if status is ParcelStatus.DELIVERED) / len(last)
    assert 0.9 < share < 1 and set(last.values()) >= {ParcelStatus.RETURNED, ParcelStatus.TROUBLE}
    early = list(carrier.follow(numbers, at=AT))
    assert {seen.status for seen in early} == {ParcelStatus.HANDED_OVER}


def test_a_document_of_another_shape_is_refused() -> None:
    for wrong in ({}, {"shipment": []}, {"shipment": {"idShip": "A", "event": [{"code": "DI1"}]}}):
        with pytest.raises(UnreadableFile):
            read_suivi(wrong)
