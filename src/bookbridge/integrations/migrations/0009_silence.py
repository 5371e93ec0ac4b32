"""After how long without a file an integration counts as silent, and of which silences members were told."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0008_pause")]

    operations = [
        migrations.AddField(
            model_name="integration",
            name="silent_after_h",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Hours without a file after which members are told; empty: not watched",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(2160),
                ],
            ),
        ),
        migrations.AddField(
            model_name="integration",
            name="silence_told_since",
            field=models.DateTimeField(
                blank=True, help_text="When the last file came before the silence that was last told of", null=True
            ),
        ),
        migrations.AddField(
            model_name="configuration",
            name="silence_told_since",
            field=models.DateTimeField(
                blank=True, help_text="When the last reading was before the silence that was last told of", null=True
            ),
        ),
    ]
