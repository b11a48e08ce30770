"""Every term and reading that the software knows, whatever the contract.

A terms file that names anything else, or leaves one out, does not load: a figure that the code asks for is
always there, and a figure of the file is never ignored.
"""

from __future__ import annotations

from titulaire.contracts.catalogue import support, vouchers
from titulaire.contracts.rules import Kind, TermSpec

SHARED = (
    TermSpec(
        "holiday_territory",
        "Jours fériés du marché",
        Kind.CODE,
        choices=(("METROPOLE", "métropole"), ("ALSACE_MOSELLE", "Alsace-Moselle")),
        contracts=frozenset({"VOUCHERS", "SUPPORT"}),
    ),
)

CATALOGUE: dict[str, TermSpec] = {spec.name: spec for spec in (*SHARED, *vouchers.TERMS, *support.TERMS)}

READINGS: dict[str, dict[str, frozenset[str]]] = {
    "VOUCHERS": {code: frozenset(options.split()) for code, options in vouchers.READINGS.items()},
    "SUPPORT": {code: frozenset(options.split()) for code, options in support.READINGS.items()},
}
"""By kind of contract, the options that the software can carry out for each reading."""
