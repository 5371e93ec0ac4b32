"""Forgets what an organisation no longer wants kept: old files of the archive, lines of old runs. In small lots.

What keeps the promise is never forgotten: postings (their key, fingerprint and content), that rows which could not be
read were corrected and offered, runs with their counts and reconciliation, deliveries with name, size and hash, and the
audit trail.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from bookbridge.exchange import sql
from bookbridge.exchange.models import Attempt, Delivery, Line, OutstandingSnapshot, Posting, RowCorrection, Run
from bookbridge.integrations.sql import let_the_transaction_wait
from bookbridge.organisations import sql as organisations_sql
from bookbridge.organisations import trail
from bookbridge.organisations.models import Organisation
from bookbridge.organisations.walls import acting_for
from bookbridge.storage import Storage, StorageError, open_storage

LOT = 500
_log = structlog.get_logger("bookbridge.retention")


@dataclass
class Forgotten:
    """How many of each kind were forgotten in one lot."""

    files: int = 0
    lines: int = 0
    snapshots: int = 0

    def __bool__(self) -> bool:
        return bool(self.files or self.lines or self.snapshots)


def apply(storage: Storage | None = None) -> None:
    """One lot for every organisation that doesn't keep everything; one worker at a time."""
    storage = storage or open_storage()
    for organisation_id in organisations_sql.organisations_that_forget():
        with acting_for(organisation_id):
            try:
                forgotten = forget(organisation_id, storage)
            except StorageError as error:
                _log.error("retention_failed", organisation=str(organisation_id), reason=str(error))
            else:
                if forgotten:
                    _log.info("forgotten", organisation=str(organisation_id), **forgotten.__dict__)


def forget(organisation_id: UUID, storage: Storage) -> Forgotten:
    """One lot of what is due in one organisation."""
    organisation = Organisation.objects.get(pk=organisation_id)
    forgotten = Forgotten()
    with transaction.atomic():
        if not sql.try_lock(f"retention {organisation_id}"):
            return forgotten
        let_the_transaction_wait()
        if organisation.keep_files_days is not None:
            forgotten.files = _forget_files(organisation_id, timedelta(days=organisation.keep_files_days), storage)
        if organisation.keep_lines_days is not None:
            age = timedelta(days=organisation.keep_lines_days)
            forgotten.lines = _forget_lines(organisation_id, age)
            forgotten.snapshots = _forget_snapshots(organisation_id, age)
        if forgotten:
            told = {name: [number, 0] for name, number in forgotten.__dict__.items() if number}
            trail.record(organisation_id, "retention.applied", subject=organisation, changes=told)
    return forgotten


def _forget_files(organisation_id: UUID, age: timedelta, storage: Storage) -> int:
    """The original of a delivery whose run has ended. The object goes first: done again, its absence is no fault."""
    due = (
        Delivery.objects.filter(organisation_id=organisation_id, received_at__lt=Now() - age)
        .exclude(archive_key="")
        .filter(run__state=Run.State.ENDED)
        .order_by("received_at")[:LOT]
    )
    kept_at = dict(due.values_list("pk", "archive_key"))
    for key in kept_at.values():
        storage.delete(key)
    return Delivery.objects.filter(organisation_id=organisation_id, pk__in=kept_at).update(archive_key="")


def _forget_lines(organisation_id: UUID, age: timedelta) -> int:
    """The lines of the oldest runs that ended long ago, and what their attempts say of the package's words."""
    forgotten = 0
    ended = Run.objects.filter(
        organisation_id=organisation_id, state=Run.State.ENDED, ended_at__lt=Now() - age, lines_forgotten_at=None
    ).order_by("ended_at")[:LOT]
    for run in ended:
        lines = Line.objects.filter(organisation_id=organisation_id, run=run)
        if lines.filter(posting__state=Posting.State.UNCERTAIN).exists():
            # A person still has to see what became of it.
            continue
        lot = list(lines.order_by("pk").values_list("pk", flat=True)[: LOT - forgotten])
        _forget_corrected_rows(RowCorrection.objects.filter(organisation_id=organisation_id, line__in=lot))
        forgotten += _deleted(Line.objects.filter(organisation_id=organisation_id, pk__in=lot))
        if lines.exists():
            break
        Attempt.objects.filter(organisation_id=organisation_id, run=run).update(sent=None, detail="")
        Run.objects.filter(pk=run.pk).update(lines_forgotten_at=Now())
        if forgotten >= LOT:
            break
    return forgotten


def _forget_corrected_rows(corrected: QuerySet[RowCorrection]) -> None:
    """What they say. That they were offered, and as which document, keeps them from being offered again."""
    corrected.filter(retried_in=None).delete()
    corrected.update(cells=[], changes={}, document=None, notices=[], reason="")


def _deleted(lines: QuerySet[Line]) -> int:
    return lines.delete()[0]


def _forget_snapshots(organisation_id: UUID, age: timedelta) -> int:
    """The items of old readings, but for the last written one of each configuration: the next is compared with it."""
    old = OutstandingSnapshot.objects.filter(organisation_id=organisation_id, taken_at__lt=Now() - age)
    latest = (
        OutstandingSnapshot.objects.filter(organisation_id=organisation_id, state=OutstandingSnapshot.State.WRITTEN)
        .order_by("configuration_id", "-taken_at")
        .distinct("configuration_id")
        .values_list("pk", flat=True)
    )
    due = old.exclude(items=[]).exclude(state=OutstandingSnapshot.State.HELD).exclude(pk__in=list(latest))
    lot = list(due.order_by("taken_at").values_list("pk", flat=True)[:LOT])
    return OutstandingSnapshot.objects.filter(organisation_id=organisation_id, pk__in=lot).update(items=[])
