"""That the places of a chaos run really fail: run in a process of its own, whose mounts nobody else sees."""

import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import sys
from pathlib import Path
from bookbridge.commands.chaos.places import SmallDisk, StoragePlace, own_mounts
why_not = own_mounts()
if why_not:
    sys.exit(f"SKIP {why_not}")
folder = Path(sys.argv[1])
disk = SmallDisk(folder / "disk", 2)
place = StoragePlace(folder / "disk", disk)
place.folder.mkdir()
kept = place.folder / "kept"
kept.write_bytes(b"kept")

def fails(act, number):
    try:
        act()
    except OSError as error:
        assert error.errno in number, error
        return
    raise AssertionError("it went well")

place.allow_writing(False)
fails(lambda: (place.folder / "new").write_bytes(b"x"), {30})
place.allow_writing(True)
place.fill()
fails(lambda: (place.folder / "new").write_bytes(b"x"), {28})
assert kept.read_bytes() == b"kept"
place.free()
place.take_away()
fails(kept.read_bytes, {20})
fails(place.folder.mkdir, {17})
place.bring_back()
(place.folder / "new").write_bytes(b"x")
assert kept.read_bytes() == b"kept"
disk.remove()
"""


def test_the_storage_is_read_only_full_and_away_and_each_time_whole_again(tmp_path: Path):
    tried = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    if tried.stderr.startswith("SKIP"):
        pytest.skip(tried.stderr)
    assert tried.returncode == 0, tried.stderr
    assert list(tmp_path.iterdir()) == [], "nobody else ever saw the disk"
