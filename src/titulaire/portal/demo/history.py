"""Two years of a CPAM's orders, generated month by month and passed through the acts that a real one would."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract, Organisation, User
from titulaire.identity.services import grant_role, open_account
from titulaire.journal import files
from titulaire.portal.demo.life import Life
from titulaire.portal.demo.money import Money
from titulaire.portal.demo.network import link_shopkeeper, open_shops, send_in
from titulaire.portal.demo.people import CAMPAIGNS, INHABITANTS, Household, household
from titulaire.vouchers.delivery.carriers import Simulator
from titulaire.vouchers.delivery.queries import to_send
from titulaire.vouchers.delivery.rules import Means, ProofKind
from titulaire.vouchers.delivery.services import dispatch_booklets, follow_parcels, prove_transfer
from titulaire.vouchers.issuing.materials import record_paper, save_advert, save_imprint, save_letter
from titulaire.vouchers.issuing.models import PaperBatch, PrintJob
from titulaire.vouchers.issuing.printing.production import Workshop
from titulaire.vouchers.issuing.production import begin_print, make, reconcile_job, release_job, store_made
from titulaire.vouchers.issuing.services import issue_order, open_series
from titulaire.vouchers.orders import queries
from titulaire.vouchers.orders.agreements import agree_calendar, propose_calendar
from titulaire.vouchers.orders.deposits import import_plan
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.orders.rules import CalendarMonth, Delivery, proposed_calendar
from titulaire.vouchers.orders.services import LineRequest, acknowledge_order, cancel_order, place_adhoc_order
from titulaire.vouchers.settlement.services import replace_unused

PARIS = ZoneInfo("Europe/Paris")
SEED = 47
HEADINGS = (
    "Référence", "Civilité", "Nom", "Prénom", "Adresse", "Complément", "Code postal", "Ville",
    "Nombre de titres", "Mois", "Livraison", "Campagne",
)  # fmt: skip
MONTHLY_VOUCHERS = 520
SYSTEM = "system:demo"

LETTER = {
    "place": "Agen",
    "subject": "Vos titres-services, carnet n° {carnet}",
    "body": (
        "{civilite},\n\nÀ la suite de votre demande d’aide, nous vous adressons un carnet de {titres} de "
        "{valeur}, soit {montant} ({montant_lettres}).\n\nCes titres, du millésime {millesime}, sont à utiliser "
        "jusqu’au {fin}. Ils règlent vos repas et vos achats alimentaires chez les commerçants affiliés, dans "
        "toute la France. Ils ne permettent d’acheter ni boissons alcoolisées ni produits d’hygiène, et il "
        "n’est pas rendu de monnaie.\n\nVérifiez à réception que les numéros se suivent, de {premier} à "
        "{dernier}. En cas de perte ou de vol, prévenez-nous sans attendre : vos titres seront opposés et "
        "remplacés."
    ),
    "closing": "Nous vous prions d’agréer nos salutations distinguées.",
    "signature": "Le service d’action sanitaire et sociale",
    "footer": "Vos nom et adresse ne servent qu’à l’envoi de ce carnet ; vous pouvez les faire rectifier.",
}
IMPRINT = {
    "title": "Titre-service d’aide alimentaire",
    "goods": "Repas et denrées alimentaires. Ni boissons alcoolisées, ni produits d’hygiène.",
    "issuer_name": "Titres Garonne (exemple)",
    "issuer_address": "12 rue des Exemples, 47000 AGEN",
    "payee_name": "Titres Garonne (exemple), service Remboursements",
    "payee_address": "TSA 00000, 47000 AGEN CEDEX",
    "authority_name": "CPAM de Lot-et-Garonne",
    "authority_address": "2 rue des Exemples, 47000 AGEN",
    "cover_note": "",
}


def instant(day: date, hour: int, minute: int = 0) -> datetime:
    """An hour of a day, in Paris."""
    return datetime.combine(day, time(hour, minute), PARIS)


def months_since(first: date, last: date) -> list[date]:
    """The first days of the months from one to another, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [
        date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        for n in range(count + 1)
    ]


