from django.db import migrations

CREATE = """
CREATE UNLOGGED TABLE organisations_shared (
    key text PRIMARY KEY,
    value text NOT NULL,
    passes_at timestamptz NOT NULL
);
CREATE INDEX organisations_shared_passes_at ON organisations_shared (passes_at);
"""


class Migration(migrations.Migration):
    """Counts of tries, shared by all web processes. No customer's data, and no model: it is Django's cache."""

    dependencies = [("organisations", "0003_walls")]
    operations = [migrations.RunSQL(CREATE, "DROP TABLE organisations_shared")]
