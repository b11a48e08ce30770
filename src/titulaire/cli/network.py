"""`titulaire network`: the affiliates, and paying them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click
from django.utils import timezone

from titulaire.cli.orders import actor_of, by_person, contract_called, day_type, on_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.ui.formats import count_fr, date_fr, money
from titulaire.vouchers.network import payment, queries
from titulaire.vouchers.network.wording import ACTIVITIES, AFFILIATE_STATES


@click.group("network")
def command() -> None:
    """Le réseau des commerces affiliés : liste, paiements."""


@command.command()
@on_contract
@click.option("--place", default="", help="Commune ou début de code postal.")
@as_json
def affiliates(code: str, place: str, json_output: bool) -> None:
    """Lister les commerces d’un marché, ou ceux d’un lieu."""
    contract = contract_called(code, json_output=json_output)
    found = queries.affiliates_of(contract)
    if place:
        found = found.filter(pk__in=queries.open_to_all(place).values("pk"))
    if json_output:
        print_json(
            [
                {
                    "siret": one.siret,
                    "name": one.name,
                    "activity": one.activity,
                    "street": one.street,
                    "postcode": one.postcode,
                    "town": one.town,
                    "state": one.state,
                }
                for one in found
            ]
        )
        return
    print_table(
        f"Commerces de {contract.code}",
        ["SIRET", "Nom", "Activité", "Commune", "État"],
        [
            (
                one.siret,
                one.name,
                ACTIVITIES[one.activity],
                f"{one.postcode} {one.town}",
                AFFILIATE_STATES[one.state].label,
            )
            for one in found
        ],
    )


@command.command()
@on_contract
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Fichier SEPA à écrire."
)
@click.option("--execution-on", type=day_type, help="Jour du virement (AAAA-MM-JJ), demain par défaut.")
@by_person
@as_json
def pay(code: str, out: Path, execution_on: datetime | None, email: str | None, json_output: bool) -> None:
    """Payer les remises acceptées, et écrire l’ordre de virement pour la banque (pain.001)."""
    contract = contract_called(code, json_output=json_output)
    now = timezone.now()
    day = execution_on.date() if execution_on else timezone.localdate(now) + timedelta(days=1)
    try:
        done = payment.pay(
            contract=contract, execution_on=day, actor=actor_of(email, json_output=json_output), at=now
        )
    except payment.NothingToPay:
        refuse("rien n’est à payer : tout l’est déjà", json_output=json_output, rule="NOTHING_TO_PAY")
    except payment.NoPayingAccount:
        refuse(
            "aucun compte n’est enregistré pour payer : page Paiements, « Compte qui paie »",
            json_output=json_output,
            rule="NO_ACCOUNT",
        )
    except payment.ExecutionInThePast:
        refuse("la banque n’exécute rien à une date passée", json_output=json_output, rule="PAST")
    except payment.RegisterDisagrees as refused:
        refuse(
            f"{count_fr(len(refused.keys), 'titre')} ne sont plus à l’état Utilisé : rien n’est payé",
            json_output=json_output,
            rule="REGISTER",
        )
    out.write_bytes(done.order)
    run = done.run
    if json_output:
        print_json(
            {
                "run": run.number,
                "execution_on": run.execution_on,
                "payments": run.payments_count,
                "vouchers": run.vouchers,
                "amount": run.amount,
                "sha256": run.sha256,
                "file": str(out),
            }
        )
        return
    click.echo(
        f"Paiement {run.number} : {count_fr(run.payments_count, 'virement')}, {count_fr(run.vouchers, 'titre')}, "
        f"{money(run.amount)}, à exécuter le {date_fr(run.execution_on)}. Ordre écrit dans {out}."
    )
