"""The agent at rest with twenty synchronisations: its memory, and how much of a core it takes."""

import time
from typing import Any

from tools.bench.customers_pc import pc, wait_for
from tools.bench.measures import Asked

GOALS = {"memory_mb": "< 80", "percent_of_a_core": "< 0.5"}
SIZES = {"synchronisations": 20, "rest_s": 180}


def measure(asked: Asked) -> dict[str, Any]:
    """After each has carried a file, so that what is loaded on first use is there; for whole rounds of asking."""
    with pc(asked.synchronisations) as computer, computer.agent() as agent:
        for folder in computer.folders:
            (folder / "fmuta6.csv").write_bytes(b"0;V;70;1;26000001\r\n")
        archives = [folder / "archive" for folder in computer.folders]
        wait_for(lambda: all(archive.is_dir() and any(archive.iterdir()) for archive in archives), "files that arrive")
        time.sleep(5)
        before, started = sum(agent.cpu_times()[:2]), time.monotonic()
        time.sleep(asked.rest_s)
        used, took = sum(agent.cpu_times()[:2]) - before, time.monotonic() - started
        memory = agent.memory_info().rss
        threads = agent.num_threads()
    return {
        "synchronisations": asked.synchronisations,
        "memory_mb": round(memory / 1e6, 1),
        "percent_of_a_core": round(100 * used / took, 2),
        "seconds": round(took),
        "threads": threads,
    }
