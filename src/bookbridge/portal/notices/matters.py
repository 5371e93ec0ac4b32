"""What notices are about, as it is now: what was put right meanwhile is told of no more."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from bookbridge.exchange.models import Run
from bookbridge.exchange.silence import silent_agent, silent_schedule, silent_source
from bookbridge.exchange.troubles import Trouble, troubles_of
from bookbridge.integrations.models import AccessKey, Agent, Authorisation, Configuration, Integration
from bookbridge.organisations.models import Notice

Kind = Notice.Kind


@dataclass
class Books:
    """Runs of one configuration with what they left undone, the latest run first."""

    configuration: Configuration
    runs: list[Run] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


class SilentSchedule(NamedTuple):
    configuration: Configuration
    since: datetime


class SilentSource(NamedTuple):
    """`keys`: the access keys that something on the other side could use."""

    integration: Integration
    since: datetime
    keys: Sequence[AccessKey]


@dataclass
class Matters:
    """What is to be told of one organisation. `standing`: the notices whose matter still is as it was."""

    books: list[Books] = field(default_factory=list)
    accounts: list[Authorisation] = field(default_factory=list)
    schedules: list[SilentSchedule] = field(default_factory=list)
    sources: list[SilentSource] = field(default_factory=list)
    agents: list[Agent] = field(default_factory=list)
    standing: set[int] = field(default_factory=set)

    @property
    def troubles(self) -> list[Trouble]:
        return [trouble for books in self.books for trouble in books.troubles]

    @property
    def documents(self) -> int:
        return sum(trouble.documents for trouble in self.troubles)

    @property
    def number(self) -> int:
        """Of things that need attention."""
        return len(self.books) + len(self.accounts) + len(self.schedules) + len(self.sources) + len(self.agents)


def matters_of(organisation_id: UUID, notices: Sequence[Notice]) -> Matters:
    """Some of one member's notices, looked at again."""
    found = Matters()
    _look_at_runs(organisation_id, [notice for notice in notices if notice.kind == Kind.RUN], found)
    for notice in notices:
        if notice.kind in _LOOKS and _LOOKS[notice.kind](organisation_id, notice, found):
            found.standing.add(notice.pk)
    return found


def _look_at_runs(organisation_id: UUID, notices: Sequence[Notice], found: Matters) -> None:
    if not notices:
        return
    runs = Run.objects.select_related("configuration__integration").filter(
        organisation_id=organisation_id, pk__in=[int(notice.about) for notice in notices]
    )
    by_id = {run.pk: run for run in runs}
    by_configuration: dict[int, Books] = {}
    troubled: dict[int, set[int]] = defaultdict(set)
    for trouble in troubles_of(organisation_id, list(by_id.values())):
        first = by_id[min(trouble.runs)]
        books = by_configuration.setdefault(first.configuration_id, Books(first.configuration))
        books.troubles.append(trouble)
        troubled[first.configuration_id] |= trouble.runs
    for configuration_id, books in by_configuration.items():
        books.runs = sorted((by_id[pk] for pk in troubled[configuration_id]), key=lambda run: -run.pk)
    found.books = sorted(by_configuration.values(), key=lambda books: str(books.configuration))
    standing = {str(pk) for ids in troubled.values() for pk in ids}
    found.standing |= {notice.pk for notice in notices if notice.about in standing}


def _look_at_account(organisation_id: UUID, notice: Notice, found: Matters) -> bool:
    lost = Authorisation.objects.select_related("integration").filter(
        organisation_id=organisation_id,
        pk=notice.about,
        status=Authorisation.Status.SIGN_IN_AGAIN,
        authorised_at=notice.since,
    )
    found.accounts += lost
    return bool(lost)


def _look_at_schedule(organisation_id: UUID, notice: Notice, found: Matters) -> bool:
    if notice.since is None:
        return False
    silent = silent_schedule(organisation_id, int(notice.about), notice.since)
    if silent is not None:
        found.schedules.append(SilentSchedule(silent, notice.since))
    return silent is not None


def _look_at_source(organisation_id: UUID, notice: Notice, found: Matters) -> bool:
    if notice.since is None:
        return False
    silent = silent_source(organisation_id, UUID(notice.about), notice.since)
    if silent is not None:
        keys = AccessKey.objects.filter(organisation_id=organisation_id, integration=silent, revoked_at=None)
        used = keys.filter(last_used_at__isnull=False).order_by("-last_used_at")
        found.sources.append(SilentSource(silent, notice.since, list(used[:3])))
    return silent is not None


def _look_at_agent(organisation_id: UUID, notice: Notice, found: Matters) -> bool:
    if notice.since is None:
        return False
    silent = silent_agent(organisation_id, int(notice.about), notice.since)
    if silent is not None:
        found.agents.append(silent)
    return silent is not None


_LOOKS = {
    Kind.ACCOUNT: _look_at_account,
    Kind.SCHEDULE: _look_at_schedule,
    Kind.FILES: _look_at_source,
    Kind.AGENT: _look_at_agent,
}
