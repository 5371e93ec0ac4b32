"""PCs with the agent, as they told of themselves."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from bookbridge.integrations.models import Agent, Integration
from tests.factories import NOW


def agent_of(link: Integration, *, at: datetime = NOW, **fields: Any) -> Agent:
    """Last heard of then, and with nothing to tell."""
    given = {"installation": uuid4().hex, "version": "0.1.0", "heard_at": at, **fields}
    return Agent.objects.create(organisation=link.organisation, integration=link, **given)
