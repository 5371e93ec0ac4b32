"""Reading an FMUTA6 file into documents ÷ Python's bare csv.reader over the same file, in processor time."""

import csv
import io
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from tools.bench.files import fmuta6
from tools.bench.measures import Asked

GOALS = {"ratio": "<= 8", "peak_mb": "< 200"}
SIZES = {"lines": 1_000_000, "rounds": 3}


def measure(asked: Asked) -> dict[str, Any]:
    """The middle of some rounds, each of both in turn; and the most memory the reading process ever had."""
    with tempfile.TemporaryDirectory(prefix="bookbridge-bench-") as folder:
        file = Path(folder) / "fmuta6.csv"
        # Made by a process of its own, since making it takes more memory than reading it.
        if (child := os.fork()) == 0:
            file.write_bytes(fmuta6(asked.lines))
            os._exit(0)
        os.waitpid(child, 0)
        pairs = [(_seconds_to_read(file), _seconds_of_csv(file)) for _ in range(asked.rounds)]
        with file.open("rb") as content:
            lines = sum(1 for _ in content)
    return {
        "lines": lines,
        "ratio": round(statistics.median(ours / bare for ours, bare in pairs), 2),
        "peak_mb": _peak_mb(),
        "documents_s": [round(ours, 2) for ours, _ in pairs],
        "csv_reader_s": [round(bare, 2) for _, bare in pairs],
    }


def _peak_mb() -> int:
    # getrusage would count what the process that started this one held.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def _seconds_to_read(file: Path) -> float:
    from bookbridge.formats import load_profile, read_documents

    profile = load_profile("fmuta6_globe40")
    with file.open("rb") as stream:
        started = time.process_time()
        for _ in read_documents(stream, profile, file.name):
            pass
        return time.process_time() - started


def _seconds_of_csv(file: Path) -> float:
    with file.open("rb") as stream:
        started = time.process_time()
        for _ in csv.reader(io.TextIOWrapper(stream, "cp1252", newline="")):
            pass
        return time.process_time() - started
