"""Secrets in a real keyring of the desktop (GNOME's, by its session bus)."""

import subprocess
from pathlib import Path

from tests.agent.keyring_session import in_a_session
from tests.agent.pc import DEADLINE_S, Pc


def run(pc: Pc, folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    session, environment = in_a_session(folder)
    return subprocess.run(
        [*session, *pc.program, *words],
        env=pc.environment(**{**environment, **more}),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
        input="",
    )


def test_a_secret_is_kept_in_the_keyring_alone_and_found_there_after_a_new_log_in(pc: Pc, tmp_path: Path) -> None:
    added = run(pc, tmp_path, "add", *pc.details())
    assert added.returncode == 0, added.stderr
    assert not (pc.home / "secrets.json").exists()
    assert run(pc, tmp_path, "check").stdout == "ERP: all right\n"


def test_a_closed_keyring_is_told_as_that_and_no_secret_is_called_lost(pc: Pc, tmp_path: Path) -> None:
    assert run(pc, tmp_path, "add", *pc.details()).returncode == 0
    for path in (tmp_path / "home").rglob("*.keyring"):
        assert pc.server.agent.secret.encode() not in path.read_bytes()
    closed = run(pc, tmp_path, "check", KEYRING_PASSWORD="not it")
    assert closed.returncode == 1
    assert "keyring of this user is closed" in closed.stderr
