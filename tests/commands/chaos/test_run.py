"""A small chaos run with every event, as a person would start it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bookbridge.commands.chaos.plan import EVENTS, draw_plan


def run_chaos(tmp_path: Path, *asked: str) -> subprocess.CompletedProcess[str]:
    """With an embedded PostgreSQL of its own, whatever the tests use."""
    theirs = ("BOOKBRIDGE_", "DATABASE_", "DJANGO_SETTINGS_MODULE")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    return subprocess.run(
        [sys.executable, "-m", "bookbridge", "chaos", *asked, "--json"],
        env={**plain, "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.mark.crash
def test_a_small_chaos_run_with_every_event_loses_and_doubles_nothing(tmp_path: Path):
    ended = run_chaos(tmp_path, "--documents", "60", "--kills", "4", "--seed", "7")

    assert ended.stdout, ended.stderr
    report = json.loads(ended.stdout)
    assert report["failed"] == []
    assert ended.returncode == 0
    assert {name: report[name] for name in ("documents", "lost", "duplicates", "kills", "seed", "workers")} == {
        "documents": 60,
        "lost": 0,
        "duplicates": 0,
        "kills": 4,
        "seed": 7,
        "workers": 2,
    }
    assert report["recovered_after_s"] > 0
    done = [(told["mark"], told["event"], told["with"]) for told in report["events"]]
    planned = draw_plan(7, 60, 4, 2).events
    assert sorted(done, key=str) == sorted(
        ((one.mark, one.event, one.with_) for one in planned if one.event not in report["skipped"]), key=str
    )
    assert {event for _, event, _ in done} | set(report["skipped"]) == set(EVENTS)
    for event, why in report["skipped"].items():
        assert f"SKIPPED {event}: {why}" in ended.stderr
    assert list(tmp_path.iterdir()) == [], "its folder is gone afterwards"
