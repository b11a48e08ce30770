"""What every page's frame needs."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def house(request: HttpRequest) -> dict[str, object]:
    """The contract in hand, if any, and whether this is the demo."""
    return {"contract": getattr(request, "contract", None), "demo": settings.DEMO}
