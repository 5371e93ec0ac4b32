"""The SQL of this room that Django's query language can't say."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

_HOLDS_ITS_LOCK = """
    EXISTS (
        SELECT 1 FROM pg_locks AS held
        JOIN pg_database AS base ON base.oid = held.database AND base.datname = current_database()
        WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
          AND ((held.classid::bigint << 32) | held.objid::bigint) = session.lock_key
    )
"""
_LIVES = f"""
    session.dead_since IS NULL AND session.heartbeat_at > clock_timestamp() - make_interval(secs => %(silence_s)s)
    AND {_HOLDS_ITS_LOCK}
"""
_LIVING_WORKERS = f"SELECT session.id FROM exchange_workersession AS session WHERE {_LIVES}"  # noqa: S608
# A heartbeat that came in between has the row, and is seen when it lets go of it.
_DECLARE_DEAD = f"""
    UPDATE exchange_workersession AS session SET dead_since = clock_timestamp()
    WHERE session.id = ANY (%(suspects)s) AND session.dead_since IS NULL AND NOT ({_LIVES})
"""  # noqa: S608
_DEAD = """
    SELECT suspect FROM unnest(%(suspects)s::uuid[]) AS suspect
    WHERE NOT EXISTS (
        SELECT FROM exchange_workersession AS session WHERE session.id = suspect AND session.dead_since IS NULL
    )
"""

HOLD_LOCK = "SELECT pg_advisory_lock(%s)"
START_SESSION = """
    INSERT INTO exchange_workersession (id, lock_key, host, pid, version, started_at, heartbeat_at)
    VALUES (%s, %s, %s, %s, %s, now(), now())
"""
BEAT = """
    UPDATE exchange_workersession SET heartbeat_at = clock_timestamp()
    WHERE id = %s AND heartbeat_at > clock_timestamp() - make_interval(secs => %s) AND dead_since IS NULL
"""
"""A worker that was silent for so long that others took over never comes back to life."""
CLAIMS = "SELECT across_claims_of(%s)"
LET_GO_OF_CLAIMS = "SELECT across_let_go_of_claims(%s, %s::uuid[])"
"""The statements of a worker's own line to the database, which lives outside Django's."""

_WAIT_FOR_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
_TRY_TO_HOLD = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_LET_GO = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"


_SESSIONS = f"""
    SELECT session.host, session.pid, session.version,
        extract(epoch FROM clock_timestamp() - session.heartbeat_at)::float8
    FROM exchange_workersession AS session
    WHERE {_HOLDS_ITS_LOCK} ORDER BY session.host, session.pid
