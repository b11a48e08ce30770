"""`titulaire journal`: verify, export, note the heads."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.journal import queries


@click.group("journal")
def command() -> None:
    """Le journal des actes, en ajout seul."""


@command.command()
@click.option(
    "--head", "noted", multiple=True, metavar="MARCHÉ:NOMBRE:EMPREINTE", help="Tête notée plus tôt."
)
@as_json
def verify(noted: tuple[str, ...], json_output: bool) -> None:
    """Vérifier que rien n’a été modifié, retiré, déplacé ni coupé."""
    verdict = queries.verify(kept=dict(_head(text, json_output) for text in noted))
    if json_output:
        print_json(
            {
                "holds": verdict.holds,
                "entries": sum(head.count for head in verdict.heads),
                "heads": [asdict(head) for head in verdict.heads],
                "breaks": [asdict(broken) for broken in verdict.breaks],
            }
        )
    else:
        print_table(
            "Têtes des chaînes",
            ["Marché", "Actes", "Empreinte"],
            [(head.contract or "(hors marché)", head.count, head.hash) for head in verdict.heads],
        )
        for broken in verdict.breaks:
            click.echo(f"ROMPU : {broken.contract} n° {broken.seq}, {broken.reason}", err=True)
        click.echo("Le journal est intact." if verdict.holds else "Le journal a été altéré.")
    sys.exit(0 if verdict.holds else 1)


def _head(text: str, json_output: bool) -> tuple[str, tuple[int, str]]:
    """A head as `journal heads` prints it."""
    try:
        contract, count, fingerprint = text.rsplit(":", 2)
        return contract, (int(count), fingerprint)
    except ValueError:
        refuse(
            f"« {text} » n’est pas une tête : recopiez une ligne de « titulaire journal heads ».",
            json_output=json_output,
        )


@command.command()
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--contract", help="Un seul marché.")
def export(path: Path, contract: str | None) -> None:
    """Exporter le journal, vérifiable sans ce logiciel (tools/verify_journal.py)."""
    known = [head.contract for head in queries.heads()]
    if contract and contract not in known:
        refuse(
            f"le journal ne dit rien d’un marché « {contract} » (connus : {', '.join(filter(None, known))})."
        )
    with path.open("w", encoding="ascii", newline="\n") as file:
        lines = 0
        for line in queries.export_lines(contract):
            file.write(line + "\n")
            lines += 1
    click.echo(f"{max(lines - 2, 0)} actes exportés dans {path}")


@command.command()
@as_json
def heads(json_output: bool) -> None:
    """Les têtes des chaînes : à noter ailleurs, elles trahissent un journal coupé."""
    found = queries.heads()
    if json_output:
        print_json([asdict(head) for head in found])
        return
    for head in found:
        click.echo(json.dumps(f"{head.contract}:{head.count}:{head.hash}").strip('"'))
