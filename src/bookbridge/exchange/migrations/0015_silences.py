"""Schedules and sources of files that have gone silent, and which silence was told of last."""

from django.db import migrations

from bookbridge.organisations.walls import across

_SILENT = """
    SELECT 'schedule', organisation_id, integration_id, id::text, since, silence_told_since FROM (
        SELECT books.organisation_id, books.integration_id, books.id, books.outstanding_interval_min,
            books.silence_told_since,
            coalesce((SELECT taken_at FROM exchange_outstandingsnapshot AS taken
                      WHERE taken.organisation_id = books.organisation_id AND taken.configuration_id = books.id
                      ORDER BY taken_at DESC LIMIT 1), books.created_at) AS since
        FROM integrations_configuration AS books
        JOIN integrations_integration AS link ON link.id = books.integration_id AND NOT link.is_paused
        JOIN integrations_authorisation AS account ON account.id = books.authorisation_id
        WHERE books.is_active AND books.paused_at IS NULL AND books.outstanding_kinds <> '[]'::jsonb
          AND account.status = 'active'
    ) AS read
    WHERE since < now() - intervals * outstanding_interval_min * interval '1 minute'
    UNION ALL
    SELECT 'files', link.organisation_id, link.id, link.id::text, last.received_at, link.silence_told_since
    FROM integrations_integration AS link
    CROSS JOIN LATERAL (
        SELECT received_at FROM exchange_delivery AS came
        WHERE came.organisation_id = link.organisation_id AND came.integration_id = link.id
        ORDER BY received_at DESC LIMIT 1
    ) AS last
    WHERE NOT link.is_paused AND last.received_at < now() - link.silent_after_h * interval '1 hour'
"""


class Migration(migrations.Migration):
    dependencies = [("exchange", "0014_paused_schedules"), ("integrations", "0009_silence")]

    operations = [
        across(
            "across_silent",
            "intervals bigint",
            "TABLE (kind text, organisation uuid, integration uuid, about text, since timestamptz, told timestamptz)",
            _SILENT,
        ),
    ]
