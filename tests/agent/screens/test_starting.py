"""The button that has the agent start by itself. systemd is played by a program that notes what it is asked.

A real systemd installs, starts and removes the same unit in `tests/agent/test_service.py`, with AGENT_SYSTEMD=yes.
"""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from bookbridge_agent import service_systemd
from tests.agent.managed import AS_A_USER
from tests.agent.pc import wait_until
from tests.agent.screens.conftest import RENAMED, Desktop
from tests.journeys.steps import check_accessibility

pytestmark = pytest.mark.journey
SYSTEMCTL = """#!/bin/sh
echo "$@" >> "$XDG_CONFIG_HOME/asked"
if [ -e "$XDG_CONFIG_HOME/refuses" ]; then echo "Failed to connect to bus: No medium found" >&2; exit 1; fi
"""


@pytest.fixture
def settings(desktop: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An agent at work as a user who is no administrator; where that user's settings lie."""
    if os.geteuid() == 0:
        if not shutil.which("unshare"):
            pytest.skip("only unshare makes an administrator a user")
        desktop.pc.program = [*AS_A_USER, *desktop.pc.program]
    folder = tmp_path / "user's settings"
    programs = tmp_path / "programs"
    for each in (folder, programs):
        each.mkdir()
    (programs / "systemctl").write_text(SYSTEMCTL)
    (programs / "loginctl").write_text("#!/bin/sh\necho Access denied >&2\nexit 1\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    desktop.pc.add()
    desktop.start()
    return folder


def push(page: Page, name: str) -> str:
    """Press that button; what the page says then."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()
    return page.locator("main").inner_text()


def test_it_starts_by_itself_the_next_time_and_the_one_at_work_works_on(
    desktop: Desktop, settings: Path, picture: Any
) -> None:
    unit = settings / "systemd" / "user" / service_systemd.NAME
    page = desktop.page()
    page.goto("/settings/")
    assert "does not start by itself yet" in page.locator("main").inner_text()
    check_accessibility(page)
    page.evaluate(RENAMED, [str(desktop.pc.home), "/home/anna/.local/share/bookbridge-agent"])
    picture(page, "agent-settings-desktop")

    said = push(page, "Start with the computer")
    assert "It starts by itself the next time." in said
    assert "The agent starts when you log in." in said
    assert "loginctl enable-linger" in said, "the computer lets no user choose it"
    check_accessibility(page)
    assert f'"--home" "{desktop.pc.home}" "run"' in unit.read_text()
    asked = (settings / "asked").read_text()
    assert f"--user --no-ask-password enable {service_systemd.NAME}" in asked
    assert "restart" not in asked, "a second one would only wait for the first"

    (desktop.pc.source / "fmuta6.csv").write_bytes(b"a\r\n")
    wait_until(lambda: len(desktop.pc.archived()) == 1, "the one at work has ended")

    assert "It starts by itself no more." in push(page, "Start by itself no more")
    assert not unit.exists()
    assert page.get_by_role("button", name="Start with the computer").is_visible()


def test_what_systemd_refuses_is_said_and_nothing_is_left_behind(desktop: Desktop, settings: Path) -> None:
    (settings / "refuses").touch()
    page = desktop.page()
    page.goto("/settings/")
    assert "No medium found" in push(page, "Start with the computer")
    check_accessibility(page)
    page.goto("/settings/")
    assert page.get_by_role("button", name="Start with the computer").is_visible()
    assert not (settings / "systemd").exists()
