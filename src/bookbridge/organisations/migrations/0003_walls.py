"""Row-level security for organisations and memberships, which a user may read too where they are the user's own."""

from django.db import migrations

from bookbridge.organisations import sql
from bookbridge.organisations.walls import across, wall

OWN_COMPANIES = f"""
    CREATE POLICY own_user ON organisations_organisation FOR SELECT USING (
        id IN (SELECT organisation_id FROM organisations_membership WHERE user_id = {sql.OWN_USER})
    )
"""  # noqa: S608 - a text of our own.


class Migration(migrations.Migration):
    dependencies = [("organisations", "0002_audit_trail")]

    operations = [
        wall("organisations_membership"),
        migrations.RunSQL(
            f"CREATE POLICY own_user ON organisations_membership FOR SELECT USING (user_id = {sql.OWN_USER})",
            "DROP POLICY own_user ON organisations_membership",
        ),
        migrations.RunSQL(
            sql.raise_wall("organisations_organisation", "id"), sql.tear_wall_down("organisations_organisation")
        ),
        migrations.RunSQL(
            OWN_COMPANIES,
            "DROP POLICY own_user ON organisations_organisation",
        ),
        *(
            migrations.RunSQL(sql.raise_wall(table, nobody_sees="organisation_id IS NULL"), sql.tear_wall_down(table))
            for table in ("organisations_auditentry", "organisations_audithead")
        ),
        across(
            "across_audit_chains",
            "",
            "SETOF uuid",
            """
            SELECT organisation_id FROM organisations_audithead
            UNION SELECT organisation_id FROM organisations_auditentry
            """,
        ),
        across(
            "across_organisations",
            "",
            "TABLE (organisation uuid)",
            "SELECT id FROM organisations_organisation ORDER BY created_at, id",
        ),
    ]
