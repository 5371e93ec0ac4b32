"""Files that come together are told of together, and none is forgotten."""

import queue
from uuid import UUID

from bookbridge.server.announcing import Announcer
from bookbridge.storage.dropbox.names import Home

ONE, OTHER = Home(UUID(int=1), UUID(int=2)), Home(UUID(int=1), UUID(int=3))


class Ears:
    def __init__(self) -> None:
        self.heard: queue.Queue[tuple[Home, list[str]]] = queue.Queue()
        self.fails = 0

    def tell(self, home: Home, keys: list[str]) -> None:
        if self.fails:
            self.fails -= 1
            raise RuntimeError("no database")
        self.heard.put((home, keys))


def test_what_arrives_in_a_row_is_told_once():
    ears = Ears()
    announcer = Announcer(ears.tell, quiet_s=0.1)
    for name in ("fmuta6.csv", "debitr.csv", "credit.csv"):
        with announcer.coming(ONE):
            announcer.arrived(ONE, name)
    assert ears.heard.get(timeout=10) == (ONE, ["fmuta6.csv", "debitr.csv", "credit.csv"])
    assert ears.heard.empty()


def test_an_upload_that_is_under_way_is_waited_for_and_no_other_integrations():
    ears = Ears()
    announcer = Announcer(ears.tell, quiet_s=0.05)
    with announcer.coming(ONE):
        announcer.arrived(ONE, "fmuta6.csv")
        announcer.arrived(OTHER, "fmuta6.csv")
        assert ears.heard.get(timeout=10)[0] == OTHER
        assert ears.heard.empty()
        announcer.arrived(ONE, "debitr.csv")
    assert ears.heard.get(timeout=10) == (ONE, ["fmuta6.csv", "debitr.csv"])


def test_a_failure_to_tell_does_not_silence_it():
    ears = Ears()
    ears.fails = 1
    announcer = Announcer(ears.tell, quiet_s=0.01)
    announcer.arrived(ONE, "a.csv")
    while ears.fails:
        pass
    announcer.arrived(ONE, "b.csv")
    assert ears.heard.get(timeout=10) == (ONE, ["b.csv"])


def test_what_still_waits_at_the_end_is_told():
    ears = Ears()
    announcer = Announcer(ears.tell, quiet_s=600)
    announcer.arrived(ONE, "a.csv")
    announcer.close()
    assert ears.heard.get_nowait() == (ONE, ["a.csv"])
