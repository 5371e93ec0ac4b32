"""What Minox' booking holds, beside what a document says. Pure.

Two uses: naming the fields that differ when a booking is found, and telling a bookkeeper after posting what Minox made
of it, above all its VAT, which Minox books by its own settings.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.minox import mapping, reading, texts, vat
from bookbridge.connectors.minox.choices import Choices
from bookbridge.connectors.minox.codes import Codes
from bookbridge.documents import Invoice, JournalEntry, Problem, PurchaseInvoice, SalesInvoice, rounded
from bookbridge.kit.errors import CannotMapError

Record = dict[str, Any]
Key = tuple[str, str, Decimal]
"""A line: the kind of its account, the account, and what it debits."""

_NOTHING: Final = Decimal(0)
MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Split:
    """The document's lines that a booking lacks, and those that it has besides: on VAT accounts (all, where these
    aren't known), and others."""

    missing: Counter[Key]
    vat_lines: tuple[Record, ...]
    others: tuple[Record, ...]


def differences(
    entry: SalesInvoice | PurchaseInvoice | JournalEntry, lines: Sequence[Record], codes: Codes, choices: Choices
) -> tuple[str, ...]:
    """Our names of the fields in which the booking doesn't agree with the document."""
    try:
        if isinstance(entry, JournalEntry):
            return _of_memorial(entry, lines, codes)
        return _of_invoice(entry, lines, codes, choices)
    except CannotMapError:
        # What can't be said in Minox' terms can't be in its booking.
        return ("lines",)


def _of_invoice(
    invoice: SalesInvoice | PurchaseInvoice, lines: Sequence[Record], codes: Codes, choices: Choices
) -> tuple[str, ...]:
    found: list[str] = []
    relation = relation_line(lines)
    on = reading.party(relation) if relation else None
    if on != (invoice.relation_kind, invoice.relation_number.strip()):
        found.append(invoice.relation_kind)
    if any(reading.day(line.get("document_date")) != invoice.entry_date for line in lines):
        found.append("entry_date")
    if any(reading.currency(line) != invoice.currency for line in lines):
        found.append("currency")
    if booked_total(invoice, relation) != rounded(invoice.total, invoice.currency):
        found.append("total")
    number = mapping.invoice_number(invoice, choices)
    if number is not None and relation and str(relation.get("invoice_number")) != str(number):
        found.append(mapping.number_field(invoice))
    valued = vat.valued(invoice, codes, choices)
    split = _split_invoice(invoice, lines, valued, codes, choices)
    if split.missing or split.others or _vat_apart(invoice, valued, lines, split) is not None:
        found.append("lines")
    return tuple(found)


def _of_memorial(entry: JournalEntry, lines: Sequence[Record], codes: Codes) -> tuple[str, ...]:
    found: list[str] = []
    if any(reading.currency(line) != entry.currency for line in lines):
        found.append("currency")
    dates = {reading.day(line.get("document_date")) for line in lines}
    if dates != {line.line_date or entry.entry_date for line in entry.lines}:
        found.append("entry_date")
    if Counter(_keys(lines)) != Counter(_expected_memorial(entry, codes)):
        found.append("lines")
    return tuple(found)


def notices(
    entry: SalesInvoice | PurchaseInvoice | JournalEntry, lines: Sequence[Record], codes: Codes, choices: Choices
) -> tuple[Problem, ...]:
    """What a person should know of what Minox booked."""
    if isinstance(entry, JournalEntry):
        expected = Counter(_expected_memorial(entry, codes))
        extra = [line for line, key in zip(lines, _keys(lines), strict=True) if not _taken(expected, key)]
        return _lines_differ(extra, +expected)
    relation = relation_line(lines)
    told: list[Problem] = []
    booked, said = booked_total(entry, relation), rounded(entry.total, entry.currency)
    if booked != said:
        told.append(texts.TOTAL_DIFFERS(field="total", value=str(said), booked=str(booked)))
    valued = vat.valued(entry, codes, choices)
    split = _split_invoice(entry, lines, valued, codes, choices)
    apart = _vat_apart(entry, valued, lines, split)
    if apart is not None:
        said = sum((line.vat for line in valued), _NOTHING)
        told.append(texts.VAT_DIFFERS(field="lines", value=str(said), booked=str(apart)))
    return (*told, *_lines_differ(split.others, split.missing), *_number_given(entry, relation, choices))


