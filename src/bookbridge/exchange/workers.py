"""The life of a worker: a session that PostgreSQL itself can see die, a heartbeat, and the claim on a run."""

import os
import platform
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from uuid import UUID, uuid4

import psycopg
import structlog
from django.db import connections

from bookbridge.exchange import sql
from bookbridge.exchange.models import Run
from bookbridge.kit.errors import ClaimLostError

HEARTBEAT_S = 2.0
LONGEST_SILENCE_S = 15.0
"""A worker whose heart hasn't beaten for so long has lost its claims."""
OWN_SILENCE_S = 8.0
"""A worker stops changing anything well before the others take over: clocks and calls need room."""

_log = structlog.get_logger("bookbridge.worker")


class WorkerLife:
    """One process's session. `on_loss` is called once when the database no longer keeps it; the process must end."""

    def __init__(self, on_loss: Callable[[], None] = lambda: None) -> None:
        self.id = uuid4()
        self.claims: set[UUID] = set()
        """Tokens of the runs that this process is at work on."""
        self._lock_key = secrets.randbits(62)
        self._on_loss = on_loss
        self._stopped = threading.Event()
        self._beat_at = time.monotonic()
        self._line: psycopg.Connection | None = None
        self._thread = threading.Thread(target=self._live, name="heartbeat", daemon=True)

    def start(self) -> "WorkerLife":
        # A line of its own: the session's advisory lock lives and dies with it.
        self._line = psycopg.connect(**_connection_parameters(), autocommit=True)
        self._line.execute(sql.HOLD_LOCK, [self._lock_key])
        self._line.execute(sql.START_SESSION, [self.id, self._lock_key, platform.node()[:200], os.getpid(), _version()])
        self._beat_at = time.monotonic()
        self._thread.start()
        return self

    def stop(self) -> None:
        """Give up the session; whatever it still claims is free at once."""
        self._stopped.set()
        self._thread.join(timeout=5)
        if self._line and not self._line.closed:
            self._line.close()

    def is_sure(self) -> bool:
        """Whether no other worker can have taken over yet."""
        return not self._stopped.is_set() and time.monotonic() - self._beat_at < OWN_SILENCE_S

    def _live(self) -> None:
        while not self._stopped.wait(HEARTBEAT_S):
            started = time.monotonic()
            try:
                assert self._line is not None
                known = self._line.execute(sql.BEAT, [self.id]).rowcount
                # Whose thread could not write the end of its work down would otherwise be held for ever.
                self._line.execute(sql.LET_GO_OF_OTHER_RUNS, [self.id, list(self.claims)])
            except psycopg.Error as error:
                self._lost(type(error).__name__)
                return
            if not known:
                self._lost("the others have forgotten this worker")
                return
            self._beat_at = started

    def _lost(self, reason: str) -> None:
        _log.error("worker_session_lost", reason=reason)
        self._stopped.set()
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

    def check(self) -> None:
        """Raises ClaimLostError when another worker may own the run by now."""
        held = Run.objects.filter(pk=self.run_id, claim=self.token).exists()
        if not held or not self.worker.is_sure():
            raise ClaimLostError(f"run {self.run_id} belongs to another worker now")


def living() -> set[UUID]:
    """The workers that may still own what they claimed."""
    return sql.living_workers(LONGEST_SILENCE_S)
