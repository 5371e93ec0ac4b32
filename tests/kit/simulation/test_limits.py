import threading
from pathlib import Path

from bookbridge.kit.simulation import CallLimits, ErrorLimit, SimulatorClock, SimulatorStore
from tests.kit.simulation.conftest import HandClock


def test_a_minute_has_room_for_so_many_calls_and_then_the_next_has(hand_clock: HandClock) -> None:
    limits = CallLimits(SimulatorStore(None), SimulatorClock(hand_clock), minute_limit=2, day_limit=3)
    assert [limits.take("a").allowed for _ in range(3)] == [True, True, False]
    refused = limits.take("a")
    assert refused.minute_is_hit
    assert refused.minute is not None
    hand_clock.at = refused.minute.reset_at
    assert limits.take("a").allowed
    on_the_day = limits.take("a")
    assert (on_the_day.allowed, on_the_day.minute_is_hit) == (False, False)
    assert limits.take("b").allowed


def test_a_call_that_counts_for_more_needs_room_for_all_of_it(hand_clock: HandClock) -> None:
    limits = CallLimits(SimulatorStore(None), SimulatorClock(hand_clock), minute_limit=5, day_limit=None)
    assert limits.take("a", 3).allowed
    assert not limits.take("a", 3).allowed
    last = limits.take("a", 2)
    assert last.allowed
    assert last.minute is not None
    assert (last.minute.used, last.minute.remaining) == (5, 0)


def test_calls_at_the_same_time_never_pass_the_limit(tmp_path: Path, hand_clock: HandClock) -> None:
    limits = CallLimits(SimulatorStore(tmp_path / "s.sqlite3"), SimulatorClock(hand_clock), 25, None)
    allowed: list[bool] = []
    threads = [
        threading.Thread(target=lambda: allowed.extend(limits.take("a").allowed for _ in range(10))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(allowed), sum(allowed)) == (80, 25)


def test_too_many_errors_block_the_key_for_an_hour(hand_clock: HandClock) -> None:
    limit = ErrorLimit(SimulatorStore(None), SimulatorClock(hand_clock), allowed=10)
    for _ in range(10):
        limit.count_error("key", "accounts")
        limit.count_error("key", "journals")
    assert limit.blocked_until("key") is None
    limit.count_error("key", "accounts")
    until = limit.blocked_until("key")
    assert until == hand_clock.at + 3600
    assert limit.blocked_until("other") is None
    hand_clock.at = until
    assert limit.blocked_until("key") is None
