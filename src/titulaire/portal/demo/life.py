"""What happens to the vouchers of the demonstration once they left: lost, stolen, defective, sent back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from titulaire.identity.models import Contract, User
from titulaire.vouchers.complaints.models import Complaint
from titulaire.vouchers.complaints.queries import About
from titulaire.vouchers.complaints.rules import Channel, Typology
from titulaire.vouchers.complaints.services import (
    answer_complaint,
    assign_complaint,
    close_complaint,
    complete_action,
    decide_action,
    note_delivery,
    open_complaint,
    rate_complaint,
    reopen_complaint,
)
from titulaire.vouchers.delivery.carriers import Simulator
from titulaire.vouchers.delivery.models import Parcel
from titulaire.vouchers.delivery.queries import to_send
from titulaire.vouchers.delivery.rules import Means, ParcelStatus
from titulaire.vouchers.delivery.services import dispatch_booklets, follow_parcels, note_sighting
from titulaire.vouchers.issuing.models import Booklet, PaperBatch, Reissue, Voucher, VoucherState
from titulaire.vouchers.issuing.printing.production import Workshop
from titulaire.vouchers.issuing.reissuing import print_reissue
from titulaire.vouchers.orders.models import Order
from titulaire.vouchers.stops.models import Claim, Stop
from titulaire.vouchers.stops.rules import Designation, Selection, StopReason
from titulaire.vouchers.stops.searching import search_use
from titulaire.vouchers.stops.services import lift_stop, reissue_stopped, stop_vouchers

PARIS = ZoneInfo("Europe/Paris")
REPLACED = (
    # The reason, the complaint, what was said, every how many months.
    (
        StopReason.LOST,
        Typology.LOST_OR_STOLEN,
        "La bénéficiaire a égaré son carnet dans un déménagement.",
        1,
    ),
    (StopReason.STOLEN, Typology.LOST_OR_STOLEN, "Carnet volé avec un sac à main ; plainte déposée.", 4),
    (StopReason.DEFECTIVE, Typology.DEFECTIVE, "Carnet mal agrafé : des titres se détachent.", 5),
)
TALKED = (
    (Channel.PHONE, Typology.REFUSED_BY_SHOP, "Un commerce affilié a refusé un titre pour un achat de repas.",
     "Le commerce a été rappelé : il accepte les titres pour les repas et les denrées alimentaires."),
    (Channel.MAIL, Typology.WRONG_NAME, "Le nom imprimé sur la lettre d’accompagnement est celui de naissance.",
     "Le nom d’usage est celui du fichier de commande ; il sera corrigé à la prochaine commande."),
    (Channel.PORTAL, Typology.LATE, "Des bénéficiaires n’ont pas leur carnet au dixième jour.",
     "Les plis ont été remis à la poste dans le délai ; le suivi montre une distribution sous deux jours."),
    (Channel.PHONE, Typology.VALIDITY, "Jusqu’à quand les titres de l’an passé sont-ils acceptés ?",
     "Jusqu’au 31 janvier ; les titres non utilisés sont remplacés d’office en mars."),
    (Channel.PORTAL, Typology.INVOICE, "Le nombre de plis facturés diffère du bon d’expédition.",
     "Le pli revenu puis renvoyé est compté deux fois : le détail est joint."),
)  # fmt: skip


class Life:
    """The accidents of each month, and what people do about them. Lived again, it goes on where it stopped."""

    def __init__(
        self,
        contract: Contract,
        now: datetime,
        *,
        operator: str,
        manager: str,
        paper: Callable[[int], PaperBatch],
    ) -> None:
        self.contract, self.now = contract, now
        self.operator, self.manager = operator, manager
        self.owner = User.objects.get(email="capucine.roubertin@demo.example")
        self.paper = paper

    def month(self, month: date, rng: Random, workshop: Workshop) -> None:
        """What happens between the delivery of a month's booklets and the next order."""
        rank = month.year * 12 + month.month
        self._post(month, workshop)
        for day, (reason, typology, said, every) in zip((19, 20, 21), REPLACED, strict=True):
            if rank % every == 0:
                self._replace(_at(month, day, 9, 40), reason, typology, said, rng, workshop)
        if rank % 6 == 1:
            self._found_again(_at(month, 22, 11), rng)
        if rank % 2 == 0:
            self._talk(_at(month, 24, 15), *TALKED[rank // 2 % len(TALKED)], late=rank % 12 == 4)

    # The post

    def _post(self, month: date, workshop: Workshop) -> None:
        """Letters that came back leave again; those that the carrier still looks for are lost, and replaced."""
        at = _at(month, 18, 10)
        if at > self.now:
            return
        gone = Parcel.objects.filter(
            contract=self.contract, dispatch__dispatched_at__lt=at - timedelta(days=5)
        ).select_related("dispatch__order", "dispatch__reissue")
        for back in gone.filter(status=ParcelStatus.RETURNED):
            sent = back.dispatch
            name = sent.reissue.reference if sent.reissue else sent.order.number
            self._send(sent.order, at, key=f"demo-again-{name}-{at:%Y-%m}", reissue=sent.reissue)
        for parcel in gone.filter(status=ParcelStatus.TROUBLE):
            note_sighting(
                parcel=parcel,
                status=ParcelStatus.LOST,
                said="La Poste n’a pas retrouvé la lettre",
                seen_at=at,
                actor=self.operator,
                at=at,
            )
            booklet = Booklet.objects.filter(packed__parcel=parcel, packed__current=True).first()
            if booklet is not None:
                self._replace_booklet(
                    booklet,
                    at + timedelta(minutes=10),
                    StopReason.LOST_IN_POST,
                    Typology.NOT_RECEIVED,
                    "Carnet jamais reçu ; La Poste ne retrouve pas la lettre.",
                    workshop,
                )
        follow_parcels(
            contract=self.contract,
            carrier=Simulator(),
            actor=self.operator,
            at=min(self.now, at + timedelta(days=8)),
        )

    def _send(self, order: Order, at: datetime, *, key: str, reissue: Reissue | None = None) -> None:
        for means, carrier, mark in (
            (Means.TRACKED_LETTER, "La Poste", "3L"),
            (Means.SEALED_PARCEL, "Coursier", "SR"),
        ):
            booklets = list(to_send(order, means, reissue=reissue))
            if booklets:
                parcels = {f"{mark}{one.pk:09}{at:%m}": [one.reference] for one in booklets}
                dispatch_booklets(
                    order=order,
                    reissue=reissue,
                    means=means,
                    parcels=parcels,
                    carrier=carrier,
                    postage=Decimal("4.10") * len(parcels),
                    request_key=f"{key}-{means.value}",
                    actor=self.operator,
                    at=at,
                )

    # Replaced booklets

    def _replace(
        self,
        at: datetime,
        reason: StopReason,
        typology: Typology,
        said: str,
        rng: Random,
        workshop: Workshop,
    ) -> None:
        """A beneficiary calls about a booklet: it is stopped, then replaced."""
        if at > self.now:
            return
        whole = [
            one
            for one in Booklet.objects.filter(
                contract=self.contract, reissue__isnull=True, line__delivery="HOME", order__month=_month(at)
            ).order_by("pk")
            if set(one.vouchers.values_list("state", flat=True)) == {VoucherState.DELIVERED}
        ]
        if whole:
            self._replace_booklet(rng.choice(whole), at, reason, typology, said, workshop)

    def _replace_booklet(
        self,
        booklet: Booklet,
        at: datetime,
        reason: StopReason,
        typology: Typology,
        said: str,
        workshop: Workshop,
    ) -> None:
        key = f"demo-{reason.value}-{booklet.reference}"
        if Stop.objects.filter(contract=self.contract, request_key=key).exists() or self._known(at):
            return
        complaint = self._complain(at, Channel.PHONE, typology, said, About(booklet=booklet))
        report = f"PV 2026/{booklet.pk:05}" if reason is StopReason.STOLEN else ""
        stop = stop_vouchers(
            contract=self.contract,
            selection=Selection(Designation.BOOKLET, booklet.reference),
            reason=reason,
            declared_by="Service d’action sanitaire et sociale",
            declared_on=at.date(),
            confirmed=booklet.vouchers.count(),
            request_key=key,
            actor=self.operator,
            at=at + timedelta(minutes=30),
            police_reference=report,
        )
        claims = reissue_stopped(
            stop=stop, asked_on=at.date(), actor=self.operator, at=at + timedelta(minutes=45)
        )
        answer_complaint(
            complaint=complaint,
            answer="Le carnet est opposé ; un nouveau carnet part sous trois jours ouvrés.",
            awaits_vouchers=True,
            reissue=claims[0].reissue.reference,
            actor=self.operator,
            at=at + timedelta(hours=1),
        )
        for claim in claims:
            self._make(claim.reissue, at + timedelta(hours=4), workshop)
        self._arrive(complaint, claims, at)
        if report and at + timedelta(days=40) < self.now:
            search_use(
                contract=self.contract,
                selection=Selection(Designation.BOOKLET, booklet.reference),
                police_reference=report,
                police_on=at.date(),
                asked_for="Brigade d’Agen (exemple)",
                request_key=key,
                actor=self.operator,
                at=at + timedelta(days=40),
            )

    def _make(self, reissue: Reissue, at: datetime, workshop: Workshop) -> None:
        """Print a reissue and send it, when the time for it has come."""
        if at > self.now or reissue.press_sha256:
            return
        print_reissue(
            reissue=reissue, paper=self.paper(at.year), actor=self.operator, at=at, workshop=workshop
        )
        reissue.refresh_from_db()
        sent_at = at + timedelta(hours=2)
        if sent_at < self.now:
            self._send(reissue.order, sent_at, key=f"demo-{reissue.reference}", reissue=reissue)

    def _arrive(self, complaint: Complaint, claims: list[Claim], at: datetime) -> None:
        """The carrier follows the new booklet; once it is there the complaint is closed, and marked by the buyer."""
        seen_at = at + timedelta(days=5)
        if seen_at > self.now:
            return
        follow_parcels(contract=self.contract, carrier=Simulator(), actor=self.operator, at=seen_at)
        parcel = Parcel.objects.filter(
            dispatch__reissue__in=[claim.reissue for claim in claims], status=ParcelStatus.DELIVERED
        ).first()
        if parcel is None or parcel.status_at is None:
            return
        complaint.refresh_from_db()
        note_delivery(complaint=complaint, delivered_at=parcel.status_at, actor=self.operator, at=seen_at)
        self._close(complaint, seen_at + timedelta(hours=1), mark=5 if at.month % 3 else 4)

    def make_pending(self, at: datetime, workshop: Workshop) -> None:
        """Print and send what the automatic replacement made."""
        for reissue in Reissue.objects.filter(contract=self.contract, press_sha256="").order_by("pk"):
            self._make(reissue, at, workshop)
        if at + timedelta(days=6) < self.now:
            follow_parcels(
                contract=self.contract, carrier=Simulator(), actor=self.operator, at=at + timedelta(days=6)
            )

    # The rest of the telephone

    def _found_again(self, at: datetime, rng: Random) -> None:
        """A voucher is stopped in the morning and found again two days later."""
        key = f"demo-found-{at:%Y-%m}"
        if at > self.now or Stop.objects.filter(contract=self.contract, request_key=key).exists():
            return
        free = list(
            Voucher.objects.filter(
                contract=self.contract, state=VoucherState.DELIVERED, order__month=_month(at)
            ).order_by("serial")[:80]
        )
        if not free:
            return
        stop = stop_vouchers(
            contract=self.contract,
            selection=Selection(Designation.NUMBER, rng.choice(free).number),
            reason=StopReason.LOST,
            declared_by="Bénéficiaire, par téléphone",
            declared_on=at.date(),
            confirmed=1,
            request_key=key,
            actor=self.operator,
            at=at,
        )
        if at + timedelta(days=2) < self.now:
            lift_stop(
                stop=stop,
                reason="Titre retrouvé par son porteur",
                actor=self.operator,
                at=at + timedelta(days=2),
            )

    def _talk(
        self, at: datetime, channel: Channel, typology: Typology, said: str, answer: str, *, late: bool
    ) -> None:
        """A complaint that words settle; once a year too late, once reopened."""
        if at > self.now or self._known(at):
            return
        complaint = self._complain(at, channel, typology, said, None)
        solved_at = at + timedelta(days=7 if late else 1)
        if solved_at > self.now:
            return
        answer_complaint(complaint=complaint, answer=answer, actor=self.operator, at=solved_at)
        complaint.refresh_from_db()
        if typology is Typology.INVOICE and solved_at + timedelta(days=3) < self.now:
            reopen_complaint(
                complaint=complaint,
                because="Le détail joint ne porte pas le mois demandé.",
                actor=self.manager,
                at=solved_at + timedelta(days=2),
            )
            complaint.refresh_from_db()
            answer_complaint(
                complaint=complaint,
                answer="Le détail du bon mois est joint, pli par pli.",
                actor=self.operator,
                at=solved_at + timedelta(days=3),
            )
            complaint.refresh_from_db()
        self._close(complaint, solved_at + timedelta(days=4), mark=2 if late else 4)
        if late:
            self._correct(complaint, solved_at)

    def _correct(self, complaint: Complaint, at: datetime) -> None:
        action = decide_action(
            contract=self.contract,
            complaint=complaint,
            incident=f"Réclamation {complaint.number} résolue hors délai",
            cause="La personne qui suit le dossier était absente, sans suppléant désigné.",
            action="Désigner un suppléant pour chaque dossier ouvert.",
            decided_on=at.date(),
            due_on=at.date() + timedelta(days=30),
            actor=self.operator,
            at=at,
        )
        done_at = at + timedelta(days=21)
        if done_at < self.now:
            complete_action(action=action, done_on=done_at.date(), actor=self.operator, at=done_at)

    def _complain(
        self, at: datetime, channel: Channel, typology: Typology, said: str, about: About | None
    ) -> Complaint:
        complaint = open_complaint(
            contract=self.contract,
            channel=channel,
            typology=typology,
            description=said,
            received_at=at,
            about=about,
            actor=self.manager if channel is Channel.PORTAL else self.operator,
            at=at + timedelta(minutes=5),
        )
        return assign_complaint(
            complaint=complaint, owner=self.owner, actor=self.operator, at=at + timedelta(minutes=10)
        )

    def _close(self, complaint: Complaint, at: datetime, *, mark: int) -> None:
        if at + timedelta(days=1) > self.now:
            return
        complaint.refresh_from_db()
        close_complaint(complaint=complaint, actor=self.operator, at=at)
        complaint.refresh_from_db()
        rate_complaint(complaint=complaint, mark=mark, note="", actor=self.manager, at=at + timedelta(days=1))

    def _known(self, at: datetime) -> bool:
        return Complaint.objects.filter(contract=self.contract, received_at=at).exists()


def _at(month: date, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(month.replace(day=day), time(hour, minute), PARIS)


def _month(at: datetime) -> date:
    return at.date().replace(day=1)
