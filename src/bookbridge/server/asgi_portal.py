"""The portal's pages behind an ASGI server: Django's WSGI application in a fixed number of threads.

A request's body is received whole before a thread is given to it, so that slow clients hold no thread. Anybody may send
one, so it is small: a large one is taken only for an inbox, from somebody who is logged in, and only so many at a time.
"""

import asyncio
import contextvars
import re
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

import structlog

from bookbridge.server.incoming import Incoming, LineCutError, Pace, TooSlowError

SMALL_BODY = 256 * 1024
"""Of anybody. The largest form of a page has some kilobytes."""
LARGEST_BODY = 210 * 1024 * 1024
"""Of a form with files; the pages themselves take a little less."""
LARGE_AT_ONCE = 8
"""So many times the largest body is what they take on the disk at most."""
IN_MEMORY = 64 * 1024
SEND_S = 60.0
"""How long a client may take for what was sent to it."""
UPLOAD_PATH = re.compile(r"/companies/[0-9a-f-]{36}/integrations/[0-9a-f-]{36}/inbox")
RETRY_AFTER_S = 30

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_log = structlog.get_logger("bookbridge.server")

_WORDS = {
    401: "Nobody is logged in here any more, so that no files are taken. Log in and send them again.",
    408: "The request came too slowly. Please try again.",
    413: "The request is larger than what is taken here. Send large files in smaller parts, or through the drop box.",
    503: "Too many files are being received just now. Please try again in half a minute.",
    507: "The server has no room for the request. Its operator must make some.",
}


class BodyRefusedError(Exception):
    """The body is too large, too slow or not from somebody who may; `status` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class WsgiBridge:
    """`is_logged_in` says of a Cookie header whether it is somebody's; it is asked in a thread of the pages."""

    def __init__(
        self,
        application: Callable[..., Iterable[bytes]],
        threads: int,
        *,
        is_logged_in: Callable[[str], bool] = lambda _: False,
        pace: Pace | None = None,
        large_at_once: int = LARGE_AT_ONCE,
    ) -> None:
        self._application = application
        self._is_logged_in = is_logged_in
        self._pace = pace or Pace()
        self._large = threading.BoundedSemaphore(large_at_once)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="portal")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = Incoming(receive, self._pace)
        try:
            with SpooledTemporaryFile(max_size=IN_MEMORY) as body, ExitStack() as place:
                await self._receive_body(scope, incoming, cast(BinaryIO, body), place)
                environ = _environ(scope, cast(BinaryIO, body))
                await self._in_a_thread(self._work, environ, _Answer(send, asyncio.get_running_loop()))
        except BodyRefusedError as refused:
            await _refuse(send, incoming, refused.status)
        except LineCutError:
            return

    async def _in_a_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        run = contextvars.Context().run
        return await asyncio.get_running_loop().run_in_executor(self._pool, run, work, *arguments)

    async def _receive_body(self, scope: Scope, incoming: Incoming, body: BinaryIO, place: ExitStack) -> None:
        largest = SMALL_BODY
        while not incoming.ended:
            try:
                block = await incoming.next_block()
            except TooSlowError:
                raise BodyRefusedError(408) from None
            if largest == SMALL_BODY < incoming.size:
                await self._admit_large(scope, place)
                largest = LARGEST_BODY
            if incoming.size > largest:
                raise BodyRefusedError(413)
            try:
                body.write(block)
            except OSError as error:
                _log.error("body_not_kept", reason=error.strerror)
                raise BodyRefusedError(507) from None

    async def _admit_large(self, scope: Scope, place: ExitStack) -> None:
        """Take a place for a large body, or raise BodyRefusedError."""
        if scope["method"] != "POST" or not UPLOAD_PATH.fullmatch(scope["path"]):
            raise BodyRefusedError(413)
        # A cookie can be made up: it must be that of a log-in.
        if not await self._in_a_thread(self._is_logged_in, merged_headers(scope).get("cookie", "")):
            raise BodyRefusedError(401)
        if not self._large.acquire(blocking=False):
            raise BodyRefusedError(503)
        place.callback(self._large.release)

    def _work(self, environ: dict[str, Any], answer: "_Answer") -> None:
        pages = self._application(environ, answer.start)
        try:
            for page in pages:
                if not answer.add(page):
                    break
            answer.end()
        except TimeoutError:
            _log.info("client_too_slow")
        finally:
            if hasattr(pages, "close"):
                pages.close()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


async def _refuse(send: Send, incoming: Incoming, status: int) -> None:
    if status != 408:
        await incoming.drain()
    words = _WORDS[status].encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(words)).encode())]
    headers += [(b"connection", b"close"), (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words})


def _environ(scope: Scope, body: BinaryIO) -> dict[str, Any]:
    client, server = scope.get("client") or ("", ""), scope.get("server") or ("", "")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in merged_headers(scope).items():
        plain = name.upper().replace("-", "_")
        environ[plain if plain in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{plain}"] = value
    body.seek(0, 2)
    environ["CONTENT_LENGTH"] = str(body.tell())
    body.seek(0)
    return environ


def merged_headers(scope: Scope) -> dict[str, str]:
    """Lower-case names; what came twice is joined as HTTP joins it. Names with an underscore are no one's."""
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        # `X_Forwarded_For` would otherwise pass for `X-Forwarded-For`.
        if "_" in name:
            continue
        glue = "; " if name == "cookie" else ","
        found[name] = f"{found[name]}{glue}{value}" if name in found else value
    return found


class _Answer:
    """What the application says, on its way from its thread to the server."""

    def __init__(self, send: Send, loop: asyncio.AbstractEventLoop) -> None:
        self._send, self._loop = send, loop
        self._head: dict[str, Any] | None = None
        self._sent = False

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        if exc_info and self._sent:
            raise exc_info[1].with_traceback(exc_info[2])
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._head = {"type": "http.response.start", "status": int(status.split(" ", 1)[0]), "headers": pairs}
        return self.add

    def add(self, page: bytes) -> bool:
        self._begin()
        if page:
            self._say({"type": "http.response.body", "body": page, "more_body": True})
        return True

    def end(self) -> None:
        self._begin()
        self._say({"type": "http.response.body", "body": b"", "more_body": False})

    def _begin(self) -> None:
        if not self._sent:
            assert self._head is not None, "the application has not begun its answer"
            self._sent = True
            self._say(self._head)

    def _say(self, message: dict[str, Any]) -> None:
        asyncio.run_coroutine_threadsafe(_awaited(self._send(message)), self._loop).result(SEND_S)


async def _awaited(said: Awaitable[None]) -> None:
    await said