def open_doors(now: datetime) -> None:
    """Both contracts and their people, from the terms files."""
    buyers = {"cpam47": "cpam47", "mes": "cnam"}
    contractors = {"cpam47": "titres-garonne", "mes": "centre-contacts"}
    for code in buyers:
        head = terms_of(code).head
        buyer, _ = Organisation.objects.get_or_create(code=buyers[code], defaults={"name": head.buyer})
        contractor, _ = Organisation.objects.get_or_create(
            code=contractors[code], defaults={"name": head.contractor}
        )
        Contract.objects.get_or_create(
            code=code,
            defaults={
                "title": head.title,
                "kind": head.kind,
                "buyer": buyer,
                "contractor": contractor,
                "opened_at": instant(head.notified_on, 9),
            },
        )
    Organisation.objects.get_or_create(code="cabinet-audit", defaults={"name": "Cabinet d’audit (exemple)"})
    Organisation.objects.get_or_create(code="panier-agen", defaults={"name": "Le Panier d’Agen (exemple)"})
    for one in INHABITANTS:
        if User.objects.filter(email=one.email).exists():
            continue
        contract = Contract.objects.get(code=one.contract)
        user = open_account(
            email=one.email,
            first_name=one.first_name,
            last_name=one.last_name,
            organisation=Organisation.objects.get(code=one.organisation),
            actor=SYSTEM,
            at=contract.opened_at,
        )
        ends = one.role.value == "AUDITOR"
        grant_role(
            user=user,
            contract=contract,
            role=one.role,
            since=timezone.localdate(contract.opened_at),
            until=timezone.localdate(now) + timedelta(days=90) if ends else None,
            actor=SYSTEM,
            at=contract.opened_at,
        )


def actor(role_email: str) -> str:
    """The journal's name of an inhabitant."""
    return User.objects.get(email=role_email).actor


