"""The pages of the facts: bring a file in, read why it was refused, take the refusals away."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.support.facts.models import Batch
from titulaire.support.facts.tests.conftest import acd_csv, row

pytestmark = pytest.mark.django_db


def signed_in(contract: Contract, *roles: Role) -> Client:
    client = Client()
    client.force_login(person(*roles, on=contract))
    return client


def upload(
    client: Client, contract: Contract, tmp_path: Path, rows: list[dict[str, str]], **said: str
) -> object:
    content = acd_csv(tmp_path / "page.csv", rows).read_bytes()
    file = SimpleUploadedFile("appels du jour.csv", content)
    address = f"/marches/{contract.code}/faits/importer/"
    return client.post(address, {"file": file, "connector": "acd-csv", **said}, follow=True)


def test_a_supervisor_brings_a_file_in(contract: Contract, tmp_path: Path) -> None:
    client = signed_in(contract, Role.SUPERVISOR)
    page = upload(client, contract, tmp_path, [row()])
    batch = Batch.objects.get()
    assert batch.file_name == "appels du jour.csv" and batch.actor.startswith("user:")
    assert "Le fichier est importé." in page.content.decode()  # type: ignore[attr-defined]
    again = upload(client, contract, tmp_path, [row()])
    assert "déjà importé" in again.content.decode()  # type: ignore[attr-defined]
    assert "appels du jour.csv" in client.get(f"/marches/{contract.code}/faits/").content.decode()


def test_refused_rows_are_explained_and_taken_away(contract: Contract, tmp_path: Path) -> None:
    client = signed_in(contract, Role.SUPERVISOR)
    page = upload(client, contract, tmp_path, [row(), row(appel="A2", issue="Perdu")]).content.decode()  # type: ignore[attr-defined]
    assert "Rien n’a été importé" in page and "UNKNOWN_CODE" in page and "Perdu" in page
    key = Batch.objects.get().key
    answer = client.get(f"/marches/{contract.code}/faits/lots/{key}/refus/")
    assert b"UNKNOWN_CODE" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_a_correction_says_why(contract: Contract, tmp_path: Path) -> None:
    client = signed_in(contract, Role.SUPERVISOR)
    upload(client, contract, tmp_path, [row()])
    page = upload(client, contract, tmp_path, [row(conversation="0:05:00")], mode="ROWS")
    assert "Dites pourquoi" in page.content.decode()  # type: ignore[attr-defined]
    page = upload(
        client, contract, tmp_path, [row(conversation="0:05:00")], mode="ROWS", reason="Durée reprise."
    )
    assert "Durée reprise." in page.content.decode()  # type: ignore[attr-defined]


def test_a_reader_brings_nothing_in(contract: Contract, tmp_path: Path) -> None:
    client = signed_in(contract, Role.BUYER_READER)
    assert client.get(f"/marches/{contract.code}/faits/").status_code == 200
    assert client.get(f"/marches/{contract.code}/faits/importer/").status_code == 403


def test_the_batch_of_another_contract_does_not_exist(contract: Contract, tmp_path: Path) -> None:
    upload(signed_in(contract, Role.SUPERVISOR), contract, tmp_path, [row()])
    other = Contract.objects.create(
        code="autre",
        title="Autre",
        kind="SUPPORT",
        buyer=contract.buyer,
        contractor=contract.contractor,
        opened_at=contract.opened_at,
    )
    client = signed_in(other, Role.SUPERVISOR)
    assert client.get(f"/marches/autre/faits/lots/{Batch.objects.get().key}/").status_code == 404
