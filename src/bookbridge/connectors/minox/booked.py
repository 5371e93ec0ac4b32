"""What Minox' books hold of a period: the lines of its years, a page at a time.

Open: whether a line tells the booking it belongs to. Where it doesn't, nothing can be compared, and that is said
rather than guessed.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.minox import reading
from bookbridge.connectors.minox.client import MinoxClient
from bookbridge.documents import DocumentKind
from bookbridge.kit.booked import BookedEntry
from bookbridge.kit.errors import NotAllowedError
from bookbridge.kit.package_settings import Journal
from bookbridge.kit.places import following, place

Record = dict[str, Any]
_KINDS: Final[dict[str, DocumentKind]] = {
    "sales": "sales_invoice",
    "purchase": "purchase_invoice",
    "general": "journal_entry",
}


def page(client: MinoxClient, years: list[int], after: str | None) -> tuple[list[Record], str | None]:
    """The lines of one page and where the next one is; the years one after the other."""
    number, at = place(after)
    records, at = client.read_page(f"year/{years[number]}/transaction_lines", after=at)
    return records, following(number, at, len(years))


def entries(
    records: Iterable[Record], journals: Iterable[Journal], since: date, until: date
) -> tuple[BookedEntry, ...]:
    """Parts of entries: an invoice counts by its relation's lines, a memorial by what is debited.

    Raises NotAllowedError when the lines don't tell their booking, KeyError, TypeError or ValueError for what can't be
    understood."""
    kinds = {journal.code: _KINDS.get(journal.kind) for journal in journals}
    found = []
    for record in records:
        entry = _entry(record, kinds)
        if entry is not None and since <= entry.entry_date <= until:
            found.append(entry)
    return tuple(found)


def _entry(record: Record, kinds: dict[str, DocumentKind | None]) -> BookedEntry | None:
    kind = kinds.get(reading.journal_of(record))
    if kind is None or (kind != "journal_entry" and not _is_of(kind, record)):
        return None
    batch, on_day = reading.batch_of(record), reading.day(record["document_date"])
    if batch is None:
        raise NotAllowedError("Minox' lines don't tell which booking they belong to, so they can't be compared")
    if on_day is None:
        raise ValueError("a line without a date")
    amount = reading.signed(record)
    amounts = {"sales_invoice": amount, "purchase_invoice": -amount, "journal_entry": max(amount, Decimal(0))}
    number = record.get("entry_number" if kind == "journal_entry" else "invoice_number")
    return BookedEntry(
        kind=kind,
        external_id=batch,
        number=str(number or ""),
        journal=reading.journal_of(record),
        entry_date=on_day,
        currency=reading.currency(record),
        amount=amounts[kind],
    )


def _is_of(kind: DocumentKind, record: Record) -> bool:
    on = reading.party(record)
    return on is not None and on[0] == ("customer" if kind == "sales_invoice" else "supplier")
