"""Row-level security for integrations and what hangs on them."""

from django.db import migrations

from bookbridge.organisations.walls import across, wall


class Migration(migrations.Migration):
    dependencies = [("integrations", "0002_initial"), ("organisations", "0003_walls")]

    operations = [
        wall("integrations_integration"),
        wall("integrations_authorisation"),
        wall("integrations_configuration"),
        wall("integrations_packagecache"),
        wall("integrations_packagereference"),
        wall("integrations_callbudget"),
        across(
            "across_home_of_integration",
            "integration uuid",
            "uuid",
            "SELECT organisation_id FROM integrations_integration WHERE id = integration",
        ),
        across(
            "across_inboxes",
            "",
            "TABLE (organisation uuid, integration uuid)",
            """
            SELECT link.organisation_id, link.id
            FROM integrations_integration AS link
            JOIN integrations_configuration AS books ON books.integration_id = link.id AND books.is_active
            WHERE link.source = 'file_drop' AND NOT link.is_paused
            GROUP BY link.id HAVING count(*) = 1
            """,
        ),
        across(
            "across_due_configurations",
            "most bigint",
            "TABLE (organisation uuid, configuration bigint)",
            """
            SELECT books.organisation_id, books.id
            FROM integrations_configuration AS books
            JOIN integrations_integration AS link ON link.id = books.integration_id AND NOT link.is_paused
            JOIN integrations_authorisation AS account ON account.id = books.authorisation_id
            WHERE books.is_active AND books.outstanding_kinds <> '[]'::jsonb AND account.status = 'active'
              AND (books.next_outstanding_at <= now() OR books.next_outstanding_at IS NULL)
            ORDER BY books.next_outstanding_at NULLS FIRST LIMIT most
            """,
        ),
        across(
            "across_lost_accounts",
            "",
            "TABLE (organisation uuid, authorisation bigint)",
            "SELECT organisation_id, id FROM integrations_authorisation WHERE status = 'sign_in_again' ORDER BY id",
        ),
        across(
            "across_waiting_inboxes",
            "",
            "TABLE (organisation uuid, integration uuid, active bigint)",
            """
            SELECT link.organisation_id, link.id, count(books.id)
            FROM integrations_integration AS link
            LEFT JOIN integrations_configuration AS books ON books.integration_id = link.id AND books.is_active
            WHERE link.source = 'file_drop'
            GROUP BY link.id HAVING count(books.id) <> 1 ORDER BY link.created_at
            """,
        ),
    ]
