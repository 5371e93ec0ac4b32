"""Finds due and abandoned work in the tables, so that no lost or stuck job can strand a document."""

from datetime import timedelta

import structlog
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from bookbridge.exchange import intake, outstanding, posting, sql, waiting_texts, workers
from bookbridge.exchange.models import Posting, Run, WorkerSession
from bookbridge.exchange.tasks import wake_a_worker_for
from bookbridge.integrations.models import Authorisation, Configuration, Integration
from bookbridge.kit import catalogue
from bookbridge.storage import StorageError

_MOST_AT_ONCE = 500
_log = structlog.get_logger("bookbridge.sweep")


def sweep(*, inboxes: bool = True) -> None:
    """Everything once. Several workers may sweep at the same time; each part is done by one of them."""
    parts = [free_abandoned_work, start_due_outstanding, look_into_inboxes, wake_for_due_runs]
    for part in parts if inboxes else [part for part in parts if part is not look_into_inboxes]:
        try:
            part()
        except DatabaseError:
            raise
        except Exception:
            # Our bug: it stops this part, not the others.
            _log.exception("sweep_part_failed", part=part.__name__)


def free_abandoned_work() -> int:
    """Take back what dead workers held: their runs wait again, their half-made attempts become uncertain."""
    sending = Posting.objects.filter(state=Posting.State.SENDING)
    working = Run.objects.filter(state=Run.State.WORKING)
    at_work = {*sending.values_list("worker", flat=True), *working.values_list("worker", flat=True)}
    # Asked after who is at work: a worker that begins in between is neither dead nor among them.
    living = workers.living()
    dead = Q(worker__in=at_work - living - {None}) | Q(worker=None)
    freed = 0
    for row in sending.filter(dead).select_related("configuration__integration")[:_MOST_AT_ONCE]:
        limits = catalogue.fact_sheet(row.configuration.integration.package).limits
        freed += posting.abandon(row, settle_s=limits.settle_s)
    # Runs after postings: whoever takes the run over must find no attempt that still seems to be under way.
    for run in working.filter(dead)[:_MOST_AT_ONCE]:
        freed += Run.objects.filter(pk=run.pk, state=Run.State.WORKING, claim=run.claim).update(
            state=Run.State.WAITING,
            claim=None,
            worker=None,
            resume_at=Now(),
            waiting_for=waiting_texts.WORKER_DIED().model_dump(mode="json"),
        )
        _log.warning("run_taken_back", run=run.pk)
    yesterday = timezone.now() - timedelta(days=1)
    WorkerSession.objects.exclude(id__in=living).filter(heartbeat_at__lt=yesterday).delete()
    sql.forget_jobs_of_dead_workers()
    return freed


def start_due_outstanding() -> None:
    """Make the runs of the schedule. One sweep does it, and a configuration that still reads is left alone."""
    with transaction.atomic():
        if not sql.try_lock("schedule"):
            return
        due = Configuration.objects.filter(
            is_active=True,
            integration__is_paused=False,
            authorisation__status=Authorisation.Status.ACTIVE,
        ).exclude(outstanding_kinds=[])
        for configuration in due.filter(next_outstanding_at__isnull=True)[:_MOST_AT_ONCE]:
            _plan_next(configuration)
        for configuration in due.filter(next_outstanding_at__lte=Now())[:_MOST_AT_ONCE]:
            _plan_next(configuration)
            reading = Run.objects.filter(
                organisation_id=configuration.organisation_id,
                configuration=configuration,
                direction=Run.Direction.IN,
            ).exclude(state=Run.State.ENDED)
            if not reading.exists():
                outstanding.ask_for(configuration, trigger=Run.Trigger.SCHEDULE)


def _plan_next(configuration: Configuration) -> None:
    configuration.next_outstanding_at = outstanding.next_due(configuration)
    configuration.save(update_fields=["next_outstanding_at"])


def look_into_inboxes() -> None:
    """Take what has been dropped. An inbox that fails doesn't keep the others from being read."""
    for integration in Integration.objects.filter(source=Integration.Source.FILE_DROP, is_paused=False):
        try:
            intake.take_files(integration)
        except (StorageError, FileNotFoundError) as error:
            _log.error("inbox_failed", integration=str(integration.pk), reason=str(error))
        except OperationalError:
            raise
        except Exception:
            _log.exception("inbox_failed", integration=str(integration.pk))


def wake_for_due_runs() -> None:
    due = Run.objects.filter(state=Run.State.WAITING, resume_at__lte=Now()).order_by("resume_at")
    for run_id in due.values_list("pk", flat=True)[:_MOST_AT_ONCE]:
        wake_a_worker_for(run_id)
