"""The life of a worker: a session that PostgreSQL itself can see die, a heartbeat, and the claim on a run."""

import os
import platform
import secrets
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any
from uuid import UUID, uuid4

import psycopg
import structlog
from django.db import connections
from django.db.models.functions import Now

from bookbridge.exchange import crash_points, sql
from bookbridge.exchange.fuse import Fuse
from bookbridge.exchange.models import Run
from bookbridge.kit.errors import ClaimLostError

HEARTBEAT_S = 1.0
LONGEST_SILENCE_S = 15.0
"""A worker whose heart hasn't beaten for so long has lost its claims, for ever: the others take over."""
OWN_SILENCE_S = 5.0
"""A worker sends nothing after this, well before the others take over: clocks and calls need room."""

_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the process is stopped and, where there is such a clock, while the machine sleeps."""
_log = structlog.get_logger("bookbridge.worker")


def boot_clock() -> float:
    """Seconds on a clock that nobody sets and that no stop of the process holds up."""
    return time.clock_gettime(_BOOT_CLOCK)


class WorkerLife:
    """One process's session. `on_loss` is called once when the database no longer keeps it; the process must end.

    `fuse`: the process may be ended by the kernel when it is stopped while it writes to a package (see `Fuse`).
    """

    def __init__(self, on_loss: Callable[[], None] = lambda: None, *, fuse: bool = False) -> None:
        self.id = uuid4()
        self.claims: set[UUID] = set()
        """Tokens of the runs that this process is at work on."""
        self.is_handing_over = False
        self._lock_key = secrets.randbits(62)
        self._on_loss = on_loss
        self._lost_once = threading.Lock()
        self._stopped = threading.Event()
        self._beat_at = boot_clock()
        self._line: psycopg.Connection | None = None
        self.fuse = Fuse(self.seconds_left) if fuse else None
        self._threads = [
            threading.Thread(target=self._live, name="heartbeat", daemon=True),
            threading.Thread(target=self._watch, name="heartbeat watch", daemon=True),
        ]

    def start(self) -> "WorkerLife":
        # A line of its own: the session's advisory lock lives and dies with it.
        self._line = psycopg.connect(**_connection_parameters(), autocommit=True)
        self._line.execute(sql.HOLD_LOCK, [self._lock_key])
        self._line.execute(sql.START_SESSION, [self.id, self._lock_key, platform.node()[:200], os.getpid(), _version()])
        self._beat_at = boot_clock()
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Give up the session; whatever it still claims is free at once."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=5)
        if self._line and not self._line.closed:
            self._line.close()

    def hand_over(self) -> None:
        """Begin nothing more: what is under way comes to its end, and other workers go on with the runs."""
        self.is_handing_over = True

    def is_sure(self) -> bool:
        """Whether no other worker can have taken over yet."""
        return not self._stopped.is_set() and self.seconds_left() > 0

    def seconds_left(self) -> float:
        """For how long this process may go on sending without another heartbeat; not positive when it may not."""
        return self._beat_at + OWN_SILENCE_S - boot_clock()

    def _live(self) -> None:
        while not self._stopped.wait(HEARTBEAT_S):
            started = boot_clock()
            try:
                assert self._line is not None
                known = self._line.execute(sql.BEAT, [self.id, LONGEST_SILENCE_S]).rowcount
                self._let_go_of_unfinished_runs(self._line)
            except psycopg.Error as error:
                self._lost(type(error).__name__)
                return
            if not known:
                self._lost("the others have taken over from this worker")
                return
            self._beat_at = started
            if self.fuse:
                self.fuse.set_anew()

    def _let_go_of_unfinished_runs(self, line: psycopg.Connection) -> None:
        """Runs whose thread could not write the end of its work down would otherwise be held for ever.

        First what the tables say, then what this process knows: a claim is known here before it is written there, so
        one that is written and not known is of a thread that has come to its end.
        """
        written = {claim for (claim,) in line.execute(sql.CLAIMS, [self.id]).fetchall()}
        finished = written - self.claims
        if finished:
            line.execute(sql.LET_GO_OF_CLAIMS, [self.id, list(finished)])

    def _watch(self) -> None:
        """A heartbeat that waits for a database that has gone silent would wait for ever."""
        while not self._stopped.wait(HEARTBEAT_S):
            if boot_clock() - self._beat_at > LONGEST_SILENCE_S:
                self._lost("the database doesn't answer")
                return

    def _lost(self, reason: str) -> None:
        if not self._lost_once.acquire(blocking=False):
            return
        _log.error("worker_session_lost", reason=reason)
        self._stopped.set()
        if self.fuse:
            self.fuse.leave()
        self._on_loss()


def _version() -> str:
    return metadata.version("bookbridge")[:40]


def _connection_parameters() -> dict[str, object]:
    parameters = connections["default"].get_connection_params()
    return {name: value for name, value in parameters.items() if name not in ("cursor_factory", "context")}


@dataclass(frozen=True)
class Claim:
    """The right to work on a run, good while the token stands in its row and the worker is alive."""

    run_id: int
    token: UUID
    worker: WorkerLife
    _lost: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises ClaimLostError when another worker may own the run by now."""
        if not Run.objects.filter(pk=self.run_id, claim=self.token).exists():
            self.is_lost()
        self.check_by_the_clock()

    def check_by_the_clock(self) -> None:
        """The same without asking the database, for the last moment before something is sent."""
        if self._lost.is_set() or not self.worker.is_sure():
            raise ClaimLostError(f"run {self.run_id} belongs to another worker now")

    def end(self, result: str, **more: Any) -> bool:
        """Write the run's end down; from then on it is never changed. False when another worker has it."""
        own = Run.objects.filter(pk=self.run_id, claim=self.token)
        ended = {"state": Run.State.ENDED, "claim": None, "worker": None, "ended_at": Now(), "waiting_for": None}
        return bool(own.update(**ended, result=result, **more))

    def is_lost(self) -> None:
        """Say that another worker has the run: nothing more is sent under this claim."""
        self._lost.set()


class ClaimedWriting:
    """Watches over the bytes of a request under a claim (`kit.contract.Writing`)."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._fuse = claim.worker.fuse
        self._lit: set[int] = set()
        """Threads that are writing."""

    def about_to(self) -> None:
        """Raises ClaimLostError. The fuse is lit before the last check, so that a stop after it can't outlive it."""
        self._claim.check_by_the_clock()
        if self._fuse is None:
            return
        if threading.get_ident() not in self._lit:
            self._lit.add(threading.get_ident())
            self._fuse.light()
            self._claim.check_by_the_clock()
        else:
            crash_points.reach("claim_checked")

    def done(self) -> None:
        if self._fuse and threading.get_ident() in self._lit:
            self._lit.discard(threading.get_ident())
            self._fuse.put_out()


def living() -> set[UUID]:
    """The workers that may still own what they claimed."""
    return sql.living_workers(LONGEST_SILENCE_S)


def declare_dead(suspects: Collection[UUID]) -> set[UUID]:
    """Those of the suspects that have died; none of them ever sends again after its own few seconds."""
    return sql.declare_dead(suspects, LONGEST_SILENCE_S)
