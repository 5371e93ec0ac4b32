"""The counts that people see while a run works."""

import time
from datetime import timedelta

from bookbridge.exchange import reconciliation
from bookbridge.exchange.models import Run
from bookbridge.integrations.budgets import time_needed
from bookbridge.kit import catalogue
from bookbridge.kit.budgets import call_limits

_EVERY_S = 1.0
_SHARE = 20
"""Counting a large run takes its time: at most one part in so many goes into it."""


class Progress:
    def __init__(self, run: Run) -> None:
        self._run = run
        self._next = time.monotonic() + _EVERY_S

    def show_now_and_then(self) -> None:
        if time.monotonic() >= self._next:
            self.show()

    def show(self) -> None:
        """Write the counts down; failures count anew from the last time that something was brought further."""
        started = time.monotonic()
        run = self._run
        found = reconciliation.counts(run)
        further = {"failures": 0} if found != run.counts else {}
        run.counts = found
        Run.objects.filter(pk=run.pk, state=Run.State.WORKING).update(counts=found, **further)
        took = time.monotonic() - started
        self._next = time.monotonic() + max(_EVERY_S, took * _SHARE)


def still_needed(run: Run, documents: int) -> timedelta:
    """How long the package's limits make so many documents of a run take at least: one call each, or one a batch."""
    sheet = catalogue.fact_sheet(run.configuration.integration.package)
    calls = -(-documents // sheet.capabilities.batch_size) * sheet.limits.cost_of_change
    configuration = run.configuration
    return time_needed(configuration.authorisation, configuration.administration, call_limits(sheet.limits), calls)
