"""The agent as the one file that `make agent` builds, where there is no Python: `make agent-test`."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from bookbridge_agent.versions import OWN
from tests.agent.pc import DEADLINE_S, Pc, wait_until

BUILT = os.environ.get("AGENT_BUILT")
pytestmark = pytest.mark.skipif(not BUILT, reason="AGENT_BUILT names no built file: make agent-test")


@pytest.fixture
def built(pc: Pc, tmp_path: Path) -> Pc:
    """In a place from which neither Python nor anything of ours can be found."""
    program = tmp_path / "program of the agent"
    program.mkdir()
    (program / "bookbridge-agent").symlink_to(Path(str(BUILT)).absolute())
    pc.program = ["/usr/bin/env", "-C", "/", "PATH=/nowhere", str(program / "bookbridge-agent")]
    return pc


def test_it_works_without_python(built: Pc) -> None:
    assert built.agent("--version").stdout == f"bookbridge-agent, version {OWN}\n"
    built.add()
    built.offer_outstanding(b"open\r\n")
    (built.source / "fmuta6 é.csv").write_bytes(b"a\r\n")
    once = built.agent("once")
    assert (once.returncode, once.stderr) == (0, "")
    assert built.arrived() == [("fmuta6 é.csv", b"a\r\n")]
    assert built.output.read_bytes() == b"open\r\n"
    assert "1 waiting" not in built.agent("status").stdout


def test_it_ends_when_asked_to_and_leaves_nothing_unpacked(built: Pc, tmp_path: Path) -> None:
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    built.add()
    running = built.start(TMPDIR=str(unpacked))
    (built.source / "fmuta6.csv").write_bytes(b"a\r\n")
    wait_until(lambda: len(built.archived()) == 1, "it does not work")
    running.send_signal(signal.SIGTERM)
    assert running.wait(DEADLINE_S) == 0
    assert list(unpacked.iterdir()) == []


def test_it_holds_all_of_the_package_and_keyrings_and_its_licences_lie_beside_it() -> None:
    viewer = Path(".venv-tools/agent/bin/pyi-archive_viewer")
    listed = subprocess.run([str(viewer), "-r", "-l", str(BUILT)], capture_output=True, text=True, check=True).stdout
    source = Path("agent/src/bookbridge_agent")
    not_here = {"__main__.py", "service_windows.py"}
    for path in source.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.name not in not_here:
            inside = path.relative_to(source.parent)
            module = ".".join(inside.with_suffix("").parts).removesuffix(".__init__")
            assert (module if path.suffix == ".py" else str(inside)) in listed, path
    for backend in ("SecretService", "kwallet", "Windows", "fail"):
        assert f"keyring.backends.{backend}" in listed
    licences = Path(str(BUILT)).with_name("bookbridge-agent-licences")
    assert {"bookbridge-agent", "python", "click", "obstore", "keyring"} <= {each.name for each in licences.iterdir()}
    assert all(any(each.iterdir()) for each in licences.iterdir())
