"""The dates of readings: the answer awaited to each question put to the buyer.

The contract gives the buyer no delay. Hypothesis: ten working days, after which the question deserves a reminder.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse

from titulaire.contracts.queries import calendar_of, codes_with_terms, terms_as_signed
from titulaire.deadlines.clocks import WorkingDays
from titulaire.deadlines.days import add_working_days
from titulaire.deadlines.dues import Counted, Due, Who
from titulaire.identity.models import Contract
from titulaire.support.readings.models import ReadingQuestion
from titulaire.ui.formats import date_fr

ROOM = "Lectures du marché"
ANSWER_WORKING_DAYS = 10
HYPOTHESIS = "hypothèse de l’application, le contrat n’en donne pas : dix jours ouvrés après la question"


def dates(contract: Contract, *, since: date, until: date, at: datetime) -> Iterator[Due]:
    """One date for each question asked."""
    if contract.code not in codes_with_terms():
        return
    terms = terms_as_signed(contract.code)
    calendar = calendar_of(terms)
    for question in ReadingQuestion.objects.filter(contract=contract, asked_at__lte=at).defer("answer"):
        reading = terms.readings[question.reading]
        told = question.answer_recorded_at is not None and question.answer_recorded_at <= at
        yield Due(
            key=f"question-{question.pk}",
            label=f"Répondre à la question : {reading.question}",
            who=Who.BUYER,
            binding=False,
            due_on=add_working_days(question.asked_on, ANSWER_WORKING_DAYS, calendar),
            done_on=question.answered_on if told else None,
            clause=reading.clause,
            url=reverse("reading_effect", args=[contract.code, question.reading]),
            facts=(("Posée le", date_fr(question.asked_on)), ("Délai", HYPOTHESIS)),
            counted=Counted(
                "Envoi de la question",
                calendar.instant(question.asked_on),
                WorkingDays(ANSWER_WORKING_DAYS),
                calendar,
            ),
        )
