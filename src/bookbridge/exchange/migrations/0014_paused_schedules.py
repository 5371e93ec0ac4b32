"""The doctor doesn't miss outstanding items of a configuration that is paused; after it they have their time."""

from django.db import migrations

from bookbridge.organisations.walls import across

_SILENT = """
    SELECT organisation_id, id, since FROM (
        SELECT books.organisation_id, books.id, books.outstanding_interval_min,
            coalesce((SELECT max(taken_at) FROM exchange_outstandingsnapshot AS taken
                      WHERE taken.organisation_id = books.organisation_id
                        AND taken.configuration_id = books.id), books.created_at) AS since
        FROM integrations_configuration AS books
        JOIN integrations_integration AS link ON link.id = books.integration_id AND NOT link.is_paused
        JOIN integrations_authorisation AS account ON account.id = books.authorisation_id
        WHERE books.is_active {} AND books.outstanding_kinds <> '[]'::jsonb AND account.status = 'active'
    ) AS read
    WHERE since < now() - greatest(interval '2 hours', 3 * outstanding_interval_min * interval '1 minute')
    ORDER BY since
"""


def silent(more: str) -> str:
    """Replaced and not made anew, so that the version before may call it all the time."""
    returns = "TABLE (organisation uuid, configuration bigint, since timestamptz)"
    made = across("across_silent_schedules", "", returns, _SILENT.format(more)).sql
    return str(made).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("exchange", "0013_line_not_posted"), ("integrations", "0008_pause")]

    operations = [migrations.RunSQL(silent("AND books.paused_at IS NULL"), silent(""))]
