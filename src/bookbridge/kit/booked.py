"""What a package's books hold of a period, as a connector reads it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bookbridge.documents import DocumentKind


@dataclass(frozen=True, slots=True)
class BookedEntry:
    """An entry in the books, or the part of one that a page holds: the parts' amounts add up.

    `amount` counts as `documents.money_of` does, in `currency`: an invoice's total with VAT, negative on a credit note;
    what a memorial debits. None where the package doesn't tell it: then only its presence counts.
    """

    kind: DocumentKind
    external_id: str
    number: str
    journal: str
    entry_date: date
    currency: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class BookedPage:
    """`following`: by which the connector finds the next page, also in another process and hours later; None after the
    last one."""

    entries: tuple[BookedEntry, ...]
    following: str | None
