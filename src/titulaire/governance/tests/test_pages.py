"""The pages of governance: who sees what, what is refused, what the other side then reads."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from titulaire.governance.models import Action, Contact, Evidence, Meeting, Notice
from titulaire.governance.rules import MeetingKind
from titulaire.governance.tests.factories import (
    PDF,
    buyer,
    contact,
    held,
    meeting,
    notice,
    paris,
    support,
    vouchers,
)
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import person
from titulaire.journal import files

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def operator(contract: Contract) -> Client:
    role = Role.VOUCHER_OPERATOR if contract.kind == "VOUCHERS" else Role.SUPERVISOR
    return client_of(person(role, on=contract))


def page(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


def pdf(name: str = "piece.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF.content, "application/pdf")


CONTACT = {
    "matter": "OPERATIONS", "name": "Yann Cazevielle", "post": "Chef de projet", "phone": "05 53 00 00 00",
    "email": "yann@demo.example", "since": "2025-01-01",
}  # fmt: skip


@pytest.mark.clause("T-3.1-referents")
def test_the_buyer_sees_a_contact_as_soon_as_it_is_named() -> None:
    contract = vouchers()
    answer = operator(contract).post(reverse("contact_new", args=["cpam47"]), CONTACT)
    assert answer.status_code == 302
    reader = client_of(buyer(contract))
    for name in ("contacts", "contract_home"):
        shown = page(reader, name, "cpam47")
        assert "Yann Cazevielle" in shown and "yann@demo.example" in shown and "05 53 00 00 00" in shown
        assert "Interlocuteur manquant" in shown and "rapports et chiffres" in shown
    assert "Désigner un interlocuteur</a>" not in page(reader, "contacts", "cpam47")


@pytest.mark.clause("T-3.1-referents")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"phone": "au bureau"}, "Écrivez un numéro"),
        ({"email": "yann"}, "adresse"),
        ({"matter": ""}, "obligatoire"),
    ],
)
def test_a_contact_that_cannot_be_reached_is_refused(wrong: dict[str, str], said: str) -> None:
    answer = operator(vouchers()).post(reverse("contact_new", args=["cpam47"]), {**CONTACT, **wrong})
    assert answer.status_code == 200 and said in answer.content.decode()
    assert not Contact.objects.exists()


@pytest.mark.clause("T-3.1-referents")
def test_a_contact_is_replaced_in_its_own_matter_alone() -> None:
    contract = vouchers()
    first, client = contact(contract), operator(contract)
    address = reverse("contact_new", args=["cpam47"])
    other = {**CONTACT, "replaces": first.pk, "since": "2026-06-01"}
    assert "autre domaine" in client.post(address, {**other, "matter": "BILLING"}).content.decode()
    assert "premier jour" in client.post(address, {**other, "since": "2024-01-01"}).content.decode()
    assert client.post(address, other).status_code == 302
    first.refresh_from_db()
    assert first.until == date(2026, 6, 1)
    end = reverse("contact_end", args=["cpam47", first.pk])
    assert "déjà cessé" in client.post(end, {"on": "2026-07-01"}, follow=True).content.decode()


@pytest.mark.clause("T-3.2-information")
def test_a_notice_is_sent_from_its_page_and_read_from_the_buyer_s_home() -> None:
    contract = vouchers()
    reader = buyer(contract)
    answer = operator(contract).post(
        reverse("notice_new", args=["cpam47"]),
        {"change": "PRODUCTION", "title": "Nouveau papier", "text": "Dès mai.", "effective_on": "2026-05-01",
         "recipients": [reader.pk], "document": pdf("Fiche du papier.pdf")},
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()
    sent = Notice.objects.get()
    client = client_of(reader)
    assert "Nouveau papier" in page(client, "contract_home", "cpam47")
    shown = page(client, "notice", "cpam47", sent.number)
    assert "J’ai lu cette information" in shown and "Fiche du papier.pdf" in shown
    file = client.get(reverse("notice_file", args=["cpam47", sent.number, sent.files.get().pk]))
    assert file.content == PDF.content and "attachment" in file["Content-Disposition"]
    client.post(reverse("notice_read", args=["cpam47", sent.number]))
    assert sent.recipients.get().read_at is not None
    assert "J’ai lu" not in page(client, "notice", "cpam47", sent.number)
    assert "Nouveau papier" not in page(client, "contract_home", "cpam47").split("À lire")[-1] or (
        "À lire" not in page(client, "contract_home", "cpam47")
    )


@pytest.mark.clause("T-3.2-information")
def test_someone_whom_a_notice_was_not_sent_to_does_not_read_it_for_another() -> None:
    contract = vouchers()
    sent = notice(contract, buyer(contract))
    other = client_of(person(Role.BUYER_READER, on=contract))
    said = other.post(reverse("notice_read", args=["cpam47", sent.number]), follow=True).content.decode()
    assert "ne vous était pas adressée" in said and sent.recipients.get().read_at is None


def test_an_altered_document_is_not_given() -> None:
    contract = vouchers()
    sent = notice(contract, buyer(contract))
    kept = sent.files.get()
    files._place("cpam47", kept.sha256).write_bytes(b"%PDF-1.7 faux.")
    try:
        answer = operator(contract).get(reverse("notice_file", args=["cpam47", sent.number, kept.pk]))
        assert answer.status_code == 409 and "altéré" in answer.content.decode()
    finally:
        files._place("cpam47", kept.sha256).write_bytes(PDF.content)


@pytest.mark.clause("T-4.3-reunions")
def test_a_meeting_goes_round_on_screen_between_the_two_parties() -> None:
    contract = vouchers()
    ours, theirs = operator(contract), client_of(buyer(contract))
    assert (
        "Bilan de l’année écoulée"
        in theirs.get(reverse("meeting_new", args=["cpam47"]), {"reunion": "FOLLOW_UP"}).content.decode()
    )
    theirs.post(
        reverse("meeting_new", args=["cpam47"]),
        {
            "kind": "FOLLOW_UP",
            "planned_at": "2026-03-09T10:00",
            "place": "Agen",
            "agenda": "Bilan",
            "slot": "",
        },
    )
    made = Meeting.objects.get()
    args = ["cpam47", made.number]
    assert made.slot == "FOLLOW_UP-2026-01-01"
    alone = {"held_at": "2026-03-09T11:30", "buyers": "Odile Landreau, responsable", "contractors": ","}
    assert "de chaque partie" in ours.post(reverse("meeting_held", args=args), alone).content.decode()
    both = {**alone, "contractors": "Yann Cazevielle\nMaëlle D’Orvilliers, qualité", "excused_buyers": "M. X"}
    assert ours.post(reverse("meeting_held", args=args), both).status_code == 302
    ours.post(
        reverse("meeting_action_new", args=args),
        {"what": "Revoir le calendrier", "side": "BUYER", "owner": "Odile Landreau", "due_on": "2026-04-01"},
    )
    ours.post(reverse("meeting_minutes", args=args), {"text": "Tout va bien.", "document": pdf()})
    assert "Valider le compte rendu" not in page(ours, "meeting", *args)
    shown = page(theirs, "meeting", *args)
    assert "Valider le compte rendu" in shown and "Tout va bien." in shown and "M. X" in shown
    frozen = ours.get(reverse("minutes_pdf", args=[*args, 1]))
    assert frozen.status_code == 200 and frozen.content.startswith(b"%PDF")
    assert ours.get(reverse("minutes_file", args=[*args, 1])).content == PDF.content
    theirs.post(reverse("minutes_remark", args=args), {"remarks": "Ajouter le délai."})
    assert "Ajouter le délai." in page(ours, "meeting_minutes", *args)
    ours.post(reverse("meeting_minutes", args=args), {"text": "Tout va bien, délai ajouté."})
    theirs.post(reverse("minutes_approve", args=args))
    ours.post(reverse("meeting_close", args=args))
    made.refresh_from_db()
    assert made.state == "CLOSED"
    late = theirs.post(reverse("minutes_approve", args=args), follow=True).content.decode()
    assert "rien n’a changé" in late
    action = Action.objects.get()
    done = {"done_on": timezone.localdate().isoformat(), "outcome": "Fait"}
    theirs.post(reverse("meeting_action_done", args=[*args, action.rank]), done)
    action.refresh_from_db()
    assert action.done_on == timezone.localdate()
    assert "Revoir le calendrier" in page(ours, "meeting_actions", "cpam47")


@pytest.mark.clause("T-4.3-reunions", "S-3.1-comite-pilotage", "S-3.1-comite-production")
def test_what_the_contract_asks_for_is_listed_with_what_was_held() -> None:
    contract = support()
    held(contract, MeetingKind.PRODUCTION, paris(9, 11))
    reader = client_of(buyer(contract))
    late = reader.get(reverse("meeting_slots", args=["mes"]), {"etat": "DONE"}).content.decode()
    assert "Comité de production" in late and "CR2026-0001" in late
    everything = reader.get(reverse("meeting_slots", args=["mes"]), {"export": "csv"}).content.decode()
    for kind in ("Comité de pilotage", "Revue de sécurité", "Comité de prévisions", "Pas tenue"):
        assert kind in everything


@pytest.mark.clause("S-3.1-comite-previsions", "S-3.1-comptes-rendus")
def test_the_buyer_sends_volumes_and_reads_when_silence_approves() -> None:
    contract = support()
    made = meeting(contract, MeetingKind.FORECAST, paris(9, 10))
    theirs, ours = client_of(buyer(contract)), operator(contract)
    theirs.post(reverse("meeting_volumes", args=["mes", made.number]), {"document": pdf("volumes.pdf")})
    assert "Volumes prévisionnels" in page(ours, "meeting", "mes", made.number)
    assert theirs.post(reverse("meeting_document", args=["mes", made.number])).status_code == 403
    weekly = held(contract, MeetingKind.PRODUCTION, paris(9, 11))
    ours.post(reverse("meeting_minutes", args=["mes", weekly.number]), {"text": "Semaine."})
    assert "validé par le silence le" in page(theirs, "meeting", "mes", weekly.number)


def test_a_paper_is_deposited_searched_and_given_back() -> None:
    contract = vouchers()
    ours, theirs = operator(contract), client_of(buyer(contract))
    assert "Pièce manquante" in page(theirs, "papers", "cpam47")
    given = {"kind": "VIGILANCE", "title": "Vigilance URSSAF", "issued_on": "2026-01-15", "document": pdf()}
    assert ours.post(reverse("paper_keep", args=["cpam47"]), given).status_code == 302
    kept = Evidence.objects.get()
    assert kept.last_on == date(2026, 7, 14)
    assert theirs.get(reverse("paper_file", args=["cpam47", kept.pk])).content == PDF.content
    found = theirs.get(reverse("papers", args=["cpam47"]), {"q": "urssaf", "export": "csv"}).content.decode()
    assert "Vigilance URSSAF" in found and kept.sha256 in found
    assert (
        "Vigilance URSSAF"
        not in theirs.get(
            reverse("papers", args=["cpam47"]), {"nature": "INSURANCE", "export": "csv"}
        ).content.decode()
    )
    wrong = {**given, "last_on": "2025-01-01", "document": pdf()}
    assert "finirait avant" in ours.post(reverse("paper_keep", args=["cpam47"]), wrong).content.decode()


def test_the_board_is_filtered_exported_and_opened_down_to_the_count() -> None:
    contract = support()
    made = held(contract, MeetingKind.PRODUCTION, paris(9, 11))
    client = client_of(buyer(contract))
    home = page(client, "deadlines", "mes")
    assert "En retard" in home and "Pilotage" in home
    late = client.get(
        reverse("deadlines_all", args=["mes"]), {"etat": "DONE", "qui": "BOTH"}
    ).content.decode()
    assert "Comité de production" in late
    assert client.get(reverse("deadlines_all", args=["mes"]), {"export": "xlsx"}).content[:2] == b"PK"
    opened = page(client, "deadline", "mes", f"governance.{made.number}-minutes")
    assert "24 heures ouvrées" in opened and "10 mars 2026" in opened and "S-3.1-comptes-rendus" in opened
    assert client.get(reverse("deadline", args=["mes", "governance.rien"])).status_code == 404


def test_a_month_shows_its_dates_and_a_wrong_one_shows_this_month() -> None:
    contract = support()
    held(contract, MeetingKind.PRODUCTION, paris(9, 11))
    client = client_of(buyer(contract))
    march = client.get(reverse("deadlines_month", args=["mes"]), {"mois": "2026-03"}).content.decode()
    assert "Échéances de mars 2026" in march and "Comité de production" in march
    may = client.get(reverse("deadlines_month", args=["mes"]), {"mois": "2026-05"}).content.decode()
    assert "Ascension" in may
    for wrong in ("mars", "2026-13", "9999-01", "0001-01"):
        assert client.get(reverse("deadlines_month", args=["mes"]), {"mois": wrong}).status_code == 200


def test_the_board_asks_few_questions_of_the_database(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    contract = support()
    for week in range(4):
        held(contract, MeetingKind.PRODUCTION, paris(2 + 7 * week, 11))
    client = client_of(buyer(contract))
    with django_assert_max_num_queries(60):
        page(client, "deadlines", "mes")
