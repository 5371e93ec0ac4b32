"""Which life of which PostgreSQL the tables were last worked on in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0008_fenced_workers")]

    operations = [
        migrations.CreateModel(
            name="DatabaseLife",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cluster", models.CharField(max_length=40)),
                ("timeline", models.CharField(max_length=8)),
            ],
        ),
    ]
