"""What Prometheus is told of all organisations together, as numbers without a name."""

from django.db import migrations, models

from bookbridge.organisations.walls import across

MEASURES = """
    SELECT 'runs_open', jsonb_build_object('direction', direction, 'state', state), count(*)::float8
        FROM exchange_run WHERE state IN ('waiting', 'working') GROUP BY direction, state
    UNION ALL SELECT 'runs_broken_off', '{}', count(*) FROM exchange_run
        WHERE state IN ('waiting', 'working') AND failures >= 3
    UNION ALL SELECT 'oldest_due_run_seconds', '{}', coalesce(extract(epoch FROM now() - min(resume_at)), 0)
        FROM exchange_run WHERE state = 'waiting' AND resume_at <= now()
    UNION ALL SELECT 'runs_ended_last_hour', jsonb_build_object('direction', direction, 'result', result), count(*)
        FROM exchange_run WHERE state = 'ended' AND ended_at > now() - interval '1 hour' GROUP BY direction, result
    UNION ALL SELECT 'documents_last_hour', jsonb_build_object('outcome', counted.key), sum(counted.value::numeric)
        FROM exchange_run, LATERAL jsonb_each_text(counts) AS counted
        WHERE state = 'ended' AND direction = 'out' AND ended_at > now() - interval '1 hour'
          AND counted.key IN ('posted', 'refused', 'uncertain', 'skipped', 'rejects')
        GROUP BY counted.key
    UNION ALL SELECT 'postings_uncertain', jsonb_build_object('waits_for', waits_for), count(*)
        FROM (SELECT CASE WHEN look_up_at IS NULL THEN 'person' ELSE 'look_up' END AS waits_for
              FROM exchange_posting WHERE state = 'uncertain') AS uncertain GROUP BY waits_for
    UNION ALL SELECT 'postings_refused', '{}', count(*) FROM exchange_posting WHERE state = 'refused'
    UNION ALL SELECT 'snapshots_held', '{}', count(*) FROM exchange_outstandingsnapshot WHERE state = 'held'
    UNION ALL SELECT 'accounts', jsonb_build_object('status', status), count(*)
        FROM integrations_authorisation GROUP BY status
    UNION ALL SELECT 'call_budget_left_least', jsonb_build_object('package', package, 'window', "window"), min(left_)
        FROM (
            SELECT integration.package, asked.key AS "window",
                coalesce((budget.state -> 'limits' ->> asked.key)::float8, (asked.value ->> 'calls')::float8) - (
                    SELECT coalesce(sum(made.value::float8), 0)
                    FROM jsonb_each_text(budget.state -> 'counts' -> asked.key) AS made
                    WHERE (made.key::float8 + 1) * (asked.value ->> 'seconds')::float8 / 60
                          > extract(epoch FROM now()) - (asked.value ->> 'seconds')::float8
                ) AS left_
            FROM integrations_callbudget AS budget
            JOIN integrations_authorisation AS account ON account.id = budget.authorisation_id
            JOIN integrations_integration AS integration ON integration.id = account.integration_id
            CROSS JOIN LATERAL jsonb_each(limits -> integration.package) AS asked
        ) AS budgets GROUP BY package, "window"
"""


class Migration(migrations.Migration):
    dependencies = [("exchange", "0002_walls"), ("integrations", "0003_walls")]

    operations = [
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["ended_at"], name="run_ended", condition=models.Q(state="ended")),
        ),
        across("across_measures", "limits jsonb", "TABLE (name text, labels jsonb, value float8)", MEASURES),
    ]
