"""What a person decided about a document instead of offering it again, and the words for it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from bookbridge.organisations.walls import wall


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0010_corrections"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="posting",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("sending", "Sending"),
                    ("posted", "Posted"),
                    ("refused", "Refused"),
                    ("uncertain", "Uncertain"),
                    ("left_out", "Left out by a person"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="line",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", ""),
                    ("already_posted", "Already posted"),
                    ("already_there", "Already in the package"),
                    ("changed_since_posted", "Changed since it was posted"),
                    ("not_read", "Could not be read from the file"),
                    ("nothing_to_book", "Nothing to book"),
                    ("overtaken", "A newer version was posted before it"),
                    ("left_out", "Not to be sent, as a person decided"),
                ],
                max_length=24,
            ),
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("left_out", "Not to be sent"),
                            ("send_after_all", "To be sent after all"),
                            ("already_there", "Already in the package"),
                            ("left_as_posted", "To stay as it was posted"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "fingerprint",
                    models.CharField(help_text="Of the content that it was decided about", max_length=64),
                ),
                ("reason", models.CharField(max_length=500)),
                (
                    "number",
                    models.CharField(blank=True, help_text="Under which the package has it", max_length=60),
                ),
                (
                    "differences",
                    models.CharField(blank=True, help_text="Fields that the person knew to differ", max_length=500),
                ),
                ("decided_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="exchange.line"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
                (
                    "posting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="settlements",
                        to="exchange.posting",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organisation", "posting"], name="settlement_of_posting")],
            },
        ),
        wall("exchange_settlement"),
    ]
