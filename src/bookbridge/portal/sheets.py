"""Reconciliations as sheets: the same title, facts and tables whether they are shown, printed or taken along."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, pgettext

from bookbridge.exchange.models import Run
from bookbridge.exchange.periods import Period
from bookbridge.integrations.models import Integration
from bookbridge.portal.periods import Days
from bookbridge.portal.queries.counting import ReconciliationRow, reconciliation_of, reconciliation_of_period, totals_of
from bookbridge.portal.templatetags.bookbridge import amount, count, plain_day, plain_moment


@dataclass(frozen=True, slots=True)
class Table:
    """`texts`: how many columns at the left are text; the others are numbers. `wrong`: rows that don't add up."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    totals: Sequence[Sequence[str]] = ()
    texts: int = 1
    wrong: frozenset[int] = frozenset()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    notes: Sequence[str] = ()


def columns() -> dict[str, str]:
    """The columns of a reconciliation in the user's words."""
    return {
        "documents": gettext("Documents"),
        "file": pgettext("amount", "File"),
        "posted": pgettext("line", "Posted"),
        "refused": pgettext("line", "Refused"),
        "uncertain": pgettext("line", "Uncertain"),
        "skipped": pgettext("line", "Skipped"),
        "waiting": pgettext("line", "Waiting"),
        "difference": gettext("Difference"),
    }


def csv_header() -> list[str]:
    return [gettext("Journal"), gettext("Currency"), *columns().values()]


def csv_rows(rows: Sequence[ReconciliationRow]) -> list[list[str | int | Decimal]]:
    return [[row.journal, row.currency, *(getattr(row, name) for name in columns())] for row in rows]


def of_run(run: Run) -> Sheet:
    """What happened in one run."""
    integration = run.configuration.integration
    facts = [
        *_whose(integration),
        (gettext("Administration"), run.configuration.name),
        (gettext("Run"), plain_moment(run.created_at)),
    ]
    return Sheet(
        gettext("Reconciliation of a run"), facts, [_main(reconciliation_of(run))], [gettext("As the run ended.")]
    )


def of_period(integration: Integration, days: Days, period: Period, notes: Sequence[str]) -> Sheet:
    """What has become of everything that came in by file in a period."""
    facts = [
        *_whose(integration),
        (gettext("Period"), f"{plain_day(days.since)} – {plain_day(days.until)}"),
        (gettext("Runs"), count(period.runs)),
    ]
    tables = [_main(reconciliation_of_period(period)), _from_runs(period)]
    if period.booked_otherwise:
        tables.append(_booked_otherwise(period))
    return Sheet(gettext("Reconciliation of a period"), facts, tables, notes)


def _whose(integration: Integration) -> list[tuple[str, str]]:
    return [(gettext("Company"), integration.organisation.name), (gettext("Integration"), integration.name)]


def _main(rows: Sequence[ReconciliationRow]) -> Table:
    names = [name for name in columns() if name != "waiting" or any(row.waiting for row in rows)]
    return Table(
        title=gettext("Amounts by journal and currency"),
        header=[gettext("Journal"), *(columns()[name] for name in names)],
        rows=[[row.journal or "–", *_told(row, names)] for row in rows],
        totals=[[gettext("Total"), *_told(row, names)] for row in totals_of(rows)],
        wrong=frozenset(number for number, row in enumerate(rows) if row.difference),
        note=gettext("file = posted + refused + uncertain + skipped"),
    )


def _told(row: ReconciliationRow, names: Sequence[str]) -> list[str]:
    return [count(row.documents) if name == "documents" else amount(getattr(row, name), row.currency) for name in names]


def _from_runs(period: Period) -> Table:
    return Table(
        title=gettext("From the runs to this page"),
        header=[
            gettext("Currency"),
            gettext("In all files together"),
            gettext("Came more than once"),
            pgettext("amount", "File"),
        ],
        rows=[
            [each.currency, *(amount(value, each.currency) for value in (each.runs, each.again, each.file))]
            for each in period.from_runs
        ],
    )


def _booked_otherwise(period: Period) -> Table:
    def row(each: Any) -> list[str]:
        difference = "–" if each.difference is None else amount(each.difference, each.currency)
        return [
            each.journal or "–",
            each.booked_journal or "–",
            count(each.documents),
            amount(each.file, each.currency),
            amount(each.booked, each.booked_currency),
            difference,
        ]

    return Table(
        title=gettext("Booked otherwise than the file said"),
        header=[
            gettext("Journal in the file"),
            gettext("Journal in the books"),
            gettext("Documents"),
            pgettext("amount", "File"),
            gettext("In the books"),
            gettext("Difference"),
        ],
        rows=[row(each) for each in period.booked_otherwise],
        texts=2,
        note=gettext("Documents that were corrected before they were posted."),
    )
