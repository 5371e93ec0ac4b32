from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="sent",
            field=models.JSONField(
                help_text="The document in the package's codes, where the mapping gave others than the source's",
                null=True,
            ),
        ),
        migrations.AlterField(model_name="posting", name="external_id", field=models.TextField(blank=True)),
    ]
