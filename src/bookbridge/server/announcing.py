"""Tells intake what has arrived: the files that come together are told of together.

Customers and the entries that need them come in several files, in any order. So a file waits until its integration has
been quiet for a moment, and while another one is still coming in. Nothing is lost with it: the sweep finds every file.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from bookbridge.sources.file_drop import LONGEST_WAIT_FOR_OTHERS
from bookbridge.storage.dropbox.names import Home

QUIET_S = 0.3
_log = structlog.get_logger("bookbridge.dropbox")


@dataclass
class _Waiting:
    since: float
    due: float
    keys: list[str] = field(default_factory=list)


class Announcer:
    """`tell` is called in a thread of its own with an integration's files that have arrived."""

    def __init__(self, tell: Callable[[Home, list[str]], None], *, quiet_s: float) -> None:
        self._tell = tell
        self._quiet_s = quiet_s
        self._waiting: dict[Home, _Waiting] = {}
        self._coming: Counter[Home] = Counter()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextmanager
    def coming(self, home: Home) -> Iterator[None]:
        """A file of the integration is coming in."""
        with self._changed:
            self._coming[home] += 1
        try:
            yield
        finally:
            with self._changed:
                self._coming[home] -= 1
                if not self._coming[home]:
                    del self._coming[home]
                if home in self._waiting:
                    self._waiting[home].due = time.monotonic() + self._quiet_s
                    self._changed.notify()

    def arrived(self, home: Home, key: str) -> None:
        now = time.monotonic()
        with self._changed:
            waiting = self._waiting.setdefault(home, _Waiting(now, now))
            waiting.due = now + self._quiet_s
            waiting.keys.append(key)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Tell what still waits, and end."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while batch := self._next():
            for home, keys in batch:
                try:
                    self._tell(home, keys)
                except Exception:
                    # The sweep finds them; the next ones must still be told.
                    _log.exception("arrival_not_told", integration=str(home.integration))

    def _next(self) -> list[tuple[Home, list[str]]]:
        """What is due, waited for; nothing at the end."""
        with self._changed:
            while True:
                now = time.monotonic()
                every = self._waiting.items()
                due = [home for home, waiting in every if self._closed or self._due_at(home, waiting) <= now]
                if due or self._closed:
                    return [(home, self._waiting.pop(home).keys) for home in due]
                nexts = [self._due_at(home, waiting) for home, waiting in self._waiting.items()]
                self._changed.wait(min(nexts) - now if nexts else None)

    def _due_at(self, home: Home, waiting: _Waiting) -> float:
        latest = waiting.since + LONGEST_WAIT_FOR_OTHERS.total_seconds()
        return latest if self._coming[home] else min(waiting.due, latest)
