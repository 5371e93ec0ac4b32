"""A configuration can be paused: its schedule rests, and who asks for the outstanding items that are due skips it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from bookbridge.organisations.walls import across

_DUE = """
    SELECT books.organisation_id, books.id
    FROM integrations_configuration AS books
    JOIN integrations_integration AS link ON link.id = books.integration_id AND NOT link.is_paused
    JOIN integrations_authorisation AS account ON account.id = books.authorisation_id
    WHERE books.is_active {} AND books.outstanding_kinds <> '[]'::jsonb AND account.status = 'active'
      AND (books.next_outstanding_at <= now() OR books.next_outstanding_at IS NULL)
    ORDER BY books.next_outstanding_at NULLS FIRST LIMIT most
"""


def due(more: str) -> str:
    """Replaced and not made anew, so that workers of the version before may call it all the time."""
    arguments = "most bigint", "TABLE (organisation uuid, configuration bigint)"
    made = across("across_due_configurations", *arguments, _DUE.format(more)).sql
    return str(made).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0007_drop_boxes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="configuration",
            name="paused_at",
            field=models.DateTimeField(
                blank=True, null=True, help_text="Since then nothing is sent and nothing is read"
            ),
        ),
        migrations.AddField(
            model_name="configuration",
            name="paused_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="configuration",
            name="pause_note",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.RunSQL(due("AND books.paused_at IS NULL"), due("")),
    ]
