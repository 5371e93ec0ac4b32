"""Child processes and ports of the demo and the chaos run."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bookbridge.commands.processes import Child, ChildFailedError, Children, free_port, listens


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until(true, what: str) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_a_taken_port_is_passed_by(listener: int):
    port = free_port(listener)

    assert port != listener
    assert listens(listener)
    assert not listens(port)


def test_a_port_taken_on_all_addresses_is_passed_by_too():
    with socket.create_server(("", 0)) as taken:
        assert free_port(taken.getsockname()[1]) != taken.getsockname()[1]


def test_the_wanted_port_is_given_when_it_is_free():
    wanted = free_port()

    assert free_port(wanted) == wanted


def test_a_child_that_fails_tells_the_end_of_its_log(tmp_path: Path):
    with Children(tmp_path) as children, pytest.raises(ChildFailedError, match="no-such-command"):
        children.start("failing", ["no-such-command"]).wait_until(lambda: False)


def test_children_end_with_the_last_started_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    ended: list[str] = []
    real_stop = Child.stop
    monkeypatch.setattr(Child, "stop", lambda child: (ended.append(child.name), real_stop(child)))
    with Children(tmp_path) as children:
        started = [simulator(children, name, tmp_path) for name in ("one", "two")]
        assert children.all_running()
        started[0].kill()
        assert not children.all_running()

    assert ended == ["two", "one"]
    assert all(child.process.poll() is not None for child in started)


def simulator(children: Children, name: str, folder: Path) -> Child:
    arguments = ["simulate", "exact_online", "--port", str(free_port()), "--state", str(folder / f"{name}.sqlite")]
    return children.start(name, arguments)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_parent_that_is_told_to_end_takes_its_children_along(tmp_path: Path, number: signal.Signals):
    program = f"""
import sys, time
from pathlib import Path
from bookbridge.commands.processes import Children, free_port, listens
with Children(Path({str(tmp_path)!r})) as children:
    port = free_port()
    child = children.start("simulator", ["simulate", "exact_online", "--port", str(port)])
    child.wait_until(lambda: listens(port))
    print(child.process.pid, flush=True)
    while True:
        time.sleep(0.05)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert not gone(child)

    os.kill(parent.pid, number)

    parent.communicate(timeout=30)
    assert parent.returncode != 0
    wait_until(lambda: gone(child), "the child stayed behind")
