"""Rows into the tables by COPY, under the role that owns them: the app's own may not copy past its walls."""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

COLUMNS: dict[str, tuple[LiteralString, ...]] = {
    "exchange_run": (
        *("id", "organisation_id", "configuration_id", "direction", "trigger", "state", "resume_at", "failures"),
        *("created_at", "started_at", "ended_at", "result", "counts", "reconciliation"),
    ),
    "exchange_delivery": (
        *("id", "organisation_id", "integration_id", "run_id", "file_name", "inbox_key", "inbox_version"),
        *("archive_key", "size", "sha256", "profile", "format", "state", "rows", "received_at"),
    ),
    "exchange_outstandingsnapshot": (
        *("id", "organisation_id", "configuration_id", "run_id", "taken_at", "items", "item_count", "totals", "state"),
        *("vanished", "file_keys"),
    ),
    "exchange_posting": (
        *("id", "organisation_id", "configuration_id", "kind", "key", "reference", "state", "fingerprint", "document"),
        *("external_id", "external_number", "look_ups", "absences", "problems", "created_at", "posted_at"),
    ),
    "exchange_line": (
        *("organisation_id", "run_id", "delivery_id", "posting_id", "position", "phase", "kind", "identifier"),
        *("journal", "currency", "amount", "document", "fingerprint", "rows", "raw", "outcome", "reason", "problems"),
        *("external_number", "concluded_at"),
    ),
    "exchange_attempt": (
        *("organisation_id", "posting_id", "run_id", "token", "worker", "action", "fingerprint", "prepared"),
        *("started_at", "ended_at", "outcome", "detail"),
    ),
    "organisations_auditentry": (
        *("organisation_id", "sequence", "moment", "actor_kind", "actor_id", "origin", "action", "subject_kind"),
        *("subject_id", "changes", "previous", "hash"),
    ),
    "organisations_audithead": ("organisation_id", "count", "hash"),
}
"""In an order in which nothing points at what isn't there yet."""
_NUMBERED_HERE = ("exchange_run", "exchange_delivery", "exchange_outstandingsnapshot", "exchange_posting")


class Copier:
    """Gathers rows by table and copies them in lots; `finish` when all are there."""

    def __init__(self, connection: psycopg.Connection, at_once: int = 20_000) -> None:
        self._connection, self._at_once = connection, at_once
        self._waiting: dict[str, list[Sequence[Any]]] = {table: [] for table in COLUMNS}

    def add(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        self._waiting[table].extend(rows)

    def copy_when_many(self) -> None:
        """Called where nothing that waits points at what is still to come."""
        if max(map(len, self._waiting.values())) >= self._at_once:
            self.copy()

    def copy(self) -> None:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            for table, rows in self._waiting.items():
                names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table]))
                into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
                with cursor.copy(into) as copy:
                    for row in rows:
                        copy.write_row(row)
                rows.clear()

    def finish(self) -> None:
        """What is left; then the numbers go on after ours, and PostgreSQL knows what is there."""
        self.copy()
        for table in _NUMBERED_HERE:
            self._connection.execute(
                sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), max(id)) FROM {}").format(
                    sql.Literal(table), sql.Identifier(table)
                )
            )
        for table in COLUMNS:
            self._connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))
