"""A login of the database that isn't the app's, such as one for reports, appends nothing to anybody's trail."""

from django.db import migrations

FUNCTION = "bookbridge_audit_append(uuid, jsonb)"


class Migration(migrations.Migration):
    dependencies = [("organisations", "0005_retention")]

    # `bookbridge migrate` gives the app's role its right afterwards.
    operations = [
        migrations.RunSQL(
            f"REVOKE ALL ON FUNCTION {FUNCTION} FROM PUBLIC", f"GRANT EXECUTE ON FUNCTION {FUNCTION} TO PUBLIC"
        )
    ]
