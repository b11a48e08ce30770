"""Who invoices and who pays, as the law wants them named on an invoice. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from stdnum import bic as bic_number
from stdnum import iban as iban_number
from stdnum.fr import siret as siret_number
from stdnum.fr import tva as vat_number


@dataclass(frozen=True, slots=True)
class Party:
    """A company or a body: `street` has one to three lines, `legal_form` what follows its name (form, capital)."""

    name: str
    siret: str
    street: tuple[str, ...]
    postcode: str
    city: str
    vat_id: str = ""
    legal_form: str = ""
    email: str = ""

    @property
    def siren(self) -> str:
        return self.siret[:9]

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "street": list(self.street)}

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Party:
        found = {name: str(stored.get(name) or "") for name in cls.__slots__ if name != "street"}
        street = stored.get("street")
        return cls(**found, street=tuple(street) if isinstance(street, list | tuple) else ())


@dataclass(frozen=True, slots=True)
class Parties:
    """What a document is issued with: both parties, where to pay, and the references the buyer asks for."""

    seller: Party
    buyer: Party
    iban: str
    bic: str
    contract_reference: str
    payment_days: int
    late_interest: str

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "seller": self.seller.as_json(), "buyer": self.buyer.as_json()}

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Parties:
        seller, buyer = stored["seller"], stored["buyer"]
        if not isinstance(seller, Mapping) or not isinstance(buyer, Mapping):
            raise TypeError("a party is an object")
        return cls(
            seller=Party.from_json(seller),
            buyer=Party.from_json(buyer),
            iban=str(stored["iban"]),
            bic=str(stored["bic"]),
            contract_reference=str(stored["contract_reference"]),
            payment_days=int(str(stored["payment_days"])),
            late_interest=str(stored["late_interest"]),
        )


def faults(parties: Parties) -> dict[str, str]:
    """What is wrong, by field (`seller_siret`, `iban`…), as a code: MISSING or INVALID."""
    found: dict[str, str] = {}
    for side, party in (("seller", parties.seller), ("buyer", parties.buyer)):
        for name in ("name", "siret", "street", "postcode", "city"):
            if not getattr(party, name):
                found[f"{side}_{name}"] = "MISSING"
        if party.siret and not siret_number.is_valid(party.siret):
            found[f"{side}_siret"] = "INVALID"
        if party.vat_id and not vat_number.is_valid(party.vat_id):
            found[f"{side}_vat_id"] = "INVALID"
    if not parties.seller.vat_id:
        found["seller_vat_id"] = "MISSING"
    if not iban_number.is_valid(parties.iban):
        found["iban"] = "INVALID" if parties.iban else "MISSING"
    if parties.bic and not bic_number.is_valid(parties.bic):
        found["bic"] = "INVALID"
    return found


def compact(text: str) -> str:
    """A number as it is stored: capitals, without the spaces that people write."""
    return "".join(text.split()).upper()
