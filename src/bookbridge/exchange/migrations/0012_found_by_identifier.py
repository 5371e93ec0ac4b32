"""Documents are found by the beginning of their identifier, over all runs of an organisation."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Made while runs go on: it reads every line there is.
    atomic = False
    dependencies = [("exchange", "0011_settlements")]

    operations = [
        AddIndexConcurrently(
            model_name="line",
            index=models.Index(
                fields=["organisation", "identifier"],
                name="line_by_identifier",
                opclasses=["uuid_ops", "varchar_pattern_ops"],
            ),
        ),
    ]
