"""Row-level security for the exchange, and what the sweep, the doctor and the operator's page ask across tenants."""

from django.db import migrations

from bookbridge.organisations.walls import across, wall


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial"), ("integrations", "0003_walls")]

    operations = [
        wall("exchange_run"),
        wall("exchange_delivery"),
        wall("exchange_posting"),
        wall("exchange_attempt"),
        wall("exchange_line"),
        wall("exchange_outstandingsnapshot"),
        across("across_home_of_run", "run bigint", "uuid", "SELECT organisation_id FROM exchange_run WHERE id = run"),
        across(
            "across_due_runs",
            "most bigint",
            "SETOF bigint",
            """
            SELECT id FROM exchange_run WHERE state = 'waiting' AND resume_at <= now() ORDER BY resume_at LIMIT most
            """,
        ),
        across(
            "across_workers_at_work",
            "",
            "SETOF uuid",
            """
            SELECT worker FROM exchange_posting WHERE state = 'sending'
            UNION SELECT worker FROM exchange_run WHERE state = 'working'
            """,
        ),
        across(
            "across_postings_of",
            "workers uuid[], most bigint",
            "TABLE (organisation uuid, posting bigint)",
            """
            SELECT organisation_id, id FROM exchange_posting
            WHERE state = 'sending' AND (worker = ANY (workers) OR worker IS NULL) LIMIT most
            """,
        ),
        across(
            "across_runs_of",
            "workers uuid[], most bigint",
            "TABLE (organisation uuid, run bigint)",
            """
            SELECT organisation_id, id FROM exchange_run
            WHERE state = 'working' AND (worker = ANY (workers) OR worker IS NULL) LIMIT most
            """,
        ),
        # The only one that changes anything: a worker lets go of its own runs that none of its threads works on.
        across(
            "across_let_go_of_runs",
            "of_worker uuid, but_for uuid[]",
            "bigint",
            """
            WITH freed AS (
                UPDATE exchange_run
                SET state = 'waiting', claim = NULL, worker = NULL, resume_at = now(), waiting_for = NULL
                WHERE state = 'working' AND worker = of_worker AND NOT claim = ANY (but_for) RETURNING 1
            ) SELECT count(*) FROM freed
            """,
        ),
        across(
            "across_counts",
            "",
            "TABLE (what text, number bigint)",
            """
            SELECT 'runs_' || state, count(*) FROM exchange_run WHERE state IN ('waiting', 'working') GROUP BY state
            UNION ALL SELECT 'runs_late', count(*) FROM exchange_run
                WHERE state = 'waiting' AND resume_at < now() - interval '5 minutes'
            UNION ALL SELECT 'runs_broken', count(*) FROM exchange_run
                WHERE state IN ('waiting', 'working') AND failures >= 3
            UNION ALL SELECT 'postings_for_a_person', count(*) FROM exchange_posting
                WHERE state = 'uncertain' AND look_up_at IS NULL
            UNION ALL SELECT 'snapshots_held', count(*) FROM exchange_outstandingsnapshot WHERE state = 'held'
            UNION ALL SELECT 'accounts_active', count(*) FROM integrations_authorisation WHERE status = 'active'
            """,
        ),
        across(
            "across_organisation_counts",
            "",
            "TABLE (organisation uuid, members bigint, integrations bigint, runs bigint, last_run_at timestamptz)",
            """
            SELECT id,
                (SELECT count(*) FROM organisations_membership WHERE organisation_id = of.id),
                (SELECT count(*) FROM integrations_integration WHERE organisation_id = of.id),
                (SELECT count(*) FROM exchange_run WHERE organisation_id = of.id),
                (SELECT max(created_at) FROM exchange_run WHERE organisation_id = of.id)
            FROM organisations_organisation AS of
            """,
        ),
    ]
