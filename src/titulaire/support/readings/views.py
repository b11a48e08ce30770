"""Pages of the readings of a support contract: their effect on a month, the question to ask, the answer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from titulaire.clauses import clause
from titulaire.contracts.queries import NoTermsFile, terms_of
from titulaire.contracts.rules import Terms
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract, User
from titulaire.identity.roles import Role
from titulaire.journal import files
from titulaire.support.dashboards.forms import InvoiceForm
from titulaire.support.dashboards.queries import months_open, months_with_facts
from titulaire.support.penalties.assessing import Entered
from titulaire.support.penalties.entries import entered_for, last_invoiced
from titulaire.support.readings import services
from titulaire.support.readings.forms import AnswerForm
from titulaire.support.readings.letters import effect_written, letter_pdf, letter_text
from titulaire.support.readings.models import ReadingQuestion
from titulaire.support.readings.queries import Read, last_questions, read_month
from titulaire.ui.formats import date_fr, month_fr
from titulaire.ui.parts import Event
from titulaire.ui.tables import Choice, Column, Search, Status, Table

READERS = (
    *(Role.SUPERVISOR, Role.PLANNER, Role.QUALITY_OFFICER),
    *(Role.BUYER_MANAGER, Role.BUYER_READER, Role.AUDITOR),
)
STATES = {
    "AGREED": Status("AGREED", "convenue entre les parties", "good"),
    "ANSWERED": Status("ANSWERED", "répondue", "info"),
    "ASKED": Status("ASKED", "question posée", "warn"),
    "OPEN": Status("OPEN", "à demander", "calm"),
}


def _terms(contract: Contract) -> Terms:
    try:
        return terms_of(contract.code)
    except NoTermsFile as unknown:
        raise Http404("no terms") from unknown


def _month(request: HttpRequest, contract: Contract, terms: Terms) -> date:
    possible, known = months_open(contract, terms), months_with_facts(contract)
    try:
        asked = date.fromisoformat(f"{request.GET.get('mois', '')}-01")
    except ValueError:
        asked = None
    if asked in possible:
        return asked
    inside = [month for month in known if month in possible]
    return last_invoiced(contract, inside) or terms.head.starts_on.replace(day=1)


def _entered(
    request: HttpRequest, contract: Contract, terms: Terms, month: date
) -> tuple[InvoiceForm, Entered | None]:
    """The month's invoices: those of the address, else those issued. Nothing is recorded."""
    choices = [(f"{one:%Y-%m}", month_fr(one)) for one in months_open(contract, terms)]
    asked = bool(request.GET.get("telephonie"))
    data = {**request.GET.dict(), "mois": f"{month:%Y-%m}"} if asked else None
    form = InvoiceForm(data, months=choices, initial={"mois": f"{month:%Y-%m}"})
    form.fields["telephonie"].required = False
    if asked:
        return form, form.entered(month) if form.is_valid() else None
    return form, entered_for(contract, month, terms)


