"""The agents on customers' PCs, and after how long without a sign of life one counts as silent."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from bookbridge.organisations.walls import wall


class Migration(migrations.Migration):
    dependencies = [("integrations", "0009_silence"), ("organisations", "0008_notices")]

    operations = [
        migrations.AddField(
            model_name="integration",
            name="agent_silent_after_h",
            field=models.PositiveSmallIntegerField(
                blank=True,
                db_default=2,
                default=2,
                help_text="Hours without a sign of life of a PC's agent after which members are told; empty: not watched",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(2160),
                ],
            ),
        ),
        migrations.CreateModel(
            name="Agent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("installation", models.CharField(help_text="The id that the agent gave itself", max_length=32)),
                ("version", models.CharField(blank=True, max_length=40)),
                (
                    "synchronisations",
                    models.JSONField(default=list, help_text="What it told of each, as `agents.read_sign` keeps it"),
                ),
                (
                    "heard_at",
                    models.DateTimeField(help_text="When its last sign of life was stored, by the platform's clock"),
                ),
                (
                    "silence_told_since",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the last sign came before the silence that was last told of",
                        null=True,
                    ),
                ),
                (
                    "asked_version",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The newer version that it was told of",
                        max_length=40,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="agents",
                        to="integrations.integration",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "integration", "installation"), name="agent_once")
                ],
            },
        ),
        wall("integrations_agent"),
    ]
