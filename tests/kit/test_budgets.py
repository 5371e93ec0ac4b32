"""How long a package's limits make a number of calls take."""

from datetime import timedelta

import pytest

from bookbridge.kit.budgets import Limit, shortest_time

MINUTE, DAY = Limit("minute", 60, 60), Limit("day", 5000, 86400)


@pytest.mark.parametrize(
    ("calls", "minute_left", "day_left", "expected"),
    [
        (60, 60, 5000, timedelta()),
        (61, 60, 5000, timedelta(minutes=1)),
        (60, 0, 5000, timedelta(minutes=1)),
        (600, 60, 5000, timedelta(minutes=9)),
        (5000, 60, 5000, timedelta(minutes=83)),
        # The last thousand go tomorrow, 60 at once and the others in the minutes after.
        (6000, 60, 5000, timedelta(days=1, minutes=16)),
        (12_000, 0, 1000, timedelta(days=3, minutes=16)),
        (1, 0, 0, timedelta(days=1)),
        (0, 0, 0, timedelta()),
    ],
)
def test_whole_days_first_and_then_by_the_minute(
    calls: int, minute_left: int, day_left: int, expected: timedelta
) -> None:
    assert shortest_time([(MINUTE, minute_left), (DAY, day_left)], calls) == expected


def test_without_limits_nothing_is_waited_for() -> None:
    assert shortest_time([], 1_000_000) == timedelta()
