"""The installation that a chaos run breaks: folder, database, storage, package and workers of its own."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx  # house: allow outgoing (the control pages of a simulator that it starts itself)

from bookbridge.commands.chaos import sql
from bookbridge.commands.chaos.clocks import JumpingClock
from bookbridge.commands.chaos.places import SmallDisk, StoragePlace, own_mounts
from bookbridge.commands.processes import Child, Children, free_port, listens

STORAGE_MB = 64
DATABASE_MB = 768
FIRST_START_S = 900
RESTART_AFTER_S = 1.0
"""As a service manager does: a worker that ended is started again, at most once in so long."""
PACE_S = 0.03
"""The package answers no sooner, so that there is always a call under way when something breaks."""


class NotNowError(Exception):
    """What was asked can't be done at this moment, because something else is broken; it is tried again."""


class Database:
    """The embedded PostgreSQL in a folder of its own; or another one, which is then not ours to stop."""

    def __init__(self, folder: Path, *, own_disk: bool) -> None:
        self.is_ours = not os.environ.get("DATABASE_URL")
        self.disk: SmallDisk | None = None
        if self.is_ours:
            self._start_own(folder / "postgresql", own_disk)

    def _start_own(self, folder: Path, own_disk: bool) -> None:
        from bookbridge.server.embedded_postgres import EmbeddedPostgres
        from bookbridge.server.postgres_places import server_home, service_account

        folder.mkdir(mode=0o700)
        account = service_account()
        self._home = server_home(folder, account)
        if own_disk and account is not None:
            self.disk = SmallDisk(self._home, DATABASE_MB, (account.uid, account.gid))
        self._server = EmbeddedPostgres(folder)
        os.environ["DATABASE_OWNER_URL"] = self._server.start()
        os.environ["DATABASE_URL"] = self._server.app_url
        if self.disk:
            sql.keep_the_log_small(self._server.administrator_url)

    def start(self) -> None:
        self._server.start()

    def stop(self, *, like_a_power_cut: bool = False) -> None:
        self._server.stop(immediate=like_a_power_cut)

    def cut_lines(self) -> None:
        sql.cut_lines(self._server.administrator_url)

    def remove(self) -> None:
        if not self.is_ours:
            return
        self._server.stop()
        if self.disk:
            self.disk.remove()
        shutil.rmtree(self._home, ignore_errors=True)


class Package:
    """The simulator in a process of its own, with its books in a file, so that they outlive it."""

    def __init__(self, children: Children, package: str, books: Path, seed: int) -> None:
        self._children = children
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        settings = {
            "minute_limit": 10**6,
            "day_limit": 10**7,
            "seed": seed,
            "error_limit": False,
            "faults": [_at_its_pace()],
        }
        self._arguments = ["simulate", package, "--port", str(self._port), "--state", str(books)]
        self._arguments += ["--settings", json_text(settings)]
        self._child: Child | None = None
        self.start()

    def start(self) -> None:
        if self._child is None or self._child.process.poll() is not None:
            self._child = self._children.start("simulator", self._arguments)

    @property
    def is_up(self) -> bool:
        return listens(self._port)

    def wait_until_up(self) -> None:
        """Real software behind a simulator is filled first, where it hasn't been on this machine."""
        assert self._child is not None
        self._child.wait_until(lambda: self.is_up, FIRST_START_S)

    def kill(self) -> None:
        assert self._child is not None
        self._child.kill()

    def control(self, path: str, body: Any) -> Any:
        return httpx.post(f"{self.url}/_simulator/{path}", json=body, timeout=30).raise_for_status().json()

    def set_fault(self, rule: dict[str, Any] | None) -> None:
        """The one fault in force, before the rule that gives the package its pace."""
        httpx.delete(f"{self.url}/_simulator/faults", timeout=30).raise_for_status()
        self.control("faults", [*([rule] if rule else []), _at_its_pace()])

    def fault_is_used_up(self) -> bool:
        rule = httpx.get(f"{self.url}/_simulator/faults", timeout=30).raise_for_status().json()[0]
        return rule["times"] is None or rule["hits"] >= rule["times"]

    def books(self, administration: str) -> Any:
        address = f"{self.url}/_simulator/books"
        return httpx.get(address, params={"division": administration}, timeout=120).raise_for_status().json()


