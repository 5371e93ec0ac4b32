"""What the books hold of a period: posted invoices by the date of their move, and the moves of general journals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.connectors.tryton.client import TrytonClient
from bookbridge.documents import DocumentKind
from bookbridge.kit.booked import BookedEntry, BookedPage
from bookbridge.kit.places import following, place

Record = dict[str, Any]

_INVOICE = ("number", "type", "state", "total_amount", "currency.code", "journal.code", "move.date")
_MOVE = ("number", "date", "journal.code", "origin", "lines.debit", "company.currency.code")
_KINDS: dict[str, DocumentKind] = {"out": "sales_invoice", "in": "purchase_invoice"}


@dataclass(frozen=True, slots=True)
class _List:
    model: str
    domain: Sequence[Any]
    fields: Sequence[str]


def page(client: TrytonClient, company: int, since: date, until: date, after: str | None) -> BookedPage:
    """One page; `after` is a list and the id of the last record read. Raises the errors of kit.errors."""
    lists = _lists(company, since, until)
    number, last = place(after)
    chosen = lists[number]
    records, next_id = client.read_page(chosen.model, chosen.domain, chosen.fields, int(last or 0))
    make = _invoice if chosen.model == "account.invoice" else _move
    return BookedPage(
        tuple(make(record) for record in records),
        following(number, None if next_id is None else str(next_id), len(lists)),
    )


def _lists(company: int, since: date, until: date) -> tuple[_List, _List]:
    ours = ["company", "=", company]
    invoices = [ours, ["state", "in", ["posted", "paid"]], ["move.date", ">=", since], ["move.date", "<=", until]]
    moves = [
        ours,
        ["state", "=", "posted"],
        ["date", ">=", since],
        ["date", "<=", until],
        ["journal.type", "=", "general"],
        # What undoes an invoice names it, and is no memorial.
        ["OR", ["origin", "=", None], ["origin", "not like", "account.invoice,%"]],
    ]
    return _List("account.invoice", invoices, _INVOICE), _List("account.move", moves, _MOVE)


def _invoice(record: Record) -> BookedEntry:
    return BookedEntry(
        kind=_KINDS[record["type"]],
        external_id=str(record["id"]),
        number=record["number"] or "",
        journal=record["journal"]["code"],
        entry_date=record["move"]["date"],
        currency=record["currency"]["code"],
        amount=Decimal(record["total_amount"]),
    )


def _move(record: Record) -> BookedEntry:
    return BookedEntry(
        kind="journal_entry",
        external_id=str(record["id"]),
        number=record["number"] or "",
        journal=record["journal"]["code"],
        entry_date=record["date"],
        currency=record["company"]["currency"]["code"],
        amount=sum((Decimal(line["debit"]) for line in record["lines"]), Decimal(0)),
    )
