"""The drop box behind an ASGI server: a thread for each request, its body fetched as fast as it is stored.

Decision 0014 says why. A thread waits for its client no longer than the limits here.
"""

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import structlog

from bookbridge.server.incoming import Incoming, LineCutError, Pace, TooSlowError
from bookbridge.storage.dropbox.answers import HARMLESS
from bookbridge.storage.dropbox.errors import BodyBrokenError, S3Error
from bookbridge.storage.dropbox.request import Answer, Request

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_log = structlog.get_logger("bookbridge.dropbox")

BLOCK = 1024 * 1024
"""What is handed over at once; more would only cost memory."""


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
        self._free = threading.BoundedSemaphore(at_once)
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="dropbox")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._free.acquire(blocking=False):
            await _send_whole(send, _slow_down(scope), is_head=scope["method"] == "HEAD")
            return
        body = _Body(receive, asyncio.get_running_loop(), self._pace)
        try:
            answer = await self._in_its_place(scope, body, send)
            if isinstance(answer.body, bytes):
                # Without a place: anybody can be refused and then send nothing.
                await _drain(scope, body)
                _close_if_unread(scope, body, answer)
                await _send_whole(send, answer, is_head=scope["method"] == "HEAD")
        except BodyBrokenError:
            _log.info("drop_box_line_cut")

    async def _in_its_place(self, scope: Scope, body: "_Body", send: Send) -> Answer:
        """The answer, which has been sent already if it is a stream. The place is free again after it."""
        loop = asyncio.get_running_loop()
        run = contextvars.Context().run
        try:
            answer = await loop.run_in_executor(self._pool, run, self._answer, _request(scope, body))
            if not isinstance(answer.body, bytes):
                _close_if_unread(scope, body, answer)
                gone = threading.Event()
                watcher = loop.create_task(_watch(body, gone))
                try:
                    await loop.run_in_executor(
                        self._pool, run, partial(self._send_stream, send, answer, loop, gone=gone)
                    )
                finally:
                    watcher.cancel()
            return answer
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
        self.incoming = Incoming(receive, pace)
        self._loop = loop

    def blocks(self) -> Iterator[bytes]:
        """Raises S3Error when the client is too slow, and BodyBrokenError when it is gone."""
        while not self.incoming.ended:
            try:
                block = asyncio.run_coroutine_threadsafe(self._gather(), self._loop).result()
            except TooSlowError:
                raise _too_slow() from None
            except LineCutError:
                raise BodyBrokenError("the line was cut") from None
            if block:
                yield block

    async def _gather(self) -> bytes:
        kept = bytearray()
        while not self.incoming.ended and len(kept) < BLOCK:
            kept += await self.incoming.next_block()
        return bytes(kept)


def _too_slow() -> S3Error:
    return S3Error(
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout period.",
    )


async def _watch(body: _Body, gone: threading.Event) -> None:
    """Notice a client that leaves before it has everything, so that nothing more is read for it."""
    try:
        while True:
            await body.incoming.next_block(patient=True)
    except LineCutError:
        gone.set()


async def _drain(scope: Scope, body: _Body) -> None:
    """A client that waits for "100 Continue" has sent nothing, and must not be asked to."""
    expects = any(name.lower() == b"expect" for name, _ in scope["headers"])
    if body.incoming.size or not expects:
        await body.incoming.drain()


def _close_if_unread(scope: Scope, body: _Body, answer: Answer) -> None:
    """The client may leave the rest of an announced body out: its next request must not be taken for it."""
    names = {name.lower(): value for name, value in scope["headers"]}
    announced = names.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in names
    if announced and not body.incoming.ended and str(scope.get("http_version", "1.1")).startswith("1"):
        answer.headers["connection"] = "close"


def _slow_down(scope: Scope) -> Answer:
    busy = S3Error("SlowDown", "Please reduce your request rate: too many requests are under way.")
    headers = {"content-type": "application/xml", "retry-after": "5", "connection": "close", **HARMLESS}
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
