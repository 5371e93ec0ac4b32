"""Limits that packages put on calls: so many a minute and a day, and so many refused ones an hour."""

from dataclasses import dataclass

from bookbridge.kit.simulation.clock import SimulatorClock
from bookbridge.kit.simulation.store import SimulatorStore

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86400


@dataclass(frozen=True)
class WindowState:
    """Where a caller stands within one window."""

    limit: int
    used: int
    reset_at: int
    """Epoch seconds at which the window ends."""

    @property
    def remaining(self) -> int:
        """Calls left."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True)
class CallAllowance:
    """The answer to one call: allowed or not, and the state of both windows (none = unlimited)."""

    allowed: bool
    minute: WindowState | None
    day: WindowState | None

    @property
    def minute_is_hit(self) -> bool:
        """Whether it is the minute that refuses."""
        return not self.allowed and self.minute is not None and self.minute.remaining == 0


class CallLimits:
    """Counts calls per key in fixed windows of a minute and a day. A call that is turned away is not counted."""

    def __init__(
        self,
        store: SimulatorStore,
        clock: SimulatorClock,
        minute_limit: int | None,
        day_limit: int | None,
        *,
        times_faster: int = 1,
    ) -> None:
        self._store = store
        self._clock = clock
        self._minute_s, self._day_s = MINUTE_S // times_faster, DAY_S // times_faster
        self.minute_limit = minute_limit
        self.day_limit = day_limit

    def take(self, key: str, calls: int = 1) -> CallAllowance:
        """Count one call of `key`, or what it counts for, if the windows still have room for all of it."""
        with self._store.transaction():
            minute = self._state(f"minute:{key}", self.minute_limit, self._minute_s)
            day = self._state(f"day:{key}", self.day_limit, self._day_s)
            if any(state is not None and state.remaining < calls for state in (minute, day)):
                return CallAllowance(False, minute, day)
            for _ in range(calls):
                self._count(f"minute:{key}", self._minute_s)
                self._count(f"day:{key}", self._day_s)
            return CallAllowance(
                True,
                self._state(f"minute:{key}", self.minute_limit, self._minute_s),
                self._state(f"day:{key}", self.day_limit, self._day_s),
            )

    def _count(self, name: str, window_s: int) -> None:
        self._store.count_up(name, int(self._clock() // window_s))

    def _state(self, name: str, limit: int | None, window_s: int) -> WindowState | None:
        if limit is None:
            return None
        window = int(self._clock() // window_s)
        return WindowState(limit, self._store.counted(name, window), (window + 1) * window_s)


class ErrorLimit:
    """Blocks a key for a while once it had more than `allowed` refused calls on one endpoint within an hour."""

    def __init__(self, store: SimulatorStore, clock: SimulatorClock, allowed: int, block_s: int = HOUR_S) -> None:
        self._store = store
        self._clock = clock
        self.allowed = allowed
        self.block_s = block_s

    def blocked_until(self, key: str) -> float | None:
        """Epoch seconds until which the key is blocked, or none."""
        until = float(self._store.note(f"blocked:{key}") or 0)
        return until if until > self._clock() else None

    def count_error(self, key: str, endpoint: str) -> None:
        """Count one refused call of the key on an endpoint."""
        errors = self._store.count_up(f"errors:{key}:{endpoint}", int(self._clock() // HOUR_S))
        if errors > self.allowed:
            self._store.set_note(f"blocked:{key}", repr(self._clock() + self.block_s))
