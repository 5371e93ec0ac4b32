"""What a reader yields: documents and rejects with their place in the file, and the sums over them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from bookbridge.documents import (
    Document,
    DocumentKind,
    Money,
    OutstandingItem,
    Problem,
    SourceRef,
    money_of,
    totals,
)
from bookbridge.formats.texts_entries import SIGN_HINT

MOST_ROWS_KEPT = 1000
"""A reject of more rows keeps the numbers of the first ones only; `row_count` stays exact."""


class SourceDocument(NamedTuple):
    """A document as it was read. A tuple, since a million rows make some hundred thousand of them."""

    document: Document
    position: int
    """1, 2, … over the documents and rejects of the file."""
    rows: tuple[int, ...]
    """Physical rows (1 = first line): the header's, then one for each line of the document, so that `rows[i + 1]` is
    `document.lines[i]`. In files without header rows the first detail stands for the header. A relation has one."""
    raw: str
    """The decoded text of the record(s), at most some 64 KB."""
    notices: tuple[Problem, ...] = ()
    row_count: int = 1
    """How many rows of the file went into it."""
    dropped_rows: tuple[int, ...] = ()
    """Rows that the profile leaves out on purpose (zero amounts); each has a notice."""

    @property
    def line_rows(self) -> tuple[int, ...]:
        """The row of each line of the document."""
        return self.rows[1:]


@dataclass(frozen=True, slots=True)
class SourceItem:
    """An outstanding item as it was read."""

    item: OutstandingItem
    position: int
    rows: tuple[int, ...]
    raw: str
    notices: tuple[Problem, ...] = ()
    row_count: int = 1


@dataclass(frozen=True, slots=True)
class Reject:
    """What could not become a document, and why."""

    position: int
    rows: tuple[int, ...]
    raw: str
    problems: tuple[Problem, ...]
    identifier: str = ""
    """The voucher's or relation's number where it can be read."""
    journal: str | None = None
    kind: DocumentKind | None = None
    money: Money | None = None
    """The entry's total where it can be read, with its sign made that of the documents; for reconciliation."""
    whole_file: bool = False
    row_count: int = 1

    @property
    def is_notice(self) -> bool:
        """Nothing is wrong: there was nothing to book, or it stood in the file twice."""
        return all(problem.severity == "notice" for problem in self.problems)


@dataclass(slots=True)
class Summary:
    """Counts and sums over what a reader yields; feed it each result once."""

    file_name: str = ""
    rows: int = 0
    documents: int = 0
    rejects: int = 0
    notice_rejects: int = 0
    """Those of the rejects that are no error."""
    whole_file: bool = False
    _money: dict[str, Decimal] = field(default_factory=dict)
    _reject_money: dict[str, Decimal] = field(default_factory=dict)
    _sales: int = 0
    _negative_sales: int = 0

    def add(self, result: SourceDocument | SourceItem | Reject) -> None:
        self.rows += result.row_count
        if isinstance(result, Reject):
            self.rejects += 1
            self.notice_rejects += result.is_notice
            self.whole_file |= result.whole_file
            _count(self._reject_money, result.money)
            return
        self.documents += 1
        if isinstance(result, SourceItem):
            _count(self._money, Money(amount=result.item.open_amount, currency=result.item.currency))
            return
        _count(self._money, money_of(result.document))
        if result.document.kind == "sales_invoice":
            self._sales += 1
            self._negative_sales += result.document.total < 0

    @property
    def totals(self) -> dict[str, str]:
        """Per currency what the documents come to, as decimal strings."""
        return _strings(self._money)

    @property
    def reject_totals(self) -> dict[str, str]:
        """Per currency what the rejects come to, as far as it could be read."""
        return _strings(self._reject_money)

    @property
    def nothing_to_book(self) -> bool:
        """Only header rows without details, or the same: no document and no error."""
        return not self.documents and not self.whole_file and self.rejects == self.notice_rejects

    @property
    def notices(self) -> tuple[Problem, ...]:
        """What can only be seen over the whole file: the hint that the sign setting may be wrong."""
        if self._sales >= 2 and self._negative_sales * 2 > self._sales:
            source = SourceRef(file=self.file_name, column="amount")
            return (SIGN_HINT(source=source, negative=self._negative_sales, all=self._sales),)
        return ()


def _count(sums: dict[str, Decimal], money: Money | None) -> None:
    if money is not None:
        sums[money.currency] = sums.get(money.currency, Decimal(0)) + money.amount


def _strings(sums: dict[str, Decimal]) -> dict[str, str]:
    amounts: Iterable[Money] = (Money(amount=amount, currency=currency) for currency, amount in sums.items())
    return {currency: str(amount) for currency, amount in totals(amounts).items()}
