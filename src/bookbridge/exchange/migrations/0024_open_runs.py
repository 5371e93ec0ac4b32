"""Runs that haven't ended are counted from an index, however many have."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Made while runs go on: it reads every run there is.
    atomic = False
    dependencies = [("exchange", "0023_open_by_state")]

    operations = [
        AddIndexConcurrently(
            model_name="run",
            index=models.Index(
                fields=["state", "resume_at"],
                name="run_open",
                condition=models.Q(("state__in", ["waiting", "working"])),
            ),
        ),
    ]
