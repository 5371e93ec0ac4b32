"""The SQL of this room that Django's query language can't say."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection


def commit_without_waiting_for_the_disk() -> None:
    """For this transaction only: a call count lost in a crash does no harm, waiting for the disk at each call would."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO OFF")


def let_the_transaction_wait() -> None:
    """For this transaction only: it may stay open while a package or the storage is at work.

    PostgreSQL ends others that do nothing for a while (`server/database_lines.py`).
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout TO '10min'")


def home_of_integration(integration_id: UUID) -> UUID | None:
    """The organisation of an integration; None when there is no such integration."""
    found: UUID | None = _rows("SELECT across_home_of_integration(%s)", integration_id)[0][0]
    return found


def inboxes() -> list[tuple[UUID, UUID]]:
    """Organisation and id of each integration whose files can be taken in now."""
    return _rows("SELECT organisation, integration FROM across_inboxes()")


def waiting_inboxes() -> list[tuple[UUID, UUID, int]]:
    """Organisation and id of each integration whose files wait, since it has none or several active configurations."""
    return _rows("SELECT organisation, integration, active FROM across_waiting_inboxes()")


def due_configurations(most: int) -> list[tuple[UUID, int]]:
    """Organisation and id of each configuration whose outstanding items are to be read now, or planned."""
    return _rows("SELECT organisation, configuration FROM across_due_configurations(%s)", most)


def lost_accounts() -> list[tuple[UUID, int]]:
    """Organisation and id of each authorisation that somebody must give again."""
    return _rows("SELECT organisation, authorisation FROM across_lost_accounts()")


def looking_up_first() -> tuple[int, datetime] | None:
    """How many configurations look documents up before they send them, and until when the last of them does."""
    number, until = _rows("SELECT number, until FROM across_looking_up_first()")[0]
    return (number, until) if number else None


def _rows(statement: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def place_of_access_key(key_id: str) -> tuple[UUID, UUID] | None:
    """Organisation and integration of a key that is good now, whoever's it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation, integration FROM across_access_key(%s)", [key_id])
        row: tuple[UUID, UUID] | None = cursor.fetchone()
        return row


def drop_boxes() -> list[tuple[UUID, UUID]]:
    """Organisation and integration of whoever has, or had, an access key to the drop box."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation, integration FROM across_drop_boxes()")
        rows: list[tuple[UUID, UUID]] = cursor.fetchall()
        return rows
