"""`titulaire delivery` does what the screens do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.utils import timezone

from titulaire.cli.delivery import command
from titulaire.vouchers.delivery.rules import Means
from titulaire.vouchers.delivery.tests.factories import references, released_order
from titulaire.vouchers.issuing.models import Voucher

pytestmark = pytest.mark.django_db
ON = ("--contract", "cpam47")


def run(*arguments: str, fails: int = 0) -> Any:
    done = CliRunner().invoke(command, [*arguments, *ON, "--json"], catch_exceptions=False)
    assert done.exit_code == fails, done.output
    return json.loads(done.output)


@pytest.mark.clause("T-2.6-suivi", "T-2.6-livraison-cpam")
def test_letters_are_sent_then_followed(tmp_path: Path) -> None:
    order = released_order()
    packing = tmp_path / "envoi.csv"
    packing.write_text("carnet;suivi\ninconnu;S1\n")
    letters = ["send", order.number, "--means", Means.TRACKED_LETTER.value, "--file", str(packing)]
    assert run(*letters, fails=2)["booklets"] == ["inconnu"]
    packing.write_text("carnet;suivi\n" + "".join(f"{one};S{one}\n" for one in references(order)))
    made = run(*letters, "--postage", "14,60", "--key", "k")
    assert made["postage"] == "14.6" and len(made["parcels"]) == 2
    assert run(*letters, "--postage", "14,60", "--key", "k") == made
    seen = timezone.now().isoformat()
    told = tmp_path / "suivi.csv"
    told.write_text(
        f"suivi;date;statut\n{made['parcels'][0]['tracking']};{seen};Distribué\nS9;{seen};Distribué\n"
    )
    learnt = run("import", str(told))
    assert (learnt["delivered"], [row["rule"] for row in learnt["refused"]]) == (1, ["UNKNOWN_PARCEL"])
    assert run("import", str(told))["already_known"] is True
    (line,) = run("board", fails=1)
    assert line["stage"] == "UNDER_WAY" and line["booklets"]["done"] == 1 and line["risk"] == "LATE"
    assert run("follow")["refused"] == []


@pytest.mark.clause("T-2.6-propriete")
def test_a_sealed_parcel_is_proved_by_its_slip(tmp_path: Path) -> None:
    order = released_order(lines=0, unnamed=2)
    sealed = ["send", order.number, "--means", Means.SEALED_PARCEL.value]
    assert "error" in run(*sealed, fails=2)
    made = run(*sealed, "--seal", "SC1")
    slip = tmp_path / "bon.pdf"
    slip.write_bytes(b"%PDF-1.7 bon")
    proved = run("prove", made["dispatch"], str(slip), "--kind", "DELIVERY_SLIP", "--signer", "Régie")
    assert proved["parcels"][0]["proof"] == "DELIVERY_SLIP"
    assert set(Voucher.objects.values_list("state", flat=True)) == {"DELIVERED"}
    slip.write_bytes(b"%PDF-1.7 autre")
    assert "error" in run(
        "prove", made["dispatch"], str(slip), "--kind", "DELIVERY_SLIP", "--signer", "R", fails=2
    )
