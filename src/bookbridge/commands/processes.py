"""Child processes of the demo and the chaos run: our own commands, started as a person would start them."""

import os
import signal
import socket  # house: allow outgoing (looks for a free port of this machine)
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self


class ChildFailedError(Exception):
    """A child process ended, or wasn't ready in time; the message holds the end of its log."""


class Child:
    """One running `bookbridge …` command with its log in a file."""

    def __init__(
        self, name: str, arguments: list[str], environment: dict[str, str], log: Path, before: Sequence[str] = ()
    ) -> None:
        self.name = name
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*before, sys.executable, "-m", "bookbridge", *arguments],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Raises ChildFailedError when the process ends or `ready` isn't true in time."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise ChildFailedError(f"{self.name} did not start; the end of its log:\n{self.log_end()}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL to the process and everything it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self, seconds: float = 10) -> None:
        """Ask it to end; kill it when it doesn't in time."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()

    def log_end(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]


class Children:
    """Processes that end together, the last started first."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[Child] = []
        self._before: dict[int, Any] = {}

    def start(self, name: str, arguments: list[str], *, before: Sequence[str] = (), **environment: str) -> Child:
        """`before`: the words of a program that starts ours, such as one that enters another machine's network."""
        child = Child(name, arguments, environment, self._logs / f"{name}.log", before)
        self._running.append(child)
        return child

    def kill_all(self) -> None:
        for child in self._running:
            child.kill()

    def all_running(self) -> bool:
        return all(child.process.poll() is None for child in self._running)

    def __enter__(self) -> Self:
        # Python ends at the first two without a word, and a shell in the background has the third ignored; either way
        # the children would stay behind.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                self._before[number] = signal.signal(number, _end)
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(self._running):
            child.stop()
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def free_port(wanted: int = 0) -> int:
    """The wanted port when nobody listens on it, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise ChildFailedError("there is no free port on this machine")


def listens(port: int) -> bool:
    with socket.socket() as trial:
        trial.settimeout(1)
        return trial.connect_ex(("127.0.0.1", port)) == 0
