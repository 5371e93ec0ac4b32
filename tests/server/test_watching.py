"""Who watches is told of a run from its beginning to its end, and every line of it says whose it is."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from django.db import connection

from bookbridge.commands.processes import free_port
from bookbridge.exchange.models import Run
from bookbridge.kit import watching
from bookbridge.server import surroundings
from tests.exchange.stage import Stage


def test_a_run_is_told_in_parts_and_counted_at_its_end(stage: Stage):
    seen: list[tuple[str, dict[str, Any]]] = []

    @contextmanager
    def watcher(name: str, facts: dict[str, Any]) -> Iterator[None]:
        yield
        seen.append((name, facts))

    remove = watching.add(watcher)
    try:
        stage.drop_demo_files()
        stage.work()
    finally:
        remove()
    run = Run.objects.get()
    names = Counter(name for name, _ in seen)
    assert names["run"] >= 1
    assert names["package_call"] > 13
    assert {facts["name"] for name, facts in seen if name == "phase"} == {"take_in", "send"}
    (end,) = [facts for name, facts in seen if name == "run_end"]
    assert (end["direction"], end["result"], end["counts"]["posted"]) == ("out", "with_errors", 13)
    calls = [facts for name, facts in seen if name == "package_call"]
    assert {facts["package"] for facts in calls} == {"exact_online"}
    assert {facts["status"] for facts in calls} <= {200, 201, 404}
    assert next(facts for name, facts in seen if name == "run") == {
        "run": run.pk,
        "organisation": str(run.organisation_id),
    }


def test_every_line_of_a_run_says_whose_it_is(stage: Stage):
    stage.drop_demo_files()
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        stage.work()
    run = Run.objects.get()
    of_the_run = [line for line in lines if line["event"] in ("run_ended", "package_call")]
    assert of_the_run
    assert {(line["run"], line["organisation"]) for line in of_the_run} == {(run.pk, str(run.organisation_id))}
    assert not structlog.contextvars.get_contextvars().keys() & {"run", "organisation"}


@pytest.mark.journey
def test_a_worker_tells_its_numbers_at_an_address_of_its_own(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DATABASE_URL", empty_database)
    monkeypatch.setenv("BOOKBRIDGE_DATA", str(tmp_path))
    port, ready = free_port(), tmp_path / "ready"
    command = [
        sys.executable,
        "-m",
        "bookbridge",
        "worker",
        "--metrics",
        f"127.0.0.1:{port}",
        "--ready-file",
        str(ready),
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as worker:
        try:
            deadline = time.monotonic() + 60
            told = ""
            while "bookbridge_sweep_seconds_count" not in told or "bookbridge_sweep_seconds_count 0.0" in told:
                assert worker.poll() is None
                assert time.monotonic() < deadline
                if ready.exists():
                    told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
            assert "process_resident_memory_bytes" in told
            second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            assert second.returncode == 1
            assert f"can't listen on 127.0.0.1:{port}" in second.stderr
        finally:
            worker.terminate()


def test_workers_of_two_versions_are_told_apart_and_both_live(stage: Stage):
    """The statement is the one that the version before this one runs: it knows no version."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(4711)")
        cursor.execute(
            "INSERT INTO exchange_workersession (id, lock_key, host, pid, started_at, heartbeat_at) "
            "VALUES (gen_random_uuid(), 4711, 'old', 1, now(), now())"
        )
        try:
            (finding,) = surroundings.examine_worker_sessions()
            assert "1 of an older version" in finding.what
            assert finding.state == "warning"
        finally:
            cursor.execute("SELECT pg_advisory_unlock(4711)")
