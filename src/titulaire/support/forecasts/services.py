"""Stating what volumes are expected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from titulaire.clauses import clause
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.support.forecasts.models import Forecast, ForecastVolume
from titulaire.support.forecasts.rules import Volume


@clause("S-3.3.1-tableaux-de-bord")
def state_forecast(
    *,
    contract: Contract,
    volumes: Sequence[Volume],
    source: str,
    content: bytes,
    file_name: str,
    actor: str,
    at: datetime,
) -> Forecast:
    """Record a new version of the forecast, with its document. It replaces whole the days and channels it has.

    The document of the last version again is that version: nothing is recorded twice.
    """
    sha256 = files.keep(content, contract=contract.code)
    days = sorted(one.on for one in volumes)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        last = Forecast.objects.filter(contract=held).order_by("-version").first()
        if last is not None and last.file_sha256 == sha256:
            return last
        version = (Forecast.objects.filter(contract=held).aggregate(last=Max("version"))["last"] or 0) + 1
        forecast = Forecast.objects.create(
            contract=held,
            version=version,
            source=source,
            file_sha256=sha256,
            file_name=file_name,
            since=days[0],
            last_on=days[-1],
            recorded_by=actor,
            recorded_at=at,
        )
        ForecastVolume.objects.bulk_create(
            ForecastVolume(
                forecast=forecast, on=one.on, channel=one.channel.value, flow=one.flow, contacts=one.contacts
            )
            for one in volumes
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="FORECAST_STATED",
            target=f"forecast:{version}",
            body={
                "source": source,
                "file": sha256,
                "since": days[0].isoformat(),
                "last_on": days[-1].isoformat(),
                "volumes": len(volumes),
                "contacts": sum(one.contacts for one in volumes),
            },
        )
    return forecast
