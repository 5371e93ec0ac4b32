"""The arithmetic of a shared call budget: pure functions over the JSON of its row.

Calls are counted in sixty buckets a window (seconds of a minute, 24-minute parts of a day). A bucket counts until
all of it lies outside the window, so the count is never too low. What lies further ahead than a window was written by
a clock that was wrong, and is forgotten.
"""

import math
from dataclasses import dataclass, field
from typing import Any

from bookbridge.kit.budgets import Limit

_BUCKETS = 60
_LONGEST_CLOSED_S = 86400


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
        self, limits: tuple[Limit, ...], now: float, calls: int = 1, until: float | None = None, *, needed: int = 1
    ) -> float | None:
        """Count so many calls, made at the latest at `until`, and return None; or return the moment from which as many
        as are `needed` may be made."""
        longest_s = max(_LONGEST_CLOSED_S, *(limit.seconds for limit in limits), 0)
        if now < self.closed_until <= now + longest_s + 1:
            return self.closed_until
        for limit in limits:
            free_at = self._free_at(limit, now, needed)
            if free_at is not None:
                return free_at
        for limit in limits:
            # By the latest moment of the calls: they count for as long as the last of them would.
            bucket = str(int((until or now) // _width(limit)))
            counts = self.counts.setdefault(limit.name, {})
            counts[bucket] = counts.get(bucket, 0) + calls
        return None

    def left(self, limits: tuple[Limit, ...], now: float) -> int:
        """How many calls may be made now; of no use while the budget is closed."""
        return min((self._allowed(limit) - sum(self._current(limit, now).values()) for limit in limits), default=0)

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

    def _free_at(self, limit: Limit, now: float, needed: int) -> float | None:
        current = self._current(limit, now)
        # What costs more than a whole window holds is made when the window is empty.
        over = sum(current.values()) + min(needed, self._allowed(limit)) - 1 - self._allowed(limit)
        if over < 0:
            return None
        for bucket in sorted(current, key=int):
            over -= current[bucket]
            if over < 0:
                return (int(bucket) + 1) * _width(limit) + limit.seconds
        return now + limit.seconds

    def _allowed(self, limit: Limit) -> int:
        # Without any call we would never hear of a better number.
        return max(1, self.limits.get(limit.name, limit.calls))

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
