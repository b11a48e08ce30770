"""A job of invented people, complete, for the tests and the benches of this room."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

from titulaire.vouchers.issuing.codes import CodeContent, KeyPair, PublicKeys, Signer
from titulaire.vouchers.issuing.printing.spec import (
    Advert,
    BookletSpec,
    JobSpec,
    LetterTemplate,
    Party,
    Side,
    VoucherSpec,
)
from titulaire.vouchers.issuing.rules import numbers

ISSUER = Party("Émetteur de démonstration", ("12 rue des Exemples", "75000 PARIS"))
AUTHORITY = Party("CPAM de Lot-et-Garonne", ("2 rue Diderot", "47000 AGEN"))
PAYMENT = Party("Émetteur de démonstration, service Remboursements", ("TSA 00000", "75000 PARIS CEDEX"))

LETTER = LetterTemplate(
    sender=AUTHORITY,
    place="Agen",
    subject="Vos titres-service, carnet n° {carnet}",
    paragraphs=(
        "{civilite},",
        "À la suite de votre demande d’aide, nous vous adressons un carnet de {titres} de {valeur}, soit "
        "{montant} ({montant_lettres}).",
        "Ces titres, du millésime {millesime}, sont à utiliser du {debut} au {fin}. Ils règlent vos repas et "
        "vos achats alimentaires chez les commerçants affiliés. Ils ne rendent pas de monnaie, ne sont pas "
        "remboursables en espèces et ne permettent pas l’achat d’alcool.",
        "Vérifiez dès réception que les numéros se suivent, de {premier} à {dernier}. En cas de perte ou de "
        "vol, prévenez-nous sans attendre : les titres seront frappés d’opposition.",
    ),
    closing="Nous vous prions d’agréer nos salutations distinguées.",
    signature="Le service Action sanitaire et sociale",
    footer="Vos nom et adresse ne servent qu’à l’envoi de ce carnet ; vous pouvez les faire rectifier.",
)

ADVERT = Advert(
    title="Où utiliser vos titres ?",
    paragraphs=(
        "Dans les commerces alimentaires et chez les restaurateurs affiliés : la vitrophanie est à l’entrée.",
        "Le commerçant peut vérifier un titre avec son téléphone, sans connexion.",
    ),
    side=Side.END,
    address="https://titulaire.example/avantages",
)

HOLDERS = (
    ("Mme", "Élodie ŁUKASIEWICZ-ÇELİK", "12 RUE DU CHÂTEAU D’EAU", "47300 VILLENEUVE-SUR-LOT"),
    ("M.", "Jean-Noël DŒUF", "4 PLACE DE LA MAIRIE", "47200 MARMANDE"),
    ("Mme", "Aïcha L’HAŸ", "RÉSIDENCE LES TILLEULS BÂT B", "47000 AGEN"),
    ("M.", "Doğan YILDIZ", "LIEU-DIT PEYROUTET", "47600 NÉRAC"),
)


@cache
def key_pair(vintage: int, key_id: int) -> KeyPair:
    return KeyPair.generate(key_id=key_id, issuer=47, vintage=vintage, passphrase="essai")


@cache
def key(vintage: int, key_id: int) -> Signer:
    return key_pair(vintage, key_id).signer("essai")


def signer() -> Signer:
    return key(2027, 1)


def public_keys() -> PublicKeys:
    return PublicKeys([signer().public])


def job(sizes: tuple[int, ...] = (3, 2), *, letters: bool = True, named: bool = True) -> JobSpec:
    """A signed job with one booklet per size, of the vintage 2027."""
    booklets, serial = [], 1
    for rank, size in enumerate(sizes):
        civility, name, street, city = HOLDERS[rank % len(HOLDERS)]
        vouchers = tuple(
            VoucherSpec(
                number,
                signer().sign(CodeContent(number, Decimal(10), date(2028, 1, 31))),
                short_code="7V3TVB",
            )
            for number in numbers(2027, 47, serial, size)
        )
        booklet = BookletSpec(reference=f"27-{rank + 1:06d}", vouchers=vouchers)
        if named:
            booklet = replace(booklet, holder=name, civility=civility)
        if letters and named:
            booklet = replace(booklet, address=(f"{civility} {name}", street, city))
        booklets.append(booklet)
        serial += size
    return JobSpec(
        reference="IMP-2027-001",
        batch="L27-0001",
        made_at=datetime(2026, 12, 1, 9, tzinfo=UTC),
        issuer=ISSUER,
        presented_to=PAYMENT,
        authority=AUTHORITY,
        title="Titre-service d’aide alimentaire",
        goods="Repas, plats préparés, produits alimentaires. Ni alcool, ni produits d’hygiène.",
        mentions=(
            "Remboursement en espèces interdit, en tout ou partie ; il n’est pas rendu de monnaie.",
            "Titre périmé s’il n’est pas présenté au remboursement avant le 1er mars 2028.",
        ),
        face_value=Decimal(10),
        vintage=2027,
        valid_from_on=date(2027, 1, 1),
        last_valid_on=date(2028, 1, 31),
        booklets=tuple(booklets),
        letter=LETTER if letters else None,
        letter_on=date(2026, 12, 1),
        adverts=(ADVERT,),
    )
