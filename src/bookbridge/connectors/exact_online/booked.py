"""What Exact Online's books hold of a period: sales, purchase and general journal entries, a page at a time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.exact_online.client import ExactClient, date_of, day_literal, text_literal
from bookbridge.connectors.exact_online.reading import amount_of
from bookbridge.documents import DocumentKind
from bookbridge.kit.booked import BookedEntry
from bookbridge.kit.package_settings import Journal
from bookbridge.kit.places import following, place

Record = dict[str, Any]
_LARGEST: Final = Decimal(10) ** 13


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the resources that hold entries."""

    kind: DocumentKind
    resource: str
    journal: str
    entry_date: str

    @property
    def fields(self) -> tuple[str, ...]:
        return ("EntryID", "EntryNumber", self.journal, self.entry_date, "Currency", "AmountFC")


# A general journal entry has neither a date nor an amount of its own: both are its lines'. The lines of
# generaljournalentry lack journal and currency.
_PARTS: Final = (
    _Part("sales_invoice", "salesentry/SalesEntries", "Journal", "EntryDate"),
    _Part("purchase_invoice", "purchaseentry/PurchaseEntries", "Journal", "EntryDate"),
    _Part("journal_entry", "financialtransaction/TransactionLines", "JournalCode", "Date"),
)


def page(
    client: ExactClient, journals: Callable[[], Iterable[Journal]], since: date, until: date, after: str | None
) -> tuple[list[Record], DocumentKind, str | None]:
    """The records of one page, their kind, and where the next page is. `journals` gives the division's, when they are
    needed. Raises the errors of kit.errors."""
    number, address = place(after)
    part = _PARTS[number]
    filter = (
        f"{part.entry_date} ge {day_literal(since)} and {part.entry_date} lt {day_literal(until + timedelta(days=1))}"
    )
    if part.kind == "journal_entry":
        codes = sorted({journal.code for journal in journals() if journal.kind == "general"})
        if not codes:
            return [], part.kind, None
        # The lines of every entry in the books are here: without this, sales would be read again.
        filter += f" and ({' or '.join(f'{part.journal} eq {text_literal(code)}' for code in codes)})"
    records, address = client.read_page(part.resource, part.fields, filter=filter, after=address)
    return records, part.kind, following(number, address, len(_PARTS))


def entries(records: Iterable[Record], kind: DocumentKind) -> tuple[BookedEntry, ...]:
    """Raises KeyError, TypeError or ValueError for a record that can't be understood."""
    part = next(part for part in _PARTS if part.kind == kind)
    return tuple(_entry(part, record) for record in records)


def _entry(part: _Part, record: Record) -> BookedEntry:
    entry_date, amount = date_of(record[part.entry_date]), amount_of(record["AmountFC"])
    if entry_date is None or not abs(amount) < _LARGEST:
        raise ValueError("an entry without a date, or with an amount that can't be one")
    return BookedEntry(
        kind=part.kind,
        external_id=_text(record["EntryID"]),
        number=str(record["EntryNumber"]),
        journal=_text(record[part.journal]),
        entry_date=entry_date,
        currency=_text(record["Currency"]),
        # A memorial counts what is debited.
        amount=max(amount, Decimal(0)) if part.kind == "journal_entry" else amount,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text that is missing")
    return value.strip()
