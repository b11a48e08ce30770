"""Who may open a view: one line above each of them.

    @reads(Role.BUYER_MANAGER, Role.AUDITOR)
    def order_list(request, contract): ...

The address of a contract's view carries `<slug:contract>`; the view receives the `Contract` itself, already
checked. A contract on which the person holds no role answers exactly like one that does not exist.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.utils import timezone

from titulaire.identity.models import KINDS, Contract, MachineKey, Membership, User
from titulaire.identity.roles import Role
from titulaire.identity.rules import key_digest
from titulaire.journal.services import record

View = Callable[..., HttpResponseBase]
Key = TypeVar("Key", bound=MachineKey)


@dataclass(frozen=True, slots=True)
class AccessLine:
    """What a view declares: `kind` is PUBLIC, SIGNED_IN, READS or ACTS; roles for the last two."""

    kind: str
    roles: frozenset[Role] = frozenset()
    names_people: bool = False
    half: str = ""

    def opens(self, contract: Contract, held: frozenset[Role]) -> bool:
        """Whether someone who holds these roles on the contract may open the view."""
        return self.half in {"", contract.kind} and bool(self.roles & held)


def _half(view: View) -> str:
    """The kind of contract whose pages this view belongs to, from its room; "" for the kernel's views."""
    room = view.__module__.split(".")[1].upper()
    return room if room in KINDS else ""


class ReadingViewWrote(RuntimeError):
    """A view declared with `reads` sent a statement that writes: a bug, not a user's mistake."""


def _refuse_writes(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    verb = sql.lstrip("( \n").split(None, 1)[0].upper() if sql.strip() else ""
    if verb not in {"SELECT", "WITH", "EXPLAIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET", "SHOW"}:
        raise ReadingViewWrote(sql.split(None, 4)[:4])
    if verb == "WITH" and any(word in sql.upper() for word in ("INSERT ", "UPDATE ", "DELETE ")):
        raise ReadingViewWrote("WITH … that writes")
    return execute(sql, params, many, context)


@contextmanager
def read_only() -> Iterator[None]:
    """Refuse every statement that writes while the block runs."""
    with connection.execute_wrapper(_refuse_writes):
        yield


def roles_of(user: User, contract: Contract) -> frozenset[Role]:
    """The roles that the person holds today on the contract."""
    today = timezone.localdate()
    held = Membership.objects.filter(user=user, contract=contract).current(on=today)
    return frozenset(Role(role) for role in held.values_list("role", flat=True))


def public(view: View) -> View:
    """Anyone may open this view."""

    @functools.wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    opened.access = AccessLine("PUBLIC")  # type: ignore[attr-defined]
    return opened


def signed_in(view: View) -> View:
    """Any person with an account may open this view."""

    @functools.wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    opened.access = AccessLine("SIGNED_IN")  # type: ignore[attr-defined]
    return opened


def reads(*roles: Role, names_people: bool = False) -> Callable[[View], View]:
    """These roles may open this view, which cannot write.

    `names_people`: the page shows people by name or address; each opening is recorded in the journal.
    """

    def declare(view: View) -> View:
        line = AccessLine("READS", frozenset(roles), names_people, _half(view))

        @functools.wraps(view)
        def opened(request: HttpRequest, *args: Any, contract: str, **kwargs: Any) -> HttpResponseBase:
            gate = _enter(request, contract, line)
            if isinstance(gate, HttpResponse):
                return gate
            if request.method not in {"GET", "HEAD"}:
                return HttpResponseNotAllowed(["GET", "HEAD"])
            response = _read(view, request, gate, *args, **kwargs)
            if names_people and response.status_code == 200:
                with transaction.atomic():
                    record(
                        contract=gate.code,
                        actor=cast(User, request.user).actor,
                        at=timezone.now(),
                        act="READ",
                        target=request.path,
                    )
            return response

        opened.access = line  # type: ignore[attr-defined]
        return opened

    return declare


def acts(*roles: Role) -> Callable[[View], View]:
    """These roles may open this view, which may change things (POST) after showing a form (GET)."""

    def declare(view: View) -> View:
        line = AccessLine("ACTS", frozenset(roles), half=_half(view))

        @functools.wraps(view)
        def opened(request: HttpRequest, *args: Any, contract: str, **kwargs: Any) -> HttpResponseBase:
            gate = _enter(request, contract, line)
            if isinstance(gate, HttpResponse):
                return gate
            if request.method not in {"GET", "HEAD", "POST"}:
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            if request.method != "POST":
                return _read(view, request, gate, *args, **kwargs)
            return view(request, gate, *args, **kwargs)

        opened.access = line  # type: ignore[attr-defined]
        return opened

    return declare


def _read(
    view: View, request: HttpRequest, contract: Contract, *args: Any, **kwargs: Any
) -> HttpResponseBase:
    """The view's answer, rendered while nothing may be written: a late template could still query."""
    with read_only():
        response = view(request, contract, *args, **kwargs)
        if hasattr(response, "render") and not getattr(response, "is_rendered", True):
            response.render()
    return response


def _enter(request: HttpRequest, code: str, line: AccessLine) -> Contract | HttpResponse:
    """The contract, once the person is known to hold one of the roles; else the answer to give."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    contract = Contract.objects.filter(code=code).select_related("buyer", "contractor").first()
    held = roles_of(request.user, contract) if contract else frozenset()
    if contract is None or not held or line.half not in {"", contract.kind}:
        raise Http404("no such page")
    if not line.opens(contract, held):
        raise PermissionDenied
    request.contract = contract  # type: ignore[attr-defined]
    request.roles = held  # type: ignore[attr-defined]
    return contract


def live_key(kind: type[Key], contract_code: str, secret: str) -> Key | None:
    """The live key of that contract with this text, if there is one."""
    found = kind.objects.filter(  # type: ignore[attr-defined]
        contract__code=contract_code, digest=key_digest(secret), revoked_at__isnull=True
    )
    return cast("Key | None", found.select_related("contract").first())


def key_of(request: HttpRequest, kind: type[Key], contract_code: str) -> Key | None:
    """The live key that a machine's request bears, `Authorization: Bearer …`, if it opens that contract."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    return live_key(kind, contract_code, secret) if scheme.lower() == "bearer" and secret else None


def too_often(what: str, who: str, *, most: int) -> bool:
    """Whether `who` has asked for `what` more than `most` times in the present minute; counts this time."""
    key = f"{what}:{who}:{int(time.time() // 60)}"
    cache.add(key, 0, 120)
    try:
        return bool(cache.incr(key) > most)
    except ValueError:  # the entry was evicted meanwhile: count from here
        return False
