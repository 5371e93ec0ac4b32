"""The SQL of the exactly-once protocol: many postings, attempts and lines in one go, each row on its own terms.

Rows go in as one JSON text. Times are PostgreSQL's, so that a worker with a wrong clock looks nothing up too early.
Rows are locked in one order and never waited for where another worker may want them too; the trail's chain comes last.
What begins holds a lock that a pause waits for, and sees a pause that was there before it.
Ids are given a second time as arrays: PostgreSQL knows nothing of what stands in a JSON text, and would rather read a
table that it has no statistics of yet than look a few rows up.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

_HOLD_OFF_A_PAUSE = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%(pause)s, 0))"
"""A statement of its own before the one that looks: what that sees is as new as this lock."""
_BEGIN = """
    WITH asked AS (
        SELECT * FROM jsonb_to_recordset(%(begins)s::jsonb) AS asked (
            posting bigint, line bigint, token uuid, state text, seen uuid, fingerprint text, action text,
            prepared jsonb, sent jsonb, series text
        )
    ), own AS (
        SELECT id FROM exchange_run WHERE id = %(run)s AND claim = %(claim)s AND state = 'working'
    ), going AS (
        SELECT id FROM integrations_configuration
        WHERE id = %(configuration)s AND organisation_id = %(organisation)s AND paused_at IS NULL
    ), free AS (
        SELECT held.id
        FROM exchange_posting AS held
        JOIN asked ON asked.posting = held.id
        WHERE held.id = ANY (%(begun_postings)s::bigint[])
          AND held.organisation_id = %(organisation)s
          AND held.state = asked.state
          AND held.attempt IS NOT DISTINCT FROM asked.seen
          AND held.fingerprint = asked.fingerprint
          AND EXISTS (SELECT FROM own)
          AND EXISTS (SELECT FROM going)
          AND NOT (asked.action = 'update' AND EXISTS (
              SELECT FROM exchange_line AS later
              WHERE later.organisation_id = %(organisation)s AND later.posting_id = held.id
                AND later.posting_id = ANY (%(begun_postings)s::bigint[])
                AND (later.run_id > %(run)s OR (later.run_id = %(run)s AND later.id > asked.line))
                AND (later.outcome = 'posted' OR later.reason = 'already_posted')))
        ORDER BY held.id
        FOR UPDATE OF held SKIP LOCKED
    ), begun AS (
        UPDATE exchange_posting AS held
        SET state = 'sending', attempt = asked.token, worker = %(worker)s, fingerprint = line.fingerprint,
            corrected_from = line.corrected_from, document = line.document, absences = 0, look_ups = 0,
            look_up_at = NULL
        FROM asked
        JOIN free ON free.id = asked.posting
        JOIN exchange_line AS line ON line.id = asked.line AND line.id = ANY (%(begun_lines)s::bigint[])
        WHERE held.id = asked.posting AND held.organisation_id = %(organisation)s
          AND held.id = ANY (%(begun_postings)s::bigint[])
        RETURNING held.id, held.fingerprint, asked.token, asked.action, asked.prepared, asked.sent,
            asked.series
    ), written AS (
        INSERT INTO exchange_attempt (
            organisation_id, posting_id, run_id, token, worker, action, fingerprint, prepared, sent, series,
            started_at, outcome, detail
        )
        SELECT %(organisation)s, id, %(run)s, token, %(worker)s, action, fingerprint, prepared, sent, series,
               clock_timestamp(), '', ''
        FROM begun
        RETURNING token
    )
    SELECT EXISTS (SELECT FROM own), ARRAY(SELECT token FROM written), NOT EXISTS (SELECT FROM going)