def _at_its_pace() -> dict[str, Any]:
    return {"kind": "slow", "delay_s": PACE_S}


def json_text(value: Any) -> str:
    import json

    return json.dumps(value)


@dataclass
class _Slot:
    child: Child
    started: float
    ready: Path


@dataclass
class Workers:
    """Worker processes in numbered places; one that ended is started again, as a service manager would."""

    children: Children
    folder: Path
    count: int
    clocks: list[JumpingClock] = field(default_factory=list)
    ended_by_themselves: int = 0
    _slots: list[_Slot] = field(default_factory=list)

    def start(self) -> None:
        self._slots = [self._started(place) for place in range(self.count)]

    def _started(self, place: int) -> _Slot:
        ready = self.folder / f"worker-{place}.ready"
        ready.unlink(missing_ok=True)
        clock = self.clocks[place].environment if self.clocks else {}
        arguments = ["worker", "--ready-file", str(ready)]
        child = self.children.start(f"worker-{place}", arguments, **clock)
        return _Slot(child, time.monotonic(), ready)

    def replace_ended(self) -> None:
        for place, slot in enumerate(self._slots):
            if slot.child.process.poll() is not None and time.monotonic() - slot.started > RESTART_AFTER_S:
                self.ended_by_themselves += 1
                self._slots[place] = self._started(place)

    def is_ready(self, place: int) -> bool:
        slot = self._slots[place]
        return slot.ready.exists() and slot.child.process.poll() is None

    def child(self, place: int) -> Child:
        return self._slots[place].child

    def kill(self, place: int) -> None:
        """SIGKILL, and another one in its place."""
        self._slots[place].child.kill()
        self._slots[place] = self._started(place)

    def log_ends(self) -> str:
        return "\n".join(f"worker {place}:\n{slot.child.log_end()}" for place, slot in enumerate(self._slots))


def signal_child(child: Child, number: signal.Signals) -> None:
    """To one that may be gone by now."""
    with suppress(ProcessLookupError):
        if child.process.poll() is None:
            os.kill(child.process.pid, number)


@dataclass
class Grounds:
    """Where a run takes place: a folder with what is in it, and why some of it can't be broken here."""

    folder: Path
    database: Database
    storage: StoragePlace
    no_disks: str
    """Why there are no small disks; empty when there are."""


@contextmanager
def own_grounds(documents: int) -> Iterator[Grounds]:
    """A data folder, a storage and a database of its own: the embedded PostgreSQL, or one made on DATABASE_URL's."""
    from bookbridge.server.passing_database import own_database

    no_disks = own_mounts()
    folder = Path(tempfile.mkdtemp(prefix="bookbridge-chaos-"))
    with own_database("bookbridge_chaos"):
        yield from _grounds(folder, no_disks, documents)


def _grounds(folder: Path, no_disks: str, documents: int) -> Iterator[Grounds]:
    disk = SmallDisk(folder / "disk", STORAGE_MB + documents // 10) if not no_disks else None
    storage = StoragePlace(folder / "disk", disk)
    storage.folder.mkdir(parents=True)
    database = Database(folder, own_disk=not no_disks)
    os.environ["BOOKBRIDGE_DATA"] = str(folder / "data")
    os.environ["BOOKBRIDGE_STORAGE"] = str(storage.folder)
    os.environ["BOOKBRIDGE_INBOX_SETTLE_S"] = "0.2"
    try:
        yield Grounds(folder, database, storage, no_disks)
    finally:
        database.remove()
        if disk:
            disk.remove()
        shutil.rmtree(folder, ignore_errors=True)
