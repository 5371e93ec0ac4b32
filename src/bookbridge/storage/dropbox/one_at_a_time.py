"""One at a time, within this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class OneAtATime:
    """`alone` waits until nobody is at the same thing."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._changed = threading.Condition()

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: name not in self._taken)
            self._taken.add(name)
        try:
            yield
        finally:
            with self._changed:
                self._taken.discard(name)
                self._changed.notify_all()
