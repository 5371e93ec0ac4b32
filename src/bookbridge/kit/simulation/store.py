"""The simulator's memory: one SQLite file, so that a restarted simulator still has its books."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, administration TEXT NOT NULL, id TEXT NOT NULL,
    code TEXT, reference TEXT, data TEXT NOT NULL,
    UNIQUE (kind, administration, id), UNIQUE (kind, administration, code));
CREATE INDEX IF NOT EXISTS records_reference ON records (kind, administration, reference);
CREATE TABLE IF NOT EXISTS calls (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL, changes INTEGER NOT NULL,
    status INTEGER, fault TEXT);
CREATE TABLE IF NOT EXISTS counters (name TEXT NOT NULL, window INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (name, window));
CREATE TABLE IF NOT EXISTS grants (
    token TEXT PRIMARY KEY, use TEXT NOT NULL, client_id TEXT NOT NULL, user_id TEXT NOT NULL,
    issued_at REAL NOT NULL, expires_at REAL NOT NULL, spent INTEGER NOT NULL DEFAULT 0, redirect_uri TEXT);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class CodeInUseError(Exception):
    """A record of this kind with this code (or id) is already there."""


@dataclass(frozen=True)
class Narrowing:
    """What can be looked up by index instead of reading everything."""

    id: str | None = None
    code: str | None = None
    reference: str | None = None


class SimulatorStore:
    """Records of any kind, kept per administration in the order they came.

    A record is a JSON object with an id, an optional code that is unique within its kind, and an optional reference
    that is not. One connection behind one lock: SQLite has one writer anyway, and a stand-in's books are small.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL survives a killed process, which is what the crash tests do; only a power cut may lose the last commit.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file; everything that was answered is in it."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, committed at the end of the outermost block."""
        with self._lock:
            if self._depth:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def add(
        self,
        kind: str,
        administration: str,
        id: str,
        data: dict[str, Any],
        *,
        code: str | None = None,
        reference: str | None = None,
    ) -> int:
        """Keep a new record; gives its sequence number. Raises CodeInUseError for a code or id in use."""
        with self.transaction() as connection:
            try:
                cursor = connection.execute(
                    "INSERT INTO records (kind, administration, id, code, reference, data) VALUES (?, ?, ?, ?, ?, ?)",
                    (kind, administration, id, code, reference, json.dumps(data)),
                )
            except sqlite3.IntegrityError as error:
                raise CodeInUseError(f"{kind} {code or id}") from error
            return int(cursor.lastrowid or 0)

    def put(
        self,
        kind: str,
        administration: str,
        id: str,
        data: dict[str, Any],
        *,
        code: str | None = None,
        reference: str | None = None,
    ) -> None:
        """Replace a record. Raises CodeInUseError when the code is another record's, KeyError when there is none."""
        with self.transaction() as connection:
            try:
                cursor = connection.execute(
                    "UPDATE records SET data = ?, code = ?, reference = ?"
                    " WHERE kind = ? AND administration = ? AND id = ?",
                    (json.dumps(data), code, reference, kind, administration, id),
                )
            except sqlite3.IntegrityError as error:
                raise CodeInUseError(f"{kind} {code or id}") from error
            if cursor.rowcount == 0:
                raise KeyError(id)

    def remove(self, kind: str, administration: str, *, id: str | None = None, reference: str | None = None) -> None:
        """Remove the records with this id or this reference."""
        column, value = ("id", id) if id is not None else ("reference", reference)
        with self.transaction() as connection:
            connection.execute(
                f"DELETE FROM records WHERE kind = ? AND administration = ? AND {column} = ?",  # noqa: S608
                (kind, administration, value),
            )

    def all(self, kind: str, administration: str, narrowing: Narrowing | None = None) -> list[dict[str, Any]]:
        """The records of a kind, oldest first."""
        clauses, values = ["kind = ?", "administration = ?"], [kind, administration]
        for column in ("id", "code", "reference"):
            value = getattr(narrowing, column) if narrowing else None
            if value is not None:
                clauses.append(f"{column} = ?")
                values.append(value)
        with self._lock:
            rows = self._connection.execute(
                f"SELECT data FROM records WHERE {' AND '.join(clauses)} ORDER BY sequence",  # noqa: S608
                values,
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def get(self, kind: str, administration: str, id: str) -> dict[str, Any] | None:
        """The record with this id."""
        found = self.all(kind, administration, Narrowing(id=id))
        return found[0] if found else None

    def by_code(self, kind: str, administration: str, code: str) -> dict[str, Any] | None:
        """The record with this code."""
        found = self.all(kind, administration, Narrowing(code=code))
        return found[0] if found else None

    def count(self, kind: str, administration: str) -> int:
        """How many records of a kind there are."""
        with self._lock:
            row = self._connection.execute(
                "SELECT COUNT(*) FROM records WHERE kind = ? AND administration = ?", (kind, administration)
            ).fetchone()
        return int(row[0])

    def next_number(self, name: str, first: int = 1) -> int:
        """The next number of a named series."""
        with self.transaction():
            number = int(self.note(f"number:{name}") or first)
            self.set_note(f"number:{name}", str(number + 1))
            return number

    def note(self, name: str) -> str | None:
        """A remembered text."""
        with self._lock:
            row = self._connection.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def set_note(self, name: str, value: str) -> None:
        """Remember a text."""
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", (name, value))

    def count_up(self, name: str, window: int) -> int:
        """Add one to a counter of a time window; gives the new count. Windows that have passed are forgotten."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM counters WHERE name = ? AND window < ?", (name, window))
            row = connection.execute(
                "INSERT INTO counters (name, window, count) VALUES (?, ?, 1)"
                " ON CONFLICT (name, window) DO UPDATE SET count = count + 1 RETURNING count",
                (name, window),
            ).fetchone()
        return int(row[0])

    def counted(self, name: str, window: int) -> int:
        """The count of a counter in a time window."""
        with self._lock:
            row = self._connection.execute(
                "SELECT count FROM counters WHERE name = ? AND window = ?", (name, window)
            ).fetchone()
        return int(row[0]) if row else 0

    def record_call(self, at: float, method: str, path: str, query: str, *, changes: bool) -> int:
        """Write down that a call came in; gives its sequence number."""
        with self.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO calls (at, method, path, query, changes) VALUES (?, ?, ?, ?, ?)",
                (at, method, path, query, changes),
            )
            return int(cursor.lastrowid or 0)

    def finish_call(self, sequence: int, status: int | None, fault: str | None) -> None:
        """Write down how a call ended; no status means that no answer was sent."""
        with self.transaction() as connection:
            connection.execute("UPDATE calls SET status = ?, fault = ? WHERE sequence = ?", (status, fault, sequence))

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """The calls after a sequence number, oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT sequence, at, method, path, query, changes, status, fault FROM calls"
                " WHERE sequence > ? ORDER BY sequence",
                (since,),
            ).fetchall()
        names = ("sequence", "at", "method", "path", "query", "changes", "status", "fault")
        calls = [dict(zip(names, row, strict=True)) for row in rows]
        return [{**call, "changes": bool(call["changes"])} for call in calls]
