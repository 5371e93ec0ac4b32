"""What people and settings did, found among the millions of entries of what workers posted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisations", "0006_trail_for_the_app")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("actor_kind", "worker"), _negated=True),
                fields=["organisation", "sequence"],
                name="audit_by_people",
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("action__startswith", "posting."), _negated=True),
                fields=["organisation", "sequence"],
                name="audit_but_postings",
            ),
        ),
    ]
