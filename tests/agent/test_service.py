"""The agent as a service, under a real systemd of a user; the system's own unit as far as it can be looked at."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bookbridge_agent import machine, service, service_systemd
from bookbridge_agent.home import Home
from bookbridge_agent.messages import AgentError
from tests.agent.managed import AS_A_USER, user_manager
from tests.agent.pc import DEADLINE_S, Pc, wait_until

Ask = Callable[..., subprocess.CompletedProcess[str]]
AGENT = [sys.executable, "-P", "-m", "bookbridge_agent"]


@pytest.fixture
def ask(pc: Pc, tmp_path: Path) -> Iterator[Ask]:
    """Run a program as the user whose systemd it is."""
    (tmp_path / "user").mkdir()
    with user_manager(tmp_path / "user") as environment:

        def asked(*words: str) -> subprocess.CompletedProcess[str]:
            named = {**pc.environment(), **environment, "USER": "anna", "BOOKBRIDGE_AGENT_HOME": str(pc.home)}
            command = [*AS_A_USER, *words]
            return subprocess.run(
                command, env=named, capture_output=True, text=True, check=False, timeout=DEADLINE_S, input=""
            )

        yield asked


def main_process(ask: Ask) -> int:
    return int(ask("systemctl", "--user", "show", "--property=MainPID", "--value", service_systemd.NAME).stdout)


def test_installed_it_works_survives_its_death_and_can_be_taken_away(pc: Pc, ask: Ask) -> None:
    pc.add()
    assert ask(*AGENT, "status").stdout.startswith("service: not installed\n")

    installed = ask(*AGENT, "install-service")
    assert (installed.returncode, installed.stderr) == (0, "")
    assert "It starts when you log in. To have it start with the computer: loginctl enable-linger anna" in (
        installed.stdout
    )
    assert ask(*AGENT, "status").stdout.startswith("service: installed, runs, starts when you log in\n")
    (pc.source / "fmuta6.csv").write_bytes(b"a\r\n")
    wait_until(lambda: len(pc.archived()) == 1, "the service carries nothing")

    first = main_process(ask)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: main_process(ask) not in (0, first), "it was not started again")
    (pc.source / "fmuta6.csv").write_bytes(b"b\r\n")
    wait_until(lambda: len(pc.archived()) == 2, "the one started again carries nothing")

    assert ask(*AGENT, "install-service").returncode == 0, "installed once more it is started anew"
    assert ask(*AGENT, "uninstall-service").returncode == 0
    assert ask(*AGENT, "status").stdout.startswith("service: not installed\n")
    assert main_process(ask) == 0
    assert ask(*AGENT, "uninstall-service").returncode == 0, "what is not there needs no taking away"


def test_its_secrets_leave_the_keyring_which_is_closed_while_nobody_is_logged_in(pc: Pc, ask: Ask) -> None:
    pc.add()
    assert ask(*AGENT, "install-service").returncode == 0
    settings = json.loads((pc.home / "configuration.json").read_text())["settings"]
    assert settings["secrets_in_file"] is True
    assert ask(*AGENT, "check").stdout == "ERP: all right\n"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
@pytest.mark.parametrize("is_system", [True, False])
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path, is_system: bool) -> None:
    program = tmp_path / "Programme é 100% $HOME"
    program.mkdir()
    (program / "agent").symlink_to("/bin/true")
    unit = service_systemd.Unit(tmp_path, is_system)
    unit.path.write_text(unit.text([str(program / "agent"), "--home", '/a "b" \\ $HOME %h', "run"], "root"))
    scope = "--system" if is_system else "--user"
    command = ["systemd-analyze", scope, "verify", "--man=no", str(unit.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    about_it = [line for line in done.stderr.splitlines() if service_systemd.NAME in line]
    assert about_it == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_the_systems_unit_is_shut_in_well(tmp_path: Path) -> None:
    unit = service_systemd.Unit(tmp_path, is_system=True)
    unit.path.write_text(unit.text(["/bin/true"], "nobody"))
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=35", str(unit.path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-300:]


def test_a_service_of_the_whole_computer_needs_to_know_whose_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "is_administrator", lambda: True)
    with pytest.raises(AgentError, match="--user NAME"):
        service.install(Home(tmp_path))
    monkeypatch.setattr(machine, "is_administrator", lambda: False)
    with pytest.raises(AgentError, match="administrator"):
        service.install(Home(tmp_path), "anna")


def test_without_systemd_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "is_administrator", lambda: False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "none"))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    for path in (os.environ["PATH"], str(tmp_path)):
        monkeypatch.setenv("PATH", path)
        with pytest.raises(AgentError, match="can't be installed"):
            service.install(Home(tmp_path / "home"))
    assert not (tmp_path / "settings").exists()
    assert service.state() == service.Service()
