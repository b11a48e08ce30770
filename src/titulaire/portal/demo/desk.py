"""A few contacts of the desk, and what followed them, through the acts."""

from __future__ import annotations

from datetime import datetime, timedelta

from titulaire.identity.models import Contract, User
from titulaire.support.desk import casework, services
from titulaire.support.desk.models import Contact
from titulaire.support.desk.rules import ActKind, Identity, Outcome, Qualification

ADVISER, SITE = "firmin.castandet@demo.example", "NORD"
OPPOSITION = "Demande intervention pour opposition/clôture"
SAID = (
    ("3422", "Opposition à la création", OPPOSITION, "Régime général", Outcome.FILE_ACT),
    ("3422", "Incident pour le niveau 2", "Info-Incident « Documents »", "MGEN", Outcome.N2_TICKET),
    ("ELIOZ", "Accompagnement à l’activation", "Intervention avec identification KO", "MSA", Outcome.N1_PLUS),
    ("0184903422", "Assistance à l’usage", "Info-Incident « Agenda »", "Régime général", Outcome.INFORMED),
)  # fmt: skip


def fill_desk(contract: Contract, *, number: str, supervisor: str, now: datetime) -> None:
    """Four contacts qualified with what followed them, a fifth that waits; nothing when the desk has served."""
    if Contact.objects.filter(contract=contract).exists():
        return
    actor = User.objects.get(email=ADVISER).actor
    services.take_seat(contract=contract, site=SITE, actor=actor, at=now)
    at = now - timedelta(minutes=50)
    taken = []
    for rank, (flow, contact_type, reason, scheme, outcome) in enumerate(SAID):
        start = at + timedelta(minutes=8 * rank)
        contact = services.open_contact(
            contract=contract, flow=flow, pseudonym=f"demo-{rank + 1}", started_at=start, adviser=number, site=SITE,
            actor=actor, at=start,
        )  # fmt: skip
        said = Qualification(contact_type, reason, scheme, outcome)
        taken.append(
            services.qualify_contact(contact=contact, said=said, actor=actor, at=start + timedelta(minutes=5))
        )
    end = at + timedelta(minutes=40)
    act = casework.ask_file_act(
        contact=taken[0], kind=ActKind.OPPOSITION, identity=Identity.FILE_QUESTIONS, adviser=number, site=SITE,
        actor=actor, at=end,
    )  # fmt: skip
    done = casework.execute_file_act(act=act, again=act.reference, actor=actor, at=end + timedelta(minutes=1))
    casework.verify_file_act(act=done, actor=supervisor, at=end + timedelta(minutes=4))
    ticket = casework.create_ticket(
        contact=taken[1],
        what="Document déposé, illisible à l’ouverture",
        adviser=number,
        site=SITE,
        actor=actor,
        at=end,
    )
    casework.send_ticket(
        ticket=ticket, other_reference="PSN-20417", actor=actor, at=end + timedelta(minutes=2)
    )
    casework.transfer_contact(
        contact=taken[2],
        to_site="MSA",
        because="Droits à lire dans l’outil du régime",
        adviser=number,
        actor=actor,
        at=end,
    )
    services.open_contact(
        contract=contract, flow="3422", pseudonym="demo-5", started_at=now - timedelta(minutes=3), adviser=number,
        site=SITE, actor=actor, at=now,
    )  # fmt: skip