class History:
    """The life of the voucher contract, from its start to now. Running it again goes on where it stopped."""

    def __init__(self, now: datetime, tell: Callable[[str, int, int], None]) -> None:
        self.now = now
        self.tell = tell
        self.contract = Contract.objects.get(code="cpam47")
        self.manager = actor("nadia.verdelet@demo.example")
        self.operator = actor("capucine.roubertin@demo.example")
        rng = Random(SEED)
        self.households = [household(rank, rng) for rank in range(1, 181)]
        self.life = Life(self.contract, now, operator=self.operator, manager=self.manager, paper=self._paper)
        self.money = Money(self.contract, now, operator=self.operator, manager=self.manager)

    def live(self) -> None:
        """Everything, in order."""
        start = terms_of("cpam47").head.starts_on
        self._prepare(start)
        self.shops = open_shops(self.contract, operator=self.operator, at=instant(start, 9))
        link_shopkeeper(self.shops[0], operator=self.operator, at=instant(start, 10))
        self.money.prepare(instant(start, 9))
        months = [
            month
            for month in months_since(start, timezone.localdate(self.now))
            if self._ordered_at(month) < self.now
        ]
        with Workshop(workers=2) as workshop:
            for rank, month in enumerate(months):
                self.tell("Commandes et impressions", rank, len(months))
                rng = Random(SEED * 1000 + month.year * 12 + month.month)
                self._month(month, rng, workshop)
                self.life.month(month, rng, workshop)
                self.money.month(month)
            self._recent(workshop)
        self.tell("Commandes et impressions", len(months), len(months))

    def _recent(self, workshop: Workshop) -> None:
        """Three small orders of the last days, each at the stage where it would be."""
        if self.contract.orders.filter(reason="Aide d’urgence").exists():
            return
        rng = Random(SEED + 2)
        for days in (6, 2, 0):
            at = self.now - timedelta(days=days, hours=1)
            homes = rng.sample(self.households, 3)
            order = place_adhoc_order(
                contract=self.contract,
                month=timezone.localdate(at).replace(day=1),
                lines=[self._line(one, rng.choice([5, 10, 15])) for one in homes],
                request_key=f"demo-{days}-{at:%Y-%m-%d}",
                reason="Aide d’urgence",
                actor=self.manager,
                at=at,
            ).order
            self._produce(order, at, workshop)

    def _line(self, one: Household, vouchers: int) -> LineRequest:
        return LineRequest(
            vouchers=vouchers,
            delivery=Delivery.HOME,
            reference=one.reference,
            civility={"Mme": "MME", "M.": "M"}[one.civility],
            last_name=one.last_name.upper(),
            first_name=one.first_name,
            address=(
                f"{one.civility} {one.first_name} {one.last_name}"[:38],
                one.address,
                f"{one.postcode} {one.town}",
            ),
            campaign=CAMPAIGNS[1],
        )

    def _prepare(self, start: date) -> None:
        opened = self.contract.opened_at
        open_series(contract=self.contract, issuer=47, actor=self.operator, at=opened)
        save_imprint(contract=self.contract, actor=self.operator, at=opened, **IMPRINT)
        if not self.contract.letters.exists():
            save_letter(
                contract=self.contract, written_by="BUYER", texts=LETTER, actor=self.manager, at=opened
            )
            save_advert(
                contract=self.contract,
                title="Où utiliser vos titres ?",
                body="Dans les commerces alimentaires et chez les restaurateurs affiliés, dans toute la France.\n\n"
                "Le commerçant peut vérifier un titre avec son téléphone, sans connexion.",
                side="END",
                since=start,
                until=None,
                address=f"{settings.SITE_ADDRESS}/titres/avantages/cpam47/",
                actor=self.operator,
                at=opened,
            )
        for year in range(start.year, timezone.localdate(self.now).year + 1):
            if not self.contract.order_calendars.filter(year=year).exists():
                calendar = propose_calendar(
                    contract=self.contract,
                    year=year,
                    months=self._calendar(year),
                    actor=self.operator,
                    at=instant(date(year - 1, 12, 10), 10),
                )
                agree_calendar(
                    calendar=calendar,
                    side="CONTRACTOR",
                    actor=self.operator,
                    at=instant(date(year - 1, 12, 10), 11),
                )
                agree_calendar(
                    calendar=calendar, side="BUYER", actor=self.manager, at=instant(date(year - 1, 12, 15), 9)
                )
            self._paper(year)

    def _calendar(self, year: int) -> tuple[CalendarMonth, ...]:
        days = queries.working_days(self.contract)
        return proposed_calendar(year, add_working_days=days.add, is_working_day=days.is_working_day)

    def _paper(self, year: int) -> PaperBatch:
        found = PaperBatch.objects.filter(contract=self.contract, reference=f"PAP-{year}").first()
        return found or record_paper(
            contract=self.contract,
            reference=f"PAP-{year}",
            supplier="Papeteries du Lot (exemple)",
            fibre=PaperBatch.RECYCLED,
            label="100 % recyclé",
            certified_percent=100,
            iso_14001=True,
            bleaching="TCF",
            ink=PaperBatch.VEGETABLE,
            ink_justification="",
            evidence=f"Certificat de démonstration {year} : papier 100 % recyclé, encres végétales.".encode(),
            evidence_name=f"certificat-papier-{year}.txt",
            evidence_expires_on=date(year + 1, 3, 1),
            actor=self.operator,
            at=instant(max(date(year - 1, 12, 20), timezone.localdate(self.contract.opened_at)), 10),
        )

    def _ordered_at(self, month: date) -> datetime:
        return instant(month.replace(day=5), 10, 20)

    def _month(self, month: date, rng: Random, workshop: Workshop) -> None:
        at = self._ordered_at(month)
        if month.month == 4:
            # In March, the worker replaces what nobody used of the vintage that has ended.
            replace_unused(
                contract=self.contract,
                vintage=month.year - 1,
                actor="system:worker",
                at=instant(date(month.year, 3, 20), 6),
            )
            self.life.make_pending(instant(date(month.year, 3, 23), 9), workshop)
        self._send_in(month)
        file = queries.read_file(
            self.contract,
            monthly_file(self.households, month, rng),
            f"commande-{month:%Y-%m}.csv",
            default_month=month,
        )
        plan = queries.plan_order(self.contract, file, at=at)
        order = import_plan(
            contract=self.contract, plan=plan, data=b"", actor=self.manager, at=at, accept_repeats=True
        ).order
        self._produce(order, at, workshop)
        if month.month % 3 == 0:
            self._adhoc(month, rng, workshop)

    def _deliver(self, order: Order, at: datetime) -> None:
        """Tracked letters to homes, a sealed parcel to the buyer, and what came of them three days later."""
        later = at + timedelta(days=4)
        for means, carrier in ((Means.TRACKED_LETTER, "La Poste"), (Means.SEALED_PARCEL, "Coursier")):
            booklets = list(to_send(order, means))
            if not booklets:
                continue
            parcels = (
                {f"2L{one.pk:011}": [one.reference] for one in booklets}
                if means is Means.TRACKED_LETTER
                else {f"SC{order.pk:011}": [one.reference for one in booklets]}
            )
            sent = dispatch_booklets(
                order=order,
                means=means,
                parcels=parcels,
                carrier=carrier,
                postage=Decimal("4.10") * len(parcels),
                request_key=f"demo-{order.number}-{means.value}",
                actor=self.operator,
                at=at,
            )
            if means is Means.SEALED_PARCEL:
                prove_transfer(
                    dispatch=sent,
                    kind=ProofKind.DELIVERY_SLIP,
                    signer="Nadia Verdelet",
                    transferred_at=at + timedelta(days=1),
                    file=f"Bon de livraison de la commande {order.number}, signé.".encode(),
                    file_name=f"bon-{order.number}.txt",
                    actor=self.operator,
                    at=at + timedelta(days=1, hours=1),
                )
        follow_parcels(contract=self.contract, carrier=Simulator(), actor=self.operator, at=later)

    def _send_in(self, month: date) -> None:
        """At the start of a month, the shops send in what was ordered some two months before."""
        earlier = months_since(date(month.year - 1, month.month, 1), month)[-3]
        for order in self.contract.orders.filter(state="RELEASED", confirmed_at__month=earlier.month):
            if order.confirmed_at.year == earlier.year:
                send_in(order, self.shops, operator=self.operator, on=month.replace(day=2), now=self.now)

    def _adhoc(self, month: date, rng: Random, workshop: Workshop) -> None:
        at = instant(month.replace(day=18), 14)
        if at > self.now or self.contract.orders.filter(kind="ADHOC", month=month).exists():
            return
        named = rng.choice(self.households)
        order = place_adhoc_order(
            contract=self.contract,
            month=month,
            lines=[
                self._line(named, rng.randrange(5, 20)),
                LineRequest(vouchers=10, delivery=Delivery.CPAM),
                LineRequest(vouchers=10, delivery=Delivery.CPAM),
            ],
            request_key=f"demo-{month}",
            reason="Commission exceptionnelle",
            actor=self.manager,
            at=at,
        ).order
        if month.month == 6:
            cancel_order(
                order=order, because="Saisie en double", actor=self.manager, at=at + timedelta(hours=1)
            )
        else:
            self._produce(order, at, workshop)

    def _produce(self, order: Order, at: datetime, workshop: Workshop) -> None:
        """Acknowledge, issue, print, release: what is recent enough stays at the stage it would be at."""
        age = self.now - at
        if age < timedelta(days=1):
            return
        order = acknowledge_order(order=order, actor=self.operator, at=at + timedelta(hours=3))
        if age < timedelta(days=3):
            return
        issued_at = at + timedelta(days=1, hours=1)
        issue_order(order=order, actor=self.operator, at=issued_at)
        job = PrintJob.objects.select_related("order__contract", "contract").get(order=order)
        if job.state != "TO_MAKE":
            return
        job = begin_print(job=job, actor=self.operator, at=issued_at + timedelta(minutes=5))
        store_made(
            job=job, made=make(job, workshop), actor=self.operator, at=issued_at + timedelta(minutes=6)
        )
        if age > timedelta(days=12):
            release_job(
                job=job,
                paper=self._paper(issued_at.year),
                actor=self.operator,
                at=issued_at + timedelta(hours=5),
            )
            self._deliver(order, issued_at + timedelta(days=5))
        if age > timedelta(days=20):
            # The printer made everything: it sends the manifest back as it is.
            job.refresh_from_db()
            manifest = files.read(job.manifest_sha256, contract=self.contract.code)
            reconcile_job(
                job=job, printer_return=manifest, actor=self.operator, at=issued_at + timedelta(days=4)
            )


