"""Each import contract catches what it is for: the project's own code, spoiled in a copy, must break every one."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Contract → the file that breaks it and the import that does.
VIOLATIONS = {
    "rooms": ("documents/spoiled.py", "import bookbridge.formats"),
    "pure-rooms": ("formats/spoiled.py", "import httpx"),
    "kit-and-connectors": ("kit/spoiled.py", "from django.db import models"),
    "connector-inside": ("connectors/first/client.py", "from bookbridge.connectors.first import mapping"),
    "mapping-pure": ("connectors/first/mapping.py", "import httpx"),
    "connectors-apart": ("connectors/first/problems.py", "from bookbridge.connectors.second import problems"),
    "connectors-by-name": ("exchange/spoiled.py", "import bookbridge.connectors.first.connector"),
    "simulators-apart": ("connectors/first/simulator.py", "from bookbridge.connectors.first import texts"),
    "connectors-without-simulators": (
        "connectors/second/client.py",
        "from bookbridge.connectors.second import simulator",
    ),
    "agent-alone": ("../bookbridge_agent/spoiled.py", "import bookbridge.documents"),
    "agent-rooms": ("../bookbridge_agent/names.py", "from bookbridge_agent import sending"),
    "agent-light": ("../bookbridge_agent/spoiled.py", "import django"),
}
PARTS = ("__init__", "client", "connector", "mapping", "problems", "simulator", "texts")


def check(source: Path) -> str:
    linter = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as run; run()"
    command = [sys.executable, "-c", linter, "--config", str(ROOT / ".importlinter"), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def copy_of_the_source(folder: Path) -> Path:
    for own in (ROOT / "src" / "bookbridge", ROOT / "agent" / "src" / "bookbridge_agent"):
        shutil.copytree(own, folder / own.name, ignore=shutil.ignore_patterns("__pycache__"))
    for connector in ("first", "second"):
        (folder / "bookbridge" / "connectors" / connector).mkdir()
        for part in PARTS:
            (folder / "bookbridge" / "connectors" / connector / f"{part}.py").touch()
    return folder


def contract_names() -> dict[str, str]:
    settings = configparser.ConfigParser()
    settings.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    return {name.removeprefix(prefix): settings[name]["name"] for name in settings if name.startswith(prefix)}


def test_every_contract_has_a_violation_here() -> None:
    assert contract_names().keys() == VIOLATIONS.keys()


def test_every_contract_catches_its_violation(tmp_path: Path) -> None:
    source = copy_of_the_source(tmp_path)
    for place, line in VIOLATIONS.values():
        with (source / "bookbridge" / place).open("a") as file:
            file.write(f"{line}\n")
    said = check(source)
    for name in contract_names().values():
        assert f"{name} BROKEN" in said, said


def test_a_room_without_a_place_in_the_order_is_refused(tmp_path: Path) -> None:
    source = copy_of_the_source(tmp_path)
    (source / "bookbridge" / "attic").mkdir()
    (source / "bookbridge" / "attic" / "__init__.py").touch()
    said = check(source)
    assert f"{contract_names()['rooms']} BROKEN" in said
    assert "attic" in said
