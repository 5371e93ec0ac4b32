"""A comparison with the package's books, as the pages of the reconciliation and of a run show it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import ngettext

from bookbridge.documents import Problem
from bookbridge.exchange import comparing
from bookbridge.exchange.compared import LISTED, Row
from bookbridge.exchange.models import Comparison, Line, Run
from bookbridge.integrations.models import Integration
from bookbridge.portal.periods import Days
from bookbridge.portal.templatetags.bookbridge import count

_ADDED = tuple(field.name for field in fields(Row) if field.name not in ("journal", "currency"))


@dataclass(frozen=True, slots=True)
class Listed:
    """A document that is missing in the books or stands there with another amount. `line`: its run and line, where
    they are still kept."""

    identifier: str
    number: str
    journal: str
    currency: str
    amount: Decimal
    booked: Decimal | None
    booked_currency: str
    line: Sequence[int] | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One comparison of one administration."""

    comparison: Comparison
    rows: Sequence[Row]
    totals: Sequence[Row]
    missing: Sequence[Listed]
    different: Sequence[Listed]
    notes: Sequence[str]

    @property
    def run(self) -> Run:
        return self.comparison.run

    @property
    def is_live(self) -> bool:
        return self.run.state != Run.State.ENDED

    @property
    def days(self) -> Days:
        return Days(self.comparison.since, self.comparison.until)

    @property
    def problem(self) -> Problem | None:
        return self.run.shown_problem

    @property
    def agrees(self) -> bool:
        return not any(row.missing or row.different for row in self.rows)


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Of one period or one run. `is_possible`: whether it can be compared at all; `are_lines_gone`: whether it could
    while they were kept. `page`: the address that shows them, `part`: that of the part that changes."""

    is_possible: bool
    page: str = ""
    part: str = ""
    shown: Sequence[Shown] = ()
    are_lines_gone: bool = False

    @property
    def is_live(self) -> bool:
        return any(each.is_live for each in self.shown)


def of_period(integration: Integration, days: Days) -> Comparisons:
    found = comparing.latest(integration, days.since, days.until)
    if not found and not comparing.can_compare(integration):
        return Comparisons(is_possible=False)
    place = (integration.organisation_id, integration.pk)
    return Comparisons(
        is_possible=True,
        page=reverse("reconciliation", args=place) + days.query(),
        part=reverse("comparison", args=place) + days.query(),
        shown=_all_shown(integration.organisation_id, found),
    )


def of_run(run: Run) -> Comparisons:
    """What was compared before stays to be seen when the lines are gone."""
    place = (run.organisation_id, run.pk)
    are_gone = run.lines_forgotten_at is not None and any(Decimal(row["posted"]) for row in run.reconciliation or ())
    return Comparisons(
        is_possible=comparing.can_compare_run(run),
        page=reverse("run", args=place),
        part=reverse("run_comparison", args=place),
        shown=_all_shown(run.organisation_id, comparing.latest_of_run(run)),
        are_lines_gone=are_gone,
    )


def _all_shown(organisation_id: UUID, found: Sequence[Comparison]) -> list[Shown]:
    kept = _kept_lines(organisation_id, found)
    return [_shown(each, kept) for each in found]


def _kept_lines(organisation_id: UUID, found: Iterable[Comparison]) -> set[int]:
    """Lines that can still be shown: a company may keep them for a time only."""
    listed = [
        item["line"][1]
        for each in found
        for name in ("missing", "different")
        for item in (each.own_result or {}).get(name, ())
        if item["line"]
    ]
    if not listed:
        return set()
    lines = Line.objects.filter(organisation_id=organisation_id, pk__in=listed)
    return set(lines.values_list("pk", flat=True))


def _shown(comparison: Comparison, kept: set[int]) -> Shown:
    result = comparison.own_result or {}
    rows = [_row(told) for told in result.get("rows", ())]
    return Shown(
        comparison=comparison,
        rows=rows,
        totals=_totals(rows),
        missing=[_listed(item, kept) for item in result.get("missing", ())],
        different=[_listed(item, kept) for item in result.get("different", ())],
        notes=_notes(result, rows),
    )


def _row(told: dict[str, Any]) -> Row:
    return Row(**{name: Decimal(value) if name.endswith("amount") else value for name, value in told.items()})


def _totals(rows: Iterable[Row]) -> list[Row]:
    """One row per currency, currencies in alphabetical order."""
    sums: dict[str, Row] = {}
    for row in rows:
        into = sums.setdefault(row.currency, Row("", row.currency))
        for name in _ADDED:
            setattr(into, name, getattr(into, name) + getattr(row, name))
    return [sums[currency] for currency in sorted(sums)]


def _listed(item: dict[str, Any], kept: set[int]) -> Listed:
    return Listed(
        identifier=item["identifier"],
        number=item["number"],
        journal=item["journal"],
        currency=item["currency"],
        amount=Decimal(item["amount"]),
        booked=None if item["booked"] is None else Decimal(item["booked"]),
        booked_currency=item["booked_currency"],
        line=item["line"] if item["line"] and item["line"][1] in kept else None,
    )


def _notes(result: dict[str, Any], rows: Sequence[Row]) -> list[str]:
    notes = []
    if result.get("unchecked"):
        said = ngettext(
            "%(number)s document is there, but its amount can't be compared: a memorial entry with VAT, to which the "
            "package adds lines, or with lines of other days. It counts as the same.",
            "%(number)s documents are there, but their amounts can't be compared: memorial entries with VAT, to which "
            "the package adds lines, or with lines of other days. They count as the same.",
            result["unchecked"],
        )
        notes.append(said % {"number": count(result["unchecked"])})
    if result.get("moved"):
        said = ngettext(
            "%(number)s entry that was posted from here isn't counted: its date was changed in the package, or it was "
            "posted while the books were being read.",
            "%(number)s entries that were posted from here aren't counted: their dates were changed in the package, or "
            "they were posted while the books were being read.",
            result["moved"],
        )
        notes.append(said % {"number": count(result["moved"])})
    most = max(sum(row.missing for row in rows), sum(row.different for row in rows))
    if most > LISTED:
        said = ngettext(
            "At most %(number)s document is listed of each kind.",
            "At most %(number)s documents are listed of each kind.",
            LISTED,
        )
        notes.append(said % {"number": count(LISTED)})
    return notes
