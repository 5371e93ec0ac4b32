"""A run's stored counts and reconciliation, in the form that pages show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from bookbridge.exchange.models import Run
from bookbridge.exchange.periods import Period
from bookbridge.exchange.waiting_texts import PAUSED

OUTCOMES = ("posted", "refused", "uncertain", "skipped")
AMOUNTS = ("file", *OUTCOMES, "waiting")


@dataclass(frozen=True, slots=True)
class Counts:
    """Lines by outcome, each counted once; `rejects`, `changed` and `set_aside` say more about some of them."""

    posted: int
    refused: int
    uncertain: int
    skipped: int
    waiting: int
    already_posted: int
    changed: int
    rejects: int
    set_aside: int
    items: int

    @property
    def done(self) -> int:
        return self.posted + self.refused + self.uncertain + self.skipped

    @property
    def total(self) -> int:
        return self.done + self.waiting

    @property
    def failed(self) -> int:
        """Lines that someone should look at."""
        return self.refused + self.uncertain + self.changed


def counts_of(run: Run) -> Counts:
    """What `exchange.reconciliation.counts` kept on the run; what was not read is among the refused lines here."""

    def kept(name: str) -> int:
        return int((run.counts or {}).get(name) or 0)

    return Counts(
        posted=kept("posted"),
        refused=kept("refused") + kept("unread"),
        uncertain=kept("uncertain"),
        skipped=kept("skipped") + kept("already_posted") + max(kept("rejects") - kept("unread"), 0),
        waiting=kept("waiting"),
        already_posted=kept("already_posted"),
        changed=kept("held"),
        rejects=kept("rejects"),
        set_aside=kept("set_aside"),
        items=kept("items"),
    )


@dataclass(frozen=True, slots=True)
class ReconciliationRow:
    """Amounts of one journal and currency: file = posted + refused + uncertain + skipped."""

    journal: str
    currency: str
    file: Decimal
    posted: Decimal
    refused: Decimal
    uncertain: Decimal
    skipped: Decimal
    waiting: Decimal = Decimal(0)
    documents: int = 0

    @property
    def difference(self) -> Decimal:
        return self.file - self.posted - self.refused - self.uncertain - self.skipped - self.waiting


def reconciliation_of(run: Run) -> list[ReconciliationRow]:
    return [
        ReconciliationRow(
            journal=str(row.get("journal", "")),
            currency=str(row.get("currency", "")),
            **{name: _amount(row.get(name)) for name in AMOUNTS},
            documents=int(row.get("documents") or 0),
        )
        for row in run.reconciliation or []
    ]


def reconciliation_of_period(period: Period) -> list[ReconciliationRow]:
    return [
        ReconciliationRow(
            journal=row.journal,
            currency=row.currency,
            **{name: getattr(row, name) for name in AMOUNTS},
            documents=row.documents,
        )
        for row in period.rows
    ]


def totals_of(rows: Iterable[ReconciliationRow]) -> list[ReconciliationRow]:
    """One row per currency, currencies in alphabetical order."""
    sums: dict[str, dict[str, Any]] = {}
    for row in rows:
        into = sums.setdefault(row.currency, {"documents": 0, **{name: Decimal(0) for name in AMOUNTS}})
        for name in into:
            into[name] += getattr(row, name)
    return [ReconciliationRow(journal="", currency=currency, **sums[currency]) for currency in sorted(sums)]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as a row of a list."""

    run: Run
    state: str
    counts: Counts
    totals: Sequence[ReconciliationRow]

    @property
    def duration(self) -> Any:
        run = self.run
        return run.ended_at - run.started_at if run.ended_at and run.started_at else None


def state_of(run: Run) -> str:
    """The one word for where a run stands: its result once it has ended."""
    if run.state == Run.State.ENDED:
        return run.result or "ended"
    is_paused = run.state == Run.State.WAITING and (run.waiting_for or {}).get("code") == PAUSED.code
    return "paused" if is_paused else run.state


def run_row(run: Run) -> RunRow:
    return RunRow(run=run, state=state_of(run), counts=counts_of(run), totals=totals_of(reconciliation_of(run)))


def _amount(value: Any) -> Decimal:
    try:
        return Decimal(str(value)) if value is not None else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
