"""Whether this process can serve: database, tables, storage. Asked cheaply and seldom: probes come every second."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from bookbridge.storage import StorageError, open_storage

GOOD_FOR_S = 3.0
BUCKET_GOOD_FOR_S = 60.0
"""Writing to a bucket costs a call, and money at some services."""
WRONG_FOR_S = 1.0
_PROBE = "ready/probe"
_log = structlog.get_logger("bookbridge.readiness")


@dataclass(frozen=True)
class Part:
    """One thing that serving needs; `wrong` is empty when it is well."""

    name: str
    wrong: str = ""


class Readiness:
    """Remembers each part's answer for a while; two probes at once ask once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Part]] = {}
        self._migrated = False

    def parts(self) -> list[Part]:
        """Every part; tables are not asked for when the database is away."""
        with self._lock:
            database = self._ask("database", _database, GOOD_FOR_S)
            tables = self._ask("tables", self._tables, GOOD_FOR_S) if not database.wrong else Part("tables", "unknown")
            in_a_bucket = settings.ENVIRONMENT.storage.startswith("s3://")
            storage = self._ask("storage", _storage, BUCKET_GOOD_FOR_S if in_a_bucket else GOOD_FOR_S)
            return [database, tables, storage]

    def _ask(self, name: str, look: Callable[[], str], good_for_s: float) -> Part:
        asked_at, part = self._known.get(name, (float("-inf"), Part(name)))
        if time.monotonic() - asked_at < (WRONG_FOR_S if part.wrong else good_for_s):
            return part
        part = Part(name, look())
        if part.wrong:
            _log.warning("not_ready", part=name, reason=part.wrong)
        self._known[name] = (time.monotonic(), part)
        return part

    def _tables(self) -> str:
        # Tables never go back under a running process, so one good answer is enough.
        if not self._migrated:
            executor = MigrationExecutor(connection)
            missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
            if missing:
                return f"{missing} changes of the tables are missing"
            self._migrated = True
        return ""


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        connection.close()
        return type(error).__name__
    return ""


def _storage() -> str:
    try:
        storage = open_storage()
        storage.put(_PROBE, b"ready")
        storage.delete(_PROBE)
    except (StorageError, FileNotFoundError, ValueError) as error:
        return type(error).__name__
    return ""
