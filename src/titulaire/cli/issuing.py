"""`titulaire issuing`: issue an order, print it, release it."""

from __future__ import annotations

from pathlib import Path

import click
from django.utils import timezone
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from titulaire.cli.options import ACTOR
from titulaire.cli.output import as_json, console, print_json, print_table, refuse
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.vouchers.issuing.codes import WrongPassphrase
from titulaire.vouchers.issuing.composition import NothingToPrintWith
from titulaire.vouchers.issuing.models import PrintJob, PrintState
from titulaire.vouchers.issuing.printing.production import Workshop
from titulaire.vouchers.issuing.production import begin_print, make, store_made
from titulaire.vouchers.issuing.proofreading import page_picture
from titulaire.vouchers.issuing.services import (
    NoSeries,
    NotAcknowledged,
    SeriesTaken,
    VintageOver,
    issue_order,
    open_series,
)
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.rules import OrderState
from titulaire.vouchers.orders.services import acknowledge_order


@click.group("issuing")
def command() -> None:
    """Émission et impression des titres."""


def find_order(number: str, contract_code: str | None, json_output: bool) -> Order:
    """The order of that number, on the contract or on the only one that has it."""
    found = Order.objects.filter(number=number).select_related("contract")
    if contract_code:
        found = found.filter(contract__code=contract_code)
    orders = list(found[:2])
    if len(orders) == 1:
        return orders[0]
    if orders:
        refuse(f"plusieurs marchés ont une commande {number} : ajoutez --contract", json_output=json_output)
    refuse(f"aucune commande {number} ; « titulaire orders list » les montre", json_output=json_output)
    raise AssertionError


@command.command("open-series")
@click.argument("contract_code")
@click.argument("issuer", type=click.IntRange(0, 999))
def open_series_command(contract_code: str, issuer: int) -> None:
    """Ouvrir la série de numéros d’un marché : trois chiffres d’émetteur, qu’aucun autre marché ne porte."""
    contract = Contract.objects.filter(code=contract_code, kind="VOUCHERS").first()
    if contract is None:
        refuse(f"aucun marché de titres « {contract_code} »")
    try:
        series = open_series(contract=contract, issuer=issuer, actor=ACTOR, at=timezone.now())
    except SeriesTaken:
        refuse(f"le numéro d’émetteur {issuer:03d} n’est pas libre, ou ce marché en a déjà un autre")
    click.echo(f"Série {series.issuer:03d} ouverte ; prochain numéro d’ordre {series.next_serial}.")


@command.command("print")
@click.argument("order_number", metavar="COMMANDE")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Dossier où écrire."
)
@click.option("--contract", "contract_code", help="Code du marché, si plusieurs ont ce numéro de commande.")
@as_json
def print_command(order_number: str, out: Path, contract_code: str | None, json_output: bool) -> None:
    """Émettre et imprimer une commande : fichier de presse, archive, bordereau, épreuve relue.

    Une commande confirmée est d’abord accusée ; une commande déjà imprimée redonne les mêmes fichiers.
    """
    order = find_order(order_number, contract_code, json_output)
    now = timezone.now()
    try:
        if order.state == OrderState.CONFIRMED:
            order = acknowledge_order(order=order, actor=ACTOR, at=now)
        issue = issue_order(order=order, actor=ACTOR, at=timezone.now())
        job = _made(issue.order, quiet=json_output)
    except NotAcknowledged as stopped:
        refuse(f"la commande {stopped.number} est {stopped.state} : rien à émettre", json_output=json_output)
        return
    except NoSeries:
        refuse(
            f"le marché {order.contract.code} n’a pas de série : « titulaire issuing open-series »",
            json_output=json_output,
        )
        return
    except VintageOver as over:
        refuse(
            f"la commande {over.number} a trop attendu : ses titres ne servaient que jusqu’au "
            f"{over.last_valid_on:%d/%m/%Y} ; annulez-la, et commandez à nouveau",
            json_output=json_output,
        )
        return
    except NothingToPrintWith:
        refuse(
            f"le marché {order.contract.code} n’a ni noms ni adresses à imprimer : saisissez les mentions "
            "de l’émetteur (page Courrier et publicité)",
            json_output=json_output,
        )
        return
    except WrongPassphrase:
        refuse(
            "TITULAIRE_KEY_PASSPHRASE n’ouvre pas la clé de signature de ce millésime",
            json_output=json_output,
        )
        return
    written = _write(job, out)
    if json_output:
        print_json(
            {
                "order": order.number,
                "state": job.state,
                "batch": job.batch,
                "booklets": issue.booklets,
                "vouchers": issue.vouchers,
                "first": issue.first_number,
                "last": issue.last_number,
                "proof": job.proof,
                "files": {
                    name: {"path": str(path), "sha256": digest} for name, (path, digest) in written.items()
                },
            }
        )
    else:
        print_table(
            f"Commande {order.number}, lot {job.batch}",
            ["Fichier", "Chemin", "SHA-256"],
            [(name, path, digest[:16] + "…") for name, (path, digest) in written.items()],
        )
        click.echo(
            f"{issue.vouchers} titres en {issue.booklets} carnets, de {issue.first_number} à {issue.last_number}. "
            f"Épreuve relue : {job.proof['pages']} pages, {job.proof['codes_verified']} codes vérifiés."
        )
    if job.state == PrintState.HELD:
        for finding in job.proof["findings"]:
            click.echo(f"RETENU, page {finding['page']} : {finding['message']}", err=True)
        raise SystemExit(1)


def _made(order: Order, *, quiet: bool) -> PrintJob:
    job = PrintJob.objects.select_related("order__contract", "contract").get(order=order)
    if job.state not in {PrintState.TO_MAKE, PrintState.HELD, PrintState.QUEUED}:
        return job
    job = begin_print(job=job, actor=ACTOR, at=timezone.now())
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=quiet,
        transient=True,
    )
    with bar as progress, Workshop(workers=0) as workshop:
        task = progress.add_task("Composition et relecture", total=3)
        made = make(job, workshop, tell=lambda done, of: progress.update(task, completed=done, total=of))
        return store_made(job=job, made=made, actor=ACTOR, at=timezone.now())


def _write(job: PrintJob, out: Path) -> dict[str, tuple[Path, str]]:
    out.mkdir(parents=True, exist_ok=True)
    number = job.order.number
    wanted = {
        "press": (out / f"IMP-{number}.pdf", job.press_sha256),
        "archive": (out / f"IMP-{number}-archive.pdf", job.archive_sha256),
        "manifest": (out / f"IMP-{number}-bordereau.csv", job.manifest_sha256),
    }
    for path, digest in wanted.values():
        path.write_bytes(files.read(digest, contract=job.contract.code))
    for page in sorted({finding["page"] for finding in job.proof["findings"] if finding["page"]})[:5]:
        picture = page_picture(files.read(job.press_sha256, contract=job.contract.code), page)
        (out / f"IMP-{number}-retenu-page-{page}.png").write_bytes(picture)
    return wanted
