"""Schedules, sources of files and agents that are silent. A silence is told of once, the next after a sign of life.

A schedule is silent when outstanding items haven't been read for three of its intervals, a source of files when nothing
has come for as long as its integration says, an agent when it hasn't told that it lives for as long as that says. What
is paused is not missed.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from bookbridge.exchange import sql
from bookbridge.exchange.models import Delivery, OutstandingSnapshot
from bookbridge.integrations.agents import is_silent
from bookbridge.integrations.models import Agent, Authorisation, Configuration, Integration
from bookbridge.organisations import notices
from bookbridge.organisations.models import Notice
from bookbridge.organisations.walls import acting_for

INTERVALS = 3
MENDS_ITSELF_WITHIN = timedelta(minutes=10)
"""What was resumed, or comes back with its workers after a while, has this time to be heard of."""
_MOST_AT_ONCE = 500
_WATCHED: dict[str, type[models.Model]] = {
    Notice.Kind.SCHEDULE: Configuration,
    Notice.Kind.FILES: Integration,
    Notice.Kind.AGENT: Agent,
}


def announce() -> None:
    """Have members told of what has gone silent since the last look, whichever worker looks."""
    agents = [
        (Notice.Kind.AGENT, organisation_id, str(agent), since)
        for organisation_id, agent, since in sql.news_of_silent_agents(_MOST_AT_ONCE)
    ]
    for kind, organisation_id, about, since in [*sql.silences(INTERVALS, _MOST_AT_ONCE), *agents]:
        with acting_for(organisation_id), transaction.atomic():
            if _is_news(kind, organisation_id, about, since):
                notices.announce(organisation_id, kind, about, since=since, after=MENDS_ITSELF_WITHIN)


def _is_news(kind: str, organisation_id: UUID, about: str, since: datetime) -> bool:
    """One worker alone finds a silence to be new."""
    own = _WATCHED[kind]._default_manager.filter(organisation_id=organisation_id, pk=about)
    return bool(own.exclude(silence_told_since=since).update(silence_told_since=since))


def silent_schedule(organisation_id: UUID, configuration_id: int, since: datetime) -> Configuration | None:
    """The configuration whose outstanding items haven't been read since then; None when it is missed no more."""
    books = (
        Configuration.objects.select_related("integration")
        .filter(
            organisation_id=organisation_id,
            pk=configuration_id,
            is_active=True,
            paused_at=None,
            integration__is_paused=False,
            authorisation__status=Authorisation.Status.ACTIVE,
        )
        .exclude(outstanding_kinds=[])
        .first()
    )
    if books is None:
        return None
    taken = OutstandingSnapshot.objects.filter(organisation_id=organisation_id, configuration=books)
    last = taken.order_by("-taken_at").values_list("taken_at", flat=True).first() or books.created_at
    is_missed = timezone.now() - last > INTERVALS * timedelta(minutes=books.outstanding_interval_min)
    return books if is_missed and last == since else None


def silent_source(organisation_id: UUID, integration_id: UUID, since: datetime) -> Integration | None:
    """The integration to which no file has come since then; None when it is missed no more."""
    watched = Integration.objects.filter(
        organisation_id=organisation_id, pk=integration_id, is_paused=False, silent_after_h__isnull=False
    )
    source = watched.first()
    if source is None or source.silent_after_h is None:
        return None
    came = Delivery.objects.filter(organisation_id=organisation_id, integration=source)
    last = came.order_by("-received_at").values_list("received_at", flat=True).first()
    is_missed = last is not None and timezone.now() - last > timedelta(hours=source.silent_after_h)
    return source if is_missed and last == since else None


def silent_agent(organisation_id: UUID, agent_id: int, since: datetime) -> Agent | None:
    """The agent that hasn't told of itself since then; None when it is missed no more."""
    agents = Agent.objects.select_related("integration")
    agent = agents.filter(organisation_id=organisation_id, pk=agent_id, heard_at=since).first()
    return agent if agent and is_silent(agent, agent.integration, timezone.now()) else None
