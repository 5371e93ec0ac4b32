"""How much of a package's call limit a long run uses, and how often it is told that it called too much.

The package's real limits (Exact Online: 60 calls a minute, 5,000 a day), with minutes and days sixty times shorter on
both sides. Counted are the whole minutes between the first and the last call of the run, which ends within a day.
"""

import sys
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
    with installed() as installation:
        simulator = installation.simulator(
            minute_limit=limits.calls_per_minute, day_limit=limits.calls_per_day, limits_times_faster=FASTER
        )
        stage = installation.stage(simulator)
        installation.worker(before=(sys.executable, "-m", "tools.bench.hurried", str(FASTER)))
        files = delivery(int(asked.documents / 0.9) + 2, seed=2)
        entries = files.pop("fmuta6.csv")
        posted(installation, stage, files)
        before = _calls(simulator)
        run = posted(installation, stage, {"fmuta6.csv": entries})
        calls = _calls(simulator)[len(before) :]
    minute_s = 60 / FASTER
    by_minute = Counter(int(call["at"] // minute_s) for call in calls if call["status"] != 429)
    first, last = min(by_minute), max(by_minute)
    whole = [by_minute[minute] for minute in range(first + 1, last)]
    return {
        "used": round(sum(whole) / (len(whole) * limits.calls_per_minute), 3),
        "too_many": sum(call["status"] == 429 for call in calls),
        "documents": run["posted"],
        "seconds": round(run["seconds"], 1),
        "minutes": len(whole),
        "calls": len(calls),
        "most_a_minute": max(by_minute.values()),
    }


def _calls(simulator: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{simulator}/_simulator/requests", timeout=60).json()["requests"]
    return [call for call in found if call["path"].startswith("/api/")]
