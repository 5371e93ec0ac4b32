"""How many requests of one organisation are worked on at once, so that the others get their turn."""

import threading
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from bookbridge.storage.dropbox.errors import S3Error


class Turns:
    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._busy: Counter[UUID] = Counter()
        self._lock = threading.Lock()

    def take(self, organisation: UUID) -> "Turn":
        with self._lock:
            if self._busy[organisation] >= self._at_once:
                raise S3Error("SlowDown", "Please reduce your request rate: many of your requests are under way.")
            self._busy[organisation] += 1
        return Turn(self, organisation)

    def give_back(self, organisation: UUID) -> None:
        with self._lock:
            self._busy[organisation] -= 1
            if not self._busy[organisation]:
                del self._busy[organisation]


class Turn:
    """One request's; ended once, however often it is told."""

    def __init__(self, turns: Turns, organisation: UUID) -> None:
        self._turns = turns
        self._organisation = organisation
        self._ended = False

    def end(self) -> None:
        if not self._ended:
            self._ended = True
            self._turns.give_back(self._organisation)


class BodyInTurn:
    """A streamed body that keeps its turn until it is closed. (A generator that never began runs no `finally`.)"""

    def __init__(self, blocks: Iterator[bytes], turn: Turn) -> None:
        self._blocks = blocks
        self._turn = turn

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._blocks)

    def close(self) -> None:
        try:
            if hasattr(self._blocks, "close"):
                self._blocks.close()
        finally:
            self._turn.end()
