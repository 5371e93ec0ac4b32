"""Pausing a configuration: files are still taken and wait, nothing is sent and no outstanding items are read.

A document begins under a lock that a pause waits for (`queries.py`): once the pause is committed none begins any more.
What was under way comes to its end, and what waited for a free place is withdrawn at the next turn.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from bookbridge.exchange import sql
from bookbridge.exchange.models import Run
from bookbridge.exchange.passing import PauseRunError
from bookbridge.exchange.tasks import wake_a_worker_for
from bookbridge.exchange.waiting_texts import PAUSED
from bookbridge.integrations.changing import locked
from bookbridge.integrations.models import Configuration
from bookbridge.organisations import trail
from bookbridge.organisations.models import User

_WAITING = Run.objects.filter(state=Run.State.WAITING, waiting_for__code=PAUSED.code)
LOOKS_AGAIN_AFTER = timedelta(minutes=5)
"""Resuming wakes what waits; this is for what a process that died in the middle of it forgot."""


def pause(configuration: Configuration, user: User, note: str = "") -> bool:
    """Have nothing begin any more. False when somebody paused it before."""
    with transaction.atomic():
        sql.wait_for_lock(sql.pause_lock(configuration.pk))
        row = locked(configuration)
        if row.paused_at is not None:
            return False
        row.paused_at, row.paused_by, row.pause_note = sql.database_clock(), user, note
        row.save(update_fields=["paused_at", "paused_by", "pause_note"])
        # What people write to each other is theirs: that there is a note is told, and not what it says.
        changes = {"paused": (False, True), **({"note": (None, trail.CHANGED)} if note else {})}
        _tell(row, "configuration.paused", changes, user)
    return True


def resume(configuration: Configuration, user: User) -> bool:
    """Go on at once with everything that waits. False when it isn't paused."""
    with transaction.atomic():
        row = locked(configuration)
        if row.paused_at is None:
            return False
        since = row.paused_at.isoformat()
        row.paused_at, row.paused_by, row.pause_note = None, None, ""
        row.save(update_fields=["paused_at", "paused_by", "pause_note"])
        _tell(row, "configuration.resumed", {"paused": (True, False), "since": (since, None)}, user)
    # After the commit: a run that a worker lets go of from here on sees for itself that it may go on.
    own = _WAITING.filter(organisation_id=configuration.organisation_id, configuration=configuration)
    own.update(resume_at=Now())
    for run_id in own.values_list("pk", flat=True):
        wake_a_worker_for(run_id)
    return True


def is_paused(configuration_id: int) -> bool:
    return Configuration.objects.filter(pk=configuration_id).exclude(paused_at=None).exists()


def paused(configuration: Configuration, now: datetime) -> PauseRunError:
    """What stops a run of a configuration that is paused."""
    return PauseRunError(now + LOOKS_AGAIN_AFTER, PAUSED(value=configuration.name))


def go_on_if_resumed(run_id: int) -> None:
    """For a run that has just been let go of: it may have been resumed between the look and the letting go."""
    _WAITING.filter(pk=run_id, configuration__paused_at=None).update(resume_at=Now())


def _tell(row: Configuration, action: str, changes: trail.Changes, user: User) -> None:
    trail.record(row.organisation_id, action, subject=row, changes=changes, actor=trail.user_actor(user.pk))
