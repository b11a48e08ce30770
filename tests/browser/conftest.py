"""A browser for the whole run; its tests skip on a machine without Chromium."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.browser import pages


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not pages.chromium():
        pytest.skip("no Chromium on this machine: set CHROMIUM to its path")
    # Playwright's synchronous interface keeps an event loop in this thread; Django then believes that the
    # test itself is asynchronous and refuses its queries. It is not: the loop only runs inside Playwright.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with pages.open_browser() as opened:
            yield opened
    finally:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
        if before is not None:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new, private window; the page's own errors and refused resources fail the test."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="fr-FR", timezone_id="Europe/Paris"
    )
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))

    def hear(said: ConsoleMessage) -> None:
        # A page that is itself a refusal is said to have failed: that is not a fault of the page.
        if said.type == "error" and said.location.get("url") != opened.url:
            complaints.append(said.text)

    opened.on("console", hear)
    yield opened
    context.close()
    assert complaints == []
