"""A real agent on a PC, set up by the code of the portal: shown there, and missed when it is silent."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect
from psycopg.conninfo import conninfo_to_dict

from bookbridge.server.passing_database import passing_database
from bookbridge_agent import connection_code
from tests import roles
from tests.agent.pc import DEADLINE_S, Pc, wait_until
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.steps import check_accessibility
from tests.server.drop_box.served import OWNER, PASSWORD, Served, served

pytestmark = pytest.mark.journey
# The server is another process with a database of its own. Three hours pass, and a worker looks twice.
_LET_TIME_PASS = """
import sys
from datetime import timedelta
from uuid import UUID
from bookbridge.server.start import load_django
load_django()
from django.utils import timezone
from bookbridge.exchange import silence
from bookbridge.integrations.models import Agent
from bookbridge.organisations.models import Notice
from bookbridge.organisations.walls import acting_for
company = UUID(sys.argv[1])
with acting_for(company):
    Agent.objects.update(heard_at=timezone.now() - timedelta(hours=3))
silence.announce()
silence.announce()
with acting_for(company):
    print(*(f"{kind} {email}" for kind, email in Notice.objects.values_list("kind", "user__email")), sep=chr(10))
"""


class Installation(NamedTuple):
    server: Served
    environment: dict[str, str]

    def runs(self, script: str, *words: str) -> str:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("BOOKBRIDGE_")}
        done = subprocess.run(
            [sys.executable, "-c", script, *words],
            env={**plain, **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with passing_database(os.environ["DATABASE_OWNER_URL"], "bookbridge_journey") as url:
        addresses = roles.addresses(str(conninfo_to_dict(url)["dbname"]))
        with served(tmp_path / "installation", **addresses) as server:
            own = {
                "BOOKBRIDGE_DATA": str(tmp_path / "installation" / "data"),
                "BOOKBRIDGE_STORAGE": str(server.storage),
            }
            yield Installation(server, {**addresses, **own})


@pytest.fixture
def page(browser: Browser, installation: Installation) -> Iterator[Page]:
    trouble: list[str] = []
    address = installation.server.agent.address
    context = browser.new_context(base_url=address, viewport=DESKTOP, locale="en-GB", reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.on("console", lambda said: trouble.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    yield page
    context.close()
    assert trouble == []


def look_at(page: Page, name: str, picture: Callable[[Page, str], None]) -> None:
    """At both widths."""
    for width, size in (("phone", PHONE), ("desktop", DESKTOP)):
        page.set_viewport_size(size)
        check_accessibility(page)
        picture(page, f"{name}-{width}")


def test_a_pc_is_set_up_by_a_code_shown_and_missed(
    page: Page, installation: Installation, tmp_path: Path, picture: Callable[[Page, str], None]
) -> None:
    company, integration = installation.server.agent.home.split("/")
    place = f"/companies/{company}/integrations/{integration}/"
    page.goto("/")
    page.locator("input[name=login]").fill(OWNER)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator('main form[action="/accounts/login/"] button').click()
    page.wait_for_url(lambda address: "/accounts/" not in address)
    page.goto(f"{place}drop-box/")
    expect(page.get_by_text("No PC has been heard of yet")).to_be_visible()
    look_at(page, "no-pc", picture)

    code = made_code(page, tmp_path, picture)
    pc = Pc(tmp_path, installation.server)
    try:
        added = pc.agent("add", "--code", "--source", str(pc.source), typed=code, BOOKBRIDGE_AGENT_SECRET="")
        assert (added.returncode, added.stdout) == (0, "Reserveringen is added.\n"), added.stderr
        pc.change(settings={"settle_s": 0.05, "unfinished_s": 0.5, "fetch_every_s": 0.5})
        (pc.source / "fmuta6.csv").write_bytes(b"made up\r\n")
        pc.start()
        wait_until(lambda: pc.archived() == [b"made up\r\n"], "the file did not arrive")
        assert pc.arrived() == [("fmuta6.csv", b"made up\r\n")]
        wait_until(lambda: shows(page, f"{place}drop-box/", "fmuta6.csv ·"), "the PC is not shown")
        expect(page.get_by_text("In touch")).to_be_visible()
        look_at(page, "pc-alive", picture)
    finally:
        pc.end()

    assert installation.runs(_LET_TIME_PASS, company).split("\n")[:-1] == [f"agent {OWNER}"]
    page.goto(place)
    expect(page.get_by_role("link", name="1 PC has gone silent")).to_be_visible()
    look_at(page, "pc-silent", picture)
    page.goto(f"{place}drop-box/")
    page.get_by_role("button", name="Forget this PC").press("Enter")
    expect(page.get_by_text("Reserveringen is forgotten")).to_be_visible()
    expect(page.get_by_text("No PC has been heard of yet")).to_be_visible()


def made_code(page: Page, folder: Path, picture: Callable[[Page, str], None]) -> str:
    """The code of a new key, which is the same in the page, on the clipboard and in the file."""
    page.get_by_label("What will use the key").fill("Kassa-pc")
    page.keyboard.press("Enter")
    code = page.get_by_label("Connection code").input_value()
    assert connection_code.read(code).name == "Reserveringen"
    page.get_by_role("button", name="Copy the code").press("Enter")
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as a file").press("Enter")
    download.value.save_as(folder / "code.txt")
    assert (folder / "code.txt").read_text() == code
    look_at(page, "code", picture)
    return code


def shows(page: Page, address: str, text: str) -> bool:
    page.goto(address)
    return text in page.locator("main").inner_text()
