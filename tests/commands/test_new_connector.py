"""A connector is begun by a command, and written by following the page that teaches it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "writing-a-connector.md"
_BLOCK = re.compile(r"^`([^`\n]+)`\n\n```(?:python|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WITHIN = ", within the class"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a developer's clone has of it, so that the project's own connectors stay alone."""
    without = shutil.ignore_patterns("__pycache__", "var")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=without)
    (tmp_path / "tests" / "connectors").mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{clone / 'src'}{os.pathsep}{clone}", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)


def bookbridge(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(clone, sys.executable, "-m", "bookbridge", *arguments)


def follow_the_page(clone: Path, package: str) -> None:
    code, tests = clone / "src/bookbridge/connectors" / package, clone / "tests/connectors" / package
    blocks = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) >= 9, "the page has lost its files"
    for name, content in blocks:
        if name.endswith(_WITHIN):
            _into_the_class(code / name.removesuffix(_WITHIN), content)
            continue
        target = tests / name.removeprefix("tests/") if name.startswith("tests/") else code / name
        assert target.exists(), f"new-connector made no {name}"
        target.write_text(content, encoding="utf-8")


def _into_the_class(file: Path, method: str) -> None:
    text = file.read_text(encoding="utf-8")
    place = "    def refusal("
    assert text.count(place) == 1
    file.write_text(text.replace(place, f"{method}\n{place}"), encoding="utf-8")


def test_a_new_connector_runs_and_says_what_is_to_be_written(clone: Path) -> None:
    made = bookbridge(clone, "new-connector", "my_books", "--title", "My Books")
    assert made.returncode == 0, made.stderr
    assert "check-connector my_books" in made.stdout

    checked = bookbridge(clone, "check-connector", "my_books", "--json")
    assert checked.returncode == 1, checked.stderr
    found = json.loads(checked.stdout)
    assert found["failed"] >= 10
    reasons = {case["case"]: case["reason"] for case in found["details"]["failed"]}
    assert "connector.py, package_settings: read the chart" in reasons["posts_once_journal_entry"]
    assert "connector.py, administrations: read the sets of books" in reasons["administrations_listed"]
    # What the kit gives works at once.
    assert "refresh_gives_a_new_pair" in {case["case"] for case in found["details"]["passed"]}

    clean = run(clone, sys.executable, "-m", "ruff", "check", "src/bookbridge/connectors/my_books", "tests")
    assert clean.returncode == 0, clean.stdout


@pytest.mark.parametrize("name", ["My-Books", "1books", "", "../books", "exact_online"])
def test_a_name_that_can_not_be_leaves_nothing_behind(clone: Path, name: str) -> None:
    before = sorted(path for path in clone.rglob("*") if "__pycache__" not in path.parts)
    made = bookbridge(clone, "new-connector", "--title", "My Books", "--", name)
    assert made.returncode == 1
    assert "Error: " in made.stderr
    assert sorted(path for path in clone.rglob("*") if "__pycache__" not in path.parts) == before


def test_an_installation_without_tests_says_that_a_clone_is_needed(clone: Path) -> None:
    shutil.rmtree(clone / "tests")
    made = bookbridge(clone, "new-connector", "my_books")
    assert made.returncode == 1
    assert "clone of Bookbridge" in made.stderr


def test_who_follows_the_page_has_a_connector_that_passes(clone: Path) -> None:
    assert bookbridge(clone, "new-connector", "paperbook", "--title", "Paperbook").returncode == 0
    follow_the_page(clone, "paperbook")

    checked = bookbridge(clone, "check-connector", "paperbook", "--json")
    found = json.loads(checked.stdout)
    assert found["failed"] == 0, found["details"]["failed"]
    assert found["passed"] >= 18
    alone = ("-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:django")
    own = run(clone, sys.executable, "-m", "pytest", "-q", *alone, "tests/connectors/paperbook")
    assert own.returncode == 0, own.stdout
    paths = ("src/bookbridge/connectors/paperbook", "tests")
    for command in (("ruff", "check"), ("ruff", "format", "--check")):
        clean = run(clone, sys.executable, "-m", *command, *paths)
        assert clean.returncode == 0, clean.stdout


def test_without_the_look_up_the_suite_fails_as_the_page_says(clone: Path) -> None:
    assert bookbridge(clone, "new-connector", "paperbook", "--title", "Paperbook").returncode == 0
    follow_the_page(clone, "paperbook")
    connector = clone / "src/bookbridge/connectors/paperbook/connector.py"
    text = connector.read_text(encoding="utf-8")
    assert "if error.status != 409:" in text
    connector.write_text(text.replace("if error.status != 409:", "if error.status:"), encoding="utf-8")

    found = json.loads(bookbridge(clone, "check-connector", "paperbook", "--json").stdout)
    failed = {case["case"] for case in found["details"]["failed"]}
    assert {"posts_the_same_twice_journal_entry", "line_cut_after_acceptance_journal_entry"} <= failed
