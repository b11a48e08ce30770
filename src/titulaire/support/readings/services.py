"""Putting a question to the buyer, and keeping the answer."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from titulaire.contracts.queries import terms_of
from titulaire.contracts.rules import UnknownReading
from titulaire.identity.models import Contract
from titulaire.journal import files
from titulaire.journal.services import record
from titulaire.support.readings.models import ReadingQuestion


class AlreadyAsked(ValueError):
    """A question about this reading waits for its answer."""

    def __init__(self, question: ReadingQuestion) -> None:
        super().__init__(question.reading)
        self.question = question


class AlreadyAnswered(ValueError):
    """This question has its answer."""

    def __init__(self, question: ReadingQuestion) -> None:
        super().__init__(question.reading)
        self.question = question


class AnsweredOutOfTime(ValueError):
    """The answer is dated before its question, or after the moment of the record."""

    def __init__(self, answered_on: date) -> None:
        super().__init__(answered_on.isoformat())
        self.answered_on = answered_on


class UnknownOption(LookupError):
    """The reading has no such option."""

    def __init__(self, option: str) -> None:
        super().__init__(option)
        self.option = option


def ask_question(
    *, contract: Contract, reading: str, letter: bytes, actor: str, at: datetime
) -> ReadingQuestion:
    """Record that a letter left with the question of a reading; the letter is kept as it left.

    Raises:
        UnknownReading: the contract has no such reading.
        AlreadyAsked: a question waits for its answer.
    """
    if reading not in terms_of(contract.code).readings:
        raise UnknownReading(reading)
    with transaction.atomic():
        held = Contract.objects.select_for_update().get(pk=contract.pk)
        waiting = ReadingQuestion.objects.filter(contract=held, reading=reading, answered_on=None).first()
        if waiting is not None:
            raise AlreadyAsked(waiting)
        sha256 = files.keep(letter, contract=held.code)
        question = ReadingQuestion.objects.create(
            contract=held,
            reading=reading,
            asked_on=timezone.localdate(at),
            letter_sha256=sha256,
            asked_at=at,
            asked_by=actor,
        )
        record(
            contract=held.code,
            actor=actor,
            at=at,
            act="READING_ASKED",
            target=f"reading:{reading}",
            body={"letter_sha256": sha256},
        )
    return question


def answer_question(
    *,
    question: ReadingQuestion,
    answered_on: date,
    answer: str,
    actor: str,
    at: datetime,
    option: str = "",
    document: bytes = b"",
    document_name: str = "",
) -> ReadingQuestion:
    """Keep the buyer's answer, and its document. It changes no reading: that takes the agreement of both.

    Raises:
        UnknownOption: the answer chooses what the reading has not.
        AnsweredOutOfTime: it is dated before the question or after `at`.
        AlreadyAnswered: the question has its answer.
    """
    contract = question.contract
    options = {one.code for one in terms_of(contract.code).readings[question.reading].options}
    if option and option not in options:
        raise UnknownOption(option)
    if not question.asked_on <= answered_on <= timezone.localdate(at):
        raise AnsweredOutOfTime(answered_on)
    with transaction.atomic():
        sha256 = files.keep(document, contract=contract.code) if document else ""
        won = ReadingQuestion.objects.filter(pk=question.pk, answered_on__isnull=True).update(
            answered_on=answered_on,
            answer=answer,
            answer_option=option,
            document_name=document_name,
            document_sha256=sha256,
            answer_recorded_at=at,
            answer_recorded_by=actor,
        )
        if not won:
            raise AlreadyAnswered(question)
        record(
            contract=contract.code,
            actor=actor,
            at=at,
            act="READING_ANSWERED",
            target=f"reading:{question.reading}",
            body={"answered_on": answered_on.isoformat(), "option": option, "document_sha256": sha256},
        )
    question.refresh_from_db()
    return question
