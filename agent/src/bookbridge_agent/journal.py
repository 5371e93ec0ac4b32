"""What was seen: confirmed arrivals, fetched files, activity and the state of each synchronisation, in SQLite.

The waiting folders are the truth. A journal that is lost or damaged costs a question to the storage for each waiting
file and the activity shown to people, and loses no file.
"""

import json
import re
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bookbridge_agent.messages import Message

_TABLES = """
CREATE TABLE IF NOT EXISTS confirmed (delivery TEXT PRIMARY KEY, sha256 TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fetched (target TEXT PRIMARY KEY, version TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS state (synchronisation TEXT PRIMARY KEY, told TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS activity (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, synchronisation TEXT NOT NULL, what TEXT NOT NULL,
    name TEXT NOT NULL, told TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS activity_at ON activity (at);
"""

_FIND = """
SELECT at, synchronisation, what, name, told FROM activity
WHERE (? = '' OR synchronisation = ?) AND (? = '' OR what = ?)
  AND (name LIKE ? ESCAPE '\\' OR told LIKE ? ESCAPE '\\')
ORDER BY id DESC LIMIT ? OFFSET ?
"""


@dataclass(frozen=True)
class Activity:
    at: str
    synchronisation: str
    what: str
    name: str
    told: Mapping[str, str]


class Journal:
    """May be used by several threads. Nothing it does fails for its caller: see `trouble`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._failed: str | None = None
        """Why the last entry could not be kept."""
        self._kept_states: dict[str, str] = {}
        """At rest nothing is written."""
        self._database, self._not_kept = _open(path)

    @property
    def trouble(self) -> str | None:
        """Why what it is told can't be kept; None while it can be."""
        return self._failed or self._not_kept

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def confirm(self, delivery: str, sha256: str) -> None:
        self._write("INSERT OR REPLACE INTO confirmed VALUES (?, ?, ?)", delivery, sha256, _now())

    def is_confirmed(self, delivery: str, sha256: str) -> bool:
        return bool(self._read("SELECT 1 FROM confirmed WHERE delivery = ? AND sha256 = ?", delivery, sha256))

    def keep_fetched(self, target: str, version: str) -> None:
        self._write("INSERT OR REPLACE INTO fetched VALUES (?, ?, ?)", target, version, _now())

    def fetched_version(self, target: str) -> str | None:
        rows = self._read("SELECT version FROM fetched WHERE target = ?", target)
        return rows[0][0] if rows else None

    def keep_state(self, synchronisation: str, state: Mapping[str, Any]) -> None:
        told = json.dumps(state)
        if self._kept_states.get(synchronisation) != told:
            self._write("INSERT OR REPLACE INTO state VALUES (?, ?)", synchronisation, told)
            self._kept_states[synchronisation] = told

    def state(self, synchronisation: str) -> dict[str, Any]:
        rows = self._read("SELECT told FROM state WHERE synchronisation = ?", synchronisation)
        state: dict[str, Any] = json.loads(rows[0][0]) if rows else {}
        return state

    def tell(self, synchronisation: str, what: str, name: str, **told: str) -> None:
        entry = "INSERT INTO activity (at, synchronisation, what, name, told) VALUES (?, ?, ?, ?, ?)"
        self._write(
            entry, _now(), synchronisation, what, _storable(name), _storable(json.dumps(told, ensure_ascii=False))
        )

    def tell_trouble(self, synchronisation: str, trouble: Message, name: str = "") -> None:
        """With its id and values, for readers of any language."""
        values = json.dumps(dict(trouble.values))
        self.tell(synchronisation, "trouble", name, text=str(trouble), code=trouble.code, values=values)

    def activity(self, most: int = 100) -> list[Activity]:
        rows = self._read("SELECT at, synchronisation, what, name, told FROM activity ORDER BY id DESC LIMIT ?", most)
        return [Activity(at, of, what, name, json.loads(told)) for at, of, what, name, told in rows]

    def find(self, *, of: str = "", what: str = "", text: str = "", most: int = 50, skip: int = 0) -> list[Activity]:
        """Newest first: of a synchronisation, of a kind, with a text in the name or in what was told."""
        pattern = "%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"
        rows = self._read(_FIND, of, of, what, what, pattern, pattern, most, skip)
        return [Activity(at, of, what, name, json.loads(told)) for at, of, what, name, told in rows]

    def removed(self) -> dict[str, str]:
        """The names of synchronisations that were deleted, by their ids."""
        return dict(self._read("SELECT synchronisation, name FROM activity WHERE what = 'removed'"))

    def forget_before(self, now: datetime, days: int) -> None:
        before = (now - timedelta(days=days)).isoformat()
        self._write("DELETE FROM activity WHERE at < ?", before)
        self._write("DELETE FROM confirmed WHERE at < ?", before)

    def _write(self, statement: str, *values: object) -> None:
        try:
            with self._lock, self._database:
                self._database.execute(statement, values)
            self._failed = None
        except sqlite3.Error as error:
            self._failed = str(error)

    def _read(self, statement: str, *values: object) -> list[Any]:
        try:
            with self._lock:
                return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            self._failed = str(error)
            return []


def _open(path: Path) -> tuple[sqlite3.Connection, str | None]:
    """And why it is kept in the memory alone, if it is."""
    try:
        return _opened(path), None
    except sqlite3.OperationalError as error:
        # A full disk, or a folder that can't be written: the agent works on, and remembers until it ends.
        return _opened(Path(":memory:")), str(error)
    except sqlite3.DatabaseError:
        # Kept for whoever wants to know; its companions belong to the damaged one.
        path.replace(path.with_name(f"{path.name}.damaged"))
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        return _opened(path), None


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=10, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        if database.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
        database.executescript(_TABLES)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _storable(name: str) -> str:
    """A file name as text: on Linux it may be any bytes."""
    return name.encode("utf-8", "replace").decode()
