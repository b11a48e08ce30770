"""Ordering with a file, in three steps: deposit, check, confirm."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.ui import exports
from titulaire.ui.formats import count_fr, date_fr, money, month_fr, weekday_fr
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Column, Search, Table
from titulaire.vouchers.orders import deposits, queries, services
from titulaire.vouchers.orders.forms import ConfirmForm, DepositForm, MappingForm
from titulaire.vouchers.orders.models import DryRun
from titulaire.vouchers.orders.queries import OrderPlan
from titulaire.vouchers.orders.reading import RULES, template_csv, template_xlsx
from titulaire.vouchers.orders.views import ORDERERS, READERS, figure, known_extension, posted
from titulaire.vouchers.orders.views.orders import order_url
from titulaire.vouchers.orders.wording import shift_sentence


@clause("T-2.1.1.1-commande-mensuelle", "T-2.1.1.1-transmission", "T-2.1.5-espace-gestion")
@acts(*ORDERERS)
def order_upload(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Step 1: deposit a file. Nothing is ordered yet."""
    today = timezone.localdate()
    form = DepositForm(posted(request), request.FILES or None, today=today)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            dry_run = deposits.open_dry_run(
                contract=contract,
                data=file.read(),
                name=file.name or "commande",
                actor=cast(User, request.user).actor,
                at=timezone.now(),
                default_month=form.cleaned_data["month"],
            )
        except deposits.FileRefused as refused:
            for obstacle in refused.obstacles:
                form.add_error("file", f"{obstacle.message} {obstacle.mend}")
        else:
            return redirect("order_check", contract.code, dry_run.token)
    return render(
        request,
        "orders/upload.html",
        {
            "form": form,
            "planned": queries.next_to_order(contract, on=today),
            "may_open_keys": Role.BUYER_MANAGER in request.roles,  # type: ignore[attr-defined]
        },
    )


def _dry_run(contract: Contract, token: UUID) -> DryRun:
    found = DryRun.objects.filter(contract=contract, token=token).select_related(
        "source", "order", "contract"
    )
    dry_run = found.first()
    if dry_run is None:
        raise Http404("no such file")
    return dry_run


def _is_over(dry_run: DryRun) -> bool:
    return not dry_run.is_open(timezone.now()) or dry_run.source.content is None


@clause("T-2.1.1.1-commande-mensuelle", "T-5.1-coherence", "T-1.1-plafond", "T-2.4-novembre")
@acts(*ORDERERS)
def order_check(request: HttpRequest, contract: Contract, token: UUID) -> HttpResponse:
    """Step 2: what the file would order, what it cannot, and how to mend it; then confirm, in one act."""
    dry_run = _dry_run(contract, token)
    if dry_run.order is not None:
        return redirect(order_url(dry_run.order))
    if _is_over(dry_run):
        messages.error(request, "L’examen de ce fichier a expiré : déposez-le à nouveau.")
        return redirect("order_upload", contract.code)
    plan = queries.plan_dry_run(dry_run, at=timezone.now())
    if plan.file.missing_fields and request.method != "POST":
        return redirect("order_columns", contract.code, token)
    asked = {"refused": len(plan.refusals), "repeated": len(plan.repeats)}
    form = ConfirmForm(posted(request), **asked)
    if request.method == "POST" and form.is_valid():
        try:
            done = deposits.confirm_dry_run(
                dry_run=dry_run,
                actor=cast(User, request.user).actor,
                at=timezone.now(),
                accept_partial=bool(form.cleaned_data.get("accept_partial")),
                accept_repeats=bool(form.cleaned_data.get("accept_repeats")),
            )
        except services.OrderRefused:
            # What was checked no longer holds: another order took the room, or the day changed.
            messages.error(request, "La commande n’a pas été passée : voyez ci-dessous ce qui a changé.")
            return redirect("order_check", contract.code, token)
        if done.already_known:
            messages.info(
                request,
                f"Ce contenu est déjà la commande {done.order.number} : rien n’est commandé en double.",
            )
        else:
            messages.success(request, f"Commande {done.order.number} confirmée.")
        return redirect(order_url(done.order))
    table = _refusals_table(request, plan)
    return render(
        request,
        "orders/check.html",
        {
            "dry_run": dry_run,
            "plan": plan,
            "form": form,
            "table": table,
            "figures": _figures(contract, plan),
            "facts": _facts(plan),
            "refused_rows": len({refusal.row for refusal in plan.refusals}),
            "corrections": _corrections_table(request, plan),
            "known_url": order_url(plan.known) if plan.known else "",
            "columns_can_help": bool(plan.file.headings)
            and any(obstacle.rule in queries.COLUMN_RULES for obstacle in plan.obstacles),
        },
    )


def _refusals_table(request: HttpRequest, plan: OrderPlan) -> Table:
    return Table(
        request,
        list(plan.refusals),
        caption="Lignes refusées",
        noun="motif de refus",
        plural="motifs de refus",
        page_size=25,
        exportable=False,
        columns=[
            Column("row", "Ligne", kind="number"),
            Column("column", "Colonne"),
            Column("value", "Valeur lue"),
            Column("rule", "Règle", value=lambda refusal: _rule_title(refusal.rule)),
            Column("message", "Ce qui ne va pas", value=lambda refusal: refusal.message.split(" : ", 1)[-1]),
            Column("mend", "Comment corriger"),
        ],
        filters=[Search("column", "message", "mend", "value", label="Rechercher un refus")]
        if len(plan.refusals) > 10
        else [],
    )


