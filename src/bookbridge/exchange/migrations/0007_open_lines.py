"""The lines that a run still has to bring further, apart from all that it has concluded."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0006_due_runs")]

    operations = [
        migrations.AddIndex(
            model_name="line",
            index=models.Index(
                condition=models.Q(("outcome__in", ["waiting", "uncertain"])),
                fields=["organisation", "run", "phase", "id"],
                name="line_open",
            ),
        ),
    ]
