"""Which of an integration's configurations are paused."""

from bookbridge.integrations.models import Configuration, Integration


def paused_of(integration: Integration) -> list[Configuration]:
    """Those that are paused, each with who paused it."""
    return list(
        Configuration.objects.filter(
            organisation=integration.organisation_id, integration=integration, paused_at__isnull=False
        )
        .select_related("paused_by")
        .order_by("administration_name", "administration")
    )
