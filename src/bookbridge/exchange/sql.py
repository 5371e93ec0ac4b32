"""The SQL of this room that Django's query language can't say."""

from uuid import UUID

from django.db import connection

_LIVING_WORKERS = """
    SELECT session.id
    FROM exchange_workersession AS session
    WHERE session.heartbeat_at > now() - make_interval(secs => %s)
      AND EXISTS (
        SELECT 1 FROM pg_locks AS held
        JOIN pg_database AS base ON base.oid = held.database AND base.datname = current_database()
        WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
          AND ((held.classid::bigint << 32) | held.objid::bigint) = session.lock_key
      )
"""

HOLD_LOCK = "SELECT pg_advisory_lock(%s)"
START_SESSION = """
    INSERT INTO exchange_workersession (id, lock_key, host, pid, started_at, heartbeat_at)
    VALUES (%s, %s, %s, %s, now(), now())
"""
BEAT = "UPDATE exchange_workersession SET heartbeat_at = now() WHERE id = %s"
LET_GO_OF_OTHER_RUNS = """
    UPDATE exchange_run
    SET state = 'waiting', claim = NULL, worker = NULL, resume_at = now(), waiting_for = NULL
    WHERE state = 'working' AND worker = %s AND NOT claim = ANY(%s::uuid[])
"""
"""The statements of a worker's own line to the database, which lives outside Django's."""

_WAIT_FOR_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"


def living_workers(longest_silence_s: float) -> set[UUID]:
    """Workers whose heart beats and whose advisory lock PostgreSQL still holds.

    The lock tells at once of a killed process, the heartbeat of one that hangs or lost the network.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LIVING_WORKERS, [longest_silence_s])
        return {row[0] for row in cursor.fetchall()}


def forget_jobs_of_dead_workers() -> None:
    """Remove jobs that the queue still shows as being done by a worker that it knows is gone. They only woke it."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL")


def wait_for_lock(name: str) -> None:
    """Hold the lock of a name until this transaction ends, after whoever has it now."""
    with connection.cursor() as cursor:
        cursor.execute(_WAIT_FOR_LOCK, [name])


def try_lock(name: str) -> bool:
    """Whether this transaction now holds the lock of a name; it is given back when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_TRY_LOCK, [name])
        return bool(cursor.fetchone()[0])
