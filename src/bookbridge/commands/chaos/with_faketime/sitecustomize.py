"""Loaded by Python itself in a worker whose clock may jump (see `clocks.py`).

libfaketime moves the end of a sleep along with the time of day, although Python sleeps by the monotonic clock: with a
clock that is ahead a sleep fails, with one that is behind it lasts for hours. No machine does that, so a sleep goes
another way here.
"""

import select
import time


def _sleep(seconds: float) -> None:
    select.select([], [], [], max(seconds, 0))


time.sleep = _sleep
