"""Publishing a questionnaire, choosing whom to ask, taking an answer, keeping a refusal."""

from __future__ import annotations

import hmac
from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import terms_of
from titulaire.identity.models import Contract
from titulaire.journal.services import record
from titulaire.support.facts.pseudonyms import new_key, normal_number, seal, unseal
from titulaire.support.satisfaction.models import (
    Asked,
    Invitation,
    Mark,
    OptOut,
    Questionnaire,
    Reply,
    SurveyKey,
    SurveyPlan,
    Wave,
)
from titulaire.support.satisfaction.queries import (
    asked_in,
    handled_in_facts,
    in_force,
    last_asked,
    planned_on,
)
from titulaire.support.satisfaction.rules import (
    SCALES,
    Chosen,
    Contact,
    Measure,
    Question,
    Skip,
    WrongScale,
    choose,
    lineage_of,
    link_open,
    without_personal_data,
)

ASKED_PERSON = "public:survey"
LONGEST_COMMENT = 1000


class SameQuestionnaire(ValueError):
    """The version in force asks exactly this; nothing was published."""


class NothingAsked(ValueError):
    """A questionnaire asks at least one question."""


class NoQuestionnaire(Exception):
    """Nobody can be asked before a questionnaire is published."""


class PastPlan(ValueError):
    """A plan holds for days to come: those past were drawn under another."""

    def __init__(self, from_on: date) -> None:
        super().__init__(from_on.isoformat())
        self.from_on = from_on


class AlreadyAnswered(Exception):
    """The link was answered; `at` says when. The first answer stays."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at.isoformat())
        self.at = at


class LinkExpired(Exception):
    """The link takes no answer since `at`."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at.isoformat())
        self.at = at


class WrongMarks(ValueError):
    """Marks that the questionnaire does not ask for, or out of their scale, by measure."""

    def __init__(self, measures: Sequence[str]) -> None:
        super().__init__(list(measures))
        self.measures = tuple(measures)


# What is asked


@clause("S-3.3.3-satisfaction")
def publish(
    *, contract: Contract, questions: Sequence[Question], because: str = "", actor: str, at: datetime
) -> Questionnaire:
    """Publish the next version. A question whose words and scale are those of a past one keeps its lineage.

    Raises:
        NothingAsked, SameQuestionnaire
        WrongScale: a measure is asked on a scale that is none of its own.
    """
    if not questions:
        raise NothingAsked
    for each in questions:
        if each.scale not in SCALES[each.measure]:
            raise WrongScale(each.measure, each.scale)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        current = in_force(held)
        if current and [one.question for one in asked_in(current)] == list(questions):
            raise SameQuestionnaire
        version = (current.version if current else 0) + 1
        made = Questionnaire.objects.create(
            contract=held, version=version, published_at=at, published_by=actor, because=because
        )
        past = Asked.objects.filter(questionnaire__contract=held)
        earlier = [(one.lineage, one.question) for one in past]
        Asked.objects.bulk_create(
            Asked(
                questionnaire=made,
                rank=rank,
                measure=each.measure.value,
                wording=each.wording,
                least=each.scale.least,
                most=each.scale.most,
                high_is_good=each.scale.high_is_good,
                lineage=lineage_of(each, version, earlier),
            )
            for rank, each in enumerate(questions, 1)
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="SURVEY_PUBLISHED",
            target=f"questionnaire:{version}",
            body={"questions": [f"{each.measure}: {each.wording}" for each in questions], "because": because},
        )
    return made


@clause("S-3.3.3-satisfaction")
def plan(
    *,
    contract: Contract,
    from_on: date,
    share: Decimal,
    daily_quota: int | None,
    actor: str,
    at: datetime,
) -> SurveyPlan:
    """Say which share of contacts is drawn from a day on, and how many a day at most (None: no limit).

    Raises:
        PastPlan: the day is before today.
    """
    if from_on < timezone.localdate(at):
        raise PastPlan(from_on)
    with transaction.atomic():
        made = SurveyPlan.objects.create(
            contract=contract,
            from_on=from_on,
            share=share,
            daily_quota=daily_quota,
            said_at=at,
            said_by=actor,
        )
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="SURVEY_PLANNED",
            target=f"survey-plan:{made.pk}",
            body={"from_on": from_on.isoformat(), "share": str(share), "daily_quota": daily_quota},
        )
    return made


# Who is asked


@dataclass(frozen=True, slots=True)
class Named:
    """A contact as a file tells it: `address` (telephone or e-mail) is hashed and forgotten."""

    contact: Contact
    address: str


