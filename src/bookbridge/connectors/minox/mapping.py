"""Translates our documents into Minox' bodies. Pure: no network, no clock.

A booking has no header: journal, date, period and numbers stand on every line (onetoweb/minox,
docs/transaction_line_batch.rst). How a debtor's line is written is not public: `relation_line` in choices.py.
"""

import hashlib
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.minox import texts, vat
from bookbridge.connectors.minox.choices import Choices
from bookbridge.connectors.minox.codes import Codes, gathered
from bookbridge.documents import Invoice, JournalEntry, JournalLine, Problem, PurchaseInvoice, SalesInvoice, rounded
from bookbridge.kit.contract import PostingRequest, RelationKind
from bookbridge.kit.errors import CannotMapError

Record = dict[str, Any]
Entry = Invoice | JournalEntry

BATCH_FACT: Final = "batch"
"""The name of the id among the facts that are stored with an attempt."""
LARGEST_INVOICE_NUMBER: Final = 99_999_999
"""The field has eight positions (support.minox.nl 32801272, of the flow for scanned invoices)."""
LARGEST_ENTRY_NUMBER: Final = 2**31 - 1


def batch_id(request: PostingRequest) -> str:
    """The id of the booking: the stored one, or else the one that every attempt of this posting has.

    It is derived, not drawn: an attempt that arrives late, or is made after a restore, overwrites itself at the same
    address and can't become a second booking. It has the form of a uuid4, since Minox may check that. It is stored all
    the same, so that a later version of ours that derives it otherwise still finds the booking.
    """
    stored = request.prepared.get(BATCH_FACT)
    digest = hashlib.sha256(f"minox/{request.idempotency_key}".encode()).digest()
    return stored or str(uuid.UUID(bytes=digest[:16], version=4))


# --- numbers


def whole(text: str | None, largest: int) -> int | None:
    """The number that a text is, as Minox keeps it: a nought in front would be lost, so there is none."""
    if text is None or not text.isascii() or not text.isdigit() or text.startswith("0"):
        return None
    return int(text) if int(text) <= largest else None


def invoice_number(invoice: Invoice, choices: Choices) -> int | None:
    """By this number and the relation Minox tells open items apart; None leaves it to Minox to give one.

    On a sale it is our invoice number. On a purchase it is the source's own number, so that dbopen.csv carries what the
    source knows; with `purchase_invoice_number` at `supplier` it is the supplier's, where that is a whole number.
    """
    given = [invoice.invoice_number, invoice.number]
    if isinstance(invoice, PurchaseInvoice) and choices.purchase_invoice_number == "supplier":
        given.insert(0, invoice.your_reference)
    numbers = (whole(number, LARGEST_INVOICE_NUMBER) for number in given)
    return next((number for number in numbers if number is not None), None)


def entry_number(entry: Entry, codes: Codes) -> int | None:
    """Our own number, where the journal lets an entry bring one."""
    if codes.journal(entry).own_numbers is False:
        return None
    return whole(entry.number, LARGEST_ENTRY_NUMBER)


def relation_id(number: str, field: str) -> int:
    """A debtor's or creditor's number. Raises CannotMapError for one that Minox would not give back as it is."""
    found = whole(number.strip(), LARGEST_ENTRY_NUMBER)
    if found is None:
        raise CannotMapError((texts.RELATION_NUMBER_UNFIT(field=field, value=number),))
    return found


# --- entries


def invoice_lines(invoice: SalesInvoice | PurchaseInvoice, codes: Codes, choices: Choices) -> list[Record]:
    """A sales or purchase booking. Raises CannotMapError with the problems of all lines."""
    head = _head(invoice, codes, invoice_number(invoice, choices))
    lines = vat.valued(invoice, codes, choices)
    unplaced = [problem for number, line in enumerate(invoice.lines) for problem in _without_place(line, number)]
    gathered([*_without_number(invoice, head, choices), *unplaced])
    vat.check_total(invoice, lines)
    kind = invoice.relation_kind
    sign = 1 if kind == "customer" else -1
    text = described(invoice, head)
    term = invoice.payment_condition
    made = [
        _given(
            {
                **head,
                "due_date": invoice.due_date,
                **_party(kind, relation_id(invoice.relation_number, kind), codes, choices),
                **_sides(sign * rounded(invoice.total, invoice.currency)),
                "description": text,
                "payment_term": {"id": codes.payment_condition(term, "payment_condition")} if term else None,
            }
        )
    ]
    for number, valued in enumerate(lines):
        made.append(
            _given(
                {
                    **head,
                    **_account(valued.account),
                    **_sides(-sign * valued.sent),
                    "description": valued.line.description or text,
                    "vat": valued.as_named(),
                    "cost_center": _cost_center(valued.line.cost_centre, codes, f"lines.{number}.cost_centre"),
                }
            )
        )
    if choices.vat_booking == "own_lines":
        for account, amount in vat.own_lines(lines).items():
            made.append(_given({**head, **_account(account), **_sides(-sign * amount), "description": text}))
    return made


