"""The configurations of an integration, in the order in which pages name them."""

from django.db.models import QuerySet

from bookbridge.integrations.models import Configuration, Integration


def configurations_of(integration: Integration) -> QuerySet[Configuration]:
    """Each with its integration, its account and who paused it."""
    own = Configuration.objects.filter(organisation=integration.organisation_id, integration=integration)
    return own.select_related("integration", "authorisation", "paused_by").order_by(
        "administration_name", "administration"
    )


def paused_of(integration: Integration) -> list[Configuration]:
    """Those that are paused."""
    return list(configurations_of(integration).exclude(paused_at=None))
