"""`titulaire report`: the reports that the contract asks for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from django.utils import timezone

from titulaire.cli.orders import actor_of, by_person, contract_called, on_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.identity.models import Contract
from titulaire.ui.formats import date_fr
from titulaire.vouchers.settlement import report as reports
from titulaire.vouchers.settlement import services
from titulaire.vouchers.settlement.documents import report_document


@click.group("report")
def command() -> None:
    """Les rapports dus à l’acheteur."""


@command.command()
@on_contract
@click.option("--year", type=int, help="L’année où commence celle du marché ; sans elle, la dernière finie.")
@click.option("--freeze", is_flag=True, help="Figer une édition, scellée par le journal.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Dossier où écrire le PDF, le classeur et les CSV.",
)
@by_person
@as_json
def yearly(
    code: str, year: int | None, freeze: bool, out: Path | None, email: str | None, json_output: bool
) -> None:
    """Le rapport annuel : titres émis, non nominatifs, réémis, remboursés, réclamations et leurs délais."""
    contract, now = contract_called(code, json_output=json_output), timezone.now()
    year = year or _last_year(contract, timezone.localdate(now))
    try:
        period = reports.period_of(contract, year, on=timezone.localdate(now))
        if freeze:
            services.freeze_report(
                contract=contract, year=year, actor=actor_of(email, json_output=json_output), at=now
            )
    except reports.NoSuchYear:
        refuse(f"le marché {code} n’a pas d’année {year}", json_output=json_output)
    except services.YearNotOver:
        refuse(f"l’année {year} du marché finit le {date_fr(period.end_on)}", json_output=json_output)
    except services.NothingChanged as same:
        if not json_output:
            click.echo(f"L’édition {same.report.issue} dit déjà la même chose.")
    gathered = reports.gather(contract, period, at=now)
    last = reports.latest_issue(contract, year)
    stale = last is not None and reports.is_stale(last, gathered)
    values = last.values if last else gathered.values
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        name = f"rapport-{code}-{year}"
        sources = reports.sources_of(last) if last else gathered.sources
        (out / f"{name}.pdf").write_bytes(reports.as_pdf(contract, period, values, last))
        (out / f"{name}.xlsx").write_bytes(reports.as_xlsx(contract, period, values, last))
        (out / f"{name}.csv").write_bytes(reports.as_csv(values))
        (out / f"{name}-listes.csv").write_bytes(reports.sources_csv(sources))
    if json_output:
        print_json({"contract": code, **report_document(gathered, last, stale=stale)})
        return
    print_table(
        f"Rapport {year}, à remettre le {date_fr(period.due_on)}",
        ["Chiffre", "Nombre", "Résolues", "Jours ouvrés en moyenne"],
        [
            (row[0], row[2], *("" if cell is None else cell for cell in row[4:6]))
            for row in reports.rows_of(values)
        ],
    )
    state = f"édition {last.issue}" if last else "chiffres provisoires, non figés"
    click.echo(f"{state.capitalize()}{' ; les faits ont changé depuis' if stale else ''}.")


def _last_year(contract: Contract, today: date) -> int:
    """The last year of the contract that has ended, or the one that runs when none has."""
    begun = reports.years_of(contract, on=today)
    ended = [period for period in begun if period.end_on <= today]
    return (ended or begun)[0].year if begun else today.year
