"""The harness of the measures: it finds them, passes the sizes on, and says whether a goal was met."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools.bench.measures import judged, measure_names, module_of

ROOT = Path(__file__).resolve().parents[2]


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.bench", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_measure_prints_its_numbers_its_goals_and_whether_they_were_met() -> None:
    done = bench("reading", "--lines", "300", "--rounds", "1")
    report = json.loads(done.stdout)["reading"]
    assert 250 < report["lines"] < 350
    assert report["goals"]["peak_mb"] == {"goal": "< 200", "met": True}
    assert report["met"] == (report["ratio"] <= 8)
    assert done.returncode == (0 if report["met"] else 1)


def test_no_page_asks_more_than_fifteen_queries_of_a_history(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database)
    done = bench("pages", "--integrations", "12", "--runs", "48", "--lines", "1500", "--requests", "1")
    report = json.loads(done.stdout)["pages"]
    assert report["goals"]["queries"] == {"goal": "<= 15", "met": True}, report["pages"]
    assert {"history", "refused line", "largest run, all lines", "reconciliation of a year"} <= set(report["pages"])


def test_an_unknown_measure_is_refused_with_the_known_ones() -> None:
    done = bench("riding")
    assert done.returncode == 2
    assert "riding" in done.stderr
    assert "reading" in done.stderr


@pytest.mark.parametrize("name", measure_names())
def test_every_module_of_the_folder_is_a_measure(name: str) -> None:
    module = module_of(name)
    assert callable(module.measure)
    assert all(isinstance(size, int) for size in module.SIZES.values())
    assert judged(dict.fromkeys(module.GOALS, 0), module.GOALS).keys() >= {"met"}


@pytest.mark.parametrize(
    ("goal", "number", "met"),
    [("<= 8", 8, True), ("<= 8", 8.01, False), ("< 200", 200, False), (">= 0.8", 0.8, True), ("> 1", 1, False)],
)
def test_a_goal_is_met_or_missed(goal: str, number: float, met: bool) -> None:
    assert judged({"ratio": number, "other": 5}, {"ratio": goal}) == {
        "ratio": number,
        "other": 5,
        "goal": goal,
        "met": met,
    }


def test_with_several_goals_each_is_told() -> None:
    report = judged({"ratio": 9, "peak_mb": 80}, {"ratio": "<= 8", "peak_mb": "< 200"})
    assert report["goals"] == {"ratio": {"goal": "<= 8", "met": False}, "peak_mb": {"goal": "< 200", "met": True}}
    assert report["met"] is False
