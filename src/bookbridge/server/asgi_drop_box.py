"""The drop box behind an ASGI server: a thread for each request, its body fetched as fast as it is stored.

Decision 0014 says why. A thread waits for its client no longer than the limits here.
"""

import asyncio
import contextvars
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from bookbridge.storage.dropbox.errors import BodyBrokenError, S3Error
from bookbridge.storage.dropbox.request import Answer, Request

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_log = structlog.get_logger("bookbridge.dropbox")

BLOCK = 1024 * 1024
"""What is handed over at once; more would only cost memory."""
DRAINED_BYTES = 8 * 1024 * 1024
DRAINED_S = 5.0


@dataclass(frozen=True)
class Pace:
    """How slow a client may be."""

    idle_s: float = 30.0
    """Without a byte in either direction."""
    grace_s: float = 30.0
    slowest: int = 4 * 1024
    """Bytes a second on average, after the grace."""


class AsgiDropBox:
    """`answer` is the protocol: it gets a request and may raise BodyBrokenError only."""

    def __init__(
        self,
        answer: Callable[[Request], Answer],
        *,
        at_once: int,
        pace: Pace | None = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._answer = answer
        self._on_close = on_close
        self._pace = pace or Pace()
        self._free = threading.Semaphore(at_once)
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="dropbox")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._free.acquire(blocking=False):
            await _send_whole(send, _slow_down(scope), is_head=scope["method"] == "HEAD")
            return
        loop = asyncio.get_running_loop()
        body = _Body(receive, loop, self._pace)
        try:
            run = contextvars.Context().run
            answer = await loop.run_in_executor(self._pool, run, self._answer, _request(scope, body))
            if isinstance(answer.body, bytes):
                await _drain(scope, body)
            if _is_unread(scope, body):
                # The client may leave the rest out: its next request must not be taken for it.
                answer.headers["connection"] = "close"
            if isinstance(answer.body, bytes):
                await _send_whole(send, answer, is_head=scope["method"] == "HEAD")
            else:
                gone = threading.Event()
                watcher = loop.create_task(_watch(body, gone))
                try:
                    await loop.run_in_executor(
                        self._pool, run, partial(self._send_stream, send, answer, loop, gone=gone)
                    )
                finally:
                    watcher.cancel()
        except BodyBrokenError:
            _log.info("drop_box_line_cut")
        finally:
            self._free.release()

    def _send_stream(
        self, send: Send, answer: Answer, loop: asyncio.AbstractEventLoop, *, gone: threading.Event
    ) -> None:
        def say(message: dict[str, Any]) -> None:
            asyncio.run_coroutine_threadsafe(_awaited(send(message)), loop).result(self._pace.idle_s)

        blocks = answer.body
        assert not isinstance(blocks, bytes)
        try:
            say(_head(answer, answer.length or 0))
            for block in blocks:
                if gone.is_set():
                    return
                say({"type": "http.response.body", "body": block, "more_body": True})
            say({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            _log.info("drop_box_client_too_slow")
        finally:
            if hasattr(blocks, "close"):
                blocks.close()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._on_close()


def _request(scope: Scope, body: "_Body") -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    client = scope.get("client") or ("", "")
    forwarded = headers.get("x-forwarded-proto")
    return Request(
        method=scope["method"],
        path=scope.get("raw_path") or scope["path"].encode(),
        query=scope["query_string"],
        headers=headers,
        address=client[0],
        scheme=forwarded if forwarded in ("http", "https") else scope.get("scheme", "http"),
        read=body.blocks,
    )


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


class _Body:
    """The request's body, fetched on the server's loop and used in a thread."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop, pace: Pace) -> None:
        self._receive, self._loop, self._pace = receive, loop, pace
        self._started = time.monotonic()
        self.size = 0
        self.ended = False

    def blocks(self) -> Iterator[bytes]:
        while not self.ended:
            block = asyncio.run_coroutine_threadsafe(self._gather(), self._loop).result()
            if block:
                yield block

    async def _gather(self) -> bytes:
        kept = bytearray()
        while not self.ended and len(kept) < BLOCK:
            kept += await self.next_block()
        return bytes(kept)

    async def next_block(self, *, patient: bool = False) -> bytes:
        try:
            message = await asyncio.wait_for(self._receive(), None if patient else self._pace.idle_s)
        except TimeoutError:
            raise _too_slow() from None
        if message["type"] != "http.request":
            self.ended = True
            raise BodyBrokenError("the line was cut")
        block: bytes = message.get("body", b"")
        self.ended = not message.get("more_body")
        self.size += len(block)
        passed = time.monotonic() - self._started
        if not self.ended and passed > self._pace.grace_s and self.size < passed * self._pace.slowest:
            raise _too_slow()
        return block


def _too_slow() -> S3Error:
    return S3Error(
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout period.",
    )


async def _watch(body: _Body, gone: threading.Event) -> None:
    """Notice a client that leaves before it has everything, so that nothing more is read for it."""
    try:
        while True:
            await body.next_block(patient=True)
    except BodyBrokenError:
        gone.set()


async def _drain(scope: Scope, body: _Body) -> None:
    """Let a client that is still sending finish, or it would lose the answer with the line.

    One that waits for "100 Continue" has sent nothing, and must not be asked to.
    """
    expects = any(name.lower() == b"expect" for name, _ in scope["headers"])
    if body.ended or (expects and not body.size):
        return
    limit = body.size + DRAINED_BYTES
    try:
        async with asyncio.timeout(DRAINED_S):
            while not body.ended and body.size < limit:
                await body.next_block()
    except (TimeoutError, S3Error, BodyBrokenError):
        return


def _is_unread(scope: Scope, body: _Body) -> bool:
    """Whether a body was announced that has not come in whole."""
    names = {name.lower(): value for name, value in scope["headers"]}
    announced = names.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in names
    return announced and not body.ended and str(scope.get("http_version", "1.1")).startswith("1")


def _slow_down(scope: Scope) -> Answer:
    busy = S3Error("SlowDown", "Please reduce your request rate: too many requests are under way.")
    headers = {"content-type": "application/xml", "retry-after": "5", "connection": "close"}
    return Answer(busy.status, headers, busy.xml(scope["path"][:1024], "-"))


def _head(answer: Answer, length: int) -> dict[str, Any]:
    headers = [(name.encode("latin-1"), value.encode()) for name, value in answer.headers.items()]
    if answer.status not in (204, 304):
        headers.append((b"content-length", str(length).encode()))
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


async def _send_whole(send: Send, answer: Answer, *, is_head: bool) -> None:
    assert isinstance(answer.body, bytes)
    length = answer.length if answer.length is not None else len(answer.body)
    await send(_head(answer, length))
    await send({"type": "http.response.body", "body": b"" if is_head else answer.body, "more_body": False})


async def _awaited(said: Awaitable[None]) -> None:
    await said
