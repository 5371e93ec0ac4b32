"""An attempt says of which series of numbers it used one, where a package gives them out one at a time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0024_open_runs")]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="series",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Whose next number was drawn (numbering.py)",
                max_length=300,
            ),
        ),
    ]
