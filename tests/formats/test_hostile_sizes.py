"""Files that are made to fill a reader's memory: each is read in a process of its own, whose peak is looked at."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.formats.hostile import FILES

ROOT = Path(__file__).resolve().parents[2]
MOST_MB = 100
"""Python with its libraries takes some 35 of them."""
LONGEST_RAW = 70_000


@pytest.mark.parametrize("name", FILES)
def test_memory_stays_bounded(name: str) -> None:
    command = [sys.executable, "-m", "tests.formats.hostile", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["peak_mb"] < MOST_MB
    assert told["longest_raw"] < LONGEST_RAW
    assert told["rows"] or told["codes"] == ["file.empty"]


def test_no_row_of_many_unreadable_ones_is_lost() -> None:
    command = [sys.executable, "-m", "tests.formats.hostile", "rows of a word"]
    told = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    words = (1 << 20) // ((1 << 16) // 6 * 6) * ((1 << 16) // 6)
    assert told["rows"] == words + 8
    assert told["documents"] == 3
