"""The terms of a contract: its file, then its amendments and agreed readings."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

from titulaire.clauses.register import register
from titulaire.contracts.loading import load
from titulaire.contracts.rules import Terms

FILES = Path(__file__).with_name("terms")


class NoTermsFile(LookupError):
    """No terms file for that contract."""

    def __init__(self, contract_code: str) -> None:
        super().__init__(contract_code)
        self.contract_code = contract_code


def codes_with_terms() -> tuple[str, ...]:
    """The codes of the contracts that have a terms file."""
    return tuple(sorted(file.stem for file in FILES.glob("*.toml")))


@cache
def terms_as_signed(contract_code: str) -> Terms:
    """The terms of the contract's file alone, without amendments.

    Raises:
        NoTermsFile: there is no such file.
        TermsRefused: the file does not say exactly one thing on every day.
    """
    if contract_code not in codes_with_terms():
        raise NoTermsFile(contract_code)
    file = FILES / f"{contract_code}.toml"
    return load(file.read_text(encoding="utf-8"), file=file.name, clauses=register())


def terms_of(contract_code: str, *, at: datetime | None = None) -> Terms:
    """The terms with the amendments and agreed readings recorded by the instant `at` (None: all so far).

    Raises:
        NoTermsFile, TermsRefused: as `terms_as_signed`.
    """
    return terms_as_signed(contract_code)
