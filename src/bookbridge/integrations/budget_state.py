"""The arithmetic of a shared call budget: pure functions over the JSON of its row.

Calls are counted in sixty buckets a window (seconds of a minute, 24-minute parts of a day). A bucket counts until
all of it lies outside the window, so the count is never too low. What lies further ahead than a window was written by
a clock that was wrong, and is forgotten.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Any

from bookbridge.kit.budgets import Limit

_BUCKETS = 60
_LONGEST_CLOSED_S = 86400
_FEWEST_SHARED = 10
"""Of fewer calls than this nothing is kept for others."""


@dataclass
class BudgetState:
    """`counts`: per limit, bucket number → calls. `limits`: numbers the package told. Times are epoch seconds."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    errors: dict[str, list[int]] = field(default_factory=dict)
    closed_until: int = 0

    @classmethod
    def read(cls, state: dict[str, Any]) -> "BudgetState":
        return cls(**{name: state[name] for name in ("counts", "limits", "errors", "closed_until") if name in state})

    def written(self) -> dict[str, Any]:
        return {
            "counts": self.counts,
            "limits": self.limits,
            "errors": self.errors,
            "closed_until": self.closed_until,
        }

    def take(
        self,
        limits: tuple[Limit, ...],
        now: float,
        calls: int = 1,
        until: float | None = None,
        *,
        needed: int = 1,
        kept_free: float = 0,
    ) -> float | None:
        """Count so many calls, made at the latest at `until`, and return None; or return the moment from which as many
        as are `needed` may be made. `kept_free`: the share of each limit that is left to others."""
        longest_s = max(_LONGEST_CLOSED_S, *(limit.seconds for limit in limits), 0)
        if now < self.closed_until <= now + longest_s + 1:
            return self.closed_until
        for limit in limits:
            free_at = self._free_at(limit, now, needed, kept_free)
            if free_at is not None:
                return free_at
        for limit in limits:
            # By the latest moment of the calls: they count for as long as the last of them would.
            bucket = str(int((until or now) // _width(limit)))
            counts = self.counts.setdefault(limit.name, {})
            counts[bucket] = counts.get(bucket, 0) + calls
        return None

    def left(self, limits: tuple[Limit, ...], now: float, *, kept_free: float = 0) -> int:
        """How many calls may be made now; of no use while the budget is closed."""
        return min((self._left_of(limit, now, kept_free) for limit in limits), default=0)

    def left_of_each(self, limits: tuple[Limit, ...], now: float) -> tuple[tuple[Limit, int], ...]:
        """Each limit as the package told it last, with how many calls of it may be made now."""
        told = (replace(limit, calls=self._allowed(limit)) for limit in limits)
        return tuple((limit, max(0, self._left_of(limit, now))) for limit in told)

    def _left_of(self, limit: Limit, now: float, kept_free: float = 0) -> int:
        return self._allowed(limit, kept_free) - sum(self._current(limit, now).values())

    def close(self, until: float, now: float, longest_s: int) -> None:
        """Make no call before `until`, but believe no moment farther away than a limit can last."""
        self.closed_until = max(self.closed_until, math.ceil(min(until, now + longest_s)))

    def count_error(self, endpoint: str, guard: Limit, now: float) -> None:
        # Rounded up, so that an error never counts too short; those outside the window would be kept for ever.
        self.errors[endpoint] = [*self._recent_errors(endpoint, guard, now), math.ceil(now)]

    def endpoint_free_at(self, endpoint: str, guard: Limit, now: float) -> float | None:
        """None when the endpoint may be called, else the moment from which it may."""
        recent = self._recent_errors(endpoint, guard, now)
        return recent[-guard.calls] + guard.seconds if len(recent) >= guard.calls else None

    def _recent_errors(self, endpoint: str, guard: Limit, now: float) -> list[int]:
        return [moment for moment in self.errors.get(endpoint, []) if abs(moment - now) < guard.seconds]

    def _free_at(self, limit: Limit, now: float, needed: int, kept_free: float) -> float | None:
        current = self._current(limit, now)
        allowed = self._allowed(limit, kept_free)
        # What costs more than a whole window holds is made when the window is empty.
        over = sum(current.values()) + min(needed, allowed) - 1 - allowed
        if over < 0:
            return None
        for bucket in sorted(current, key=int):
            over -= current[bucket]
            if over < 0:
                return (int(bucket) + 1) * _width(limit) + limit.seconds
        return now + limit.seconds

    def _allowed(self, limit: Limit, kept_free: float = 0) -> int:
        told = self.limits.get(limit.name, limit.calls)
        kept = max(1, int(told * kept_free)) if kept_free and told >= _FEWEST_SHARED else 0
        # Without any call we would never hear of a better number.
        return max(1, told - kept)

    def _current(self, limit: Limit, now: float) -> dict[str, int]:
        width = _width(limit)
        kept = {
            bucket: count
            for bucket, count in self.counts.get(limit.name, {}).items()
            if (int(bucket) + 1) * width > now - limit.seconds and int(bucket) * width < now + limit.seconds
        }
        self.counts[limit.name] = kept
        return kept


def _width(limit: Limit) -> float:
    return limit.seconds / _BUCKETS
