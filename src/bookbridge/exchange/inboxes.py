"""Looking into inboxes: all of them often, however many there are, without asking each what is in it.

A folder tells by its own time of change whether anything came or went. A bucket tells nothing, so its inboxes take
turns when they are many; an upload to the drop box is taken at once all the same (see `intake.arrived`). An inbox with
files that may still grow is looked into once more at the very moment at which they have settled.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from bookbridge.exchange import intake
from bookbridge.exchange.tasks import wake_a_worker_for
from bookbridge.integrations.models import Integration
from bookbridge.integrations.sql import inboxes
from bookbridge.organisations.walls import acting_for
from bookbridge.sources.file_drop import settled_at
from bookbridge.storage import Storage, StorageError, inbox_prefix, open_storage

ASK_AGAIN_AFTER_S = 5.0
"""How long the list of inboxes is believed; a new integration's first file waits so long at most."""
MOST_LISTED_IN_A_BUCKET = 750
"""Inboxes of a bucket that are listed in one look: each costs a call."""
SURELY_PAST_NS = 4 * 10**9
"""File systems tell times as coarse as two seconds: a folder that changed just now may change again unseen."""
LOOKS_UNTIL_ALL_ARE_LISTED = 60
"""However sure an empty folder seems to be, it is listed once in so many looks."""
_A_LITTLE_LATER = timedelta(milliseconds=5)
_log = structlog.get_logger("bookbridge.inboxes")


@dataclass(frozen=True, slots=True)
class _Inbox:
    organisation_id: UUID
    integration_id: UUID
    prefix: str


class Inboxes:
    """What one process remembers of the inboxes between two looks."""

    def __init__(self, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clock_ns = clock_ns
        self._known: Sequence[_Inbox] = ()
        self._known_at: float | None = None
        self._empty: dict[str, int] = {}
        """Prefixes of inboxes that were empty, with the time at which their folder had last changed."""
        self._looks = 0
        self._settling: dict[_Inbox, datetime] = {}
        """Inboxes with files that were written just now, and when they will have settled."""

    def look(self) -> None:
        """Take what has been dropped. An inbox that fails doesn't keep the others from being read."""
        storage = open_storage()
        for turn, inbox in enumerate(self._chosen(self._all(), in_a_bucket=storage.folder is None), self._looks):
            self._look_carefully(inbox, storage, surely=turn % LOOKS_UNTIL_ALL_ARE_LISTED == 0)
        self._looks += 1

    def seconds_until_settled(self) -> float:
        """Until `look_again` has something to do."""
        if not self._settling:
            return math.inf
        return max((min(self._settling.values()) - timezone.now()).total_seconds(), 0)

    def look_again(self) -> None:
        """Look into the inboxes whose files have settled by now."""
        now = timezone.now()
        for inbox in [inbox for inbox, moment in self._settling.items() if moment <= now]:
            del self._settling[inbox]
            self._look_carefully(inbox, open_storage(), surely=True)

    def _look_carefully(self, inbox: _Inbox, storage: Storage, *, surely: bool) -> None:
        try:
            self._look_into(inbox, storage, surely=surely)
        except (StorageError, FileNotFoundError) as error:
            _log.error("inbox_failed", integration=str(inbox.integration_id), reason=str(error))
        except OperationalError:
            raise
        except Exception:
            _log.exception("inbox_failed", integration=str(inbox.integration_id))

    def _all(self) -> Sequence[_Inbox]:
        now = time.monotonic()
        if self._known_at is None or now - self._known_at > ASK_AGAIN_AFTER_S:
            self._known = [_Inbox(*place, inbox_prefix(*place)) for place in inboxes()]
            self._known_at = now
            still = {inbox.prefix for inbox in self._known}
            self._empty = {prefix: changed for prefix, changed in self._empty.items() if prefix in still}
        return self._known

    def _chosen(self, known: Sequence[_Inbox], *, in_a_bucket: bool) -> Sequence[_Inbox]:
        """Every inbox, or those whose turn it is."""
        if not in_a_bucket or len(known) <= MOST_LISTED_IN_A_BUCKET:
            return known
        turns = -(-len(known) // MOST_LISTED_IN_A_BUCKET)
        return known[self._looks % turns :: turns]

    def _look_into(self, inbox: _Inbox, storage: Storage, *, surely: bool) -> None:
        changed = storage.changed_at(inbox.prefix)
        if changed is not None and self._empty.get(inbox.prefix) == changed and not surely:
            return
        files = list(storage.list(inbox.prefix))
        if files:
            self._empty.pop(inbox.prefix, None)
            later = settled_at(files, timezone.now(), timedelta(seconds=settings.ENVIRONMENT.inbox_settle_s))
            if later is not None:
                self._settling[inbox] = later + _A_LITTLE_LATER
            _take_from(inbox)
        elif changed is not None and self._clock_ns() - changed > SURELY_PAST_NS:
            self._empty[inbox.prefix] = changed


def _take_from(inbox: _Inbox) -> None:
    with acting_for(inbox.organisation_id):
        integration = Integration.objects.filter(
            organisation_id=inbox.organisation_id, pk=inbox.integration_id, is_paused=False
        ).first()
        if integration is not None:
            run = intake.take_files(integration)
            if run is not None:
                wake_a_worker_for(run.pk)
