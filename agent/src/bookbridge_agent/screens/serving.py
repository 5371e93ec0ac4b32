"""The server of the screens: on 127.0.0.1, in threads of its own, for as long as the agent works."""

import json
import socket
import threading
from types import TracebackType

from waitress.server import create_server  # type: ignore[import-untyped]

from bookbridge_agent import configuration, machine
from bookbridge_agent.home import Home
from bookbridge_agent.journal import Journal
from bookbridge_agent.screens.app import App
from bookbridge_agent.screens.desk import Desk
from bookbridge_agent.vault import Vault
from bookbridge_agent.writing import write_whole

_THREADS = 4
_LARGEST_BODY = 256 * 1024


class Screens:
    """Begins to listen when made, and answers while it is entered."""

    def __init__(self, home: Home, vault: Vault, journal: Journal) -> None:
        self._home = home
        listener = _listener(configuration.load(home).settings.screens_port)
        port: int = listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}/"
        self._server = create_server(
            App(Desk(home, vault, journal), port),
            sockets=[listener],
            threads=_THREADS,
            max_request_body_size=_LARGEST_BODY,
            ident=None,
        )
        self._thread = threading.Thread(target=self._server.run, name="screens", daemon=True)

    def __enter__(self) -> "Screens":
        write_whole(self._home.screens, [json.dumps({"address": self.address}).encode()])
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._home.screens.unlink(missing_ok=True)
        self._server.close()


def _listener(port: int) -> socket.socket:
    """On the port that is set, or any free one when another program has it."""
    try:
        return machine.listen(port)
    except OSError:
        return machine.listen(0)
