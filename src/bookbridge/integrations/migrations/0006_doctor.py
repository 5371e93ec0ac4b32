"""What the doctor asks of all organisations: how long a restore has them look documents up first."""

from django.db import migrations

from bookbridge.organisations.walls import across


class Migration(migrations.Migration):
    dependencies = [("integrations", "0005_look_up_first")]

    operations = [
        across(
            "across_looking_up_first",
            "",
            "TABLE (number bigint, until timestamptz)",
            """
            SELECT count(*), max(look_up_first_until) FROM integrations_configuration
            WHERE look_up_first_until > now()
            """,
        ),
    ]
