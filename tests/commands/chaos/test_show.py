"""From when a recovery counts: who is harmed while no other worker is at work leaves nobody who could take over."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bookbridge.commands.chaos.plan import Plan, Planned
from bookbridge.commands.chaos.show import Show
from bookbridge.commands.chaos.watching import Facts, Held
from bookbridge.kit.errors import LaterError


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


def test_what_can_t_be_done_now_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's sign-in may meet a package that is being broken at that moment."""
    show = show_with({0, 1})
    tries: list[str] = []

    def sign_in_again() -> None:
        tries.append("signed in")
        if len(tries) == 1:
            raise LaterError(datetime.now(UTC), "the package gives no new access token yet")

    show.site.stage = SimpleNamespace(sign_in_again=sign_in_again)
    show.site.remember_tokens = lambda: None
    show.site.package = SimpleNamespace(control=lambda *_: None)
    assert show._begin(Planned(1, "tokens-revoked", {"seconds": 0}))
    [running] = show._running
    assert show.told[0].ended_s is None
    show._end(running)
    assert show.told[0].ended_s is not None
    assert len(tries) == 2


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
