"""What a person made of a line that failed, and from which content of the source a posted one was corrected."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from bookbridge.organisations.walls import wall


def corrected_from() -> models.CharField:
    return models.CharField(
        blank=True,
        db_default="",
        default="",
        help_text="Fingerprint of what the source said, if other",
        max_length=64,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0009_databaselife"),
        ("organisations", "0006_trail_for_the_app"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(model_name="line", name="corrected_from", field=corrected_from()),
        migrations.AddField(model_name="posting", name="corrected_from", field=corrected_from()),
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("document", models.JSONField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("is_ready", models.BooleanField(default=False, help_text="To be offered with the next retry")),
                (
                    "version",
                    models.PositiveIntegerField(default=1, help_text="Two people at once don't overwrite each other"),
                ),
                ("changed_at", models.DateTimeField()),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="correction", to="exchange.line"
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
                (
                    "retried_in",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="exchange.run",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="corrections", to="exchange.run"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_ready", True), ("retried_in", None)),
                        fields=["organisation", "run"],
                        name="correction_ready",
                    )
                ],
            },
        ),
        wall("exchange_correction"),
    ]
