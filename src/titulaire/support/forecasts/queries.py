"""The volumes in force."""

from __future__ import annotations

from datetime import date

from titulaire.identity.models import Contract
from titulaire.support.forecasts.models import ForecastVolume
from titulaire.support.forecasts.rules import Channel, Volume, in_force


def volumes_between(contract: Contract, since: date, until: date) -> dict[tuple[date, Channel, str], int]:
    """Contacts expected by day, channel and flow over a period, `until` not included."""
    found = ForecastVolume.objects.filter(forecast__contract=contract, on__gte=since, on__lt=until)
    return in_force(
        (version, Volume(on, Channel(channel), flow, contacts))
        for version, on, channel, flow, contacts in found.values_list(
            "forecast__version", "on", "channel", "flow", "contacts"
        )
    )
