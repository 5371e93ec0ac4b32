"""Who has no business with the screens: other users of this computer, and pages of others in the same browser."""

import http.client
import json
import os
import re
import stat
import time
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Page

from tests.agent.pc import wait_until
from tests.agent.screens.conftest import Desktop
from tests.journeys.steps import check_accessibility

pytestmark = pytest.mark.journey
NAME = "ERP <script>alert(1)</script>"
FILE = "fmuta6 <img src=x onerror=alert(1)>.csv"


class Caller:
    """A program that may send what no browser would."""

    def __init__(self, address: str) -> None:
        self._place = urlsplit(address).netloc
        self.cookie = ""

    def ask(self, path: str, form: dict[str, str] | None = None, **headers: str | None) -> tuple[int, dict, str]:
        connection = http.client.HTTPConnection(self._place, timeout=30)
        given: dict[str, str | None] = {"Host": self._place, "Cookie": self.cookie or None}
        body = None
        if form is not None:
            body = urlencode(form)
            given |= {"Origin": f"http://{self._place}", "Content-Type": "application/x-www-form-urlencoded"}
        given |= headers
        sent = {name: value for name, value in given.items() if value is not None}
        connection.putrequest("GET" if form is None else "POST", path, skip_host=True)
        for name, value in sent.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode() if body is not None else None)
        answer = connection.getresponse()
        told = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
        connection.close()
        return told

    def come_in(self, link: str) -> None:
        status, headers, _ = self.ask(urlsplit(link).path)
        assert (status, headers["location"]) == (303, "/")
        self.cookie = headers["set-cookie"].partition(";")[0]


@pytest.fixture
def running(desktop: Desktop) -> Desktop:
    desktop.pc.add("--name", NAME)
    desktop.start()
    (desktop.pc.source / FILE).write_bytes(b"a\r\n")
    wait_until(lambda: len(desktop.pc.arrived()) == 1, "it does not work")
    return desktop


def test_who_has_no_key_sees_nothing_and_is_told_how_to_get_in(running: Desktop) -> None:
    caller = Caller(running.address)
    [kept] = running.kept()
    paths = ["/", "/synchronisations/", f"/synchronisations/{kept['id']}/", "/activity/", "/settings/", "/open/x", "/x"]
    for path in paths:
        status, headers, page = caller.ask(path)
        assert status == 403, path
        assert "bookbridge-agent screens" in page
        assert kept["integration"] not in page
        assert "set-cookie" not in headers
        assert "default-src 'none'" in headers["content-security-policy"]
    status, _, page = caller.ask(f"/synchronisations/{kept['id']}/delete/", {"token": "x"})
    assert status == 403
    caller.cookie = f"bookbridge_agent_{urlsplit(running.address).port}=guessed"
    assert caller.ask("/synchronisations/")[0] == 403
    assert len(running.kept()) == 1
    page = running.page(is_in=False, locale="fr-BE")
    page.goto("/synchronisations/")
    assert "Ouvrez les écrans" in page.locator("h1").inner_text()
    check_accessibility(page)


def test_a_link_opens_once_and_not_for_long(running: Desktop) -> None:
    link = running.link()
    assert stat.S_IMODE((running.pc.home / "screens.ticket").stat().st_mode) == 0o600
    assert stat.S_IMODE((running.pc.home / "screens.key").stat().st_mode) == 0o600
    caller = Caller(running.address)
    status, headers, _ = caller.ask(urlsplit(link).path)
    assert status == 303
    assert {"HttpOnly", "SameSite=Strict", f"Max-Age={365 * 24 * 3600}"} <= set(headers["set-cookie"].split("; "))
    assert link.rpartition("/")[2] not in headers["set-cookie"]
    assert Caller(running.address).ask(urlsplit(link).path)[0] == 403
    old = running.link()
    long_ago = time.time() - 3600
    os.utime(running.pc.home / "screens.ticket", (long_ago, long_ago))
    assert Caller(running.address).ask(urlsplit(old).path)[0] == 403


def test_a_browser_that_came_in_once_still_may_when_the_agent_began_anew(running: Desktop) -> None:
    caller = Caller(running.address)
    caller.come_in(running.link())
    port = urlsplit(running.address).port
    running.pc.end()
    running.pc.change(settings={"screens_port": port})
    (running.pc.home / "screens.json").unlink(missing_ok=True)
    running.start()
    assert Caller(running.address).ask("/synchronisations/")[0] == 403
    if urlsplit(running.address).port == port:
        assert caller.ask("/synchronisations/")[0] == 200


