"""From when a recovery counts: who is harmed while no other worker is at work leaves nobody who could take over."""

from types import SimpleNamespace
from typing import Any

import pytest

from bookbridge.commands.chaos.plan import Plan, Planned
from bookbridge.commands.chaos.show import Show
from bookbridge.commands.chaos.watching import Facts, Held


class Workers:
    """Three places; those that are ready can be harmed."""

    def __init__(self, ready: set[int]) -> None:
        self.ready = ready

    def is_ready(self, place: int) -> bool:
        return place in self.ready

    def child(self, place: int) -> Any:
        return SimpleNamespace(process=SimpleNamespace(pid=place, poll=lambda: 0))

    def kill(self, place: int) -> None:
        self.ready.discard(place)


class Tables:
    def held_by(self, pid: int) -> Held:
        return Held((pid,), ())

    def is_held(self, held: Held) -> bool:
        return False


def show_with(ready: set[int]) -> Show:
    plan = Plan(seed=1, documents=10, workers=3, events=())
    return Show(SimpleNamespace(workers=Workers(ready)), plan, Tables(), deadline=0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ready", "stopped", "nobody"),
    [({0, 1, 2}, [], False), ({0, 2}, [], False), ({0}, [], True), ({0, 1}, [1], True), ({0, 1, 2}, [1], False)],
)
def test_who_could_take_over(ready: set[int], stopped: list[int], nobody: bool) -> None:
    show = show_with(ready)
    for place in stopped:
        assert show._begin(Planned(1, "stop", {"worker": place, "seconds": 60}))
    assert show._nobody_could_take_over_from(0) is nobody


@pytest.mark.parametrize(("ready", "recovered"), [({0, 1}, [4.0, 4.0]), ({0, 1, 2}, [12.0, 4.0])])
def test_a_kill_that_leaves_nobody_sets_the_clock_of_those_before_it_anew(
    ready: set[int], recovered: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("bookbridge.commands.chaos.watching.time.monotonic", lambda: now[0])
    show = show_with(ready)
    for moment, place in ((100.0, 1), (108.0, 0)):
        now[0] = moment
        assert show._begin(Planned(1, "kill", {"worker": place}))
    for moment, done in ((109.0, 1), (112.0, 2)):
        now[0] = moment
        show._recoveries.see(Facts(0, (done, ""), True, 0, True), is_idle=False)
    assert [told.recovered_after_s for told in show.told] == recovered
