"""Advisers followed, scorecards, sealed draws, sampled items, evaluations, feedback, marks sent to the facts.

Evaluations, scorecards and drawn items are never changed: what is wrong is said again, with a reason.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from titulaire.identity.models import Contract
from titulaire.support.facts.schema import Marker, Sampling
from titulaire.support.quality.rules import KINDS, Criterion

KIND_CODES = [(each.value, each.value) for each in KINDS]
SIDE_CODES = [(each.value, each.value) for each in Marker]


class Adviser(models.Model):
    """An adviser whose work is evaluated, by number, and its supervisor. Whose number it is: the dashboards say."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="followed_advisers")
    number = models.CharField(max_length=40)
    supervisor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="advisers_followed"
    )
    since_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="an_adviser_is_followed_once"),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gt=F("since_on")),
                name="an_adviser_is_followed_some_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Scorecard(models.Model):
    """One version of the grid for one kind of item. Never changed: the next version replaces it for what follows."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="scorecards")
    kind = models.CharField(max_length=12, choices=KIND_CODES)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    criteria = models.JSONField(help_text="[{code, label, weight, eliminatory}]")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["kind", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "kind", "version"], name="one_scorecard_per_kind_and_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"

    @property
    def lines(self) -> tuple[Criterion, ...]:
        return tuple(Criterion(**each) for each in self.criteria)


class Draw(models.Model):
    """A draw of items among those of a period. `seed` is secret until `opened_at`; its digest never is."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="quality_draws")
    rank = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=KIND_CODES)
    since_on = models.DateField()
    until_on = models.DateField()
    per_adviser = models.PositiveIntegerField()
    seed = models.CharField(max_length=64)
    seed_sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    sealed_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField(null=True)
    opened_by = models.CharField(max_length=80, blank=True)
    population = models.PositiveIntegerField(null=True)
    population_sha256 = models.CharField(max_length=64, blank=True)
    # Which statement of the facts it was drawn from: [[record, month, version]].
    stated = models.JSONField(default=list)

    class Meta:
        ordering = ["-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "rank"], name="one_quality_draw_per_rank"),
            models.CheckConstraint(
                condition=Q(until_on__gt=F("since_on")), name="a_quality_draw_has_a_period"
            ),
            models.CheckConstraint(condition=Q(per_adviser__gte=1), name="a_quality_draw_takes_some"),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True)
                | (Q(population__isnull=False) & ~Q(population_sha256="")),
                name="an_opened_quality_draw_says_from_what",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return f"TIR-{self.rank:04}"


class Sample(models.Model):
    """An item to evaluate: drawn by a draw, or picked by someone who says why. Each item is here once."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="quality_samples")
    rank = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=KIND_CODES)
    item = models.CharField(max_length=120)
    adviser = models.CharField(max_length=40)
    reason = models.CharField(max_length=200, blank=True)
    site = models.CharField(max_length=80, blank=True)
    day = models.DateField()
    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, null=True, related_name="samples")
    because = models.CharField(max_length=300, blank=True)
    chosen_at = models.DateTimeField()
    chosen_by = models.CharField(max_length=80)
    contractor_waived_at = models.DateTimeField(null=True)
    buyer_waived_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "rank"], name="one_sample_per_rank"),
            models.UniqueConstraint(fields=["contract", "kind", "item"], name="an_item_is_sampled_once"),
            models.CheckConstraint(
                condition=Q(draw__isnull=False) | ~Q(because=""), name="a_picked_item_says_why"
            ),
        ]
        indexes = [models.Index(fields=["contract", "adviser"], name="sample_adviser")]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return f"EVA-{self.rank:05}"

    @property
    def sampling(self) -> Sampling:
        return Sampling.PICKED if self.draw_id is None else Sampling.DRAWN


class Publication(models.Model):
    """Marks that enter the facts as one batch. Made first, brought in next: a cut between the two is taken up."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="mark_publications")
    corrects = models.BooleanField(default=False)
    reason = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    batch = models.CharField(max_length=32, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.pk}: {self.batch or '…'}"


class Evaluation(models.Model):
    """One side's mark of an item. A new one that says why replaces a wrong one; nothing is rewritten.

    `marked_at` is that of the first: a corrected mark stays in its month.
    """

    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="evaluations")
    side = models.CharField(max_length=12, choices=SIDE_CODES)
    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="evaluations")
    # The grid of one named adviser: emptied when its time is over, the mark stays.
    answers = models.JSONField(default=dict)
    missed = models.JSONField(default=list)
    comment = models.TextField(blank=True)
    mark = models.PositiveIntegerField(help_text="In hundredths of a point.")
    marked_at = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    because = models.CharField(max_length=300, blank=True)
    publication = models.ForeignKey(
        Publication, on_delete=models.PROTECT, null=True, related_name="evaluations"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sample", "side"],
                condition=Q(replaces__isnull=True),
                name="one_first_evaluation_per_item_and_side",
            ),
            models.CheckConstraint(condition=Q(mark__lte=10_000), name="a_mark_is_on_a_hundred"),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(because=""), name="a_corrected_evaluation_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sample_id}: {self.side} {self.mark}"


class Feedback(models.Model):
    """A session in which evaluations were shared with their adviser, who acknowledges it."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="feedbacks")
    adviser = models.CharField(max_length=40)
    held_on = models.DateField()
    evaluations = models.ManyToManyField(Evaluation, related_name="feedbacks")
    summary = models.TextField()
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=80)
    acknowledged_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True)

    class Meta:
        ordering = ["-held_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.adviser}, {self.held_on}"


class Calibration(models.Model):
    """A session where both sides mark the same items blind. All marks are revealed together, or none."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="calibrations")
    rank = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    samples = models.ManyToManyField(Sample, related_name="calibrations")
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=80)
    revealed_at = models.DateTimeField(null=True)
    conclusion = models.TextField(blank=True)

    class Meta:
        ordering = ["-rank"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "rank"], name="one_calibration_per_rank"),
            models.CheckConstraint(
                condition=Q(revealed_at__isnull=True) | ~Q(conclusion=""),
                name="a_revealed_calibration_concludes",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return f"CAL-{self.rank:04}"


class CalibrationAction(models.Model):
    """What a calibration decided to do, until it is done."""

    calibration = models.ForeignKey(Calibration, on_delete=models.PROTECT, related_name="actions")
    what = models.CharField(max_length=300)
    due_on = models.DateField()
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["due_on", "pk"]

    def __str__(self) -> str:
        return self.what
