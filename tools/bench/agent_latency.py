"""From the moment at which the agent knows a file to be whole to the moment at which the drop box holds it."""

import statistics
import time
from pathlib import Path
from typing import Any

from tools.bench.customers_pc import pc, wait_for
from tools.bench.measures import Asked

GOALS = {"p95_s": "< 1"}
SIZES = {"exports": 50}


def measure(asked: Asked) -> dict[str, Any]:
    """Each file of its own; it is known to be whole when it is moved out of the folder, which is seen within ms."""
    took = []
    with pc(settle_s=0.2) as computer, computer.agent():
        [folder] = computer.folders
        for number in range(asked.exports + 1):
            name = f"fmuta6 {number}.csv"
            (folder / name).write_bytes(b"%d;V;70;1;26000001\r\n" % number * 100)
            wait_for(lambda name=name: not (folder / name).exists(), "a file that is taken")
            taken_at = time.time()
            took.append(_arrived_at(computer.inbox, name) - taken_at)
    # The first one meets a server that has just been started.
    took = sorted(took[1:])
    return {
        "files": len(took),
        "p50_s": round(statistics.median(took), 3),
        "p95_s": round(took[int(len(took) * 0.95)], 3),
        "longest_s": round(took[-1], 3),
    }


def _arrived_at(inbox: Path, name: str) -> float:
    found: list[Path] = []

    def arrived() -> bool:
        found.extend(inbox.glob(f"*/{name}"))
        return bool(found)

    wait_for(arrived, "a file that arrives")
    return found[0].stat().st_mtime