@pytest.mark.parametrize("host", ["evil.example.org", "127.0.0.1", "localhost.evil.example.org:80", "", "[::1]"])
def test_a_foreign_name_for_this_computer_is_refused(running: Desktop, host: str) -> None:
    caller = Caller(running.address)
    caller.come_in(running.link())
    for path in ("/", "/synchronisations/", "/static/screens.css", "/open/x"):
        status, headers, page = caller.ask(path, Host=host)
        assert (status, page) == (403, "Not here.")
        assert "set-cookie" not in headers


def test_localhost_is_this_computer_too(running: Desktop) -> None:
    caller = Caller(running.address)
    assert "bookbridge-agent screens" in caller.ask("/", Host=f"localhost:{urlsplit(running.address).port}")[2]


def token_in(page: str) -> str:
    found = re.search(r'name="token" value="(\w+)"', page)
    assert found
    return found[1]


def test_a_form_that_is_not_ours_does_nothing(running: Desktop) -> None:
    caller = Caller(running.address)
    caller.come_in(running.link())
    [kept] = running.kept()
    path = f"/synchronisations/{kept['id']}/delete/"
    token = token_in(caller.ask(path)[2])
    port = urlsplit(running.address).port
    for form, headers in (
        ({}, {}),
        ({"token": "guessed"}, {}),
        ({"token": token}, {"Origin": "https://evil.example.org"}),
        ({"token": token}, {"Origin": "null"}),
        ({"token": token}, {"Origin": f"http://127.0.0.1:{port + 1}"}),
        ({"token": token}, {"Origin": f"https://127.0.0.1:{port}"}),
        ({"token": token}, {"Origin": None}),
    ):
        status, _, page = caller.ask(path, form, **headers)
        assert status == 403, (form, headers)
        assert "did not come from a page of the agent" in page
    assert len(running.kept()) == 1
    assert caller.ask(path, {"token": token})[0] == 303
    assert running.kept() == []


def test_what_is_too_large_or_not_there_is_said(running: Desktop) -> None:
    caller = Caller(running.address)
    caller.come_in(running.link())
    assert caller.ask("/settings/", {"token": "x" * 400_000})[0] == 413
    for path in ("/synchronisations/nobody/", "/synchronisations/add/payroll/", "/x", "/static/../app.py"):
        assert caller.ask(path)[0] == 404, path
    assert caller.ask("/synchronisations")[0] == 308
    for _, headers, _ in (caller.ask("/activity/"), caller.ask("/static/screens.js")):
        assert headers["cache-control"] == "no-store"
        assert headers["x-frame-options"] == "DENY"
        assert "'unsafe-inline'" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers


def test_script_in_names_is_text(running: Desktop) -> None:
    page: Page = running.page()
    page.on("dialog", lambda dialog: running.trouble.append(dialog.message))
    [kept] = running.kept()
    (running.pc.source / "fmuta6\t<b>.csv").write_bytes(b"a\r\n")
    wait_until(lambda: page.reload() is not None and "Needs attention" in page.content(), "it is not told")
    for path in ("/synchronisations/", f"/synchronisations/{kept['id']}/", "/activity/", "/activity/?q=%3Cimg"):
        page.goto(path)
        assert NAME in page.locator("main").inner_text() or path.endswith("img")
        assert page.locator("main script, main img, main b").count() == 0
    page.goto("/activity/?q=%3Cimg")
    assert FILE in page.locator("tbody").inner_text()
    page.goto("/activity/?q=%25")
    assert "Nothing like that" in page.locator("main").inner_text(), "what is searched is text and no pattern"


def test_the_secret_and_the_keys_of_the_screens_are_in_no_log(running: Desktop) -> None:
    page = running.page()
    ticket = running.link().rpartition("/")[2]
    for name in ("run.log", "configuration.json", "journal.sqlite3", "screens.json"):
        content = (running.pc.home / name).read_bytes()
        assert running.pc.server.agent.secret.encode() not in content
        assert ticket.encode() not in content
    page.goto("/settings/")
    assert "screens.key" not in page.content()


def test_no_agent_no_link(desktop: Desktop) -> None:
    """Another program could listen at the port by now."""
    desktop.pc.add()
    (desktop.pc.home / "screens.json").write_text(json.dumps({"address": "http://127.0.0.1:9/"}))
    refused = desktop.pc.agent("screens", "--print")
    assert (refused.returncode, "not at work" in refused.stderr) == (1, True)
    assert not (desktop.pc.home / "screens.ticket").exists()
    assert "127.0.0.1:9" not in desktop.pc.agent("status").stdout
