"""`bookbridge-agent run` as a real process, with the real drop box: killed, cut off, and started again."""

import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from bookbridge_agent.crash_points import POINTS
from tests.agent.line import Line
from tests.agent.pc import Pc, wait_until
from tests.server.drop_box.served import Served

FILES = {
    "fmuta6.csv": b"0;V;70;1;26000001\r\n",
    "fmuta6 b.csv": b"0;V;70;1;26000002\r\n",
    "debitr.csv": b"100;Jansen\r\n",
    "credit.csv": b"no line end",
}


def put(pc: Pc, files: dict[str, bytes]) -> None:
    """Written under another name and renamed, as careful programs do."""
    for name, content in files.items():
        (pc.source / f"{name}.part").write_bytes(content)
        (pc.source / f"{name}.part").replace(pc.source / name)


def all_arrived(pc: Pc, count: int) -> bool:
    return len(pc.arrived()) >= count and not pc.waiting()


@pytest.mark.crash
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_every_file_arrives_once(pc: Pc, tmp_path: Path, point: str) -> None:
    pc.add()
    pc.offer_outstanding(b"open\r\n")
    put(pc, FILES)
    flag = tmp_path / "die"
    flag.touch()
    killed = pc.start(BOOKBRIDGE_AGENT_CRASH_AT=f"{point}={flag}")
    assert killed.wait(timeout=60) == -signal.SIGKILL
    assert not flag.exists()

    pc.start()
    wait_until(lambda: all_arrived(pc, len(FILES)) and pc.output.exists(), f"after {point}: {pc.arrived()}")

    assert Counter(pc.arrived()) == Counter(FILES.items())
    wait_until(lambda: len(pc.archived()) == len(FILES), f"{pc.archived()}")
    assert pc.archived() == sorted(FILES.values())
    assert pc.output.read_bytes() == b"open\r\n"


@pytest.mark.crash
def test_killed_at_random_over_many_files_every_file_arrives_once(pc: Pc) -> None:
    """More by `AGENT_FILES=5000 AGENT_KILLS=100`."""
    count, kills = int(os.environ.get("AGENT_FILES", "200")), int(os.environ.get("AGENT_KILLS", "8"))
    pc.add()
    files = {f"fmuta6 {number:05}.csv": b"export %d\r\n" % number for number in range(count)}
    chance = random.Random(1)
    names = sorted(files)
    for kill in range(kills):
        put(pc, {name: files[name] for name in names[kill::kills]})
        before = len(pc.arrived())
        running = pc.start()
        goal = before + chance.randint(1, count // kills)
        wait_until(lambda goal=goal: len(pc.arrived()) >= goal, f"{len(pc.arrived())} of {goal}")
        running.kill()
        running.wait()
    pc.start()
    wait_until(lambda: all_arrived(pc, count), f"{len(pc.arrived())} of {count}")
    assert Counter(pc.arrived()) == Counter(files.items())
    assert pc.archived() == sorted(files.values())


def test_overwritten_while_the_network_is_away_nothing_is_lost(pc: Pc, server: Served) -> None:
    with Line(server.agent.address) as line:
        pc.add("--endpoint", line.address)
        line.cut()
        pc.start()
        versions = [b"export %d\r\n" % number for number in range(5)]
        for number, content in enumerate(versions, 1):
            (pc.source / "fmuta6.csv").write_bytes(content)
            wait_until(lambda number=number: len(pc.waiting()) == number, f"{number} was not taken")
        wait_until(lambda: "can't be reached" in pc.agent("status").stdout, "nothing is told")
        assert pc.arrived() == []
        line.mend()
        wait_until(lambda: all_arrived(pc, len(versions)), f"{pc.arrived()}", seconds=120)
    assert [content for _, content in pc.arrived()] == versions


def test_answers_that_are_cut_make_no_second_delivery(pc: Pc, server: Served) -> None:
    with Line(server.agent.address) as line:
        pc.add("--endpoint", line.address)
        line.swallow_answers(4)
        pc.start()
        put(pc, FILES)
        wait_until(lambda: all_arrived(pc, len(FILES)), f"{pc.arrived()}", seconds=120)
    assert Counter(pc.arrived()) == Counter(FILES.items())


def test_a_file_that_is_written_slowly_is_taken_when_it_is_whole(pc: Pc) -> None:
    pc.add(settle_s=0.5)
    pc.start()
    rows = [b"%d;row\r\n" % number for number in range(20)]
    with (pc.source / "fmuta6.csv").open("wb", buffering=0) as file:
        for row in rows:
            file.write(row)
            assert pc.waiting() == []
    wait_until(lambda: all_arrived(pc, 1), "it was not taken")
    assert pc.arrived() == [("fmuta6.csv", b"".join(rows))]


def test_started_twice_the_second_says_so_and_ends(pc: Pc) -> None:
    pc.add()
    pc.start()
    put(pc, {"fmuta6.csv": b"a\r\n"})
    wait_until(lambda: all_arrived(pc, 1), "the first does not work")
    second = pc.agent("run")
    assert second.returncode == 1
    assert "runs already" in second.stderr


def test_it_ends_by_itself_when_asked_to(pc: Pc) -> None:
    pc.add()
    running = pc.start()
    put(pc, {"fmuta6.csv": b"a\r\n"})
    wait_until(lambda: all_arrived(pc, 1), "it does not work")
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=30) == 0


def test_what_is_added_while_it_runs_starts_at_once(pc: Pc) -> None:
    pc.home.mkdir()
    pc.start()
    pc.add()
    put(pc, {"fmuta6.csv": b"a\r\n"})
    wait_until(lambda: all_arrived(pc, 1), "it does not know of it")


def test_a_folder_that_comes_back_is_watched_again(pc: Pc) -> None:
    pc.add(look_every_s=0.2)
    away = pc.source.with_name("away")
    pc.source.replace(away)
    pc.start()
    wait_until(lambda: "is not there" in pc.agent("status").stdout, "nothing is told")
    away.replace(pc.source)
    put(pc, {"fmuta6.csv": b"a\r\n"})
    wait_until(lambda: all_arrived(pc, 1), "it was not taken")
    wait_until(lambda: "is not there" not in pc.agent("status").stdout, "it is still told")
