"""What a run has read of the package while it waits, of whatever it reads: open items as well as comparisons."""

import django.db.models.deletion
from django.db import migrations, models

from bookbridge.organisations.walls import wall


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0018_comparisons"),
        ("organisations", "0008_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", models.JSONField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organisations.organisation"
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reading", to="exchange.run"
                    ),
                ),
            ],
        ),
        migrations.AlterField(
            model_name="comparison",
            name="reading",
            field=models.JSONField(help_text="Of the version before; goes a release later", null=True),
        ),
        wall("exchange_reading"),
    ]
