"""The acts on sites, floors and workstations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from titulaire.clauses import clause
from titulaire.contracts.queries import calendar_of, terms_of
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.support.premises.models import FloorCheck, Site, WorkstationFound
from titulaire.support.premises.queries import minimum_of
from titulaire.support.premises.rules import SiteKind, Workstation, shortfalls, within_reach
from titulaire.support.staff.queries import members_of, standing


class ActRefused(ValueError):
    """The act cannot be done; `fault` is a code, `detail` what it concerns."""

    def __init__(self, fault: str, detail: object = "") -> None:
        super().__init__(fault, str(detail))
        self.fault, self.detail = fault, detail


@dataclass(frozen=True, slots=True)
class NewSite:
    """A site, how long the train takes to the nearest CPAM, and the file that shows it."""

    code: str
    name: str
    kind: SiteKind
    cpam: str
    rail_minutes: int
    opened_on: date
    evidence_name: str
    evidence: bytes


@clause("S-3.2-sites")
def enter_site(*, contract: Contract, said: NewSite, actor: str, at: datetime) -> Site:
    """Write a site in the register, with its evidence.

    Raises:
        ActRefused: TOO_FAR, with the longest time allowed; TAKEN; NO_EVIDENCE.
    """
    terms = terms_of(contract.code)
    most = terms.count("site_max_rail_minutes", on=max(said.opened_on, terms.head.notified_on))
    if not within_reach(said.rail_minutes, most):
        raise ActRefused("TOO_FAR", most)
    if not said.evidence:
        raise ActRefused("NO_EVIDENCE")
    with transaction.atomic():
        Contract.objects.select_for_update().get(pk=contract.pk)
        if Site.objects.filter(contract=contract, code__iexact=said.code).exists():
            raise ActRefused("TAKEN", said.code)
        made = Site.objects.create(
            contract=contract,
            code=said.code,
            name=said.name,
            kind=said.kind.value,
            cpam=said.cpam,
            rail_minutes=said.rail_minutes,
            evidence_name=said.evidence_name,
            evidence_sha256=files.keep(said.evidence, contract=contract.code),
            opened_on=said.opened_on,
            entered_at=at,
            entered_by=actor,
        )
        _note(contract, "SITE_ENTERED", f"site:{said.code}", actor, at, evidence=made.evidence_sha256)
    return made


@clause("S-3.2-sites")
def close_site(*, site: Site, on: date, actor: str, at: datetime) -> Site:
    """Say from which day a site no longer serves.

    Raises:
        ActRefused: CLOSED already, or BEFORE its opening.
    """
    with transaction.atomic():
        held = Site.objects.select_for_update(of=("self",)).select_related("contract").get(pk=site.pk)
        if held.closed_on is not None:
            raise ActRefused("CLOSED", held.closed_on)
        if on <= held.opened_on:
            raise ActRefused("BEFORE", held.opened_on)
        held.closed_on = on
        held.save(update_fields=["closed_on"])
        _note(held.contract, "SITE_CLOSED", f"site:{held.code}", actor, at, on=str(on))
    return held


@clause("S-3.3.2-plateaux")
def check_floor(
    *,
    site: Site,
    floor: str,
    on: date,
    is_dedicated: bool,
    is_controlled: bool,
    control: str,
    actor: str,
    at: datetime,
) -> FloorCheck:
    """Write a control of a floor: dedicated to the contract or not, and how its access is controlled.

    Raises:
        ActRefused: FUTURE.
    """
    if on > calendar_of(terms_of(site.contract.code)).local_day(at):
        raise ActRefused("FUTURE", on)
    with transaction.atomic():
        made = FloorCheck.objects.create(
            site=site,
            floor=floor,
            checked_on=on,
            is_dedicated=is_dedicated,
            is_controlled=is_controlled,
            control=control,
            entered_at=at,
            entered_by=actor,
        )
        _note(
            site.contract,
            "FLOOR_CHECKED",
            f"site:{site.code}",
            actor,
            at,
            floor=floor,
            on=str(on),
            dedicated=is_dedicated,
            controlled=is_controlled,
        )
    return made


@clause("S-10.1.4-materiel", "S-10.1-odigo", "S-10.1.2-psn1")
def check_equipment(
    *, contract: Contract, number: str, found: Workstation, on: date, actor: str, at: datetime
) -> WorkstationFound:
    """Write a workstation as it was found, judged against what the contract asks of its post that day.

    Raises:
        ActRefused: FUTURE; UNKNOWN, when nobody of that number works here that day; BEFORE the last check.
    """
    terms = terms_of(contract.code)
    if on > calendar_of(terms).local_day(at):
        raise ActRefused("FUTURE", on)
    with transaction.atomic():
        Contract.objects.select_for_update().get(pk=contract.pk)
        member = members_of(contract).filter(number=number).first()
        posting = standing(member, on=on).posting if member else None
        if posting is None:
            raise ActRefused("UNKNOWN", number)
        known = WorkstationFound.objects.filter(contract=contract, number=number, is_last=True)
        if known.filter(checked_on__gt=on).exists():
            raise ActRefused("BEFORE", on)
        known.update(is_last=False)
        made = WorkstationFound.objects.create(
            contract=contract,
            number=number,
            post=posting.post,
            checked_on=on,
            items=list(found.items),
            ram_gb=found.ram_gb,
            cpu_score=found.cpu_score,
            width=found.width,
            height=found.height,
            browser=found.browser,
            version=found.version,
            phone=found.phone,
            agreed=found.agreed,
            lacks=list(shortfalls(found, minimum_of(terms, posting.post, on=on))),
            is_last=True,
            entered_at=at,
            entered_by=actor,
        )
        _note(contract, "EQUIPMENT_CHECKED", f"staff:{number}", actor, at, on=str(on), lacks=made.lacks)
    return made


def _note(contract: Contract, act: str, target: str, actor: str, at: datetime, **body: object) -> None:
    record(contract=contract.code, actor=actor, at=at, act=act, target=target, body=body)
