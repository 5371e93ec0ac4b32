"""The PCs of an integration as pages show them: in touch or not, what waits, what is wrong in the reader's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from bookbridge.integrations import agents
from bookbridge.integrations.models import Agent, Integration
from bookbridge.portal.agent_words import sentence


@dataclass(frozen=True, slots=True)
class ShownSynchronisation:
    name: str
    waiting: int
    oldest_waiting: datetime | None
    last_sent: datetime | None
    last_sent_name: str
    last_fetched: datetime | None
    troubles: Sequence[str]
    last_trouble: str
    """The latest that is over; empty when there was none, or when something is wrong now."""
    last_trouble_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShownAgent:
    """`state`: a word of words.AGENT."""

    agent: Agent
    state: str
    is_old: bool
    synchronisations: Sequence[ShownSynchronisation]


def shown_agents(integration: Integration) -> list[ShownAgent]:
    now = timezone.now()
    return [_shown(agent, integration, now) for agent in agents.agents_of(integration)]


def _shown(agent: Agent, integration: Integration, now: datetime) -> ShownAgent:
    synchronisations = [_synchronisation(each) for each in agent.synchronisations]
    if agents.is_silent(agent, integration, now):
        state = "silent"
    else:
        state = "troubled" if any(each.troubles for each in synchronisations) else "alive"
    return ShownAgent(agent, state, agents.is_old(agent.version), synchronisations)


def _synchronisation(told: Mapping[str, Any]) -> ShownSynchronisation:
    """`told`: as `agents.read_sign` keeps it."""
    troubles = [sentence(each) for each in told["troubles"]]
    last = None if troubles else told["last_trouble"]
    return ShownSynchronisation(
        name=told["name"],
        waiting=told["waiting"],
        oldest_waiting=_moment(told["oldest_waiting"]),
        last_sent=_moment(told["last_sent"]),
        last_sent_name=told["last_sent_name"],
        last_fetched=_moment(told["last_fetched"]),
        troubles=troubles,
        last_trouble=sentence(last) if last else "",
        last_trouble_at=_moment(last["at"]) if last else None,
    )


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
