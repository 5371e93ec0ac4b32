"""The call budget that all workers share: one locked row for each administration under an authorisation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from bookbridge.integrations import sql
from bookbridge.integrations.budget_state import BudgetState
from bookbridge.integrations.models import Authorisation, CallBudget
from bookbridge.kit.budgets import Limit, LimitSeen
from bookbridge.kit.errors import LaterError

_LONGEST_CLOSED_S = 86400


class SharedBudget:
    """A kit Budget in PostgreSQL. What the package tells of its limits replaces what the fact sheet says."""

    def __init__(
        self,
        authorisation: Authorisation,
        administration: str,
        limits: tuple[Limit, ...],
        guard: Limit | None,
        now: Callable[[], datetime] = timezone.now,
    ) -> None:
        self._row_id = _row_id(authorisation, administration)
        self._limits = limits
        self._guard = guard
        self._now = now
        self._told: dict[str, int] = {}

    def take(self) -> None:
        """Count one call. Raises LaterError when none is left."""
        with self._state() as state:
            free_at = state.take(self._limits, self._moment())
        self._wait_until(free_at, "the calls that the package allows are used up for now")

    def learn(self, seen: LimitSeen) -> None:
        closes = seen.remaining == 0 and seen.resets_at is not None
        if not closes and (seen.calls is None or self._told.get(seen.name) == seen.calls):
            return
        with self._state() as state:
            if seen.calls is not None:
                state.limits[seen.name] = self._told[seen.name] = seen.calls
            if closes and seen.resets_at is not None:
                longest_s = max((limit.seconds for limit in self._limits), default=_LONGEST_CLOSED_S)
                state.close(seen.resets_at.timestamp(), self._moment(), longest_s)

    def count_error(self, endpoint: str) -> None:
        if self._guard is None:
            return
        with self._state() as state:
            state.count_error(endpoint, self._guard, self._moment())

    def check_endpoint(self, endpoint: str) -> None:
        """Raises LaterError when one more error at this endpoint could have the package block the connection."""
        if self._guard is None:
            return
        state = BudgetState.read(CallBudget.objects.values_list("state", flat=True).get(pk=self._row_id))
        free_at = state.endpoint_free_at(endpoint, self._guard, self._moment())
        self._wait_until(free_at, f"too many refused calls to {endpoint}; one more could block the connection")

    @contextmanager
    def _state(self) -> Iterator[BudgetState]:
        with transaction.atomic():
            sql.commit_without_waiting_for_the_disk()
            row = CallBudget.objects.select_for_update().get(pk=self._row_id)
            state = BudgetState.read(row.state)
            yield state
            row.state = state.written()
            row.save(update_fields=["state"])

    def _moment(self) -> float:
        return self._now().timestamp()

    def _wait_until(self, moment: float | None, reason: str) -> None:
        if moment is not None:
            raise LaterError(datetime.fromtimestamp(moment, UTC), reason)


def _row_id(authorisation: Authorisation, administration: str) -> int:
    row, _ = CallBudget.objects.get_or_create(
        organisation_id=authorisation.organisation_id, authorisation=authorisation, administration=administration
    )
    return row.pk
