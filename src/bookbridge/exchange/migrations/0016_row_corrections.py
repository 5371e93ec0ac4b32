"""What a person made of rows that could not be read."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from bookbridge.organisations.walls import wall


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0015_silences"),
        ("integrations", "0008_pause"),
        ("organisations", "0007_trail_filters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RowCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(help_text="Of the rows as the source sent them", max_length=64)),
                (
                    "cells",
                    models.JSONField(default=list, help_text="The cells of each row, as they were corrected last"),
                ),
                (
                    "changes",
                    models.JSONField(
                        default=dict, help_text="Row and column, with what the source says and what it says now"
                    ),
                ),
                (
                    "document",
                    models.JSONField(
                        help_text="What the reader made of the cells; none when it was left out", null=True
                    ),
                ),
                ("rows", models.JSONField(default=list, help_text="Of the document: its header's, then one a line")),
                ("notices", models.JSONField(default=list, help_text="Of the reader, as problems")),
                (
                    "reason",
                    models.CharField(blank=True, help_text="Why it is not to be sent; empty: it is", max_length=500),
                ),
                (
                    "is_ready",
                    models.BooleanField(default=False, help_text="To be offered with the next retry, or offered"),
                ),
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
                    "configuration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="integrations.configuration"
                    ),
                ),
                (
                    "line",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="row_correction",
                        to="exchange.line",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organisations.organisation"
                    ),
                ),
                (
                    "posting",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.RESTRICT, related_name="+", to="exchange.posting"
                    ),
                ),
                (
                    "retried_in",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="exchange.run"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="row_corrections", to="exchange.run"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organisation", "configuration", "digest"], name="rows_by_text"),
                    models.Index(
                        condition=models.Q(("is_ready", True), ("retried_in", None)),
                        fields=["organisation", "run"],
                        name="rows_ready",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_ready", True)),
                        fields=("organisation", "configuration", "digest"),
                        name="rows_corrected_once",
                    )
                ],
            },
        ),
        wall("exchange_rowcorrection"),
    ]
