"""The demo as a person starts it: a real process, with a database and a folder of its own."""

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

PROMISED = {
    "posted", "already_posted", "refused", "uncertain", "skipped", "rejects", "totals",
    "outstanding_items", "dbopen_path", "portal_url", "seconds",
}  # fmt: skip


def demo(data: Path, database: str) -> dict[str, Any]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("BOOKBRIDGE_")}
    ended = subprocess.run(
        [sys.executable, "-m", "bookbridge", "demo", "--once", "--json"],
        env={**plain, "DATABASE_URL": database, "BOOKBRIDGE_DATA": str(data)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    report: dict[str, Any] = json.loads(ended.stdout)
    return report


def take(ports: ExitStack, port: int) -> None:
    # When it can't be bound somebody else has it, which is as good.
    with suppress(OSError):
        ports.enter_context(socket.create_server(("127.0.0.1", port)))


@pytest.mark.journey
def test_the_demo_posts_once_and_reads_back(tmp_path: Path, empty_database: str):
    with ExitStack() as ports:
        for port in (8000, 8100):
            take(ports, port)
        first = demo(tmp_path, empty_database)

        assert set(first) >= PROMISED
        assert first["portal_url"].startswith("http://127.0.0.1:")
        assert first["portal_url"] != "http://127.0.0.1:8000/"
        assert (first["posted"], first["already_posted"], first["uncertain"], first["skipped"]) == (13, 0, 0, 0)
        assert (first["refused"], first["rejects"]) == (4, 2)
        assert_even(first["totals"])
        rows = Path(first["dbopen_path"]).read_text("cp1252").splitlines()
        assert first["outstanding_items"] >= len(rows) > 0

        second = demo(tmp_path, empty_database)

    assert (second["posted"], second["already_posted"], second["refused"]) == (0, 13, first["refused"])
    assert second["totals"]["file"] == first["totals"]["file"]
    assert second["outstanding_items"] == first["outstanding_items"]
    assert Path(second["dbopen_path"]).read_text("cp1252").splitlines() == rows


def assert_even(totals: dict[str, dict[str, str]]) -> None:
    assert set(totals) == {"file", "posted", "refused", "uncertain", "skipped"}
    for currency, amount in totals["file"].items():
        parts = [Decimal(totals[name][currency]) for name in ("posted", "refused", "uncertain", "skipped")]
        assert sum(parts) == Decimal(amount)