@clause("S-3.3.3-satisfaction")
def invite_from_file(
    *, contract: Contract, named: Sequence[Named], sha256: str, actor: str, at: datetime
) -> tuple[Wave, bool]:
    """Choose among the contacts of a file. Gives the wave, and whether the same file had made it before.

    Raises:
        NoQuestionnaire
    """
    known = Wave.objects.filter(contract=contract, sha256=sha256).exclude(sha256="").first()
    if known is not None:
        return known, True
    key = survey_key(contract)
    contacts = [
        replace(one.contact, person=person_hash(key, one.address) if one.address else "") for one in named
    ]
    return _invite(contract, contacts, "FILE", key, actor, at, sha256), False


@clause("S-3.3.3-satisfaction")
def invite_from_facts(*, contract: Contract, since: date, until: date, actor: str, at: datetime) -> Wave:
    """Choose among the calls answered in a period, `until` not included, by the pseudonyms of the facts.

    Raises:
        NoQuestionnaire
    """
    contacts = handled_in_facts(contract, since=since, until=until)
    return _invite(contract, contacts, "FACTS", survey_key(contract), actor, at)


def _invite(
    contract: Contract,
    contacts: Sequence[Contact],
    source: str,
    key: bytes,
    actor: str,
    at: datetime,
    digest: str = "",
) -> Wave:
    terms = terms_of(contract.code)
    today = timezone.localdate(at)
    quiet_days = terms.count("survey_quiet_days", on=max(today, terms.head.notified_on))
    expires_at = at + timedelta(days=terms.count("survey_link_days", on=max(today, terms.head.notified_on)))
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        asked = in_force(held)
        if asked is None:
            raise NoQuestionnaire
        chosen = _chosen(held, contacts, key, quiet_days)
        rank = (Wave.objects.filter(contract=held).aggregate(last=Max("rank"))["last"] or 0) + 1
        wave = Wave.objects.create(
            contract=held,
            rank=rank,
            source=source,
            sha256=digest,
            made_at=at,
            made_by=actor,
            considered=len(contacts),
            skipped={skip.value: n for skip, n in chosen.skipped.items()},
        )
        Invitation.objects.bulk_create(
            (
                Invitation(
                    wave=wave,
                    contract=held,
                    questionnaire=asked,
                    reference=one.reference,
                    person=one.person,
                    channel=one.channel,
                    contacted_at=one.contacted_at,
                    day=one.day,
                    flow=one.flow,
                    reason=one.reason,
                    site=one.site,
                    token_sha256=token_digest(token_of(key, one.reference)),
                    expires_at=expires_at,
                )
                for one in chosen.contacts
            ),
            batch_size=500,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="SURVEY_INVITED",
            target=f"survey-wave:{rank}",
            body={
                "source": source,
                "considered": len(contacts),
                "invited": len(chosen.contacts),
                "skipped": wave.skipped,
                "questionnaire": asked.version,
                "file": digest,
            },
        )
    return wave


def _chosen(contract: Contract, contacts: Sequence[Contact], key: bytes, quiet_days: int) -> Chosen:
    """Choose day by day under the plan of each."""
    if not contacts:
        return Chosen((), {})
    first = min(one.day for one in contacts)
    known = set(Invitation.objects.filter(contract=contract).values_list("reference", flat=True))
    refused = set(OptOut.objects.filter(contract=contract).values_list("person", flat=True))
    people = {one.person for one in contacts}
    asked = dict(last_asked(contract, people, since=first - timedelta(days=quiet_days)))
    taken: list[Contact] = []
    skipped: dict[Skip, int] = {}
    for day, group in groupby(sorted(contacts, key=lambda one: one.day), key=lambda one: one.day):
        said = planned_on(contract, day)
        found = choose(
            group,
            known=known,
            opted_out=refused,
            last_asked=asked,
            quiet_days=quiet_days,
            share=said.share,
            daily_quota=said.daily_quota,
            draw_key=key,
        )
        taken.extend(found.contacts)
        known |= {one.reference for one in found.contacts}
        asked |= {one.person: one.day for one in found.contacts}
        for skip, n in found.skipped.items():
            skipped[skip] = skipped.get(skip, 0) + n
    return Chosen(tuple(taken), skipped)


def survey_key(contract: Contract) -> bytes:
    """The key of a contract's surveys, made the first time it is needed.

    Raises:
        cryptography.exceptions.InvalidTag: the passphrase of the settings does not open it.
    """
    label = f"{contract.code} surveys"
    row = SurveyKey.objects.filter(contract=contract).first()
    if row is None:
        with transaction.atomic():
            sealed = seal(new_key(), settings.KEY_PASSPHRASE, label)
            row, _ = SurveyKey.objects.get_or_create(contract=contract, defaults={"sealed": sealed})
    return unseal(bytes(row.sealed), settings.KEY_PASSPHRASE, label)


