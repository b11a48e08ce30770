"""Long work, kept in the same database as what it does."""

from __future__ import annotations

from django.db import models


class Job(models.Model):
    """One piece of work to do once. A worker holds it by a lease and a token: who lost them cannot finish.

    `key` makes asking twice ask once. `contract` is a code, as in the journal: a page finds its jobs by it.
    """

    QUEUED, RUNNING, DONE, FAILED = "QUEUED", "RUNNING", "DONE", "FAILED"

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200, unique=True)
    contract = models.CharField(max_length=40, blank=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=8, default=QUEUED)
    run_after = models.DateTimeField()
    enqueued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    token = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    done_parts = models.PositiveIntegerField(default=0)
    all_parts = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "run_after"], name="jobs_to_take")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["QUEUED", "RUNNING", "DONE", "FAILED"]),
                name="a_known_job_state",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.state}"

    @property
    def percent(self) -> int:
        """How far the work is, 0 to 100."""
        return 100 * self.done_parts // self.all_parts if self.all_parts else 0
