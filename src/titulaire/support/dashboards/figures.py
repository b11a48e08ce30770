"""The figures of a page. Facts never change, so that what was computed once from some facts is remembered."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date
from threading import Lock
from typing import Any

from django.conf import settings

from titulaire.contracts.rules import Terms
from titulaire.identity.models import Contract
from titulaire.indicators.rules import Indicator, Value
from titulaire.support.facts.models import Manifest
from titulaire.support.indicators.catalogue import indicators, production_plan
from titulaire.support.indicators.evaluation import (
    Declared,
    Row,
    evaluate,
    full_day_ms,
    measures_of,
    options_on,
)
from titulaire.support.training.queries import trained_of

REMEMBERED = 256
"""Answers kept by each process: a few megabytes."""


class Memory:
    """The last answers, by what they were computed from; forgets the oldest."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.answers: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self.lock = Lock()

    def get(self, key: tuple[Any, ...]) -> Any:
        """The answer, or None."""
        with self.lock:
            if key in self.answers:
                self.answers.move_to_end(key)
            return self.answers.get(key)

    def put(self, key: tuple[Any, ...], answer: Any) -> None:
        """Keep an answer."""
        with self.lock:
            self.answers[key] = answer
            while len(self.answers) > self.most:
                self.answers.popitem(last=False)


_MEMORY = Memory(REMEMBERED)


class Figures:
    """The figures of a contract under its terms, as its facts stand now."""

    def __init__(self, contract: Contract, terms: Terms) -> None:
        self.contract, self.terms = contract, terms
        self.state = self._state()

    def _state(self) -> str:
        """Changes with any fact in force or past, and with any term or reading."""
        manifests = Manifest.objects.filter(contract=self.contract).order_by("pk")
        told = [str(settings.DATA_DIR), self.contract.code, repr(self.terms)]
        told += [":".join(map(str, row)) for row in manifests.values_list("pk", "batch__key", "digest")]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    def rows(
        self, since: date, until: date, *, by: Sequence[str] = (), where: Mapping[str, Any] | None = None
    ) -> tuple[Row, ...]:
        """`evaluate`, remembered."""
        # Who is trained is said of everybody over a period as a whole: it is not cut.
        trained = None if by or where else trained_of(self.contract, self.terms, since)
        told = None if trained is None else tuple(sorted(trained.items()))
        key = (self.state, since, until, tuple(by), tuple(sorted((where or {}).items(), key=str)), told)
        known: tuple[Row, ...] | None = _MEMORY.get(key)
        if known is None:
            known = evaluate(
                self.contract,
                since=since,
                until=until,
                by=by,
                where=where,
                terms=self.terms,
                declared=Declared(trained_on=trained),
            )
            _MEMORY.put(key, known)
        return known

    def measures(
        self, since: date, until: date, *, by: Sequence[str] = (), where: Mapping[str, Any] | None = None
    ) -> dict[tuple[Any, ...], dict[str, int]]:
        """The sums behind the figures, remembered."""
        key = (
            *("measures", self.state, since, until, tuple(by)),
            tuple(sorted((where or {}).items(), key=str)),
        )
        known: dict[tuple[Any, ...], dict[str, int]] | None = _MEMORY.get(key)
        if known is None:
            known = measures_of(self.contract, since, until, by=by, where=where, terms=self.terms).found
            _MEMORY.put(key, known)
        return known

    def indicator(self, code: str, day: date) -> Indicator | None:
        """The indicator of a code."""
        known = (*indicators(full_day_ms(self.terms, day)), production_plan())
        return next((one for one in known if one.code == code), None)

    def value(self, indicator: Indicator, measured: Mapping[str, int], day: date) -> Value:
        """What sums give under the readings of a day."""
        return indicator.sides(options_on(self.terms, indicator, day)).of(measured)
