"""After a restore the books may hold what the database doesn't know: look it up before sending."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0004_access_keys")]

    operations = [
        migrations.AddField(
            model_name="configuration",
            name="look_up_first_since",
            field=models.DateTimeField(
                blank=True,
                null=True,
                help_text="When the installation came back from a backup that the books are ahead of",
            ),
        ),
        migrations.AddField(
            model_name="configuration",
            name="look_up_first_until",
            field=models.DateTimeField(
                blank=True,
                null=True,
                help_text="Until then a document is looked up before it is sent for the first time",
            ),
        ),
    ]
