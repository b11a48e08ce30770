"""How both contracts are followed in the demonstration: contacts, information, meetings, papers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from titulaire.contracts.queries import terms_of
from titulaire.deadlines.calendars import ONE_DAY
from titulaire.deadlines.days import add_working_days, previous_working_day
from titulaire.governance import queries, services
from titulaire.governance.models import Contact, Evidence, Meeting, MeetingFile
from titulaire.governance.rules import Change, EvidenceKind, Matter, MeetingKind, Slot
from titulaire.governance.services import Person, Upload
from titulaire.governance.wording import AGENDAS
from titulaire.identity.models import Contract, User

CONTACTS = {
    "cpam47": (
        (Matter.REPRESENTATIVE, "Armelle Puymirol", "directrice de clientèle", "05 53 00 00 10"),
        (Matter.OPERATIONS, "Capucine Roubertin", "cheffe de production", "05 53 00 00 11"),
        (Matter.REPORTING, "Josselin Garrigou", "chargé des rapports", "05 53 00 00 12"),
        (Matter.COMPLAINTS, "Ludivine Tastevin", "service des réclamations", "05 53 00 00 13"),
    ),
    "mes": (
        (Matter.REPRESENTATIVE, "Gontran Hautecombe", "directeur du marché", "01 00 00 00 20"),
        (Matter.OPERATIONS, "Malik Ferrandes", "superviseur", "01 00 00 00 21"),
        (Matter.SECURITY, "Bastien Ouvrelle", "chargé de la sécurité", "01 00 00 00 22"),
    ),
}
PEOPLE = {
    "cpam47": (
        "nadia.verdelet@demo.example",
        "capucine.roubertin@demo.example",
        (
            Person("BUYER", "Nadia Verdelet", "responsable de l’action sociale"),
            Person("BUYER", "Hugues Lamargue"),
        ),
        (Person("CONTRACTOR", "Armelle Puymirol", "représentante du titulaire"),),
    ),
    "mes": (
        "solange.brissonnet@demo.example",
        "malik.ferrandes@demo.example",
        (Person("BUYER", "Solange Brissonnet", "responsable du marché"),),
        (Person("CONTRACTOR", "Malik Ferrandes", "superviseur"), Person("CONTRACTOR", "Ingrid Castelnou")),
    ),
}
SAYS = {
    MeetingKind.LAUNCH: "Les équipes se sont présentées. Le calendrier de mise en place est confirmé.",
    MeetingKind.FOLLOW_UP: "L’année s’est déroulée sans incident majeur. Deux optimisations sont retenues.",
    MeetingKind.PRODUCTION: "L’activité de la semaine est conforme. Aucune alerte pour la semaine suivante.",
    MeetingKind.STEERING: "Les résultats du mois sont présentés, indicateur par indicateur.",
    MeetingKind.FORECAST: "Les volumes de la dizaine sont partagés ; les hypothèses sont reconduites.",
    MeetingKind.OPERATIONAL: "Le démarrage se passe comme prévu.",
    MeetingKind.SECURITY_REVIEW: "Chaque exigence du plan d’assurance sécurité est revue.",
}
MISSED_EVERY, MISSED_SINCE = 9, timedelta(days=100)
"""One meeting in so many was missed lately: without a lateness a demonstration shows nothing; full of them, less."""


def paper(title: str) -> Upload:
    """A made-up document, of one page with its title."""
    text = f"BT /F1 18 Tf 60 760 Td ({title.encode('ascii', 'ignore').decode()}) Tj ET"
    parts = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    made, places = "%PDF-1.4\n", []
    for rank, part in enumerate(parts, 1):
        places.append(len(made))
        made += f"{rank} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{len(made)}\n%%EOF\n"
    whole = f"{made}xref\n0 6\n0000000000 65535 f \n{table}{end}"
    return Upload(f"{title.lower().replace(' ', '-')}.pdf", whole.encode())


class Governance:
    """The follow-up of one contract, from its notification to now. Running it again goes on where it stopped."""

    def __init__(self, contract: Contract, now: datetime) -> None:
        self.contract, self.now, self.today = contract, now, timezone.localdate(now)
        buyer, contractor, self.buyers, self.contractors = PEOPLE[contract.code]
        self.buyer, self.contractor = User.objects.get(email=buyer), User.objects.get(email=contractor)
        self.actor = self.contractor.actor
        self.calendar = queries.calendar_of(contract, on=self.today)
        self.head = terms_of(contract.code).head

    def live(self) -> None:
        """Everything up to now."""
        if not Contact.objects.filter(contract=self.contract).exists():
            self._contacts()
            self._notices()
        if not Evidence.objects.filter(contract=self.contract).exists():
            self._papers()
        served = set(Meeting.objects.filter(contract=self.contract).values_list("slot", flat=True))
        for rank, line in enumerate(queries.slot_lines(self.contract, on=self.today)):
            on = previous_working_day(line.slot.due_on, self.calendar)
            missed = rank % MISSED_EVERY == MISSED_EVERY - 1 and on > self.today - MISSED_SINCE
            if on < self.today + timedelta(days=10) and line.slot.key not in served and not missed:
                self._meet(line.slot, on, rank)

    def _at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute), self.calendar.zone)

    def _contacts(self) -> None:
        at = self._at(self.head.notified_on, 15)
        for matter, name, post, phone in CONTACTS[self.contract.code]:
            services.name_contact(
                contract=self.contract, matter=matter, name=name, post=post, phone=phone,
                email=f"{name.lower().replace(' ', '.')}@demo.example", since=self.head.notified_on,
                actor=self.actor, at=at,
            )  # fmt: skip

    def _notices(self) -> None:
        for days, change, title, text in (
            (200, Change.STANDARD, "Nouveau certificat du papetier",
             "Le certificat FSC de notre papetier est renouvelé. Rien ne change pour vos carnets."),
            (9, Change.REGULATION, "Mentions à imprimer",
             "Une mention change au prochain millésime. Dites-nous si vous souhaitez relire l’épreuve."),
        ) if self.contract.kind == "VOUCHERS" else (
            (9, Change.SERVICE, "Maintenance de la téléphonie",
             "Une coupure de vingt minutes est prévue un soir, après la fermeture."),
        ):  # fmt: skip
            at = self._at(max(self.today - timedelta(days=days), self.head.notified_on), 10)
            notice = services.send_notice(
                contract=self.contract, change=change, title=title, text=text, recipients=(self.buyer,),
                documents=(paper(title),), actor=self.actor, at=at,
            )  # fmt: skip
            if days > 30:
                services.acknowledge_notice(notice=notice, user=self.buyer, at=at + timedelta(days=1))

    def _papers(self) -> None:
        last: Evidence | None = None
        on = self.head.starts_on - timedelta(days=20)
        while on < self.today - timedelta(days=15):
            last = self._keep(EvidenceKind.VIGILANCE, "Attestation de vigilance", on, None, last)
            on = on + timedelta(days=180)
        self._keep(
            EvidenceKind.INSURANCE, "Assurance responsabilité civile", self.head.starts_on - ONE_DAY,
            self.head.ends_on, None,
        )  # fmt: skip
        self._keep(EvidenceKind.PERSONAL_DATA, "Registre des traitements", self.head.starts_on, None, None)
        self._keep(
            EvidenceKind.QUALITY,
            "Certificat ISO 9001",
            self.head.starts_on,
            self.today + timedelta(days=21),
            None,
        )

    def _keep(
        self, kind: EvidenceKind, title: str, on: date, last_on: date | None, before: Evidence | None
    ) -> Evidence:
        return services.keep_evidence(
            contract=self.contract, kind=kind, title=title, document=paper(title), issued_on=on, last_on=last_on,
            issuer="Organisme d’exemple", replaces=before, actor=self.actor,
            at=self._at(min(on + ONE_DAY, self.today), 9),
        )  # fmt: skip

    def _meet(self, slot: Slot, on: date, rank: int) -> None:
        planned_at = self._at(on, 10)
        called_at = min(self._at(max(on - timedelta(days=7), self.head.notified_on), 9), self.now)
        meeting = services.plan_meeting(
            contract=self.contract, kind=slot.kind, planned_at=planned_at, place="Visioconférence",
            agenda=AGENDAS.get(slot.kind.value, "Points à l’ordre du jour"), slot=slot.key,
            actor=self.actor, at=called_at,
        )  # fmt: skip
        if slot.kind is MeetingKind.FORECAST and planned_at - timedelta(days=3) < self.now:
            services.add_meeting_file(
                meeting=meeting, purpose=MeetingFile.VOLUMES, document=Upload("volumes.csv", b"jour;appels\n"),
                actor=self.buyer.actor, at=max(planned_at - timedelta(days=3), called_at),
            )  # fmt: skip
        held_at = planned_at + timedelta(hours=1)
        if held_at > self.now:
            return
        services.hold_meeting(
            meeting=meeting,
            held_at=held_at,
            people=(*self.buyers, *self.contractors),
            actor=self.actor,
            at=held_at,
        )
        if slot.kind in {MeetingKind.STEERING, MeetingKind.FOLLOW_UP, MeetingKind.LAUNCH}:
            self._decide(meeting, on, held_at)
        sent_at = self._at(add_working_days(on, 1, self.calendar), 9, 30)
        if sent_at > self.now:
            return
        services.send_minutes(meeting=meeting, text=SAYS[slot.kind], actor=self.actor, at=sent_at)
        answered_at = self._at(add_working_days(on, 2, self.calendar), 15)
        by_word = slot.kind not in queries.TACIT or rank % 5 == 0
        if by_word and answered_at <= self.now:
            services.approve_minutes(meeting=meeting, actor=self.buyer.actor, at=answered_at)
        closed_at = self._at(add_working_days(on, 5, self.calendar), 9)
        if closed_at <= self.now:
            services.close_meeting(meeting=meeting, actor=self.actor, at=closed_at)

    def _decide(self, meeting: Meeting, on: date, at: datetime) -> None:
        due_on = add_working_days(on, 20, self.calendar)
        action = services.decide_action(
            meeting=meeting, what="Transmettre le détail des écarts constatés", side="CONTRACTOR",
            owner=self.contractors[0].name, due_on=due_on, actor=self.actor, at=at,
        )  # fmt: skip
        if due_on < self.today:
            services.complete_action(
                action=action, done_on=due_on - timedelta(days=3), outcome="Transmis", actor=self.actor,
                at=self._at(due_on, 9),
            )  # fmt: skip


def govern(now: datetime) -> None:
    """The follow-up of every contract of the demonstration."""
    for code in CONTACTS:
        Governance(Contract.objects.get(code=code), now).live()
