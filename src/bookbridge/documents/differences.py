"""The difference entry: a document that, added to what the books hold of another one, makes them say what it says now.

It takes out what is no longer said and adds what is said since; lines that book the same are in neither. Texts and
dates book nothing: a document that differs in nothing else needs no entry. Pure, and exact: no amount is computed but
by adding and subtracting.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from bookbridge.documents.models import Document, Invoice, InvoiceLine, JournalEntry, JournalLine, SalesInvoice
from bookbridge.documents.money import LIMIT

Line = InvoiceLine | JournalLine

_SHARED = ("kind", "administration", "journal", "fiscal_year", "currency", "exchange_rate", "vat", "reversal")
_TEXTS = {"description": None}
_DATED_TEXTS = {**_TEXTS, "line_date": None}
_COUNTED = ("amount", "vat_amount", "quantity")
_LONGEST_TEXT = 2000
_NOTHING = Decimal(0)


def apart(before: Document, after: Document) -> tuple[str, ...]:
    """The fields for which one entry can't lead from one content to the other. Relations are no entries."""
    if not isinstance(before, Invoice | JournalEntry) or not isinstance(after, Invoice | JournalEntry):
        return ("kind",)
    fields = [name for name in _SHARED if getattr(before, name, None) != getattr(after, name, None)]
    if isinstance(before, Invoice) and isinstance(after, Invoice):
        if before.relation_number != after.relation_number:
            fields.append(after.relation_kind)
        fields += [name for name, amount in _totals(before, after).items() if abs(amount or _NOTHING) >= LIMIT]
    return tuple(fields)


def difference(before: Document, after: Document, text: str) -> Document | None:
    """What has to be booked, with the date and texts of `after`; None when no line books anything else than it did.

    `text` says what it corrects, and stands before the description: of a memorial's lines too, which is where packages
    show it. Only for documents that nothing keeps `apart`.
    """
    assert isinstance(after, Invoice | JournalEntry)
    lines = _that_book(_lines_between(before, after))
    if not lines:
        return None
    common = {"description": _said(text, after.description), "number": None}
    if isinstance(after, JournalEntry):
        told = [line.model_copy(update={"description": _said(text, line.description)}) for line in lines]
        return after.model_copy(update={**common, "lines": tuple(told)})
    assert isinstance(before, Invoice)
    changes = {**common, **_totals(before, after), **_own_invoice_number(after), "lines": tuple(lines)}
    return after.model_copy(update=changes)


def places(before: Document, after: Document) -> tuple[int | None, ...]:
    """Of each line of the difference entry: which line of `after` it is; None for one that is taken out."""
    return tuple(place for line, place in _between(before, after) if line.amount or line.vat_amount)


def together(held: Document, booked: Document, after: Document) -> Document:
    """What the books say once a difference entry has been booked beside what they held: `after`, unless a person booked
    another entry than the one that leads there."""
    assert isinstance(after, Invoice | JournalEntry)
    lines = _lines_between(_opposite(booked), held)
    totals: dict[str, Any] = {}
    if isinstance(after, Invoice):
        assert isinstance(held, Invoice)
        assert isinstance(booked, Invoice)
        totals = _totals(_opposite(booked), held)
    is_as_meant = Counter(map(_booked, _that_book(lines))) == Counter(map(_booked, _that_book(after.lines)))
    if is_as_meant and all((getattr(after, name) or 0) == (amount or 0) for name, amount in totals.items()):
        return after
    return after.model_copy(update={**totals, "lines": tuple(lines)})


def _own_invoice_number(after: Invoice) -> dict[str, str | None]:
    """Whether a difference entry bears the invoice number of the document that it corrects.

    A sale's doesn't: packages take that number for the entry's own, which the original has. What a purchase names is
    the supplier's, and stays. Open: whether a package that refuses a supplier's number twice refuses it here too (fact
    sheets, `to_confirm`).
    """
    return {"invoice_number": None if isinstance(after, SalesInvoice) else after.invoice_number}


def _lines_between(before: Any, after: Any) -> list[Line]:
    return [line for line, _ in _between(before, after)]


def _between(before: Any, after: Any) -> Iterator[tuple[Line, int | None]]:
    """What `before` alone has, taken out, and the lines that `after` alone has, with their places there."""
    gone, kept = Counter(map(_booked, before.lines)), Counter(map(_booked, after.lines))
    for line in before.lines:
        if not _taken(kept, line):
            yield _negated(line), None
    for place, line in enumerate(after.lines):
        if not _taken(gone, line):
            yield line, place


def _taken(counted: Counter[Line], line: Line) -> bool:
    """Whether there was one like it, which is used up now."""
    booked = _booked(line)
    found = counted[booked] > 0
    counted[booked] -= found
    return found


def _booked(line: Line) -> Line:
    """The line without what books nothing."""
    return line.model_copy(update=_DATED_TEXTS if isinstance(line, JournalLine) else _TEXTS)


def _that_book(lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if line.amount or line.vat_amount]


def _negated(line: Line) -> Line:
    return line.model_copy(update={name: _minus(getattr(line, name)) for name in _COUNTED})


def _opposite(document: Document) -> Any:
    assert isinstance(document, Invoice | JournalEntry)
    lines = tuple(map(_negated, document.lines))
    if isinstance(document, JournalEntry):
        return document.model_copy(update={"lines": lines})
    totals = {name: _minus(getattr(document, name)) for name in ("total", "blocked_account_amount")}
    return document.model_copy(update={**totals, "lines": lines})


def _totals(before: Invoice, after: Invoice) -> dict[str, Decimal | None]:
    blocked = (after.blocked_account_amount or _NOTHING) - (before.blocked_account_amount or _NOTHING)
    return {"total": after.total - before.total, "blocked_account_amount": blocked or None}


def _minus(amount: Decimal | None) -> Decimal | None:
    # Subtracted, so that nothing becomes a negative nothing.
    return None if amount is None else _NOTHING - amount


def _said(text: str, description: str | None) -> str:
    return f"{text}: {description}"[:_LONGEST_TEXT].rstrip() if description else text
