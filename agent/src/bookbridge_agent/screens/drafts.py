"""Secrets that were typed and are not saved yet: no page shows one again, so they stay here meanwhile."""

import secrets
import threading
import time
from collections.abc import Callable

LASTS_S = 3600.0
MOST = 50


class Drafts:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, str]] = {}

    def keep(self, secret: str) -> str:
        """The name it is found under for an hour."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._forget_old()
            self._kept[name] = (self._clock(), secret)
        return name

    def get(self, name: str) -> str:
        """Empty when there is none, or it was kept too long."""
        with self._lock:
            self._forget_old()
            return self._kept.get(name, (0.0, ""))[1]

    def forget(self, name: str) -> None:
        with self._lock:
            self._kept.pop(name, None)

    def _forget_old(self) -> None:
        since = self._clock() - LASTS_S
        young = [(name, kept) for name, kept in self._kept.items() if kept[0] > since]
        self._kept = dict(young[-MOST:])
