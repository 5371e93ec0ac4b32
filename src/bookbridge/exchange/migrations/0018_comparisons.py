"""Comparisons of what was posted with what the package's books hold of a period, and a word for their runs."""

import django.db.models.deletion
from django.db import migrations, models

from bookbridge.organisations.walls import wall


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0017_operators_page"),
        ("integrations", "0008_pause"),
        ("organisations", "0002_audit_trail"),
    ]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="direction",
            field=models.CharField(
                choices=[("out", "To the package"), ("in", "From the package"), ("cmp", "Comparison")], max_length=3
            ),
        ),
        migrations.CreateModel(
            name="Comparison",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateField(help_text="By the entries' own dates; both days inclusive")),
                ("until", models.DateField()),
                (
                    "reading",
                    models.JSONField(help_text="What has been read of the books, while that isn't all", null=True),
                ),
                (
                    "result",
                    models.JSONField(
                        help_text="Rows by journal and currency, and what is missing or differs", null=True
                    ),
                ),
                (
                    "configuration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comparisons",
                        to="integrations.configuration",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organisations.organisation"
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comparison", to="exchange.run"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["organisation", "configuration", "since", "until", "-id"], name="comparison_of_period"
                    )
                ],
            },
        ),
        wall("exchange_comparison"),
    ]
