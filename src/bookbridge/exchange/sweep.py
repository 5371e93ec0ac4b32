"""Finds due and abandoned work in the tables, so that no lost or stuck job can strand a document."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from bookbridge.exchange import outstanding, posting, sql, waiting_texts, workers
from bookbridge.exchange.inboxes import Inboxes
from bookbridge.exchange.models import Posting, Run, WorkerSession
from bookbridge.exchange.tasks import QUEUE, wake_a_worker_for
from bookbridge.integrations.models import Configuration
from bookbridge.integrations.sql import drop_boxes, due_configurations
from bookbridge.kit import catalogue
from bookbridge.organisations.walls import acting_for
from bookbridge.storage import StorageError, open_storage
from bookbridge.storage.dropbox import tidying
from bookbridge.storage.dropbox.names import Home

_MOST_AT_ONCE = 500
TIDY_EVERY_S = 600.0
_next_tidying = 0.0
_log = structlog.get_logger("bookbridge.sweep")


def sweep(inboxes: Inboxes | None = None, *, looks: bool = True) -> None:
    """Everything once. Several workers may sweep at the same time; each part is done by one of them.

    `inboxes`: what this process remembers of earlier looks; `looks`: whether to look into them this time.
    """
    look = (inboxes or Inboxes()).look
    # What is due comes before the inboxes: looking into very many of them may take its time.
    parts = [free_abandoned_work, start_due_outstanding, wake_for_due_runs]
    for part in [*parts, look, wake_for_due_runs, tidy_drop_boxes] if looks else [*parts, tidy_drop_boxes]:
        try:
            part()
        except DatabaseError:
            raise
        except Exception:
            # Our bug: it stops this part, not the others.
            _log.exception("sweep_part_failed", part=part.__name__)


def free_abandoned_work() -> int:
    """Take back what dead workers held: their runs wait again, their half-made attempts become uncertain."""
    at_work = sql.workers_at_work()
    # Asked after who is at work: a worker that begins in between is neither dead nor among them.
    living = workers.living()
    suspects = at_work - living
    dead = workers.declare_dead([worker for worker in suspects if worker]) if suspects else set()
    freed = _take_back(sorted(dead)) if dead or None in suspects else 0
    yesterday = timezone.now() - timedelta(days=1)
    WorkerSession.objects.exclude(id__in=living).filter(heartbeat_at__lt=yesterday).delete()
    sql.forget_jobs_of_dead_workers(QUEUE)
    return freed


def _take_back(dead: list[UUID]) -> int:
    freed, held_by_the_dead = 0, Q(worker__in=dead) | Q(worker=None)
    for organisation_id, posting_id in sql.postings_of(dead, _MOST_AT_ONCE):
        with acting_for(organisation_id), _not_stopping_the_others("posting", posting_id):
            freed += _abandon(Posting.objects.filter(held_by_the_dead, organisation_id=organisation_id, pk=posting_id))
    # Runs after postings: whoever takes the run over must find no attempt that still seems to be under way.
    for organisation_id, run_id in sql.runs_of(dead, _MOST_AT_ONCE):
        with acting_for(organisation_id):
            freed += Run.objects.filter(
                held_by_the_dead, organisation_id=organisation_id, pk=run_id, state=Run.State.WORKING
            ).update(
                state=Run.State.WAITING,
                claim=None,
                worker=None,
                resume_at=Now(),
                waiting_for=waiting_texts.WORKER_DIED().model_dump(mode="json"),
            )
        _log.warning("run_taken_back", run=run_id)
    return freed


@contextmanager
def _not_stopping_the_others(what: str, pk: int) -> Iterator[None]:
    """Our bug, or a package that was removed, concerns this one alone."""
    try:
        yield
    except DatabaseError:
        raise
    except Exception:
        _log.exception("sweep_item_failed", what=what, id=pk)


def _abandon(one: QuerySet[Posting]) -> bool:
    row = one.filter(state=Posting.State.SENDING).select_related("configuration__integration").first()
    if row is None:
        return False
    limits = catalogue.fact_sheet(row.configuration.integration.package).limits
    return posting.abandon(row, settle_s=limits.settle_s)


def start_due_outstanding() -> None:
    """Make the runs of the schedule. One sweep does it, and a configuration that still reads is left alone."""
    with transaction.atomic():
        if not sql.try_lock("schedule"):
            return
        for organisation_id, due in groupby(sorted(due_configurations(_MOST_AT_ONCE)), key=itemgetter(0)):
            with acting_for(organisation_id):
                own = Configuration.objects.filter(
                    organisation_id=organisation_id, pk__in=[pk for _, pk in due], paused_at=None
                )
                for configuration in own:
                    with _not_stopping_the_others("configuration", configuration.pk), transaction.atomic():
                        _start(configuration)


def _start(configuration: Configuration) -> None:
    never_planned = configuration.next_outstanding_at is None
    _plan_next(configuration)
    reading = Run.objects.filter(
        organisation_id=configuration.organisation_id, configuration=configuration, direction=Run.Direction.IN
    ).exclude(state=Run.State.ENDED)
    if not never_planned and not reading.exists():
        wake_a_worker_for(outstanding.ask_for(configuration, trigger=Run.Trigger.SCHEDULE).pk)


def _plan_next(configuration: Configuration) -> None:
    """By the interval that holds now: whoever changed it meanwhile has planned by the new one."""
    Configuration.objects.filter(
        organisation_id=configuration.organisation_id,
        pk=configuration.pk,
        outstanding_interval_min=configuration.outstanding_interval_min,
    ).update(next_outstanding_at=outstanding.next_due(configuration))


def look_into_inboxes() -> None:
    """Take what has been dropped, remembering nothing of an earlier look."""
    Inboxes().look()


def wake_for_due_runs() -> None:
    for run_id in sql.due_runs(_MOST_AT_ONCE):
        wake_a_worker_for(run_id)


def tidy_drop_boxes() -> None:
    """Remove what broken uploads left behind. Now and then is enough: nobody sees it."""
    global _next_tidying  # noqa: PLW0603 - one clock for this process.
    if time.monotonic() < _next_tidying:
        return
    _next_tidying = time.monotonic() + TIDY_EVERY_S
    storage, now = open_storage(), timezone.now()
    for organisation_id, integration_id in drop_boxes():
        try:
            removed = tidying.tidy(storage, Home(organisation_id, integration_id), now)
        except (StorageError, FileNotFoundError) as error:
            _log.error("drop_box_not_tidied", integration=str(integration_id), reason=str(error))
        else:
            if removed:
                _log.info("drop_box_tidied", integration=str(integration_id), removed=removed)
