"""Agents that have gone silent: for the notices, and on the operator's page."""

from django.db import migrations

from bookbridge.organisations.walls import across

_SILENT_AGENTS = """
    SELECT agent.organisation_id, agent.integration_id, agent.id, agent.heard_at, agent.silence_told_since
    FROM integrations_agent AS agent
    JOIN integrations_integration AS link ON link.id = agent.integration_id AND NOT link.is_paused
    WHERE agent.heard_at < now() - link.agent_silent_after_h * interval '1 hour'
"""
_STOPPED = """
    SELECT 'account', organisation_id, integration_id, NULL::timestamptz
    FROM integrations_authorisation WHERE status = 'sign_in_again'
    UNION ALL
    SELECT kind, organisation, integration, since FROM across_silent(intervals)
    {}
    ORDER BY 1, 4 NULLS FIRST
    LIMIT most
"""


def stopped(more: str) -> str:
    """Replaced and not made anew, so that the version before may call it all the time."""
    returns = "TABLE (kind text, organisation uuid, integration uuid, since timestamptz)"
    made = across("across_stopped", "intervals bigint, most bigint", returns, _STOPPED.format(more)).sql
    return str(made).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("exchange", "0021_comparison_of_a_run"), ("integrations", "0010_agents")]

    operations = [
        # Beside `across_silent`: the version before knows no silence of this kind.
        across(
            "across_silent_agents",
            "",
            "TABLE (organisation uuid, integration uuid, agent bigint, since timestamptz, told timestamptz)",
            _SILENT_AGENTS,
        ),
        migrations.RunSQL(
            stopped("UNION ALL SELECT 'agent', organisation, integration, since FROM across_silent_agents()"),
            stopped(""),
        ),
    ]
