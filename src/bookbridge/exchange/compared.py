"""What we posted against what the package's books hold: pure, nothing is asked or stored here.

Posted = in the books + missing − difference, by journal and currency, to the cent. An amount that can't be compared
counts as the same. What the books have in the same journals that isn't ours stands beside it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.documents import Document, Invoice, JournalEntry, identifier_of, money_of, rounded
from bookbridge.kit.booked import BookedEntry

LISTED = 200
"""So many of each are listed one by one; all are counted."""
_LONGEST = 60


@dataclass(slots=True)
class Held:
    """An entry as the books hold it."""

    journal: str
    currency: str
    amount: Decimal | None


Books = dict[str, Held]
"""By the package's id."""


@dataclass(frozen=True, slots=True)
class Ours:
    """A document of ours that was posted. `journal` is the package's."""

    posting_id: int
    external_id: str
    number: str
    journal: str
    document: Document


@dataclass(slots=True)
class Row:
    """Documents and amounts of one journal and currency."""

    journal: str
    currency: str
    documents: int = 0
    amount: Decimal = Decimal(0)
    there: int = 0
    there_amount: Decimal = Decimal(0)
    missing: int = 0
    missing_amount: Decimal = Decimal(0)
    different: int = 0
    others: int = 0
    others_amount: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        return self.there_amount + self.missing_amount - self.amount


@dataclass(frozen=True, slots=True)
class Listed:
    """A document that is missing in the books, or stands there otherwise; `booked` is absent for a missing one."""

    posting_id: int
    identifier: str
    number: str
    journal: str
    currency: str
    amount: Decimal
    booked: Decimal | None = None
    booked_currency: str = ""


@dataclass(slots=True)
class Result:
    """`unchecked`: documents that are there and whose amounts can't be compared. `moved`: entries of ours in the books
    of this period whose documents belong to another one, or were posted meanwhile."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    missing: list[Listed] = field(default_factory=list)
    different: list[Listed] = field(default_factory=list)
    unchecked: int = 0
    moved: int = 0

    def row(self, journal: str, currency: str) -> Row:
        return self.rows.setdefault((journal, currency), Row(journal, currency))


def take(books: Books, entries: Iterable[BookedEntry]) -> None:
    """Add what a page holds; the parts of an entry add up."""
    for entry in entries:
        held = books.get(entry.external_id)
        if held is None:
            books[entry.external_id] = Held(entry.journal[:_LONGEST], entry.currency[:3], entry.amount)
        elif held.amount is not None:
            held.amount = None if entry.amount is None else held.amount + entry.amount


def belongs(content: dict[str, Any], since: date, until: date) -> bool:
    """Whether a stored document is of the period: by its date, a memorial by that of any of its lines."""
    days = {content["entry_date"]}
    if content["kind"] == "journal_entry":
        days = {line.get("line_date") or content["entry_date"] for line in content["lines"]}
    return any(since.isoformat() <= day <= until.isoformat() for day in days)


def compare(
    books: Books,
    ours: Iterable[Ours],
    since: date,
    until: date,
    ours_among: Callable[[set[str]], set[str]] | None = None,
) -> Result:
    """`ours_among`: which of the ids are entries of ours, of whatever period. Without it nothing is said of entries
    other than `ours`."""
    result, met = Result(), set[str]()
    for each in ours:
        met.add(each.external_id)
        _count(result, each, books.get(each.external_id), is_comparable=_is_comparable(each.document, since, until))
    if ours_among is not None:
        _add_the_rest(result, books, met, ours_among)
    return result


def _add_the_rest(result: Result, books: Books, met: set[str], ours_among: Callable[[set[str]], set[str]]) -> None:
    """What else the books have in the same journals."""
    journals = {journal for journal, _ in result.rows}
    rest = {id for id, held in books.items() if id not in met and held.journal in journals}
    elsewhere = ours_among(rest)
    result.moved = len(elsewhere)
    for id in rest - elsewhere:
        held = books[id]
        row = result.row(held.journal, held.currency)
        row.others += 1
        row.others_amount += rounded(held.amount or Decimal(0), held.currency)


def _is_comparable(document: Document, since: date, until: date) -> bool:
    """A memorial's amount isn't when the package adds lines for its VAT, or has lines of it outside the period."""
    if not isinstance(document, JournalEntry):
        return True
    days = {line.line_date or document.entry_date for line in document.lines}
    return all(since <= day <= until for day in days) and not any(line.vat_code for line in document.lines)


def _count(result: Result, ours: Ours, held: Held | None, *, is_comparable: bool) -> None:
    money = money_of(ours.document)
    assert money is not None
    row = result.row(ours.journal, money.currency)
    row.documents += 1
    row.amount += money.amount
    listed = Listed(
        ours.posting_id, identifier_of(ours.document), ours.number, ours.journal, money.currency, money.amount
    )
    if held is None:
        row.missing += 1
        row.missing_amount += money.amount
        _list(result.missing, listed)
        return
    row.there += 1
    if held.amount is None or not is_comparable:
        result.unchecked += 1
        row.there_amount += money.amount
        return
    booked = rounded(held.amount, held.currency)
    is_same_currency = held.currency == money.currency
    row.there_amount += booked if is_same_currency else Decimal(0)
    room = ours.document.vat_room if isinstance(ours.document, Invoice) else Decimal(0)
    if not is_same_currency or abs(booked - money.amount) > room:
        row.different += 1
        _list(result.different, replace(listed, booked=booked, booked_currency=held.currency))


def _list(into: list[Listed], listed: Listed) -> None:
    if len(into) < LISTED:
        into.append(listed)
