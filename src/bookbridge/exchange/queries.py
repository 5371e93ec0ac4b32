"""The SQL of the exactly-once protocol: many postings, attempts and lines in one statement, each row on its own terms.

Arrays go in side by side, one element a document. Times are PostgreSQL's, so that a worker with a wrong clock looks
nothing up too early. Rows are locked in one order and never waited for where another worker may want them too.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

_BEGIN = """
    WITH asked AS (
        SELECT * FROM unnest(
            %(postings)s::bigint[], %(lines)s::bigint[], %(tokens)s::uuid[], %(states)s::text[], %(seen)s::uuid[],
            %(fingerprints)s::text[], %(actions)s::text[], %(prepared)s::text[], %(sent)s::text[]
        ) AS asked (posting, line, token, state, seen, fingerprint, action, prepared, sent)
    ), own AS (
        SELECT id FROM exchange_run WHERE id = %(run)s AND claim = %(claim)s AND state = 'working'
    ), free AS (
        SELECT held.id
        FROM exchange_posting AS held
        JOIN asked ON asked.posting = held.id
        WHERE held.organisation_id = %(organisation)s
          AND held.state = asked.state
          AND held.attempt IS NOT DISTINCT FROM asked.seen
          AND held.fingerprint = asked.fingerprint
          AND EXISTS (SELECT FROM own)
        ORDER BY held.id
        FOR UPDATE OF held SKIP LOCKED
    ), begun AS (
        UPDATE exchange_posting AS held
        SET state = 'sending', attempt = asked.token, worker = %(worker)s, fingerprint = line.fingerprint,
            document = line.document, absences = 0, look_ups = 0, look_up_at = NULL
        FROM asked
        JOIN free ON free.id = asked.posting
        JOIN exchange_line AS line ON line.id = asked.line
        WHERE held.id = asked.posting AND held.organisation_id = %(organisation)s
        RETURNING held.id, held.fingerprint, asked.token, asked.action, asked.prepared, asked.sent
    ), written AS (
        INSERT INTO exchange_attempt (
            organisation_id, posting_id, run_id, token, worker, action, fingerprint, prepared, sent, started_at,
            outcome, detail
        )
        SELECT %(organisation)s, id, %(run)s, token, %(worker)s, action, fingerprint, prepared::jsonb, sent::jsonb,
               clock_timestamp(), '', ''
        FROM begun
        RETURNING token
    )
    SELECT EXISTS (SELECT FROM own), ARRAY(SELECT token FROM written)
"""

_CONCLUDE = """
    WITH answered AS (
        SELECT * FROM unnest(
            %(postings)s::bigint[], %(tokens)s::uuid[], %(states)s::text[], %(forgets)s::boolean[],
            %(external_ids)s::text[], %(external_numbers)s::text[], %(posting_problems)s::text[], %(outcomes)s::text[],
            %(details)s::text[], %(lines)s::bigint[], %(line_outcomes)s::text[], %(reasons)s::text[],
            %(line_problems)s::text[], %(numbers)s::text[]
        ) AS answered (
            posting, token, state, forgets, external_id, external_number, problems, outcome, detail, line,
            line_outcome, reason, line_problems, number
        )
    ), mine AS (
        UPDATE exchange_posting AS held
        SET state = answered.state,
            worker = NULL,
            fingerprint = CASE WHEN answered.forgets THEN '' ELSE held.fingerprint END,
            external_id = COALESCE(answered.external_id, held.external_id),
            external_number = COALESCE(answered.external_number, held.external_number),
            posted_at = CASE WHEN answered.external_id IS NULL THEN held.posted_at ELSE clock_timestamp() END,
            look_up_at = CASE
                WHEN answered.state = 'uncertain' THEN clock_timestamp() + make_interval(secs => %(settle_s)s)
            END,
            problems = COALESCE(answered.problems::jsonb, held.problems)
        FROM answered
        WHERE held.id = answered.posting
          AND held.organisation_id = %(organisation)s
          AND held.state = 'sending'
          AND held.attempt = answered.token
        RETURNING answered.token, held.look_up_at
    ), told AS (
        UPDATE exchange_attempt AS attempt
        SET ended_at = clock_timestamp(),
            outcome = CASE WHEN mine.token IS NULL THEN 'late' ELSE answered.outcome END,
            detail = CASE
                WHEN mine.token IS NULL THEN 'another worker had taken over; the answer was: ' || answered.outcome
                ELSE answered.detail
            END
        FROM answered
        LEFT JOIN mine ON mine.token = answered.token
        WHERE attempt.token = answered.token AND attempt.organisation_id = %(organisation)s
    ), written AS (
        UPDATE exchange_line AS line
        SET outcome = answered.line_outcome, reason = answered.reason, problems = answered.line_problems::jsonb,
            external_number = answered.number, concluded_at = clock_timestamp()
        FROM answered
        JOIN mine ON mine.token = answered.token
        JOIN exchange_run AS run ON run.id = %(run)s AND run.state = 'working'
        WHERE line.id = answered.line
          AND line.organisation_id = %(organisation)s
          AND line.run_id = run.id
          AND line.outcome IN ('waiting', 'uncertain')
    )
    SELECT token, look_up_at FROM mine
"""

_WRITE_LINES = """
    WITH told AS (
        SELECT * FROM unnest(
            %(lines)s::bigint[], %(line_outcomes)s::text[], %(reasons)s::text[], %(line_problems)s::text[],
            %(numbers)s::text[], %(refused)s::bigint[], %(seen)s::uuid[]
        ) AS told (line, outcome, reason, problems, number, refused, seen)
    ), free AS (
        SELECT held.id
        FROM exchange_posting AS held
        JOIN told ON told.refused = held.id
        WHERE held.organisation_id = %(organisation)s
          AND held.state = 'pending'
          AND held.attempt IS NOT DISTINCT FROM told.seen
        ORDER BY held.id
        FOR UPDATE OF held SKIP LOCKED
    ), refused AS (
        UPDATE exchange_posting AS held SET state = 'refused' FROM free WHERE held.id = free.id RETURNING held.id
    ), written AS (
        UPDATE exchange_line AS line
        SET outcome = told.outcome, reason = told.reason, problems = told.problems::jsonb,
            external_number = told.number, concluded_at = clock_timestamp()
        FROM told
        JOIN exchange_run AS run ON run.id = %(run)s AND run.state = 'working'
        WHERE line.id = told.line
          AND line.organisation_id = %(organisation)s
          AND line.run_id = run.id
          AND line.outcome IN ('waiting', 'uncertain')
    )
    SELECT id FROM refused
"""


def begin(values: Mapping[str, Any]) -> tuple[bool, set[UUID]]:
    """Whether the run is still claimed, and the tokens of the attempts that were written down."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, values)
        own, tokens = cursor.fetchone()
    return own, set(tokens)


def conclude(values: Mapping[str, Any]) -> dict[UUID, datetime | None]:
    """The tokens whose attempts still owned their postings, with the moment of the look-up of an uncertain one."""
    with connection.cursor() as cursor:
        cursor.execute(_CONCLUDE, values)
        return dict(cursor.fetchall())


def write_lines(values: Mapping[str, Any]) -> set[int]:
    """The postings that were refused with their lines."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_LINES, values)
        return {row[0] for row in cursor.fetchall()}
