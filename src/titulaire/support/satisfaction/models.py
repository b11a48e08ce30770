"""Questionnaires, who was asked, what was answered, who asked not to be."""

from __future__ import annotations

from datetime import date, datetime

from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract
from titulaire.support.satisfaction.rules import Measure, Question, Scale

CHANNELS = ("PHONE", "FORMS")
SOURCES = ("FACTS", "FILE")


def _codes(codes: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(each, each) for each in codes]


class SurveyKey(models.Model):
    """The sealed key of a contract's surveys: it hashes people, draws contacts and makes links."""

    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, related_name="survey_key")
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"survey key of {self.contract_id}"


class Questionnaire(models.Model):
    """One version of what is asked. Never changed: what people answered stays what they read."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="questionnaires")
    version = models.PositiveIntegerField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=80)
    because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "version"], name="one_questionnaire_per_version")
        ]

    def __str__(self) -> str:
        return f"v{self.version}"


class Asked(models.Model):
    """A question of a version. `lineage` is the version where these words and this scale were first asked."""

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="questions")
    rank = models.PositiveSmallIntegerField()
    measure = models.CharField(max_length=12, choices=_codes(tuple(one.value for one in Measure)))
    wording = models.CharField(max_length=200)
    least = models.SmallIntegerField()
    most = models.SmallIntegerField()
    high_is_good = models.BooleanField()
    lineage = models.PositiveIntegerField()

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["questionnaire", "measure"], name="a_measure_is_asked_once"),
            models.CheckConstraint(condition=Q(least__lt=F("most")), name="a_scale_goes_up"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} v{self.lineage}"

    @property
    def question(self) -> Question:
        return Question(Measure(self.measure), self.wording, self.scale)

    @property
    def scale(self) -> Scale:
        return Scale(self.least, self.most, self.high_is_good)


class SurveyPlan(models.Model):
    """From a day, which share of contacts is drawn and how many a day at most. The last said of a day holds."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="survey_plans")
    from_on = models.DateField()
    share = models.DecimalField(max_digits=5, decimal_places=4)
    daily_quota = models.PositiveIntegerField(null=True)
    said_at = models.DateTimeField()
    said_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-from_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(share__gte=0, share__lte=1), name="a_share_is_a_share")
        ]

    def __str__(self) -> str:
        return f"{self.share} from {self.from_on}"


class Wave(models.Model):
    """A group of contacts chosen together, from a file or from the facts; `skipped` says why others were not."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="survey_waves")
    rank = models.PositiveIntegerField()
    source = models.CharField(max_length=8, choices=_codes(SOURCES))
    # Of the file that brought it: the same file twice is one wave.
    sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    considered = models.PositiveIntegerField()
    skipped = models.JSONField(default=dict)

    class Meta:
        ordering = ["-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "rank"], name="one_wave_per_rank"),
            models.UniqueConstraint(
                fields=["contract", "sha256"], condition=~Q(sha256=""), name="a_file_makes_one_wave"
            ),
        ]

    def __str__(self) -> str:
        return f"wave {self.rank}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def of(self, contract: Contract) -> InvitationQuerySet:
        return self.filter(wave__contract=contract)

    def contacted(self, since: date, until: date) -> InvitationQuerySet:
        """Those whose contact was in a period, `until` not included."""
        return self.filter(day__gte=since, day__lt=until)

    def answered_in(self, since_at: datetime, until_at: datetime) -> InvitationQuerySet:
        return self.filter(answered_at__gte=since_at, answered_at__lt=until_at)


class Invitation(models.Model):
    """One contact that may be answered for once. Neither address nor link is kept: hashes of them are."""

    wave = models.ForeignKey(Wave, on_delete=models.PROTECT, related_name="invitations")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="invitations")
    reference = models.CharField(max_length=80)
    person = models.CharField(max_length=64)
    channel = models.CharField(max_length=8, choices=_codes(CHANNELS))
    contacted_at = models.DateTimeField()
    day = models.DateField()
    flow = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=120, blank=True)
    site = models.CharField(max_length=40, blank=True)
    token_sha256 = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["day", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "reference"], name="a_contact_is_asked_about_once")
        ]
        indexes = [
            models.Index(fields=["contract", "day"], name="invitation_day"),
            models.Index(fields=["contract", "person"], name="invitation_person"),
        ]

    def __str__(self) -> str:
        return self.reference


class Reply(models.Model):
    """What somebody answered, once. The comment is kept without what looked personal in it."""

    invitation = models.OneToOneField(Invitation, on_delete=models.PROTECT, related_name="reply")
    comment = models.TextField(blank=True)
    masked = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"reply {self.invitation_id}"


class Mark(models.Model):
    """The mark that a reply gives to a question."""

    reply = models.ForeignKey(Reply, on_delete=models.PROTECT, related_name="marks")
    asked = models.ForeignKey(Asked, on_delete=models.PROTECT, related_name="marks")
    value = models.SmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reply", "asked"], name="a_question_has_one_mark")]

    def __str__(self) -> str:
        return str(self.value)


class OptOut(models.Model):
    """Somebody not to be asked, by the keyed hash alone."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="survey_refusals")
    person = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contract", "person"], name="a_person_refuses_once")]

    def __str__(self) -> str:
        return "opt-out"
