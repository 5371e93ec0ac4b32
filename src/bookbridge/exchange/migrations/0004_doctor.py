"""What the doctor asks: which version a worker runs, and whose outstanding items haven't been read for too long."""

from django.db import migrations, models

from bookbridge.organisations.walls import across


class Migration(migrations.Migration):
    dependencies = [("exchange", "0003_measures"), ("integrations", "0006_doctor")]

    operations = [
        migrations.AddField(
            model_name="workersession",
            name="version",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        across(
            "across_silent_schedules",
            "",
            "TABLE (organisation uuid, configuration bigint, since timestamptz)",
            """
            SELECT organisation_id, id, since FROM (
                SELECT books.organisation_id, books.id, books.outstanding_interval_min,
                    coalesce((SELECT max(taken_at) FROM exchange_outstandingsnapshot AS taken
                              WHERE taken.organisation_id = books.organisation_id
                                AND taken.configuration_id = books.id), books.created_at) AS since
                FROM integrations_configuration AS books
                JOIN integrations_integration AS link ON link.id = books.integration_id AND NOT link.is_paused
                JOIN integrations_authorisation AS account ON account.id = books.authorisation_id
                WHERE books.is_active AND books.outstanding_kinds <> '[]'::jsonb AND account.status = 'active'
            ) AS read
            WHERE since < now() - greatest(interval '2 hours', 3 * outstanding_interval_min * interval '1 minute')
            ORDER BY since
            """,
        ),
    ]
