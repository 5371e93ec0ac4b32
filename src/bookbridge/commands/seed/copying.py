"""Rows into the tables by COPY, under the role that owns them: the app's own may not copy past its walls."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
_LINKS = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
        format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY (%(tables)s)
"""
# Those of keys and unique constraints stay: others point at them.
_INDEXES = """
    SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    FROM pg_index
    WHERE indrelid::regclass::text = ANY (%(tables)s) AND NOT indisunique
"""
_NUMBERED_HERE = ("exchange_run", "exchange_delivery", "exchange_outstandingsnapshot", "exchange_posting")


class Copier:
    """Gathers rows by table and copies them in lots, all in the transaction that `copying` begins."""

    def __init__(self, connection: psycopg.Connection, at_once: int = 20_000) -> None:
        self._connection, self._at_once = connection, at_once
        self._waiting: dict[str, list[Sequence[Any]]] = {table: [] for table in COLUMNS}

    def add(self, table: str, row: Sequence[Any]) -> None:
        rows = self._waiting[table]
        rows.append(row)
        if len(rows) >= self._at_once:
            self._copy(table)

    def copy_the_rest(self) -> None:
        """Then the numbers go on after ours."""
        for table in COLUMNS:
            self._copy(table)
        for table in _NUMBERED_HERE:
            self._connection.execute(
                sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), max(id)) FROM {}").format(
                    sql.Literal(table), sql.Identifier(table)
                )
            )

    def _copy(self, table: str) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table]))
        into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
        rows = self._waiting[table]
        with self._connection.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)
        rows.clear()


@contextmanager
def copying(owner_url: str) -> Iterator[Copier]:
    """All or nothing, in one transaction. Indexes and the checks of links are made when all rows are there.

    One by one they take several times as long as the rows themselves.
    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        with connection.transaction():
            again = _without_indexes_and_links(connection)
            copier = Copier(connection)
            yield copier
            copier.copy_the_rest()
            for statement in again:
                connection.execute(statement)
        for table in COLUMNS:
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))


def _without_indexes_and_links(connection: psycopg.Connection) -> list[bytes]:
    """Drops them, and returns the statements that make them anew."""
    again: list[bytes] = []
    for drop, make in connection.execute(_LINKS, {"tables": list(COLUMNS)}).fetchall():
        connection.execute(drop.encode())
        again.append(make.encode())
    for drop, make in connection.execute(_INDEXES, {"tables": list(COLUMNS)}).fetchall():
        connection.execute(drop.encode())
        again.insert(0, make.encode())
    return again
