"""Control endpoints of the Multivers simulator: its books as text, payments, and what a person does by hand."""

import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bookbridge.connectors.multivers_online.simulator import invoices, memorials
from bookbridge.connectors.multivers_online.simulator.books import Books, Record
from bookbridge.kit.simulation import ControlError


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PaymentBody(_Body):
    """A payment on an invoice, or with `customer` a receipt that is linked to none."""

    resource: str = "CustomerInvoice"
    invoice_id: str | None = None
    customer: str | None = None
    amount: Decimal | None = Field(default=None, description="none = all that is open")


class EntryBody(_Body):
    """An entry (resource/key) to be deleted, or to have another total or date."""

    identity: str
    delete: bool = False
    amount: Decimal | None = None
    date: datetime.date | None = None


class BookingBody(_Body):
    """Somebody books in a journal by hand and so uses its next number."""

    journal: str
    year: int
    times: int = Field(default=1, ge=1)


def whole_books(books: Books) -> dict[str, Any]:
    """Everything in an administration, as text, with counts and the sum of the ledger (which must be nil)."""
    kinds = ("customer", "supplier", "customer_invoice", "supplier_invoice", "fin_trans", "bank_account", "transaction")
    found: dict[str, Any] = {kind: books.all(kind) for kind in kinds}
    lines = books.all("line")
    sums = [Decimal(line["debitAmount"]) - Decimal(line["creditAmount"]) for line in lines]
    summary = {kind: len(records) for kind, records in found.items()}
    return {"summary": summary, "ledger_sum": str(sum(sums, Decimal(0))), "lines": lines, **found}


def pay(books: Books, body: PaymentBody) -> dict[str, Any]:
    """Raises ControlError."""
    today = books.clock.now().date().isoformat()
    with books.store.transaction():
        if body.customer is not None:
            if body.amount is None:
                raise ControlError("An unmatched receipt needs an amount.")
            number = f"V{books.store.next_number('advance'):05}"
            memorials.add_advance(books, number, body.customer, body.amount, today)
            return {"invoice_id": number}
        side = invoices.SIDES[body.resource]
        record = books.get(side.kind, body.invoice_id)
        if record is None:
            raise ControlError(f"No invoice {body.invoice_id}.")
        amount = Decimal(record["_balance"]) if body.amount is None else body.amount
        invoices.pay(books, side, record, amount, today)
    return {"invoice_id": body.invoice_id}


def alter_entry(books: Books, body: EntryBody) -> dict[str, Any]:
    """Delete an entry or give it other values, as somebody does in Multivers itself. Raises ControlError."""
    resource, _, key = body.identity.partition("/")
    kind = "fin_trans" if resource == "FinTrans" else invoices.SIDES[resource].kind
    with books.store.transaction():
        record = books.get(kind, key)
        if record is None:
            raise ControlError(f"No entry {body.identity}.")
        place = f"{record['fiscalYear']}/{record['journalId']}/{record['journalTransaction']}"
        if body.delete:
            books.store.remove(kind, books.database, id=key)
            books.store.remove("line", books.database, reference=place)
            books.store.remove("transaction", books.database, id=place)
        else:
            _change(books, kind, key, record, body)
    return {"identity": body.identity}


def _change(books: Books, kind: str, key: str, record: Record, body: EntryBody) -> None:
    if body.date is not None:
        record["transactionDate" if kind == "fin_trans" else "invoiceDate"] = body.date.isoformat()
    if body.amount is not None:
        record |= {"amountTotalCur": str(body.amount), "_balance": str(body.amount)}
    books.store.put(kind, books.database, key, record)


def book_by_hand(books: Books, body: BookingBody) -> dict[str, Any]:
    """Use the next number of a journal for an entry that isn't ours."""
    used = []
    with books.store.transaction():
        for _ in range(body.times):
            number = books.next_number(body.year, body.journal)
            today = books.clock.now().date()
            books.take_number(body.year, body.journal, number, today, "Met de hand geboekt")
            place = f"{body.year}/{body.journal}/{number}"
            line = {"transactionDate": today.isoformat(), "periodNumber": today.month, "document": "HAND"}
            for account, amount in (("1200", Decimal(1)), ("1210", Decimal(-1))):
                books.write(place, account, amount, line)
            used.append(number)
    return {"numbers": used}
