"""That the lines of an old run were forgotten, as its organisation wished."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0004_doctor"), ("organisations", "0005_retention")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="lines_forgotten_at",
            field=models.DateTimeField(blank=True, help_text="When retention removed its lines", null=True),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["organisation", "ended_at"],
                name="run_with_lines",
                condition=models.Q(state="ended", lines_forgotten_at=None),
            ),
        ),
    ]
