"""Asking a carrier where parcels are. An adapter per carrier; the simulator answers without any network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from titulaire.vouchers.delivery.reading import read_suivi
from titulaire.vouchers.delivery.rules import Sighting


class Carrier(Protocol):
    """What follows parcels: given each number and the instant it was handed over, tells what was seen by `at`."""

    name: str

    def follow(self, parcels: Mapping[str, datetime], *, at: datetime) -> Iterable[Sighting]:
        """Everything seen of these parcels so far; the same sighting may be told every time."""
        ...


_JOURNEY = (
    ("DR1", "Votre envoi est annoncé", 0.0),
    ("PC1", "Pris en charge par La Poste", 0.3),
    ("ET1", "En cours d’acheminement", 0.6),
    ("MD2", "Mis en distribution", 0.9),
)


class Simulator:
    """A carrier that makes journeys up from the number itself: the same number always lives the same.

    Of 100 letters about 94 arrive in one to three days, 3 wait at the post office, 2 come back, 1 is lost for good.
    It answers in the shape of La Poste's tracking, so that what reads it is what would read the real one.
    """

    name = "SIMULATOR"

    def follow(self, parcels: Mapping[str, datetime], *, at: datetime) -> Iterable[Sighting]:
        for number, since in parcels.items():
            yield from read_suivi(self.document(number, since, at=at))

    def document(self, number: str, since: datetime, *, at: datetime) -> dict[str, object]:
        """What the carrier's service would answer at an instant."""
        draw = int.from_bytes(hashlib.sha256(number.encode()).digest()[:4], "big")
        length = timedelta(days=1 + draw % 3)
        ends = {
            **dict.fromkeys(range(94), (("DI1", "Votre envoi est distribué", 1.0),)),
            **dict.fromkeys(
                (94, 95, 96),
                (
                    ("AG1", "En attente d’être retiré au guichet", 1.0),
                    ("DI1", "Votre envoi est distribué", 2.5),
                ),
            ),
            **dict.fromkeys(
                (97, 98), (("ND1", "Non distribuable", 1.0), ("RE1", "Retourné à l’expéditeur", 3.0))
            ),
            99: (("PB1", "Problème en cours : votre envoi est recherché", 1.0),),
        }[draw // 3 % 100]
        events = [
            {"code": code, "label": label, "date": (since + length * share).isoformat()}
            for code, label, share in (*_JOURNEY, *ends)
            if since + length * share <= at
        ]
        return {"lang": "fr_FR", "returnCode": 200, "shipment": {"idShip": number, "event": events}}
