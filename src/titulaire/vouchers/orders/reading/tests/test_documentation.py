"""The page for the CPAM's managers says what the code does: same codes, same mends, same abbreviations."""

from __future__ import annotations

import re
from pathlib import Path

from titulaire.vouchers.orders import reading
from titulaire.vouchers.orders.reading import FIELDS, LIMITS, RULES, addresses

PAGE = (Path(__file__).parents[6] / "docs" / "rules" / "fichier-de-commande.md").read_text(encoding="utf-8")
PARTS = {"FILE": "## Refus du fichier entier", "ROW": "## Refus d’une ligne", "NOTICE": "## Signalements"}


def test_each_rule_is_described_once_in_its_part_with_its_way_to_mend():
    for scope, title in PARTS.items():
        part = PAGE.split(title)[1].split("\n## ")[0]
        lines = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \| (.+) \|$", part, re.MULTILINE)
        assert [line[0] for line in lines] == [rule.code for rule in RULES.values() if rule.scope == scope]
        for code, meaning, example, mend in lines:
            assert (meaning, mend.replace("\\|", "|")) == (RULES[code].title, RULES[code].mend)
            assert example.strip()


def test_each_rule_is_used_by_the_code():
    folder = Path(reading.__file__).parent
    code = "".join(
        file.read_text(encoding="utf-8") for file in folder.glob("*.py") if file.name != "rules.py"
    )
    assert [rule for rule in RULES if f'"{rule}"' not in code] == []


def test_each_abbreviation_is_printed():
    for table in (
        addresses.STREET_ABBREVIATIONS,
        addresses.TITLE_ABBREVIATIONS,
        addresses.COMPLEMENT_ABBREVIATIONS,
    ):
        for whole, short in table:
            assert whole == short or f"{whole} → {short}" in PAGE


def test_each_column_and_limit_is_told():
    for field in FIELDS:
        label = re.sub(r" [1-4]$", "", field.label)
        assert label in PAGE or field.code in ("full_name", "postal_city")
    for figure in (
        f"{LIMITS.file_bytes // 10**6} Mo",
        "20 000 lignes",
        f"{LIMITS.columns} colonnes",
        f"1 à {LIMITS.vouchers}",
    ):
        assert figure in PAGE
    assert LIMITS.rows == 20_000
