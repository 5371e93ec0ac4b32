"""What one pass over a run's lines leaves to do: when, and why; and the clock by which that is reckoned."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bookbridge.documents import Problem
from bookbridge.exchange import sql
from bookbridge.exchange.workers import boot_clock


class PauseRunError(Exception):
    """Nothing more can be done for this run before a moment."""

    def __init__(self, until: datetime, why: Problem) -> None:
        super().__init__(why.code)
        self.until = until
        self.why = why


class HandOverError(Exception):
    """This worker was asked to stop; another one goes on with the run."""


@dataclass
class Pass:
    until: datetime | None = None
    why: Problem | None = None
    blocked: set[str] = field(default_factory=set)

    def wait(self, until: datetime, why: Problem) -> None:
        if self.until is None or until < self.until:
            self.until, self.why = until, why

    def block(self, kind: str, until: datetime, why: Problem) -> None:
        """Send nothing more of a kind in this pass: the package, or our budget, asks to wait."""
        self.blocked.add(kind)
        self.wait(until, why)


class DatabaseClock:
    """PostgreSQL's time, asked once: workers whose own clocks differ, or jump, agree on when something is due."""

    def __init__(self) -> None:
        self._asked_at = boot_clock()
        self._told = sql.database_clock()

    def now(self) -> datetime:
        return self._told + timedelta(seconds=boot_clock() - self._asked_at)
