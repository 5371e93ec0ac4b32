"""The proof of a run: file = posted + refused + uncertain + skipped, per journal and currency, to the cent."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from bookbridge.documents import rounded
from bookbridge.exchange.models import Line, Run

OUTCOMES = ("posted", "refused", "uncertain", "skipped")


@dataclass(frozen=True)
class Row:
    """Amounts as decimal text in `currency`. What is still waiting in a run that works counts as `waiting`."""

    journal: str
    currency: str
    documents: int
    file: str
    posted: str
    refused: str
    uncertain: str
    skipped: str
    waiting: str = "0"

    @property
    def is_even(self) -> bool:
        parts = (self.posted, self.refused, self.uncertain, self.skipped, self.waiting)
        return Decimal(self.file) == sum(Decimal(part) for part in parts)


def counts(run: Run) -> dict[str, int]:
    """Lines by what happened to them. Every line is counted once."""
    already = Q(reason=Line.Reason.ALREADY_POSTED)
    not_read = Q(document__isnull=True)
    read = ~not_read
    found = Line.objects.filter(organisation_id=run.organisation_id, run=run).aggregate(
        total=Count("*"),
        waiting=Count("id", filter=Q(outcome="waiting")),
        posted=Count("id", filter=Q(outcome="posted")),
        already_posted=Count("id", filter=Q(outcome="skipped") & already),
        refused=Count("id", filter=Q(outcome="refused") & read),
        uncertain=Count("id", filter=Q(outcome="uncertain")),
        skipped=Count("id", filter=Q(outcome="skipped") & ~already & read),
        rejects=Count("id", filter=not_read),
        held=Count("id", filter=Q(reason=Line.Reason.CHANGED)),
        unread=Count("id", filter=not_read & Q(outcome="refused")),
    )
    return {name: int(number) for name, number in found.items()}


def reconcile(run: Run) -> list[Row]:
    """One row for each journal and currency of the run, in alphabetical order."""
    sums = {outcome: Sum("amount", filter=Q(outcome=outcome)) for outcome in (*OUTCOMES, "waiting")}
    groups = (
        Line.objects.filter(organisation_id=run.organisation_id, run=run, amount__isnull=False)
        .values("journal", "currency")
        .annotate(documents=Count("*"), file=Sum("amount"), **sums)
        .order_by("journal", "currency")
    )
    return [_row(group) for group in groups]


def _row(group: dict[str, Any]) -> Row:
    amounts = {
        name: str(rounded(group[name] or Decimal(0), group["currency"])) for name in ("file", *OUTCOMES, "waiting")
    }
    return Row(journal=group["journal"], currency=group["currency"], documents=group["documents"], **amounts)


def as_json(rows: list[Row]) -> list[dict[str, Any]]:
    return [asdict(row) for row in rows]


def totals(rows: list[Row]) -> dict[str, dict[str, str]]:
    """Per column (file, posted …) and currency, as decimal text."""
    result: dict[str, dict[str, str]] = {}
    for column in ("file", *OUTCOMES):
        sums: dict[str, Decimal] = {}
        for row in rows:
            sums[row.currency] = sums.get(row.currency, Decimal(0)) + Decimal(getattr(row, column))
        result[column] = {currency: str(amount) for currency, amount in sorted(sums.items())}
    return result
