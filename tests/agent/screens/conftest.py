"""A real agent at work on a PC, its screens in a real browser, and the real drop box."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.agent.conftest import pc
from tests.agent.pc import Pc, wait_until
from tests.journeys.conftest import DESKTOP, picture
from tests.server.drop_box.conftest import running_server, server

RENAMED = """([from, to]) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(from, to);
  for (const field of document.querySelectorAll("input, button")) field.value = field.value.replaceAll(from, to);
}"""
"""Pictures show no folder of the machine they were made on."""

__all__ = ["pc", "picture", "running_server", "server"]


class Desktop:
    """The PC's screens: the agent at work, and browsers that came in by its link."""

    def __init__(self, pc: Pc, browser: Browser) -> None:
        self.pc = pc
        self._browser = browser
        self._contexts: list[Any] = []
        self.trouble: list[str] = []

    def start(self, **settings: Any) -> None:
        self.pc.home.mkdir(exist_ok=True)
        quick = {"settle_s": 0.05, "unfinished_s": 0.5, "fetch_every_s": 0.5, **settings}
        path = self.pc.home / "configuration.json"
        if not path.exists():
            path.write_text(json.dumps({"installation": "0" * 32, "settings": quick}))
        self.pc.start()
        wait_until((self.pc.home / "screens.json").exists, "it does not begin to serve")

    @property
    def address(self) -> str:
        return str(json.loads((self.pc.home / "screens.json").read_text())["address"]).rstrip("/")

    def link(self) -> str:
        printed = self.pc.agent("screens", "--print")
        assert printed.returncode == 0, printed.stderr
        return printed.stdout.strip()

    def page(self, *, is_in: bool = True, **options: Any) -> Page:
        """In a context of its own. The test fails when a page breaks its security policy or throws."""
        given = {"viewport": DESKTOP, "locale": "en-GB", "reduced_motion": "reduce", **options}
        context = self._browser.new_context(base_url=self.address, **given)
        context.set_default_timeout(20_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.trouble.append(f"script: {error}"))
        page.on("console", lambda said: self.trouble.append(said.text) if "Security Policy" in said.text else None)
        if is_in:
            page.goto(self.link())
        return page

    def kept(self) -> list[dict[str, Any]]:
        read: dict[str, Any] = json.loads((self.pc.home / "configuration.json").read_text())
        kept: list[dict[str, Any]] = read.get("synchronisations", [])
        return kept

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def desktop(pc: Pc, browser: Browser) -> Iterator[Desktop]:
    made = Desktop(pc, browser)
    yield made
    made.close()
    assert made.trouble == []


def fill(page: Page, pc: Pc, **changed: str) -> None:
    """Every field that a person has to fill in."""
    company, integration = pc.server.agent.home.split("/")
    given = {
        "name": "ERP",
        "source": str(pc.source),
        "sales_output": str(pc.output),
        "access_key": pc.server.agent.key,
        "secret": pc.server.agent.secret,
        "company": company,
        "integration": integration,
        "endpoint": pc.server.agent.address,
        **changed,
    }
    for name, value in given.items():
        page.locator(f"#{name}").fill(value)


def press(page: Page, do: str) -> None:
    with page.expect_navigation():
        page.locator(f'button.button[name=do][value="{do}"]').click()


def errors(page: Page) -> dict[str, str]:
    """What is refused, by the field at which it stands."""
    found = page.locator("[data-live] .error")
    return {
        str(each.locator("..").get_attribute("id")).removeprefix("said-"): each.inner_text() for each in found.all()
    }
