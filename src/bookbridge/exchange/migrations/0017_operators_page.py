"""What an operator looks at over all organisations: whose call budget runs out, and what has stopped working."""

from django.db import migrations

from bookbridge.organisations.walls import across

_NAMES = """
    SELECT id, name FROM organisations_organisation WHERE id = ANY (organisations)
    UNION ALL SELECT id, name FROM integrations_integration WHERE id = ANY (integrations)
"""
# As `budget_state.py` counts: sixty parts of a window, each until all of it lies outside.
_BUDGETS = """
    SELECT organisation, integration, administration, window_name, used, allowed, closed_until
    FROM (
        SELECT DISTINCT ON (budget) * FROM (
            SELECT budget.id AS budget, budget.organisation_id AS organisation, link.id AS integration,
                budget.administration, asked.key AS window_name,
                coalesce((budget.state ->> 'closed_until')::float8, 0) AS closed_until,
                greatest(coalesce(
                    (budget.state -> 'limits' ->> asked.key)::float8, (asked.value ->> 'calls')::float8
                ), 1) AS allowed,
                (SELECT coalesce(sum(made.value::float8), 0)
                 FROM jsonb_each_text(budget.state -> 'counts' -> asked.key) AS made
                 WHERE (made.key::float8 + 1) * (asked.value ->> 'seconds')::float8 / 60
                       > extract(epoch FROM now()) - (asked.value ->> 'seconds')::float8) AS used
            FROM integrations_callbudget AS budget
            JOIN integrations_authorisation AS account ON account.id = budget.authorisation_id
            JOIN integrations_integration AS link ON link.id = account.integration_id
            CROSS JOIN LATERAL jsonb_each(limits -> link.package) AS asked
        ) AS windows
        ORDER BY budget, used / allowed DESC
    ) AS tightest
    WHERE used > 0 OR closed_until > extract(epoch FROM now())
    ORDER BY closed_until > extract(epoch FROM now()) DESC, used / allowed DESC, budget
    LIMIT most
"""
_STOPPED = """
    SELECT 'account', organisation_id, integration_id, NULL::timestamptz
    FROM integrations_authorisation WHERE status = 'sign_in_again'
    UNION ALL
    SELECT kind, organisation, integration, since FROM across_silent(intervals)
    ORDER BY 1, 4 NULLS FIRST
    LIMIT most
"""


class Migration(migrations.Migration):
    dependencies = [("exchange", "0016_row_corrections"), ("integrations", "0009_silence")]

    operations = [
        across("across_names", "organisations uuid[], integrations uuid[]", "TABLE (id uuid, name text)", _NAMES),
        across(
            "across_call_budgets",
            "limits jsonb, most bigint",
            "TABLE (organisation uuid, integration uuid, administration text, window_name text, used float8, "
            "allowed float8, closed_until float8)",
            _BUDGETS,
        ),
        across(
            "across_stopped",
            "intervals bigint, most bigint",
            "TABLE (kind text, organisation uuid, integration uuid, since timestamptz)",
            _STOPPED,
        ),
    ]
