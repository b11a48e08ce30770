"""`titulaire clauses`: each clause, the rules that carry it, the tests that prove it, its screens."""

from __future__ import annotations

import click

from titulaire.clauses import evidence as clauses
from titulaire.cli.output import as_json, print_json, print_table, refuse


@click.command()
@click.option("--contract", help="Code du marché, comme cpam47.")
@click.option("--done", "state", flag_value="done", help="Les clauses couvertes seulement.")
@click.option("--open", "state", flag_value="open", help="Les clauses à couvrir seulement.")
@click.option("--write-docs", is_flag=True, help="Récrire docs/clauses.md.")
@as_json
def command(contract: str | None, state: str | None, write_docs: bool, json_output: bool) -> None:
    """Les clauses des marchés : règles, tests et écrans de chacune."""
    found = clauses.evidence()
    if write_docs:
        _write(clauses.as_document(found), json_output=json_output)
    contracts = {one.clause.contract for one in found.values()}
    if contract and contract not in contracts:
        refuse(f"aucune clause pour « {contract} »", json_output=json_output, contracts=sorted(contracts))
    here = [one for one in found.values() if contract in (None, one.clause.contract)]
    covered = sum(one.clause.done for one in here)
    listed = [one for one in here if state is None or one.clause.done == (state == "done")]
    if json_output:
        print_json({"covered": covered, "total": len(here), "clauses": [_document(one) for one in listed]})
        return
    print_table(
        f"{covered} clauses couvertes sur {len(here)}",
        ("Clause", "Ce qu’elle demande", "Couverte", "Règles", "Tests", "Écrans"),
        [
            (
                one.clause.id,
                one.clause.summary,
                "oui" if one.clause.done else "non",
                len(one.rules),
                len(one.tests),
                len(one.clause.screens),
            )
            for one in listed
        ],
    )


def _document(one: clauses.Evidence) -> dict[str, object]:
    return {
        "id": one.clause.id,
        "contract": one.clause.contract,
        "section": one.clause.section,
        "summary": one.clause.summary,
        "done": one.clause.done,
        "rules": one.rules,
        "tests": one.tests,
        "screens": one.clause.screens,
    }


def _write(text: str, *, json_output: bool) -> None:
    root = clauses.checkout()
    if root is None:
        refuse("docs/clauses.md ne s’écrit que depuis les sources", json_output=json_output)
        return
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs" / "clauses.md").write_text(text, encoding="utf-8")
