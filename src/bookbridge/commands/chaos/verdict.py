"""What must be true in the end, whatever was broken: counted in the package's books, in the tables and in the logs."""

import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from bookbridge.commands.chaos.watching import Told

_COLUMNS = ("posted", "refused", "uncertain", "skipped", "waiting")


def count(expected: Mapping[Any, set[str]], booked: Mapping[Any, Sequence[str]]) -> dict[str, int]:
    """Documents that the books lack, and those that they hold too often or should not hold at all."""
    lost = duplicates = 0
    for kind, numbers in expected.items():
        found = Counter(booked[kind])
        lost += len(numbers - set(found))
        duplicates += sum(found[number] - 1 for number in numbers if found[number] > 1)
        duplicates += sum(times for number, times in found.items() if number not in numbers)
    return {"lost": lost, "duplicates": duplicates}


def uneven(reconciliations: Iterable[tuple[int, list[dict[str, Any]]]]) -> list[int]:
    """Runs in which file = posted + refused + uncertain + skipped doesn't hold, or was not written down."""
    return [
        run
        for run, rows in reconciliations
        if any(Decimal(row["file"]) != sum(Decimal(row.get(column, "0")) for column in _COLUMNS) for row in rows)
    ]


def secrets_in(logs: Path, secrets: Iterable[str]) -> list[str]:
    """The logs that hold a secret."""
    wanted = [secret.encode() for secret in secrets if len(secret) >= 12]
    found = []
    for log in sorted(logs.rglob("*.log")):
        content = log.read_bytes()
        if any(secret in content for secret in wanted):
            found.append(log.name)
    return found


def told_in(logs: Path, event: str) -> int:
    """How often the logs tell of an event."""
    line = f'"event": "{event}"'.encode()
    return sum(log.read_bytes().count(line) for log in logs.rglob("*.log"))


def recovery(told: Sequence[Told]) -> dict[str, Any]:
    """The longest, the 95th percentile, which event was the longest, and how busy the machine was with it.

    On a machine that others use as well a late recovery may be theirs: the load beside the processors tells.
    """
    measured = sorted((one for one in told if one.recovered_after_s is not None), key=_seconds)
    if not measured:
        return {"recovered_after_s": 0.0, "recovered_p95_s": 0.0, "slowest": None, "recoveries": 0}
    slowest = measured[-1]
    return {
        "recovered_after_s": round(_seconds(slowest), 1),
        "recovered_p95_s": round(_seconds(measured[math.ceil(len(measured) * 0.95) - 1]), 1),
        "slowest": slowest.event,
        "since_harm_s": round(max(one.since_harm_s or 0.0 for one in measured), 1),
        "recoveries": len(measured),
        "processors": os.cpu_count(),
        "load_at_slowest": round(slowest.load or 0, 1),
        "load_median": round(median(one.load or 0 for one in measured), 1),
    }


def _seconds(told: Told) -> float:
    return told.recovered_after_s or 0.0
