"""Ten thousand small files in one folder: whether the last ones take longer than the first."""

from pathlib import Path
from typing import Any

from tools.bench.customers_pc import pc, wait_for
from tools.bench.measures import Asked

GOALS = {"end_to_start": "<= 1.5"}
SIZES = {"files": 10_000}


def measure(asked: Asked) -> dict[str, Any]:
    """By the moments at which they arrived: each tenth of them but the first, in which the server warms up."""
    with pc() as computer:
        [folder] = computer.folders
        for number in range(asked.files):
            (folder / f"fmuta6 {number:05}.csv").write_bytes(b"%d;V;70;1;26000001\r\n" % number)
        with computer.agent():
            archive = folder / "archive"
            wait_for(lambda: archive.is_dir() and _count(archive) >= asked.files, "files that arrive", look_every_s=1)
        arrived = sorted(path.stat().st_mtime for path in computer.inbox.glob("*/*.csv"))
    if len(arrived) != asked.files:
        raise AssertionError(f"{len(arrived)} of {asked.files} arrived")
    tenth = asked.files // 10
    tenths = [(arrived[at + tenth - 1] - arrived[at]) / (tenth - 1) for at in range(0, asked.files - tenth + 1, tenth)]
    return {
        "files": asked.files,
        "ms_each_by_tenths": [round(1000 * each, 1) for each in tenths],
        "end_to_start": round(tenths[-1] / tenths[1], 2),
    }


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())
