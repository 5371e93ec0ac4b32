"""The body of a request on its way in: how slow a client may be, and what is done with what nobody wants."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]

DRAINED_BYTES = 8 * 1024 * 1024
DRAINED_S = 5.0


class TooSlowError(Exception):
    """The client said nothing for too long, or too little on average."""


class LineCutError(Exception):
    """There is nobody left to answer."""


@dataclass(frozen=True)
class Pace:
    """How slow a client may be."""

    idle_s: float = 30.0
    """Without a byte in either direction."""
    grace_s: float = 30.0
    slowest: int = 4 * 1024
    """Bytes a second on average, after the grace."""


class Incoming:
    """What the server receives for one request, block by block."""

    def __init__(self, receive: Receive, pace: Pace) -> None:
        self._receive, self._pace = receive, pace
        self._started = time.monotonic()
        self.size = 0
        self.ended = False

    async def next_block(self, *, patient: bool = False) -> bytes:
        """Raises TooSlowError, except when patient, and LineCutError."""
        try:
            message = await asyncio.wait_for(self._receive(), None if patient else self._pace.idle_s)
        except TimeoutError:
            raise TooSlowError from None
        if message["type"] != "http.request":
            self.ended = True
            raise LineCutError
        block: bytes = message.get("body", b"")
        self.ended = not message.get("more_body")
        self.size += len(block)
        if not (self.ended or patient or self._keeps_pace()):
            raise TooSlowError
        return block

    def _keeps_pace(self) -> bool:
        passed = time.monotonic() - self._started
        return passed <= self._pace.grace_s or self.size >= passed * self._pace.slowest

    async def drain(self) -> None:
        """Let a client that is still sending finish, or it would lose the answer with the line.

        For at most some seconds and megabytes, and never while holding what others wait for: anybody may send anything.
        """
        limit = self.size + DRAINED_BYTES
        try:
            async with asyncio.timeout(DRAINED_S):
                while not self.ended and self.size < limit:
                    await self.next_block()
        except (TimeoutError, TooSlowError, LineCutError):
            return