def relation_line(lines: Sequence[Record]) -> Record | None:
    return next((line for line in lines if reading.party(line)), None)


def booked_total(invoice: Invoice, relation: Record | None) -> Decimal:
    """What the relation owes or is owed, as the document counts."""
    return reading.signed(relation) * _sign(invoice) if relation else _NOTHING


def _sign(invoice: Invoice) -> int:
    return 1 if isinstance(invoice, SalesInvoice) else -1


def _split_invoice(
    invoice: Invoice, lines: Sequence[Record], valued: Sequence[vat.Valued], codes: Codes, choices: Choices
) -> Split:
    side = -_sign(invoice)
    expected = Counter[Key](("ledger_account", line.account, side * line.sent) for line in valued)
    if choices.vat_booking == "own_lines":
        expected.update(("ledger_account", account, side * held) for account, held in vat.own_lines(valued).items())
    vat_lines: list[Record] = []
    others: list[Record] = []
    for line, key in zip(lines, _keys(lines), strict=True):
        if reading.party(line) or _taken(expected, key):
            continue
        is_vat = not codes.vat_accounts or key[1] in codes.vat_accounts
        (vat_lines if is_vat else others).append(line)
    return Split(+expected, tuple(vat_lines), tuple(others))


def _vat_apart(invoice: Invoice, valued: Sequence[vat.Valued], lines: Sequence[Record], split: Split) -> Decimal | None:
    """The VAT that Minox booked, where it is another amount than the document's; None too where it doesn't tell."""
    if split.vat_lines:
        told = sum((reading.signed(line) for line in split.vat_lines), _NOTHING)
    else:
        amounts = [held for line in lines if not reading.party(line) and (held := reading.told_vat(line)) is not None]
        if not amounts or len(amounts) < sum(1 for line in valued if line.is_charged):
            return None
        told = sum(amounts, _NOTHING)
    booked = told * -_sign(invoice)
    said = sum((line.vat for line in valued), _NOTHING)
    return booked if abs(booked - said) > vat.room(invoice, valued) else None


def _expected_memorial(entry: JournalEntry, codes: Codes) -> list[Key]:
    found: list[Key] = []
    for line in entry.lines:
        on = mapping.relation_of(line)
        held = rounded(line.amount, entry.currency)
        if on and codes.is_control(line.ledger_account, on[0]):
            found.append((on[0], on[1].strip(), held))
        else:
            found.append(("ledger_account", line.ledger_account, held))
    return found


def _keys(lines: Sequence[Record]) -> list[Key]:
    found: list[Key] = []
    for line in lines:
        on = reading.party(line)
        kind, id = on or ("ledger_account", reading.account_of(line))
        found.append((kind, id, reading.signed(line)))
    return found


def _taken(counted: Counter[Key], key: Key) -> bool:
    found = counted[key] > 0
    counted[key] -= found
    return found


def _lines_differ(extra: Sequence[Record], missing: Counter[Key]) -> tuple[Problem, ...]:
    if not extra and not missing:
        return ()
    named = [f"+ {reading.account_of(line)} {reading.signed(line)}" for line in extra]
    named += [f"- {account} {held}" for _, account, held in missing]
    return (texts.LINES_DIFFER(field="lines", lines="; ".join(named[:MOST_NAMED])),)


def _number_given(invoice: Invoice, relation: Record | None, choices: Choices) -> tuple[Problem, ...]:
    """An entry whose number Minox couldn't take has one of Minox' own, by which the open items will name it."""
    own = invoice.invoice_number or invoice.number
    if mapping.invoice_number(invoice, choices) is not None or not own or relation is None:
        return ()
    return (
        texts.NUMBER_GIVEN(
            field=mapping.number_field(invoice), value=own, given=str(relation.get("invoice_number") or "-")
        ),
    )
