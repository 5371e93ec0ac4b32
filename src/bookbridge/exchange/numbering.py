"""Numbers that a package gives out for a journal, one at a time: who may have the next one drawn.

Such a number is gone only once an entry has been booked with it; before that, everybody who asks is given the same. So
entries of one series (a journal in a year) go one after the other, in all runs of all workers:

- whoever has a number drawn holds the series' lock until the answer is written down; it goes when a worker dies,
- and then, or after an unclear answer, the entry itself stands in the way until it has been looked up.

A person may book in the same journal at any moment. The package then refuses the number, and a new one is drawn.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError
from django.db.models import Exists, OuterRef, Q

from bookbridge.documents import Document, Invoice, JournalEntry
from bookbridge.exchange import sql, waiting_texts
from bookbridge.exchange.drafting import Draft
from bookbridge.exchange.models import Attempt, Posting, Run
from bookbridge.exchange.passing import DatabaseClock, Pass

_AGAIN_SOON = timedelta(seconds=1)


def series_of(run: Run, document: Document) -> str:
    """The series that an entry needs a number of; empty for what needs none."""
    if not isinstance(document, Invoice | JournalEntry):
        return ""
    configuration = run.configuration
    parts = (configuration.integration.package, configuration.administration, document.journal, document.fiscal_year)
    return "/".join(map(str, parts))


class Numbering:
    """The drafts of one pass that want a number, and those that have one and no answer yet."""

    def __init__(self, run: Run, left: Pass, clock: DatabaseClock) -> None:
        self._run = run
        self._left = left
        self._clock = clock
        self._waiting: dict[str, deque[Draft]] = {}
        self._at_it: dict[str, Draft] = {}
        self._locked: set[str] = set()
        self._busy: set[str] = set()
        """Series that nothing more is drawn from in this pass."""

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def add(self, draft: Draft) -> None:
        self._waiting.setdefault(draft.series, deque()).append(draft)

    def take_turns(self) -> tuple[list[Draft], list[Draft]]:
        """The drafts that may have their number drawn now, and those that can't in this pass."""
        going: list[Draft] = []
        put_off: list[Draft] = []
        for series in [series for series in self._waiting if series not in self._at_it]:
            if series in self._busy or self._is_blocked(series) or not self._is_free(series):
                self._busy.add(series)
                put_off += self._waiting.pop(series)
                continue
            going.append(self._at_it.setdefault(series, self._waiting[series].popleft()))
            if not self._waiting[series]:
                del self._waiting[series]
        return going, put_off

    def done(self, draft: Draft) -> None:
        """The draft has its answer, or won't be sent: the next one of its series may have a number drawn."""
        if self._at_it.get(draft.series) is not draft:
            return
        del self._at_it[draft.series]
        if draft.series not in self._waiting:
            self._unlock(draft.series)

    def withdraw(self) -> Iterator[Draft]:
        """Every draft that waits; nothing is drawn for it."""
        while self._waiting:
            yield from self._waiting.popitem()[1]

    def close(self) -> None:
        """Give all locks back. Where the database is lost they are gone already."""
        with suppress(DatabaseError, InterfaceError):
            for series in tuple(self._locked):
                self._unlock(series)

    def _is_blocked(self, series: str) -> bool:
        """Whether nothing more of this kind may be sent in this pass."""
        return self._waiting[series][0].line.kind in self._left.blocked

    def _is_free(self, series: str) -> bool:
        """Whether we hold the series, and no entry of it is under way or being looked up."""
        if series not in self._locked:
            if not sql.hold(self._name(series)):
                self._left.wait(self._clock.now() + _AGAIN_SOON, waiting_texts.OTHER_WORKER())
                return False
            self._locked.add(series)
        in_the_way = self._in_the_way(series)
        if in_the_way is None:
            return True
        self._unlock(series)
        due = in_the_way.look_up_at if in_the_way.state == Posting.State.UNCERTAIN else None
        why = waiting_texts.OTHER_WORKER() if due is None else waiting_texts.LOOKING_UP()
        self._left.wait(self._not_at_once(due), why)
        return False

    def _not_at_once(self, due: datetime | None) -> datetime:
        soon = self._clock.now() + _AGAIN_SOON
        return max(due, soon) if due else soon

    def _in_the_way(self, series: str) -> Posting | None:
        """An entry whose answer isn't known yet. One that a person must decide about took its number long ago."""
        used = Attempt.objects.filter(
            organisation_id=self._run.organisation_id, token=OuterRef("attempt"), series=series
        )
        undecided = Q(state=Posting.State.SENDING) | Q(state=Posting.State.UNCERTAIN, look_up_at__isnull=False)
        return (
            Posting.objects.filter(undecided, Exists(used), organisation_id=self._run.organisation_id)
            .only("state", "look_up_at")
            .first()
        )

    def _name(self, series: str) -> str:
        return f"numbers {self._run.organisation_id} {series}"

    def _unlock(self, series: str) -> None:
        self._locked.discard(series)
        sql.let_go(self._name(series))
