"""Orders on their way to the printer, for tests. Every name and address is invented."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from titulaire.identity.models import Contract
from titulaire.vouchers.issuing.materials import record_paper, save_advert, save_imprint, save_letter
from titulaire.vouchers.issuing.models import Imprint, PaperBatch, PrintJob, Series
from titulaire.vouchers.issuing.printing.production import Workshop
from titulaire.vouchers.issuing.production import ask_print, make, release_job, store_made
from titulaire.vouchers.issuing.services import issue_order, open_series
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.services import acknowledge_order
from titulaire.vouchers.orders.tests.factories import ACTOR, AT, make_contract, make_order

LATER = AT + timedelta(hours=2)

IMPRINT = {
    "title": "Titre-service d’aide alimentaire",
    "goods": "Repas, plats préparés et produits alimentaires, hors boissons alcoolisées.",
    "issuer_name": "Émetteur de démonstration",
    "issuer_address": "12 rue des Exemples, 75000 PARIS",
    "payee_name": "Émetteur de démonstration, service Remboursements",
    "payee_address": "TSA 00000, 75000 PARIS CEDEX",
    "authority_name": "Caisse de démonstration",
    "authority_address": "2 rue des Exemples, 47000 AGEN",
    "cover_note": "",
}
LETTER = {
    "place": "Agen",
    "subject": "Vos titres-service, carnet n° {carnet}",
    "body": "{civilite},\n\nVoici un carnet de {titres} de {valeur}, soit {montant} ({montant_lettres}).\n\n"
    "Ces titres sont à utiliser du {debut} au {fin}.",
    "closing": "Nous vous prions d’agréer nos salutations distinguées.",
    "signature": "Le service Action sociale",
    "footer": "Vos nom et adresse ne servent qu’à l’envoi de ce carnet.",
}


@cache
def workshop() -> Workshop:
    """A workshop without processes."""
    return Workshop(workers=0)


def equip(contract: Contract) -> Contract:
    """Give a contract its series and what its vouchers say."""
    if not Series.objects.filter(contract=contract).exists():
        open_series(contract=contract, issuer=47 + Series.objects.count(), actor=ACTOR, at=AT)
    if not Imprint.objects.filter(contract=contract).exists():
        save_imprint(contract=contract, actor=ACTOR, at=AT, **IMPRINT)
        save_letter(contract=contract, written_by="BUYER", texts=LETTER, actor=ACTOR, at=AT)
        save_advert(
            contract=contract,
            title="Où utiliser vos titres ?",
            body="Chez les commerçants affiliés.",
            side="END",
            since=date(2026, 1, 1),
            until=None,
            address="https://titulaire.example/avantages",
            actor=ACTOR,
            at=AT,
        )
    return contract


def acknowledged(contract: Contract | None = None, **wishes: object) -> Order:
    """An acknowledged order of an equipped contract."""
    order = make_order(equip(contract or make_contract()), **wishes)  # type: ignore[arg-type]
    return acknowledge_order(order=order, actor=ACTOR, at=AT)


def issued(contract: Contract | None = None, **wishes: object) -> PrintJob:
    """The print job, still to make, of an issued order."""
    issue_order(order=acknowledged(contract, **wishes), actor=ACTOR, at=LATER)
    return PrintJob.objects.select_related("order__contract", "contract").latest("pk")


def printed(job: PrintJob | None = None, **wishes: object) -> PrintJob:
    """A print job that was asked, made and proof-read."""
    job = job or issued(**wishes)  # type: ignore[arg-type]
    ask_print(job=job, actor=ACTOR, at=LATER)
    job.refresh_from_db()
    return store_made(job=job, made=make(job, workshop()), actor=ACTOR, at=LATER)


def paper(
    contract: Contract, *, reference: str = "PAP-1", until: date = date(2099, 1, 1), **wishes: object
) -> PaperBatch:
    """A batch of recycled paper with its evidence."""
    asked: dict[str, object] = {
        "supplier": "Papeterie inventée",
        "fibre": "RECYCLED",
        "label": "Recyclé 100 %",
        "certified_percent": 100,
        "iso_14001": True,
        "bleaching": "TCF",
        "ink": "VEGETABLE",
        "ink_justification": "",
        "evidence": b"%PDF-1.7 certificat",
        "evidence_name": "certificat.pdf",
        **wishes,
    }
    return record_paper(
        contract=contract,
        reference=reference,
        evidence_expires_on=until,
        actor=ACTOR,
        at=AT,
        **asked,  # type: ignore[arg-type]
    )


def released(job: PrintJob | None = None, **wishes: object) -> PrintJob:
    """A print job that went to the printer."""
    job = printed(job, **wishes)
    batch = PaperBatch.objects.filter(contract=job.contract).first() or paper(job.contract)
    return release_job(job=job, paper=batch, actor=ACTOR, at=LATER)
