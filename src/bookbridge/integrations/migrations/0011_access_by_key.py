"""Accounts at packages that let us in by a key: with an address of their own and without a registration."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0010_agents")]

    operations = [
        migrations.AddField(
            model_name="authorisation",
            name="address",
            field=models.URLField(
                blank=True, db_default="", default="", help_text="Where the account is, when no registration says it"
            ),
        ),
        migrations.AlterField(
            model_name="authorisation",
            name="app",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="authorisations",
                to="integrations.appregistration",
            ),
        ),
    ]
