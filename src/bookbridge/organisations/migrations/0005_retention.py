"""How long an organisation keeps files and lines; empty: for ever."""

from django.db import migrations, models

from bookbridge.organisations.walls import across


class Migration(migrations.Migration):
    dependencies = [("organisations", "0004_shared")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="keep_files_days",
            field=models.PositiveIntegerField(
                blank=True, help_text="Originals in the archive; empty: for ever", null=True
            ),
        ),
        migrations.AddField(
            model_name="organisation",
            name="keep_lines_days",
            field=models.PositiveIntegerField(
                blank=True, help_text="Lines of ended runs and items of old readings; empty: for ever", null=True
            ),
        ),
        across(
            "across_organisations_that_forget",
            "",
            "SETOF uuid",
            """
            SELECT id FROM organisations_organisation
            WHERE keep_files_days IS NOT NULL OR keep_lines_days IS NOT NULL
            """,
        ),
    ]
