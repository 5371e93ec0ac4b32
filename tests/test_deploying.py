"""What an operator copies is right: commands and options that exist, units that systemd takes, no root in the image."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from bookbridge.cli import main
from bookbridge.exchange.measures import MEANINGS
from bookbridge.server import metrics

ROOT = Path(__file__).resolve().parents[1]
WRITTEN = [ROOT / "docs/operations.md", ROOT / "Containerfile", *sorted((ROOT / "deploy").iterdir())]
_COMMAND = re.compile(r"\bbookbridge ([a-z][a-z-]*)((?: +(?:--?[a-z-]+|[A-Za-z0-9_./:%$(){}+@-]+))*)")
_NO_COMMANDS = {"in", "bookbridge"}


def mentioned() -> list[tuple[str, str, str]]:
    found = []
    for path in WRITTEN:
        for line in path.read_text().splitlines():
            for code in re.findall(r"`(bookbridge [^`]*)`", line) or [line]:
                found += [(path.name, match[1], match[2]) for match in _COMMAND.finditer(code)]
    return [each for each in found if each[1] in main.list_commands(click.Context(main)) or "`" in each[0]]


def test_every_command_and_option_that_is_written_exists() -> None:
    context = click.Context(main)
    commands = mentioned()
    assert {name for _, name, _ in commands} >= {
        "serve",
        "worker",
        "doctor",
        "backup",
        "restore",
        "restored",
        "migrate",
    }
    for path, name, rest in commands:
        command = main.get_command(context, name)
        assert command is not None, f"{path}: there is no `bookbridge {name}`"
        words = rest.split()
        if isinstance(command, click.Group) and words and words[0] in command.commands:
            command = command.commands[words[0]]
        known = {option for parameter in command.params for option in parameter.opts}
        for option in (word for word in words if word.startswith("--")):
            assert option in known, f"{path}: `bookbridge {name}` has no {option}"


def test_every_number_of_an_alert_exists() -> None:
    metrics.serve_tables()
    told = {f"bookbridge_{name}" for name in MEANINGS} | {"bookbridge_database_up"}
    for name in re.findall(r"\bbookbridge_\w+", (ROOT / "deploy/alerts.yml").read_text()):
        assert name in told, f"no number is called {name}"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here to judge its units")
@pytest.mark.parametrize("unit", ["bookbridge.service", "bookbridge-worker@.service"])
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    text = (ROOT / "deploy" / unit).read_text()
    assert "User=bookbridge" in text
    # The program is where the operator installs it; here any will do.
    copy = tmp_path / unit.replace("@.", "@1.")
    copy.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True, timeout=60, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if copy.name in line or str(copy) in line]
    assert complaints == []


def test_the_image_has_no_root_and_nothing_but_what_is_locked() -> None:
    text = (ROOT / "Containerfile").read_text()
    steps = [line.split(maxsplit=1) for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]
    users = [words[1] for words in steps if words[0] == "USER"]
    assert users, "a container without USER runs as root"
    assert users[-1] not in ("root", "0")
    assert "uv sync --frozen" in text
    assert not [words for words in steps if words[0] == "ADD"]
    assert all(":" in words[1] and ":latest" not in words[1] for words in steps if words[0] == "FROM")
    copied = [words[1].split() for words in steps if words[0] == "COPY" and "--from" not in words[1]]
    allowed = (ROOT / ".containerignore").read_text()
    for source in [name for names in copied for name in names[:-1]]:
        assert (ROOT / source).exists()
        assert f"!{source.removeprefix('./')}" in allowed
