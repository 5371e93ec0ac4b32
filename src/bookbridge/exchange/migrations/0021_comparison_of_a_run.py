"""A comparison may be about one run alone."""

import django.db.models.deletion
from django.db import migrations, models

from bookbridge.organisations.walls import links_of


class Migration(migrations.Migration):
    dependencies = [("exchange", "0020_differences")]

    operations = [
        migrations.AddField(
            model_name="comparison",
            name="about",
            field=models.ForeignKey(
                help_text="The run whose entries alone are compared; none: all of the period",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="comparisons",
                to="exchange.run",
            ),
        ),
        links_of("exchange_comparison"),
    ]
