"""The rules of this house find what they are for, let pass what is right, and hold for this project."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import house_rules  # noqa: E402

DOCUMENTS = "src/bookbridge/documents/money.py"
EXCHANGE = "src/bookbridge/exchange/posting.py"
LONG_FUNCTION = "def long() -> None:\n" + "    print()\n" * 70


def rules(path: str, text: str) -> list[str]:
    return [finding.rule for finding in house_rules.check_text(path, text)]


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        (DOCUMENTS, "amount = float(text)\n", "float"),
        ("src/bookbridge/connectors/xero/client.py", "amount = float(text)\n", "float"),
        (EXCHANGE, "amount = float(text)\n", "float"),
        ("src/bookbridge/formats/fmuta6.py", "amount = 1.5\n", "float"),
        ("src/bookbridge/connectors/xero/mapping.py", "rate = 0.21\n", "float"),
        (DOCUMENTS, "import datetime\nnow = datetime.datetime.now()\n", "clock"),
        (DOCUMENTS, "from datetime import date\ntoday = date.today()\n", "clock"),
        ("src/bookbridge/formats/fmuta6.py", "import time\nnow = time.time()\n", "clock"),
        ("tools/any.py", "try:\n    run()\nexcept:\n    stop()\n", "bare-except"),
        (EXCHANGE, "try:\n    run()\nexcept Exception:\n    pass\n", "swallowed"),
        (
            EXCHANGE,
            "for x in y:\n    try:\n        run()\n    except (ValueError, Exception):\n        continue\n",
            "swallowed",
        ),
        (EXCHANGE, LONG_FUNCTION, "long-function"),
        (EXCHANGE, "async " + LONG_FUNCTION, "long-function"),
        ("tests/any.py", "\n" * 501, "long-file"),
        (EXCHANGE, "cursor.execute('SELECT id FROM posting WHERE x = %s', [1])\n", "sql"),
        (EXCHANGE, "cursor.execute(f'UPDATE {table} SET x = 1')\n", "sql"),
        ("src/bookbridge/portal/views.py", "Run.objects.raw('''select *\n from run''')\n", "sql"),
        (EXCHANGE, "import httpx\n", "outgoing"),
        ("src/bookbridge/connectors/xero/client.py", "from httpx import get\n", "outgoing"),
        ("src/bookbridge/portal/views.py", "from urllib import request\n", "outgoing"),
        ("src/bookbridge/commands/any.py", "import http.client\n", "outgoing"),
        ("README.md", "# TO" + "DO: write this\n", "marker"),
        ("src/bookbridge/cli.py", "x = 1  # FIX" + "ME\n", "marker"),
        ("Makefile", "cd /wo" + "rk/main\n", "machine-path"),
        ("docs/any.md", "`/ro" + "ot/.venv`\n", "machine-path"),
    ],
)
def test_finds(path: str, text: str, rule: str) -> None:
    assert rules(path, text) == [rule]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (DOCUMENTS, "from decimal import Decimal\namount = Decimal('1.50')\n"),
        (EXCHANGE, "SECONDS = 1.5\n"),
        (EXCHANGE, "seconds = float(text)  # house: allow float (seconds of a timer)\n"),
        ("src/bookbridge/server/jobs.py", "cursor.execute('SELECT id FROM posting WHERE x')\n"),
        ("src/bookbridge/exchange/queries.py", "cursor.execute('SELECT id FROM posting WHERE x')\n"),
        ("src/bookbridge/portal/queries/runs.py", "cursor.execute('SELECT id FROM posting WHERE x')\n"),
        ("src/bookbridge/exchange/migrations/0002.py", "RunSQL('CREATE TABLE x (y int)')\n" + "\n" * 600),
        (EXCHANGE, "label = 'Select a package from the list'\nexecute(label)\n"),
        (EXCHANGE, "try:\n    run()\nexcept FileNotFoundError:\n    pass\n"),
        (EXCHANGE, "try:\n    run()\nexcept Exception as problem:\n    record(problem)\n"),
        (EXCHANGE, "import time\nbegan = time.time()\n"),
        ("README.md", "See https://example.org/work/list and docs/work/notes.md\n"),
        ("uv.lock", "path = '/wo" + "rk/x'\n"),
    ],
)
def test_lets_pass(path: str, text: str) -> None:
    assert rules(path, text) == []


@pytest.mark.parametrize("comment", ["# house: allow float", "# house: allow sql (seconds of a timer)"])
def test_an_exception_needs_its_rule_and_a_reason(comment: str) -> None:
    assert rules(EXCHANGE, f"seconds = float(text)  {comment}\n") == ["float"]


def test_a_finding_tells_place_rule_and_remedy() -> None:
    [finding] = house_rules.check_text(DOCUMENTS, "\namount = float(text)\n")
    assert str(finding).startswith(f"{DOCUMENTS}:2: float: Money is Decimal")


def test_this_project_keeps_them() -> None:
    found = house_rules.check_tree(ROOT)
    assert found == [], "\n".join(map(str, found))
