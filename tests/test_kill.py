"""The server and its worker killed under load, several times: what was acknowledged is there, nothing is doubled.

Clients send remittances, scans, stops and orders, and send again what got no answer, as people do. The kill is
`kill -9` of the whole process group, in the middle of requests.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest

from titulaire.identity.tests.apart import address_apart, shell

__all__ = ["address_apart"]

REMIT = "/marches/cpam47/reseau/remises/nouvelle/"
KILLS, SHOPS, STOPPERS, BUYERS, ORDERS = 3, 3, 2, 2, 16
PREPARE = f"""
import json
from django.test import Client
from django.utils import timezone
from titulaire.identity.roles import Role
from titulaire.vouchers.issuing.models import Voucher
from titulaire.vouchers.network.tests.factories import make_affiliate, make_vouchers
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.tests.factories import make_contract, make_person
contract = make_contract()
shops = [make_affiliate(rank=rank).pk for rank in range(1, {SHOPS} + 1)]
vouchers = make_vouchers(25 * {ORDERS})
# Usable whatever the day on which this test runs.
vintage = timezone.localdate().year + 1
Voucher.objects.update(valid_from_on="2020-01-01", last_valid_on="2099-01-31", vintage=vintage)
Order.objects.update(vintage=vintage)
def session(role):
    client = Client()
    client.force_login(make_person(contract, role))
    return client.cookies["sessionid"].value
