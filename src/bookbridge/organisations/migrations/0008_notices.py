"""Of what members are told by mail, and what they were told."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from bookbridge.organisations.walls import across, wall


class Migration(migrations.Migration):
    dependencies = [("organisations", "0007_trail_filters")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="mail_errors",
            field=models.CharField(
                blank=True,
                choices=[("at_once", "At once"), ("daily", "One mail a day"), ("none", "None")],
                db_default="",
                default="",
                help_text="Of runs with errors; empty: as the role has it",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="mail_losses",
            field=models.BooleanField(
                help_text="Of accounts that need signing in again; None: as the role has it", null=True
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="mail_silence",
            field=models.BooleanField(
                help_text="Of schedules and sources that have gone silent; None: as the role has it", null=True
            ),
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("run", "A run with errors"),
                            ("cause", "A cause of errors"),
                            ("account", "An account that needs signing in again"),
                            ("schedule", "A schedule that has gone silent"),
                            ("files", "A source of files that has gone silent"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "about",
                    models.CharField(help_text="The id of the run, account …, or the key of the cause", max_length=40),
                ),
                (
                    "since",
                    models.DateTimeField(
                        help_text="Tells one loss or silence of the same thing from the next", null=True
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(help_text="When its mail was queued", null=True)),
                ("mail", models.UUIDField(help_text="What went in one mail", null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("told_at", None)), fields=["due_at"], name="notice_due"),
                    models.Index(
                        condition=models.Q(("told_at__isnull", False)), fields=["user", "told_at"], name="notice_told"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "user", "kind", "about", "since"),
                        name="notice_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        wall("organisations_notice"),
        across(
            "across_notice_mails",
            "whose bigint",
            "bigint",
            """
            SELECT count(DISTINCT mail) FROM organisations_notice
            WHERE user_id = whose AND told_at > now() - interval '1 hour'
            """,
        ),
        across(
            "across_due_notices",
            "most bigint, mails_an_hour bigint",
            "TABLE (person bigint, organisation uuid)",
            """
            SELECT user_id, organisation_id FROM (
                SELECT DISTINCT user_id, organisation_id FROM organisations_notice
                WHERE told_at IS NULL AND due_at <= now()
            ) AS due
            WHERE across_notice_mails(user_id) < mails_an_hour
            ORDER BY user_id, organisation_id LIMIT most
            """,
        ),
    ]
