"""Tryton's own server as a process: started on a free port of the loopback address, gone when we are."""

import ctypes
import http.client  # house: allow outgoing (the server that this process started on the loopback address)
import os
import shutil
import signal
import socket  # house: allow outgoing (looks for a free port of this machine)
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from bookbridge.kit.simulation import CantSimulateError

START_S = 180.0
_POLL_S = 0.05
_MOST_LINES = 4
"""To PostgreSQL, after a case of the conformance suite: 3 as seen (8.0.12)."""
_STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trytond-starter")
"""Linux ends the child with the thread that started it, so that is one that lives as long as this process."""
_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


class TrytonMissingError(CantSimulateError):
    """Tryton can't be started here; the message says what is missing."""


def program(name: str) -> str:
    """The path of one of Tryton's programs: beside this Python, or on PATH. Raises TrytonMissingError."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise TrytonMissingError(
            f"{name} is not installed, and it is Tryton itself that answers here. It comes with the dependency group "
            "`tryton`: run python3 tools/bootstrap.py (or uv sync --group tryton)."
        )
    return found


def environment(postgres: str) -> dict[str, str]:
    """Tryton takes each option of its configuration from the environment too, so no password lies in a file."""
    # The name of the database isn't part of the address: it is told beside it.
    address = urlsplit(postgres)._replace(path="/").geturl().replace("postgres://", "postgresql://", 1)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("TRYTOND_")},
        "TRYTOND_DATABASE__URI": address,
        "TRYTOND_DATABASE__LIST": "False",
        # As where it is in earnest use: what follows a posting (printing) is left to workers, of which there is none.
        "TRYTOND_QUEUE__WORKER": "True",
        "TRYTOND_CRON__CLEAN_DAYS": "30",
    }


def administer(postgres: str, database: str, password: str, *arguments: str) -> None:
    """Run `trytond-admin` on a database. Raises TrytonMissingError with its last words."""
    with tempfile.NamedTemporaryFile("w", suffix=".password") as secret:
        secret.write(f"{password}\n")
        secret.flush()
        done = subprocess.run(
            [program("trytond-admin"), "-d", database, *arguments],
            env={**environment(postgres), "TRYTONPASSFILE": secret.name},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise TrytonMissingError(f"trytond-admin failed: {(done.stderr or done.stdout).strip()[-800:]}")


class TrytonServer:
    """A running `trytond`. It dies with this process, however that ends."""

    def __init__(self, postgres: str, database: str) -> None:
        self.database = database
        self._postgres = postgres
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the server.
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start it, on a free port, and wait until it answers. Raises TrytonMissingError."""
        with socket.create_server(("127.0.0.1", 0)) as held:
            self.port = int(held.getsockname()[1])
        self._process = _STARTER.submit(self._spawned).result()
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise TrytonMissingError(f"trytond does not start: {self.log_end()}")
            time.sleep(_POLL_S)

    def _spawned(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [program("trytond"), "-d", self.database],
            env={**environment(self._postgres), "TRYTOND_WEB__LISTEN": f"127.0.0.1:{self.port}"},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - it calls one function of the C library and nothing else.
        )

    def _answers(self) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_S)
        try:
            line.request("GET", f"/{self.database}/rest/model/party.party", headers={"Authorization": "bearer none"})
            return line.getresponse().status == http.client.UNAUTHORIZED
        except OSError:
            return False
        finally:
            line.close()

    def find_lost_lines(self) -> None:
        """Have it notice that PostgreSQL has cut its lines.

        It tries those it keeps one after the other, with a pause of 1 s after the first, 2 s after the second and so on
        (psycopg_pool, `_getconn_with_check_loop`). Calls that come together find one each, and pause together.
        """
        callers = [threading.Thread(target=self._answers, daemon=True) for _ in range(_MOST_LINES)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL, whatever it is doing."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def log_end(self) -> str:
        self._log.seek(0)
        return self._log.read()[-2000:].decode("utf-8", "replace")


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
