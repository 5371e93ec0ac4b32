"""The call budget that all workers share: one locked row for each administration under an authorisation."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from bookbridge.integrations import sql
from bookbridge.integrations.asking import Ask, at_once
from bookbridge.integrations.budget_state import BudgetState
from bookbridge.integrations.models import Authorisation, CallBudget
from bookbridge.kit.budgets import Limit, LimitSeen, shortest_time
from bookbridge.kit.errors import LaterError

_LONGEST_CLOSED_S = 86400
LOT_S = 1.0
"""How long calls that were taken beforehand are good for."""
ERRORS_GOOD_FOR_S = 2.0
"""How long it is believed what was read of other workers' errors."""
MOST_IN_A_LOT = 100
BRIEF_S = 1.5
"""A wait this short is sat out where it arises: to put a run away and take it up again takes as long."""
KEPT_FREE = 0.05
"""The share of each limit that a long run leaves to the others of the same administration."""
PLENTY = 100
"""With fewer calls left than this each is taken by itself, so that none goes to waste."""


@dataclass(frozen=True)
class _Lot:
    calls: int = 0
    good_until: float = 0


class SharedBudget:
    """A kit Budget in PostgreSQL. What the package tells of its limits replaces what the fact sheet says.

    Where plenty is left, calls are taken from the row in small lots, counted as if all were made at the lot's end.
    `calls_at_once`: how many calls can be under way at the same time; so many errors can come after the last one seen.
    `kept_free`: the share of each limit that this one leaves to others. `pause` waits for so many seconds; without it a
    brief wait is an error too.
    """

    def __init__(
        self,
        authorisation: Authorisation,
        administration: str,
        limits: tuple[Limit, ...],
        guard: Limit | None,
        now: Callable[[], datetime] = timezone.now,
        *,
        ask: Ask = at_once,
        calls_at_once: int = 1,
        kept_free: float = 0,
        pause: Callable[[float], None] | None = None,
    ) -> None:
        self._kept_free = kept_free
        self._pause = pause
        self._row_id = _row_id(authorisation, administration)
        self._limits = limits
        self._guard = replace(guard, calls=max(1, guard.calls - (calls_at_once - 1))) if guard else None
        self._now = now
        self._ask = ask
        self._told: dict[str, int] = {}
        self._lock = threading.Lock()
        """Never held while the database is asked."""
        self._lot = _Lot()
        self._errors = BudgetState()
        self._errors_read_at = 0.0

    def take(self, calls: int = 1) -> None:
        """Count a call that the package counts as so many. Raises LaterError when they aren't left."""
        if not self._from_the_lot(calls):
            free_at = self._ask(partial(self._take, calls))
            if self._pause is not None:
                free_at = self._sit_out(free_at, calls, self._pause)
            self._wait_until(free_at, "the calls that the package allows are used up for now")

    def _sit_out(self, free_at: float | None, calls: int, pause: Callable[[float], None]) -> float | None:
        """Wait more than once where need be: others wait for the same moment, at which a call or two come free."""
        deadline = time.monotonic() + BRIEF_S
        while free_at is not None and free_at - self._moment() <= deadline - time.monotonic():
            # Moments are whole microseconds: a hair later it is surely free.
            pause(max(0, free_at - self._moment()) + 0.001)
            free_at = self._ask(partial(self._take, calls))
        return free_at

    def _from_the_lot(self, needed: int) -> bool:
        with self._lock:
            now = self._moment()
            good = self._lot.calls >= needed and now <= self._lot.good_until <= now + LOT_S
            self._lot = replace(self._lot, calls=self._lot.calls - needed) if good else _Lot()
            return good

    def _take(self, needed: int) -> float | None:
        # Another thread may have had a lot taken while this one waited for its turn.
        if self._from_the_lot(needed):
            return None
        with self._state() as state:
            now = self._moment()
            left = state.left(self._limits, now, kept_free=self._kept_free)
            calls = needed if left < PLENTY else max(needed, min(MOST_IN_A_LOT, left // 50))
            until = now + LOT_S if calls > needed else now
            free_at = state.take(self._limits, now, calls, until, needed=needed, kept_free=self._kept_free)
        if free_at is None:
            with self._lock:
                self._lot = _Lot(calls - needed, until)
        return free_at

    def learn(self, seen: LimitSeen) -> None:
        closes = seen.remaining == 0 and seen.resets_at is not None
        if not closes and (seen.calls is None or self._told.get(seen.name) == seen.calls):
            return
        self._ask(lambda: self._learn(seen, closes=closes))

    def _learn(self, seen: LimitSeen, *, closes: bool) -> None:
        with self._state() as state:
            if seen.calls is not None:
                state.limits[seen.name] = self._told[seen.name] = seen.calls
            if closes and seen.resets_at is not None:
                longest_s = max((limit.seconds for limit in self._limits), default=_LONGEST_CLOSED_S)
                state.close(seen.resets_at.timestamp(), self._moment(), longest_s)
        with self._lock:
            self._lot = _Lot()

    def count_error(self, endpoint: str) -> None:
        if self._guard is not None:
            self._ask(lambda: self._count_error(endpoint))

    def _count_error(self, endpoint: str) -> None:
        assert self._guard is not None
        with self._state() as state:
            state.count_error(endpoint, self._guard, self._moment())

    def check_endpoint(self, endpoint: str) -> None:
        """Raises LaterError when one more error at this endpoint could have the package block the connection."""
        if self._guard is None:
            return
        if not 0 <= self._moment() - self._errors_read_at < ERRORS_GOOD_FOR_S:
            self._ask(self._read_errors)
        free_at = self._errors.endpoint_free_at(endpoint, self._guard, self._moment())
        self._wait_until(free_at, f"too many refused calls to {endpoint}; one more could block the connection")

    def _read_errors(self) -> None:
        self._remember(BudgetState.read(CallBudget.objects.values_list("state", flat=True).get(pk=self._row_id)))

    def _remember(self, state: BudgetState) -> None:
        self._errors = BudgetState(errors={endpoint: list(moments) for endpoint, moments in state.errors.items()})
        self._errors_read_at = self._moment()

    @contextmanager
    def _state(self) -> Iterator[BudgetState]:
        with transaction.atomic():
            sql.commit_without_waiting_for_the_disk()
            row = CallBudget.objects.select_for_update().get(pk=self._row_id)
            state = BudgetState.read(row.state)
            yield state
            row.state = state.written()
            row.save(update_fields=["state"])
        self._remember(state)

    def _moment(self) -> float:
        return self._now().timestamp()

    def _wait_until(self, moment: float | None, reason: str) -> None:
        if moment is not None:
            raise LaterError(datetime.fromtimestamp(moment, UTC), reason)


def time_needed(authorisation: Authorisation, administration: str, limits: tuple[Limit, ...], calls: int) -> timedelta:
    """How long so many calls take at least, by what the package allows and what is used up of it just now."""
    row = CallBudget.objects.filter(
        organisation_id=authorisation.organisation_id, authorisation=authorisation, administration=administration
    ).first()
    state = BudgetState.read(row.state if row else {})
    return shortest_time(state.left_of_each(limits, timezone.now().timestamp()), calls)


def _row_id(authorisation: Authorisation, administration: str) -> int:
    row, _ = CallBudget.objects.get_or_create(
        organisation_id=authorisation.organisation_id, authorisation=authorisation, administration=administration
    )
    return row.pk