def monthly_file(households: list[Household], month: date, rng: Random) -> bytes:
    """A month's file as the CPAM's own software writes it: cp1252, semicolons."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADINGS)
    left = round(MONTHLY_VOUCHERS * rng.uniform(0.85, 1.15))
    for one in rng.sample(households, len(households)):
        count = min(left, rng.choice([5, 6, 8, 10, 10, 12, 15, 20, 30]))
        if not count:
            break
        left -= count
        home = "CPAM" if rng.random() < 0.08 else "Domicile"
        writer.writerow(_row(one, count, month, home, rng.choice(CAMPAIGNS)))
    return out.getvalue().encode("cp1252")


def _row(one: Household, count: int | str, month: date, delivery: str, campaign: str) -> list[str]:
    return [
        one.reference, one.civility, one.last_name, one.first_name, one.address, one.complement, one.postcode,
        one.town, str(count), f"{month:%m/%Y}", delivery, campaign,
    ]  # fmt: skip


def write_samples(folder: Path, now: datetime) -> tuple[Path, Path]:
    """Two files for a newcomer to order with: one right, one with three rows to mend."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = Random(SEED + 1)
    month = timezone.localdate(now).replace(day=1)
    homes = [household(rank, rng) for rank in range(901, 913)]
    right, wrong = folder / "commande-juste.csv", folder / "commande-a-corriger.csv"
    rows = [_row(one, rng.choice([5, 10, 12]), month, "Domicile", CAMPAIGNS[0]) for one in homes]
    _write(right, rows[:6])
    faulty = [list(row) for row in rows[6:]]
    faulty[1][8] = "dix"
    faulty[3][6] = "470"
    faulty[4][2] = ""
    _write(wrong, faulty)
    return right, wrong


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADINGS)
        writer.writerows(rows)
