"""Difference entries: what the source changed since it was posted, booked beside the first entry."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from bookbridge.organisations.walls import wall

FOLLOW = """
CREATE FUNCTION exchange_difference_follows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE mine exchange_difference;
BEGIN
    UPDATE exchange_difference
    SET state = CASE NEW.state WHEN 'posted' THEN 'booked' WHEN 'left_out' THEN 'withdrawn' ELSE 'open' END,
        booked_at = CASE NEW.state WHEN 'posted' THEN clock_timestamp() END
    WHERE organisation_id = NEW.organisation_id AND posting_id = NEW.id
    RETURNING * INTO mine;
    IF mine.state = 'booked' THEN
        UPDATE exchange_posting SET fingerprint = mine.fingerprint, corrected_from = COALESCE((
            SELECT corrected_from FROM exchange_line
            WHERE organisation_id = NEW.organisation_id AND id = mine.line_id
        ), '')
        WHERE organisation_id = NEW.organisation_id AND id = mine.corrects_id AND state = 'posted';
    ELSIF mine.state = 'open' AND EXISTS (
        SELECT FROM exchange_difference AS later
        WHERE later.organisation_id = NEW.organisation_id AND later.corrects_id = mine.corrects_id
          AND later.booked_at > mine.decided_at
    ) THEN
        RAISE check_violation USING
            MESSAGE = 'another difference of the same document was booked since this one was left out';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER difference_follows AFTER UPDATE OF state ON exchange_posting
    FOR EACH ROW
    WHEN (NEW.key LIKE 'difference:%' AND (NEW.state IN ('posted', 'left_out') OR OLD.state = 'left_out')
          AND NEW.state <> OLD.state)
    EXECUTE FUNCTION exchange_difference_follows();
"""
"""No worker, of the version before neither, can forget what the state of such a posting means for the other one. The
rows it looks at are told by their key alone, so that for all others nothing is asked."""
UNFOLLOW = """
DROP TRIGGER difference_follows ON exchange_posting;
DROP FUNCTION exchange_difference_follows();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0019_readings"),
        ("organisations", "0008_notices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Difference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "To be booked"), ("booked", "Booked"), ("withdrawn", "Left out by a person")],
                        default="open",
                        max_length=9,
                    ),
                ),
                (
                    "from_fingerprint",
                    models.CharField(help_text="Of what the books were known to say before", max_length=64),
                ),
                ("document", models.JSONField(help_text="What the source said in `line`: what the books say with it")),
                ("fingerprint", models.CharField(help_text="Of that content", max_length=64)),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=6,
                        help_text="By how much the document's amount in reconciliations grows",
                        max_digits=21,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("decided_at", models.DateTimeField()),
                ("booked_at", models.DateTimeField(null=True)),
                (
                    "corrects",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="differences", to="exchange.posting"
                    ),
                ),
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
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="differences",
                        to="exchange.line",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organisations.organisation"
                    ),
                ),
                (
                    "posting",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.RESTRICT, related_name="difference", to="exchange.posting"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("organisation", "corrects"),
                        name="difference_open_once",
                    )
                ],
            },
        ),
        wall("exchange_difference"),
        migrations.RunSQL(FOLLOW, UNFOLLOW),
    ]
