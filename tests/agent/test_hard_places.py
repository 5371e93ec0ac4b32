"""Where a real PC is worse than a test's: large files, full disks, clocks that jump, slow storage, files held open."""

import hashlib
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.agent.line import Line
from tests.agent.pc import Pc, wait_until
from tests.server.drop_box.served import Served

LARGE_MB = int(os.environ.get("AGENT_LARGE_MB", "40"))
"""`AGENT_LARGE_MB=2048` for the real thing, by hand."""
_FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def large(path: Path) -> str:
    """A sparse file with something at both ends; its digest."""
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        file.write(b"begin\r\n")
        file.truncate(LARGE_MB * 1024 * 1024)
        file.seek(0, os.SEEK_END)
        file.write(b"\r\nend\r\n")
    partial.replace(path)
    return digest(path)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_a_large_file_arrives_whole_and_takes_no_memory_for_its_size(pc: Pc) -> None:
    pc.add()
    agent = psutil.Process(pc.start().pid)
    (pc.source / "fmuta6 small.csv").write_bytes(b"a\r\n")
    wait_until(lambda: len(pc.archived()) == 1, "it does not work")
    before = peak = agent.memory_info().rss
    sent = large(pc.source / "fmuta6 large.csv")

    def is_put_away() -> bool:
        nonlocal peak
        peak = max(peak, agent.memory_info().rss)
        return any((pc.source / "archive").glob("fmuta6 large*"))

    wait_until(is_put_away, "it does not arrive", seconds=60 + LARGE_MB)
    [stored] = (pc.server.storage / pc.server.agent.home / "inbox").rglob("fmuta6 large.csv")
    assert digest(stored) == sent
    assert (peak - before) / 1e6 < 48, "a few parts of five megabytes, whatever its size"


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no small disk may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return filler


def test_a_full_disk_of_the_output_has_words_and_the_last_whole_file_stays(pc: Pc, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        pc.output = disk / "dbopen.csv"
        pc.output.write_bytes(b"the last whole one")
        pc.add()
        filler = fill(disk)
        pc.offer_outstanding(b"open\r\n" * 1000)
        (pc.source / "fmuta6.csv").write_bytes(b"a\r\n")
        full = pc.agent("once")
        assert f"There is no room left on the disk of {disk}" in full.stderr
        assert pc.output.read_bytes() == b"the last whole one"
        assert pc.arrived() == [("fmuta6.csv", b"a\r\n")], "files go all the same"
        filler.unlink()
        assert pc.agent("once").returncode == 0
        assert pc.output.read_bytes() == b"open\r\n" * 1000


def test_on_a_full_disk_of_the_source_nothing_is_lost(pc: Pc, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        pc.source = disk / "export"
        pc.source.mkdir()
        pc.add()
        files = {f"fmuta6 {number}.csv": b"%d\r\n" % number for number in range(5)}
        for name, content in files.items():
            (pc.source / name).write_bytes(content)
        fill(disk)
        pc.agent("once")
        (disk / "filler").unlink()
        assert pc.agent("once").returncode == 0
        assert Counter(pc.arrived()) == Counter(files.items())


def test_on_a_full_disk_of_the_agents_own_files_go_all_the_same(pc: Pc, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "256k") as disk:
        pc.home = disk / "home"
        pc.add()
        assert pc.agent("once").returncode == 0
        filler = fill(disk)
        (pc.source / "fmuta6.csv").write_bytes(b"a\r\n")
        assert "can't be written down" in pc.agent("once").stderr
        assert pc.arrived() == [("fmuta6.csv", b"a\r\n")]
        filler.unlink()
        assert pc.agent("once").returncode == 0
        assert len(pc.arrived()) == 1


@pytest.mark.skipif(_FAKETIME is None, reason="there is no libfaketime")
def test_a_clock_that_jumps_loses_and_doubles_nothing_and_is_told(pc: Pc, tmp_path: Path) -> None:
    """The time of day alone: the clock that settling goes by is set by nobody."""
    pc.add()
    moment = tmp_path / "moment"
    moment.write_text("+0")
    faked = {
        "LD_PRELOAD": str(_FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(moment),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    pc.start(**faked)
    sent = []
    for number, jump in enumerate(("+0", "+3d", "+0", "-40d", "+5", "-5", "+0")):
        moment.write_text(jump)
        sent.append(("fmuta6.csv", b"%d\r\n" % number))
        (pc.source / "fmuta6.csv").write_bytes(sent[-1][1])
        wait_until(lambda name=sent[-1][0]: not (pc.source / name).exists(), f"not taken at {jump}")
        if "d" in jump:
            wait_until(lambda: "clock is more than a quarter" in pc.agent("status").stdout, f"not told at {jump}")
        else:
            wait_until(lambda: not pc.waiting(), f"not sent at {jump}", seconds=120)
    assert Counter(pc.arrived()) == Counter(sent)


def test_over_a_slow_line_files_arrive_once_and_are_taken_meanwhile(pc: Pc, server: Served) -> None:
    with Line(server.agent.address) as line:
        pc.add("--endpoint", line.address)
        line.slowness_s = 1.5
        pc.start()
        for number in range(4):
            (pc.source / "fmuta6.csv").write_bytes(b"%d\r\n" % number)
            wait_until(lambda: not (pc.source / "fmuta6.csv").exists(), "it is not taken")
        wait_until(lambda: not pc.waiting() and len(pc.archived()) == 4, "they do not arrive", seconds=120)
    assert pc.arrived() == [("fmuta6.csv", b"%d\r\n" % number) for number in range(4)]


def test_bursts_over_the_last_file_lose_nothing_that_was_whole(pc: Pc) -> None:
    """An ERP that writes export after export under one name, each whole by one rename, faster than they are sent."""
    pc.add(settle_s=0.02, unfinished_s=0.1)
    pc.start()
    written: list[bytes] = []
    for number in range(60):
        content = b"export %d\r\n" % number * 200
        (pc.source / "fmuta6.csv.part").write_bytes(content)
        # The next one only replaces what was taken: what is overwritten before it settled was never handed over.
        wait_until(lambda: not (pc.source / "fmuta6.csv").exists(), "it is not taken")
        (pc.source / "fmuta6.csv.part").replace(pc.source / "fmuta6.csv")
        written.append(content)
    wait_until(lambda: len(pc.archived()) == len(written), "they do not arrive", seconds=180)
    assert Counter(content for _, content in pc.arrived()) == Counter(written)


def test_who_has_the_output_open_reads_the_whole_old_one(tmp_path: Path, pc: Pc) -> None:
    pc.add()
    pc.offer_outstanding(b"old\r\n" * 5000)
    pc.agent("once")
    with pc.output.open("rb") as reader:
        first = reader.read(10)
        pc.offer_outstanding(b"new\r\n" * 9000)
        pc.agent("once")
        assert first + reader.read() == b"old\r\n" * 5000
    assert pc.output.read_bytes() == b"new\r\n" * 9000
