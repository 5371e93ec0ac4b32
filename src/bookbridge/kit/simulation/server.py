"""Real HTTP for a simulator: threaded, kept-alive, and able to cut the line in the middle of a call."""

import contextlib
import io
import socket  # house: allow outgoing (serves, calls nobody)
import sys
import threading
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

IDLE_LINE_S = 75
"""A kept-alive line without a call is closed after this."""


class LineCutError(Exception):
    """Raised by an app to close the line without an answer."""


class _Handler(WSGIRequestHandler):
    """One line. Werkzeug's own handler closes it after each answer; this one keeps it, as the packages do."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_LINE_S
    # Head and body go out in two writes; without this the second waits some 40 ms for the caller's acknowledgement.
    disable_nagle_algorithm = True
    server: "_Server"

    def setup(self) -> None:
        super().setup()
        self.server.lines.add(self.connection)

    def finish(self) -> None:
        self.server.lines.discard(self.connection)
        super().finish()

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing on the terminal: the journal of calls is at /_simulator/requests."""

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        # The whole body is read first, so that the next call on this line starts where it should.
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) if not self._is_chunked() else b""
        if not self._is_chunked():
            environ["wsgi.input"] = io.BytesIO(body)
        try:
            status, headers, answer = self._run_app(environ)
        except LineCutError:
            self._cut()
            return
        except Exception:
            # A defect of the simulator: say so on both sides rather than hang the caller.
            traceback.print_exc(file=sys.stderr)
            status, headers, answer = "500 Internal Server Error", [("Content-Type", "text/plain")], b"simulator defect"
        self._send(status, headers, answer)

    def _is_chunked(self) -> bool:
        return self.headers.get("Transfer-Encoding", "").strip().lower() == "chunked"

    def _run_app(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
            started[:] = [status, headers]
            return lambda _data: None

        parts = self.server.app(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        return started[0], started[1], body

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            if name.lower() not in {"content-length", "connection"}:
                self.send_header(name, value)
        has_body = int(code) not in {204, 304}
        if has_body:
            self.send_header("Content-Length", str(len(body)))
        if self._is_chunked():
            self.send_header("Connection", "close")
        self.end_headers()
        if has_body and self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def _cut(self) -> None:
        self.close_connection = True
        _shut(self.connection)


class _Server(ThreadedWSGIServer):
    """A threaded server that knows its open lines, so that stopping it also ends the kept-alive ones."""

    lines: set[socket.socket]

    def cut_lines(self) -> None:
        for line in list(self.lines):
            _shut(line)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away, or that we cut off, is no news."""


def _shut(line: socket.socket) -> None:
    # A line that is already gone is what was wanted.
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


class SimulatorServer:
    """Serves a simulator on an address. Port 0 takes a free port; `url` tells which.

    Raises OSError when the address cannot be bound. An app with a `close()` is closed with the server.
    """

    def __init__(self, app: "WSGIApplication", host: str = "127.0.0.1", port: int = 0) -> None:
        self.app = app
        # Bound here rather than by werkzeug, which ends the whole process when the port is taken.
        with socket.create_server((host, port)) as bound:
            self._server = _Server(host, port, app, _Handler, fd=bound.fileno())
        self._server.lines = set()
        self._thread: threading.Thread | None = None
        self._serving = False
        self._stopped = False
        self.host = host
        self.port = int(self._server.port)

    @property
    def url(self) -> str:
        """The address callers use, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> Self:
        """Serve in a thread of its own; callers can connect as soon as this returns."""
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name=f"simulator-{self.port}",
            daemon=True,
        )
        self._serving = True
        self._thread.start()
        return self

    def serve_forever(self) -> None:
        """Serve in this thread until `stop` is called elsewhere or Ctrl-C."""
        self._serving = True
        try:
            self._server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            pass
        finally:
            self._serving = False
            self._release()

    def stop(self) -> None:
        """Stop listening, cut every open line, close the app."""
        if self._serving:
            self._server.shutdown()
        if self._thread is not None:
            self._thread.join()
        self._release()

    def _release(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        self._server.server_close()
        wake = getattr(self.app, "release_held_calls", None)
        if wake is not None:
            wake()
        self._server.cut_lines()
        close = getattr(self.app, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
