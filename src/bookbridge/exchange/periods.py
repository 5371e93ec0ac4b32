"""The proof of a period: every document that came in by file, once, under what has become of it by now.

A run's reconciliation says what happened in that run and is never changed. Over several runs a document may have more
than one line: refused and posted by a retry, or exported again. Here it counts once, with the content that the source
sent last, under its posting's state. What was posted at once is taken from the runs' own sums, so only the other lines
are read; those two sources have to agree to the cent.

- A document that was booked before the period, and came again in it, is skipped.
- One that came with other content after it was booked counts a second time, as skipped: that content is in no books.
- Once a difference entry brought it there, the document counts with that content, as posted: with the amount by which
  it grew, beside the amount before, which was posted here or, if it was booked before the period, is skipped.
- Rows without a document's key, which could not be read, count each time, until somebody has corrected and offered
  them: then they count as the document that they are. Those that somebody decided not to send are skipped.
- Runs whose lines retention removed, or is about to, count as they ended: document by document they can't be followed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from bookbridge.documents import rounded
from bookbridge.exchange import sql
from bookbridge.integrations.models import Configuration, Integration

COLUMNS = ("file", "posted", "refused", "uncertain", "skipped", "waiting")
_SUMMED = ("file", "posted", "refused", "uncertain", "skipped")
_FATE_COLUMN = {"changed": "skipped", "difference": "posted"}
"""Where a word of the SQL counts, if not under itself; `again` counts nowhere."""


@dataclass(slots=True)
class Row:
    """Amounts of one journal and currency."""

    journal: str
    currency: str
    documents: int = 0
    file: Decimal = Decimal(0)
    posted: Decimal = Decimal(0)
    refused: Decimal = Decimal(0)
    uncertain: Decimal = Decimal(0)
    skipped: Decimal = Decimal(0)
    waiting: Decimal = Decimal(0)

    @property
    def is_empty(self) -> bool:
        return not self.documents and not any(getattr(self, column) for column in COLUMNS)

    def add(self, column: str, amount: Decimal | None) -> None:
        setattr(self, column, getattr(self, column) + (amount or Decimal(0)))


@dataclass(frozen=True, slots=True)
class BookedOtherwise:
    """Documents that are in the books with another amount, journal or currency than the file said: corrected ones."""

    journal: str
    currency: str
    file: Decimal
    documents: int
    booked_journal: str
    booked_currency: str
    booked: Decimal

    @property
    def difference(self) -> Decimal | None:
        return self.booked - self.file if self.currency == self.booked_currency else None


@dataclass(frozen=True, slots=True)
class FromRuns:
    """How the runs' sums become the column `file`, in one currency: all of it − what came more than once."""

    currency: str
    runs: Decimal
    again: Decimal

    @property
    def file(self) -> Decimal:
        return self.runs - self.again


@dataclass(frozen=True, slots=True)
class Period:
    """`changed`: documents that count as skipped because they came with other content after they were booked."""

    rows: Sequence[Row]
    booked_otherwise: Sequence[BookedOtherwise] = ()
    from_runs: Sequence[FromRuns] = ()
    runs: int = 0
    runs_as_ended: int = 0
    runs_open: int = 0
    changed: int = 0


@dataclass(slots=True)
class _Sums:
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    runs: dict[str, Decimal] = field(default_factory=dict)
    again: dict[str, Decimal] = field(default_factory=dict)
    booked_otherwise: list[BookedOtherwise] = field(default_factory=list)
    changed: int = 0

    def row(self, journal: str, currency: str) -> Row:
        return self.rows.setdefault((journal, currency), Row(journal, currency))


def of_integration(integration: Integration, since: datetime, until: datetime) -> Period:
    """What came in by file from `since` on and before `until`."""
    organisation = integration.organisation
    configurations = Configuration.objects.filter(organisation=organisation, integration=integration)
    found = sql.period(
        organisation.pk, configurations.values_list("pk", flat=True), since, until, organisation.keep_lines_days
    )
    sums = _Sums()
    for told in found.sums:
        _add_runs(sums, *told)
    for fate in found.fates:
        _add_fate(sums, *fate)
    every, as_ended, still_open = found.runs
    return Period(
        rows=[_rounded(row) for _, row in sorted(sums.rows.items()) if not row.is_empty],
        booked_otherwise=sorted(sums.booked_otherwise, key=lambda each: (each.journal, each.currency)),
        from_runs=[
            FromRuns(currency, rounded(total, currency), rounded(sums.again.get(currency, Decimal(0)), currency))
            for currency, total in sorted(sums.runs.items())
        ],
        runs=every,
        runs_as_ended=as_ended,
        runs_open=still_open,
        changed=sums.changed,
    )


def _add_runs(sums: _Sums, by_run: bool, journal: str, currency: str, documents: int, *amounts: Decimal) -> None:
    row = sums.row(journal or "", currency or "")
    row.documents += int(documents or 0)
    told = dict(zip(_SUMMED, amounts, strict=True))
    for column in _SUMMED if by_run else ("file", "posted"):
        row.add(column, told[column])
    sums.runs[row.currency] = sums.runs.get(row.currency, Decimal(0)) + (told["file"] or Decimal(0))


def _add_fate(sums: _Sums, word: str, *told: Any) -> None:
    journal, currency, documents, amount, *booked = told
    row = sums.row(journal, currency)
    if word == "again":
        row.documents -= documents
        row.file -= amount
        sums.again[currency] = sums.again.get(currency, Decimal(0)) + amount
        return
    row.add(_FATE_COLUMN.get(word, word), amount)
    sums.changed += documents if word == "changed" else 0
    if booked[1] is not None:
        file = rounded(amount, currency)
        its_amount = rounded(booked[2], booked[1])
        sums.booked_otherwise.append(
            BookedOtherwise(journal, currency, file, documents, booked[0], booked[1], its_amount)
        )


def _rounded(row: Row) -> Row:
    amounts = {column: rounded(getattr(row, column), row.currency) for column in COLUMNS}
    return Row(row.journal, row.currency, row.documents, **amounts)