"""

_CONCLUDE = """
    WITH answered AS (
        SELECT * FROM jsonb_to_recordset(%(answers)s::jsonb) AS answered (
            posting bigint, token uuid, state text, forgets boolean, external_id text, external_number text,
            problems jsonb, outcome text, detail text, line bigint, line_outcome text, reason text,
            line_problems jsonb, number text, told jsonb
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
                WHEN answered.state = 'uncertain' OR answered.forgets
                THEN clock_timestamp() + make_interval(secs => %(settle_s)s)
            END,
            problems = COALESCE(answered.problems, held.problems)
        FROM answered
        WHERE held.id = answered.posting
          AND held.id = ANY (%(answered_postings)s::bigint[])
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
          AND attempt.token = ANY (%(answered_tokens)s::uuid[])
          -- An answer that was written down already, and PostgreSQL's own answer to that lost, isn't late.
          AND (mine.token IS NOT NULL OR attempt.outcome IN ('', 'abandoned'))
    ), written AS (
        UPDATE exchange_line AS line
        SET outcome = answered.line_outcome, reason = answered.reason, problems = answered.line_problems,
            external_number = answered.number, concluded_at = clock_timestamp()
        FROM answered
        JOIN mine ON mine.token = answered.token
        JOIN exchange_run AS run ON run.id = %(run)s AND run.state = 'working'
        WHERE line.id = answered.line
          AND line.id = ANY (%(answered_lines)s::bigint[])
          AND line.organisation_id = %(organisation)s
          AND line.run_id = run.id
          AND line.outcome IN ('waiting', 'uncertain')
    ), trail AS (
        SELECT bookbridge_audit_append(%(organisation)s, jsonb_agg(answered.told ORDER BY answered.posting)) AS last
        FROM answered
        JOIN mine ON mine.token = answered.token
        HAVING count(*) > 0
    )
    SELECT token, look_up_at, (SELECT last FROM trail) FROM mine
"""

_WRITE_LINES = """
    WITH told AS (
        SELECT * FROM jsonb_to_recordset(%(lines)s::jsonb) AS told (
            line bigint, outcome text, reason text, problems jsonb, number text, refused bigint, seen uuid, told jsonb
        )
    ), free AS (
        SELECT held.id
        FROM exchange_posting AS held
        JOIN told ON told.refused = held.id
        WHERE held.id = ANY (%(refused_postings)s::bigint[])
          AND held.organisation_id = %(organisation)s
          AND held.state IN ('pending', 'left_out')
          AND held.attempt IS NOT DISTINCT FROM told.seen
        ORDER BY held.id
        FOR UPDATE OF held SKIP LOCKED
    ), refused AS (
        UPDATE exchange_posting AS held SET state = 'refused' FROM free
        WHERE held.id = free.id AND held.id = ANY (%(refused_postings)s::bigint[]) RETURNING held.id
    ), written AS (
        UPDATE exchange_line AS line
        SET outcome = told.outcome, reason = told.reason, problems = told.problems,
            external_number = told.number, concluded_at = clock_timestamp()
        FROM told
        JOIN exchange_run AS run ON run.id = %(run)s AND run.state = 'working'
        WHERE line.id = told.line
          AND line.id = ANY (%(told_lines)s::bigint[])
          AND line.organisation_id = %(organisation)s
          AND line.run_id = run.id
          AND line.outcome IN ('waiting', 'uncertain')
    ), trail AS (
        SELECT bookbridge_audit_append(%(organisation)s, jsonb_agg(told.told ORDER BY refused.id)) AS last
        FROM told
        JOIN refused ON refused.id = told.refused
        HAVING count(*) > 0
    )
    SELECT last FROM trail
"""


@dataclass(frozen=True)
class Written:
    """What came of a turn: whether the run is still claimed, the tokens of the attempts that were begun, and those that
    still owned their postings when they were concluded, each with the moment at which an uncertain one is looked up.
    `paused`: nothing was begun since the configuration is paused."""

    own: bool = True
    begun: frozenset[UUID] = frozenset()
    mine: Mapping[UUID, datetime | None] = field(default_factory=dict)
    paused: bool = False


def write_down(
    common: Mapping[str, Any],
    *,
    begins: Sequence[Mapping[str, Any]] = (),
    answers: Sequence[Mapping[str, Any]] = (),
    lines: Sequence[Mapping[str, Any]] = (),
) -> Written:
    """All of it in one transaction and one message, or nothing."""
    rows = {"begins": begins, "answers": answers, "lines": lines}
    asked = [name for name, given in rows.items() if given]
    if not asked:
        return Written()
    values = {
        **common,
        **{name: json.dumps(rows[name], default=str) for name in asked},
        **{name: [row[field] for row in rows[of] if row[field]] for name, (of, field) in _IDS.items()},
    }
    with connection.cursor() as cursor:
        statements = [_HOLD_OFF_A_PAUSE] if "begins" in asked else []
        cursor.execute(";".join([*statements, *(_STATEMENTS[name] for name in asked)]), values)
        for _ in statements:
            cursor.nextset()
        found = {}
        for name in asked:
            found[name] = cursor.fetchall()
            cursor.nextset()
    own, begun, paused = found.get("begins", [(True, [], False)])[0]
    mine = {token: due for token, due, _ in found.get("answers", [])}
    return Written(own, frozenset(begun), mine, paused)


_IDS = {
    "begun_postings": ("begins", "posting"),
    "begun_lines": ("begins", "line"),
    "answered_postings": ("answers", "posting"),
    "answered_tokens": ("answers", "token"),
    "answered_lines": ("answers", "line"),
    "refused_postings": ("lines", "refused"),
    "told_lines": ("lines", "line"),
}
_STATEMENTS = {"begins": _BEGIN, "answers": _CONCLUDE, "lines": _WRITE_LINES}
