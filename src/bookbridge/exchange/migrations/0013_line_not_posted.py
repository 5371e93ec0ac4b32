"""What a period's reconciliation asks of the lines that were not posted at once, so that it needn't read the lines."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0012_found_by_identifier")]

    operations = [
        migrations.AddIndex(
            model_name="line",
            index=models.Index(
                condition=models.Q(("amount__isnull", False), ("outcome__in", ["refused", "uncertain", "skipped"])),
                fields=["organisation", "run"],
                include=("id", "posting", "outcome", "reason", "journal", "currency", "amount"),
                name="line_not_posted",
            ),
        ),
    ]
