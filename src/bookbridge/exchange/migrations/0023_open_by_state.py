"""Documents that wait for somebody are counted by state from an index alone."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Made while runs go on: it reads every posting there is.
    atomic = False
    dependencies = [("exchange", "0022_silent_agents")]

    operations = [
        AddIndexConcurrently(
            model_name="posting",
            index=models.Index(
                fields=["organisation", "configuration", "state"],
                name="posting_open_by_state",
                condition=models.Q(("state__in", ["refused", "uncertain"])),
            ),
        ),
        RemoveIndexConcurrently(model_name="posting", name="posting_open"),
    ]