def journal_lines(entry: JournalEntry, codes: Codes, choices: Choices) -> list[Record]:
    """A memorial booking. Raises CannotMapError with the problems of all lines."""
    head = _head(entry, codes, None)
    made: list[Record] = []
    problems: list[Problem] = []
    for number, line in enumerate(entry.lines):
        problems += _without_place(line, number)
        try:
            made.append(_journal_line(entry, line, head, codes=codes, choices=choices, path=f"lines.{number}"))
        except CannotMapError as error:
            problems += error.problems
    total = rounded(sum((line.amount for line in entry.lines), Decimal(0)), entry.currency)
    if total:
        problems.append(texts.NOT_BALANCED(field="lines", value=f"{total} {entry.currency}"))
    gathered(problems)
    return made


def _journal_line(
    entry: JournalEntry, line: JournalLine, head: Record, *, codes: Codes, choices: Choices, path: str
) -> Record:
    if line.vat_code:
        raise CannotMapError((texts.VAT_IN_MEMORIAL(field=f"{path}.vat_code", value=line.vat_code),))
    on = relation_of(line)
    kind = on[0] if on else None
    account = codes.account(line.ledger_account, f"{path}.ledger_account", kind)
    booked = _account(account.code)
    if on and codes.is_control(account.code, on[0]):
        booked = _party(on[0], relation_id(on[1], f"{path}.{on[0]}"), codes, choices)
    return _given(
        {
            **head,
            "document_date": line.line_date or entry.entry_date,
            "invoice_number": whole(line.invoice_number, LARGEST_INVOICE_NUMBER),
            **booked,
            **_sides(rounded(line.amount, entry.currency)),
            "description": _numbered(entry, head, line.description or entry.description),
            "cost_center": _cost_center(line.cost_centre, codes, f"{path}.cost_centre"),
        }
    )


def relation_of(line: JournalLine) -> tuple[RelationKind, str] | None:
    """The relation that a memorial line names."""
    if line.customer:
        return "customer", line.customer
    return ("supplier", line.supplier) if line.supplier else None


def _head(entry: Entry, codes: Codes, number: int | None) -> Record:
    rate = {"exchange_rate": entry.exchange_rate} if entry.exchange_rate is not None else {}
    return {
        "journal": {"id": codes.journal(entry).code},
        "period": _given({"id": codes.period(entry), "fiscal_year": entry.fiscal_year}),
        "document_date": entry.entry_date,
        "invoice_number": number,
        "entry_number": entry_number(entry, codes),
        "currency": {"id": entry.currency, **rate},
    }


def _account(code: str) -> Record:
    return {"account": {"id": code, "scheme": "MINOX", "type": "ledger_account"}}


def _party(kind: RelationKind, number: int, codes: Codes, choices: Choices) -> Record:
    """Open: is the debtor the account of his line, or does he stand beside the collective account?"""
    if choices.relation_line == "account":
        return {"account": {"id": str(number), "scheme": "MINOX", "type": kind}}
    return {**_account(codes.control_account(kind)), kind: {"id": number}}


def _sides(amount: Decimal) -> Record:
    """Debit positive. A credit note goes to the other side: an amount below nil is never sent."""
    return {"debit": max(amount, Decimal(0)), "credit": max(-amount, Decimal(0))}


def _cost_center(code: str | None, codes: Codes, field: str) -> Record | None:
    return {"id": codes.cost_centre(code, field)} if code else None


def _without_place(line: Any, number: int) -> Iterator[Problem]:
    if line.cost_unit:
        yield texts.COST_UNIT_WITHOUT_PLACE(field=f"lines.{number}.cost_unit", value=line.cost_unit)


def _without_number(invoice: Invoice, head: Record, choices: Choices) -> Iterator[Problem]:
    """Whether Minox gives an invoice a number isn't public: an option says so where it was seen to refuse."""
    if head["invoice_number"] is None and choices.without_invoice_number == "refused":
        yield texts.INVOICE_NUMBER_UNFIT(field=number_field(invoice), value=invoice.invoice_number or invoice.number)


def number_field(invoice: Invoice) -> str:
    """Our name of the field that an invoice's number in Minox comes from."""
    return "invoice_number" if invoice.invoice_number else "number"


def described(invoice: Invoice, head: Record) -> str | None:
    """The text of the relation's line, with every number of the document that Minox has no other place for."""
    parts = [invoice.description]
    if isinstance(invoice, PurchaseInvoice):
        parts.insert(0, invoice.your_reference)
    else:
        parts.append(invoice.your_reference)
    sent = {str(head["invoice_number"]), str(head["entry_number"])}
    unsent = [number for number in (invoice.invoice_number, invoice.number) if number not in sent]
    texts_ = [part for part in (*unsent, *parts) if part and part not in sent]
    return " / ".join(dict.fromkeys(texts_)) or None


def _numbered(entry: JournalEntry, head: Record, text: str | None) -> str | None:
    number = entry.number if str(head["entry_number"]) != entry.number else None
    return " / ".join(part for part in (number, text) if part) or None


def fields_not_kept(entry: Entry, codes: Codes) -> tuple[str, ...]:
    """Our names of details that are given and that no field of Minox is known for."""
    names = [name for name in ("payment_method", "blocked_account_amount") if getattr(entry, name, None) is not None]
    if any(line.quantity is not None for line in entry.lines):
        names.append("quantity")
    if isinstance(entry, JournalEntry):
        for line in entry.lines:
            on = relation_of(line)
            if on and not codes.is_control(line.ledger_account, on[0]):
                names.append(on[0])
    return tuple(dict.fromkeys(names))


def _given(body: Record) -> Record:
    return {name: value for name, value in body.items() if value is not None}
