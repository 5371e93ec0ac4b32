"""The SQL of the audit trail."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

_APPEND = "SELECT bookbridge_audit_append(%s, %s::jsonb)"
_AT_ONCE = 2000
# The moment as text: a moment that no calendar of Python has may have been written over it.
_CHAIN = """
    SELECT sequence, coalesce(to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), moment::text),
           actor_kind, actor_id, origin, action, subject_kind, subject_id, changes, previous, hash
    FROM organisations_auditentry
    WHERE organisation_id {which} {more} ORDER BY sequence, id
"""


# Moments rise with the numbers, which have no gaps: found by halving, in any number of entries, without an index more.
# The middle is reckoned before the entry is looked for. Reckoning can fail, and what can fail PostgreSQL does only to
# rows of which the wall has said that they may be seen: it would read all entries for each step.
_AROUND = """
    WITH RECURSIVE search (moment, low, high, middle) AS (
        SELECT asked.moment, 0::bigint, head.count + 1, (head.count + 1) / 2
        FROM unnest(%(moments)s::timestamptz[]) AS asked (moment)
        CROSS JOIN (
            SELECT coalesce(max(count), 0) AS count FROM organisations_audithead
            WHERE organisation_id = %(organisation)s
        ) AS head
        UNION ALL
        SELECT search.moment, half.low, half.high, (half.low + half.high) / 2
        FROM search
        JOIN organisations_auditentry AS entry
          ON entry.organisation_id = %(organisation)s AND entry.sequence = search.middle
        CROSS JOIN LATERAL (
            SELECT CASE WHEN entry.moment < search.moment THEN search.middle ELSE search.low END,
                CASE WHEN entry.moment < search.moment THEN search.high ELSE search.middle END
        ) AS half (low, high)
        WHERE search.high - search.low > 1
    )
    SELECT moment, max(low), min(high) FROM search GROUP BY moment
"""


def append_to_trail(organisation_id: UUID | None, entries: str) -> None:
    """Have PostgreSQL number, stamp and chain the entries, given as a JSON array."""
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, [organisation_id, entries])


def around(organisation_id: UUID, moments: Sequence[datetime]) -> dict[datetime, tuple[int, int]]:
    """For each moment the numbers of an organisation's last entry before it, and of the first one from then on."""
    with connection.cursor() as cursor:
        cursor.execute(_AROUND, {"organisation": organisation_id, "moments": list(moments)})
        return {moment: (low, high) for moment, low, high in cursor.fetchall()}


def chain_of(
    organisation_id: UUID | None, *, following: bytes | None = None, after: int = 0
) -> Iterator[tuple[Any, ...]]:
    """The entries of one chain in their order, some thousand in memory at a time; or those written after one hash.

    `after`: only those with larger numbers; 0 for all that there are.
    """
    which, values = ("IS NULL", []) if organisation_id is None else ("= %s", [organisation_id])
    more = "" if following is None else "AND previous = %s"
    values += [] if following is None else [following]
    if after:
        more, values = f"{more} AND sequence > %s", [*values, after]
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_CHAIN.format(which=which, more=more), values)
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows


def chains() -> set[UUID | None]:
    """Whose chains have a head or an entry."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT across_audit_chains()")
        return {row[0] for row in cursor.fetchall()}


# The table that all web processes share for counting tries (shared_cache.py)


def read_shared(key: str) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM organisations_shared WHERE key = %s AND passes_at > clock_timestamp()", [key])
        row = cursor.fetchone()
    return row[0] if row else None


def write_shared(key: str, value: str, seconds: float | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO organisations_shared (key, value, passes_at)"
            " VALUES (%s, %s, coalesce(clock_timestamp() + make_interval(secs => %s), 'infinity'))"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value, passes_at = excluded.passes_at",
            [key, value, seconds],
        )


def add_shared(key: str, value: str, seconds: float | None) -> bool:
    """False when the key is there and counts still."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO organisations_shared AS there (key, value, passes_at)"
            " VALUES (%s, %s, coalesce(clock_timestamp() + make_interval(secs => %s), 'infinity'))"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value, passes_at = excluded.passes_at"
            " WHERE there.passes_at <= clock_timestamp()",
            [key, value, seconds],
        )
        return cursor.rowcount == 1


def touch_shared(key: str, seconds: float | None) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE organisations_shared"
            " SET passes_at = coalesce(clock_timestamp() + make_interval(secs => %s), 'infinity')"
            " WHERE key = %s AND passes_at > clock_timestamp()",
            [seconds, key],
        )
        return cursor.rowcount == 1


def delete_shared(key: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM organisations_shared WHERE key = %s", [key])
        return cursor.rowcount == 1


def delete_passed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM organisations_shared WHERE passes_at <= clock_timestamp()")


def clear_shared() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM organisations_shared")
