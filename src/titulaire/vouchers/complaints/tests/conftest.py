import pytest

from titulaire.contracts.queries import terms_of
from titulaire.vouchers.orders import queries


@pytest.fixture(autouse=True)
def every_contract_of_these_tests_has_the_same_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second contract stands for another tenant: only the first has a terms file."""
    monkeypatch.setattr(queries, "terms_of", lambda code: terms_of("cpam47"))
