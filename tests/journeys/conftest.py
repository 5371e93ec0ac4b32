"""A real browser against the real server. With KEEP_PICTURES=yes the pictures of docs/pictures are made anew."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
KEEP_PICTURES = os.environ.get("KEEP_PICTURES") == "yes"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def open_page(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context of its own. The test fails when the page breaks its security policy or throws."""
    contexts = []
    trouble: list[str] = []

    def make(**options: Any) -> Page:
        context = browser.new_context(
            base_url=live_server.url, **{"viewport": DESKTOP, "locale": "en-GB", "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(f"script: {error}"))
        page.on("console", lambda said: trouble.append(said.text) if "Content Security Policy" in said.text else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Takes a picture of the whole page under a name, when pictures are kept: nobody would look at another."""

    def take(page: Page, name: str) -> None:
        if KEEP_PICTURES:
            PICTURES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=PICTURES / f"{name}.png", full_page=True, animations="disabled")

    return take


@pytest.fixture
def public_address(live_server: Any, settings: Any) -> Iterator[str]:
    """Where links in mails lead: to the browser's server. No throttle remembers another test."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, public_url=live_server.url)
    cache.clear()
    yield live_server.url
    cache.clear()
