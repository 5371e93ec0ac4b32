"""Runs that are due and have no job waiting in the queue: those alone need a worker to be woken."""

from django.db import migrations

from bookbridge.organisations.walls import across

BEFORE = "SELECT id FROM exchange_run WHERE state = 'waiting' AND resume_at <= now() ORDER BY resume_at LIMIT most"
NOW = """
    SELECT run.id FROM exchange_run AS run
    WHERE run.state = 'waiting' AND run.resume_at <= now() AND NOT EXISTS (
        SELECT FROM procrastinate_jobs AS job
        WHERE job.status = 'todo' AND job.queueing_lock = 'run ' || run.id
    ) ORDER BY run.resume_at LIMIT most
"""


def due_runs(body: str) -> migrations.RunSQL:
    return across("across_due_runs", "most bigint", "SETOF bigint", body)


class Migration(migrations.Migration):
    dependencies = [("exchange", "0005_retention"), ("procrastinate", "0041_post_retry_failed_job")]

    operations = [
        migrations.RunSQL("DROP FUNCTION across_due_runs", due_runs(BEFORE).sql),
        due_runs(NOW),
    ]
