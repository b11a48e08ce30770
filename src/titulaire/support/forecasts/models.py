"""Each statement of expected volumes, never edited: a new one replaces it for the days it speaks of."""

from __future__ import annotations

from django.db import models

from titulaire.identity.models import Contract
from titulaire.support.forecasts.rules import Channel

CHANNELS = [(channel.value, channel.value) for channel in Channel]


class Forecast(models.Model):
    """One statement: who gave it, from which document, when."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="forecasts")
    version = models.PositiveIntegerField()
    source = models.CharField(max_length=200)
    # The document itself, by its hash, among the kept files of the contract.
    file_sha256 = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255)
    since = models.DateField()
    last_on = models.DateField()
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "version"], name="one_forecast_per_version"),
        ]

    def __str__(self) -> str:
        return f"forecast {self.version}"


class ForecastVolume(models.Model):
    """Contacts expected on a day, a channel and a flow (empty: all flows)."""

    forecast = models.ForeignKey(Forecast, on_delete=models.PROTECT, related_name="volumes")
    on = models.DateField()
    channel = models.CharField(max_length=5, choices=CHANNELS)
    flow = models.CharField(max_length=40, blank=True)
    contacts = models.PositiveIntegerField()

    class Meta:
        ordering = ["on", "channel", "flow"]
        constraints = [
            models.UniqueConstraint(
                fields=["forecast", "on", "channel", "flow"], name="one_volume_per_day_and_flow"
            ),
        ]
        indexes = [models.Index(fields=["on"], name="forecast_days")]

    def __str__(self) -> str:
        return f"{self.on} {self.channel} {self.flow}: {self.contacts}"
