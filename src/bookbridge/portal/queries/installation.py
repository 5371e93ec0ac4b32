"""The health of the installation for its operator: counts, names of companies and integrations, no document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from bookbridge.exchange import measures, silence, sql
from bookbridge.exchange.models import WorkerSession
from bookbridge.exchange.workers import LONGEST_SILENCE_S

_BUDGETS_SHOWN, _STOPPED_SHOWN = 20, 50


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    name: str
    members: int
    integrations: int
    runs: int
    last_run_at: datetime | None


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """The calls of one administration in the window in which the smallest share of them is left."""

    organisation: str
    integration: str
    administration: str
    window: str
    used: int
    allowed: int
    closed_until: datetime | None

    @property
    def left(self) -> int:
        return 0 if self.closed_until else max(self.allowed - self.used, 0)

    @property
    def is_short(self) -> bool:
        """Less than a tenth is left."""
        return self.left * 10 < self.allowed


@dataclass(frozen=True, slots=True)
class Stopped:
    """What has stopped: an `account` to be authorised again, or a `schedule`, `files` or an `agent` that is silent."""

    kind: str
    organisation: str
    integration: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Installation:
    organisations: Sequence[OrganisationRow]
    workers: Sequence[WorkerSession]
    queues: Sequence[dict[str, Any]]
    stopped: Sequence[Stopped]
    budgets: Sequence[BudgetRow]
    runs_waiting: int
    runs_working: int


def installation() -> Installation:
    numbers = sql.counts()
    counted = sql.organisation_counts()
    stopped = sql.stopped(silence.INTERVALS, _STOPPED_SHOWN)
    budgets = sql.call_budgets(measures.limits(), _BUDGETS_SHOWN)
    integrations = {each[1] for each in budgets} | {each[2] for each in stopped}
    names = sql.names([each[0] for each in counted], integrations)
    return Installation(
        organisations=sorted((_organisation(names, *each) for each in counted), key=lambda row: row.name),
        workers=list(WorkerSession.objects.filter(pk__in=sql.living_workers(LONGEST_SILENCE_S)).order_by("started_at")),
        queues=_queues(),
        stopped=[_stopped(names, *each) for each in stopped],
        budgets=[_budget(names, *each) for each in budgets],
        runs_waiting=numbers.get("runs_waiting", 0),
        runs_working=numbers.get("runs_working", 0),
    )


def _queues() -> list[dict[str, Any]]:
    return list(
        ProcrastinateJob.objects.filter(status__in=["todo", "doing", "failed"])
        .values("queue_name")
        .annotate(
            todo=Count("pk", filter=Q(status="todo")),
            doing=Count("pk", filter=Q(status="doing")),
            failed=Count("pk", filter=Q(status="failed")),
        )
        .order_by("queue_name")
    )


def _organisation(names: dict[UUID, str], organisation: UUID, *facts: Any) -> OrganisationRow:
    return OrganisationRow(names.get(organisation, ""), *facts)


def _stopped(
    names: dict[UUID, str], kind: str, organisation: UUID, integration: UUID, since: datetime | None
) -> Stopped:
    return Stopped(kind, names.get(organisation, ""), names.get(integration, ""), since)


def _budget(names: dict[UUID, str], organisation: UUID, integration: UUID, *facts: Any) -> BudgetRow:
    administration, window, used, allowed, closed_until = facts
    closed = datetime.fromtimestamp(closed_until, UTC) if closed_until else None
    return BudgetRow(
        names.get(organisation, ""),
        names.get(integration, ""),
        administration,
        window,
        int(used),
        int(allowed),
        closed if closed and closed > timezone.now() else None,
    )
