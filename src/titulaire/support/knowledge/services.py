"""The acts of knowledge: write a version, vouch for it, say to have read it, remind who has not."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal.services import record
from titulaire.support.knowledge.models import Article, Reading, Version
from titulaire.support.knowledge.queries import read_on, readers_on
from titulaire.support.knowledge.rules import Kind, still_to_read
from titulaire.ui.formats import date_fr

REMINDER = """Bonjour,

Ce texte est à lire {by} : {code}, {title} (version {number}).

{link}
"""


class NothingWritten(ValueError):
    """A version has a text."""


class OtherKind(ValueError):
    """The code is already that of something else; `kind` is what it is."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class SameEyes(Exception):
    """Who wrote a version cannot vouch for it."""


class InThePast(ValueError):
    """A text comes into force today or later, and is read from then on: what was in force stays told as it was."""


class NotVouched(Exception):
    """Nobody vouched for this version yet: it is not to be read."""


class AlreadyVouched(Exception):
    """The version was vouched for with other days: they do not change, another version does."""


def _hold(contract: Contract) -> Contract:
    """One writer at a time on the knowledge of a contract."""
    return Contract.objects.select_for_update().get(pk=contract.pk)


@clause("S-5.3-formation-continue")
def write_version(
    *,
    contract: Contract,
    code: str,
    kind: Kind,
    title: str,
    text: str,
    actor: str,
    at: datetime,
    source: str = "",
) -> Version:
    """Write an article, or its next version. The same text again changes nothing.

    Raises:
        NothingWritten
        OtherKind: the code names something of another kind.
    """
    text = text.strip().replace("\r\n", "\n")
    if not text:
        raise NothingWritten
    with transaction.atomic():
        held = _hold(contract)
        article, _ = Article.objects.get_or_create(
            contract=held, code=code, defaults={"kind": kind.value, "title": title}
        )
        if article.kind != kind.value:
            raise OtherKind(article.kind)
        last = article.versions.first()
        if last is not None and (last.text, last.source, article.title) == (text, source, title):
            return last
        if article.title != title:
            article.title = title
            article.save(update_fields=["title"])
        made = Version.objects.create(
            article=article,
            number=last.number + 1 if last else 1,
            text=text,
            source=source,
            written_at=at,
            written_by=actor,
        )
        _record(held, made, actor, at, "KNOWLEDGE_WRITTEN", {"title": title, "text": text, "source": source})
    return made


def _record(
    contract: Contract, version: Version, actor: str, at: datetime, act: str, body: dict[str, object]
) -> None:
    record(
        contract=contract.code,
        actor=actor,
        at=at,
        act=act,
        target=f"knowledge:{version.article.code}:{version.number}",
        body=body,
    )


@clause("S-5.3-formation-continue", "S-5.4-encadrement")
def vouch_version(
    *,
    version: Version,
    in_force_on: date,
    actor: str,
    at: datetime,
    read_by_on: date | None = None,
) -> Version:
    """A supervisor answers for a text that another wrote: it is spread, in force from a day, read by another.

    Vouched for again with the same days, it changes nothing.

    Raises:
        SameEyes, InThePast, AlreadyVouched
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        contract = _hold(version.article.contract)
        held = Version.objects.select_related("article").get(pk=version.pk)
        if held.vouched_at is not None:
            if (held.in_force_on, held.read_by_on) == (in_force_on, read_by_on):
                return held
            raise AlreadyVouched
        if held.written_by == actor:
            raise SameEyes
        if in_force_on < today or (read_by_on is not None and read_by_on < today):
            raise InThePast
        held.vouched_at, held.vouched_by = at, actor
        held.in_force_on, held.read_by_on = in_force_on, read_by_on
        held.save()
        body: dict[str, object] = {
            "in_force_on": str(in_force_on),
            "read_by_on": str(read_by_on) if read_by_on else None,
        }
        _record(contract, held, actor, at, "KNOWLEDGE_VOUCHED", body)
    return held


@clause("S-5.3-formation-continue")
def say_read(*, version: Version, adviser: str, actor: str, at: datetime) -> Reading:
    """An adviser says, on their own account, to have read a version. The first time counts.

    Raises:
        NotVouched
    """
    with transaction.atomic():
        contract = _hold(version.article.contract)
        held = Version.objects.select_related("article").get(pk=version.pk)
        if held.vouched_at is None:
            raise NotVouched
        reading, made = Reading.objects.get_or_create(
            version=held, adviser=adviser, defaults={"read_at": at, "read_by": actor}
        )
        if made:
            _record(contract, held, actor, at, "KNOWLEDGE_READ", {"adviser": adviser})
    return reading


@clause("S-5.3-formation-continue", "S-5.4-encadrement")
def remind_readers(*, version: Version, actor: str, at: datetime) -> list[str]:
    """Write to each adviser who has not read a version. Gives their numbers; twice in a day, it is sent once.

    Raises:
        NotVouched
    """
    with transaction.atomic():
        contract = _hold(version.article.contract)
        held = Version.objects.select_related("article").get(pk=version.pk)
        if held.vouched_at is None:
            raise NotVouched
        today = timezone.localdate(at)
        if held.reminded_at is not None and timezone.localdate(held.reminded_at) == today:
            return []
        readers = readers_on(contract, today)
        late = still_to_read(readers, read_on(held))
        if not late:
            return []
        held.reminded_at = at
        held.save(update_fields=["reminded_at"])
        _record(contract, held, actor, at, "KNOWLEDGE_REMINDED", {"advisers": late})
        # Last in the transaction: a mail that cannot leave undoes the word that it left.
        link = settings.SITE_ADDRESS.rstrip("/") + reverse("my_readings", args=[contract.code])
        by = f"pour le {date_fr(held.read_by_on)}" if held.read_by_on else "dès que possible"
        for number in late:
            send_mail(
                f"{contract.title} : {held.article.title}, à lire",
                REMINDER.format(
                    by=by, code=held.article.code, title=held.article.title, number=held.number, link=link
                ),
                None,
                [readers[number].email],
            )
    return late
