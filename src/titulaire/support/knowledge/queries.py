"""Articles, the version in force on a day, who has to read it and who has."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.identity.models import Contract, Membership, User
from titulaire.identity.roles import Role
from titulaire.support.knowledge.models import Article, Reading, Version
from titulaire.support.knowledge.rules import in_force, still_to_read


def articles_of(contract: Contract) -> QuerySet[Article]:
    """The articles of a contract, with their versions."""
    return Article.objects.filter(contract=contract).prefetch_related("versions")


@clause("S-5.3-formation-continue")
def version_on(article: Article, on: date) -> Version | None:
    """The version that held on a day."""
    versions = {one.number: one for one in article.versions.all()}
    held = in_force([one.as_value() for one in versions.values()], on)
    return versions[held.number] if held else None


def readers_on(contract: Contract, on: date) -> dict[str, User]:
    """Who has to read on a day, by number: who holds the role of adviser and a number."""
    held = Membership.objects.filter(contract=contract, role=Role.ADVISER.value).current(on=on)
    ties = contract.adviser_numbers.filter(
        Q(until__isnull=True) | Q(until__gt=on), since__lte=on, user__is_active=True,
        user_id__in=held.values("user_id"),
    )  # fmt: skip
    return {tie.number: tie.user for tie in ties.select_related("user")}


def read_on(version: Version, zone: ZoneInfo | None = None) -> dict[str, date]:
    """The day on which each adviser said to have read a version."""
    return {one.adviser: timezone.localdate(one.read_at, zone) for one in version.readings.all()}


@clause("S-5.3-formation-continue")
def unread(version: Version, on: date) -> list[str]:
    """The advisers in place on a day who have not read a version, by number."""
    return still_to_read(readers_on(version.article.contract, on), read_on(version))


def to_read(contract: Contract, adviser: str, on: date) -> list[Version]:
    """What an adviser has still to read: versions in force or to come that ask for it, the most urgent first."""
    newest = dict(
        Version.objects.filter(article__contract=contract, in_force_on__lte=on)
        .order_by("in_force_on", "number")
        .values_list("article_id", "number")
    )
    asked = Version.objects.filter(
        ~Exists(Reading.objects.filter(version=OuterRef("pk"), adviser=adviser)),
        article__contract=contract,
        read_by_on__isnull=False,
    ).select_related("article")
    current = [one for one in asked if one.number >= newest.get(one.article_id, 0)]
    return sorted(current, key=lambda one: (one.read_by_on or date.max, one.article.code, one.number))


def awaited(contract: Contract, at: datetime) -> QuerySet[Version]:
    """The versions to be read by a day, vouched for by an instant, that none replaced before that day."""
    sooner = Version.objects.filter(
        article=OuterRef("article"),
        number__gt=OuterRef("number"),
        in_force_on__lte=OuterRef("read_by_on"),
        vouched_at__lte=at,
    )
    return (
        Version.objects.filter(
            ~Exists(sooner), article__contract=contract, read_by_on__isnull=False, vouched_at__lte=at
        )
        .select_related("article__contract")
        .prefetch_related("readings")
    )