print(json.dumps({{
    "shops": shops,
    "numbers": [one.number for one in vouchers],
    "codes": [one.code for one in vouchers],
    "operator": session(Role.VOUCHER_OPERATOR),
    "buyer": session(Role.BUYER_MANAGER),
}}))
"""
COUNT = """
import json
from titulaire.journal.queries import verify
from titulaire.vouchers.issuing.models import Voucher, VoucherMove
from titulaire.vouchers.network.models import Remittance, Use
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.tests.factories import make_contract
from titulaire.vouchers.settlement.balance import register_of
from titulaire.vouchers.settlement.rules import breaches
from titulaire.vouchers.stops.models import Stop
from titulaire.journal.models import Entry
print(json.dumps({
    "remittances": {
        one.number: sorted(one.lines.values_list("number", flat=True)) for one in Remittance.objects.all()
    },
    "accepted": sum(Remittance.objects.values_list("accepted", flat=True)),
    "uses": Use.objects.count(),
    "used": Voucher.objects.filter(state="USED").count(),
    "moved_to_used": VoucherMove.objects.filter(to_state="USED").count(),
    "stops": dict(Stop.objects.values_list("number", "request_key")),
    "stopped": Voucher.objects.filter(state="STOPPED").count(),
    "moved_to_stopped": VoucherMove.objects.filter(to_state="STOPPED").count(),
    "orders": sorted(Order.objects.values_list("number", flat=True)),
    "entries": {
        act: Entry.objects.filter(act=act).count() for act in ("STOP", "ORDER_CONFIRMED", "SCAN_RECEIVED")
    },
    "journal": verify().holds,
    "breaches": [str(one) for one in breaches(register_of(make_contract()))],
}))
"""


@dataclass
class House:
    """The server and its worker, in a process group that dies at once."""

    environment: dict[str, str]
    port: int
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def open(self) -> None:
        python = sys.executable
        server = [
            python, "-m", "gunicorn", "titulaire.config.wsgi:application", "--bind", f"127.0.0.1:{self.port}",
            "--workers", "2", "--threads", "4", "--worker-class", "gthread", "--log-level", "critical",
        ]  # fmt: skip
        worker = [python, "-m", "titulaire.cli.main", "worker", "--pause", "0.1"]
        for command in (server, worker):
            self.running.append(
                subprocess.Popen(
                    command, env=self.environment, start_new_session=True,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
            )  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as door:
                if door.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise TimeoutError("the server does not open")

    def kill(self) -> None:
        for process in self.running:
            os.killpg(process.pid, signal.SIGKILL)
        for process in self.running:
            process.wait()
        self.running.clear()


@dataclass
class Crowd:
    """Clients that send, and send again until they are answered; `answered` holds what the server acknowledged."""

    port: int
    facts: dict[str, object]
    answered: dict[str, list[tuple[str, object]]] = field(default_factory=dict)
    unexpected: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def post(self, role: str, path: str, said: dict[str, object], file: bytes = b"") -> str:
        """The address that the server sends to, once it has done what was asked."""
        token = "a" * 32
        headers = {
            "Cookie": f"sessionid={self.facts[role]}; csrftoken={token}",
            "X-CSRFToken": token,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode(said).encode()
        if file:
            edge = uuid.uuid4().hex
            parts = [
                f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
                for name, value in said.items()
            ]
            named = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="lot.png"\r\n'
            body = b"".join([*parts, f"{named}Content-Type: image/png\r\n\r\n".encode(), file])
            body += f"\r\n--{edge}--\r\n".encode()
            headers["Content-Type"] = f"multipart/form-data; boundary={edge}"
        while not self.closing.is_set():
            talk = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                talk.request("POST", path, body, headers)
                reply = talk.getresponse()
                reply.read()
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            finally:
                talk.close()
            if reply.status == 302:
                return str(reply.headers["Location"])
            if reply.status == 200:  # asked again, since something moved meanwhile: not an acknowledgement
                return ""
            self.unexpected.append(f"{path}: {reply.status}")
            time.sleep(0.1)
        return ""

    def keep(self, kind: str, address: str, what: object) -> None:
        if address:
            self.answered.setdefault(kind, []).append((address.rstrip("/").rsplit("/", 1)[-1], what))

    def shop(self, rank: int) -> None:
        numbers: list[str] = self.facts["numbers"]  # type: ignore[assignment]
        own = numbers[rank :: SHOPS * 2]
        for first in range(0, len(own), 4):
            titles = own[first : first + 4]
            shop = self.facts["shops"][rank]  # type: ignore[index]
            told = self.post(
                "operator",
                REMIT,
                {"affiliate": shop, "titles": "\n".join(titles)},
            )
            self.keep("remittances", told, sorted(titles))
            if self.closing.is_set():
                return

    def scanner(self) -> None:
        import zxingcpp
        from PIL import Image

        codes: list[str] = self.facts["codes"]  # type: ignore[assignment]
        for place in range(SHOPS, len(codes), SHOPS * 8):
            symbol = zxingcpp.create_barcode(codes[place], zxingcpp.BarcodeFormat.DataMatrix)
            picture, file = Image.fromarray(zxingcpp.write_barcode_to_image(symbol, scale=6)), io.BytesIO()
            picture.save(file, "PNG")
            said = {"affiliate": self.facts["shops"][0], "declared": 1}  # type: ignore[index]
            self.keep(
                "scans",
                self.post("operator", REMIT, said, file.getvalue()),
                place,
            )
            if self.closing.is_set():
                return

    def stopper(self, rank: int) -> None:
        numbers: list[str] = self.facts["numbers"]  # type: ignore[assignment]
        for number in reversed(numbers[rank :: STOPPERS * 3]):
            key = uuid.uuid4().hex
            said = {
                "designation": "NUMBER", "first": number, "reason": "LOST", "declared_by": "Accueil",
                "declared_on": time.strftime("%Y-%m-%d"), "request_key": key, "confirm": "1", "count": 1,
                "sure": "on",
            }  # fmt: skip
            self.keep("stops", self.post("operator", "/marches/cpam47/oppositions/nouvelle/", said), key)
            if self.closing.is_set():
                return

    def buyer(self) -> None:
        while not self.closing.is_set():
            said = {
                "month": time.strftime("%Y-%m"), "booklets": 1, "titles": 2, "request_key": uuid.uuid4().hex,
                "people-TOTAL_FORMS": 0, "people-INITIAL_FORMS": 0,
            }  # fmt: skip
            told = self.post("buyer", "/marches/cpam47/commandes/ponctuelle/", said)
            self.keep("orders", told, said["request_key"])


@pytest.fixture
def house(address: str, tmp_path: Path) -> Iterator[House]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    environment = {
        **os.environ,
        "TITULAIRE_DATABASE": address,
        "TITULAIRE_TESTING": "1",
        "TITULAIRE_DATA_DIR": str(tmp_path / "data"),
        "DJANGO_SETTINGS_MODULE": "titulaire.config.settings",
    }
    opened = House(environment, port)
    yield opened
    opened.kill()


@pytest.mark.slow
@pytest.mark.clause("T-2.4-securite", "T-3.3-tracabilite", "T-5.1-coherence")
def test_killed_under_load_the_house_loses_nothing_acknowledged_and_doubles_nothing(
    house: House, address: str, tmp_path: Path
) -> None:
    data = {"TITULAIRE_DATA_DIR": str(tmp_path / "data")}
    crowd = Crowd(house.port, json.loads(shell(address, PREPARE, **data).splitlines()[-1]))
    house.open()
    clients = [
        *(threading.Thread(target=crowd.shop, args=(rank,)) for rank in range(SHOPS)),
        *(threading.Thread(target=crowd.stopper, args=(rank,)) for rank in range(STOPPERS)),
        *(threading.Thread(target=crowd.buyer) for _ in range(BUYERS)),
        threading.Thread(target=crowd.scanner),
    ]
    for client in clients:
        client.start()
    try:
        for kill in range(KILLS):
            before = sum(map(len, crowd.answered.values()))
            until = time.monotonic() + 30
            # Each kill comes under load: once the crowd has been answered again since the last one.
            while sum(map(len, crowd.answered.values())) < before + 10 and time.monotonic() < until:
                time.sleep(0.02)
            time.sleep(0.1 * kill)
            house.kill()
            house.open()
        time.sleep(2)
    finally:
        crowd.closing.set()
        for client in clients:
            client.join(timeout=60)
    house.kill()
    shell(address, "from titulaire.jobs.models import Job; Job.objects.update(leased_until=None)", **data)
    found = json.loads(shell(address, COUNT, **data).splitlines()[-1])

    assert crowd.unexpected == []
    answered = crowd.answered
    assert {kind: len(answered.get(kind, ())) > 3 for kind in ("remittances", "stops", "orders", "scans")} == {
        "remittances": True, "stops": True, "orders": True, "scans": True,
    }  # fmt: skip
    for number, titles in answered["remittances"]:
        assert found["remittances"][number] == titles
    for number, _ in answered["scans"]:
        assert number in found["remittances"]
    for number, key in answered["stops"]:
        assert found["stops"][number] == key
    for number, _ in answered["orders"]:
        assert number in found["orders"]
    # Sent again after a kill, the same thing is one thing.
    contents = [tuple(titles) for titles in found["remittances"].values() if titles]
    assert len(contents) == len(set(contents))
    assert len(set(found["stops"].values())) == len(found["stops"]) == found["entries"]["STOP"]
    assert len(found["orders"]) == found["entries"]["ORDER_CONFIRMED"]
    assert found["used"] > 0
    assert found["accepted"] == found["uses"] == found["used"] == found["moved_to_used"]
    assert found["stopped"] == found["moved_to_stopped"]
    assert found["breaches"] == []
    assert found["journal"]
    print({kind: len(acts) for kind, acts in answered.items()})
