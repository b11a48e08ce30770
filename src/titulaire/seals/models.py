"""The keys that seal the documents of a contract. A key is never deleted: what it sealed stays verifiable."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class SealingKey(models.Model):
    """A contract's key, by the contract's code as in the journal. `public` is hexadecimal."""

    contract = models.CharField(max_length=40)
    name = models.CharField(max_length=16, unique=True)
    public = models.CharField(max_length=64)
    private = models.TextField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["contract", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"], condition=Q(retired_at__isnull=True), name="one_key_seals_a_contract"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.contract}"
