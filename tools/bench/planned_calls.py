"""How much of a package's call limit a long run uses, and how often it is told that it called too much.

The package's real limits (Exact Online: 60 calls a minute, 5,000 a day), with minutes and days sixty times shorter on
both sides. `used`: of the minute's limit, in the whole minutes in which the run called. A run that is longer than the
day's limit (`--documents 5000`, twenty-five minutes) waits for the next day: `of_a_day` is the most that was used of
one, with the relations that were posted before it.
"""

import sys
from bisect import bisect_right
from collections import Counter
from typing import Any

import httpx

from bookbridge.kit import catalogue
from tools.bench.files import delivery
from tools.bench.installation import PACKAGE, installed
from tools.bench.measures import Asked
from tools.bench.posting import posted

GOALS = {"used": ">= 0.9", "too_many": "<= 0"}
SIZES = {"documents": 3000}
FASTER = 60


def measure(asked: Asked) -> dict[str, Any]:
    limits = catalogue.fact_sheet(PACKAGE).limits
    assert limits.calls_per_minute is not None
    assert limits.calls_per_day is not None
    with installed() as installation:
        simulator = installation.simulator(
            minute_limit=limits.calls_per_minute, day_limit=limits.calls_per_day, limits_times_faster=FASTER
        )
        stage = installation.stage(simulator)
        installation.worker(before=(sys.executable, "-m", "tools.bench.hurried", str(FASTER)))
        files = delivery(int(asked.documents / 0.9) + 2, seed=2)
        entries = files.pop("fmuta6.csv")
        posted(installation, stage, files)
        before = len(_calls(simulator))
        run = posted(installation, stage, {"fmuta6.csv": entries})
        every = _calls(simulator)
    calls = every[before:]
    by_minute = Counter(int(at // (60 / FASTER)) for at in _answered(calls))
    whole = [count for minute, count in by_minute.items() if minute - 1 in by_minute and minute + 1 in by_minute]
    return {
        "used": round(sum(whole) / (len(whole) * limits.calls_per_minute), 3),
        "of_a_day": round(_most_within(86400 / FASTER, _answered(every)) / limits.calls_per_day, 3),
        "too_many": sum(call["status"] == 429 for call in calls),
        "documents": run["posted"],
        "seconds": round(run["seconds"], 1),
        "minutes": len(whole),
        "calls": len(calls),
        "most_a_minute": max(by_minute.values()),
    }


def _answered(calls: list[dict[str, Any]]) -> list[float]:
    return sorted(call["at"] for call in calls if call["status"] != 429)


def _most_within(seconds: float, moments: list[float]) -> int:
    """The most of the moments, given in their order, that lie within so many seconds."""
    return max(bisect_right(moments, first + seconds) - number for number, first in enumerate(moments))


def _calls(simulator: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{simulator}/_simulator/requests", timeout=60).json()["requests"]
    return [call for call in found if call["path"].startswith("/api/")]
