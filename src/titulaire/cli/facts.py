"""`titulaire facts`: bring call facts in, list batches, check the files."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from django.conf import settings
from django.utils import timezone
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from titulaire.cli.options import of_contract, support_contract
from titulaire.cli.output import as_json, console, print_json, print_table, refuse
from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.support.facts import simulation
from titulaire.support.facts.connectors import InvalidConnector, UnknownConnector, find_connector
from titulaire.support.facts.forms import LIVE_SOURCE
from titulaire.support.facts.live import CODE, message_schema
from titulaire.support.facts.models import Batch, FactFile, FactKey
from titulaire.support.facts.queries import file_faults
from titulaire.support.facts.schema import RECORD_TYPES, json_schema, with_field_tables
from titulaire.support.facts.services import (
    Correction,
    FactsKeepMoving,
    Imported,
    create_fact_key,
    import_file,
    revoke_fact_key,
    sweep_and_record,
)
from titulaire.support.facts.wording import OTHERS, UNLISTED
from titulaire.support.reconciliation.queries import reconcile
from titulaire.support.reconciliation.rules import TOLERANCE_PERCENT, Compared
from titulaire.support.reconciliation.wording import (
    VERDICTS,
    amount_said,
    cuts_said,
    measure_said,
    place_said,
    time_said,
)

STATES = {"ACCEPTED": "accepté", "REFUSED": "refusé"}
SHOWN = 20

_contract = of_contract("SUPPORT")


@click.group()
def command() -> None:
    """Faits d’appels : importer, lister les lots, vérifier les fichiers."""


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--connector", required=True, help="Nom d’un connecteur, ou chemin de son fichier .toml.")
@_contract
@click.option("--partial", is_flag=True, help="Importer les lignes valables même si d’autres sont refusées.")
@click.option(
    "--corrects", type=click.Choice(["rows", "days"]), help="Corriger des lignes, ou des jours entiers."
)
@click.option("--reason", default="", help="Raison de la correction.")
@click.option(
    "--day", "days", multiple=True, type=click.DateTime(["%Y-%m-%d"]), help="Jour à remplacer (répétable)."
)
@as_json
def import_command(
    file: Path,
    connector: str,
    code: str,
    partial: bool,
    corrects: str | None,
    reason: str,
    days: tuple[datetime, ...],
    json_output: bool,
) -> None:
    """Importer un fichier de faits par un connecteur."""
    contract = support_contract(code, json_output=json_output)
    if bool(corrects) != bool(reason.strip()):
        refuse("une correction se dit avec --corrects et --reason.", json_output=json_output)
    try:
        mapping = find_connector(connector, own_directory=Path(settings.DATA_DIR) / "connectors")
    except UnknownConnector as error:
        refuse(f"aucun connecteur « {error.name} ».", json_output=json_output, known=error.known)
    except InvalidConnector as error:
        refuse(f"connecteur à corriger :\n{error}", json_output=json_output)
    correction = None
    if corrects:
        replaced = tuple(day.date() for day in days)
        correction = Correction(corrects.upper(), reason, replaced)
    with _bar() as bar:
        task = bar.add_task(file.name, total=3, visible=not json_output)
        try:
            imported = import_file(
                contract=contract,
                path=file,
                connector=mapping,
                actor="system:cli",
                at=timezone.now(),
                accept_partial=partial,
                correction=correction,
                progress=lambda step, done, total: bar.update(task, description=step, completed=done),
            )
        except FactsKeepMoving:
            refuse("d’autres imports changent les mêmes mois : recommencez.", json_output=json_output)
    _tell(imported, json_output)
    if imported.batch.state == "REFUSED":
        raise SystemExit(1)


def _tell(imported: Imported, json_output: bool) -> None:
    batch = imported.batch
    if json_output:
        refused = [
            {"row": item.row, "column": item.column, "rule": item.rule, "message": item.message}
            | {"mend": item.mend, "value": item.value}
            for item in imported.refusals
        ]
        print_json(_told(batch) | {"new": imported.is_new, "refused": refused})
        return
    if not imported.is_new:
        console.print(f"Ce fichier est déjà le lot {batch.key} : rien n’a changé.")
        return
    console.print(
        f"Lot {batch.key} {STATES[batch.state]} : {batch.rows_accepted} faits sur {batch.rows_read} lignes, "
        f"{batch.rows_refused} refusées."
    )
    for field, counts in batch.unlisted.items():
        print_table(
            UNLISTED[field].title,
            (UNLISTED[field].heading, "Lignes"),
            ((name or OTHERS, count) for name, count in counts.items()),
        )
        console.print(f"{UNLISTED[field].sentence(batch.record)} {UNLISTED[field].mend}")
    if imported.refusals:
        print_table(
            "Lignes refusées",
            ("Ligne", "Colonne", "Règle", "Valeur", "Pourquoi", "Comment corriger"),
            (
                (item.row, item.column, item.rule, item.value, item.message, item.mend)
                for item in imported.refusals[:SHOWN]
            ),
        )
    if batch.refusals_file:
        console.print(
            f"Toutes les lignes refusées : {Path(settings.DATA_DIR) / 'facts' / batch.refusals_file}"
        )


def _told(batch: Batch) -> dict[str, object]:
    return {
        "batch": batch.key,
        "state": batch.state,
        "record": batch.record,
        "source": batch.source,
        "file": batch.file_name,
        "sha256": batch.file_sha256,
        "read": batch.rows_read,
        "accepted": batch.rows_accepted,
        "refused_rows": batch.rows_refused,
        "rules": batch.refused_by_rule,
        "days": batch.days,
        "supersedes": batch.supersedes,
        "reason": batch.reason,
        "superseded": batch.superseded,
        "unlisted": batch.unlisted,
        "imported_at": batch.imported_at,
    }


@command.command()
@_contract
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="Un seul mois de faits.")
@as_json
def batches(code: str, month: datetime | None, json_output: bool) -> None:
    """Lister les lots."""
    contract = support_contract(code, json_output=json_output)
    found = Batch.objects.filter(contract=contract)
    if month is not None:
        found = found.filter(files__month=month.date()).distinct()
    if json_output:
        print_json([_told(batch) for batch in found])
        return
    print_table(
        f"Lots de {contract}",
        ("Lot", "Importé le", "Source", "Fichier", "État", "Faits", "Refusées", "Correction"),
        (
            (
                batch.key[:12],
                timezone.localtime(batch.imported_at).strftime("%d/%m/%Y %H:%M"),
                batch.source,
                batch.file_name,
                STATES[batch.state],
                batch.rows_accepted,
                batch.rows_refused,
                batch.reason,
            )
            for batch in found
        ),
    )


@command.command()
@_contract
@click.option("--sweep", is_flag=True, help="Effacer aussi les fichiers qu’aucun lot ne connaît.")
@as_json
def verify(code: str, sweep: bool, json_output: bool) -> None:
    """Comparer chaque fichier de faits à son empreinte."""
    contract = support_contract(code, json_output=json_output)
    swept = sweep_and_record(actor="system:cli", at=timezone.now()) if sweep else []
    total = FactFile.objects.filter(contract=contract).count()
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Vérification", total=total, visible=not json_output)
        faults = []
        for fault in file_faults(contract):
            bar.advance(task)
            if fault:
                faults.append(fault)
    if json_output:
        print_json(
            {
                "files": total,
                "faults": [{"path": fault.path, "fault": fault.fault} for fault in faults],
                "swept": swept,
            }
        )
    else:
        if faults:
            print_table("Fichiers en défaut", ("Fichier", "Défaut"), ((f.path, f.fault) for f in faults))
        console.print(f"{total} fichiers, {len(faults)} en défaut, {len(swept)} effacés.")
    if faults:
        raise SystemExit(1)


@command.command()
@_contract
@click.option("--from", "since", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Premier jour.")
@click.option("--to", "last", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Dernier jour, compris.")
@click.option("--seed", default=1, show_default=True, help="Graine : la même donne les mêmes jours.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Dossier où écrire les exports."
)
@click.option("--import", "bring", is_flag=True, help="Importer aussitôt les exports comme des lots.")
@click.option(
    "--by", type=click.Choice(["day", "month"]), default="day", show_default=True, help="Un fichier par…"
)
@as_json
def simulate(
    code: str,
    since: datetime,
    last: datetime,
    seed: int,
    out: Path | None,
    bring: bool,
    by: str,
    json_output: bool,
) -> None:
    """Simuler un centre d’appels d’après les volumes du marché, et écrire ses exports."""
    if out is None and not bring:
        refuse("dites où écrire (--out), ou importez (--import).", json_output=json_output)
    contract = support_contract(code, json_output=json_output)
    with TemporaryDirectory() as scratch:
        directory = out or Path(scratch)
        directory.mkdir(parents=True, exist_ok=True)
        files, rows, batches = 0, 0, 0
        with _bar() as bar:
            task = bar.add_task("Simulation", total=None, visible=not json_output)
            days = simulation.simulate(
                simulation.volumes_in(terms_of(code)), since.date(), last.date() + timedelta(days=1), seed
            )
            for export in simulation.write_exports(days, directory, by_month=by == "month"):
                bar.update(task, description=export.path.name)
                files, rows = files + 1, rows + export.rows
                if bring:
                    imported = import_file(
                        contract=contract,
                        path=export.path,
                        connector=find_connector(export.connector),
                        actor="system:simulation",
                        at=timezone.now(),
                    )
                    batches += imported.is_new and imported.batch.state == "ACCEPTED"
                if out is None:
                    export.path.unlink()
    if json_output:
        print_json({"files": files, "rows": rows, "batches": batches, "out": str(out) if out else None})
    else:
        console.print(f"{files} fichiers, {rows} lignes" + (f", {batches} lots importés." if bring else "."))


@command.command()
@click.option(
    "--docs", type=click.Path(file_okay=False, path_type=Path), help="Dossier docs/ à remettre à jour."
)
def schema(docs: Path | None) -> None:
    """Montrer le schéma des faits (JSON Schema), ou remettre à jour la documentation qui en dérive."""
    if docs is None:
        print_json(_schemas())
        return
    (docs / "schemas").mkdir(parents=True, exist_ok=True)
    for name, document in _schemas().items():
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        (docs / "schemas" / f"{name}.json").write_text(text, "utf-8")
    guide = docs / "connectors.md"
    guide.write_text(with_field_tables(guide.read_text("utf-8")), "utf-8")
    console.print(f"Schémas et guide à jour dans {docs}.")


def _schemas() -> dict[str, dict[str, object]]:
    """The published schemas by file: what is stored, and what is received live."""
    stored = {kind.record.table: json_schema(kind) for kind in RECORD_TYPES.values()}
    return stored | {"message": message_schema()}


@command.command("reconcile")
@_contract
@click.option("--month", required=True, type=click.DateTime(["%Y-%m"]), help="Mois à rapprocher.")
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 100),
    default=float(TOLERANCE_PERCENT),
    show_default=True,
    help="Écart admis, en pourcentage du plus grand des deux chiffres.",
)
@click.option("--all", "everything", is_flag=True, help="Montrer aussi ce qui concorde.")
@as_json
def reconcile_command(
    code: str, month: datetime, tolerance: float, everything: bool, json_output: bool
) -> None:
    """Rapprocher les rapports de la téléphonie et les faits d’un mois. Code 1 : il y a des écarts."""
    contract = support_contract(code, json_output=json_output)
    try:
        found = reconcile(contract, month.date(), tolerance_percent=Decimal(str(tolerance)))
    except NoTermsFile:
        refuse(f"le marché « {code} » n’a pas de stipulations.", json_output=json_output)
    shown = found.compared if everything else found.discrepancies
    if json_output:
        print_json(
            {
                "month": f"{found.month:%Y-%m}",
                "tolerance_percent": found.tolerance_percent,
                "compared": len(found.compared),
                "discrepancies": len(found.discrepancies),
                "without_facts": found.untold,
                "figures": [_compared(one) for one in shown],
            }
        )
    else:
        print_table(
            f"Rapprochement de {contract}, {found.month:%m/%Y}",
            ("Ce qui est compté", "Quand", "Pour", "Faits", "Rapport", "Constat", "Cellule"),
            (
                (
                    measure_said(one.measure),
                    time_said(one),
                    cuts_said(one),
                    amount_said(one.measure, one.ours),
                    amount_said(one.measure, one.theirs),
                    VERDICTS[one.verdict].label,
                    place_said(one),
                )
                for one in shown
            ),
        )
        console.print(
            f"{len(found.compared)} chiffres comparés, {len(found.discrepancies)} écarts, "
            f"{found.untold} sans faits à comparer."
        )
    if found.discrepancies:
        raise SystemExit(1)


def _compared(one: Compared) -> dict[str, object]:
    place = one.place
    return {
        "measure": one.measure,
        "period": one.period,
        "at": list(one.key[: len(one.key) - len(one.cuts)]),
        "cuts": dict(one.cuts),
        "facts": one.ours,
        "report": one.theirs,
        "gap": one.gap,
        "verdict": one.verdict.value,
        "place": {
            "file": place.file_name,
            "sheet": place.sheet,
            "cell": place.cell,
            "row": place.row,
            "batch": place.batch,
        }
        if place
        else None,
    }


@command.group()
def keys() -> None:
    """Clés de réception en direct : créer, lister, révoquer."""


@keys.command("add")
@_contract
@click.option("--label", required=True, help="Téléphonie ou service qui envoie.")
@click.option(
    "--source", default=LIVE_SOURCE, show_default=True, help="Connecteur de ses fichiers, s’il y en a."
)
@as_json
def add_key(code: str, label: str, source: str, json_output: bool) -> None:
    """Créer une clé, montrée une seule fois."""
    contract = support_contract(code, json_output=json_output)
    if not CODE.fullmatch(source):
        refuse("une source est un nom de connecteur.", json_output=json_output)
    key, secret = create_fact_key(
        contract=contract, label=label, source=source, actor="system:cli", at=timezone.now()
    )
    if json_output:
        print_json({"key": key.pk, "label": label, "source": source, "secret": secret})
    else:
        console.print(f"Clé {key.pk} de « {label} », à copier maintenant :\n{secret}")


@keys.command("list")
@_contract
@as_json
def list_keys(code: str, json_output: bool) -> None:
    """Lister les clés."""
    found = FactKey.objects.filter(contract=support_contract(code, json_output=json_output))
    if json_output:
        print_json(
            [
                {"key": key.pk, "label": key.label, "source": key.source, "created_at": key.created_at}
                | {"revoked_at": key.revoked_at}
                for key in found
            ]
        )
        return
    print_table(
        "Clés de réception",
        ("Clé", "Téléphonie", "Source", "Créée le", "État"),
        (
            (
                key.pk,
                key.label,
                key.source,
                timezone.localtime(key.created_at).strftime("%d/%m/%Y %H:%M"),
                "révoquée" if key.revoked_at else "active",
            )
            for key in found
        ),
    )


@keys.command("revoke")
@click.argument("key", type=int)
@_contract
@as_json
def revoke_key(key: int, code: str, json_output: bool) -> None:
    """Révoquer une clé ; ce qu’elle a apporté reste."""
    found = FactKey.objects.filter(contract=support_contract(code, json_output=json_output), pk=key).first()
    if found is None:
        refuse(f"aucune clé {key} sur ce marché.", json_output=json_output)
    found = revoke_fact_key(key=found, actor="system:cli", at=timezone.now())
    if json_output:
        print_json({"key": found.pk, "revoked_at": found.revoked_at})
    else:
        console.print(f"Clé {found.pk} révoquée.")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
    )
