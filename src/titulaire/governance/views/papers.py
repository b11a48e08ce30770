"""The contractor's papers: what is valid, what ends soon, what is missing."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from titulaire.governance import queries, services
from titulaire.governance.forms import PaperForm
from titulaire.governance.models import Evidence
from titulaire.governance.rules import Validity
from titulaire.governance.views import CONTRACTOR, READERS, actor, form_page, kept_file, posted, roles
from titulaire.governance.wording import PAPERS, VALIDITIES
from titulaire.identity.access import acts, reads
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role
from titulaire.ui.formats import list_fr, number
from titulaire.ui.parts import Figure
from titulaire.ui.tables import Choice, Column, Period, Search, Table

KEEPERS = (*CONTRACTOR, Role.CSO)


@reads(*READERS)
def papers(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Every paper with where it stands today."""
    rows = queries.papers_of(contract, on=timezone.localdate())
    may_act = bool(set(KEEPERS) & roles(request))
    table = Table(
        request,
        rows,
        name=f"justificatifs-{contract.code}",
        caption="Justificatifs",
        noun="pièce",
        order="last_on",
        columns=[
            Column(
                "title",
                "Pièce",
                value="evidence.title",
                link=lambda row: reverse("paper_file", args=[contract.code, row.evidence.pk]),
                sort="yes",
            ),
            Column("kind", "Nature", value=lambda row: PAPERS[row.evidence.kind], sort="yes"),
            Column("issuer", "Délivrée par", value="evidence.issuer", shown=False),
            Column("issued_on", "Délivrée le", value="evidence.issued_on", kind="date", sort="yes"),
            Column("last_on", "Valable jusqu’au", value="evidence.last_on", kind="date", sort="yes"),
            Column("state", "État", value="validity", kind="status", statuses=VALIDITIES, sort="yes"),
            Column("sha256", "Empreinte", value="evidence.sha256", shown=False),
            Column(
                "print",
                "Empreinte",
                value=lambda row: row.evidence.sha256[:12],
                exported=False,
            ),
        ],
        filters=[
            Search(
                "evidence.title",
                "evidence.issuer",
                "evidence.file_name",
                label="Intitulé, organisme ou fichier",
            ),
            Choice("nature", "Nature", list(PAPERS.items()), field="evidence.kind", every="Toutes"),
            Choice(
                "etat",
                "État",
                [(code, status.label) for code, status in VALIDITIES.items()],
                field="validity",
            ),
            Period("fin", "Valable jusqu’au", field="evidence.last_on"),
        ],
        empty="Aucune pièce déposée.",
        empty_action=("Déposer une pièce", reverse("paper_keep", args=[contract.code])) if may_act else None,
    )
    counts = {code: sum(row.validity is code for row in rows) for code in Validity}
    missing = [PAPERS[kind.value] for kind in queries.papers_missing(rows)]
    figures = [
        Figure("Valables", number(counts[Validity.VALID])),
        Figure("Expirent dans les trente jours", number(counts[Validity.SOON])),
        Figure("Expirées", number(counts[Validity.EXPIRED])),
    ]
    return table.response(
        "governance/papers.html", {"may_act": may_act, "figures": figures, "missing": list_fr(missing)}
    )


@acts(*KEEPERS)
def paper_keep(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Keep a paper with its file."""
    renewable = list(Evidence.objects.filter(contract=contract, replaced_by_paper__isnull=True))
    form = PaperForm(posted(request), request.FILES or None, renewable=renewable)
    if request.method == "POST" and form.is_valid():
        try:
            kept = services.keep_evidence(
                contract=contract, actor=actor(request), at=timezone.now(), **form.given()
            )
        except services.AlreadyReplaced:
            form.add_error("replaces", "Cette pièce vient d’être renouvelée par une autre.")
        else:
            messages.success(request, f"« {kept.title} » déposée.")
            return redirect("papers", contract.code)
    return form_page(
        request,
        form,
        heading="Déposer une pièce",
        label="Déposer la pièce",
        back=("Justificatifs", reverse("papers", args=[contract.code])),
    )


@reads(*READERS)
def paper_file(request: HttpRequest, contract: Contract, paper: int) -> HttpResponse:
    """The file of a paper, as it was kept."""
    found = Evidence.objects.filter(contract=contract, pk=paper).first()
    if found is None:
        raise Http404("no such paper")
    return kept_file(request, contract, found.sha256, found.file_name)
