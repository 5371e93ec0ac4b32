"""The network between a PC and the server: it can be cut, and swallow answers."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit


class Line:
    def __init__(self, address: str) -> None:
        target = urlsplit(address)
        self._target = (str(target.hostname), int(target.port or 80))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_cut = False
        self._swallow = 0
        self.slowness_s = 0.0
        """How long each part of an answer is on its way."""
        self._never = threading.Event()
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Line":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Every connection breaks, and so does each new one."""
        with self._lock:
            self._is_cut = True
            for each in self._open:
                _break(each)

    def mend(self) -> None:
        with self._lock:
            self._is_cut = False

    def swallow_answers(self, count: int) -> None:
        """So many requests reach the server, and their answers nobody."""
        self._swallow = count

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            if self._is_cut:
                _break(client)
                return
            self._open.add(client)
        with suppress(OSError), socket.create_connection(self._target) as server:
            with self._lock:
                self._open.add(server)
            threading.Thread(target=_pump, args=(client, server), daemon=True).start()
            self._answer(server, client)
        _break(client)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        while block := server.recv(65536):
            with self._lock:
                swallowed = self._swallow > 0
                self._swallow -= swallowed
            if swallowed:
                return
            self._never.wait(self.slowness_s)
            client.sendall(block)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            sink.sendall(block)
    _break(sink)


def _break(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
