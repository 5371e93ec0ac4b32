"""The simulator's time: the machine's, or a test's, moved ahead on request."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime


class SimulatorClock:
    """Epoch seconds from a source, plus what was added by `advance`."""

    def __init__(self, source: Callable[[], float] = time.time, ahead_s: float = 0.0) -> None:
        self._source = source
        self._ahead_s = ahead_s
        self._lock = threading.Lock()

    @property
    def ahead_s(self) -> float:
        """Seconds the clock is ahead of its source."""
        return self._ahead_s

    def __call__(self) -> float:
        """Now, in epoch seconds."""
        return self._source() + self._ahead_s

    def now(self) -> datetime:
        """Now, as an aware UTC timestamp."""
        return datetime.fromtimestamp(self(), tz=UTC)

    def advance(self, seconds: float) -> None:
        """Move ahead. Time never goes back: raises ValueError for a negative number."""
        if seconds < 0:
            raise ValueError(f"The clock only moves ahead, not {seconds} seconds.")
        with self._lock:
            self._ahead_s += seconds
