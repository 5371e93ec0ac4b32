"""The program's face: every command explains itself, without a database and without leaving anything behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bookbridge.cli import COMMANDS


def bookbridge(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Where nothing is set and no database can be reached."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("BOOKBRIDGE_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "-m", "bookbridge", *arguments],
        env={**plain, "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing"},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_names_every_command_with_a_sentence(tmp_path: Path, word: str):
    shown = bookbridge(tmp_path, word)

    assert (shown.returncode, shown.stderr) == (0, "")
    explained = dict(line.strip().split(maxsplit=1) for line in shown.stdout.partition("Commands:\n")[2].splitlines())
    assert set(explained) == set(COMMANDS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself_without_a_database(tmp_path: Path, command: str):
    shown = bookbridge(tmp_path, command, "--help")

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"Usage: python -m bookbridge {command} ")
    assert list(tmp_path.iterdir()) == []


def test_the_version_is_told(tmp_path: Path):
    from importlib.metadata import version

    assert version("bookbridge") in bookbridge(tmp_path, "--version").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["exchange"], "No such command 'exchange'"),
        (["serve", "--prot", "1"], "No such option"),
        (["serve", "--port", "99999"], "99999 is not in the range"),
        (["chaos", "--documents", "1"], "1 is not in the range"),
        (["worker", "--concurrency", "many"], "'many' is not a valid integer"),
    ],
)
def test_a_wrong_word_is_told_with_status_2(tmp_path: Path, arguments: list[str], said: str):
    shown = bookbridge(tmp_path, *arguments)

    assert (shown.returncode, shown.stdout) == (2, "")
    assert said in shown.stderr
    assert "Traceback" not in shown.stderr
    assert list(tmp_path.iterdir()) == []
