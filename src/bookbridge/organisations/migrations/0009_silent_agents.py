"""Members are told of agents that have gone silent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisations", "0008_notices")]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("run", "A run with errors"),
                    ("cause", "A cause of errors"),
                    ("account", "An account that needs signing in again"),
                    ("schedule", "A schedule that has gone silent"),
                    ("files", "A source of files that has gone silent"),
                    ("agent", "An agent that has gone silent"),
                ],
                max_length=8,
            ),
        ),
    ]
