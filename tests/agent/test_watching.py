"""An agent whose watcher is of no use looks by and by, and says why."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bookbridge_agent import configuration, working
from bookbridge_agent.configuration import Settings
from bookbridge_agent.journal import Journal
from bookbridge_agent.running import Agent
from tests.agent.desk import Desk
from tests.agent.pc import wait_until


@pytest.mark.parametrize(("fault", "told"), [(TypeError("what it takes changed"), True), (OSError("no room"), False)])
def test_without_a_watcher_files_are_taken_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, told: bool
) -> None:
    def useless(*_: object) -> None:
        raise fault

    monkeypatch.setattr(working, "RustNotify", useless)
    desk = Desk(tmp_path, "http://127.0.0.1:9")
    settings = Settings(settle_s=0.02, unfinished_s=0.1, look_every_s=0.05)
    configuration.change(desk.home, lambda now: replace(now, settings=settings))
    stop = threading.Event()
    agent = Agent(desk.home, desk.vault)
    running = threading.Thread(target=agent.run, args=(stop, lambda _: None), daemon=True)
    running.start()
    for number in (1, 2):
        desk.write("fmuta6.csv", b"a\n")
        wait_until(lambda number=number: len(desk.waiting()) == number, "nobody looks")
    stop.set()
    running.join(60)
    said = [each.told.get("text", "") for each in Journal(desk.home.journal).activity()]
    assert any("watcher: TypeError" in each for each in said) is told
