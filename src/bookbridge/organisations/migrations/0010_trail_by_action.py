"""Entries of the trail are found by their action, without reading the others."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Made while runs go on: it reads every entry there is.
    atomic = False
    dependencies = [("organisations", "0009_silent_agents")]

    operations = [
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                fields=["organisation", "action", "sequence"],
                name="audit_by_action",
                condition=models.Q(("action__startswith", "posting."), _negated=True),
            ),
        ),
        RemoveIndexConcurrently(model_name="auditentry", name="audit_but_postings"),
    ]
