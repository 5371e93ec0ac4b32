"""The jobs of the queue. They only wake a worker: what there is to do stands in the tables and inboxes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from django.db import close_old_connections
from procrastinate import JobContext, exceptions
from procrastinate.contrib.django import app

QUEUE = "runs"
_FIRST = 10
"""Looking at what has come in takes no time, so it goes before the runs that wait for a worker."""
_log = structlog.get_logger("bookbridge.jobs")


@app.task(name="work_on_run", queue=QUEUE, pass_context=True)
def work_on_run(context: JobContext, run_id: int) -> None:
    """Bring one run as far as it can be brought now."""
    from bookbridge.exchange import running

    # A line that broke since this thread's last job is replaced.
    close_old_connections()
    running.work_on(run_id, context.additional_context["worker"])


@app.task(name="take_arrival", queue=QUEUE, pass_context=True, priority=_FIRST)
def take_arrival(context: JobContext, organisation_id: str, integration_id: str, keys: list[str]) -> None:
    """Take objects that have come in whole, and work on its run."""
    from bookbridge.exchange import running
    from bookbridge.organisations.walls import acting_for

    close_old_connections()
    with acting_for(UUID(organisation_id)):
        run = _taken(organisation_id, integration_id, keys)
    if run is not None:
        running.work_on(run.pk, context.additional_context["worker"])


def _taken(organisation_id: str, integration_id: str, keys: list[str]) -> Any:
    """The run of objects that have come in, None when they can't be taken now: the sweep looks again."""
    from bookbridge.exchange import intake
    from bookbridge.integrations.models import Integration
    from bookbridge.storage import StorageError

    integration = Integration.objects.filter(
        organisation_id=organisation_id, pk=integration_id, source=Integration.Source.FILE_DROP, is_paused=False
    ).first()
    if integration is None:
        return None
    try:
        return intake.take_files(integration, complete=keys)
    except (StorageError, FileNotFoundError) as error:
        _log.error("inbox_failed", integration=integration_id, reason=str(error))
        return None


def wake_a_worker_for(run_id: int) -> None:
    """Queue the run's job unless one is waiting already."""
    job: Any = app.configure_task("work_on_run", queue=QUEUE, queueing_lock=f"run {run_id}")
    try:
        job.defer(run_id=run_id)
    except exceptions.AlreadyEnqueued:
        return


def wake_a_worker_for_arrival(organisation_id: UUID, integration_id: UUID, keys: Sequence[str]) -> None:
    """Queue the job that takes objects at once."""
    job: Any = app.configure_task("take_arrival", queue=QUEUE, priority=_FIRST)
    job.defer(organisation_id=str(organisation_id), integration_id=str(integration_id), keys=list(keys))
