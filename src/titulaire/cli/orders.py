"""`titulaire orders`: import a file, follow orders, calendar, face value, ceiling."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Never

import click
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from titulaire.cli.options import of_contract
from titulaire.cli.output import as_json, print_json, print_table, refuse
from titulaire.identity.models import Contract, User
from titulaire.ui import exports
from titulaire.ui.formats import count_fr, date_fr, date_short, instant_fr, money, month_fr
from titulaire.vouchers.orders import agreements, deposits, queries, services
from titulaire.vouchers.orders.acknowledgement import acknowledgement_pdf
from titulaire.vouchers.orders.documents import import_document, order_document
from titulaire.vouchers.orders.models import Order, OrderCalendar
from titulaire.vouchers.orders.queries import OrderPlan
from titulaire.vouchers.orders.reading import Refusal, template_csv, template_xlsx
from titulaire.vouchers.orders.rules import Delivery, proposed_calendar
from titulaire.vouchers.orders.wording import CALENDAR_FAULTS, KINDS, STATES, shift_of, shift_sentence

REFUSED_ROWS, REFUSED_WHOLE = 1, 2
SHOWN_REFUSALS = 40


@click.group("orders")
def command() -> None:
    """Les commandes de titres : fichiers, calendrier, valeur faciale, plafond."""


class Month(click.ParamType):
    """A month written YYYY-MM, as its first day."""

    name = "AAAA-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m").replace(tzinfo=UTC).date()
        except ValueError:
            self.fail(f"« {value} » n’est pas un mois : écrivez par exemple 2026-11.", param, ctx)


class Amount(click.ParamType):
    """An amount in euros, with a point or a comma."""

    name = "EUROS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            return Decimal(str(value).replace(",", "."))
        except InvalidOperation:
            self.fail(f"« {value} » n’est pas un montant : écrivez par exemple 10.50.", param, ctx)


day_type = click.DateTime(["%Y-%m-%d"])
on_contract = of_contract("VOUCHERS")
by_person = click.option(
    "--by", "email", metavar="ADRESSE", help="La personne au nom de qui l’acte est fait."
)


def contract_called(code: str, *, json_output: bool = False) -> Contract:
    """The voucher contract with this code; leaves with a refusal when there is none."""
    found = Contract.objects.filter(code=code, kind="VOUCHERS").select_related("buyer", "contractor").first()
    if found is None:
        known = ", ".join(Contract.objects.filter(kind="VOUCHERS").values_list("code", flat=True)) or "aucun"
        _refuse(f"aucun marché de titres ne porte le code « {code} » (connus : {known}).", json_output)
    return found


def order_numbered(contract: Contract, number: str, *, json_output: bool = False) -> Order:
    """The contract's order with this number; leaves with a refusal when there is none."""
    found = Order.objects.of(contract).filter(number=number).select_related("contract", "source").first()
    if found is None:
        _refuse(f"le marché {contract.code} n’a pas de commande n° {number}.", json_output)
    return found


def actor_of(email: str | None, *, json_output: bool = False) -> str:
    """How the journal names who acts: the person given, else this command."""
    if not email:
        return "system:command"
    person = User.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        _refuse(f"personne n’a de compte à l’adresse « {email} ».", json_output)
    return person.actor


def _refuse(message: str, json_output: bool = False) -> Never:
    refuse(message, json_output=json_output)
    raise AssertionError


# Importing


