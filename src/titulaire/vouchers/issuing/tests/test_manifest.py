from dataclasses import replace

import pytest

from titulaire.vouchers.issuing.printing.manifest import (
    DifferenceKind,
    ManifestRow,
    UnreadableReturn,
    manifest,
    manifest_csv,
    reconcile,
)
from titulaire.vouchers.issuing.tests.samples import HOLDERS, job


@pytest.fixture(scope="module")
def rows() -> tuple[ManifestRow, ...]:
    return manifest(job((3, 2, 25)), b"press")


def lines(rows: tuple[ManifestRow, ...]) -> list[str]:
    return manifest_csv(rows).splitlines()


def test_each_booklet_has_its_numbers_and_its_pages(rows: tuple[ManifestRow, ...]) -> None:
    assert [(row.first.serial, row.last.serial, row.vouchers) for row in rows] == [
        (1, 3, 3),
        (4, 5, 2),
        (6, 30, 25),
    ]
    assert [(row.first_page, row.last_page) for row in rows] == [(1, 6), (7, 11), (12, 39)]
    assert {len(row.sha256) for row in rows} == {64}


def test_the_printer_learns_nobodys_name(rows: tuple[ManifestRow, ...]) -> None:
    text = manifest_csv(rows)
    for _, name, street, _ in HOLDERS:
        assert name not in text
        assert street not in text


def test_what_was_made_as_ordered_leaves_no_difference(rows: tuple[ManifestRow, ...]) -> None:
    assert reconcile(rows, manifest_csv(rows)) == ()
    assert reconcile(rows, "\ufeff" + manifest_csv(rows)) == ()
    grouped = manifest_csv(rows).replace(str(rows[0].first), rows[0].first.grouped)
    assert reconcile(rows, grouped) == ()


def test_a_missing_a_doubled_and_an_unknown_booklet_are_told(rows: tuple[ManifestRow, ...]) -> None:
    made = lines(rows)
    text = "\n".join([made[0], made[1], made[1], made[3].replace("27-000003", "27-000009")])
    found = [(difference.kind, difference.booklet, difference.row) for difference in reconcile(rows, text)]
    assert found == [
        (DifferenceKind.TWICE, "27-000001", 3),
        (DifferenceKind.UNKNOWN, "27-000009", 4),
        (DifferenceKind.MISSING, "27-000002", None),
        (DifferenceKind.MISSING, "27-000003", None),
    ]


def test_other_numbers_or_another_count_are_told(rows: tuple[ManifestRow, ...]) -> None:
    altered = (replace(rows[0], vouchers=2), replace(rows[1], last=rows[0].last), rows[2])
    first, second = reconcile(rows, manifest_csv(altered))
    assert (first.kind, first.expected, first.found) == (DifferenceKind.COUNT, "3", "2")
    assert second.kind is DifferenceKind.NUMBERS
    assert str(rows[0].last) in second.found


def test_a_spoiled_booklet_is_told(rows: tuple[ManifestRow, ...]) -> None:
    made = lines(rows)
    text = "\n".join([made[0] + ";état", made[1] + ";Gâché ", made[2] + ";imprimé", made[3] + ";"])
    (difference,) = reconcile(rows, text)
    assert (difference.kind, difference.booklet) == (DifferenceKind.SPOILED, "27-000001")


def test_a_file_without_the_columns_is_refused(rows: tuple[ManifestRow, ...]) -> None:
    with pytest.raises(UnreadableReturn) as refused:
        reconcile(rows, "carnet,titres\n27-000001,3\n")
    assert refused.value.missing == ("carnet", "premier titre", "dernier titre", "titres")


def test_a_short_line_is_a_difference_and_not_a_crash(rows: tuple[ManifestRow, ...]) -> None:
    text = "carnet;premier titre;dernier titre;titres\n27-000001\n"
    kinds = [difference.kind for difference in reconcile(rows, text)]
    assert kinds[:2] == [DifferenceKind.NUMBERS, DifferenceKind.COUNT]