def person_hash(key: bytes, address: str) -> str:
    """The keyed hash of a telephone or an e-mail, the same however it is written."""
    plain = address.strip().casefold() if "@" in address else normal_number(address)
    return hmac.new(key, f"person:{plain}".encode(), sha256).hexdigest()


def token_of(key: bytes, reference: str) -> str:
    """The secret of a contact's link: made again from the key whenever it is asked for, kept nowhere."""
    made = hmac.digest(key, f"link:{reference}".encode(), "sha256")
    return b32encode(made[:15]).decode().lower()


def token_digest(token: str) -> str:
    """By what a link is found."""
    return sha256(token.encode()).hexdigest()


@clause("S-3.3.3-satisfaction")
def give_links(*, wave: Wave, actor: str, at: datetime) -> list[tuple[Invitation, str]]:
    """The links of a wave that still take an answer, for the tool that sends them and knows the addresses."""
    key = survey_key(wave.contract)
    refused = OptOut.objects.filter(contract=wave.contract).values("person")
    found = wave.invitations.filter(answered_at__isnull=True, expires_at__gt=at).exclude(person__in=refused)
    links = [(one, token_of(key, one.reference)) for one in found]
    with transaction.atomic():
        record(
            contract=wave.contract.code,
            actor=actor,
            at=at,
            act="SURVEY_LINKS_GIVEN",
            target=f"survey-wave:{wave.rank}",
            body={"links": len(links)},
        )
    return links


# What is answered


@clause("S-3.3.3-satisfaction")
def answer(*, invitation: Invitation, marks: Mapping[Measure, int], comment: str = "", at: datetime) -> Reply:
    """Take an answer, once. A question left without mark is one that nobody answered.

    Raises:
        AlreadyAnswered, LinkExpired
        WrongMarks: a mark that is not asked for, or out of its scale; or nothing at all.
    """
    asked = {Measure(one.measure): one for one in asked_in(invitation.questionnaire)}
    wrong = [one for one, value in marks.items() if one not in asked or not asked[one].scale.holds(value)]
    if wrong or not marks:
        raise WrongMarks(wrong)
    said, masked = without_personal_data(comment[:LONGEST_COMMENT])
    with transaction.atomic():
        open_ones = Invitation.objects.filter(pk=invitation.pk, answered_at__isnull=True, expires_at__gt=at)
        if not open_ones.update(answered_at=at):
            held = Invitation.objects.get(pk=invitation.pk)
            if held.answered_at is not None:
                raise AlreadyAnswered(held.answered_at)
            raise LinkExpired(held.expires_at)
        reply = Reply.objects.create(invitation=invitation, comment=said, masked=masked)
        Mark.objects.bulk_create(
            Mark(reply=reply, asked=asked[measure], value=value) for measure, value in marks.items()
        )
        record(
            contract=invitation.contract.code,
            actor=ASKED_PERSON,
            at=at,
            act="SURVEY_ANSWERED",
            target=f"survey-reply:{reply.pk}",
            body={
                "questionnaire": invitation.questionnaire.version,
                "marks": {measure.value: value for measure, value in marks.items()},
            },
        )
    return reply


def state_of(invitation: Invitation, *, at: datetime) -> None:
    """Raises AlreadyAnswered or LinkExpired when the link takes no answer any more."""
    if invitation.answered_at is not None:
        raise AlreadyAnswered(invitation.answered_at)
    if not link_open(expires_at=invitation.expires_at, at=at):
        raise LinkExpired(invitation.expires_at)


@clause("S-3.3.3-satisfaction")
def refuse_surveys(*, contract: Contract, person: str, actor: str, at: datetime) -> OptOut:
    """Ask this person nothing more, by the hash that knows them. Said twice, the first instant stays."""
    with transaction.atomic():
        made, new = OptOut.objects.get_or_create(contract=contract, person=person, defaults={"at": at})
        if new:
            record(contract=contract.code, actor=actor, at=at, act="SURVEY_REFUSED", target="survey-refusal")
    return made


def refuse_address(*, contract: Contract, address: str, actor: str, at: datetime) -> OptOut:
    """The same, from a telephone or an e-mail, which is forgotten."""
    return refuse_surveys(
        contract=contract, person=person_hash(survey_key(contract), address), actor=actor, at=at
    )


def erase_comment(*, reply: Reply, actor: str, at: datetime) -> Reply:
    """Put out a comment that still tells who somebody is. The marks stay."""
    with transaction.atomic():
        changed = (
            Reply.objects.filter(pk=reply.pk).exclude(comment="").update(comment="", masked=reply.masked + 1)
        )
        if changed:
            record(
                contract=reply.invitation.contract.code,
                actor=actor,
                at=at,
                act="SURVEY_COMMENT_ERASED",
                target=f"survey-reply:{reply.pk}",
            )
    reply.refresh_from_db()
    return reply