def _rule_title(code: str) -> str:
    rule = RULES.get(code)
    return rule.title if rule else code


def _corrections_table(request: HttpRequest, plan: OrderPlan) -> Table:
    """Addresses that will be printed otherwise than they were given."""
    changed = [row for row in plan.rows if [*row.address] != [*row.address_given]]
    return Table(
        request,
        changed,
        prefix="adresses",
        caption="Adresses normalisées",
        noun="adresse",
        page_size=25,
        exportable=False,
        columns=[
            Column("row", "Ligne", kind="number"),
            Column("reference", "Référence"),
            Column("address_given", "Dans le fichier", value=lambda row: " / ".join(row.address_given)),
            Column("address", "Sur l’enveloppe", value=lambda row: " / ".join(row.address)),
        ],
        empty="Aucune adresse n’a été modifiée.",
    )


def _figures(contract: Contract, plan: OrderPlan) -> list[Figure]:
    titles, booklets = count_fr(plan.vouchers, "titre"), count_fr(plan.booklets, "carnet")
    return [
        figure(contract, "Lignes acceptées", count_fr(len(plan.rows), "ligne")),
        figure(contract, "Titres", titles, note=f"en {booklets}", clause="T-2.4-carnets"),
        figure(
            contract,
            "Montant",
            money(plan.amount),
            note=f"titres de {money(plan.face_value)}",
            clause="T-2.2-valeur-faciale",
        ),
        figure(
            contract,
            "Reste sous le plafond",
            money(plan.room.left_after),
            note=f"{money(plan.room.left_before)} avant cette commande",
            clause="T-1.1-plafond",
        ),
    ]


def _facts(plan: OrderPlan) -> list[tuple[str, str]]:
    if plan.month is None or plan.promise is None or plan.last_day_of_use is None:
        return []
    shift = shift_sentence(
        plan.promise.shift,
        vintage=plan.vintage,
        promised_on=plan.promise.promised_on,
        planned_on=plan.promise.planned_on,
    )
    facts = [
        ("Mois des titres", month_fr(plan.month)),
        ("Millésime", f"{plan.vintage}, valable jusqu’au {date_fr(plan.last_day_of_use)} inclus"),
        ("Livraison promise", f"{weekday_fr(plan.promise.promised_on)}, si la commande est accusée ce jour"),
        ("Décalage annoncé", shift),
        ("Fichier lu", _format(plan)),
    ]
    return [(label, value) for label, value in facts if value]


def _format(plan: OrderPlan) -> str:
    parts = [
        plan.file.format,
        plan.file.encoding,
        f"feuille « {plan.file.sheet} »" if plan.file.sheet else "",
    ]
    return ", ".join(part for part in parts if part)


@clause("T-2.1.1.1-commande-mensuelle")
@acts(*ORDERERS)
def order_columns(request: HttpRequest, contract: Contract, token: UUID) -> HttpResponse:
    """Tell by hand which column is which, once for every file with these headings."""
    dry_run = _dry_run(contract, token)
    if dry_run.order is not None:
        return redirect(order_url(dry_run.order))
    if _is_over(dry_run):
        messages.error(request, "L’examen de ce fichier a expiré : déposez-le à nouveau.")
        return redirect("order_upload", contract.code)
    file = queries.plan_dry_run(dry_run, at=timezone.now()).file
    if not file.headings:
        return redirect("order_check", contract.code, token)
    form = MappingForm(posted(request), file=file, today=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        mapping, month = form.mapping(), form.cleaned_data["default_month"] or dry_run.default_month
        tried = queries.read_file(
            contract,
            bytes(dry_run.source.content or b""),
            dry_run.source.name,
            mapping=mapping,
            default_month=month,
        )
        for code in tried.missing_fields:
            form.add_error(
                code if code in form.fields else None,
                "Choisissez la colonne de votre fichier qui contient cette donnée.",
            )
        if not tried.missing_fields:
            deposits.map_columns(
                dry_run=dry_run,
                headings=file.headings,
                mapping=mapping,
                default_month=month,
                actor=cast(User, request.user).actor,
                at=timezone.now(),
            )
            return redirect("order_check", contract.code, token)
    missing = [form.fields[code].label for code in file.missing_fields if code in form.fields]
    return render(
        request, "orders/columns.html", {"form": form, "dry_run": dry_run, "file": file, "missing": missing}
    )


@clause("T-2.1.1.1-commande-mensuelle")
@reads(*ORDERERS, names_people=True)
def order_refused(request: HttpRequest, contract: Contract, token: UUID, extension: str) -> HttpResponse:
    """The refused rows as a file to correct and deposit."""
    dry_run = _dry_run(contract, token)
    if dry_run.source.content is None:
        raise Http404("this file is erased")
    plan = queries.plan_dry_run(dry_run, at=timezone.now())
    return _download(
        queries.refused_rows(plan.file, known_extension(extension)), f"lignes-refusees.{extension}"
    )


@clause("T-2.1.1.1-transmission")
@reads(*READERS)
def order_template(request: HttpRequest, contract: Contract, extension: str) -> HttpResponse:
    """A model of an order file."""
    body = template_csv() if known_extension(extension) == "csv" else template_xlsx()
    return _download(body, f"modele-de-commande.{extension}")


def _download(body: bytes, name: str) -> HttpResponse:
    content_type = exports.CSV_TYPE if name.endswith(".csv") else exports.XLSX_TYPE
    response = HttpResponse(body, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
