"""A worker that others took over from is dead for ever, and a heartbeat lets go of exactly the claims it names."""

from django.db import migrations, models

from bookbridge.organisations.walls import across


class Migration(migrations.Migration):
    dependencies = [("exchange", "0007_open_lines")]

    operations = [
        migrations.AddField(
            model_name="workersession",
            name="dead_since",
            field=models.DateTimeField(help_text="When others took over from it, for ever", null=True),
        ),
        migrations.AlterField(
            model_name="line",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", ""),
                    ("already_posted", "Already posted"),
                    ("already_there", "Already in the package"),
                    ("changed_since_posted", "Changed since it was posted"),
                    ("not_read", "Could not be read from the file"),
                    ("nothing_to_book", "Nothing to book"),
                    ("overtaken", "A newer version was posted before it"),
                ],
                max_length=24,
            ),
        ),
        across(
            "across_claims_of",
            "of_worker uuid",
            "SETOF uuid",
            "SELECT claim FROM exchange_run WHERE state = 'working' AND worker = of_worker AND claim IS NOT NULL",
        ),
        # The only function across tenants that changes anything: a worker lets go of its own runs. Workers of the version
        # before still call across_let_go_of_runs.
        across(
            "across_let_go_of_claims",
            "of_worker uuid, claims uuid[]",
            "bigint",
            """
            WITH freed AS (
                UPDATE exchange_run
                SET state = 'waiting', claim = NULL, worker = NULL, resume_at = now(), waiting_for = NULL
                WHERE state = 'working' AND worker = of_worker AND claim = ANY (claims) RETURNING 1
            ) SELECT count(*) FROM freed
            """,
        ),
    ]