@command.command("import")
@click.argument("path", metavar="FICHIER", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@on_contract
@click.option("--dry-run", is_flag=True, help="Examiner sans rien commander.")
@click.option("--accept-partial", is_flag=True, help="Commander les lignes acceptées, sans les refusées.")
@click.option("--month", type=Month(), help="Le mois des lignes qui n’en indiquent pas.")
@click.option(
    "--refused-to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Écrire les lignes refusées à corriger dans ce fichier (.csv ou .xlsx).",
)
@by_person
@as_json
def import_(
    path: Path,
    code: str,
    dry_run: bool,
    accept_partial: bool,
    month: date | None,
    refused_to: Path | None,
    email: str | None,
    json_output: bool,
) -> None:
    """Commander à partir d’un fichier CSV ou XLSX.

    Le même fichier deux fois, même renommé ou réenregistré, reste une seule commande. Sortie : 0 si tout est
    accepté, 1 si des lignes sont refusées, 2 si la commande l’est en entier.
    """
    contract = contract_called(code, json_output=json_output)
    actor = actor_of(email, json_output=json_output)
    at, data = timezone.now(), path.read_bytes()
    order: Order | None = None
    already_known = False
    late: tuple[Refusal, ...] = ()
    with _steps(json_output) as step:
        step("Lecture du fichier")
        file = queries.read_file(contract, data, path.name, default_month=month)
        step("Contrôle de la commande")
        plan = queries.plan_order(contract, file, at=at)
        if refused_to is not None and plan.refusals:
            refused_to.write_bytes(queries.refused_rows(file, refused_to.suffix.lstrip(".").lower()))
        if not dry_run or plan.known is not None:
            step("Commande")
            try:
                done = deposits.import_plan(
                    contract=contract,
                    plan=plan,
                    data=data,
                    actor=actor,
                    at=at,
                    accept_partial=accept_partial,
                    accept_repeats=True,
                )
                order, already_known = done.order, done.already_known
            except deposits.RowsRefused:
                pass
            except services.CeilingPassed as refused:
                # Another order may have taken the room since the plan was made.
                late = () if plan.obstacles else (queries.ceiling_refusal(refused.room),)
            except deposits.FileRefused:
                pass
    obstacles = plan.obstacles + late
    if json_output:
        print_json(
            import_document(
                plan, obstacles=obstacles, order=order, already_known=already_known, dry_run=dry_run
            )
        )
    else:
        _print_import(plan, obstacles, order, already_known, dry_run)
    if obstacles and order is None:
        sys.exit(REFUSED_WHOLE)
    if plan.refusals and not (accept_partial and order is not None):
        sys.exit(REFUSED_ROWS)


@contextmanager
def _steps(json_output: bool) -> Iterator[Callable[[str], None]]:
    """A bar on the error output, for people only: what is printed stays clean."""
    screen = Console(stderr=True)
    if json_output or not screen.is_terminal:
        yield lambda label: None
        return
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task("", total=3)
        first = [True]

        def step(label: str) -> None:
            progress.update(task, description=label, advance=0 if first[0] else 1)
            first[0] = False

        yield step


def _print_import(
    plan: OrderPlan,
    obstacles: tuple[Refusal, ...],
    order: Order | None,
    already_known: bool,
    dry_run: bool,
) -> None:
    refusals = (*obstacles, *plan.refusals)
    if refusals:
        rows = [
            (refusal.row or "fichier", refusal.column, refusal.rule, f"{refusal.message}\n→ {refusal.mend}")
            for refusal in refusals[:SHOWN_REFUSALS]
        ]
        print_table("Refusé", ["Ligne", "Colonne", "Règle", "Pourquoi, et comment corriger"], rows)
        if len(refusals) > SHOWN_REFUSALS:
            click.echo(
                f"… et {len(refusals) - SHOWN_REFUSALS} autres : --refused-to FICHIER.xlsx les écrit toutes."
            )
    notices = [(notice.row or "fichier", notice.message) for notice in plan.file.notices[:SHOWN_REFUSALS]]
    notices += [
        (repeat.row, f"{repeat.reference} a déjà des titres de ce mois dans la commande {repeat.number}.")
        for repeat in plan.repeats[:SHOWN_REFUSALS]
    ]
    if notices:
        print_table("À vérifier", ["Ligne", "Remarque"], notices)
    if plan.month and plan.promise and plan.last_day_of_use:
        print_table(
            f"Commande de {month_fr(plan.month)}",
            ["", ""],
            [
                ("Lignes acceptées", count_fr(len(plan.rows), "ligne")),
                ("Titres", f"{count_fr(plan.vouchers, 'titre')} en {count_fr(plan.booklets, 'carnet')}"),
                ("Montant", f"{money(plan.amount)} (titres de {money(plan.face_value)})"),
                (
                    "Plafond",
                    f"reste {money(plan.room.left_before)} avant, {money(plan.room.left_after)} après",
                ),
                ("Millésime", f"{plan.vintage}, valable jusqu’au {date_fr(plan.last_day_of_use)}"),
                (
                    "Livraison",
                    f"le {date_fr(plan.promise.promised_on)} si l’accusé de réception est daté de ce jour",
                ),
            ],
        )
        shift = shift_sentence(
            plan.promise.shift,
            vintage=plan.vintage,
            promised_on=plan.promise.promised_on,
            planned_on=plan.promise.planned_on,
        )
        if shift:
            click.echo(shift)
    if already_known and order:
        click.echo(f"Ce contenu est déjà la commande n° {order.number} : rien n’est commandé en double.")
    elif order:
        click.echo(f"Commande n° {order.number} confirmée.")
    elif dry_run and not obstacles:
        click.echo("Essai à blanc : rien n’est commandé.")
    elif plan.refusals and not obstacles:
        click.echo("Rien n’est commandé : corrigez le fichier, ou ajoutez --accept-partial.", err=True)
    else:
        click.echo("Commande refusée en entier : rien n’est commandé.", err=True)


@command.command()
@click.argument("path", metavar="FICHIER", type=click.Path(dir_okay=False, path_type=Path))
def template(path: Path) -> None:
    """Écrire un modèle de fichier de commande (.xlsx ou .csv)."""
    path.write_bytes(template_csv() if path.suffix.lower() == ".csv" else template_xlsx())
    click.echo(f"Modèle écrit dans {path}.")


# Placing without a file


@command.command()
@on_contract
@click.option("--month", type=Month(), required=True, help="Le mois des titres.")
@click.option("--booklets", type=click.IntRange(1, 1000), required=True, help="Nombre de carnets sans nom.")
@click.option("--titles", type=click.IntRange(1), required=True, help="Titres par carnet.")
@click.option("--reason", default="", help="Le motif de la commande ponctuelle.")
@click.option(
    "--key", "request_key", required=True, help="Le nom de la demande : répétée, elle reste unique."
)
@by_person
@as_json
def place(
    code: str,
    month: date,
    booklets: int,
    titles: int,
    reason: str,
    request_key: str,
    email: str | None,
    json_output: bool,
) -> None:
    """Commander ponctuellement des carnets sans nom, livrés à l’acheteur."""
    contract = contract_called(code, json_output=json_output)
    actor = actor_of(email, json_output=json_output)
    try:
        done = services.place_adhoc_order(
            contract=contract,
            month=month,
            lines=[services.LineRequest(vouchers=titles, delivery=Delivery.CPAM)] * booklets,
            request_key=request_key,
            reason=reason,
            actor=actor,
            at=timezone.now(),
        )
    except services.CeilingPassed as refused:
        _refuse(queries.ceiling_refusal(refused.room).message, json_output)
    except services.BookletTooLarge as refused:
        _refuse(f"un carnet contient au plus {refused.most} titres.", json_output)
    except services.VintageExpired as refused:
        _refuse(f"ces titres ne sont plus valables depuis le {date_fr(refused.last_day_on)}.", json_output)
    if json_output:
        print_json(order_document(done.order) | {"already_known": done.already_known})
    else:
        click.echo(
            f"Commande n° {done.order.number} " + ("déjà connue." if done.already_known else "confirmée.")
        )


# Following


@command.command("list")
@on_contract
@click.option("--state", type=click.Choice(sorted(STATES), case_sensitive=False), help="Un seul état.")
@as_json
def list_(code: str, state: str | None, json_output: bool) -> None:
    """Lister les commandes d’un marché, de la plus récente à la plus ancienne."""
    contract = contract_called(code, json_output=json_output)
    orders = Order.objects.of(contract).select_related("contract", "source")
    if state:
        orders = orders.filter(state=state.upper())
    if json_output:
        print_json({"orders": [order_document(order) for order in orders]})
        return
    room = queries.room_left(contract, on=timezone.localdate())
    print_table(
        contract.title,
        ["Numéro", "Mois", "Nature", "État", "Titres", "Montant", "Livraison promise"],
        [
            (
                order.number,
                f"{order.month:%m/%Y}",
                KINDS[order.kind],
                STATES[order.state].label,
                order.vouchers,
                money(order.amount),
                date_short(order.promised_on),
            )
            for order in orders
        ],
    )
    click.echo(f"Plafond : {money(room.committed)} engagés, {money(room.left_before)} disponibles.")


@command.command()
@click.argument("number", metavar="NUMÉRO")
@on_contract
@as_json
def show(number: str, code: str, json_output: bool) -> None:
    """Montrer une commande, sans les noms."""
    contract = contract_called(code, json_output=json_output)
    order = order_numbered(contract, number, json_output=json_output)
    if json_output:
        print_json(order_document(order))
        return
    print_table(
        f"Commande n° {order.number}",
        ["", ""],
        [
            ("Nature", KINDS[order.kind]),
            ("État", STATES[order.state].label),
            ("Mois des titres", month_fr(order.month)),
            ("Millésime", order.vintage),
            ("Titres", f"{count_fr(order.vouchers, 'titre')} en {count_fr(order.booklets, 'carnet')}"),
            ("Montant", f"{money(order.amount)} (titres de {money(order.face_value)})"),
            ("Confirmée", instant_fr(order.confirmed_at)),
            ("Accusé de réception", date_fr(order.acknowledged_on)),
            ("Livraison promise", date_fr(order.promised_on)),
            ("Décalage annoncé", shift_of(order) or "aucun"),
        ],
    )


@command.command()
@click.argument("number", metavar="NUMÉRO")
@on_contract
@click.option("--on", "day", type=day_type, help="La date de l’accusé de réception (par défaut : ce jour).")
@click.option(
    "--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Écrire l’accusé dans ce fichier."
)
@by_person
@as_json
def acknowledge(
    number: str, code: str, day: datetime | None, pdf: Path | None, email: str | None, json_output: bool
) -> None:
    """Accuser réception d’une commande : les dix jours ouvrés de livraison en partent."""
    contract = contract_called(code, json_output=json_output)
    order = order_numbered(contract, number, json_output=json_output)
    actor = actor_of(email, json_output=json_output)
    try:
        services.acknowledge_order(
            order=order, actor=actor, at=timezone.now(), acknowledged_on=day.date() if day else None
        )
    except services.WrongState as refused:
        _refuse(f"la commande {refused.number} est {STATES[refused.state].label.lower()}.", json_output)
    except services.ImpossibleDay as refused:
        _refuse(_impossible_day(refused), json_output)
    if pdf is not None:
        pdf.write_bytes(acknowledgement_pdf(order))
    if json_output:
        print_json(order_document(order))
    else:
        click.echo(
            f"Commande n° {order.number} accusée le {date_fr(order.acknowledged_on)} : livraison le "
            f"{date_fr(order.promised_on)} (limite du marché : {date_fr(order.due_on)})."
        )
        if order.shift:
            click.echo(shift_of(order))


def _impossible_day(refused: services.ImpossibleDay) -> str:
    return (
        f"la date doit être comprise entre le {date_fr(refused.earliest_on)} (commande) et le "
        f"{date_fr(refused.latest_on)} (ce jour)."
    )


@command.command()
@click.argument("number", metavar="NUMÉRO")
@on_contract
@click.option("--because", required=True, help="Le motif, gardé au journal.")
@by_person
@as_json
def cancel(number: str, code: str, because: str, email: str | None, json_output: bool) -> None:
    """Annuler une commande qui n’est pas encore émise."""
    contract = contract_called(code, json_output=json_output)
    order = order_numbered(contract, number, json_output=json_output)
    actor = actor_of(email, json_output=json_output)
    try:
        services.cancel_order(order=order, because=because, actor=actor, at=timezone.now())
    except services.WrongState as refused:
        _refuse(
            f"la commande {refused.number} est {STATES[refused.state].label.lower()} : ses titres existent.",
            json_output,
        )
    if json_output:
        print_json(order_document(order))
    else:
        click.echo(f"Commande n° {order.number} annulée : {money(order.amount)} rendus au plafond.")


@command.command()
@click.argument("path", metavar="FICHIER", type=click.Path(dir_okay=False, path_type=Path))
@on_contract
@click.option("--since", type=Month(), help="Premier mois de titres.")
@click.option("--until", type=Month(), help="Dernier mois de titres.")
@by_person
def history(path: Path, code: str, since: date | None, until: date | None, email: str | None) -> None:
    """Extraire l’historique des lignes commandées (.csv ou .xlsx). Le fichier nomme des personnes."""
    contract = contract_called(code)
    actor = actor_of(email)
    first, last = since or date(2000, 1, 1), until or date(2999, 12, 1)
    rows = list(queries.history_rows(contract, since=first, until=last))
    services.record_extraction(
        contract=contract, since=first, until=last, lines=len(rows), actor=actor, at=timezone.now()
    )
    if path.suffix.lower() == ".xlsx":
        body = exports.xlsx_bytes(
            queries.HISTORY_HEADINGS, rows, sheet="Commandes", kinds=queries.HISTORY_KINDS
        )
    else:
        body = exports.csv_bytes(queries.HISTORY_HEADINGS, rows)
    path.write_bytes(body)
    click.echo(f"{count_fr(len(rows), 'ligne')} dans {path}.")


@command.command()
@on_contract
@as_json
def ceiling(code: str, json_output: bool) -> None:
    """Dire ce que les commandes engagent du plafond, et ce qu’il en reste."""
    contract = contract_called(code, json_output=json_output)
    room = queries.room_left(contract, on=timezone.localdate())
    months = queries.consumption_by_month(contract)
    if json_output:
        print_json(
            {
                "ceiling": room.ceiling,
                "committed": room.committed,
                "left": room.left_before,
                "months": [
                    {
                        "month": each.month.strftime("%Y-%m"),
                        "orders": each.orders,
                        "vouchers": each.vouchers,
                        "amount": each.amount,
                    }
                    for each in months
                ],
            }
        )
        return
    print_table(
        "Montants engagés",
        ["Mois", "Commandes", "Titres", "Montant"],
        [(month_fr(each.month), each.orders, each.vouchers, money(each.amount)) for each in months],
    )
    click.echo(
        f"{money(room.committed)} engagés sur {money(room.ceiling)} : reste {money(room.left_before)}."
    )


# Agreements


@command.command()
@on_contract
@click.option("--year", type=click.IntRange(2000, 2999), help="L’année (par défaut : celle en cours).")
@click.option("--propose", is_flag=True, help="Proposer le calendrier calculé aux deux parties.")
@click.option("--agree", type=click.Choice(["buyer", "contractor"]), help="Donner l’accord d’une partie.")
@by_person
@as_json
def calendar(
    code: str, year: int | None, propose: bool, agree: str | None, email: str | None, json_output: bool
) -> None:
    """Montrer, proposer ou approuver le calendrier annuel des commandes."""
    contract = contract_called(code, json_output=json_output)
    actor = actor_of(email, json_output=json_output)
    at = timezone.now()
    year = year or timezone.localdate().year
    if propose:
        days = queries.working_days(contract)
        terms = queries.order_terms(contract, on=timezone.localdate())
        months = proposed_calendar(
            year,
            add_working_days=days.add,
            is_working_day=days.is_working_day,
            working_days=terms.delivery_working_days,
        )
        try:
            agreements.propose_calendar(contract=contract, year=year, months=months, actor=actor, at=at)
        except agreements.CalendarRefused as refused:
            _refuse(" ".join(CALENDAR_FAULTS[fault] for fault in refused.faults), json_output)
    latest = OrderCalendar.objects.filter(contract=contract, year=year).first()
    if agree and latest is not None:
        agreements.agree_calendar(calendar=latest, side=agree.upper(), actor=actor, at=at)
    shown = latest if propose or agree else queries.calendar_in_force(contract, year) or latest
    if shown is None:
        _refuse(f"aucun calendrier pour {year} : --propose en calcule un.", json_output)
    entries = [entry.as_value() for entry in shown.entries.all()]
    if json_output:
        print_json(
            {
                "year": shown.year,
                "version": shown.version,
                "in_force": shown.in_force,
                "buyer_agreed_at": shown.buyer_agreed_at,
                "contractor_agreed_at": shown.contractor_agreed_at,
                "months": [
                    {
                        "month": entry.month.strftime("%Y-%m"),
                        "order_by_on": entry.order_by_on,
                        "delivery_on": entry.delivery_on,
                        "vintage_ready_on": entry.vintage_ready_on,
                    }
                    for entry in entries
                ],
            }
        )
        return
    standing = "en vigueur" if shown.in_force else "proposé, en attente d’accord"
    print_table(
        f"Calendrier {shown.year}, version {shown.version} ({standing})",
        ["Mois", "Commander jusqu’au", "Livraison prévue le", "Nouveau millésime dès le"],
        [
            (
                month_fr(entry.month),
                date_fr(entry.order_by_on),
                date_fr(entry.delivery_on),
                date_fr(entry.vintage_ready_on) if entry.vintage_ready_on else "",
            )
            for entry in entries
        ],
    )


@command.command("face-value")
@on_contract
@click.option("--to", "value", type=Amount(), help="La nouvelle valeur, en euros.")
@click.option("--from", "effective", type=day_type, help="Son premier jour d’effet.")
@click.option(
    "--requested-on", "requested", type=day_type, help="Le jour de la demande (par défaut : ce jour)."
)
@click.option("--reason", default="", help="L’accord qui motive le changement.")
@by_person
@as_json
def face_value(
    code: str,
    value: Decimal | None,
    effective: datetime | None,
    requested: datetime | None,
    reason: str,
    email: str | None,
    json_output: bool,
) -> None:
    """Dire la valeur faciale, ou la changer avec un mois de préavis au moins."""
    contract = contract_called(code, json_output=json_output)
    actor = actor_of(email, json_output=json_output)
    today = timezone.localdate()
    if (value is None) != (effective is None):
        _refuse("--to et --from vont ensemble.", json_output)
    if value is not None and effective is not None:
        try:
            agreements.change_face_value(
                contract=contract,
                value=value,
                requested_on=requested.date() if requested else today,
                effective_on=effective.date(),
                reason=reason,
                actor=actor,
                at=timezone.now(),
            )
        except agreements.NoticeTooShort as refused:
            _refuse(
                f"un mois de préavis : le changement peut prendre effet dès le {date_fr(refused.earliest_on)}.",
                json_output,
            )
        except agreements.FaceValueTaken as refused:
            _refuse(f"une autre valeur prend déjà effet le {date_fr(refused.effective_on)}.", json_output)
        except agreements.NotAnAmount:
            _refuse("la valeur faciale est un montant positif, au centime.", json_output)
        except services.ImpossibleDay as refused:
            _refuse(f"la demande ne peut pas dater d’après le {date_fr(refused.latest_on)}.", json_output)
    current = queries.face_value(contract, on=today)
    changes = list(queries.face_value_changes(contract))
    if json_output:
        print_json(
            {
                "today": current,
                "changes": [
                    {
                        "effective_on": change.effective_on,
                        "value": change.value,
                        "requested_on": change.requested_on,
                        "reason": change.reason,
                    }
                    for change in changes
                ],
            }
        )
        return
    click.echo(f"Valeur faciale ce jour : {money(current)}.")
    for change in changes:
        click.echo(
            f"  {money(change.value)} à compter du {date_fr(change.effective_on)} "
            f"(demandé le {date_fr(change.requested_on)})"
        )


@command.command()
@on_contract
@by_person
def purge(code: str, email: str | None) -> None:
    """Effacer les fichiers reçus depuis plus de trente jours ; leurs empreintes restent."""
    contract = contract_called(code)
    erased = deposits.purge_files(contract=contract, actor=actor_of(email), at=timezone.now())
    click.echo(f"{count_fr(erased, 'fichier effacé', 'fichiers effacés')}.")
