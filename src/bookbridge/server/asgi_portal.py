"""The portal's pages behind an ASGI server: Django's WSGI application in a fixed number of threads.

A request's body is received whole before a thread is given to it, so that slow clients hold no thread.
"""

import asyncio
import contextvars
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

import structlog

LARGEST_BODY = 210 * 1024 * 1024
"""Of a form with files; the pages themselves take a little less."""
IN_MEMORY = 1024 * 1024
IDLE_S = 30.0
SEND_S = 60.0
"""How long a client may take for what was sent to it."""

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_log = structlog.get_logger("bookbridge.server")


class BodyRefusedError(Exception):
    """The body is too large, too slow or broke off; `status` is the answer, 0 when there is nobody left."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class WsgiBridge:
    def __init__(self, application: Callable[..., Iterable[bytes]], threads: int) -> None:
        self._application = application
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="portal")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                await _receive_body(cast(BinaryIO, body), receive)
            except BodyRefusedError as refused:
                await _refuse(send, refused.status)
                return
            loop = asyncio.get_running_loop()
            environ = _environ(scope, cast(BinaryIO, body))
            run = contextvars.Context().run
            await loop.run_in_executor(self._pool, run, self._work, environ, _Answer(send, loop))

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


async def _receive_body(body: BinaryIO, receive: Receive) -> None:
    size = 0
    while True:
        try:
            message = await asyncio.wait_for(receive(), IDLE_S)
        except TimeoutError:
            raise BodyRefusedError(408) from None
        if message["type"] != "http.request":
            raise BodyRefusedError(0)
        block = message.get("body", b"")
        size += len(block)
        if size > LARGEST_BODY:
            raise BodyRefusedError(413)
        try:
            body.write(block)
        except OSError as error:
            _log.error("body_not_kept", reason=error.strerror)
            raise BodyRefusedError(507) from None
        if not message.get("more_body"):
            body.seek(0)
            return


async def _refuse(send: Send, status: int) -> None:
    if status:
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


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
