"""How many calls a package allows, shared by every worker. The engine keeps the counts; here are the words for it."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bookbridge.kit.errors import LaterError
from bookbridge.kit.fact_sheet import Limits

MINUTE = "minute"
DAY = "day"
WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` in any `seconds`."""

    name: str
    calls: int
    seconds: int


def call_limits(limits: Limits) -> tuple[Limit, ...]:
    """The call limits of a fact sheet, under the names that connectors use in LimitSeen."""
    known = (
        (MINUTE, limits.calls_per_minute, 60),
        (DAY, limits.calls_per_day, 86400),
        (WINDOW, limits.calls_per_window, limits.window_s),
    )
    return tuple(Limit(name, calls, seconds) for name, calls, seconds in known if calls is not None)


def error_guard(limits: Limits) -> Limit | None:
    """The number of errors at one endpoint, within an hour, at which we stop by ourselves."""
    return Limit("errors", limits.errors_per_hour, 3600) if limits.errors_per_hour is not None else None


def shortest_time(left: Iterable[tuple[Limit, int]], calls: int) -> timedelta:
    """How long so many calls take at least, under limits of which so much is left now.

    Whole windows of the longest limit first; what remains after them is made as fast as the shorter ones allow."""
    needed_s = 0
    for limit, free_now in sorted(left, key=lambda each: -each[0].seconds):
        # After a wait for a longer one, nothing of this limit is used up.
        free = limit.calls if needed_s else free_now
        if calls <= free:
            continue
        windows = -(-(calls - free) // limit.calls)
        needed_s += windows * limit.seconds
        calls -= free + (windows - 1) * limit.calls
    return timedelta(seconds=needed_s)


@dataclass(frozen=True, slots=True)
class LimitSeen:
    """What an answer said of a limit: the number allowed, what is left of it, and when it starts anew."""

    name: str
    calls: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None


class Budget(Protocol):
    """The call budget of one authorisation's administration. All methods are safe across threads and workers."""

    def take(self, calls: int = 1) -> None:
        """Count a call that is about to be made; `calls`: what it counts for where packages count some calls more than
        once. Raises LaterError when so much isn't left."""

    def learn(self, seen: LimitSeen) -> None:
        """Believe the package: its own numbers replace those of the fact sheet, `remaining` 0 closes the budget."""

    def count_error(self, endpoint: str) -> None:
        """Count an answer that the package's error guard counts. From then on `check_endpoint` may refuse."""

    def check_endpoint(self, endpoint: str) -> None:
        """Raises LaterError when one more error at this endpoint would have the package block the key."""


class MemoryBudget:
    """A Budget for one process: the conformance suite and `check-connector` use it."""

    def __init__(self, limits: tuple[Limit, ...], error_guard: Limit | None, now: Callable[[], datetime]) -> None:
        self._limits = {limit.name: limit for limit in limits}
        self._error_guard = error_guard
        self._now = now
        self._calls: deque[datetime] = deque(maxlen=100_000)
        self._errors: dict[str, deque[datetime]] = {}
        self._closed_until: datetime | None = None

    def take(self, calls: int = 1) -> None:
        now = self._now()
        if self._closed_until and now < self._closed_until:
            raise LaterError(self._closed_until, "the package's call limit is used up")
        for limit in self._limits.values():
            since = now - timedelta(seconds=limit.seconds)
            recent = [moment for moment in self._calls if moment > since]
            over = len(recent) + calls - limit.calls
            if recent and over > 0:
                raise LaterError(
                    recent[min(over, len(recent)) - 1] + timedelta(seconds=limit.seconds),
                    f"{limit.calls} calls in {limit.seconds} s are used up",
                )
        self._calls.extend([now] * calls)

    def learn(self, seen: LimitSeen) -> None:
        known = self._limits.get(seen.name)
        if known and seen.calls is not None:
            self._limits[seen.name] = Limit(known.name, seen.calls, known.seconds)
        if seen.remaining == 0 and seen.resets_at:
            self._closed_until = seen.resets_at

    def count_error(self, endpoint: str) -> None:
        self._errors.setdefault(endpoint, deque(maxlen=1000)).append(self._now())

    def check_endpoint(self, endpoint: str) -> None:
        if self._error_guard is None:
            return
        since = self._now() - timedelta(seconds=self._error_guard.seconds)
        recent = [moment for moment in self._errors.get(endpoint, ()) if moment > since]
        if len(recent) >= self._error_guard.calls:
            raise LaterError(
                recent[-self._error_guard.calls] + timedelta(seconds=self._error_guard.seconds),
                f"{self._error_guard.calls} errors at {endpoint}: one more could block the connection",
            )
