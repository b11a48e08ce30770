"""Activation, the people of a contract, and the demo's way in."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from titulaire.identity.access import public, reads
from titulaire.identity.forms import ActivationForm
from titulaire.identity.models import Contract, Membership, User
from titulaire.identity.roles import Role
from titulaire.identity.services import LinkRefused, activate, invited
from titulaire.ui.tables import Column, Search, Status, Table

REFUSED_LINK = {
    "UNKNOWN": "Ce lien n’est pas reconnu.",
    "USED": "Ce lien a déjà servi : il ne sert qu’une fois.",
    "WITHDRAWN": "Ce lien a été remplacé par un plus récent.",
    "EXPIRED": "Ce lien a plus de 24 heures.",
}
PASSWORD_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"  # noqa: S105 - a dotted name


@public
@sensitive_post_parameters()
@never_cache
def activation(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a password by a single-use link."""
    now = timezone.now()
    try:
        person = invited(token=token, at=now).user
        form = ActivationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                user = activate(token=token, password=form.cleaned_data["password"], at=now)
            except ValidationError as refusal:
                form.add_error("password", refusal)
            else:
                login(request, user, backend=PASSWORD_BACKEND)
                return redirect(settings.LOGIN_REDIRECT_URL)
    except LinkRefused as refusal:
        return render(
            request, "identity/activation_refused.html", {"reason": REFUSED_LINK[refusal.reason]}, status=410
        )
    return render(request, "identity/activation.html", {"form": form, "person": person})


@reads(Role.BUYER_MANAGER, Role.VOUCHER_OPERATOR, Role.SUPERVISOR, Role.CSO, Role.AUDITOR, names_people=True)
def people(request: HttpRequest, contract: Contract) -> HttpResponse:
    """Who holds which role on the contract, now and before."""
    today = timezone.localdate()
    table = Table(
        request,
        Membership.objects.filter(contract=contract).select_related("user__organisation"),
        caption="Rôles",
        name=f"equipe-{contract.code}",
        noun="rôle",
        order="user__last_name",
        columns=[
            Column("person", "Personne", value=lambda held: str(held.user), sort="user__last_name"),
            Column("email", "Adresse électronique", value=lambda held: held.user.email),
            Column("organisation", "Organisation", value=lambda held: str(held.user.organisation)),
            Column("role", "Rôle", value=lambda held: held.label, sort="role"),
            Column("since", "Depuis le", kind="date", sort="since"),
            Column("until", "Jusqu’au (non compris)", kind="date", sort="until"),
            Column(
                "state",
                "État",
                kind="status",
                value=lambda held: "PAST" if held.until and held.until <= today else "HELD",
                statuses={
                    s.code: s for s in (Status("HELD", "Tenu", "good"), Status("PAST", "Terminé", "calm"))
                },
            ),
        ],
        filters=[Search("user__last_name", "user__first_name", "user__email")],
        empty="Personne ne tient de rôle sur ce marché.",
    )
    return table.response("identity/people.html", {})


@public
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """In the demo only: become one of its invented people."""
    if not settings.DEMO:
        raise Http404
    person = get_object_or_404(User, pk=request.POST.get("person", 0), email__endswith="@demo.example")
    login(request, person, backend=PASSWORD_BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL)