@clause("S-3.3.2-evolution")
@reads(*READERS)
def reading_effects(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Each reading: what is retained, since when, agreed or not, and what the others change on a month."""
    terms = _terms(contract)
    month = _month(request, contract, terms)
    form, entered = _entered(request, contract, terms, month)
    rows = read_month(contract, month, entered=entered, terms=terms)
    query = request.GET.copy()
    query["mois"] = f"{month:%Y-%m}"
    asked = query.urlencode()

    def address(one: Read) -> str:
        return f"{reverse('reading_effect', args=[contract.code, one.reading.code])}?{asked}"

    def effects(one: Read) -> str:
        return " | ".join(effect_written(rival) for rival in one.rivals)

    table = Table(
        request,
        sorted(rows, key=lambda one: (-(one.stakes or Decimal(0)), not any(r.moves for r in one.rivals))),
        caption=f"Lectures du contrat, effet sur {month_fr(month)}",
        name=f"lectures-{contract.code}-{month:%Y-%m}",
        noun="lecture",
        page_size=100,
        columns=[
            Column("month", "Mois", value=lambda one: month, kind="date", shown=False),
            Column("clause", "Clause", value="reading.clause"),
            Column("question", "Question", value="reading.question", link=address),
            Column("kept", "Lecture retenue", value="option.sentence"),
            Column("since", "Depuis le", kind="date", value="kept.from_on"),
            Column("state", "État", kind="status", value=lambda one: STATES[one.standing]),
            Column(
                "rivals",
                "Autres lectures",
                value=lambda one: " | ".join(rival.option.sentence for rival in one.rivals),
                shown=False,
            ),
            Column("effects", "Effet des autres lectures", value=effects),
            Column("stakes", "Enjeu", kind="money", value="stakes", sort="oui"),
        ],
        filters=[
            Search("reading.question", "reading.clause", "option.sentence"),
            Choice(
                "etat",
                "État",
                [(code, status.label) for code, status in STATES.items()],
                narrowed_by=lambda found, wanted: [one for one in found if one.standing == wanted],
            ),
        ],
    )
    return table.response(
        "readings/list.html",
        {
            "heading": "Lectures et leurs effets",
            "month": month,
            "is_empty": month not in months_with_facts(contract),
            "form": form,
            "entered": entered,
        },
    )


def _read(request: HttpRequest, contract: Contract, code: str) -> tuple[Read, date, Terms]:
    terms = _terms(contract)
    month = _month(request, contract, terms)
    _, entered = _entered(request, contract, terms, month)
    for one in read_month(contract, month, entered=entered, terms=terms):
        if one.reading.code == code:
            return one, month, terms
    raise Http404("no such reading")


@clause("S-3.3.2-evolution")
@reads(*READERS)
def reading_effect(request: HttpRequest, contract: Contract, code: str) -> HttpResponse:
    """One reading: each option beside the retained one, the letter, what was asked and answered."""
    one, month, _ = _read(request, contract, code)
    questions = ReadingQuestion.objects.filter(contract=contract, reading=code)
    is_contractor = Role.SUPERVISOR in request.roles  # type: ignore[attr-defined]
    return render(
        request,
        "readings/one.html",
        {
            "heading": one.reading.question,
            "read": one,
            "month": month,
            "state": STATES[one.standing],
            "effects": [(rival, effect_written(rival)) for rival in one.rivals],
            "events": [event for question in questions for event in _events(question, contract)],
            "may_ask": is_contractor and one.standing in {"OPEN", "ANSWERED"},
            "may_answer": is_contractor and one.standing == "ASKED",
            "is_contractor": is_contractor,
            "query": request.GET.urlencode(),
        },
    )


def _events(question: ReadingQuestion, contract: Contract) -> list[Event]:
    place = reverse("reading_file", args=[contract.code, question.letter_sha256])
    found = [
        Event(
            question.asked_on,
            "Question posée à l’acheteur",
            "La lettre, telle que partie",
            "info",
            link=place,
        )
    ]
    if question.answered_on is not None:
        link = (
            reverse("reading_file", args=[contract.code, question.document_sha256])
            if question.document_sha256
            else ""
        )
        found.insert(
            0, Event(question.answered_on, "Réponse de l’acheteur", question.answer, "good", link=link)
        )
    return found


@clause("S-3.3.2-evolution")
@reads(*READERS)
def reading_letter(request: HttpRequest, contract: Contract, code: str, extension: str) -> HttpResponse:
    """The ready letter, as a PDF or as text; nothing is recorded."""
    one, month, _ = _read(request, contract, code)
    today = timezone.localdate()
    name = f"question-{contract.code}-{code}"
    if extension == "pdf":
        response = HttpResponse(
            letter_pdf(contract, one, month=month, on=today), content_type="application/pdf"
        )
    elif extension == "txt":
        response = HttpResponse(
            letter_text(contract, one, month=month, on=today), content_type="text/plain; charset=utf-8"
        )
    else:
        raise Http404("no such file")
    response["Content-Disposition"] = f'attachment; filename="{name}.{extension}"'
    return response


@clause("S-3.3.2-evolution")
@reads(*READERS)
def reading_file(request: HttpRequest, contract: Contract, sha256: str) -> HttpResponse:
    """A letter as it left, or the document of an answer."""
    known = ReadingQuestion.objects.filter(contract=contract)
    letter = known.filter(letter_sha256=sha256).exists()
    answered = known.filter(document_sha256=sha256).exclude(document_sha256="").first()
    if not letter and answered is None:
        raise Http404("no such file")
    try:
        content = files.read(sha256, contract=contract.code)
    except (files.FileLost, files.FileAltered) as fault:
        raise Http404("the kept file is gone or altered") from fault
    response = HttpResponse(content, content_type="application/pdf" if letter else "application/octet-stream")
    name = f"lettre-{sha256[:8]}.pdf" if letter else f"reponse-{sha256[:8]}{_ending(answered)}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _ending(question: ReadingQuestion | None) -> str:
    ending = "." + question.document_name.rpartition(".")[2].lower() if question else ""
    return ending if ending[1:].isalnum() and len(ending) <= 6 else ""


@clause("S-3.3.2-evolution")
@acts(Role.SUPERVISOR)
def reading_ask(request: HttpRequest, contract: Contract, code: str) -> HttpResponse:
    """Note that the letter leaves today, and keep it."""
    one, month, _ = _read(request, contract, code)
    page = f"{reverse('reading_effect', args=[contract.code, code])}?{request.GET.urlencode()}"
    now = timezone.now()
    if request.method == "POST":
        letter = letter_pdf(contract, one, month=month, on=timezone.localdate(now))
        try:
            services.ask_question(
                contract=contract, reading=code, letter=letter, actor=_actor(request), at=now
            )
        except services.AlreadyAsked as waiting:
            messages.info(
                request,
                f"La question est posée depuis le {date_fr(waiting.question.asked_on)} : elle attend sa réponse.",
            )
        else:
            messages.success(request, "La question est notée comme posée, et sa lettre conservée.")
        return redirect(page)
    return render(
        request,
        "ui/confirm.html",
        {
            "heading": "Noter la question comme posée",
            "consequences": [
                "La lettre est conservée telle qu’elle est aujourd’hui, avec son empreinte au journal.",
                "Titulaire n’envoie rien : transmettez la lettre par le canal du marché.",
            ],
            "facts": [("Question", one.reading.ask), ("Effets montrés", month_fr(month))],
            "action_label": "Noter comme posée",
            "cancel_url": page,
        },
    )


@clause("S-3.3.2-evolution")
@acts(Role.SUPERVISOR)
def reading_answer(request: HttpRequest, contract: Contract, code: str) -> HttpResponse:
    """Keep the buyer's answer."""
    reading = _terms(contract).readings.get(code)
    question = last_questions(contract).get(code)
    if reading is None or question is None:
        raise Http404("no such question")
    form = AnswerForm(request.POST or None, request.FILES or None, reading=reading)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        document = given["document"]
        try:
            services.answer_question(
                question=question,
                answered_on=given["answered_on"],
                answer=given["answer"],
                option=given["option"],
                document=document.read() if document else b"",
                document_name=str(document.name)[:200] if document else "",
                actor=_actor(request),
                at=timezone.now(),
            )
        except services.AnsweredOutOfTime:
            form.add_error(
                "answered_on",
                f"Choisissez une date entre la question, le {date_fr(question.asked_on)}, et aujourd’hui.",
            )
        except services.AlreadyAnswered:
            form.add_error(None, "Cette question a déjà sa réponse.")
        else:
            messages.success(request, "La réponse est conservée. Une autre lecture se convient à part.")
            return redirect("reading_effect", contract.code, code)
    return render(
        request,
        "readings/answer.html",
        {"heading": "Noter la réponse", "reading": reading, "question": question, "form": form},
        status=422 if form.is_bound else 200,
    )


def _actor(request: HttpRequest) -> str:
    assert isinstance(request.user, User)  # noqa: S101 - the access line let a person in
    return request.user.actor