"""  # noqa: S608

_DAYS_OF_POSTED = """
    SELECT min((day #>> '{}')::date), max((day #>> '{}')::date)
    FROM exchange_line AS line
    JOIN exchange_posting AS posting
      ON posting.organisation_id = line.organisation_id AND posting.id = line.posting_id
    CROSS JOIN LATERAL (
        SELECT posting.document -> 'entry_date'
        UNION ALL
        SELECT jsonb_path_query(posting.document, '$.lines[*].line_date ? (@ != null)')
    ) AS told (day)
    WHERE line.organisation_id = %s AND line.run_id = %s AND line.outcome = 'posted' AND line.kind = ANY (%s)
"""


class WorkerProcess(NamedTuple):
    """A worker process that PostgreSQL knows to be there, whether or not it still beats its heart."""

    host: str
    pid: int
    version: str
    silence_s: float


def worker_sessions() -> list[WorkerProcess]:
    return [WorkerProcess(*row) for row in _rows(_SESSIONS)]


def database_clock() -> datetime:
    moment: datetime = _rows("SELECT clock_timestamp()")[0][0]
    return moment


def living_workers(longest_silence_s: float) -> set[UUID]:
    """Workers whose heart beats and whose advisory lock PostgreSQL still holds.

    The lock tells at once of a killed process, the heartbeat of one that hangs or lost the network.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LIVING_WORKERS, {"silence_s": longest_silence_s})
        return {row[0] for row in cursor.fetchall()}


def declare_dead(suspects: Collection[UUID], longest_silence_s: float) -> set[UUID]:
    """Those of the workers that are dead, from now on for ever: their own heartbeat finds it out and stops.

    Between reading who lives and taking something back, one that hung may have come back to life.
    """
    values = {"suspects": list(suspects), "silence_s": longest_silence_s}
    with connection.cursor() as cursor:
        cursor.execute(_DECLARE_DEAD, values)
        cursor.execute(_DEAD, values)
        return {row[0] for row in cursor.fetchall()}


def forget_jobs_of_dead_workers(queue: str) -> None:
    """What the queue still shows as being done by a worker that it knows is gone.

    Jobs of `queue` only woke the worker and go; those of others, such as mails, are to be done by another one.
    """
    gone = "status = 'doing' AND worker_id IS NULL"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM procrastinate_jobs WHERE {gone} AND queue_name = %s", [queue])  # noqa: S608
        cursor.execute(
            # Locked first: two sweeps at once would both find the job, and it can be given back once.
            f"WITH gone AS MATERIALIZED (SELECT id FROM procrastinate_jobs WHERE {gone} FOR UPDATE SKIP LOCKED)"  # noqa: S608
            " SELECT procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) FROM gone"
        )


def wait_for_lock(name: str) -> None:
    """Hold the lock of a name until this transaction ends, after whoever has it now."""
    with connection.cursor() as cursor:
        cursor.execute(_WAIT_FOR_LOCK, [name])


def pause_lock(configuration_id: int) -> str:
    """The name of the lock that documents begin under, together, and a pause is made under, alone."""
    return f"pause {configuration_id}"


def try_lock(name: str) -> bool:
    """Whether this transaction now holds the lock of a name; it is given back when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_TRY_LOCK, [name])
        return bool(cursor.fetchone()[0])


def hold(name: str) -> bool:
    """Whether this line to the database now holds the lock of a name, until `let_go` or until the line is gone."""
    return bool(_rows(_TRY_TO_HOLD, name)[0][0])


def let_go(name: str) -> None:
    """Give back what `hold` took."""
    _rows(_LET_GO, name)


def home_of_run(run_id: int) -> UUID | None:
    """The organisation of a run; None when there is no such run."""
    found: UUID | None = _rows("SELECT across_home_of_run(%s)", run_id)[0][0]
    return found


def due_runs(most: int) -> list[int]:
    """Waiting runs whose moment has come, those that wait longest first."""
    return [row[0] for row in _rows("SELECT across_due_runs(%s)", most)]


def workers_at_work() -> set[UUID | None]:
    """Whose attempts and runs are under way, of whatever organisation."""
    return {row[0] for row in _rows("SELECT across_workers_at_work()")}


def postings_of(workers: Collection[UUID], most: int) -> list[tuple[UUID, int]]:
    """Organisation and id of each posting that these workers, or none, are sending."""
    return _rows("SELECT organisation, posting FROM across_postings_of(%s, %s)", list(workers), most)


def runs_of(workers: Collection[UUID], most: int) -> list[tuple[UUID, int]]:
    """Organisation and id of each run that these workers, or none, are at work on."""
    return _rows("SELECT organisation, run FROM across_runs_of(%s, %s)", list(workers), most)


def counts() -> dict[str, int]:
    """How much there is of what an operator must know of, over all organisations."""
    return dict(_rows("SELECT what, number FROM across_counts()"))


def organisation_counts() -> list[tuple[UUID, int, int, int, Any]]:
    """Of each organisation: its id, members, integrations, runs, and when its last run was made."""
    return _rows("SELECT organisation, members, integrations, runs, last_run_at FROM across_organisation_counts()")


def jobs_waiting() -> int:
    """Jobs in the queue that no worker has taken yet."""
    return int(_rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")[0][0])


def measures(limits: str) -> list[tuple[str, str, float]]:
    """Numbers over all organisations: name, labels as JSON, value. `limits`: the packages' call limits as JSON."""
    return _rows("SELECT name, labels, value FROM across_measures(%s::jsonb)", limits)


def silent_schedules() -> list[tuple[UUID, int, datetime]]:
    """Organisation and configuration whose outstanding items haven't been read for three intervals, and since when."""
    return _rows("SELECT organisation, configuration, since FROM across_silent_schedules()")


def silences(intervals: int, most: int) -> list[tuple[str, UUID, str, datetime]]:
    """Kind of notice, organisation, id and last sign of life of what has gone silent and wasn't told of.

    `intervals`: after how many of its own a schedule is silent.
    """
    news = "SELECT kind, organisation, about, since FROM across_silent(%s) WHERE since IS DISTINCT FROM told LIMIT %s"
    return _rows(news, intervals, most)


def news_of_silent_agents(most: int) -> list[tuple[UUID, int, datetime]]:
    """Organisation, id and last sign of life of agents whose silence wasn't told of."""
    news = "SELECT organisation, agent, since FROM across_silent_agents() WHERE since IS DISTINCT FROM told LIMIT %s"
    return _rows(news, most)


def silent_agents(most: int) -> list[tuple[UUID, int]]:
    """Organisation and id of agents that have gone silent, the longest first."""
    return _rows("SELECT organisation, agent FROM across_silent_agents() ORDER BY since LIMIT %s", most)


def names(organisations: Collection[UUID], integrations: Collection[UUID]) -> dict[UUID, str]:
    """What they are called, for an operator's eyes alone."""
    return dict(_rows("SELECT id, name FROM across_names(%s, %s)", list(organisations), list(integrations)))


def call_budgets(limits: str, most: int) -> list[tuple[UUID, UUID, str, str, float, float, float]]:
    """Those that calls were made from, the ones with the smallest share left first.

    Organisation, integration, administration, the window that is tightest, calls made in it and allowed in it, and
    until when (in epoch seconds) the package has us make none. `limits`: as for `measures`.
    """
    return _rows("SELECT * FROM across_call_budgets(%s::jsonb, %s)", limits, most)


def stopped(intervals: int, most: int) -> list[tuple[str, UUID, UUID, datetime | None]]:
    """What has stopped: `account`, `schedule`, `files` or `agent`, its organisation and integration, and since when.

    `intervals`: as for `silences`.
    """
    return _rows("SELECT kind, organisation, integration, since FROM across_stopped(%s, %s)", intervals, most)


def days_of_posted(organisation_id: UUID, run_id: int, kinds: Collection[str]) -> tuple[date, date] | None:
    """The first and the last day of the documents that a run posted; a memorial bears its lines' days too."""
    [(first, last)] = _rows(_DAYS_OF_POSTED, organisation_id, run_id, list(kinds))
    return (first, last) if first else None


def _rows(statement: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


# What has become of the documents that came in by file in a period (periods.py)

_FILE_RUNS = """
    file_run AS MATERIALIZED (
        SELECT run.id, run.state, run.reconciliation,
            run.lines_forgotten_at IS NOT NULL
                OR coalesce(run.ended_at < now() - make_interval(days => %(keep_days)s::int), false) AS by_run
        FROM exchange_run AS run
        WHERE run.organisation_id = %(organisation)s AND run.configuration_id = ANY (%(configurations)s::bigint[])
          AND run.direction = 'out' AND run.trigger = 'file'
          AND run.created_at >= %(since)s AND run.created_at < %(until)s
    )
"""
_PERIOD_RUNS = f"""
    WITH {_FILE_RUNS}
    SELECT count(*), count(*) FILTER (WHERE by_run), count(*) FILTER (WHERE state <> 'ended') FROM file_run
"""  # noqa: S608
_PERIOD_SUMS = f"""
    WITH {_FILE_RUNS}
    SELECT by_run, told.journal, told.currency, sum(told.documents), sum(told.file), sum(told.posted),
        sum(told.refused), sum(told.uncertain), sum(told.skipped)
    FROM file_run CROSS JOIN LATERAL jsonb_to_recordset(file_run.reconciliation) AS told (
        journal text, currency text, documents bigint, file numeric, posted numeric, refused numeric, uncertain numeric,
        skipped numeric
    )
    WHERE state = 'ended'
    GROUP BY by_run, told.journal, told.currency
    UNION ALL
    SELECT false, line.journal, line.currency, count(*), sum(line.amount),
        sum(line.amount) FILTER (WHERE line.outcome = 'posted'), NULL, NULL, NULL
    FROM file_run
    JOIN exchange_line AS line ON line.organisation_id = %(organisation)s AND line.run_id = file_run.id
    WHERE state <> 'ended' AND line.amount IS NOT NULL
    GROUP BY line.journal, line.currency
"""  # noqa: S608
# A document may have several lines in a period: refused and sent again, exported twice. One of them stands for it.
_PERIOD_FATES = f"""
    WITH {_FILE_RUNS}, told AS (
        SELECT line.id, COALESCE(line.posting_id, rows.posting_id) AS posting_id, line.outcome,
            CASE WHEN rows.reason <> '' THEN 'left_out' ELSE line.reason END AS reason,
            line.journal, line.currency, line.amount, difference.amount AS growth
        FROM file_run
        JOIN exchange_line AS line ON line.organisation_id = %(organisation)s AND line.run_id = file_run.id
        LEFT JOIN exchange_difference AS difference
          ON difference.organisation_id = %(organisation)s AND difference.line_id = line.id
          AND difference.state = 'booked'
        -- What could not be read and was offered since stands for the document that somebody made of it.
        LEFT JOIN exchange_rowcorrection AS rows
          ON rows.organisation_id = %(organisation)s AND rows.line_id = line.id AND line.posting_id IS NULL
        WHERE NOT file_run.by_run AND line.outcome IN ('refused', 'uncertain', 'skipped') AND line.amount IS NOT NULL
        UNION ALL
        SELECT line.id, line.posting_id, line.outcome, line.reason, line.journal, line.currency, line.amount, NULL
        FROM file_run
        JOIN exchange_line AS line ON line.organisation_id = %(organisation)s AND line.run_id = file_run.id
        WHERE file_run.state <> 'ended' AND line.outcome = 'waiting' AND line.amount IS NOT NULL
    ), grown AS (
        SELECT posting_id, min(id) AS first_grown, max(id) AS last_grown, sum(growth) AS growth
        FROM told WHERE growth IS NOT NULL GROUP BY posting_id
    ), document AS (
        SELECT told.posting_id, max(id) AS last, first_grown, last_grown, grown.growth,
            -- What came after a difference entry was asked for doesn't stand for the document before it.
            max(id) FILTER (
                WHERE reason <> 'changed_since_posted' AND id < coalesce(first_grown, id + 1)
            ) AS last_plain,
            bool_or(outcome IN ('refused', 'uncertain')) AS was_not_posted
        FROM told LEFT JOIN grown ON grown.posting_id = told.posting_id
        WHERE told.posting_id IS NOT NULL
        GROUP BY told.posting_id, first_grown, last_grown, grown.growth
    ), known AS (
        SELECT document.*, posting.state, (
            SELECT max(line.id) FROM exchange_line AS line
            WHERE line.posting_id = document.posting_id AND line.organisation_id = %(organisation)s
              AND line.outcome = 'posted'
              -- A list, made once: joined, all runs would be walked through for each document.
              AND line.run_id = ANY (ARRAY(SELECT id FROM file_run WHERE NOT by_run))
        ) AS posted_here, posting.state <> 'posted' AND EXISTS (
            SELECT FROM exchange_line AS line
            JOIN exchange_run AS run ON run.id = line.run_id AND run.state <> 'ended'
            WHERE line.posting_id = document.posting_id AND line.organisation_id = %(organisation)s
              AND line.outcome = 'waiting'
        ) AS is_offered
        FROM document
        JOIN exchange_posting AS posting
          ON posting.id = document.posting_id AND posting.organisation_id = %(organisation)s
    ), fate AS (
        SELECT told.id, told.posting_id, told.journal, told.currency, told.amount, known.growth,
            last_plain IS NOT NULL OR posted_here IS NOT NULL AS is_told_before, CASE
            WHEN told.posting_id IS NULL THEN CASE told.reason WHEN 'left_out' THEN 'skipped' ELSE told.outcome END
            WHEN told.id = last_grown THEN 'difference'
            WHEN told.reason = 'changed_since_posted' THEN
                CASE WHEN told.id = last AND told.id > coalesce(posted_here, 0) THEN 'changed' ELSE 'again' END
            WHEN told.id IS DISTINCT FROM last_plain OR posted_here IS NOT NULL THEN 'again'
            WHEN told.outcome = 'waiting' OR is_offered THEN 'waiting'
            WHEN state = 'posted' THEN CASE WHEN was_not_posted THEN 'posted' ELSE 'skipped' END
            WHEN state IN ('refused', 'uncertain') THEN state
            WHEN state = 'left_out' THEN 'skipped'
            ELSE told.outcome
        END AS word
        FROM told LEFT JOIN known ON known.posting_id = told.posting_id
    ), part AS (
        SELECT posting_id, journal, currency, word, amount FROM fate WHERE word <> 'difference'
        UNION ALL
        -- Booked are what it says now, by which it grew, and what it said before.
        SELECT posting_id, journal, currency, word, growth FROM fate WHERE word = 'difference'
        UNION ALL
        SELECT posting_id, journal, currency, CASE WHEN is_told_before THEN 'again' ELSE 'skipped' END, amount - growth
        FROM fate WHERE word = 'difference'
    )
    SELECT fate.word, fate.journal, fate.currency, count(*), sum(fate.amount),
        booked.journal, booked.currency, sum(booked.amount)
    FROM part AS fate
    LEFT JOIN LATERAL (
        SELECT latest.* FROM (
            SELECT line.journal, line.currency, line.amount FROM exchange_line AS line
            WHERE fate.word = 'posted' AND line.posting_id = fate.posting_id
              AND line.organisation_id = %(organisation)s AND line.outcome = 'posted'
            ORDER BY line.id DESC LIMIT 1
        ) AS latest
        WHERE (latest.journal, latest.currency, latest.amount) <> (fate.journal, fate.currency, fate.amount)
    ) AS booked ON true
    GROUP BY fate.word, fate.journal, fate.currency, booked.journal, booked.currency
"""  # noqa: S608


class PeriodFound(NamedTuple):
    """The rows of the three questions about a period."""

    runs: tuple[int, int, int]
    """All of its runs, those whose lines are no longer asked, those that haven't ended."""
    sums: list[tuple[Any, ...]]
    """by_run, journal, currency, documents, file, posted, refused, uncertain, skipped: what runs wrote at their end."""
    fates: list[tuple[Any, ...]]
    """word, journal, currency, documents, amount and, where it is booked otherwise, journal, currency, amount."""


def period(
    organisation_id: UUID, configurations: Collection[int], since: datetime, until: datetime, keep_days: int | None
) -> PeriodFound:
    """What came in by file, and what has become of it. `keep_days`: older runs are about to lose their lines."""
    values = {
        "organisation": organisation_id,
        "configurations": list(configurations),
        "since": since,
        "until": until,
        "keep_days": keep_days,
    }
    with connection.cursor() as cursor:
        found = []
        for question in (_PERIOD_RUNS, _PERIOD_SUMS, _PERIOD_FATES):
            cursor.execute(question, values)
            found.append(cursor.fetchall())
    return PeriodFound(found[0][0], found[1], found[2])
