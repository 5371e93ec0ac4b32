"""The made-up history is whole: exactly as large as asked, true to the cent, with a chain that can be checked."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from bookbridge.commands.seed.companies import Place
from bookbridge.commands.seed.copying import COLUMNS, Copier
from bookbridge.commands.seed.history import History, Size
from bookbridge.documents import document_from_json, fingerprint, posting_key

SIZE = ("--integrations", "12", "--runs", "60", "--lines", "900", "--largest-run", "300", "--until", "2026-03-01")


@pytest.fixture
def bookbridge(tmp_path: Path, empty_database: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    environment = {**os.environ, "DATABASE_URL": empty_database, "BOOKBRIDGE_DATA": str(tmp_path)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bookbridge", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


class Gathered(Copier):
    """Keeps what is to be copied."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Any]] = {table: [] for table in COLUMNS}

    def add(self, table: str, row: Sequence[Any]) -> None:
        self.rows[table].append(row)


def made_up(seed: int) -> dict[str, list[Any]]:
    places = [Place(UUID(int=1), UUID(int=number), number) for number in (1, 2)]
    gathered = Gathered()
    History(Size(2, 40, 500, 100, 365), datetime(2026, 3, 1, tzinfo=UTC), gathered, Random(seed)).tell([places])
    return gathered.rows


def rows(question: str) -> list[dict[str, Any]]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], row_factory=dict_row) as connection:
        return connection.execute(question.encode()).fetchall()


def test_what_is_made_is_as_large_as_asked_and_true_and_made_once(bookbridge: Any) -> None:
    made = bookbridge("seed", *SIZE, "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["user"] == "seed@bookbridge.example"
    [counted] = rows("""
        SELECT (SELECT count(*) FROM integrations_integration) AS integrations,
               (SELECT count(*) FROM exchange_run) AS runs,
               (SELECT count(*) FROM exchange_line) AS lines,
               (SELECT max(count) FROM (SELECT count(*) FROM exchange_line GROUP BY run_id) AS each) AS largest
    """)
    assert counted == {"integrations": 12, "runs": 60, "lines": 900, "largest": 300}

    for line in rows("SELECT document, fingerprint, key, kind FROM exchange_posting"):
        document = document_from_json(line["document"])
        assert (posting_key(document), fingerprint(document)) == (line["key"], line["fingerprint"])
    summed = {
        (row["run_id"], row["journal"]): row["amount"]
        for row in rows(
            "SELECT run_id, journal, sum(amount) AS amount FROM exchange_line WHERE amount IS NOT NULL GROUP BY 1, 2"
        )
    }
    told = {
        (run["id"], row["journal"]): row
        for run in rows("SELECT id, reconciliation FROM exchange_run")
        for row in run["reconciliation"]
    }
    assert summed == {place: Decimal(row["file"]) for place, row in told.items()}
    parts = ("posted", "refused", "uncertain", "skipped")
    assert all(Decimal(row["file"]) == sum(Decimal(row[part]) for part in parts) for row in told.values())

    checked = bookbridge("audit", "verify")
    assert checked.returncode == 0, checked.stdout

    again = bookbridge("seed", *SIZE)
    assert again.returncode == 1
    assert "there are companies in this installation" in again.stderr
    assert rows("SELECT count(*) FROM exchange_line") == [{"count": 900}]


def test_the_same_seed_and_day_make_the_same() -> None:
    assert made_up(1) == made_up(1)
    assert made_up(1) != made_up(2)


def test_a_company_s_trail_tells_everything_in_its_order() -> None:
    made = made_up(1)
    entries = [
        dict(zip(COLUMNS["organisations_auditentry"], row, strict=True)) for row in made["organisations_auditentry"]
    ]
    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry["moment"] for entry in entries] == sorted(entry["moment"] for entry in entries)
    actions = Counter(entry["action"] for entry in entries)
    outcomes = Counter(row[COLUMNS["exchange_line"].index("outcome")] for row in made["exchange_line"])
    assert actions == {
        "posting.posted": outcomes["posted"],
        "file.received": 20,
        "run.ended": 20,
        "outstanding.written": 20,
    }
