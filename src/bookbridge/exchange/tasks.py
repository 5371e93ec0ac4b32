"""The jobs of the queue. They only wake a worker: what there is to do stands in the tables."""

from typing import Any

from procrastinate import JobContext, exceptions
from procrastinate.contrib.django import app

QUEUE = "runs"


@app.task(name="work_on_run", queue=QUEUE, pass_context=True)
def work_on_run(context: JobContext, run_id: int) -> None:
    """Bring one run as far as it can be brought now."""
    from bookbridge.exchange import running

    running.work_on(run_id, context.additional_context["worker"])


def wake_a_worker_for(run_id: int) -> None:
    """Queue the run's job unless one is waiting already."""
    job: Any = app.configure_task("work_on_run", queue=QUEUE, queueing_lock=f"run {run_id}")
    try:
        job.defer(run_id=run_id)
    except exceptions.AlreadyEnqueued:
        return
