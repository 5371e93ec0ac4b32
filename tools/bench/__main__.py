"""python -m tools.bench [NAME …] [--SIZE number …]"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.bench.measures import Asked, judged, measure_names, module_of, sizes_of

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Print the report; 1 when a goal was missed."""
    known = measure_names()
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description="Speed as ratios, printed as JSON.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(known)}; all when none is named")
    parser.add_argument("--result", type=Path, help=argparse.SUPPRESS)
    for size, default in sorted(sizes_of(known).items()):
        parser.add_argument(f"--{size.replace('_', '-')}", type=int, metavar="N", help=f"default: {default}")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(known):
        parser.error(f"there is no measure {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    given = {size: value for size in sizes_of(known) if (value := getattr(asked, size)) is not None}
    if asked.result:
        asked.result.write_text(json.dumps(_measured_here(asked.names[0], given)), encoding="utf-8")
        return 0
    report = {name: _measured_apart(name, given) for name in asked.names or known}
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0 if all(measured["met"] for measured in report.values()) else 1


def _measured_here(name: str, given: dict[str, int]) -> dict[str, Any]:
    module = module_of(name)
    return judged(module.measure(Asked(**{**module.SIZES, **given})), module.GOALS)


def _measured_apart(name: str, given: dict[str, int]) -> dict[str, Any]:
    """In a process of its own: what one measure loads, starts or leaves in memory is no matter of the next."""
    with tempfile.TemporaryDirectory(prefix="bookbridge-bench-") as folder:
        result = Path(folder) / "result.json"
        sizes = [word for size, value in given.items() for word in (f"--{size.replace('_', '-')}", str(value))]
        command = [sys.executable, "-m", "tools.bench", name, "--result", str(result), *sizes]
        done = subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False)
        if done.returncode:
            return {"error": f"ended with {done.returncode}; its last words stand above", "met": False}
        measured: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return measured


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
