"""How far a site may be, and what a workstation must have. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from titulaire.clauses import clause

_MOBILE = re.compile(r"^(\+33|0033|0)[67]")


class SiteKind(StrEnum):
    """What a site is for."""

    PRODUCTION = "PRODUCTION"
    BACKUP = "BACKUP"


class Place(StrEnum):
    """Where somebody worked on a day."""

    SITE = "SITE"
    HOME = "HOME"
    BOTH = "BOTH"


@dataclass(frozen=True, slots=True)
class Minimum:
    """What the contract asks of a workstation: gigabytes, score of the processor, pixels, browsers by version."""

    items: tuple[str, ...]
    ram_gb: int
    cpu_score: int
    width: int
    height: int
    telephony_browsers: Mapping[str, tuple[int, ...]]
    portal_browsers: Mapping[str, tuple[int, ...]]
    landline: bool


@dataclass(frozen=True, slots=True)
class Workstation:
    """What was found at somebody's place. `agreed` names the buyer's agreement to a mobile phone."""

    items: tuple[str, ...]
    ram_gb: int
    cpu_score: int
    width: int
    height: int
    browser: str
    version: str
    phone: str
    agreed: str = ""


@clause("S-3.2-sites")
def within_reach(rail_minutes: int, most: int) -> bool:
    """Whether a site is near enough to a CPAM by rail: the limit itself is."""
    return rail_minutes <= most


def version_of(text: str) -> tuple[int, ...]:
    """The numbers of a version, to compare; none when it cannot be read."""
    return tuple(int(part) for part in text.split(".")) if re.fullmatch(r"\d+(\.\d+)*", text) else ()


def browsers_of(texts: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Browsers and their least version, from texts such as « Firefox 78.0.2 »."""
    found = (text.rpartition(" ") for text in texts)
    return {name: version_of(version) for name, _, version in found}


def browsers_in(table: Mapping[str, Decimal]) -> dict[str, tuple[int, ...]]:
    """Browsers and their least version, from a table of numbers."""
    return {name: version_of(format(version.normalize(), "f")) for name, version in table.items()}


@clause("S-10.1-odigo", "S-10.1.2-psn1")
def accepts(browser: str, version: str, least: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether a browser is among those accepted, in a late enough version.

    Chrome and Edge are built on Chromium: where Chromium is accepted and they are not named, its version judges.
    """
    asked = least.get(browser) or (least.get("Chromium") if browser in {"Chrome", "Edge"} else None)
    found = version_of(version)
    return bool(asked and found and found >= asked)


@clause("S-10.1-odigo")
def is_mobile(phone: str) -> bool:
    """Whether a French number is a mobile's."""
    return bool(_MOBILE.match(re.sub(r"[\s.()-]", "", phone)))


@clause("S-10.1.4-materiel", "S-10.1-odigo", "S-10.1.2-psn1")
def shortfalls(found: Workstation, least: Minimum) -> tuple[str, ...]:
    """What a workstation lacks: the names of missing items, then codes."""
    codes = {
        "RAM": found.ram_gb < least.ram_gb,
        "CPU": found.cpu_score < least.cpu_score,
        "SCREEN": found.width < least.width or found.height < least.height,
        "TELEPHONY_BROWSER": not accepts(found.browser, found.version, least.telephony_browsers),
        "PORTAL_BROWSER": not accepts(found.browser, found.version, least.portal_browsers),
        "MOBILE": least.landline and is_mobile(found.phone) and not found.agreed,
    }
    missing = tuple(item for item in least.items if item not in found.items)
    return missing + tuple(code for code, lacks in codes.items() if lacks)


def pixels(text: str) -> tuple[int, int]:
    """Width and height of « 1680 × 1050 »."""
    width, height = re.findall(r"\d+", text)
    return int(width), int(height)


@clause("S-3.3.2-plateaux", "S-8.1-teletravail")
def place_faults(
    place: Place, sites: Collection[str], *, known: bool, posted_to: str, telework: str
) -> tuple[str, ...]:
    """What the facts of a day say that the register does not allow: codes.

    `telework`: NO, OPEN, or CLOSED while the check of the workstation at home is missing.
    """
    if not known:
        return ("UNKNOWN",)
    at_home, on_site = place is not Place.SITE, place is not Place.HOME
    faults = {
        "NO_TELEWORK": at_home and telework == "NO",
        "NOT_CHECKED": at_home and telework == "CLOSED",
        "OTHER_SITE": on_site and bool(sites) and posted_to not in sites,
    }
    return tuple(code for code, is_so in faults.items() if is_so)
