"""A real browser on the real pages: what a person sees, and what axe-core finds wrong with it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

AXE = Path(__file__).with_name("axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW = 320
"""The width, in CSS pixels, at which nothing may scroll sideways (WCAG 1.4.10)."""
TARGET = 24
"""The least side of what is pressed, in CSS pixels (WCAG 2.5.8)."""


@dataclass(frozen=True)
class Violation:
    """One rule broken, and where."""

    rule: str
    impact: str
    help: str
    targets: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule} ({self.impact}): {self.help}: {', '.join(self.targets[:5])}"


def chromium() -> str | None:
    """The browser to drive: the CHROMIUM environment variable, or the one of the machine."""
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium without a window, which fetches nothing by itself."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        try:
            yield browser
        finally:
            browser.close()


def audit(page: Page) -> list[Violation]:
    """What axe-core refuses on the page as it stands: WCAG 2.0 to 2.2, A and AA, and good practice."""
    # Through the debugger, not a script element: the page's own security policy stays in force.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})",
        RULES,
    )
    return [
        Violation(
            each["id"],
            each["impact"] or "",
            each["help"],
            tuple(" ".join(map(str, node["target"])) for node in each["nodes"]),
        )
        for each in found["violations"]
    ]


def reflow(page: Page, width: int = NARROW) -> int:
    """How many pixels of the page stand outside a window of that width: 0 is what we want."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 800})
    beyond: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if before:
        page.set_viewport_size(before)
    return beyond


def tab_stops(page: Page, limit: int = 400) -> list[str]:
    """What the Tab key reaches, in its order, as `tag#id.class text`; the page must not trap it."""
    page.evaluate("document.activeElement?.blur(); window.scrollTo(0, 0)")
    stops: list[str] = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        stop: str = page.evaluate(
            """() => {
                const it = document.activeElement;
                if (!it || it === document.body) return "";
                const text = (it.innerText || it.getAttribute("aria-label") || it.name || "").trim();
                return `${it.tagName.toLowerCase()}${it.id ? "#" + it.id : ""} ${text.slice(0, 40)}`.trim();
            }"""
        )
        if not stop:
            return stops
        stops.append(stop)
    raise AssertionError(f"the Tab key did not leave the page after {limit} stops")


def unseen_focus(page: Page, limit: int = 400) -> list[str]:
    """Elements that take the focus without showing it by an outline."""
    page.evaluate("document.activeElement?.blur()")
    unseen: list[str] = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        found: str | None = page.evaluate(
            """() => {
                const it = document.activeElement;
                if (!it || it === document.body) return null;
                const style = getComputedStyle(it);
                const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
                return seen ? "" : it.outerHTML.slice(0, 120);
            }"""
        )
        if found is None:
            return unseen
        if found:
            unseen.append(found)
    return unseen
