"""The map of départements: each stands once, and a postcode finds its own."""

from __future__ import annotations

import pytest

from titulaire.vouchers.network.departments import counted, department_of, departments


def test_each_departement_stands_alone_on_its_square() -> None:
    every = departments().values()
    assert len(every) == 101
    assert len({(one.column, one.row) for one in every}) == 101


@pytest.mark.parametrize(
    ("postcode", "code"),
    [("47000", "47"), ("01000", "01"), ("20000", "2A"), ("20137", "2A"), ("20200", "2B"), ("20600", "2B"),
     ("97400", "974"), ("97600", "976"), ("98000", None), ("00100", None)],
)  # fmt: skip
def test_a_postcode_is_of_one_departement(postcode: str, code: str | None) -> None:
    found = department_of(postcode)
    assert (found.code if found else None) == code


def test_what_has_no_departement_is_not_counted() -> None:
    assert counted(["47000", "47300", "20000", "98000"]) == {"47": 2, "2A": 1}
